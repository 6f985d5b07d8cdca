/*
 * status.h: what a sink holds, what is missing, what expires next and what is lost: from its ledger alone (contract,
 * "status"). Part of the glue (run.h): knows sinks, and asks the API nothing.
 *
 * A struct status owns its texts; status_free releases it. Lists hold at most STATUS_LIST jobs, the counts beside them
 * all.
 */
#ifndef OMNI_STATUS_H
#define OMNI_STATUS_H

#include "options.h"
#include "reasons.h"

#define STATUS_LIST 10
#define STATUS_RUNS 5

struct status_job {
	struct uuid id;
	enum job_state state;
	struct stamp at; /* what the list is sorted by: see struct status */
	int64_t n;       /* truncated: results */
	char *error;     /* NULL: nothing is said */
};

struct status_list {
	struct status_job at[STATUS_LIST];
	size_t n;
};

struct status_run {
	struct stamp started_at, finished_at; /* finished_at empty: still going, or it was killed */
	int exit_code;
	char *run_id;
};

struct status {
	struct buf sink; /* as given, but without a password */
	bool has_runs;   /* the sink notes runs (databases do) */
	struct stamp now, since;

	int64_t jobs, states[JOB_STATES];
	int64_t open;         /* not stored and not lost, or partial and not settled */
	int64_t overdue;      /* of these: past their expiry, so that the next run may find them lost */
	int64_t lost_since;   /* lost jobs whose answer came after since */
	int64_t lost_before;  /* lost jobs else */
	int64_t partial;      /* stored, one of their queries was still pending: may still be settled */
	int64_t partial_over; /* the same, and nothing more will come */
	int64_t truncated_jobs, truncated_results;
	bool has_reruns;           /* the sink has a place for whole results (databases have) … */
	int64_t completed_results; /* … and has them of so many of the truncated ones (run --complete-truncated) */
	int64_t rows, body_bytes;
	struct stamp last_stored_at;

	struct status_list next;       /* open, by expires_at, the soonest first */
	struct status_list lost;       /* lost since, by the time of the answer, the latest first */
	struct status_list truncated;  /* by stored_at, the latest first */
	struct status_list unfinished; /* partial (not over), by expires_at */
	struct reasons reasons;        /* of all that is not stored: open, or lost since */
	struct status_run runs[STATUS_RUNS];
	size_t n_runs;
};

/* 0: all safe; 3: something is open; 4: something was lost since (contract). */
int status_exit_code(const struct status *);
/* Takes one job of the ledger into account; at the end of all: status_end. 0, or -1: out of memory. Pure. */
int status_take(struct status *, const struct job *);
void status_end(struct status *);
void status_free(struct status *);

/* Is everything safe? One line, appended to out. 0, or -1: out of memory. */
int status_answer(const struct status *, struct buf *out);
/* For people; for programs, one JSON object. Whole lines, appended to out. 0, or -1: out of memory. */
int status_text(const struct status *, struct buf *out);
int status_json(const struct status *, struct buf *out);

/* The command: reads the one sink in options->operands, prints to standard output, returns the exit code. */
int status(const struct options *);

#endif
