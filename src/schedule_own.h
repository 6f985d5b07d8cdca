/*
 * schedule_own.h: what schedule.c (which request comes next) and schedule_rules.c (what an answer leads to) share.
 * Nobody else includes it.
 */
#ifndef OMNI_SCHEDULE_OWN_H
#define OMNI_SCHEDULE_OWN_H

#include "due.h"
#include "schedule.h"

#define NS_PER_MS INT64_C(1000000)

enum stage { STAGE_RESULT, STAGE_STATUS, STAGE_RESULT_AGAIN, STAGE_DETAILS, STAGE_WHOAMI, STAGE_QUESTION };

enum key {
	KEY_UNPROVEN,
	KEY_ASKED,   /* whoami waits or is under way; jobs may wait for it */
	KEY_UNKNOWN, /* whoami gave no answer: it is not asked again */
	KEY_GOOD
};

struct schedule {
	struct schedule_policy policy;
	size_t n, fresh;                /* jobs in all; those begun */
	size_t jobs;                    /* struct schedule_jobs that exist */
	size_t done;                    /* jobs settled so far */
	size_t held;                    /* waiting jobs that have a result */
	size_t under_way;               /* requests */
	size_t receiving;               /* those of them with a 200 result arriving */
	struct due waiting;             /* jobs, and whoami, by the time of their next request */
	struct schedule_job *forbidden; /* jobs that wait for whoami's answer */
	struct schedule_job *settled, **settled_end;
	struct schedule_job whoami;
	enum key key;
	int pauses; /* without a success between them */
	int pause;  /* a number for each pause, so that the answers to requests from before it are known */
	int64_t pause_until_ns;
	int failures; /* network and 5xx, since the last success */
	int64_t failing_since_ns;
	char last_failure[400];
	int64_t retries;
	bool closing; /* nothing more is asked */
	enum schedule_end end;
	char why[512];
};

/* The job's next request, in its stage, at that time; where nothing more is asked the job is left, or settled if it has
 * a result. Returns whether it waits now. */
bool schedule_park(struct schedule *, struct schedule_job *, int64_t at_ns);
/* error: may be empty, never NULL. */
void schedule_settle(struct schedule *, struct schedule_job *, enum job_state, const char *error);
/* What is known of the key now: the jobs that wait for it are denied. */
void schedule_key(struct schedule *, enum key);
void schedule_finish(struct schedule *, enum schedule_end, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

#endif
