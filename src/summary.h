/*
 * summary.h: what a run came to: one line for a person, one JSON object for programs (contract, "Exit status").
 *
 * With several sinks a job counts once, by the worst of them. already_stored + already_lost + the states add up to
 * unique.
 */
#ifndef OMNI_SUMMARY_H
#define OMNI_SUMMARY_H

#include "model.h"

#define SUMMARY_SINKS 32

struct summary_sink {
	const char *spec;  /* borrowed */
	const char *error; /* borrowed; NULL: none */
	int64_t stored, failed;
};

struct summary {
	const char *version, *run_id;
	struct stamp started_at, finished_at;
	int exit_code;
	int64_t requested, unique, invalid, already_stored, already_lost;
	int64_t states[JOB_STATES];
	int64_t known_lost; /* of those in lost states: an earlier run had learned it, this one asked once more */
	int64_t partial, requests, retries, rate_limited;
	uint64_t bytes;
	int64_t actions, results, rows, truncated_results, warnings;
	struct stamp next_expiry; /* of a job that is still open */
	struct stamp oldest_open; /* when the job that has been open for longest was first asked for */
	struct summary_sink sinks[SUMMARY_SINKS];
	size_t n_sinks;
};

/* What decides the exit code beside the counts. */
struct summary_end {
	int signal;       /* that interrupted the run; 0: none */
	bool unexpected;  /* 1 */
	bool key_refused; /* 6 */
	bool sink_failed; /* 5 */
};

/* The contract's precedence: 128 + signal, then 1, 6, 5, 4, 3, 7, 0. What was known to be lost before counts for
 * nothing: 4 is for what this run learned, or it would come every hour for 14 days. */
int summary_exit_code(const struct summary *, const struct summary_end *);
/* Appends the JSON object, without a line end. 0 or -1 (memory). */
int summary_json(const struct summary *, struct buf *out);
/*
 * Appends the metrics as Prometheus text (exposition format 0.0.4), for node_exporter's textfile collector. old: what
 * the file held before, or null text: the time of the last success is carried over from it when this run is none. A run
 * that came to nothing (run_id NULL) says nothing of jobs. 0 or -1 (memory).
 */
int summary_metrics(const struct summary *, struct text old, struct buf *out);
/* Appends the line for a person, without a line end. 0 or -1 (memory). */
int summary_line(const struct summary *, struct buf *out);

#endif
