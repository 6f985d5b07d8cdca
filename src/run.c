#include "run.h"

#include "key.h"
#include "log.h"
#include "result.h"
#include "run_source.h"
#include "run_state.h"
#include "timeutil.h"

#include <stdio.h>
#include <stdlib.h>

static int judge(void *ctx, struct body *body, char *why, size_t why_size, struct err *err)
{
	struct run *r = ctx;

	if (result_check(r->judge, body, err) == 0)
		return 0;
	if (err->kind == ERR_FATAL)
		return -1;
	(void)snprintf(why, why_size, "%s", err->msg);
	return 1;
}

static int done(void *ctx, struct fetch_outcome *o, struct err *err)
{
	struct run *r = ctx;

	o->index = r->plan.order[o->index];
	return loader_put(r->loader, o, err);
}

static bool room(void *ctx)
{
	return loader_room(((struct run *)ctx)->loader);
}

/* What is left to ask, and how long the request window takes for it. */
static int64_t window_ms(const struct run *r, size_t jobs_left)
{
	const struct fetch_progress *p = &r->progress;
	int64_t now_ns = time_boot_ns();
	uint64_t n = progress_requests_left(jobs_left, p->settled, p->counts.requests, p->under_way, r->o->details);

	return n > 0 ? (rate_when(r->rate, now_ns, n) - now_ns) / 1000000 : 0;
}

enum progress_wait run_progress_wait(enum fetch_wait wait)
{
	static const enum progress_wait waits[] = {[WAIT_NONE] = PROGRESS_NO_WAIT,
						   [WAIT_RATE] = PROGRESS_RATE,
						   [WAIT_PAUSE] = PROGRESS_SILENCE,
						   [WAIT_BACKOFF] = PROGRESS_BACKOFF,
						   [WAIT_LOADER] = PROGRESS_SINK};

	return waits[wait];
}

static void tick(void *ctx, const struct fetch_progress *p)
{
	struct run *r = ctx;
	size_t done = r->filled + p->settled;
	struct progress_state s = {.done = done,
				   .total = r->to_do,
				   .under_way = p->under_way,
				   .bytes = p->counts.bytes,
				   .waits_for = run_progress_wait(p->waiting_for),
				   .wait_ms = p->waiting_ms,
				   .silence_ms = p->silence_ms};

	r->progress = *p;
	if (!progress_note(done, p->waiting_for == WAIT_RATE))
		return;
	s.stored = atomic_load(&r->stored);
	s.window_ms = window_ms(r, r->to_do > done ? r->to_do - done : 0);
	progress_show(&s);
}

/* Nothing is asked any more, what has arrived is being written. */
static void tick_last(void *ctx)
{
	struct run *r = ctx;
	struct progress_state s = {.done = r->filled + r->progress.settled,
				   .total = r->to_do,
				   .bytes = r->progress.counts.bytes,
				   .waits_for = PROGRESS_LAST};

	if (!progress_note(s.done, false))
		return;
	s.stored = atomic_load(&r->stored);
	progress_show(&s);
}

void run_tell_progress(struct run *r, size_t done, size_t total)
{
	struct progress_state s = {.done = done, .total = total};

	if (!progress_note(done, false))
		return;
	s.stored = atomic_load(&r->stored);
	progress_show(&s);
}

void run_tell_interrupted(void)
{
	log_line(LOG_WARNING, NULL,
		 "interrupted: what has arrived is being written, the jobs that are left wait for the next run");
}

void run_tell_failure(int code, const struct err *err)
{
	const char *means = code == EXIT_SINK   ? ": nothing was done"
			    : code == EXIT_BUSY ? ": nothing was done, try later"
						: "";

	if (err->kind != ERR_NONE)
		log_line(LOG_ERROR, NULL, "%s%s", err->msg, means);
}

void run_give_back(void *ctx, struct body *body)
{
	struct run *r = ctx;

	if (r->fetch != NULL)
		fetch_give_back(r->fetch, body);
	else
		body_free(body);
}

void run_settled(void *ctx, bool stored)
{
	struct run *r = ctx;

	if (stored)
		atomic_fetch_add(&r->stored, 1);
}

struct group *run_new_group(struct run *r)
{
	struct group_options o = {.sinks = r->sinks,
				  .instance = r->instance,
				  .stop = &run_stop_signal,
				  .give_back = run_give_back,
				  .settled = run_settled,
				  .ctx = r};

	return group_new(&o);
}

static void wake(void *ctx)
{
	fetch_wake(((struct run *)ctx)->fetch);
}

void run_note_end(struct run *r, enum fetch_end end, const char *what, const struct err *err)
{
	switch (end) {
	case FETCH_DONE:
		return;
	case FETCH_INTERRUPTED:
		return; /* told at once */
	case FETCH_MAX_TIME:
	case FETCH_API_DOWN:
	case FETCH_RATE_LIMITED:
		log_line(LOG_WARNING, NULL, "%s; %s", err->msg, what);
		return;
	case FETCH_KEY_REFUSED:
		r->end.key_refused = true;
		log_line(LOG_ERROR, NULL, "the API refuses the key, so nothing more is asked: %s", err->msg);
		return;
	case FETCH_FAILED:
		/* Without a sink nothing can go on; that is told with the sinks. */
		r->end.unexpected = sinkset_alive(r->sinks) != 0;
		if (r->end.unexpected)
			log_line(LOG_ERROR, NULL, "%s; what is stored stays, %s", err->msg, what);
		return;
	}
}

/* One job from one sink; where that does not work the API is asked. */
static void take_from(struct run *r, struct source *source, size_t from, struct plan_job *p)
{
	struct sink *sink = sinkset_sink(r->sinks, from);
	struct fetch_outcome o;
	struct err err = {0};
	int there = source_read(source, sink, &p->id, &o, NULL, NULL, &err);

	if (there < 0)
		log_line(LOG_WARNING, &p->id, "the body that '%s:' keeps is of no use, so the API is asked: %s",
			 sink->ops->scheme, err.msg);
	if (there == 1 && o.state == JOB_STORED) {
		group_add(r->group, p, &o);
	} else if (there == 1) {
		body_free(o.body);
		free(o.details);
	}
}

/* A sink added later is filled from the bodies that another sink of this run keeps: no request is made for those, also
 * where the API has nothing any more. */
static int fill_from_sinks(struct run *r, struct err *err)
{
	struct source *source = source_new(run_keeps_bodies(r->o));
	size_t left = 0;

	if (source == NULL)
		return err_set(err, ERR_FATAL, "out of memory");
	for (size_t i = 0; i < r->plan.n_order; i++) {
		struct plan_job *p = &r->plan.jobs[r->plan.order[i]];
		sink_mask donors = p->held & ~p->want & sinkset_with(r->sinks, SINK_BODIES);

		for (size_t s = 0; s < sinkset_count(r->sinks) && p->status == PLAN_OPEN && run_stop_signal == 0; s++)
			if (((donors & sinkset_alive(r->sinks)) >> s) & 1)
				take_from(r, source, s, p);
		r->plan.order[left++] = r->plan.order[i];
		run_tell_progress(r, atomic_load(&r->stored), r->to_do);
	}
	source_free(source);
	group_flush(r->group, true);
	r->plan.n_order = 0;
	for (size_t i = 0; i < left; i++)
		if (r->plan.jobs[r->plan.order[i]].status == PLAN_OPEN)
			r->plan.order[r->plan.n_order++] = r->plan.order[i];
	r->filled = r->to_do - r->plan.n_order;
	return 0;
}

static int ask(struct run *r, struct err *err)
{
	static const struct fetch_handlers handlers = {judge, done, room, tick};
	struct loader_options lo = {
	    .sinks = r->sinks, .plan = &r->plan, .group = r->group, .give_back = run_give_back, .wake = wake, .ctx = r};
	struct fetch_job *jobs = calloc(r->plan.n_order + 1, sizeof(*jobs));
	struct fetch_counts counts;
	enum fetch_end end;
	struct err why = {0};

	if (jobs == NULL || (r->judge = result_decoder_new()) == NULL) {
		free(jobs);
		return err_set(err, ERR_FATAL, "out of memory");
	}
	for (size_t i = 0; i < r->plan.n_order; i++)
		jobs[i].id = r->plan.jobs[r->plan.order[i]].id;
	r->loader = loader_start(&lo, err);
	if (r->loader == NULL) {
		free(jobs);
		return -1;
	}
	end = fetch_run(r->fetch, jobs, r->plan.n_order, &handlers, r, &counts, &why);
	fetch_counts_add(&r->counts, &counts);
	r->asked = end;
	if (end == FETCH_INTERRUPTED)
		run_tell_interrupted();
	loader_finish(r->loader, tick_last, r);
	r->loader = NULL;
	progress_end();
	run_note_end(r, end, "the jobs that are left wait for the next run", &why);
	free(jobs);
	return 0;
}

/* A key that was refused while the jobs were looked for is no better now. */
static bool may_ask(const struct run *r)
{
	return r->plan.n_order > 0 && !r->end.key_refused;
}

static int carry_out(struct run *r, struct err *err)
{
	struct plan_policy policy = {.refetch = r->o->refetch, .retry_lost = r->o->retry_lost};
	int code = run_set_up(r, err);

	if (code >= 0)
		return code;
	if (r->o->discover)
		run_find_jobs(r);
	policy.now_us = r->started_at.us;
	if (plan_make(&r->plan, r->sinks, &policy, err) != 0)
		return EXIT_SINK;
	if (r->o->dry_run)
		return run_tell_plan(r);
	if (r->plan.n_order > 0) {
		run_record(r, NULL, err);
		r->to_do = r->plan.n_order;
		progress_start(r->o->progress, r->o->quiet);
		r->group = run_new_group(r);
		if (r->group == NULL || fill_from_sinks(r, err) != 0 || (may_ask(r) && ask(r, err) != 0)) {
			log_line(LOG_ERROR, NULL, "%s", r->group == NULL ? "out of memory" : err->msg);
			r->end.unexpected = true;
		}
	}
	progress_end();
	if (r->o->complete_truncated)
		run_rerun(r);
	*err = (struct err){0};
	return run_finish(r);
}

/* A run that came to nothing is seen by the monitoring too. */
static void write_failure(struct run *r, int code)
{
	struct summary s = {.exit_code = code, .started_at = r->started_at};
	struct err err;

	stamp_from_us(&s.finished_at, time_now_us());
	if (run_write_metrics(r, &s, &err) != 0)
		log_line(LOG_ERROR, NULL, "%s", err.msg);
}

int run(const struct options *o)
{
	struct run r = {.o = o};
	struct err err = {0};
	int code;

	buf_init(&r.key, KEY_MAX);
	plan_init(&r.plan);
	code = carry_out(&r, &err);
	run_tell_failure(code, &err);
	if (err.kind != ERR_NONE && o->metrics != NULL && !o->dry_run)
		write_failure(&r, code);
	result_decoder_free(r.judge);
	run_rerun_free(&r.reruns);
	return run_tear_down(&r, code);
}
