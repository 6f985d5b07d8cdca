#include "schedule_own.h"

#include "utf8.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct schedule *schedule_new(const struct schedule_policy *policy, size_t n)
{
	struct schedule *s = calloc(1, sizeof *s);

	if (!s)
		return NULL;
	s->policy = *policy;
	s->n = n;
	s->key = policy->key_good ? KEY_GOOD : KEY_UNPROVEN;
	s->whoami.asked = ASKED_WHOAMI;
	s->whoami.stage = STAGE_WHOAMI;
	s->settled_end = &s->settled;
	due_init(&s->waiting);
	return s;
}

void schedule_free(struct schedule *s)
{
	struct schedule_job *job;

	if (!s)
		return;
	schedule_stop(s);
	while ((job = schedule_settled(s)))
		schedule_release(s, job);
	due_free(&s->waiting);
	free(s);
}

void schedule_release(struct schedule *s, struct schedule_job *job)
{
	if (!job || job == &s->whoami)
		return;
	s->jobs--;
	free(job->details);
	free(job);
}

void schedule_settle(struct schedule *s, struct schedule_job *job, enum job_state state, const char *error)
{
	size_t n = strlen(error);

	if (n >= sizeof job->error)
		n = utf8_cut(error, sizeof job->error - 1);
	memmove(job->error, error, n); /* it may be the job's own */
	job->error[n] = '\0';
	job->state = state;
	job->next = NULL;
	*s->settled_end = job;
	s->settled_end = &job->next;
	s->done++;
}

struct schedule_job *schedule_settled(struct schedule *s)
{
	struct schedule_job *job = s->settled;

	if (!job)
		return NULL;
	s->settled = job->next;
	if (!s->settled)
		s->settled_end = &s->settled;
	return job;
}

static struct schedule_job *take_forbidden(struct schedule *s)
{
	struct schedule_job *job = s->forbidden;

	if (job)
		s->forbidden = job->next;
	return job;
}

void schedule_key(struct schedule *s, enum key key)
{
	struct schedule_job *job;

	s->key = key;
	while ((job = take_forbidden(s)))
		schedule_settle(s, job, JOB_DENIED, job->error);
}

static void leave_forbidden(struct schedule *s)
{
	struct schedule_job *job;

	while ((job = take_forbidden(s)))
		schedule_release(s, job);
}

bool schedule_park(struct schedule *s, struct schedule_job *job, int64_t at_ns)
{
	if (!s->closing) {
		s->held += job->stage == STAGE_DETAILS;
		due_put(&s->waiting, at_ns, job);
		return true;
	}
	if (job->stage == STAGE_DETAILS)
		schedule_settle(s, job, JOB_STORED, "the run ended before the job's status was asked for");
	else if (job == &s->whoami)
		leave_forbidden(s);
	else
		schedule_release(s, job);
	return false;
}

static struct schedule_job *take_waiting(struct schedule *s)
{
	struct schedule_job *job = due_take(&s->waiting);

	if (job && job->stage == STAGE_DETAILS)
		s->held--;
	return job;
}

void schedule_stop(struct schedule *s)
{
	struct schedule_job *job;

	s->closing = true;
	while ((job = take_waiting(s)))
		schedule_park(s, job, 0);
	/* Their answer may still come. */
	if (!s->whoami.under_way)
		leave_forbidden(s);
}

void schedule_abort(struct schedule *s, struct schedule_job *job)
{
	schedule_stop(s);
	job->under_way = false;
	s->under_way--;
	s->receiving -= job->receiving;
	schedule_park(s, job, 0);
}

void schedule_finish(struct schedule *s, enum schedule_end end, const char *fmt, ...)
{
	va_list ap;
	int n;

	if (s->end != SCHEDULE_GOES_ON)
		return;
	s->end = end;
	va_start(ap, fmt);
	n = vsnprintf(s->why, sizeof s->why, fmt, ap);
	va_end(ap);
	if (n >= (int)sizeof s->why)
		s->why[utf8_cut(s->why, sizeof s->why - 1)] = '\0';
	schedule_stop(s);
}

/* No success for so long, and enough failures in that time that it is no accident. The time counts from the first
 * failure, not from the last success: waiting for the request window says nothing about the API. */
static bool seems_down(const struct schedule *s, int64_t now_ns)
{
	return s->failures >= SCHEDULE_MIN_FAILURES && now_ns - s->failing_since_ns >= s->policy.give_up_ms * NS_PER_MS;
}

static bool is_over(const struct schedule *s)
{
	return s->under_way == 0 && (s->closing || (s->fresh == s->n && s->waiting.n == 0));
}

enum schedule_turn schedule_ready(struct schedule *s, const struct schedule_time *now, int64_t *until_ns)
{
	bool down = !s->closing && seems_down(s, now->boot_ns);
	int64_t at = INT64_MAX;

	*until_ns = INT64_MAX;
	/* A result that is arriving decides whether the API is up. */
	if (down && s->receiving == 0)
		schedule_finish(s, SCHEDULE_API_DOWN,
				"the API is down: no success for %lld s, %d failures, the last one: %s",
				(long long)(s->policy.give_up_ms / 1000), s->failures, s->last_failure);
	/* A success has made the question pointless. */
	if (s->key != KEY_ASKED && due_first(&s->waiting, NULL) == &s->whoami)
		take_waiting(s);
	if (is_over(s))
		return SCHEDULE_OVER;
	/* A bad key makes every further request a waste. */
	if (s->closing || down || (s->key == KEY_ASKED && s->whoami.under_way))
		return SCHEDULE_WAIT;
	if (now->boot_ns < s->pause_until_ns) {
		*until_ns = s->pause_until_ns;
		return SCHEDULE_PAUSED;
	}
	if (due_first(&s->waiting, &at) && at <= now->boot_ns)
		return SCHEDULE_START;
	if (s->fresh < s->n && s->jobs < SCHEDULE_MAX_JOBS && s->held < SCHEDULE_MAX_HELD)
		return SCHEDULE_START;
	if (s->failures >= SCHEDULE_MIN_FAILURES && s->receiving == 0) {
		int64_t give_up = s->failing_since_ns + s->policy.give_up_ms * NS_PER_MS;

		at = at < give_up ? at : give_up;
	}
	*until_ns = at;
	return SCHEDULE_WAIT;
}

static struct schedule_job *begin(struct schedule *s, const struct schedule_time *now)
{
	struct schedule_job *job;

	/* All of them and whoami can wait at the same time: schedule_park cannot fail. */
	if (due_reserve(&s->waiting, s->jobs + 2))
		return NULL;
	job = calloc(1, sizeof *job);
	if (!job)
		return NULL;
	job->index = s->fresh++;
	job->stage = s->policy.questions ? STAGE_QUESTION : STAGE_RESULT;
	job->began_ns = now->boot_ns;
	stamp_from_us(&job->requested_at, now->wall_us);
	s->jobs++;
	return job;
}

struct schedule_job *schedule_start(struct schedule *s, const struct schedule_time *now)
{
	static const enum answer_asked asks[] = {
	    [STAGE_RESULT] = ASKED_RESULT,  [STAGE_STATUS] = ASKED_STATUS, [STAGE_RESULT_AGAIN] = ASKED_RESULT,
	    [STAGE_DETAILS] = ASKED_STATUS, [STAGE_WHOAMI] = ASKED_WHOAMI, [STAGE_QUESTION] = ASKED_QUESTION,
	};
	struct schedule_job *job;
	int64_t at;

	if (due_first(&s->waiting, &at) && at <= now->boot_ns)
		job = take_waiting(s);
	else
		job = begin(s, now);
	if (!job)
		return NULL;
	job->asked = asks[job->stage];
	job->attempts++;
	s->retries += job->again;
	job->again = false;
	job->pause = s->pause;
	job->receiving = false;
	job->under_way = true;
	s->under_way++;
	return job;
}

void schedule_receiving(struct schedule *s, struct schedule_job *job)
{
	if (job->receiving)
		return;
	job->receiving = true;
	s->receiving++;
}

enum schedule_end schedule_ended(const struct schedule *s, const char **why)
{
	*why = s->why;
	return s->end;
}

size_t schedule_left(const struct schedule *s)
{
	return s->n - s->done;
}

bool schedule_key_good(const struct schedule *s)
{
	return s->key == KEY_GOOD;
}

int64_t schedule_retries(const struct schedule *s)
{
	return s->retries;
}
