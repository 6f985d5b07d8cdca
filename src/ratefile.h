/*
 * ratefile.h: where the request window of rate.c is kept: a file shared between processes, or the same in memory.
 *
 * The file is a struct ratefile_head, a table of requests under way, and a ring of release times. Between
 * ratefile_enter and ratefile_leave this process holds the file's flock and a copy of head and table in f->head and
 * f->table, which leave writes back; the ring is read and written in place. The file is never mapped: one that another
 * program cuts would be a SIGBUS.
 *
 * Nothing that happens to the file is a failure: from the first error that has no cure on, the window is this process's
 * own, in memory, with what was known by then, and f->warning says why.
 *
 * A struct ratefile owns its descriptor and its memory. Not thread-safe.
 */
#ifndef OMNI_RATEFILE_H
#define OMNI_RATEFILE_H

#include "err.h"
#include "procid.h"

#include <stdbool.h>
#include <stdint.h>

#define RATEFILE_MAGIC   "omnirate"
#define RATEFILE_VERSION 1
#define RATEFILE_SLOTS   1024  /* requests under way, of all processes */
#define RATEFILE_RING    65536 /* release times that are remembered */

/* Times are boot time in nanoseconds. Releases are numbered from 0; number i lies in the ring at i % RATEFILE_RING. */
struct ratefile_head {
	char magic[8];
	uint32_t version;
	uint32_t high; /* entries of the table from here on are free */
	char boot[PROCID_BOOT_LEN + 4];
	uint64_t generation; /* another number each time the file is made anew; never 0 */
	uint64_t serial;     /* of the newest entry of the table */
	uint64_t released;   /* how many releases there were */
	uint64_t epoch;      /* releases before this one count as of epoch_ns (a reboot, a clock that cannot be) */
	int64_t epoch_ns;
	int64_t newest_ns; /* of the newest release: they are in order */
	int64_t pause_ns;  /* no request before this time */
	int64_t reserved[2];
};

struct ratefile_entry {
	struct procid owner;
	int64_t taken_ns;
	uint64_t serial; /* 0: free */
};

struct ratefile {
	char *path;
	int fd;                         /* -1: in memory */
	int64_t *ring;                  /* in memory; else scratch */
	char boot[PROCID_BOOT_LEN + 4]; /* of this boot, zero-padded */
	uint32_t high;                  /* head.high as it was read: what leave has to write back */
	bool changed;                   /* head or table are not as enter read them: leave writes */
	int64_t busy_since;             /* first of the vain attempts to lock; where busy > 0 */
	unsigned busy;                  /* how many in a row */
	struct err warning;             /* of the newest trouble; the caller clears it */
	struct ratefile_head head;
	struct ratefile_entry table[RATEFILE_SLOTS];
};

/* dir: made where it is not there, with its parents; or NULL: in memory. boot: this boot's id. 0, also when the file
 * cannot be had (f->warning, fd < 0); -1: out of memory (ratefile_close may follow, or not). */
int ratefile_open(struct ratefile *, const char *dir, const char *name, const char *boot);
void ratefile_close(struct ratefile *);

/* True: we are in, leave must follow. False: another process is in, try again in a millisecond. A file that is no
 * window of this version is made anew. After two seconds of vain attempts (its holder was stopped) the window is our
 * own. */
bool ratefile_enter(struct ratefile *, int64_t now_ns);
void ratefile_leave(struct ratefile *);

/* Only between enter and leave. The number of a release must be below head.released (at it: set), and not older than
 * the ring. */
int64_t ratefile_ring(struct ratefile *, uint64_t number);
void ratefile_ring_set(struct ratefile *, uint64_t number, int64_t ns);

/* Goes on in memory; what is in head and table stays. why: for the warning. */
void ratefile_detach(struct ratefile *, const char *why);
/* Makes it a window in which nothing happened. */
void ratefile_renew(struct ratefile *);

#endif
