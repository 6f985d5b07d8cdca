/*
 * rate.h: the request window: at most N requests in any window of that length, shared by all processes of this user
 * that use the same key.
 *
 * Kept in a small disposable file under the state folder, named by a hash of the key (contract, --rate). Times are boot
 * time (time_boot_ns) passed in by the caller, kept with the boot id: after a reboot what the file holds is taken as
 * having happened at boot. A slot is taken before a request starts and is free again one window after its response
 * headers came (rate_headers), or after it failed without any (rate_headers too). Slots of a process that died are free
 * one window after that was noticed. A 429's pause is kept in the same file, so that it holds for all processes.
 *
 * File: a header, a table of requests under way (pid, its start time, when taken), and a ring of the newest release
 * times, in order. Whether the next request may go is then one look at the ring: the entry N places back. Access is
 * under flock, for microseconds; a lock that is busy is reported as a short wait, never waited for. The struct rate
 * owns its descriptor. Not thread-safe.
 */
#ifndef OMNI_RATE_H
#define OMNI_RATE_H

#include "err.h"

#include <stdint.h>

#define RATE_MAX 65536 /* the largest N: the ring's length */

struct rate;

struct rate_limit {
	int64_t n;         /* requests; 0: no limit, but they count for others */
	int64_t window_ns; /* 1 s, 1 min or 1 h in nanoseconds */
};

/* "60/m", "500/m", "1/s", "0". 0, or -1 with *err. */
int rate_parse(const char *s, struct rate_limit *out, struct err *);

/* dir: the state folder (made, 0700, with its parents, where it is not there) or NULL: this process's own window in
 * memory. key: hashed, never kept. A file that cannot be made or read is no failure: *err says what, the window is then
 * in memory, and rate_shared is 0. NULL only when out of memory. */
struct rate *rate_open(const char *dir, const char *key, const struct rate_limit *, int64_t now_ns, struct err *);
void rate_close(struct rate *); /* what is still under way counts as released now */
int rate_shared(const struct rate *);

/* Takes a slot: returns its number >= 0, or -1 and the time until which it is worth waiting in *until_ns (an estimate:
 * ask again then). *paused is set to 1 when a 429's pause is why. */
int rate_take(struct rate *, int64_t now_ns, int64_t *until_ns, int *paused);
/* The response headers of the request in this slot came, or it ended without any. Once for each slot. */
void rate_headers(struct rate *, int slot, int64_t now_ns);
/* The API asked for silence until then: no process with this key starts a request before. Never shortens a longer
 * pause. */
void rate_pause(struct rate *, int64_t until_ns);
/* How many pauses were called for without a success in between, by this process: rate_pause counts up, rate_success
 * resets. */
int rate_pauses(const struct rate *);
void rate_success(struct rate *);

#endif
