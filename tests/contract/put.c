/* put.c: jobs to write, and what must be read back. */
#include "contract.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

const struct sink_options world_options = {
    .file_mode = 0600,
    .keep_bodies = true,
    .run_id = "run-1",
    .version = "1.0",
    .instance = "https://one.example",
};

struct sink *world_try(struct world *w, struct err *err)
{
	return sink_open(w->spec, w->options, err);
}

void world_open(struct world *w)
{
	struct err err = {0};

	w->sink = world_try(w, &err);
	if (!w->sink)
		fail_msg("cannot open '%s': %s", w->spec, err.msg);
}

void world_close(struct world *w)
{
	struct sink *s = w->sink;

	w->sink = NULL;
	CALLED(s->ops->close(s, &err));
}

void world_reopen(struct world *w)
{
	world_close(w);
	world_open(w);
}

void world_with(struct world *w, const struct sink_options *options)
{
	w->options = options;
	if (w->sink)
		world_close(w);
	world_open(w);
}

void world_flush(struct world *w)
{
	CALLED(w->sink->ops->flush(w->sink, &err));
}

static struct stamp stamp(const char *text)
{
	struct stamp s = {0};

	assert_int_equal(time_parse_iso(text, strlen(text), &s), TIME_OK);
	return s;
}

const char *sample_id(unsigned number)
{
	static char text[UUID_TEXT_LEN + 1];
	struct job job = sample_job(number, JOB_STORED);

	return uuid_format(&job.id, text);
}

struct job sample_job(unsigned number, enum job_state state)
{
	struct job job = {
	    .id = {{0xab, (uint8_t)(number >> 8), (uint8_t)number, 0x10, 0x40, 0, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 1}},
	    .state = state,
	    .instance = text_of("https://one.example"),
	    .http_status = state == JOB_STORED ? 200 : 404,
	    .attempts = 1,
	    .body_bytes = -1,
	};

	job.requested_at = stamp("2025-01-15T10:00:00.000Z");
	job.fetched_at = stamp("2025-01-15T10:00:01.25Z");
	if (state != JOB_STORED)
		job.error = text_of("the API says: no");
	if (state == JOB_STORED || state == JOB_UNREADABLE) {
		job.body_bytes = 1234;
		memset(job.body_sha256, (int)(0xc0 + number % 16), sizeof(job.body_sha256));
	}
	if (state == JOB_STORED)
		job.expires_at = stamp("2025-01-29T10:00:00Z");
	return job;
}

void put_begin(struct world *w, const struct job *job)
{
	CALLED(w->sink->ops->begin(w->sink, job, &err));
}

void put_commit(struct world *w, const struct job *job)
{
	CALLED(w->sink->ops->commit(w->sink, job, &err));
}

void put_action(struct world *w, int64_t action)
{
	const struct action a = {.action_index = action, .type = text_of("generate_query"), .is_error = -1};

	CALLED(w->sink->ops->action(w->sink, &a, &err));
}

void put_rows(struct world *w, int64_t action, int64_t rows, const char *tag)
{
	const struct text columns[] = {text_of("Row"), text_of("Tag"), text_of("Empty")};
	struct query_result r = {.action_index = action,
				 .query_name = text_of("by month"),
				 .columns = columns,
				 .n_columns = 3,
				 .csv_truncated = 0,
				 .has_results = 1,
				 .row_count = -1};

	CALLED(w->sink->ops->result(w->sink, &r, &err));
	for (int64_t i = 0; i < rows; i++) {
		char number[24];
		const int n = snprintf(number, sizeof(number), "%" PRId64, i);
		const struct text cells[] = {{number, (size_t)n}, text_of(tag), text_of("")};
		const struct row row = {.action_index = action, .row_index = i, .cells = cells, .n = 3};
		CALLED(w->sink->ops->row(w->sink, &row, &err));
	}
	r.row_count = rows;
	CALLED(w->sink->ops->result_end(w->sink, &r, &err));
}

void put_result(struct world *w, unsigned number, int64_t results, int64_t rows, const char *tag)
{
	struct job job = sample_job(number, JOB_STORED);

	job.topic = text_of(tag);
	put_begin(w, &job);
	for (int64_t i = 0; i < results; i++) {
		put_action(w, i);
		put_rows(w, i, rows, tag);
	}
	if (w->has & SINK_BODIES)
		CALLED(w->sink->ops->body(w->sink, tag, strlen(tag), &err));
	job.action_count = job.result_count = results;
	job.row_count = results * rows;
	put_commit(w, &job);
}

void put_job(struct world *w, const struct job *job, const char *body)
{
	put_begin(w, job);
	if (body)
		CALLED(w->sink->ops->body(w->sink, body, strlen(body), &err));
	put_commit(w, job);
}

void expect_count(struct world *w, const char *table, unsigned number, int64_t expected)
{
	const int64_t n = w->kind->reader->count(w->target, table, sample_id(number));

	if (n != expected)
		fail_msg("job %u has %" PRId64 " %s, not %" PRId64, number, n, table, expected);
}

/* The same text, or, where the sink keeps times as points in time, the same time. */
static bool same(const struct world *w, struct text got, struct text expected)
{
	struct stamp a, b;

	return text_eq(got, expected) || (w->kind->reader->instants && time_parse_iso(got.p, got.n, &a) == TIME_OK &&
					  time_parse_iso(expected.p, expected.n, &b) == TIME_OK && a.us == b.us);
}

/* there: whether the reader found a value, which is now in b. */
static void expect_text(const struct world *w, struct buf *b, bool there, const char *what, const char *expected)
{
	const bool right = there ? expected && same(w, buf_text(b), text_of(expected)) : !expected;
	char found[256];

	(void)snprintf(found, sizeof(found), "%s", there ? buf_cstr(b) : "(null)");
	buf_free(b);
	if (!right)
		fail_msg("%s is '%s', not '%s'", what, found, expected ? expected : "(null)");
}

/* Columns that a sink without cells has in the body alone. */
static bool is_content(const char *column)
{
	static const char *const names[] = {"topic",           "message",        "result_summary", "omni_chat_url",
					    "first_action_at", "last_action_at", "extra"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strcmp(column, names[i]) == 0)
			return true;
	}
	return false;
}

void expect_job(struct world *w, unsigned number, const char *column, const char *expected)
{
	struct buf b;

	if (!(w->has & SINK_CELLS) && is_content(column))
		return;

	buf_init(&b, SIZE_MAX / 2);
	expect_text(w, &b, w->kind->reader->job(w->target, sample_id(number), column, &b), column, expected);
}

void expect_action(struct world *w, unsigned number, int64_t action, const char *column, const char *expected)
{
	struct buf b;

	buf_init(&b, SIZE_MAX / 2);
	expect_text(w, &b, w->kind->reader->action(w->target, sample_id(number), action, column, &b), column, expected);
}

void expect_result(struct world *w, unsigned number, int64_t action, const char *column, const char *expected)
{
	struct buf b;

	buf_init(&b, SIZE_MAX / 2);
	expect_text(w, &b, w->kind->reader->result(w->target, sample_id(number), action, column, &b), column, expected);
}

void expect_cell(struct world *w, unsigned number, int64_t action, int64_t row, int64_t cell, struct text expected)
{
	struct buf b;
	bool there, right;

	if (!(w->has & SINK_CELLS))
		return;

	buf_init(&b, SIZE_MAX / 2);
	there = w->kind->reader->cell(w->target, sample_id(number), action, row, cell, &b);
	right = there && text_eq(buf_text(&b), expected);
	buf_free(&b);
	if (!right)
		fail_msg("cell %" PRId64 " of row %" PRId64 " is not '%.*s'%s", cell, row, (int)expected.n, expected.p,
			 there ? "" : ": it is not there");
}

void expect_body(struct world *w, unsigned number, const char *expected)
{
	struct buf b;

	buf_init(&b, SIZE_MAX / 2);
	expect_text(w, &b, w->kind->reader->body(w->target, sample_id(number), &b), "the body", expected);
}

struct ledger_entry ledger_of(struct world *w, unsigned number)
{
	const struct job job = sample_job(number, JOB_STORED);
	struct ledger_entry entry;

	memset(&entry, 0xff, sizeof(entry));
	CALLED(w->sink->ops->states(w->sink, &job.id, 1, &entry, &err));
	return entry;
}

static bool wanted(void *ctx, const struct uuid *id)
{
	(void)ctx, (void)id;
	return true;
}

static int no_fault(void *ctx, enum sink_fault fault, const struct uuid *id, const char *where, const char *what,
		    struct err *err)
{
	(void)ctx, (void)id, (void)err;
	fail_msg("%c %s: %s", (char)fault, where ? where : "a job", what);
	return -1;
}

void expect_sound(struct world *w)
{
	static const struct sink_options only_read = {.read_only = true, .must_exist = true};
	const struct sink_check check = {.wanted = wanted, .fault = no_fault};
	char removed[SINK_MEND_MAX] = "?";

	CALLED(w->sink->ops->mend(w->sink, removed, &err));
	assert_string_equal(removed, "");
	world_with(w, &only_read);
	CALLED(w->sink->ops->check(w->sink, &check, &err));
}
