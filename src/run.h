/*
 * run.h: the main job: job IDs -> plan -> fetch -> decode -> sinks. The only glue: it alone (run.c, run_*.c) knows more
 * than one stage, counts, and handles signals.
 */
#ifndef OMNI_RUN_H
#define OMNI_RUN_H

#include "options.h"

/* Exit codes that are not the summary's (contract, "Exit status"). */
#define EXIT_UNEXPECTED 1
#define EXIT_USAGE      2
#define EXIT_SINK       5
#define EXIT_BUSY       75

/* Does it, with the lists of jobs in options->operands. Returns the exit code; everything there is to say has been
 * said. */
int run(const struct options *);

/* load: writes results again from the bodies that options->from keeps; options->operands list the jobs (none: all). The
 * same for the rest. */
int run_from(const struct options *);

/* discover: prints the jobs that the instance's conversations know. The same for the rest. */
int run_discover(const struct options *);

/* The kinds of sinks that there are, for completion: sink_offer (sink.h). */
const char *run_sink_offer(size_t i, bool *path);

#endif
