/*
 * schedule.h: which job of a batch asks what, and when; what becomes of it; what ends the run. Pure: the caller makes
 * the requests, passes the time and the random numbers, and reports what came back. The rules are the contract's
 * ("What becomes of a job"); what one HTTP answer means is answer.c's business.
 *
 * A job's way:
 *
 *     result ──200──▶ readable? ──yes──▶ (--details: status) ──▶ STORED
 *       │               └─no─▶ the same request again, until the same bytes came twice ──▶ UNREADABLE
 *       ├─404, unclear─▶ status ─┬─ running ──▶ PENDING        └ FAILED, CANCELLED ──▶ NO_RESULT
 *       │                        └─ COMPLETE ─▶ result again ──404──▶ EXPIRED (after 14 days), else PENDING
 *       ├─403──▶ waits for whoami, unless the key is known to be good ──▶ DENIED
 *       ├─429──▶ all pause; asked again, no try is counted
 *       ├─network, 5xx──▶ again after a wait, until no tries are left ──▶ FAILED
 *       └─what answer.c calls settled
 *
 * The 14 days are over by the server's clock.
 *
 * A question (policy.questions) goes the same way, but that no answer leads to another one; a 408 that says what the
 * API is still at makes it PENDING, with that document as its details.
 *
 * Memory: a struct schedule_job exists only from a job's first request until it is released: fresh jobs are a counter.
 * No fresh job is begun while SCHEDULE_MAX_JOBS exist or SCHEDULE_MAX_HELD results wait for their details.
 *
 * The schedule owns its jobs and their details; the bodies in them are the caller's to take out of settled jobs. No
 * job with a body is ever left: when the run ends early, a good result whose details are missing is settled as STORED.
 */
#ifndef OMNI_SCHEDULE_H
#define OMNI_SCHEDULE_H

#include "answer.h"
#include "retry.h"

#define SCHEDULE_MAX_JOBS     4096
#define SCHEDULE_MAX_HELD     8
#define SCHEDULE_MAX_PAUSES   10 /* 429 pauses without a success between them */
#define SCHEDULE_MIN_FAILURES 20 /* fewer do not say that the API is down */

struct body;

struct schedule_policy {
	struct retry_policy retry;
	int64_t give_up_ms;
	bool details;
	bool questions;              /* not jobs, but other questions (ASKED_QUESTION), which have one stage alone */
	bool key_good;               /* an earlier batch had a success with this key */
	double (*random)(void *ctx); /* uniform in [0, 1) */
	void *random_ctx;
};

struct schedule_time {
	int64_t boot_ns; /* a clock that never goes back: waits */
	int64_t wall_us; /* since 1970: what is told and kept. At an answer: by the server's clock where ours is off */
	bool vouched;    /* the answer's own Date says so too: wall_us may decide that a job is lost */
};

struct schedule_job {
	/* The request that is to be made. */
	enum answer_asked asked; /* ASKED_WHOAMI is asked for no job: index says nothing */
	size_t index;
	bool keep; /* keep the result's bytes: those before could not be read */
	/* What became of it, once settled. */
	enum job_state state;
	int http_status;                       /* of the last answer; 0: none came */
	char error[400];                       /* where STORED: why there are no details */
	struct stamp completed_at;             /* where a status document said it */
	struct stamp requested_at, fetched_at; /* the first request; the last answer */
	int64_t attempts;                      /* requests, whoami not counted */
	struct body *body;                     /* STORED, UNREADABLE; the taker sets it to NULL */
	char *details;                         /* document (see above), malloc'd; the taker sets it to NULL */
	size_t details_len;
	/* schedule.c's own. */
	unsigned stage;
	int tries;
	bool again, receiving, under_way;
	int64_t began_ns; /* boot time of the first request */
	int pause;
	bool has_sha256;
	uint8_t sha256[SHA256_LEN];
	struct schedule_job *next;
};

enum schedule_turn {
	SCHEDULE_START,  /* schedule_start has a request to make */
	SCHEDULE_WAIT,   /* nothing to start before *until_ns; INT64_MAX: before a report */
	SCHEDULE_PAUSED, /* the same, because of a 429 */
	SCHEDULE_OVER    /* nothing is under way and nothing more will be asked */
};

enum schedule_end {
	SCHEDULE_GOES_ON = 0, /* or came to its natural end, or was stopped by schedule_stop */
	SCHEDULE_API_DOWN,
	SCHEDULE_RATE_LIMITED,
	SCHEDULE_KEY_REFUSED
};

/* What a report led to, for the log. Settled jobs, of which there may be several, are taken with schedule_settled. */
struct schedule_step {
	enum {
		STEP_SETTLED, /* it needs no further request */
		STEP_ON,      /* it goes on to its next question, or waits for whoami */
		STEP_AGAIN,   /* the same again after wait_ms */
		STEP_PAUSED,  /* all requests pause for wait_ms; asked again then */
		STEP_LEFT     /* the run ends: the job is left unasked */
	} did;
	int64_t wait_ms;
	bool took_body; /* schedule_result: the body is now the job's */
};

enum schedule_failure {
	FAILURE_NETWORK, /* worth another try */
	FAILURE_LASTING, /* of the network too, but trying again does not mend it: a certificate that is not trusted */
	FAILURE_ANSWER   /* of this one answer, for good: it is too large */
};

struct schedule;

/* n jobs, begun in their order. NULL: out of memory. */
struct schedule *schedule_new(const struct schedule_policy *, size_t n);
/* Bodies must have been taken: see schedule_stop. */
void schedule_free(struct schedule *);

/* May a request start, or when? It may find that the API is down. */
enum schedule_turn schedule_ready(struct schedule *, const struct schedule_time *, int64_t *until_ns);
/* The next request; call it right after SCHEDULE_START. The job is under way until one of the reports below, after
 * which it must not be touched any more. NULL: out of memory. */
struct schedule_job *schedule_start(struct schedule *, const struct schedule_time *);
/* A 200 result is arriving: the API is not held for down while it does. */
void schedule_receiving(struct schedule *, struct schedule_job *);

/* Reports. Any whole answer but a 200 to ASKED_RESULT or ASKED_QUESTION; document: its body, copied where kept. */
struct schedule_step schedule_answered(struct schedule *, struct schedule_job *, const struct answer *, int http,
				       struct text document, const struct schedule_time *);
/* A whole 200 to one of these two. why: NULL when it can be read, else why it cannot. sha256: its bytes. */
struct schedule_step schedule_result(struct schedule *, struct schedule_job *, struct body *, const uint8_t *sha256,
				     const char *why, const struct schedule_time *);
/* No whole answer. http: the code where headers came, else 0. */
struct schedule_step schedule_failed(struct schedule *, struct schedule_job *, enum schedule_failure, int http,
				     const char *why, const struct schedule_time *);
/* The caller broke the request off: the job is left (or settled, where it has a result). */
void schedule_abort(struct schedule *, struct schedule_job *);

/* No more requests are to start; what is under way may still be reported. */
void schedule_stop(struct schedule *);
/* The next settled job, or NULL. Give it back with schedule_release. */
struct schedule_job *schedule_settled(struct schedule *);
void schedule_release(struct schedule *, struct schedule_job *);

/* Why the run ends, and the sentence for a person (empty while it goes on). */
enum schedule_end schedule_ended(const struct schedule *, const char **why);
size_t schedule_left(const struct schedule *);     /* jobs not yet settled */
bool schedule_key_good(const struct schedule *);   /* there was a success with this key */
int64_t schedule_retries(const struct schedule *); /* requests that were made again after a failure */

#endif
