/*
 * run_write.h: writes what became of one job to the sinks that are to know: a good body decoded, any other answer as a
 * note in the ledger.
 *
 * Part of the glue (run.c); used by the loader's thread, and by run.c when that has ended. A struct writer owns its
 * decoder and borrows the sinks.
 */
#ifndef OMNI_RUN_WRITE_H
#define OMNI_RUN_WRITE_H

#include "fetch.h"
#include "run_plan.h"

#include <signal.h>

struct writer;

/* What writing a job came to. */
struct written {
	sink_mask wanted; /* sinks it was meant for */
	sink_mask sinks;  /* that committed it: durable after the next sinkset_flush */
	bool interrupted; /* the deadline passed while it was being written: it is in no sink */
	bool partial;
	int64_t expires_us; /* 0: not known */
	int64_t actions, results, rows, truncated, warnings;
};

/* stop: not 0 once the run is interrupted (NULL: never); what is under way may then take three seconds more. NULL: out
 * of memory. */
struct writer *writer_new(struct sinkset *, const char *instance, const volatile sig_atomic_t *stop);
void writer_free(struct writer *);
/* Those seconds are over: nothing more is to be begun. */
bool writer_late(struct writer *);
/* Where written.sinks lacks one of .wanted, *err holds the last reason. */
void writer_write(struct writer *, const struct plan_job *, const struct fetch_outcome *, sink_mask want,
		  struct written *, struct err *);

#endif
