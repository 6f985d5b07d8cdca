/*
 * verify.h: a sink against itself (contract, "verify"): the kept body of each stored job decoded again and compared
 * with what the sink holds, bodies with their SHA-256, ledgers with rows and files. Part of the glue (run.h): knows
 * sinks, and asks the API nothing, unless it is to repair.
 *
 *     verify.c            the command
 *     verify_job.c        one job
 *     verify_compare.c    its body beside what the sink gives back; verify_diffs.c what differs, in words
 *     verify_sample.c     which jobs, where not all
 *     verify_tell.c       what is printed
 *     verify_repair.c     what is done about it
 */
#ifndef OMNI_VERIFY_H
#define OMNI_VERIFY_H

#include "options.h"

/* The command: looks at the one sink in options->operands, prints to standard output, returns the exit code. */
int verify(const struct options *);

#endif
