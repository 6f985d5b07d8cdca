/*
 * run_rerun_write.h: writes what came of running a query again to the sinks that are to know (run_rerun.h): a CSV
 * decoded row by row, any other answer as a note.
 *
 * Used by one thread at a time. A struct rerun_writer owns its decoder and borrows the sinks.
 */
#ifndef OMNI_RUN_RERUN_WRITE_H
#define OMNI_RUN_RERUN_WRITE_H

#include "fetch.h"
#include "sinkset.h"

struct rerun_writer;

/* What writing one came to. */
struct rerun_written {
	sink_mask sinks;  /* that have it, durably */
	bool interrupted; /* while it was being written: no sink has it */
	int64_t warnings;
};

/* stop: see writer_new. NULL: out of memory. */
struct rerun_writer *rerun_writer_new(struct sinkset *, const volatile sig_atomic_t *stop);
void rerun_writer_free(struct rerun_writer *);
/*
 * body: of an answer that is STORED, else NULL. truncated: what the sinks hold of the result, to compare with. r: what
 * is known without the body; where that turns out to be no CSV it becomes FAILED, with the reason in why (at least 400
 * bytes). Where written.sinks lacks one of want, *err holds the last reason.
 */
void rerun_writer_write(struct rerun_writer *, struct rerun *r, char why[400], const struct truncated *truncated,
			struct body *body, sink_mask want, struct rerun_written *, struct err *);

#endif
