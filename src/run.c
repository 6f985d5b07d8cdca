#include "run.h"

#include "key.h"
#include "log.h"
#include "progress.h"
#include "result.h"
#include "run_state.h"

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

static void tick(void *ctx, const struct fetch_progress *p)
{
	static const char *const waits[] = {[WAIT_RATE] = "rate limit",
					    [WAIT_PAUSE] = "the API asked for silence",
					    [WAIT_BACKOFF] = "waiting to try again"};
	struct run *r = ctx;
	struct progress_state s = {
	    .total = r->plan.n_order, .under_way = p->under_way, .bytes = p->counts.bytes, .waiting_ms = p->waiting_ms};
	int64_t other;

	loader_counts(r->loader, &s.stored, &other);
	s.done = (size_t)(s.stored + other);
	if ((size_t)p->waiting_for < sizeof(waits) / sizeof(waits[0]))
		s.waiting_for = waits[p->waiting_for];
	progress_show(&s);
}

static void give_back(void *ctx, struct body *body)
{
	fetch_give_back(((struct run *)ctx)->fetch, body);
}

static void wake(void *ctx)
{
	fetch_wake(((struct run *)ctx)->fetch);
}

static void note_end(struct run *r, enum fetch_end end, const struct err *err)
{
	switch (end) {
	case FETCH_DONE:
		return;
	case FETCH_INTERRUPTED:
		log_line(LOG_WARNING, NULL, "interrupted: finishing what is complete");
		return;
	case FETCH_MAX_TIME:
	case FETCH_API_DOWN:
	case FETCH_RATE_LIMITED:
		log_line(LOG_WARNING, NULL, "%s", err->msg);
		return;
	case FETCH_KEY_REFUSED:
		r->end.key_refused = true;
		log_line(LOG_ERROR, NULL, "the API refuses the key: %s", err->msg);
		return;
	case FETCH_FAILED:
		/* Without a sink nothing can go on; that is told with the sinks. */
		r->end.unexpected = sinkset_alive(r->sinks) != 0;
		if (r->end.unexpected)
			log_line(LOG_ERROR, NULL, "%s", err->msg);
		return;
	}
}

static int ask(struct run *r, struct err *err)
{
	static const struct fetch_handlers handlers = {judge, done, room, tick};
	struct loader_options lo = {.sinks = r->sinks,
				    .plan = &r->plan,
				    .instance = fetch_instance(r->fetch),
				    .stop = &run_stop_signal,
				    .give_back = give_back,
				    .wake = wake,
				    .ctx = r};
	struct fetch_job *jobs = calloc(r->plan.n_order, sizeof(*jobs));
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
	progress_start(r->o->progress, r->o->quiet);
	end = fetch_run(r->fetch, jobs, r->plan.n_order, &handlers, r, &r->counts, &why);
	loader_finish(r->loader, &r->totals);
	r->loader = NULL;
	progress_end();
	note_end(r, end, &why);
	free(jobs);
	return 0;
}

static int carry_out(struct run *r, struct err *err)
{
	struct plan_policy policy = {.refetch = r->o->refetch, .retry_lost = r->o->retry_lost};
	int code = run_set_up(r, err);

	if (code >= 0)
		return code;
	policy.now_us = r->started_at.us;
	if (plan_make(&r->plan, r->sinks, &policy, err) != 0)
		return EXIT_SINK;
	if (r->o->dry_run)
		return run_tell_plan(r);
	if (r->plan.n_order > 0) {
		run_record(r, NULL, err);
		if (ask(r, err) != 0) {
			log_line(LOG_ERROR, NULL, "%s", err->msg);
			r->end.unexpected = true;
		}
	}
	*err = (struct err){0};
	return run_finish(r);
}

int run(const struct options *o)
{
	struct run r = {.o = o};
	struct err err = {0}, close_err = {0};
	int code;

	buf_init(&r.key, KEY_MAX);
	plan_init(&r.plan);
	code = carry_out(&r, &err);
	if (err.kind != ERR_NONE)
		log_line(LOG_ERROR, NULL, "%s", err.msg);
	if (r.sinks != NULL && sinkset_close(r.sinks, &close_err) != 0) {
		log_line(LOG_ERROR, NULL, "%s", close_err.msg);
		if (code == 0 || code == 3 || code == 4 || code == 7)
			code = EXIT_SINK;
	}
	fetch_free(r.fetch);
	rate_close(r.rate);
	result_decoder_free(r.judge);
	plan_free(&r.plan);
	key_free(&r.key);
	return code;
}
