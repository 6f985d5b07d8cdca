/* schedule_world.h: a schedule and the world around it, for its tests: a clock, answers, what was settled. */
#ifndef OMNI_TEST_SCHEDULE_WORLD_H
#define OMNI_TEST_SCHEDULE_WORLD_H

#include "schedule.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define MS       INT64_C(1000000)
#define DAY_US   (INT64_C(86400) * 1000000)
#define START_US (INT64_C(1750000000) * 1000000)

/* A body is a pointer to the schedule, and no more. */
static char body_a, body_b;
#define BODY_A ((struct body *)(void *)&body_a)
#define BODY_B ((struct body *)(void *)&body_b)

static inline double half(void *ctx)
{
	(void)ctx;
	return 0.5;
}

static inline struct schedule_policy usual(void)
{
	return (struct schedule_policy){
	    .retry = {.wait_ms = 1000, .max_wait_ms = 120000, .retries = 8}, .give_up_ms = 300000, .random = half};
}

/* The world around a schedule: its clock, and what it has settled. */
struct world {
	struct schedule *s;
	struct schedule_time now;
};

static inline struct world world_of(const struct schedule_policy *policy, size_t n)
{
	struct world w = {.s = schedule_new(policy, n), .now = {.boot_ns = 5000 * MS, .wall_us = START_US, .vouched = true}};

	assert_non_null(w.s);
	return w;
}

static inline void pass_ns(struct world *w, int64_t ns)
{
	w->now.boot_ns += ns;
	w->now.wall_us += ns / 1000;
}

static inline enum schedule_turn turn(struct world *w, int64_t *until)
{
	return schedule_ready(w->s, &w->now, until);
}

/* Starts the next request, which must be possible now. */
static inline struct schedule_job *start_now(struct world *w)
{
	struct schedule_job *job;
	int64_t until;

	assert_int_equal(turn(w, &until), SCHEDULE_START);
	job = schedule_start(w->s, &w->now);
	assert_non_null(job);
	return job;
}

/* The same, after waiting for as long as it takes. */
static inline struct schedule_job *start(struct world *w)
{
	enum schedule_turn t;
	int64_t until;

	while ((t = turn(w, &until)) != SCHEDULE_START) {
		assert_true(t == SCHEDULE_WAIT || t == SCHEDULE_PAUSED);
		assert_true(until > w->now.boot_ns && until != INT64_MAX);
		pass_ns(w, until - w->now.boot_ns);
	}
	return start_now(w);
}

static inline struct answer answer_of(enum verdict verdict, const char *message)
{
	struct answer a = {.verdict = verdict, .retry_after_ms = -1};

	(void)snprintf(a.message, sizeof a.message, "%s", message);
	return a;
}

static inline struct schedule_step say(struct world *w, struct schedule_job *job, enum verdict verdict, int http)
{
	struct answer a = answer_of(verdict, "HTTP: words");

	return schedule_answered(w->s, job, &a, http, TEXT_NULL, &w->now);
}

static inline struct schedule_step settle(struct world *w, struct schedule_job *job, enum job_state state, int http)
{
	struct answer a = answer_of(VERDICT_SETTLED, "HTTP: settled");

	a.state = state;
	return schedule_answered(w->s, job, &a, http, TEXT_NULL, &w->now);
}

static inline struct schedule_step pause_for(struct world *w, struct schedule_job *job, int64_t retry_after_ms)
{
	struct answer a = answer_of(VERDICT_PAUSE, "HTTP 429: slow down");

	a.retry_after_ms = retry_after_ms;
	return schedule_answered(w->s, job, &a, 429, TEXT_NULL, &w->now);
}

static inline struct schedule_step status(struct world *w, struct schedule_job *job, enum job_status st,
					  int64_t days_ago)
{
	struct answer a = answer_of(VERDICT_STATUS, "");

	a.job_status = st;
	if (days_ago >= 0)
		stamp_from_us(&a.completed_at, w->now.wall_us - days_ago * DAY_US);
	return schedule_answered(w->s, job, &a, 200, text_of("{\"state\":\"X\"}"), &w->now);
}

static inline struct schedule_step good(struct world *w, struct schedule_job *job)
{
	static const uint8_t sha[SHA256_LEN] = {1};

	return schedule_result(w->s, job, BODY_A, sha, NULL, &w->now);
}

static inline struct schedule_step bad(struct world *w, struct schedule_job *job, uint8_t digest)
{
	uint8_t sha[SHA256_LEN] = {digest};

	return schedule_result(w->s, job, BODY_B, sha, "no JSON", &w->now);
}

static inline struct schedule_step broken(struct world *w, struct schedule_job *job)
{
	return schedule_failed(w->s, job, FAILURE_NETWORK, 0, "connection refused", &w->now);
}

/* The one job that is settled now is in this state; its body is taken. */
static inline void expect(struct world *w, size_t index, enum job_state state)
{
	struct schedule_job *job = schedule_settled(w->s);

	assert_non_null(job);
	assert_int_equal(job->index, index);
	assert_int_equal(job->state, state);
	assert_int_equal(job->body != NULL, state == JOB_STORED || state == JOB_UNREADABLE);
	schedule_release(w->s, job);
}

static inline void expect_over(struct world *w, enum schedule_end end)
{
	const char *why;
	int64_t until;

	assert_null(schedule_settled(w->s));
	assert_int_equal(turn(w, &until), SCHEDULE_OVER);
	assert_int_equal(schedule_ended(w->s, &why), end);
	assert_int_equal(*why != '\0', end != SCHEDULE_GOES_ON);
	schedule_free(w->s);
}

#endif
