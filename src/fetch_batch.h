/*
 * fetch_batch.h: one call of fetch_run or fetch_ask without its transport: what may be asked now (schedule.h, rate.h,
 * backpressure, --max-time), where the bytes go, what an answer is reported as, and who is told. fetch.c makes the
 * requests; what comes back is in fetch_batch_end.c.
 *
 *     fetch_batch_open  (next  (headers  bytes*)?  end | abort)*  fetch_batch_close
 *
 * A struct fetch_transfer belongs to a slot of the wire; its text buffer lives as long as the slot. What else is in it
 * is the batch's, from next to end (or abort).
 */
#ifndef OMNI_FETCH_BATCH_H
#define OMNI_FETCH_BATCH_H

#include "fetch.h"
#include "fetch_pool.h"
#include "fetch_wire.h"
#include "schedule.h"

struct fetch_transfer {
	struct schedule_job *job; /* NULL: idle */
	int rate_slot;            /* -1: given back */
	int http;                 /* 0: no headers so far */
	struct body *body;        /* where a 200 result, or the answer to a question, goes */
	struct buf text;          /* where any other body goes */
	bool text_cut;
	int64_t began_ns; /* boot time */
	struct err err;   /* why taking the bytes failed */
};

struct fetch_batch {
	const struct fetch_options *options;
	const struct fetch_job *jobs;
	const struct fetch_question *questions; /* in their place; NULL: jobs */
	const struct fetch_handlers *handlers;
	const char *key; /* what no message may show; NULL: none */
	void *ctx;
	struct fetch_pool *pool;
	struct json_doc *doc;
	struct schedule *schedule;
	struct fetch_progress progress;
	int64_t deadline_ns; /* boot time of --max-time; INT64_MAX: none */
	int64_t told_ns;     /* last tick */
	int64_t pause_ns;    /* until then all pause, as was logged */
	int64_t silence_ns;  /* until then all pause, as the progress says */
	bool changed;        /* since the last tick */
	bool interrupted, out_of_time, failed;
	struct err err; /* where failed */
	unsigned short random[3];
};

/* Before: options, jobs or questions, handlers, ctx, pool, doc and deadline_ns are set, the rest zero. -1: memory is
 * short. */
int fetch_batch_open(struct fetch_batch *, size_t n, bool key_good);
/* Frees what is the batch's; no transfer is under way. *key_good: there was a success with this key. */
enum fetch_end fetch_batch_close(struct fetch_batch *, struct fetch_counts *, bool *key_good, struct err *);

enum fetch_batch_turn { BATCH_START, BATCH_WAIT, BATCH_OVER };

/* BATCH_START: make the request of t->job. BATCH_WAIT: none before *until_ns, or before something happens. */
enum fetch_batch_turn fetch_batch_next(struct fetch_batch *, struct fetch_transfer *, int64_t *until_ns);
/* What is to be asked: the address below base, which *request borrows. */
void fetch_batch_request(const struct fetch_batch *, const struct fetch_transfer *, const char *base, char *address,
			 size_t size, struct fetch_wire_request *request);
/* The first byte of the final headers is here. */
void fetch_batch_headers(struct fetch_batch *, struct fetch_transfer *);
/* 0, or -1: no more is wanted. */
int fetch_batch_bytes(struct fetch_batch *, struct fetch_transfer *, int http, const char *p, size_t n);
/* why: ERR_NONE where the whole answer came, as far as it was wanted; ERR_RETRY: the network failed; ERR_JOB: in a way
 * that another try does not mend; ERR_FATAL: the run cannot go on. t->http is set. */
void fetch_batch_end(struct fetch_batch *, struct fetch_transfer *, const struct fetch_headers *,
		     const struct err *why);
/* Whether the run's end does not wait for this transfer: then it is aborted. */
bool fetch_batch_unwanted(const struct fetch_batch *, const struct fetch_transfer *);
void fetch_batch_abort(struct fetch_batch *, struct fetch_transfer *);
/* Nothing more is asked, and nothing under way is waited for. */
void fetch_batch_interrupt(struct fetch_batch *);
/* Tells how far it is, when something has changed or it is time. */
void fetch_batch_tick(struct fetch_batch *);

/* The question of the transfer; NULL: it asks for a job, or whoami. */
const struct fetch_question *fetch_batch_question(const struct fetch_batch *, const struct fetch_transfer *);
/* Whom the log names; NULL: nobody. */
const struct uuid *fetch_batch_job(const struct fetch_batch *, const struct fetch_transfer *);

/* For fetch_batch_end.c: the clocks; the run cannot go on; the transfer is idle again, and who is settled is told. */
struct schedule_time fetch_batch_now(void);
void fetch_batch_fail(struct fetch_batch *, const struct err *);
void fetch_batch_idle(struct fetch_batch *, struct fetch_transfer *);

#endif
