/*
 * run_group.h: jobs on their way into the sinks: written one by one, made durable in groups, because a commit costs an
 * fsync; only then counted as stored.
 *
 * Part of the glue (run.c). A group writes to the sinks with a writer (run_write.h), flushes by jobs, bytes and time
 * (lazy sinks by their own measure), writes again what a sink lost with its connection, and settles the jobs of the
 * plan. It is used by one thread at a time.
 */
#ifndef OMNI_RUN_GROUP_H
#define OMNI_RUN_GROUP_H

#include "run_write.h"

/* Added up over all groups. */
struct load_totals {
	int64_t stored, partial;
	int64_t actions, results, rows, truncated_results, warnings;
	int64_t sink_stored[SINKSET_MAX], sink_failed[SINKSET_MAX];
};

struct group_options {
	struct sinkset *sinks;
	const char *instance;
	const volatile sig_atomic_t *stop;           /* see writer_new */
	void (*give_back)(void *ctx, struct body *); /* a body that is done with */
	void (*settled)(void *ctx, bool stored);     /* a job's fate is known; may be NULL */
	void *ctx;
};

struct group;

/* The options are copied. NULL: out of memory. */
struct group *group_new(const struct group_options *);
/* What was not flushed is given up: the jobs stay open. */
void group_free(struct group *);
/* Writes what became of a job; the outcome's body and details are the group's from here on. Flushes when the group is
 * full. */
void group_add(struct group *, struct plan_job *, struct fetch_outcome *);
/* When group_flush is due, as boot time in nanoseconds; INT64_MAX: nothing waits. */
int64_t group_due_ns(const struct group *);
/* Flushes what is due; all: everything, also what lazy sinks would still keep open. */
void group_flush(struct group *, bool all);
/* Interrupted, and the time for what was under way is over: nothing more is to be added. */
bool group_late(struct group *);
const struct load_totals *group_totals(const struct group *);

#endif
