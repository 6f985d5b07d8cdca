/*
 * run_rerun_own.h: what run_rerun.c (asks, tells) and run_rerun_list.c (which ones, and what is to be asked) share.
 * Nobody else includes it.
 */
#ifndef OMNI_RUN_RERUN_OWN_H
#define OMNI_RUN_RERUN_OWN_H

#include "rerun.h"
#include "run_rerun.h"
#include "run_rerun_write.h"
#include "run_state.h"

#define RERUN_SLICE ((size_t)64) /* queries that are held and asked at a time */

/* A truncated result that is to be completed. */
struct rerun_entry {
	size_t job; /* in the plan */
	int64_t action_index;
	sink_mask want;
	uint8_t before; /* enum job_state of the earlier try; JOB_NONE: there was none */
	uint8_t state;  /* what came of it: STORED, UNASKED … */
};

/* One of the slice that is asked for. */
struct rerun_asked {
	size_t at; /* of its entry */
	struct uuid id;
	struct buf query, columns, post;
	struct truncated truncated; /* whose texts are these */
	sink_mask want;
};

struct reruns {
	struct run *r;
	struct rerun_entry *entries; /* in the order in which they are asked for */
	size_t n, cap;
	int64_t elsewhere; /* results of another instance */
	struct rerun_writer *writer;
	struct loader *loader;
	struct json_doc *doc;
	struct rerun_asked asked[RERUN_SLICE];
	struct fetch_question questions[RERUN_SLICE];
	size_t n_asked;
	size_t settled; /* queries of earlier slices */
	atomic_size_t stored;
};

struct reruns *run_rerun_new(struct run *); /* NULL: out of memory */
void run_rerun_done(struct reruns *);
/* Fills in the entries. 0 or -1; a sink that fails drops out. */
int run_rerun_list(struct reruns *, struct err *);
/* Reads the query of an entry from the sinks that want it into a. The same result may have another query in another
 * sink, which holds the job from another body: that is then an entry of its own, at the end. 1; 0: it is not there any
 * more; -1. */
int run_rerun_read(struct reruns *, struct rerun_asked *a, size_t at, struct err *);

#endif
