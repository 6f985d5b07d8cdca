/*
 * run_rerun.h: --complete-truncated: the queries of results that the API truncated are run again, and the whole results
 * kept beside the truncated ones. Part of the glue (run.h).
 *
 *     run_rerun_list.c   which ones, in what order, and their queries
 *     run_rerun.c        asks; counts; tells
 *     run_rerun_write.c  one answer into the sinks
 *
 * It is done when the jobs of the run are durable, since those expire; from the same request window, within the same
 * --max-time, and for the jobs of this run's input alone, also those stored by earlier runs. First come queries that
 * were never run again, then those that did not succeed; in each group in the order of the input and of the actions.
 */
#ifndef OMNI_RUN_RERUN_H
#define OMNI_RUN_RERUN_H

#include "options.h"
#include "reasons.h"

struct run;

/* Of truncated results of this run's input. */
struct rerun_totals {
	int64_t stored, rows; /* by this run */
	int64_t n_open;       /* what is missing may come: the next run asks again */
	int64_t n_lost;       /* this run learned that it will not */
	int64_t warnings;
	struct reasons open, lost; /* why */
};

/* Is there a sink that can keep any? 0; -1 with *err: no. What cannot is told of once. */
int run_rerun_check(const struct options *, struct err *);
/* Does it all. What fails is told, and noted for the summary. */
void run_rerun(struct run *);
/* --dry-run: prints what would be asked. 0 or an errno. */
int run_rerun_print(struct run *);
void run_rerun_free(struct rerun_totals *);

#endif
