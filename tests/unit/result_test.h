/*
 * result_test.h: what the tests of decoding have in common. What the visitor is told is written down as text and
 * compared as a whole. Bodies are written with ' for " (so no sample has an apostrophe), and compared so.
 */
#ifndef OMNI_RESULT_TEST_H
#define OMNI_RESULT_TEST_H

#include "result.h"
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct fixture {
	struct result_decoder *decoder;
	struct body *body;
	struct job job;
	struct buf log;
	int calls, stop_at, stop_with; /* the visitor stops at this call; 0: never */
	struct err err;
};

static inline void add_text(struct buf *b, const char *name, struct text t)
{
	if (t.p == NULL)
		return;
	assert_int_equal(buf_addf(b, " %s=", name), 0);
	assert_int_equal(buf_add(b, t.p, t.n), 0);
}

static inline void add_int(struct buf *b, const char *name, int64_t value)
{
	if (value >= 0)
		assert_int_equal(buf_addf(b, " %s=%lld", name, (long long)value), 0);
}

static inline void add_list(struct buf *b, const char *name, const struct text *list, size_t n)
{
	if (list == NULL)
		return;
	assert_int_equal(buf_addf(b, " %s=[", name), 0);
	for (size_t i = 0; i < n; i++) {
		if (i > 0)
			assert_int_equal(buf_addc(b, '|'), 0);
		if (list[i].p == NULL)
			assert_int_equal(buf_addc(b, '?'), 0);
		else
			assert_int_equal(buf_add(b, list[i].p, list[i].n), 0);
	}
	assert_int_equal(buf_addc(b, ']'), 0);
}

static inline int end_call(struct fixture *f, struct err *err)
{
	assert_int_equal(buf_addc(&f->log, '\n'), 0);
	if (++f->calls != f->stop_at)
		return 0;
	err_set(err, ERR_JOB, "stopped by the test");
	return f->stop_with;
}

static inline int on_action(void *ctx, const struct action *a, struct err *err)
{
	struct fixture *f = ctx;

	assert_int_equal(buf_addf(&f->log, "action %lld", (long long)a->action_index), 0);
	add_text(&f->log, "type", a->type);
	add_text(&f->log, "message", a->message);
	add_text(&f->log, "at", stamp_is_set(&a->timestamp) ? text_of(a->timestamp.text) : TEXT_NULL);
	add_text(&f->log, "status", a->status);
	add_int(&f->log, "is_error", a->is_error);
	add_text(&f->log, "extra", a->extra);
	return end_call(f, err);
}

static inline int on_result(void *ctx, const struct query_result *q, struct err *err)
{
	struct fixture *f = ctx;

	assert_int_equal(q->row_count, -1);
	assert_int_equal(buf_addf(&f->log, "result %lld", (long long)q->action_index), 0);
	add_text(&f->log, "id", q->result_id);
	add_text(&f->log, "name", q->query_name);
	add_text(&f->log, "status", q->status);
	add_text(&f->log, "query", q->query);
	add_list(&f->log, "columns", q->columns, q->n_columns);
	add_list(&f->log, "types", q->column_types, q->n_columns);
	add_int(&f->log, "truncated", q->csv_truncated);
	add_int(&f->log, "has", q->has_results);
	if (q->has_total)
		assert_int_equal(buf_addf(&f->log, " total=%lld", (long long)q->total_row_count), 0);
	add_text(&f->log, "error", q->error_message);
	add_text(&f->log, "detail", q->error_detail);
	add_text(&f->log, "extra", q->extra);
	return end_call(f, err);
}

static inline int on_row(void *ctx, const struct row *r, struct err *err)
{
	struct fixture *f = ctx;
	const char *section = section_name(r->section);

	assert_int_equal(buf_addf(&f->log, "row %lld", (long long)r->row_index), 0);
	if (section != NULL)
		assert_int_equal(buf_addf(&f->log, " %s", section), 0);
	assert_true(r->n > 0);
	add_list(&f->log, "cells", r->cells, r->n);
	return end_call(f, err);
}

static inline int on_end(void *ctx, const struct query_result *q, struct err *err)
{
	struct fixture *f = ctx;

	assert_int_equal(buf_addf(&f->log, "end %lld rows=%lld", (long long)q->action_index, (long long)q->row_count),
			 0);
	return end_call(f, err);
}

static const struct result_visitor visitor = {on_action, on_result, on_row, on_end};

static inline int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	assert_non_null(f);
	buf_init(&f->log, (size_t)64 << 20);
	f->decoder = result_decoder_new();
	f->body = body_new((uint64_t)1 << 30);
	assert_non_null(f->decoder);
	assert_non_null(f->body);
	*state = f;
	return 0;
}

static inline int tear_down(void **state)
{
	struct fixture *f = *state;

	result_decoder_free(f->decoder);
	body_free(f->body);
	buf_free(&f->log);
	free(f);
	return 0;
}

static inline void load_bytes(struct fixture *f, const char *p, size_t n)
{
	body_reset(f->body, false);
	assert_int_equal(body_add(f->body, p, n, &f->err), 0);
	assert_int_equal(body_end(f->body, &f->err), 0);
}

/* A copy with " for ', to be freed. */
static inline char *quoted(const char *s)
{
	char *p = strdup(s);

	assert_non_null(p);
	for (char *q = p; *q != '\0'; q++)
		*q = *q == '\'' ? '"' : *q;
	return p;
}

static inline void load(struct fixture *f, const char *body)
{
	char *p = quoted(body);

	load_bytes(f, p, strlen(p));
	free(p);
}

static inline int decode(struct fixture *f)
{
	buf_clear(&f->log);
	f->calls = 0;
	f->err = (struct err){.kind = ERR_NONE};
	return result_decode(f->decoder, f->body, &f->job, &visitor, f, &f->err);
}

/* The job's own fields, as a line of the log. */
static inline void log_job(struct fixture *f)
{
	struct buf *b = &f->log;
	struct job *j = &f->job;

	assert_int_equal(buf_adds(b, "job"), 0);
	add_text(b, "topic", j->topic);
	add_text(b, "message", j->message);
	add_text(b, "summary", j->result_summary);
	add_text(b, "url", j->omni_chat_url);
	if (j->partial)
		assert_int_equal(buf_adds(b, " partial"), 0);
	add_text(b, "extra", j->extra);
	assert_int_equal(buf_addf(b, " %lld/%lld/%lld\n", (long long)j->action_count, (long long)j->result_count,
				  (long long)j->row_count),
			 0);
}

struct sample {
	const char *body;
	const char *log;
	const char *warnings; /* with ' for "; NULL: null */
};

static inline void check(struct fixture *f, const struct sample *samples, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		char *p;

		load(f, samples[i].body);
		assert_int_equal(result_check(f->decoder, f->body, &f->err), 0);
		assert_int_equal(decode(f), 0);
		log_job(f);
		for (p = f->log.data; *p != '\0'; p++)
			*p = *p == '"' ? '\'' : *p;
		assert_string_equal(f->log.data, samples[i].log);
		if (samples[i].warnings == NULL) {
			if (f->job.warnings.p != NULL)
				fail_msg("sample %zu warns: %s", i, f->job.warnings.p);
			assert_int_equal(result_warnings(f->decoder), 0);
			continue;
		}
		assert_non_null(f->job.warnings.p);
		p = strdup(f->job.warnings.p);
		assert_non_null(p);
		for (char *q = p; *q != '\0'; q++)
			*q = *q == '"' ? '\'' : *q;
		assert_string_equal(p, samples[i].warnings);
		free(p);
	}
}

#define CHECK(samples) check(*state, samples, sizeof(samples) / sizeof((samples)[0]))

/* The CSV of a two-column result comes without these at every turn. */
#define RESULT(members) "{'actions':[{'result':{" members "}}]}"
#define CSV(text)       RESULT("'csvResult':'" text "'")
#define TRUNCATED(text) RESULT("'csvResultWasTruncated':true,'csvResult':'" text "'")

#endif
