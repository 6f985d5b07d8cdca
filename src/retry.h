/*
 * retry.h: when to try again. Pure: exponential backoff with full jitter, capped (contract, "What becomes of a job").
 */
#ifndef OMNI_RETRY_H
#define OMNI_RETRY_H

#include <stdint.h>

struct retry_policy {
	int64_t wait_ms;     /* --retry-wait */
	int64_t max_wait_ms; /* --retry-max-wait: the cap of one wait, also of a Retry-After */
	int retries;         /* --retries: tries after the first */
};

#define RETRY_STOP (-1) /* no tries left */

/*
 * tries: how many were made already, >= 1. retry_after_ms: what the server asked for, or -1. random: uniform in [0, 1).
 * Returns milliseconds to wait: random * min(max_wait, wait * 2^(tries - 1)), never less than min(retry_after,
 * max_wait); or RETRY_STOP when tries > retries.
 */
int64_t retry_wait_ms(const struct retry_policy *, int tries, int64_t retry_after_ms, double random);

/* The wait of everything after a 429 without Retry-After: the same backoff without jitter's lower half, pauses >= 1
 * counting pauses without a success. */
int64_t retry_pause_ms(const struct retry_policy *, int pauses, int64_t retry_after_ms, double random);

#endif
