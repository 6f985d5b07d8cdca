/*
 * run_state.h: one run under way, between the files of run.c: run_setup.c makes it, run.c works, run_end.c tells how it
 * went.
 */
#ifndef OMNI_RUN_STATE_H
#define OMNI_RUN_STATE_H

#include "fetch.h"
#include "options.h"
#include "progress.h"
#include "run_load.h"
#include "summary.h"

#include <signal.h>
#include <stdatomic.h>

struct run {
	const struct options *o;
	char run_id[40];
	struct stamp started_at;
	struct buf key;
	struct plan plan;
	struct sinkset *sinks;
	struct rate *rate;
	struct fetch *fetch;  /* NULL: the API is not asked (load) */
	const char *instance; /* that is asked; NULL: none */
	struct group *group;
	struct loader *loader;
	struct result_decoder *judge;
	struct fetch_counts counts;
	struct fetch_progress progress; /* as it was told last */
	size_t to_do, filled;           /* jobs; those of them that another sink had */
	atomic_size_t stored;           /* of them, so far; counted by the thread that writes */
	struct summary_end end;
	struct buf line; /* for the last word; had from the beginning, so that it can be said when memory is short */
};

/* The signal that interrupted the run; 0: none. */
extern volatile sig_atomic_t run_stop_signal;

/* From here on a signal sets run_stop_signal, and a second one ends the process. 0 or -1. */
int run_catch_signals(struct err *);
/* Configuration first: nothing is opened or made before all of it is known to be good. Returns an exit code with *err,
 * or -1 to go on. */
int run_set_up(struct run *, struct err *);
/* The same for load: signals, sinks; no key, no address. */
int run_set_up_load(struct run *, struct err *);
/* Adds the jobs that the operands list to the plan. 0 or -1. */
int run_read_inputs(struct run *, struct err *);
/* Does any target keep the bodies of results? */
bool run_keeps_bodies(const struct options *);
/* What sinks are opened with. */
struct sink_options run_sink_options(const struct run *);
/* Frees what set_up made; returns the exit code, which a failure here still changes. */
int run_tear_down(struct run *, int code);

/* For group_options: a body is done with; a job is settled. */
void run_give_back(void *run, struct body *);
void run_settled(void *run, bool stored);
struct group *run_new_group(struct run *);

/* Why a run came to nothing, and what that means for the data; nothing where *err says nothing. */
void run_tell_failure(int code, const struct err *);
/* A signal has come; told before what that leads to, which may take a while. */
void run_tell_interrupted(void);
/* So many jobs are done, without a request. */
void run_tell_progress(struct run *, size_t done, size_t total);

/* Notes the run in every ledger; summary NULL: it has only begun. */
void run_record(struct run *, const struct summary *, struct err *);
/* 0 or -1. */
int run_write_metrics(struct run *, const struct summary *, struct err *);
/* What is not stored and why, and what to run next, before the summary line. */
void run_tell(struct run *, const struct summary *);
/* Everything that is written when all is over. Returns the exit code. */
int run_finish(struct run *);
/* Prints what would be asked for. Returns the exit code. */
int run_tell_plan(struct run *);

#endif
