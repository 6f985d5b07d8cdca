/*
 * sinkset.h: several sinks as one. A result is fetched once and written to every sink that lacks it; a sink that fails
 * in mid-run drops out, the others go on (contract, "Sinks").
 *
 * Sinks are numbered from 0 in the order of the command line; a set of them is a sink_mask. The struct sinkset owns its
 * sinks.
 */
#ifndef OMNI_SINKSET_H
#define OMNI_SINKSET_H

#include "sink.h"

#define SINKSET_MAX 32

typedef uint32_t sink_mask; /* bit i: sink i */

struct sinkset;

/* Opens all, or none: NULL with *err (ERR_BUSY, ERR_FATAL) whose message names the sink. The same sink twice is
 * refused. */
struct sinkset *sinkset_open(const char *const *specs, size_t n, const struct sink_options *, struct err *);
size_t sinkset_count(const struct sinkset *);
const char *sinkset_spec(const struct sinkset *, size_t i); /* as given, but without a password */
/* Sinks that still work; those whose has includes all of these bits. */
sink_mask sinkset_alive(const struct sinkset *);
sink_mask sinkset_with(const struct sinkset *, unsigned has);
/* Why a sink dropped out; NULL while it works. */
const char *sinkset_error(const struct sinkset *, size_t i);

/* Ledger entries of one sink. A sink without a ledger gives JOB_NONE for all. -1: the sink dropped out. */
int sinkset_states(struct sinkset *, size_t i, const struct uuid *ids, size_t n, struct ledger_entry *out,
		   struct err *);

/* One job to the sinks in mask (dead ones are passed over). What fails in one sink is remembered there: rolled back in
 * that sink alone (ERR_JOB, ERR_RETRY), or it drops out (ERR_FATAL). These return 0 while at least one sink still takes
 * the job, else -1. */
int sinkset_begin(struct sinkset *, sink_mask, const struct job *, struct err *);
int sinkset_action(struct sinkset *, const struct action *, struct err *);
int sinkset_result(struct sinkset *, const struct query_result *, struct err *);
int sinkset_row(struct sinkset *, const struct row *, struct err *);
int sinkset_result_end(struct sinkset *, const struct query_result *, struct err *);
int sinkset_body(struct sinkset *, const void *piece, size_t n, struct err *);
/* Returns the sinks in which the job is committed (durable after the next flush). The rest: rolled back or dropped;
 * *err holds the last reason. */
sink_mask sinkset_commit(struct sinkset *, const struct job *, struct err *);
void sinkset_rollback(struct sinkset *);

/* Of the sinks that did not take the last job: those that could, on another try (ERR_RETRY: a lost connection), and
 * keep what is to be written again (SINK_AGAIN). */
sink_mask sinkset_retry(const struct sinkset *);
/* Sinks that say themselves when a group is to be flushed (sink_ops.lazy); those of them that have said so since their
 * last flush. */
sink_mask sinkset_lazy(const struct sinkset *);
sink_mask sinkset_full(const struct sinkset *);
/* Makes the jobs committed so far to the sinks in mask durable. Returns the sinks in which that worked. A sink that
 * failed with ERR_RETRY is in *again (its group must be written again); with ERR_FATAL it dropped out. */
sink_mask sinkset_flush(struct sinkset *, sink_mask mask, sink_mask *again, struct err *);
/* The sink that this spec names too, or -1. */
int sinkset_find(const struct sinkset *, const char *spec);
/* One sink, to read from it between jobs; NULL: it dropped out. */
struct sink *sinkset_sink(struct sinkset *, size_t i);
/* A call in it failed with ERR_FATAL: it drops out. */
void sinkset_lost(struct sinkset *, size_t i, const struct err *);
/* To every living sink with a ledger. 0, or -1 when one failed (it dropped out). */
int sinkset_record_run(struct sinkset *, const struct run_record *, struct err *);
/* Closes all and frees the set. 0, or -1 when one failed to close. */
int sinkset_close(struct sinkset *, struct err *);

#endif
