/*
 * rate.h: the request window: at most N requests in any window of that length, shared by all processes of this user
 * that use the same key.
 *
 * Kept in a small disposable file under the state folder, named by a hash of the key (contract, --rate). Times are boot
 * time (time_boot_ns) passed in by the caller, kept with the boot id: after a reboot what the file holds is taken as
 * having happened at boot. A slot is taken before a request starts and is free again one window after its response
 * headers came (rate_headers), or after it failed without any (rate_headers too). So whatever the latency, no window of
 * that length sees more than N requests start, arrive or be answered. Slots of a process that died are free one window
 * after that was noticed; those of one that cannot be seen from here (another pid namespace) are given up after an
 * hour. A 429's pause is kept in the same file, so that it holds for all processes; one that lies more than a day ahead
 * is taken for damage.
 *
 * File (ratefile.h): a header, a table of requests under way (pid, its start time, when taken), and a ring of the
 * newest release times, in order. Whether the next request may go is then one look at the ring: with U under way, the
 * entry N - U places back must be a window old. Each process judges by its own N and window. Access is under flock, for
 * microseconds; a lock that is busy is reported as a short wait, never waited for: what could not be written is kept
 * and written at the next call. The struct rate owns its descriptor. Not thread-safe.
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
 * memory. key: hashed, never kept. A file that cannot be made or read is no failure: the window is then in memory, and
 * rate_shared is 0. *err is then a warning (ERR_JOB), as it is where a file was no good and was made anew; ERR_NONE
 * when all is well. NULL only when out of memory (ERR_FATAL). */
struct rate *rate_open(const char *dir, const char *key, const struct rate_limit *, int64_t now_ns, struct err *);
/* The same with a boot id (text of up to 36 bytes) other than the kernel's: for rate_open and the tests. */
struct rate *rate_open_boot(const char *dir, const char *key, const struct rate_limit *, const char *boot,
			    int64_t now_ns, struct err *);
/* What is still under way counts as released now (by the clock: the only call that looks at it). */
void rate_close(struct rate *);
int rate_shared(const struct rate *);
/* What happened to the file since the last call, for a person: it was damaged and made anew, or it is lost to us (full
 * disk, a lock held for over two seconds, another machine) and the window is our own from here on. NULL: nothing. The
 * text lives until the next call of anything here. */
const char *rate_warning(struct rate *);

/* Takes a slot: returns its number >= 0, or -1 and in *until_ns the time until which it is worth waiting; ask again
 * then. That time is exact unless others are quicker, the lock is busy (1 ms), or all N are under way (a window or a
 * second, whichever is less: none can be free before, but the dead must be noticed). *paused is 1 when a 429's pause is
 * why, else 0. */
int rate_take(struct rate *, int64_t now_ns, int64_t *until_ns, int *paused);
/* When the k-th (>= 1) request from now on could start if nobody else asked: for telling how long it takes. now_ns
 * where there is no limit, or the lock is busy; INT64_MAX: never. */
int64_t rate_when(struct rate *, int64_t now_ns, uint64_t k);
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
