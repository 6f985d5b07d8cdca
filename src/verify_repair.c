/*
 * verify_repair.c: --repair: what is wrong is written again. A job whose kept body is good is decoded once more from
 * that, as by load --all; any other is fetched again, as by run --refetch, while the API has it: what it has not stays
 * as it is, since only a result replaces a result. Then what was wrong is looked at once more.
 */
#include "verify_own.h"

#include "log.h"
#include "run.h"
#include "run_state.h"

#include <stdlib.h>

struct lists {
	struct uuid *rebuilt, *fetched;
	size_t n_rebuilt, n_fetched;
};

static bool can_rebuild(const struct verify *v, const struct verify_job *job)
{
	return job->body_good && job->state == JOB_STORED && (v->sink->ops->has & SINK_BODIES) != 0;
}

static int make_lists(const struct verify *v, struct lists *l)
{
	l->rebuilt = calloc(v->n + 1, sizeof(struct uuid));
	l->fetched = calloc(v->n + v->n_strangers + 1, sizeof(struct uuid));
	if (l->rebuilt == NULL || l->fetched == NULL)
		return -1;
	for (size_t i = 0; i < v->n; i++) {
		if (!v->jobs[i].bad)
			continue;
		if (can_rebuild(v, &v->jobs[i]))
			l->rebuilt[l->n_rebuilt++] = v->jobs[i].id;
		else
			l->fetched[l->n_fetched++] = v->jobs[i].id;
	}
	for (size_t i = 0; i < v->n_strangers; i++)
		l->fetched[l->n_fetched++] = v->strangers[i];
	return 0;
}

/* The options of a run of ours that writes these jobs to the sink. */
static struct options run_options(const struct verify *v, const struct uuid *jobs, size_t n)
{
	struct options o = *v->o;

	o.to = (struct option_list){(const char **)(uintptr_t)v->o->operands, 1};
	o.from = v->o->operands[0];
	o.n_operands = 0;
	o.jobs = jobs;
	o.n_jobs = n;
	o.all = o.refetch = true;
	return o;
}

/* Fetched first, since load forgets the key that the environment has. */
static void write_again(const struct verify *v, const struct lists *l)
{
	struct options o;

	if (l->n_fetched > 0) {
		log_line(LOG_INFO, NULL, "to be fetched again: %zu", l->n_fetched);
		o = run_options(v, l->fetched, l->n_fetched);
		(void)run(&o);
	}
	if (l->n_rebuilt > 0 && run_stop_signal == 0) {
		log_line(LOG_INFO, NULL, "to be written again from their bodies: %zu", l->n_rebuilt);
		o = run_options(v, l->rebuilt, l->n_rebuilt);
		(void)run_from(&o);
	}
}

/* What belongs to no job, and what the runs above left for the next one. */
static int clear_away(const struct verify *v, struct err *err)
{
	const struct sink_options so = {.file_mode = (mode_t)v->o->file_mode,
					.keep_bodies = !v->o->no_raw,
					.pg_schema = v->o->pg_schema,
					.stop = &run_stop_signal,
					.run_id = "verify",
					.version = PACKAGE_VERSION};
	struct sink *sink = sink_open(v->o->operands[0], &so, err);
	char removed[SINK_MEND_MAX] = "";
	struct err second;
	int rc;

	if (sink == NULL)
		return -1;
	rc = sink->ops->mend(sink, removed, err);
	if (sink->ops->close(sink, rc == 0 ? err : &second) != 0)
		rc = -1;
	if (rc == 0 && removed[0] != '\0')
		log_line(LOG_WARNING, NULL, "removed: %s", removed);
	return rc;
}

static int by_id(const void *a, const void *b)
{
	return uuid_cmp(a, b);
}

/* At those that were written again, as the ledger has them now. */
static int look_again(struct verify *v, struct lists *l, struct err *err)
{
	if (verify_open(v, err) != 0)
		return -1;
	v->again = true;
	v->n = 0;
	if (verify_list(v, err) != 0)
		return -1;
	qsort(l->rebuilt, l->n_rebuilt, sizeof(struct uuid), by_id);
	qsort(l->fetched, l->n_fetched, sizeof(struct uuid), by_id);
	for (size_t i = 0; i < v->n; i++) {
		const struct uuid *id = &v->jobs[i].id;

		v->jobs[i].wanted = bsearch(id, l->rebuilt, l->n_rebuilt, sizeof(*id), by_id) != NULL ||
				    bsearch(id, l->fetched, l->n_fetched, sizeof(*id), by_id) != NULL;
	}
	return verify_look(v, err);
}

int64_t verify_repair(struct verify *v, struct err *err)
{
	const struct verify_counts first = v->counts;
	struct lists l = {0};
	struct err ignored;
	int64_t left = -1;

	if (make_lists(v, &l) != 0) {
		left = err_set(err, ERR_FATAL, "out of memory");
		goto end;
	}
	(void)v->sink->ops->close(v->sink, &ignored);
	v->sink = NULL;
	write_again(v, &l);
	v->counts = (struct verify_counts){0};
	if (run_stop_signal == 0 && (clear_away(v, err) != 0 || look_again(v, &l, err) != 0))
		goto end;
	left = v->counts.differences;
	v->not_repaired = v->counts.bad;
	v->repaired = (int64_t)(l.n_rebuilt + l.n_fetched) - v->counts.bad;
end:
	v->counts = first;
	free(l.rebuilt);
	free(l.fetched);
	return left;
}
