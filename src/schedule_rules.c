/* What an answer leads to (contract, "What becomes of a job"). */
#include "schedule_own.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RETENTION_US (INT64_C(14) * 86400 * 1000000) /* the API keeps a result for so long after completion */

typedef struct schedule_step step;

static const step settled = {.did = STEP_SETTLED};
static const step goes_on = {.did = STEP_ON};
static const step left = {.did = STEP_LEFT};

/* A request has ended. http: 0 where no headers came. A result that is in hand keeps its own code and time. The first
 * request is dated back from the answer: the wall clock may have been wrong then, or set since. */
static void arrived(struct schedule *s, struct schedule_job *job, int http, const struct schedule_time *now)
{
	s->under_way--;
	s->receiving -= job->receiving;
	job->under_way = job->receiving = false;
	if (http == 0 || job->stage == STAGE_DETAILS)
		return;
	job->http_status = http;
	stamp_from_us(&job->fetched_at, now->wall_us);
	stamp_from_us(&job->requested_at, now->wall_us - (now->boot_ns - job->began_ns) / 1000);
}

static step settle(struct schedule *s, struct schedule_job *job, enum job_state state, const char *error)
{
	schedule_settle(s, job, state, error);
	return settled;
}

static step whoami_answered(struct schedule *s, enum key key)
{
	if (s->key == KEY_ASKED)
		schedule_key(s, key);
	return settled;
}

/* The API answers, and does what is asked of it. */
static void success(struct schedule *s)
{
	s->failures = 0;
	s->pauses = 0;
}

/* So does it for this key. */
static void key_works(struct schedule *s)
{
	if (s->key != KEY_GOOD)
		schedule_key(s, KEY_GOOD);
}

static void failure(struct schedule *s, const char *why, const struct schedule_time *now)
{
	if (s->failures++ == 0)
		s->failing_since_ns = now->boot_ns;
	(void)snprintf(s->last_failure, sizeof s->last_failure, "%s", why);
}

/* The end of a question: no answer is to be had, or this one settles the job. A status document that is not to be had
 * never costs a result. */
static step over(struct schedule *s, struct schedule_job *job, enum job_state state, const char *why)
{
	switch (job->stage) {
	case STAGE_WHOAMI:
		return whoami_answered(s, KEY_UNKNOWN);
	case STAGE_DETAILS:
		return settle(s, job, JOB_STORED, why);
	default:
		return settle(s, job, state, why);
	}
}

static step next_question(struct schedule *s, struct schedule_job *job, enum stage stage,
			  const struct schedule_time *now)
{
	job->stage = stage;
	if (schedule_park(s, job, now->boot_ns))
		return goes_on;
	return stage == STAGE_DETAILS ? settled : left;
}

/* The job asks the same again, or is left because the run ends (settled where it has a result). */
static step same_question(struct schedule *s, struct schedule_job *job, int64_t at_ns, step waits)
{
	bool has_result = job->stage == STAGE_DETAILS;

	if (schedule_park(s, job, at_ns))
		return waits;
	return has_result ? settled : left;
}

/* One more try, or the end of the job's tries. */
static step again(struct schedule *s, struct schedule_job *job, const char *why, int64_t retry_after_ms,
		  const struct schedule_time *now)
{
	double random = s->policy.random(s->policy.random_ctx);
	int64_t wait_ms = retry_wait_ms(&s->policy.retry, ++job->tries, retry_after_ms, random);

	if (wait_ms == RETRY_STOP)
		return over(s, job, JOB_FAILED, why);
	job->again = true;
	return same_question(s, job, now->boot_ns + wait_ms * NS_PER_MS, (step){.did = STEP_AGAIN, .wait_ms = wait_ms});
}

static void rate_limited(struct schedule *s, const struct answer *a, int64_t wait_ms, const struct schedule_time *now)
{
	struct stamp then;

	stamp_from_us(&then, now->wall_us + wait_ms * 1000);
	schedule_finish(s, SCHEDULE_RATE_LIMITED, "the API's rate limit is reached: come back after %s (%s)", then.text,
			a->message);
}

/* 429. Answers to requests from before the last pause belong to it: four transfers that hit the limit together make one
 * pause, not four. */
static step pause_all(struct schedule *s, struct schedule_job *job, const struct answer *a,
		      const struct schedule_time *now)
{
	const struct retry_policy *retry = &s->policy.retry;
	int64_t wait_ms = a->retry_after_ms > 0 ? a->retry_after_ms : 0;
	int64_t until;

	if (job->pause == s->pause || wait_ms > retry->max_wait_ms) {
		double random = s->policy.random(s->policy.random_ctx);
		int64_t pause_ms = retry_pause_ms(retry, s->pauses + 1, a->retry_after_ms, random);

		wait_ms = wait_ms > pause_ms ? wait_ms : pause_ms;
		if (s->pauses == SCHEDULE_MAX_PAUSES || wait_ms > retry->max_wait_ms) {
			rate_limited(s, a, wait_ms, now);
		} else {
			s->pauses++;
			s->pause++;
		}
	}
	until = now->boot_ns + wait_ms * NS_PER_MS;
	if (s->pause_until_ns < until)
		s->pause_until_ns = until;
	wait_ms = (s->pause_until_ns - now->boot_ns) / NS_PER_MS;
	return same_question(s, job, now->boot_ns, (step){.did = STEP_PAUSED, .wait_ms = wait_ms});
}

static step forbidden(struct schedule *s, struct schedule_job *job, const struct answer *a,
		      const struct schedule_time *now)
{
	if (s->key == KEY_GOOD || s->key == KEY_UNKNOWN)
		return settle(s, job, JOB_DENIED, a->message);
	if (s->closing && !s->whoami.under_way) {
		schedule_release(s, job);
		return left;
	}
	(void)snprintf(job->error, sizeof job->error, "%s", a->message);
	job->next = s->forbidden;
	s->forbidden = job;
	if (s->key == KEY_UNPROVEN) {
		s->key = KEY_ASKED;
		schedule_park(s, &s->whoami, now->boot_ns);
	}
	return goes_on;
}

/* 404 after a status that said COMPLETE. How long ago that was only the server knows: our clock may be wrong, and a job
 * that is called expired is not asked for again. */
static step still_none(struct schedule *s, struct schedule_job *job, const struct answer *a,
		       const struct schedule_time *now)
{
	bool old =
	    now->vouched && stamp_is_set(&job->completed_at) && now->wall_us - job->completed_at.us > RETENTION_US;

	return settle(s, job, old ? JOB_EXPIRED : JOB_PENDING, a->message);
}

static void keep_document(struct schedule_job *job, struct text document)
{
	char *copy = malloc(document.n + 1);

	if (!copy)
		return;
	memcpy(copy, document.n ? document.p : "", document.n);
	copy[document.n] = '\0';
	free(job->details);
	job->details = copy;
	job->details_len = document.n;
}

static step status_known(struct schedule *s, struct schedule_job *job, const struct answer *a, struct text document,
			 const struct schedule_time *now)
{
	if (stamp_is_set(&a->completed_at))
		job->completed_at = a->completed_at;
	if (s->policy.details)
		keep_document(job, document);
	if (job->stage == STAGE_DETAILS)
		return settle(s, job, JOB_STORED, job->details ? "" : "out of memory");
	switch (a->job_status) {
	case STATUS_COMPLETE:
		return next_question(s, job, STAGE_RESULT_AGAIN, now);
	case STATUS_FAILED:
		return settle(s, job, JOB_NO_RESULT, *a->message ? a->message : "the job failed or was cancelled");
	default:
		return settle(s, job, JOB_PENDING, *a->message ? a->message : "the job has not finished");
	}
}

static step key_refused(struct schedule *s, struct schedule_job *job, const struct answer *a)
{
	schedule_finish(s, SCHEDULE_KEY_REFUSED, "%s", a->message);
	return same_question(s, job, 0, left);
}

/* Verdicts of an answer that does what is asked, or says why not. */
static step answer_leads_to(struct schedule *s, struct schedule_job *job, const struct answer *a, struct text document,
			    const struct schedule_time *now)
{
	switch (a->verdict) {
	case VERDICT_KEY_GOOD:
		return whoami_answered(s, KEY_GOOD);
	case VERDICT_STATUS:
		key_works(s);
		return status_known(s, job, a, document, now);
	case VERDICT_FORBIDDEN:
		if (job->stage == STAGE_WHOAMI || job->stage == STAGE_DETAILS)
			return over(s, job, JOB_DENIED, a->message);
		return forbidden(s, job, a, now);
	case VERDICT_ASK_STATUS:
		if (job->stage == STAGE_RESULT)
			return next_question(s, job, STAGE_STATUS, now);
		if (job->stage == STAGE_RESULT_AGAIN)
			return still_none(s, job, a, now);
		return over(s, job, JOB_NOT_FOUND, a->message);
	default:
		if (job->stage == STAGE_QUESTION && a->state == JOB_PENDING)
			keep_document(job, document);
		return over(s, job, a->state, a->message);
	}
}

step schedule_answered(struct schedule *s, struct schedule_job *job, const struct answer *a, int http,
		       struct text document, const struct schedule_time *now)
{
	arrived(s, job, http, now);
	switch (a->verdict) {
	case VERDICT_PAUSE:
		return pause_all(s, job, a, now);
	case VERDICT_RETRY:
		if (http >= 500)
			failure(s, a->message, now);
		return again(s, job, a->message, a->retry_after_ms, now);
	case VERDICT_KEY_BAD:
		return key_refused(s, job, a);
	default:
		/* What is FAILED at once came from something else than the API: a wrong address, a proxy. */
		if (a->verdict != VERDICT_SETTLED || a->state != JOB_FAILED)
			success(s);
		return answer_leads_to(s, job, a, document, now);
	}
}

step schedule_result(struct schedule *s, struct schedule_job *job, struct body *body, const uint8_t *sha256,
		     const char *why, const struct schedule_time *now)
{
	step did;

	arrived(s, job, 200, now);
	if (!why) {
		success(s);
		key_works(s);
		job->body = body;
		did = s->policy.details && !job->details ? next_question(s, job, STAGE_DETAILS, now)
							 : settle(s, job, JOB_STORED, "");
		did.took_body = true;
		return did;
	}
	if (job->has_sha256 && memcmp(job->sha256, sha256, SHA256_LEN) == 0) {
		job->body = body;
		did = settle(s, job, JOB_UNREADABLE, why);
		did.took_body = true;
		return did;
	}
	memcpy(job->sha256, sha256, SHA256_LEN);
	job->has_sha256 = job->keep = true;
	return again(s, job, why, -1, now);
}

step schedule_failed(struct schedule *s, struct schedule_job *job, enum schedule_failure kind, int http,
		     const char *why, const struct schedule_time *now)
{
	arrived(s, job, http, now);
	if (kind != FAILURE_ANSWER)
		failure(s, why, now);
	if (kind == FAILURE_NETWORK)
		return again(s, job, why, -1, now);
	return over(s, job, JOB_FAILED, why);
}
