/* content.c: what was put in comes back: the same actions, results, rows and cells, in the same order (sink.h). */
#include "contract.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SAID_MAX 64

/* What was put into the sink, in its order. */
static struct sink_item said[SAID_MAX];
static size_t n_said;

static void say_action(struct world *w, struct action a)
{
	said[n_said++] = (struct sink_item){.kind = SINK_ITEM_ACTION, .action = a};
	CALLED(w->sink->ops->action(w->sink, &a, &err));
}

/* A result, with rows of n cells each. */
static void say_result(struct world *w, struct query_result r, const struct text *cells, size_t n, size_t rows)
{
	const size_t at = n_said++;

	r.row_count = -1;
	CALLED(w->sink->ops->result(w->sink, &r, &err));
	for (size_t i = 0; i < rows; i++) {
		const struct row row = {.action_index = r.action_index,
					.row_index = (int64_t)i,
					.section = (enum row_section)(i % 4),
					.cells = cells + i * n,
					.n = n};
		said[n_said++] = (struct sink_item){.kind = SINK_ITEM_ROW, .row = row};
		CALLED(w->sink->ops->row(w->sink, &row, &err));
	}
	r.row_count = (int64_t)rows;
	said[at] = (struct sink_item){.kind = SINK_ITEM_RESULT, .result = r};
	CALLED(w->sink->ops->result_end(w->sink, &r, &err));
}

static void same_text(const char *what, struct text got, struct text expected)
{
	if (!text_eq(got, expected))
		fail_msg("%s: '%.*s', not '%.*s'", what, (int)got.n, got.p ? got.p : "(null)", (int)expected.n,
			 expected.p ? expected.p : "(null)");
}

static void same_time(const struct world *w, struct stamp got, struct stamp expected)
{
	assert_int_equal(got.us, expected.us);
	assert_int_equal(stamp_is_set(&got), stamp_is_set(&expected));
	if (!(w->has & SINK_INSTANTS))
		assert_string_equal(got.text, expected.text);
}

static void same_action(const struct world *w, const struct action *got, const struct action *expected)
{
	assert_int_equal(got->action_index, expected->action_index);
	same_text("type", got->type, expected->type);
	same_text("message", got->message, expected->message);
	same_time(w, got->timestamp, expected->timestamp);
	same_text("status", got->status, expected->status);
	assert_int_equal(got->is_error, expected->is_error);
	same_text("extra", got->extra, expected->extra);
}

static void same_labels(const struct text *got, const struct text *expected, size_t n)
{
	assert_int_equal(got == NULL, expected == NULL);
	for (size_t i = 0; got && i < n; i++)
		same_text("label", got[i], expected[i]);
}

static void same_result(const struct query_result *got, const struct query_result *expected)
{
	assert_int_equal(got->action_index, expected->action_index);
	same_text("result_id", got->result_id, expected->result_id);
	same_text("query_name", got->query_name, expected->query_name);
	same_text("status", got->status, expected->status);
	same_text("query", got->query, expected->query);
	assert_int_equal(got->n_columns, expected->n_columns);
	same_labels(got->columns, expected->columns, got->n_columns);
	same_labels(got->column_types, expected->column_types, got->n_columns);
	assert_int_equal(got->csv_truncated, expected->csv_truncated);
	assert_int_equal(got->has_results, expected->has_results);
	assert_int_equal(got->has_total, expected->has_total);
	assert_int_equal(got->total_row_count, expected->total_row_count);
	assert_int_equal(got->row_count, expected->row_count);
	same_text("error_message", got->error_message, expected->error_message);
	same_text("error_detail", got->error_detail, expected->error_detail);
	same_text("extra", got->extra, expected->extra);
}

static void same_row(const struct row *got, const struct row *expected)
{
	assert_int_equal(got->action_index, expected->action_index);
	assert_int_equal(got->row_index, expected->row_index);
	assert_int_equal(got->section, expected->section);
	assert_int_equal(got->n, expected->n);
	for (size_t i = 0; i < got->n; i++)
		same_text("cell", got->cells[i], expected->cells[i]);
}

static struct job begin_reading(struct world *w, unsigned number)
{
	struct job job = sample_job(number, JOB_STORED), read;

	CALLED(w->sink->ops->read_content(w->sink, &job.id, &read, &err) != 1);
	return read;
}

static bool next(struct world *w, struct sink_item *item)
{
	struct err err = {0};
	const int rc = w->sink->ops->next_item(w->sink, item, &err);

	if (rc < 0)
		fail_msg("next_item: %s", err.msg);
	return rc == 1;
}

/* All that was said, and no more. */
static void expect_said(struct world *w)
{
	struct sink_item item;

	for (size_t i = 0; i < n_said; i++) {
		assert_true(next(w, &item));
		assert_int_equal(item.kind, said[i].kind);
		if (item.kind == SINK_ITEM_ACTION)
			same_action(w, &item.action, &said[i].action);
		else if (item.kind == SINK_ITEM_RESULT)
			same_result(&item.result, &said[i].result);
		else
			same_row(&item.row, &said[i].row);
	}
	assert_false(next(w, &item));
	w->sink->ops->end_content(w->sink);
}

static struct stamp time_of(const char *text)
{
	struct stamp s = {0};

	assert_int_equal(time_parse_iso(text, strlen(text), &s), TIME_OK);
	return s;
}

static void all_fields(struct world *w)
{
	static const struct text labels[] = {{"Month", 5}, {"Say \"hi\"\n\\", 10}, {"", 0}};
	static const struct text types[] = {{"DATE", 4}, {NULL, 0}, {"STRING", 6}};
	static const struct text cells[] = {{"a", 1}, {"", 0},          {"c", 1},
					    {"d", 1}, {"e\"\\\x01", 4}, {"\xf0\x9f\x98\x80", 4}};
	const struct query_result full = {.result_id = text_of("r-1"),
					  .query_name = text_of("by month"),
					  .status = text_of("success"),
					  .query = text_of("{\"fields\": [\"a.b\"]}"),
					  .columns = labels,
					  .column_types = types,
					  .n_columns = 3,
					  .csv_truncated = 1,
					  .has_results = 0,
					  .has_total = true,
					  .total_row_count = 12345678901,
					  .extra = text_of("{\"x\":1}")};
	const struct query_result failed = {.action_index = 2,
					    .status = text_of("error"),
					    .csv_truncated = -1,
					    .has_results = -1,
					    .error_message = text_of("no such field"),
					    .error_detail = text_of("{\"line\": 3}")};
	const struct query_result empty = {
	    .action_index = 300, .columns = labels, .csv_truncated = 0, .has_results = 1};
	struct job job = sample_job(1, JOB_STORED), read;

	n_said = 0;
	job.partial = true;
	job.error = text_of("an error");
	job.topic = text_of("a topic");
	job.message = text_of("**caf\xc3\xa9**\n");
	job.result_summary = text_of("");
	job.omni_chat_url = text_of("https://one.example/chat");
	job.first_action_at = time_of("2025-01-15T10:00:10.1234567Z");
	job.last_action_at = time_of("2025-01-15T10:00:11Z");
	job.action_count = 4;
	job.result_count = 3;
	job.row_count = 3;
	job.warnings = text_of("[\"one\"]");
	job.input = text_of("{\"jobId\": 1}");
	job.details = text_of("{\"user\": {}}");
	job.extra = text_of("{\"more\": [1, 2]}");
	world_open(w);
	put_begin(w, &job);
	say_action(w, (struct action){.type = text_of("summarize"),
				      .message = text_of(""),
				      .timestamp = job.first_action_at,
				      .status = text_of("complete"),
				      .is_error = 1,
				      .extra = text_of("{\"toolName\":\"x\"}")});
	say_result(w, full, cells, 2, 3);
	say_action(w, (struct action){.action_index = 1, .is_error = -1});
	say_action(w, (struct action){.action_index = 2, .is_error = 0});
	say_result(w, failed, NULL, 0, 0);
	say_action(w, (struct action){.action_index = 300, .is_error = -1});
	say_result(w, empty, NULL, 0, 0);
	put_commit(w, &job);
	world_flush(w);
	read = begin_reading(w, 1);
	assert_memory_equal(&read.id, &job.id, sizeof(job.id));
	same_text("instance", read.instance, job.instance);
	assert_int_equal(read.state, JOB_STORED);
	assert_int_equal(read.partial, true);
	assert_int_equal(read.http_status, 200);
	same_text("error", read.error, job.error);
	same_text("topic", read.topic, job.topic);
	same_text("message", read.message, job.message);
	same_text("result_summary", read.result_summary, job.result_summary);
	same_text("omni_chat_url", read.omni_chat_url, job.omni_chat_url);
	same_time(w, read.first_action_at, job.first_action_at);
	same_time(w, read.last_action_at, job.last_action_at);
	same_time(w, read.expires_at, job.expires_at);
	assert_true(stamp_is_set(&read.stored_at));
	assert_int_equal(read.body_bytes, job.body_bytes);
	assert_memory_equal(read.body_sha256, job.body_sha256, SHA256_LEN);
	assert_int_equal(read.action_count, 4);
	assert_int_equal(read.result_count, 3);
	assert_int_equal(read.row_count, 3);
	same_text("warnings", read.warnings, job.warnings);
	same_text("input", read.input, job.input);
	same_text("details", read.details, job.details);
	same_text("extra", read.extra, job.extra);
	expect_said(w);
	/* The job's texts were good until then: and again, all of it, by one who only reads. */
	world_with(w, &(const struct sink_options){.read_only = true, .must_exist = true});
	read = begin_reading(w, 1);
	expect_said(w);
}

/* Beside each other, one below the other, and an empty row. */
static void hostile(struct world *w)
{
	const struct job job = sample_job(1, JOB_STORED);
	struct query_result r = {.csv_truncated = -1, .has_results = -1, .has_total = false};
	struct text cells[SAID_MAX];
	size_t n = 0;

	n_said = 0;
	while (contract_hostile[n]) {
		cells[n] = text_of(contract_hostile[n]);
		n++;
	}
	world_open(w);
	put_begin(w, &job);
	say_action(w, (struct action){.is_error = -1});
	r.columns = cells;
	r.n_columns = n;
	say_result(w, r, cells, n, 1);
	say_action(w, (struct action){.action_index = 1, .is_error = -1});
	r.action_index = 1;
	r.n_columns = 1;
	say_result(w, r, cells, 1, n);
	say_action(w, (struct action){.action_index = 2, .is_error = -1});
	r.action_index = 2;
	say_result(w, r, cells, 0, 1);
	put_commit(w, &job);
	world_flush(w);
	(void)begin_reading(w, 1);
	expect_said(w);
}

/* More rows, and larger ones, than any page holds. */
static void many_rows(struct world *w)
{
	const size_t n = (size_t)1 << 20;
	const int64_t rows = 9001;
	char *long_text = malloc(n), number[24];
	const struct job job = sample_job(2, JOB_STORED);
	struct query_result r = {.csv_truncated = -1, .has_results = -1};
	struct sink_item item;
	struct text cells[3];

	assert_non_null(long_text);
	for (size_t i = 0; i < n; i++)
		long_text[i] = "a\"\\\n\x01,"[i % 6];
	for (size_t i = 0; i < 3; i++)
		cells[i] = (struct text){long_text + i, n - 7 * i};
	cells[2].n = n - 2;
	world_open(w);
	put_result(w, 1, 2, rows, "many");
	n_said = 0;
	put_begin(w, &job);
	say_action(w, (struct action){.is_error = -1, .message = cells[1]});
	r.columns = cells;
	r.n_columns = 1;
	say_result(w, r, cells, 1, 3);
	put_commit(w, &job);
	world_flush(w);
	(void)begin_reading(w, 1);
	for (int64_t action = 0; action < 2; action++) {
		assert_true(next(w, &item) && item.kind == SINK_ITEM_ACTION);
		assert_true(next(w, &item) && item.kind == SINK_ITEM_RESULT);
		assert_int_equal(item.result.row_count, rows);
		for (int64_t i = 0; i < rows; i++) {
			assert_true(next(w, &item) && item.kind == SINK_ITEM_ROW);
			assert_int_equal(item.row.action_index, action);
			assert_int_equal(item.row.row_index, i);
			(void)snprintf(number, sizeof(number), "%" PRId64, i);
			same_text("cell", item.row.cells[0], text_of(number));
		}
	}
	assert_false(next(w, &item));
	w->sink->ops->end_content(w->sink);
	(void)begin_reading(w, 2);
	expect_said(w);
	free(long_text);
}

/* More actions than a page holds. */
static void many_actions(struct world *w)
{
	const struct job job = sample_job(1, JOB_STORED);
	struct sink_item item;
	int64_t results = 0, actions = 0;

	world_open(w);
	put_begin(w, &job);
	for (int64_t i = 0; i < 700; i++) {
		put_action(w, i);
		if (i % 3 == 0)
			put_rows(w, i, i % 2, "x");
	}
	put_commit(w, &job);
	world_flush(w);
	(void)begin_reading(w, 1);
	while (next(w, &item)) {
		if (item.kind == SINK_ITEM_ACTION)
			assert_int_equal(item.action.action_index, actions++);
		else if (item.kind == SINK_ITEM_RESULT)
			assert_int_equal(item.result.action_index, 3 * results++);
		else
			assert_int_equal(item.row.action_index % 2, 1);
	}
	assert_int_equal(actions, 700);
	assert_int_equal(results, 234);
	w->sink->ops->end_content(w->sink);
}

static int count_piece(void *ctx, const void *piece, size_t n, struct err *err)
{
	(void)piece, (void)err;
	*(size_t *)ctx += n;
	return 0;
}

/* What is not stored has no content; what is read may be left at any point; what is written meanwhile is seen after
 * it. */
static void some_of_it(struct world *w)
{
	struct job job = sample_job(1, JOB_PENDING), read;
	struct sink_item item;
	size_t n = 0;

	world_open(w);
	put_job(w, &job, NULL);
	world_flush(w);
	CALLED(w->sink->ops->read_content(w->sink, &job.id, &read, &err) != 0);
	job = sample_job(7, JOB_STORED);
	CALLED(w->sink->ops->read_content(w->sink, &job.id, &read, &err) != 0);
	put_result(w, 1, 3, 50, "old");
	put_result(w, 2, 1, 2, "other");
	world_flush(w);
	read = begin_reading(w, 1);
	CALLED(w->sink->ops->read_body(w->sink, &read.id, count_piece, &n, &err) != 1);
	assert_int_equal(n, 3);
	same_text("topic", read.topic, text_of("old"));
	for (int i = 0; i < 20; i++)
		assert_true(next(w, &item));
	w->sink->ops->end_content(w->sink);
	put_result(w, 1, 1, 1, "new");
	world_flush(w);
	read = begin_reading(w, 1);
	same_text("topic", read.topic, text_of("new"));
	assert_true(next(w, &item) && item.kind == SINK_ITEM_ACTION);
	assert_true(next(w, &item) && item.kind == SINK_ITEM_RESULT);
	assert_true(next(w, &item) && item.kind == SINK_ITEM_ROW);
	same_text("cell", item.row.cells[1], text_of("new"));
	assert_false(next(w, &item));
	w->sink->ops->end_content(w->sink);
	read = begin_reading(w, 2); /* and closed in the midst of it */
	assert_true(next(w, &item) && item.kind == SINK_ITEM_ACTION);
}

/* Who only reads sees a job as it was when its reading began, the body too, whatever is written meanwhile. */
static void one_moment(struct world *w)
{
	const struct sink_options only_read = {.read_only = true, .must_exist = true};
	struct sink *writer;
	struct job read;
	struct sink_item item;
	size_t n = 0;
	int rows = 0;

	world_open(w);
	put_result(w, 1, 2, 3, "old");
	world_flush(w);
	put_result(w, 2, 1, 1, "x"); /* so that the journal of SQLite is a WAL by now */
	writer = w->sink;
	w->options = &only_read;
	world_open(w);
	read = begin_reading(w, 1);
	w->options = &world_options;
	{
		struct sink *reader = w->sink;
		w->sink = writer;
		put_result(w, 1, 1, 1, "brand-new");
		world_flush(w);
		w->sink = reader;
	}
	same_text("topic", read.topic, text_of("old"));
	CALLED(w->sink->ops->read_body(w->sink, &read.id, count_piece, &n, &err) != 1);
	assert_int_equal(n, 3);
	while (next(w, &item))
		rows += item.kind == SINK_ITEM_ROW;
	assert_int_equal(rows, 6);
	w->sink->ops->end_content(w->sink);
	world_close(w);
	w->sink = writer;
}

/* Of each result the first rows, where that is asked for, whether it has fewer or pages of them. */
static void first_rows(struct world *w)
{
	const struct sink_options few = {.read_only = true, .must_exist = true, .first_rows = 2};
	int rows = 0, results = 0, actions = 0;
	struct sink_item item;

	world_open(w);
	put_result(w, 1, 3, 9000, "many");
	put_result(w, 2, 3, 1, "one");
	put_result(w, 3, 3, 2, "two");
	world_flush(w);
	world_with(w, &few);
	for (unsigned number = 1; number <= 3; number++) {
		(void)begin_reading(w, number);
		while (next(w, &item)) {
			actions += item.kind == SINK_ITEM_ACTION;
			results += item.kind == SINK_ITEM_RESULT;
			rows += item.kind == SINK_ITEM_ROW;
			if (item.kind == SINK_ITEM_RESULT)
				assert_int_equal(item.result.row_count, number == 1 ? 9000 : number - 1);
			if (item.kind == SINK_ITEM_ROW)
				assert_true(item.row.row_index < 2);
		}
		w->sink->ops->end_content(w->sink);
	}
	assert_int_equal(actions, 9);
	assert_int_equal(results, 9);
	assert_int_equal(rows, 3 * (2 + 1 + 2));
}

/* What was written in the right order is as it should be: nothing is found, and there is nothing to mend. */
static void nothing_wrong(struct world *w)
{
	const struct job pending = sample_job(4, JOB_PENDING), odd = sample_job(5, JOB_UNREADABLE);

	world_open(w);
	put_result(w, 1, 2, 300, "one \"line\"\nanother");
	put_result(w, 2, 0, 0, "none");
	put_result(w, 3, 1, 0, "no rows");
	put_job(w, &pending, NULL);
	put_job(w, &odd, "odd");
	world_flush(w);
	put_result(w, 1, 1, 7, "again");
	put_job(w, &pending, NULL);
	world_flush(w);
	expect_sound(w);
}

const struct contract_test tests_content[] = {
    {"nothing is wrong", SINK_LEDGER, nothing_wrong},
    {"what was put in comes back", SINK_CONTENT, all_fields},
    {"hostile cells come back", SINK_CONTENT, hostile},
    {"many rows and long cells come back", SINK_CONTENT, many_rows},
    {"many actions come back", SINK_CONTENT, many_actions},
    {"the first rows of the content", SINK_CONTENT, first_rows},
    {"some of the content", SINK_CONTENT | SINK_BODIES, some_of_it},
    {"the content of one moment", SINK_CONTENT | SINK_BODIES, one_moment},
    {NULL, 0, NULL},
};
