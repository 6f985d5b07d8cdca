#include "run_write.h"

#include "result_ahead.h"

#include <stdlib.h>
#include <string.h>

#define ROWS_A_LOOK 4096                /* rows between two looks at the clock */
#define GRACE_NS    INT64_C(3000000000) /* what is under way when the run is interrupted may take so much longer */
#define COPY_PIECE  ((size_t)64 << 10)
#define AHEAD_FROM  ((uint64_t)256 << 10) /* bytes of a body from which on a second thread is worth its while */

struct writer {
	struct sinkset *sinks;
	const char *instance;
	struct result_decoder *decoder;
	struct result_ahead *ahead; /* once it was wanted */
	const volatile sig_atomic_t *stop;
	int64_t deadline_ns; /* boot time, once *stop is set; 0: none */
	int64_t rows_until_look;
	bool interrupted;
};

struct writer *writer_new(struct sinkset *sinks, const char *instance, const volatile sig_atomic_t *stop)
{
	struct writer *w = calloc(1, sizeof(*w));

	if (w == NULL || (w->decoder = result_decoder_new()) == NULL) {
		free(w);
		return NULL;
	}
	w->sinks = sinks;
	w->instance = instance;
	w->stop = stop;
	return w;
}

void writer_free(struct writer *w)
{
	if (w == NULL)
		return;
	result_ahead_free(w->ahead);
	result_decoder_free(w->decoder);
	free(w);
}

bool writer_late(struct writer *w)
{
	if (w->stop == NULL || *w->stop == 0)
		return false;
	if (w->deadline_ns == 0)
		w->deadline_ns = time_boot_ns() + GRACE_NS;
	return time_boot_ns() > w->deadline_ns;
}

/* --- visitor: from the decoder into the sinks --- */

static int visit_action(void *ctx, const struct action *a, struct err *err)
{
	return sinkset_action(((struct writer *)ctx)->sinks, a, err);
}

static int visit_result(void *ctx, const struct query_result *r, struct err *err)
{
	return sinkset_result(((struct writer *)ctx)->sinks, r, err);
}

static int visit_row(void *ctx, const struct row *row, struct err *err)
{
	struct writer *w = ctx;

	if (--w->rows_until_look <= 0) {
		w->rows_until_look = ROWS_A_LOOK;
		w->interrupted = writer_late(w);
		if (w->interrupted)
			return err_set(err, ERR_RETRY, "interrupted while it was being written");
	}
	return sinkset_row(w->sinks, row, err);
}

static int visit_result_end(void *ctx, const struct query_result *r, struct err *err)
{
	return sinkset_result_end(((struct writer *)ctx)->sinks, r, err);
}

static const struct result_visitor visitor = {visit_action, visit_result, visit_row, visit_result_end};

/* --- one job --- */

static int copy_body(struct writer *w, struct body *body, struct err *err)
{
	char piece[COPY_PIECE];
	uint64_t len = body_zst_len(body);

	for (uint64_t off = 0; off < len;) {
		long n = body_zst_read(body, off, piece, sizeof(piece), err);

		if (n <= 0)
			return n < 0 ? -1 : err_set(err, ERR_FATAL, "the kept body ends too early");
		if (sinkset_body(w->sinks, piece, (size_t)n, err) != 0)
			return -1;
		off += (uint64_t)n;
	}
	return 0;
}

static int decode(struct writer *w, struct body *body, struct job *job, struct err *err)
{
	if (body_size(body) >= AHEAD_FROM && w->ahead == NULL)
		w->ahead = result_ahead_new(w->decoder);
	return body_size(body) >= AHEAD_FROM && w->ahead != NULL
		   ? result_ahead_decode(w->ahead, body, job, &visitor, w, err)
		   : result_decode(w->decoder, body, job, &visitor, w, err);
}

/* Writes a good body's job to its sinks; returns those in which it is committed. */
static sink_mask write_result(struct writer *w, sink_mask want, struct body *body, struct job *job, struct err *err)
{
	int r;

	do {
		if (sinkset_begin(w->sinks, want, job, err) != 0)
			return 0;
		w->rows_until_look = ROWS_A_LOOK;
		r = decode(w, body, job, err);
		if (r == 0 && body_kept(body) && copy_body(w, body, err) != 0)
			r = -1;
		if (r != 0)
			sinkset_rollback(w->sinks);
	} while (r == RESULT_AGAIN);
	return r == 0 ? sinkset_commit(w->sinks, job, err) : 0;
}

/* Makes a note of any other answer, with the body where one is to be kept. */
static sink_mask write_answer(struct writer *w, sink_mask want, struct body *body, struct job *job, struct err *err)
{
	if (sinkset_begin(w->sinks, want, job, err) != 0)
		return 0;
	if (body != NULL && body_kept(body) && copy_body(w, body, err) != 0) {
		sinkset_rollback(w->sinks);
		return 0;
	}
	return sinkset_commit(w->sinks, job, err);
}

static void fill_job(const struct writer *w, const struct plan_job *p, const struct fetch_outcome *o, struct job *job)
{
	*job = (struct job){
	    .id = p->id,
	    .instance = text_of(p->instance != NULL ? p->instance : w->instance),
	    .state = o->state,
	    .http_status = o->http_status,
	    .error = o->error[0] != '\0' ? text_of(o->error) : TEXT_NULL,
	    .completed_at = o->completed_at,
	    .attempts = o->attempts,
	    .requested_at = o->requested_at,
	    .fetched_at = o->fetched_at,
	    .body_bytes = -1,
	    .input = text_of(p->input),
	    .details = {o->details, o->details_len},
	};
	if (!stamp_is_set(&job->completed_at) && p->completed_at != NULL)
		job->completed_at = *p->completed_at;
	if (stamp_is_set(&job->completed_at))
		stamp_add_s(&job->completed_at, RETENTION_S, &job->expires_at);
	if (o->body != NULL) {
		job->body_bytes = (int64_t)body_size(o->body);
		memcpy(job->body_sha256, body_sha256(o->body), SHA256_LEN);
	}
}

void writer_write(struct writer *w, const struct plan_job *p, const struct fetch_outcome *o, sink_mask want,
		  struct written *out, struct err *err)
{
	bool result = o->state == JOB_STORED;
	struct job job;

	fill_job(w, p, o, &job);
	w->interrupted = false;
	*out = (struct written){.wanted = want};
	out->sinks = (result ? write_result : write_answer)(w, want, o->body, &job, err);
	out->interrupted = w->interrupted;
	out->expires_us = stamp_is_set(&job.expires_at) ? job.expires_at.us : 0;
	if (!result || out->sinks == 0)
		return;
	out->partial = job.partial;
	out->actions = job.action_count;
	out->results = job.result_count;
	out->rows = job.row_count;
	out->truncated = job.truncated_count;
	out->warnings = result_warnings(w->decoder);
}
