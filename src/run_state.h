/*
 * run_state.h: one run under way, between the files of run.c: run_setup.c makes it, run.c works, run_end.c tells how it
 * went.
 */
#ifndef OMNI_RUN_STATE_H
#define OMNI_RUN_STATE_H

#include "fetch.h"
#include "options.h"
#include "run_load.h"
#include "summary.h"

#include <signal.h>

struct run {
	const struct options *o;
	char run_id[40];
	struct stamp started_at;
	struct buf key;
	struct plan plan;
	struct sinkset *sinks;
	struct rate *rate;
	struct fetch *fetch;
	struct loader *loader;
	struct result_decoder *judge;
	struct fetch_counts counts;
	struct load_totals totals;
	struct summary_end end;
};

/* The signal that interrupted the run; 0: none. */
extern volatile sig_atomic_t run_stop_signal;

/* Configuration first: nothing is opened or made before all of it is known to be good. Returns an exit code with *err,
 * or -1 to go on. */
int run_set_up(struct run *, struct err *);

/* Notes the run in every ledger; summary NULL: it has only begun. */
void run_record(struct run *, const struct summary *, struct err *);
/* Everything that is written when all is over. Returns the exit code. */
int run_finish(struct run *);
/* Prints what would be asked for. Returns the exit code. */
int run_tell_plan(struct run *);

#endif
