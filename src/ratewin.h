/*
 * ratewin.h: the window itself: what is counted, and when there is room for one more. Works on a struct ratefile that
 * the caller has entered (ratefile.h); knows nothing of whose the requests are.
 */
#ifndef OMNI_RATEWIN_H
#define OMNI_RATEWIN_H

#include "ratefile.h"

/* Counts one release more. */
void ratewin_release(struct ratefile *, int64_t at_ns);
/* Enters a request under way. Returns its index in the table, or -1: the table is full. */
int ratewin_add(struct ratefile *, const struct procid *owner, int64_t taken_ns);
/* A request under way is released: out of the table, into the ring. */
void ratewin_remove(struct ratefile *, uint32_t index, int64_t at_ns);
uint32_t ratewin_under_way(const struct ratefile *);
/* All that was released before counts as of this time. */
void ratewin_begin_epoch(struct ratefile *, int64_t ns);
/* The file was written in a boot that is over: what it holds, and what was under way, counts as of time 0; its pause is
 * void. */
void ratewin_reboot(struct ratefile *);
/* The time from which fewer than n (> 0) requests are under way or were released within the last window_ns; INT64_MAX:
 * not before one of those under way is released. */
int64_t ratewin_room(struct ratefile *, int64_t n, int64_t window_ns);
/* When the k-th (>= 1) request from now on could start, at most n (> 0) in a window, if each of them were answered at
 * once and nobody else asked; INT64_MAX: never. Not before now_ns. */
int64_t ratewin_when(struct ratefile *, int64_t n, int64_t window_ns, uint64_t k, int64_t now_ns);

#endif
