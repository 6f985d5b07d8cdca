#include "fetch_batch.h"

#include "log.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#define NS_PER_MS INT64_C(1000000)
#define TICK_NS   (INT64_C(200) * NS_PER_MS)
#define KEEP_TEXT ((size_t)1 << 20) /* bytes of its text buffer that an idle transfer keeps */

struct schedule_time fetch_batch_now(void)
{
	return (struct schedule_time){.boot_ns = time_boot_ns(), .wall_us = time_now_us()};
}

static double random_unit(void *ctx)
{
	return erand48(ctx);
}

int fetch_batch_open(struct fetch_batch *b, size_t n, bool key_good)
{
	struct schedule_policy policy = {
	    .retry = b->options->retry,
	    .give_up_ms = b->options->give_up_ms,
	    .details = b->options->details && !b->questions,
	    .questions = b->questions != NULL,
	    .key_good = key_good,
	    .random = random_unit,
	    .random_ctx = b->random,
	};

	/* Without entropy the waits are merely the same each time. */
	if (getrandom(b->random, sizeof b->random, GRND_NONBLOCK) < 0)
		memset(b->random, 0, sizeof b->random);
	b->told_ns = time_boot_ns();
	b->schedule = schedule_new(&policy, n);
	return b->schedule ? 0 : -1;
}

enum fetch_end fetch_batch_close(struct fetch_batch *b, struct fetch_counts *counts, bool *key_good, struct err *err)
{
	static const enum fetch_end ends[] = {
	    [SCHEDULE_API_DOWN] = FETCH_API_DOWN,
	    [SCHEDULE_RATE_LIMITED] = FETCH_RATE_LIMITED,
	    [SCHEDULE_KEY_REFUSED] = FETCH_KEY_REFUSED,
	};
	const char *why;
	enum schedule_end ended = schedule_ended(b->schedule, &why);
	enum fetch_end end = FETCH_DONE;

	if (b->failed) {
		end = FETCH_FAILED;
		*err = b->err;
	} else if (b->interrupted) {
		end = FETCH_INTERRUPTED;
		err_set(err, ERR_FATAL, "interrupted");
	} else if (ended == SCHEDULE_KEY_REFUSED || (ended != SCHEDULE_GOES_ON && schedule_left(b->schedule) > 0)) {
		end = ends[ended];
		err_set(err, ERR_FATAL, "%s", why);
	} else if (b->out_of_time && schedule_left(b->schedule) > 0) {
		end = FETCH_MAX_TIME;
		err_set(err, ERR_FATAL, "the time of --max-time is over");
	}
	b->progress.counts.retries = schedule_retries(b->schedule);
	*counts = b->progress.counts;
	*key_good = schedule_key_good(b->schedule);
	schedule_free(b->schedule);
	return end;
}

/* Hands over one settled job, with its body and details. */
static int hand_over(struct fetch_batch *b, struct schedule_job *job, struct err *err)
{
	struct fetch_outcome o = {
	    .index = job->index,
	    .state = job->state,
	    .http_status = job->http_status,
	    .completed_at = job->completed_at,
	    .requested_at = job->requested_at,
	    .fetched_at = job->fetched_at,
	    .attempts = job->attempts,
	    .body = job->body,
	    .details = job->details,
	    .details_len = job->details_len,
	};

	if (job->state != JOB_STORED)
		(void)snprintf(o.error, sizeof o.error, "%s", job->error);
	else if (*job->error)
		log_line(LOG_WARNING, &b->jobs[job->index].id, "stored without its status document (--details): %s",
			 job->error);
	job->body = NULL;
	job->details = NULL;
	b->progress.settled++;
	b->changed = true;
	return b->handlers->done(b->ctx, &o, err);
}

void fetch_batch_fail(struct fetch_batch *b, const struct err *err)
{
	if (!b->failed) {
		b->failed = true;
		b->err = *err;
		b->err.kind = ERR_FATAL;
	}
	schedule_stop(b->schedule);
}

static void fail_memory(struct fetch_batch *b)
{
	struct err err;

	err_set(&err, ERR_FATAL, "out of memory");
	fetch_batch_fail(b, &err);
}

static void deliver(struct fetch_batch *b)
{
	struct schedule_job *job;
	struct err err = {0};

	while ((job = schedule_settled(b->schedule))) {
		if (b->failed)
			fetch_pool_give(b->pool, job->body);
		else if (hand_over(b, job, &err))
			fetch_batch_fail(b, &err);
		schedule_release(b->schedule, job);
	}
}

static enum fetch_batch_turn wait_for(struct fetch_batch *b, enum fetch_wait reason, int64_t now_ns, int64_t until_ns)
{
	bool timed = until_ns != INT64_MAX && until_ns > now_ns;

	if (reason == WAIT_BACKOFF && !timed)
		reason = WAIT_NONE;
	/* The same pause is told twice, a fraction of a millisecond apart: by the schedule and by the window. */
	if (reason == WAIT_PAUSE && timed && until_ns > b->silence_ns + NS_PER_MS) {
		b->silence_ns = until_ns;
		b->progress.silence_ms = (until_ns - now_ns) / NS_PER_MS;
	}
	b->changed |= b->progress.waiting_for != reason;
	b->progress.waiting_for = reason;
	b->progress.waiting_ms = timed ? (until_ns - now_ns) / NS_PER_MS : 0;
	return BATCH_WAIT;
}

const struct fetch_question *fetch_batch_question(const struct fetch_batch *b, const struct fetch_transfer *t)
{
	return t->job->asked == ASKED_QUESTION ? &b->questions[t->job->index] : NULL;
}

const struct uuid *fetch_batch_job(const struct fetch_batch *b, const struct fetch_transfer *t)
{
	const struct fetch_question *q = fetch_batch_question(b, t);

	if (q || t->job->asked == ASKED_WHOAMI)
		return q ? q->job : NULL;
	return &b->jobs[t->job->index].id;
}

static bool takes_body(const struct schedule_job *job)
{
	return job->asked == ASKED_RESULT || job->asked == ASKED_QUESTION;
}

static bool keeps_body(const struct fetch_batch *b, const struct fetch_transfer *t)
{
	const struct fetch_question *q = fetch_batch_question(b, t);

	return q ? q->keep : b->options->keep_bodies;
}

/* There is a request to make, as far as the schedule is concerned: the rest of what it needs. */
static enum fetch_batch_turn take_turn(struct fetch_batch *b, struct fetch_transfer *t, const struct schedule_time *now,
				       int64_t *until_ns)
{
	int paused = 0;

	if (!b->handlers->room(b->ctx))
		return wait_for(b, WAIT_LOADER, now->boot_ns, INT64_MAX);
	t->rate_slot = rate_take(b->options->rate, now->boot_ns, until_ns, &paused);
	if (t->rate_slot < 0)
		return wait_for(b, paused ? WAIT_PAUSE : WAIT_RATE, now->boot_ns, *until_ns);
	t->http = 0;
	t->text_cut = false;
	t->began_ns = now->boot_ns;
	t->err.kind = ERR_NONE;
	b->progress.under_way++;
	b->changed = true;
	t->job = schedule_start(b->schedule, now);
	if (t->job && takes_body(t->job))
		t->body = fetch_pool_take(b->pool, t->job->keep || keeps_body(b, t));
	if (!t->job || (takes_body(t->job) && !t->body)) {
		fail_memory(b);
		fetch_batch_abort(b, t);
		return BATCH_WAIT;
	}
	b->progress.counts.requests++;
	wait_for(b, WAIT_NONE, 0, 0);
	return BATCH_START;
}

enum fetch_batch_turn fetch_batch_next(struct fetch_batch *b, struct fetch_transfer *t, int64_t *until_ns)
{
	struct schedule_time now = fetch_batch_now();
	enum schedule_turn turn;

	if (now.boot_ns >= b->deadline_ns && !b->out_of_time) {
		b->out_of_time = true;
		schedule_stop(b->schedule);
	}
	turn = schedule_ready(b->schedule, &now, until_ns);
	deliver(b);
	if (turn == SCHEDULE_OVER)
		return BATCH_OVER;
	/* Telling who is settled may have failed. */
	if (b->failed)
		return BATCH_WAIT;
	switch (turn) {
	case SCHEDULE_START:
		return take_turn(b, t, &now, until_ns);
	case SCHEDULE_PAUSED:
		return wait_for(b, WAIT_PAUSE, now.boot_ns, *until_ns);
	default:
		return wait_for(b, WAIT_BACKOFF, now.boot_ns, *until_ns);
	}
}

void fetch_batch_request(const struct fetch_batch *b, const struct fetch_transfer *t, const char *base, char *address,
			 size_t size, struct fetch_wire_request *request)
{
	const struct fetch_question *q = fetch_batch_question(b, t);
	char id[UUID_TEXT_LEN + 1];

	*request = (struct fetch_wire_request){.address = address};
	if (q) {
		(void)snprintf(address, size, "%s%s", base, q->path);
		request->post = q->post;
		request->any_type = q->any_type;
	} else if (t->job->asked == ASKED_WHOAMI) {
		(void)snprintf(address, size, "%s/v1/whoami", base);
	} else {
		(void)snprintf(address, size, "%s/v1/ai/jobs/%s%s", base, uuid_format(&b->jobs[t->job->index].id, id),
			       t->job->asked == ASKED_RESULT ? "/result" : "");
	}
}

void fetch_batch_headers(struct fetch_batch *b, struct fetch_transfer *t)
{
	if (t->rate_slot >= 0)
		rate_headers(b->options->rate, t->rate_slot, time_boot_ns());
	t->rate_slot = -1;
}

void fetch_batch_idle(struct fetch_batch *b, struct fetch_transfer *t)
{
	fetch_batch_headers(b, t);
	fetch_pool_give(b->pool, t->body);
	t->body = NULL;
	t->job = NULL;
	if (t->text.cap > KEEP_TEXT)
		buf_free(&t->text);
	else
		buf_clear(&t->text);
	b->progress.under_way--;
	b->changed = true;
	deliver(b);
}

void fetch_batch_abort(struct fetch_batch *b, struct fetch_transfer *t)
{
	if (t->job)
		schedule_abort(b->schedule, t->job);
	fetch_batch_idle(b, t);
}

bool fetch_batch_unwanted(const struct fetch_batch *b, const struct fetch_transfer *t)
{
	const char *why;

	if (b->failed || b->interrupted)
		return true;
	/* A result that is arriving is worth waiting for. */
	return schedule_ended(b->schedule, &why) != SCHEDULE_GOES_ON && !(t->body && t->http == 200);
}

void fetch_batch_interrupt(struct fetch_batch *b)
{
	b->interrupted = true;
	schedule_stop(b->schedule);
	deliver(b);
}

void fetch_batch_tick(struct fetch_batch *b)
{
	int64_t now_ns = time_boot_ns();
	const char *warning;

	if (!b->changed && now_ns - b->told_ns < TICK_NS)
		return;
	b->changed = false;
	b->told_ns = now_ns;
	warning = rate_warning(b->options->rate);
	if (warning)
		log_line(LOG_WARNING, NULL, "%s", warning);
	b->progress.counts.retries = schedule_retries(b->schedule);
	if (b->handlers->tick)
		b->handlers->tick(b->ctx, &b->progress);
}
