/*
 * guard.c: a sink around a sink that knows whose turn it is (sink.h). A call out of turn is a bug of ours and would, in
 * the worst case, store half a job as a whole one: it aborts before the inner sink sees it.
 */
#include "log.h"
#include "sink.h"

#include <stdlib.h>

enum turn {
	TURN_IDLE,    /* between jobs */
	TURN_JOB,     /* after begin */
	TURN_RESULT,  /* after result: rows or its end */
	TURN_CONTENT, /* after read_content */
	TURN_FAILED,  /* a call for this job failed: rollback */
	TURN_LOST     /* ERR_FATAL: close */
};

struct guard {
	struct sink base;
	struct sink_ops ops; /* the inner sink's scheme and has, the guard's calls */
	struct sink *inner;
	enum turn turn;
	bool unflushed; /* jobs were committed since the last flush */
	struct uuid id; /* the job under way */
	enum job_state state;
	int64_t next_action; /* no action or result before this index may come */
	int64_t result;      /* action_index of the result under way or the last one */
	int64_t rows;        /* of the result under way */
	bool items, no_more; /* next_item was called, and has come to its end */
};

static struct guard *guard_of(struct sink *s)
{
	return (struct guard *)s;
}

static void expect(const struct guard *g, bool in_turn, const char *what)
{
	if (in_turn)
		return;
	log_line(LOG_ERROR, NULL, "bug: sink '%s': %s", g->ops.scheme, what);
	abort();
}

/* Passes on what a call for the job under way returned, and remembers what may follow. */
static int after(struct guard *g, int rc, const struct err *err, enum turn next)
{
	if (rc >= 0)
		g->turn = next;
	else if (err->kind == ERR_FATAL)
		g->turn = TURN_LOST;
	else
		g->turn = next == TURN_IDLE && g->turn == TURN_IDLE ? TURN_IDLE : TURN_FAILED;
	return rc;
}

/* Of a call that changes nothing: whose turn it is stays, unless the sink is lost. */
static int after_reading(struct guard *g, int rc, const struct err *err)
{
	if (rc < 0 && err->kind == ERR_FATAL)
		g->turn = TURN_LOST;
	return rc;
}

static int guard_states(struct sink *s, const struct uuid *ids, size_t n, struct ledger_entry *out, struct err *err)
{
	struct guard *g = guard_of(s);

	expect(g, g->turn == TURN_IDLE, "states within a job, or after a failure");
	return after(g, g->inner->ops->states(g->inner, ids, n, out, err), err, TURN_IDLE);
}

static int guard_begin(struct sink *s, const struct job *job, struct err *err)
{
	struct guard *g = guard_of(s);

	expect(g, g->turn == TURN_IDLE, "begin within a job, or after a failure");
	expect(g, job->state > JOB_NONE && job->state < JOB_STATES, "begin of a job without a state");
	g->id = job->id;
	g->state = job->state;
	g->next_action = 0;
	g->result = -1;
	g->turn = TURN_JOB;
	return after(g, g->inner->ops->begin(g->inner, job, err), err, TURN_JOB);
}

static int guard_action(struct sink *s, const struct action *action, struct err *err)
{
	struct guard *g = guard_of(s);

	expect(g, g->turn == TURN_JOB && g->state == JOB_STORED, "action outside of a job that is stored");
	expect(g, action->action_index >= g->next_action, "action out of order");
	g->next_action = action->action_index + 1;
	return after(g, g->inner->ops->action(g->inner, action, err), err, TURN_JOB);
}

static int guard_result(struct sink *s, const struct query_result *result, struct err *err)
{
	struct guard *g = guard_of(s);

	expect(g, g->turn == TURN_JOB && g->state == JOB_STORED, "result outside of a job that is stored");
	expect(g, result->action_index == g->next_action - 1 && result->action_index != g->result,
	       "result that is not the one of the last action");
	g->result = result->action_index;
	g->rows = 0;
	return after(g, g->inner->ops->result(g->inner, result, err), err, TURN_RESULT);
}

static int guard_row(struct sink *s, const struct row *row, struct err *err)
{
	struct guard *g = guard_of(s);

	expect(g, g->turn == TURN_RESULT && row->action_index == g->result, "row outside of its result");
	expect(g, row->row_index == g->rows, "row out of order");
	g->rows++;
	return after(g, g->inner->ops->row(g->inner, row, err), err, TURN_RESULT);
}

static int guard_result_end(struct sink *s, const struct query_result *result, struct err *err)
{
	struct guard *g = guard_of(s);

	expect(g, g->turn == TURN_RESULT && result->action_index == g->result, "end of a result that did not begin");
	expect(g, result->row_count == g->rows, "end of a result with another number of rows than came");
	return after(g, g->inner->ops->result_end(g->inner, result, err), err, TURN_JOB);
}

static int guard_body(struct sink *s, const void *piece, size_t n, struct err *err)
{
	struct guard *g = guard_of(s);

	expect(g, g->turn == TURN_JOB && (g->state == JOB_STORED || g->state == JOB_UNREADABLE),
	       "body outside of a job that has one");
	return after(g, g->inner->ops->body(g->inner, piece, n, err), err, TURN_JOB);
}

static int guard_commit(struct sink *s, const struct job *job, struct err *err)
{
	struct guard *g = guard_of(s);
	int rc;

	expect(g, g->turn == TURN_JOB, "commit outside of a job, or after a failure");
	expect(g, uuid_cmp(&job->id, &g->id) == 0 && job->state == g->state, "commit of another job than was begun");
	rc = after(g, g->inner->ops->commit(g->inner, job, err), err, TURN_IDLE);
	if (rc >= 0)
		g->unflushed = true;
	return rc;
}

static void guard_rollback(struct sink *s)
{
	struct guard *g = guard_of(s);

	if (g->turn == TURN_LOST)
		return;
	expect(g, g->turn != TURN_IDLE, "rollback outside of a job");
	g->inner->ops->rollback(g->inner);
	g->turn = TURN_IDLE;
}

static int guard_flush(struct sink *s, struct err *err)
{
	struct guard *g = guard_of(s);

	expect(g, g->turn == TURN_IDLE, "flush within a job, or after a failure");
	g->unflushed = false;
	return after(g, g->inner->ops->flush(g->inner, err), err, TURN_IDLE);
}

static int guard_record_run(struct sink *s, const struct run_record *run, struct err *err)
{
	struct guard *g = guard_of(s);

	expect(g, g->turn == TURN_IDLE, "record_run within a job, or after a failure");
	expect(g, !g->unflushed, "record_run before flush");
	return after(g, g->inner->ops->record_run(g->inner, run, err), err, TURN_IDLE);
}

static int guard_next_job(struct sink *s, struct job *out, struct err *err)
{
	struct guard *g = guard_of(s);

	expect(g, g->turn == TURN_IDLE, "next_job within a job, or after a failure");
	return after(g, g->inner->ops->next_job(g->inner, out, err), err, TURN_IDLE);
}

static int guard_next_run(struct sink *s, struct run_record *out, struct err *err)
{
	struct guard *g = guard_of(s);

	expect(g, g->turn == TURN_IDLE, "next_run within a job, or after a failure");
	return after(g, g->inner->ops->next_run(g->inner, out, err), err, TURN_IDLE);
}

static int guard_read_job(struct sink *s, const struct uuid *id, struct job *out, struct err *err)
{
	struct guard *g = guard_of(s);

	expect(g, g->turn == TURN_IDLE, "read_job within a job, or after a failure");
	return after(g, g->inner->ops->read_job(g->inner, id, out, err), err, TURN_IDLE);
}

static int guard_read_body(struct sink *s, const struct uuid *id, sink_piece_fn piece, void *ctx, struct err *err)
{
	struct guard *g = guard_of(s);

	expect(g, g->turn == TURN_IDLE || (g->turn == TURN_CONTENT && !g->items),
	       "read_body within a job, or after a failure");
	return after_reading(g, g->inner->ops->read_body(g->inner, id, piece, ctx, err), err);
}

static int guard_read_content(struct sink *s, const struct uuid *id, struct job *out, struct err *err)
{
	struct guard *g = guard_of(s);
	int rc;

	expect(g, g->turn == TURN_IDLE, "read_content within a job, or after a failure");
	rc = after_reading(g, g->inner->ops->read_content(g->inner, id, out, err), err);
	if (rc == 1)
		g->turn = TURN_CONTENT;
	g->items = g->no_more = false;
	return rc;
}

static int guard_next_item(struct sink *s, struct sink_item *out, struct err *err)
{
	struct guard *g = guard_of(s);
	int rc;

	expect(g, g->turn == TURN_CONTENT && !g->no_more, "next_item outside of a job's content");
	g->items = true;
	rc = after_reading(g, g->inner->ops->next_item(g->inner, out, err), err);
	g->no_more = rc != 1;
	return rc;
}

static void guard_end_content(struct sink *s)
{
	struct guard *g = guard_of(s);

	if (g->turn == TURN_LOST)
		return;
	expect(g, g->turn == TURN_CONTENT, "end_content without read_content");
	g->inner->ops->end_content(g->inner);
	g->turn = TURN_IDLE;
}

static int guard_check(struct sink *s, const struct sink_check *check, struct err *err)
{
	struct guard *g = guard_of(s);

	expect(g, g->turn == TURN_IDLE, "check within a job, or after a failure");
	return after_reading(g, g->inner->ops->check(g->inner, check, err), err);
}

static int guard_mend(struct sink *s, char removed[SINK_MEND_MAX], struct err *err)
{
	struct guard *g = guard_of(s);

	expect(g, g->turn == TURN_IDLE && !g->unflushed, "mend within a job, or before flush");
	return after(g, g->inner->ops->mend(g->inner, removed, err), err, TURN_IDLE);
}

static int guard_close(struct sink *s, struct err *err)
{
	struct guard *g = guard_of(s);
	int rc = g->inner->ops->close(g->inner, err);

	free(g);
	return rc;
}

static const struct sink_ops guard_calls = {
    .states = guard_states,
    .begin = guard_begin,
    .action = guard_action,
    .result = guard_result,
    .row = guard_row,
    .result_end = guard_result_end,
    .body = guard_body,
    .commit = guard_commit,
    .rollback = guard_rollback,
    .flush = guard_flush,
    .record_run = guard_record_run,
    .next_job = guard_next_job,
    .next_run = guard_next_run,
    .read_job = guard_read_job,
    .read_body = guard_read_body,
    .read_content = guard_read_content,
    .next_item = guard_next_item,
    .end_content = guard_end_content,
    .check = guard_check,
    .mend = guard_mend,
    .close = guard_close,
};

struct sink *guard_new(struct sink *inner)
{
	struct guard *g = calloc(1, sizeof(*g));

	if (!g)
		return NULL;
	g->ops = guard_calls;
	g->ops.scheme = inner->ops->scheme;
	g->ops.has = inner->ops->has;
	g->ops.lazy = inner->ops->lazy;
	g->base.ops = &g->ops;
	g->inner = inner;
	return &g->base;
}
