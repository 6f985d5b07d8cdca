/*
 * discover.h: which jobs an instance knows: walks its list of conversations, newest activity first, and the turns of
 * each, newest first. The walk ends at since, or where nothing older can be had (14 days, by the server's clock).
 *
 *     page ──▶ up to 16 conversations at a time ──▶ jobs, in the order of the page ──▶ found()
 *
 * Where that took more than one page, the front of the list is looked at once more, for what moved there meanwhile.
 *
 * Knows fetch and JSON; what becomes of the jobs is the caller's business. What is found is true whatever happens next;
 * whether it is all that there is stands in the sum. Warnings and errors are told as they come (log.h).
 */
#ifndef OMNI_DISCOVER_H
#define OMNI_DISCOVER_H

#include "fetch.h"

struct discover_options {
	struct fetch *fetch;
	const char *since;   /* since.h */
	const char *user_id; /* NULL: everybody whom the key may see */
};

/* A job, each once. Borrowed for the call. */
struct discover_job {
	struct uuid id;
	struct stamp completed_at;                 /* not after its completion; no time: not known */
	struct text conversation_id, name, prompt; /* null where there is none; the key is hidden in them */
};

struct discover_sum {
	struct fetch_counts counts;
	int64_t conversations; /* that were read */
	int64_t jobs;          /* that were found */
	int64_t odd;           /* job IDs that are none */
	struct stamp since;    /* how far back it went; no time: nothing came */
	bool whole;            /* all that there is was listed */
};

struct discover_handlers {
	/* 0, or -1 with *err to end the walk. */
	int (*found)(void *ctx, const struct discover_job *, struct err *);
	/* A few times a second, and when something changed. */
	void (*tick)(void *ctx, const struct fetch_progress *, const struct discover_sum *);
};

/* *sum is filled in; *err but for FETCH_DONE as by fetch_run. FETCH_DONE says that the walk came to its end, not that
 * all could be read: that is sum->whole. */
enum fetch_end discover(const struct discover_options *, const struct discover_handlers *, void *ctx,
			struct discover_sum *, struct err *);

/* Appends the job as one line of JSON with its line end: an input line of `run` (ids.h). What a terminal might obey is
 * escaped. 0 or -1 (buf). */
int discover_line(const struct discover_job *, struct buf *out);

#endif
