#include "verify_own.h"

#include "log.h"
#include "progress.h"
#include "run.h"
#include "run_state.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

static int by_id(const void *a, const void *b)
{
	return uuid_cmp(&((const struct verify_job *)a)->id, &((const struct verify_job *)b)->id);
}

struct verify_job *verify_find(struct verify *v, const struct uuid *id)
{
	const struct verify_job key = {.id = *id};

	return v->n > 0 ? bsearch(&key, v->jobs, v->n, sizeof(*v->jobs), by_id) : NULL;
}

/* --- faults --- */

static int add_stranger(struct verify *v, const struct uuid *id)
{
	if (v->n_strangers > 0 && uuid_cmp(&v->strangers[v->n_strangers - 1], id) == 0)
		return 0;
	if (v->n_strangers == v->cap_strangers) {
		const size_t cap = v->cap_strangers > 0 ? 2 * v->cap_strangers : 16;
		struct uuid *more = reallocarray(v->strangers, cap, sizeof(*more));

		if (more == NULL)
			return -1;
		v->strangers = more;
		v->cap_strangers = cap;
	}
	v->strangers[v->n_strangers++] = *id;
	return 0;
}

int verify_fault(struct verify *v, enum sink_fault fault, const struct uuid *id, const char *where, const char *what,
		 struct err *err)
{
	struct verify_job *job = id != NULL ? verify_find(v, id) : NULL;

	if (fault == SINK_UNPROVED) {
		if (job != NULL)
			job->unproved = true;
		return 0;
	}
	if (job != NULL)
		job->bad = true;
	else if (id != NULL && !v->again && add_stranger(v, id) != 0)
		return err_set(err, ERR_FATAL, "out of memory");
	v->counts.differences++;
	verify_tell_fault(v, fault, id, where, what);
	return 0;
}

static int on_fault(void *ctx, enum sink_fault fault, const struct uuid *id, const char *where, const char *what,
		    struct err *err)
{
	return verify_fault(ctx, fault, id, where, what, err);
}

static bool is_wanted(void *ctx, const struct uuid *id)
{
	const struct verify_job *job = verify_find(ctx, id);

	return job != NULL && job->wanted;
}

/* --- jobs --- */

static int add_job(struct verify *v, const struct job *job)
{
	if (v->n == v->cap) {
		const size_t cap = v->cap > 0 ? 2 * v->cap : 1024;
		struct verify_job *more = reallocarray(v->jobs, cap, sizeof(*more));

		if (more == NULL)
			return -1;
		v->jobs = more;
		v->cap = cap;
	}
	v->jobs[v->n++] = (struct verify_job){.id = job->id, .state = (uint8_t)job->state, .wanted = true};
	return 0;
}

static int choose(struct verify *v, struct err *err)
{
	uint64_t *numbers = calloc(v->n + 1, sizeof(*numbers));

	if (numbers == NULL)
		return err_set(err, ERR_FATAL, "out of memory");
	for (size_t i = 0; i < v->n; i++)
		numbers[i] = verify_sample_number(&v->sample, &v->jobs[i].id);
	verify_sample_limit(&v->sample, numbers, v->n);
	free(numbers);
	for (size_t i = 0; i < v->n; i++)
		v->jobs[i].wanted = verify_sample_wants(&v->sample, &v->jobs[i].id);
	return 0;
}

/* The IDs first, and each job by itself after that: to look at a job may take a while, in which a run that writes is
 * not to wait for us. */
int verify_list(struct verify *v, struct err *err)
{
	struct job job;
	int more;

	while ((more = v->sink->ops->next_job(v->sink, &job, err)) == 1)
		if (add_job(v, &job) != 0)
			return err_set(err, ERR_FATAL, "out of memory");
	if (more < 0)
		return -1;
	if (v->n > 0)
		qsort(v->jobs, v->n, sizeof(*v->jobs), by_id);
	v->counts.jobs = (int64_t)v->n;
	return v->sample.all ? 0 : choose(v, err);
}

static void tell_progress(size_t done, size_t total)
{
	struct progress_state s = {.done = done, .looks = true, .total = total};

	if (progress_note(done, false))
		progress_show(&s);
}

static int look_at_jobs(struct verify *v, struct err *err)
{
	const bool content = (v->sink->ops->has & SINK_CONTENT) != 0;
	size_t total = 0, done = 0;

	for (size_t i = 0; i < v->n; i++)
		total += v->jobs[i].wanted;
	for (size_t i = 0; i < v->n && run_stop_signal == 0; i++) {
		struct verify_job *job = &v->jobs[i];

		if (!job->wanted)
			continue;
		/* Of what the sink has found to be missing there is nothing to look at. */
		if ((content || !job->bad) && verify_one(v, job, err) != 0)
			return -1;
		if (run_stop_signal != 0)
			break;
		tell_progress(++done, total);
		v->counts.checked++;
		v->counts.bad += job->bad;
		v->counts.unproved += job->unproved && !job->bad;
		if (!job->bad)
			verify_tell_good(v, &job->id);
	}
	return 0;
}

int verify_look(struct verify *v, struct err *err)
{
	const struct sink_check check = {.wanted = is_wanted, .fault = on_fault, .ctx = v, .stop = &run_stop_signal};

	return v->sink->ops->check(v->sink, &check, err) != 0 || look_at_jobs(v, err) != 0 ? -1 : 0;
}

/* --- the command --- */

int verify_open(struct verify *v, struct err *err)
{
	const struct sink_options so = {
	    .read_only = true, .must_exist = true, .pg_schema = v->o->pg_schema, .stop = &run_stop_signal};
	const char *spec = v->o->operands[0], *target;
	const struct sink_ops *ops = sink_find(spec, &target, err);

	if (ops == NULL)
		return -1;
	if ((ops->has & SINK_LEDGER) == 0)
		return err_set(err, ERR_USAGE, "'%s:' keeps nothing that could be verified", ops->scheme);
	if (v->shown.len == 0 && sink_spec_show(spec, &v->shown) != 0)
		return err_set(err, ERR_FATAL, "out of memory");
	v->sink = sink_open(spec, &so, err);
	return v->sink != NULL ? 0 : -1;
}

static int set_up(struct verify *v, struct err *err)
{
	uint32_t seed = 0;

	(void)!getrandom(&seed, sizeof(seed), 0);
	if (verify_sample_parse(v->o->sample, seed, &v->sample, err) != 0 || run_catch_signals(err) != 0)
		return -1;
	v->source = source_new(false);
	v->decoder = result_decoder_new();
	if (v->source == NULL || v->decoder == NULL)
		return err_set(err, ERR_FATAL, "out of memory");
	return verify_open(v, err);
}

static void tear_down(struct verify *v)
{
	struct err ignored;

	if (v->sink != NULL)
		(void)v->sink->ops->close(v->sink, &ignored);
	verify_diffs_clear(&v->diffs);
	result_ahead_free(v->ahead);
	result_decoder_free(v->decoder);
	source_free(v->source);
	free(v->jobs);
	free(v->strangers);
	buf_free(&v->shown);
	buf_free(&v->line);
	buf_free(&v->text);
}

static int exit_code(int64_t differences)
{
	if (run_stop_signal != 0)
		return 128 + (int)run_stop_signal;
	return differences > 0 ? EXIT_UNEXPECTED : 0;
}

static int carry_out(struct verify *v, struct err *err)
{
	int64_t left = 0;
	int rc, code;

	if (set_up(v, err) != 0)
		return err->kind == ERR_USAGE ? EXIT_USAGE : EXIT_SINK;
	verify_tell_begin(v);
	progress_start(v->o->progress, v->o->quiet);
	rc = verify_list(v, err) != 0 || verify_look(v, err) != 0 ? -1 : 0;
	progress_end();
	if (rc == 0)
		left = v->counts.differences;
	if (left > 0 && v->o->repair && run_stop_signal == 0)
		left = verify_repair(v, err);
	rc = left < 0 ? -1 : rc;
	code = rc == 0 ? exit_code(left) : EXIT_SINK;
	verify_tell_end(v, code, run_stop_signal != 0 || rc != 0);
	if (rc == 0 && v->print_failed) {
		(void)err_sys(err, ERR_FATAL, v->print_errno, "cannot write standard output");
		return EXIT_UNEXPECTED;
	}
	if (rc == 0)
		*err = (struct err){0};
	return code;
}

int verify(const struct options *o)
{
	struct verify v = {.o = o};
	struct err err = {0};
	int code;

	buf_init(&v.shown, (size_t)1 << 20);
	buf_init(&v.line, (size_t)1 << 20);
	buf_init(&v.text, (size_t)64 << 20);
	code = carry_out(&v, &err);
	if (err.kind != ERR_NONE)
		log_line(LOG_ERROR, NULL, "%s", err.msg);
	tear_down(&v);
	return code;
}
