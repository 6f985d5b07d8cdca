#include "status.h"

#include "log.h"
#include "run.h"
#include "since.h"
#include "sink.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define OUT_MAX ((size_t)64 << 20)

/* --- jobs --- */

static void free_list(struct status_list *l)
{
	for (size_t i = 0; i < l->n; i++)
		free(l->at[i].error);
	l->n = 0;
}

void status_free(struct status *s)
{
	free_list(&s->next);
	free_list(&s->lost);
	free_list(&s->truncated);
	free_list(&s->unfinished);
	reasons_free(&s->reasons);
	for (size_t i = 0; i < s->n_runs; i++)
		free(s->runs[i].run_id);
	s->n_runs = 0;
	buf_free(&s->sink);
}

/* Puts a job in its place in a list, whose last one may drop out. 0 or -1. */
static int put(struct status_list *l, const struct job *job, const struct stamp *at, int64_t n, bool latest_first)
{
	size_t place = l->n;
	char *error = NULL;

	while (place > 0 && (latest_first ? l->at[place - 1].at.us < at->us : l->at[place - 1].at.us > at->us))
		place--;
	if (place == STATUS_LIST)
		return 0;
	if (job->error.p != NULL && (error = strndup(job->error.p, job->error.n)) == NULL)
		return -1;
	if (l->n == STATUS_LIST)
		free(l->at[--l->n].error);
	memmove(&l->at[place + 1], &l->at[place], (l->n - place) * sizeof(l->at[0]));
	l->at[place] = (struct status_job){job->id, job->state, *at, n, error};
	l->n++;
	return 0;
}

static bool is_past(const struct status *s, const struct stamp *t)
{
	return stamp_is_set(t) && t->us <= s->now.us;
}

static int take_stored(struct status *s, const struct job *job)
{
	int bad = 0;

	s->rows += job->row_count;
	if (job->stored_at.us > s->last_stored_at.us)
		s->last_stored_at = job->stored_at;
	if (job->truncated_count > 0) {
		s->truncated_jobs++;
		s->truncated_results += job->truncated_count;
		bad |= put(&s->truncated, job, &job->stored_at, job->truncated_count, true);
	}
	if (!job->partial)
		return bad;
	if (is_past(s, &job->expires_at)) {
		s->partial_over++;
		return bad;
	}
	s->partial++;
	s->open++;
	return bad | put(&s->unfinished, job, &job->expires_at, 0, false);
}

static int take_lost(struct status *s, const struct job *job)
{
	const struct stamp *learned = stamp_is_set(&job->fetched_at) ? &job->fetched_at : &job->requested_at;

	if (stamp_is_set(learned) && learned->us < s->since.us) {
		s->lost_before++;
		return 0;
	}
	s->lost_since++;
	return put(&s->lost, job, learned, 0, true) | reasons_add(&s->reasons, job->state, job->error, &job->id);
}

static int take_open(struct status *s, const struct job *job)
{
	int bad = reasons_add(&s->reasons, job->state, job->error, &job->id);

	s->open++;
	s->overdue += is_past(s, &job->expires_at);
	if (stamp_is_set(&job->expires_at))
		bad |= put(&s->next, job, &job->expires_at, 0, false);
	return bad;
}

int status_take(struct status *s, const struct job *job)
{
	s->jobs++;
	s->states[job->state]++;
	if (job->body_bytes > 0)
		s->body_bytes += job->body_bytes;
	if (job->state == JOB_STORED)
		return take_stored(s, job);
	return state_is_lost(job->state) ? take_lost(s, job) : take_open(s, job);
}

void status_end(struct status *s)
{
	reasons_sort(&s->reasons);
}

int status_exit_code(const struct status *s)
{
	return s->lost_since > 0 ? 4 : s->open > 0 ? 3 : 0;
}

/* --- the sink --- */

static int read_jobs(struct status *s, struct sink *sink, struct err *err)
{
	struct job job;
	int more;

	while ((more = sink->ops->next_job(sink, &job, err)) == 1)
		if (status_take(s, &job) != 0)
			return err_set(err, ERR_FATAL, "out of memory");
	status_end(s);
	return more;
}

/* How many of the truncated results are whole beside what was cut. */
static int read_reruns(struct status *s, struct sink *sink, struct err *err)
{
	struct truncated t;
	int more = 0;

	while (s->has_reruns && s->truncated_results > 0 && (more = sink->ops->next_truncated(sink, &t, err)) == 1)
		s->completed_results += t.state == JOB_STORED;
	return more;
}

static int read_runs(struct status *s, struct sink *sink, struct err *err)
{
	struct run_record run;
	int more = 1;

	while (s->n_runs < STATUS_RUNS && (more = sink->ops->next_run(sink, &run, err)) == 1) {
		struct status_run *r = &s->runs[s->n_runs];

		*r = (struct status_run){.started_at = run.started_at,
					 .finished_at = run.finished_at,
					 .exit_code = run.exit_code,
					 .run_id = strdup(run.run_id)};
		s->n_runs++;
		if (r->run_id == NULL)
			return err_set(err, ERR_FATAL, "out of memory");
	}
	return more < 0 ? -1 : 0;
}

static int read_sink(struct status *s, const struct options *o, struct err *err)
{
	const struct sink_options so = {.read_only = true, .must_exist = true, .pg_schema = o->pg_schema};
	const char *spec = o->operands[0], *target;
	const struct sink_ops *ops = sink_find(spec, &target, err);
	struct sink *sink;
	struct err ignored;
	int rc;

	if (ops == NULL)
		return -1;
	if ((ops->has & SINK_LEDGER) == 0)
		return err_set(err, ERR_USAGE, "'%s:' keeps nothing that could be asked for its status", ops->scheme);
	s->has_runs = (ops->has & SINK_RUNS) != 0;
	s->has_reruns = (ops->has & SINK_RERUNS) != 0;
	if (sink_spec_show(spec, &s->sink) != 0)
		return err_set(err, ERR_FATAL, "out of memory");
	sink = sink_open(spec, &so, err);
	if (sink == NULL)
		return -1;
	rc = read_jobs(s, sink, err) != 0 || read_reruns(s, sink, err) != 0 || read_runs(s, sink, err) != 0 ? -1 : 0;
	(void)sink->ops->close(sink, &ignored);
	return rc;
}

/* --- the command --- */

static int print(const struct status *s, const struct options *o)
{
	struct buf out;
	int code = status_exit_code(s);

	buf_init(&out, OUT_MAX);
	if ((o->json ? status_json : status_text)(s, &out) != 0) {
		log_line(LOG_ERROR, NULL, "out of memory");
		code = EXIT_UNEXPECTED;
	} else if (fwrite(buf_cstr(&out), 1, out.len, stdout) != out.len || fflush(stdout) != 0) {
		log_line(LOG_ERROR, NULL, "cannot write standard output: %s", strerror(errno));
		code = EXIT_UNEXPECTED;
	}
	buf_free(&out);
	return code;
}

int status(const struct options *o)
{
	struct status s = {0};
	struct err err = {0};
	int64_t since_us;
	int code;

	buf_init(&s.sink, (size_t)1 << 20);
	stamp_from_us(&s.now, time_now_us());
	if (since_parse(o->since, s.now.us, &since_us, &err) == 0) {
		stamp_from_us(&s.since, since_us);
		if (read_sink(&s, o, &err) == 0) {
			code = o->quiet ? status_exit_code(&s) : print(&s, o);
			status_free(&s);
			return code;
		}
	}
	log_line(LOG_ERROR, NULL, "%s", err.msg);
	status_free(&s);
	return err.kind == ERR_USAGE ? EXIT_USAGE : EXIT_SINK;
}
