/* verify_job.c: one job: its body decoded again, and compared with what the sink holds of it. */
#include "verify_own.h"

#include "run_state.h"

#include <stdio.h>

#define AHEAD_FROM ((uint64_t)256 << 10) /* bytes of a body from which on a second thread is worth its while */

static int decode(struct verify *v, struct body *body, struct job *job, const struct result_visitor *visitor, void *ctx,
		  struct err *err)
{
	if (body_size(body) >= AHEAD_FROM && v->ahead == NULL)
		v->ahead = result_ahead_new(v->decoder);
	return body_size(body) >= AHEAD_FROM && v->ahead != NULL
		   ? result_ahead_decode(v->ahead, body, job, visitor, ctx, err)
		   : result_decode(v->decoder, body, job, visitor, ctx, err);
}

/* What ends a decoding: 0 where it is of this job alone and told, or -1. */
static int failed(struct verify *v, const struct verify_compare *c, struct err *err)
{
	const bool lost = c != NULL && c->lost.kind != ERR_NONE;

	if (lost)
		*err = c->lost;
	if (err->kind == ERR_FATAL)
		return -1;
	if (run_stop_signal != 0)
		return 0;
	if (lost)
		verify_diffs_add(&v->diffs, SINK_ERROR, "%s", err->msg);
	else
		verify_diffs_add(&v->diffs, SINK_DIFFERS, "its body is no result that can be read: %s", err->msg);
	return 0;
}

/* --- sinks that give back what they hold --- */

static int compare_with_body(struct verify *v, struct body *body, const struct job *held, bool *again, struct err *err)
{
	struct job wanted = {.id = held->id};
	struct verify_compare c;
	int rc;

	if (verify_compare_begin(&c, v->sink, &v->diffs, &run_stop_signal) != 0)
		return failed(v, &c, err);
	rc = decode(v, body, &wanted, &verify_compare_visitor, &c, err);
	*again = rc == RESULT_AGAIN;
	if (rc < 0)
		return failed(v, &c, err);
	if (*again)
		return 0;
	if (verify_compare_end(&c) != 0)
		return failed(v, &c, err);
	verify_compare_job(&v->diffs, (v->sink->ops->has & SINK_INSTANTS) != 0, held, &wanted);
	return 0;
}

static int compare_alone(struct verify *v, const struct job *held, struct err *err)
{
	struct verify_compare c;

	if (verify_compare_begin(&c, v->sink, &v->diffs, &run_stop_signal) != 0 || verify_compare_alone(&c, held) != 0)
		return failed(v, &c, err);
	return 0;
}

/* The kept body of a job; 1, 0: none is there, or it is damaged, which was told; -1. */
static int read_body(struct verify *v, const struct job *job, struct body **body, struct err *err)
{
	const int there = source_body(v->source, v->sink, job, false, body, err);

	if (there >= 0)
		return there;
	if (source_lost(v->source) || err->kind == ERR_FATAL)
		return -1;
	verify_diffs_add(&v->diffs, err->kind == ERR_JOB ? SINK_DIFFERS : SINK_ERROR, "its body: %s", err->msg);
	return 0;
}

static int look_at_content(struct verify *v, struct verify_job *job, bool *again, struct err *err)
{
	struct body *body = NULL;
	struct job held;
	int rc = v->sink->ops->read_content(v->sink, &job->id, &held, err);

	*again = false;
	if (rc == 0)
		verify_diffs_add(&v->diffs, SINK_MISSING, "it was stored a moment ago, and is no more");
	if (rc <= 0)
		return rc < 0 && err->kind != ERR_FATAL ? failed(v, &(struct verify_compare){.lost = *err}, err) : rc;
	rc = read_body(v, &held, &body, err);
	if (rc == 1) {
		job->body_good = true;
		rc = compare_with_body(v, body, &held, again, err);
	} else if (rc == 0) {
		job->unproved = v->diffs.n == 0;
		rc = compare_alone(v, &held, err);
	}
	body_free(body);
	v->sink->ops->end_content(v->sink);
	return rc;
}

/* --- sinks of bodies, and bodies that could not be read --- */

static int nothing_action(void *ctx, const struct action *a, struct err *err)
{
	(void)ctx, (void)a, (void)err;
	return run_stop_signal != 0 ? err_set(err, ERR_RETRY, "interrupted") : 0;
}

static int nothing_result(void *ctx, const struct query_result *r, struct err *err)
{
	(void)ctx, (void)r, (void)err;
	return 0;
}

static int nothing_row(void *ctx, const struct row *row, struct err *err)
{
	(void)ctx, (void)err;
	return row->row_index % 4096 == 0 && run_stop_signal != 0 ? err_set(err, ERR_RETRY, "interrupted") : 0;
}

static const struct result_visitor counting = {nothing_action, nothing_result, nothing_row, nothing_result};

/* The counts in the ledger with those of the body. */
static int compare_counts(struct verify *v, struct body *body, const struct job *held, struct err *err)
{
	struct job wanted = {.id = held->id};
	struct verify_diffs *d = &v->diffs;
	int rc;

	do
		rc = decode(v, body, &wanted, &counting, NULL, err);
	while (rc == RESULT_AGAIN);
	if (rc != 0)
		return failed(v, NULL, err);
	(void)verify_diffs_int(d, "partial", held->partial, wanted.partial);
	(void)verify_diffs_int(d, "action_count", held->action_count, wanted.action_count);
	(void)verify_diffs_int(d, "result_count", held->result_count, wanted.result_count);
	(void)verify_diffs_int(d, "row_count", held->row_count, wanted.row_count);
	(void)verify_diffs_text(d, "warnings", held->warnings, wanted.warnings);
	return 0;
}

static int look_at_body(struct verify *v, struct verify_job *job, struct err *err)
{
	const unsigned has = v->sink->ops->has;
	struct body *body = NULL;
	struct job held;
	int rc = v->sink->ops->read_job(v->sink, &job->id, &held, err);

	/* Of a result a sink of rows and files has looked itself. */
	if (rc <= 0 || held.body_bytes < 0 || (job->state == JOB_STORED && (has & SINK_CELLS) != 0))
		return rc < 0 ? -1 : 0;
	buf_clear(&v->text);
	if (held.warnings.p != NULL) {
		if (buf_add(&v->text, held.warnings.p, held.warnings.n) != 0)
			return err_set(err, ERR_FATAL, "out of memory");
		held.warnings = buf_text(&v->text);
	}
	held.instance = held.error = held.input = held.details = TEXT_NULL; /* they go with the next call */
	rc = read_body(v, &held, &body, err);
	if (rc == 0 && v->diffs.n == 0)
		verify_diffs_add(&v->diffs, SINK_MISSING, "its body is not there, and the ledger says that it is kept");
	job->body_good = rc == 1;
	if (rc == 1)
		rc = job->state == JOB_STORED ? compare_counts(v, body, &held, err) : 0;
	body_free(body);
	return rc;
}

/* --- any job --- */

static int tell(struct verify *v, const struct verify_job *job, struct err *err)
{
	struct verify_diffs *d = &v->diffs;
	char more[80];

	if (d->failed)
		return err_set(err, ERR_FATAL, "out of memory");
	for (size_t i = 0; i < d->n; i++)
		if (verify_fault(v, d->at[i].fault, &job->id, NULL, d->at[i].what, err) != 0)
			return -1;
	if (d->more == 0)
		return 0;
	(void)snprintf(more, sizeof(more), "and %lld more differences", (long long)d->more);
	return verify_fault(v, SINK_DIFFERS, &job->id, NULL, more, err);
}

int verify_one(struct verify *v, struct verify_job *job, struct err *err)
{
	const bool content = job->state == JOB_STORED && (v->sink->ops->has & SINK_CONTENT) != 0;
	bool again;
	int rc;

	do {
		again = false;
		verify_diffs_clear(&v->diffs);
		rc = content ? look_at_content(v, job, &again, err) : look_at_body(v, job, err);
	} while (rc == 0 && again);
	if (rc != 0 || run_stop_signal != 0)
		return rc < 0 ? -1 : 0;
	verify_diffs_end(&v->diffs);
	return tell(v, job, err);
}
