#include "run_rerun_write.h"

#include "jsonw.h"
#include "result_plain.h"
#include "run_write.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROWS_A_LOOK 4096 /* rows between two looks at the clock */
#define TRIES       3    /* of a sink that loses its connection */
#define WHY_MAX     370  /* bytes of a reason, in a message of 400 */
#define LABELS_MAX  ((size_t)512 << 20)

struct rerun_writer {
	struct sinkset *sinks;
	struct writer *clock; /* it knows when it is too late to go on */
	struct result_plain *decoder;
	struct result_warn warn;
	struct buf labels;
	/* The rerun under way. */
	sink_mask taking; /* sinks that still take it */
	sink_mask again;  /* those that would on another try */
	struct err last;  /* the last failure of one */
	int64_t rows_until_look;
	bool interrupted;
};

struct rerun_writer *rerun_writer_new(struct sinkset *sinks, const volatile sig_atomic_t *stop)
{
	struct rerun_writer *w = calloc(1, sizeof(*w));

	if (w == NULL)
		return NULL;
	w->sinks = sinks;
	result_warn_init(&w->warn);
	buf_init(&w->labels, LABELS_MAX);
	w->clock = writer_new(sinks, NULL, stop);
	w->decoder = result_plain_new();
	if (w->clock != NULL && w->decoder != NULL)
		return w;
	rerun_writer_free(w);
	return NULL;
}

void rerun_writer_free(struct rerun_writer *w)
{
	if (w == NULL)
		return;
	writer_free(w->clock);
	result_plain_free(w->decoder);
	result_warn_free(&w->warn);
	buf_free(&w->labels);
	free(w);
}

/* --- to several sinks --- */

/* for (each sink that takes it) */
#define FOR_TAKING(w, i)                                                                                               \
	for (size_t i = 0; i < sinkset_count((w)->sinks); i++)                                                         \
		if (!(((w)->taking >> i) & 1)) {                                                                       \
		} else

/* What a call returned to one of them. */
static void took(struct rerun_writer *w, size_t i, int rc, const struct err *err)
{
	struct sink *sink = sinkset_sink(w->sinks, i);

	if (rc == 0)
		return;
	w->taking &= ~((sink_mask)1 << i);
	w->last = *err;
	if (err->kind == ERR_FATAL) {
		sinkset_lost(w->sinks, i, err);
		return;
	}
	if (err->kind == ERR_RETRY && (sink->ops->has & SINK_AGAIN) != 0)
		w->again |= (sink_mask)1 << i;
	sink->ops->rerun_rollback(sink);
}

static int still_taken(const struct rerun_writer *w, struct err *err)
{
	if (w->taking != 0)
		return 0;
	*err = w->last;
	return -1;
}

static int begin(struct rerun_writer *w, const struct rerun *r, struct err *err)
{
	FOR_TAKING(w, i)
	{
		struct sink *sink = sinkset_sink(w->sinks, i);
		struct err e = {0};
		took(w, i, sink->ops->rerun_begin(sink, r, &e), &e);
	}
	return still_taken(w, err);
}

static void commit(struct rerun_writer *w, const struct rerun *r)
{
	FOR_TAKING(w, i)
	{
		struct sink *sink = sinkset_sink(w->sinks, i);
		struct err e = {0};
		took(w, i, sink->ops->rerun_commit(sink, r, &e), &e);
	}
}

static void roll_back(struct rerun_writer *w)
{
	FOR_TAKING(w, i)
	{
		struct sink *sink = sinkset_sink(w->sinks, i);
		sink->ops->rerun_rollback(sink);
	}
	w->taking = 0;
}

static int visit_row(void *ctx, const struct row *row, struct err *err)
{
	struct rerun_writer *w = ctx;

	if (--w->rows_until_look <= 0) {
		w->rows_until_look = ROWS_A_LOOK;
		w->interrupted = writer_late(w->clock);
		if (w->interrupted)
			return err_set(err, ERR_RETRY, "interrupted while it was being written");
	}
	FOR_TAKING(w, i)
	{
		struct sink *sink = sinkset_sink(w->sinks, i);
		struct err e = {0};
		took(w, i, sink->ops->rerun_row(sink, row, &e), &e);
	}
	return still_taken(w, err);
}

/* --- one rerun --- */

/* It is data of a later time: what became less, or other, is kept and said. */
static int compare(struct rerun_writer *w, const struct rerun *r, const struct truncated *t, struct err *err)
{
	struct jsonw j;

	if (t->has_total && r->row_count < t->total_row_count)
		result_warn(&w->warn, "the query gave %lld rows, where the job counted %lld", (long long)r->row_count,
			    (long long)t->total_row_count);
	else if (r->row_count < t->row_count)
		result_warn(&w->warn, "the query gave %lld rows, where the truncated result has %lld",
			    (long long)r->row_count, (long long)t->row_count);
	buf_clear(&w->labels);
	jsonw_init(&j, &w->labels);
	jsonw_array(&j);
	for (size_t i = 0; i < r->n_columns; i++)
		jsonw_string(&j, r->columns[i]);
	jsonw_array_end(&j);
	if (j.failed)
		return err_set(err, ERR_FATAL, "out of memory");
	if (t->columns.p != NULL && !text_eq(t->columns, buf_text(&w->labels)))
		result_warn(&w->warn, "its columns are not those of the truncated result");
	return 0;
}

/* 0; RESULT_PLAIN_BROKEN; or -1. The rows, and what is known when they are through. */
static int write_rows(struct rerun_writer *w, struct rerun *r, const struct truncated *t, struct body *body,
		      struct err *err)
{
	static const struct result_visitor visitor = {.row = visit_row};
	struct query_result q = {.action_index = r->action_index};
	int rc;

	result_warn_reset(&w->warn);
	w->rows_until_look = ROWS_A_LOOK;
	rc = result_plain_read(w->decoder, body, &q, &visitor, w, &w->warn, err);
	if (rc != 0)
		return rc;
	r->columns = q.columns;
	r->n_columns = q.n_columns;
	r->row_count = q.row_count;
	if (compare(w, r, t, err) != 0)
		return -1;
	return result_warn_end(&w->warn, &r->warnings) != 0 ? err_set(err, ERR_FATAL, "out of memory") : 0;
}

/* Once to the sinks in want; returns those that have it. */
static sink_mask write_once(struct rerun_writer *w, struct rerun *r, const struct truncated *t, struct body *body,
			    sink_mask want, bool *broken, struct err *err)
{
	int rc;

	w->taking = want & sinkset_with(w->sinks, SINK_RERUNS);
	w->again = 0;
	(void)err_set(&w->last, ERR_FATAL, "no sink is left that takes it");
	if (still_taken(w, err) != 0 || begin(w, r, err) != 0)
		return 0;
	rc = r->state == JOB_STORED ? write_rows(w, r, t, body, err) : 0;
	if (rc != 0) {
		*broken = rc == RESULT_PLAIN_BROKEN;
		/* Those that had it up to here take the note in its place. */
		w->again |= *broken ? w->taking : 0;
		roll_back(w);
		return 0;
	}
	commit(w, r);
	*err = w->last;
	return w->taking;
}

void rerun_writer_write(struct rerun_writer *w, struct rerun *r, char why[400], const struct truncated *t,
			struct body *body, sink_mask want, struct rerun_written *out, struct err *err)
{
	*out = (struct rerun_written){0};
	w->interrupted = false;
	for (int tries = 0; want != 0 && tries < TRIES && !w->interrupted; tries++) {
		bool broken = false;

		out->sinks |= write_once(w, r, t, body, want, &broken, err);
		want = w->again;
		if (broken && r->state == JOB_STORED) {
			(void)snprintf(why, 400, "the answer is no CSV: %.*s", WHY_MAX, err->msg);
			r->state = JOB_FAILED;
			r->error = text_of(why);
			r->columns = NULL;
			r->n_columns = 0;
		}
	}
	out->interrupted = w->interrupted;
	out->warnings = r->state == JOB_STORED && out->sinks != 0 ? w->warn.n : 0;
}
