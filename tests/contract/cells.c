/* cells.c: the same body gives the same actions, results and cells in every sink. */
#include "contract.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* One stored job with one result of these rows, all of them of n cells. */
static void put_cells(struct world *w, unsigned number, const struct text *cells, size_t n, size_t rows)
{
	const struct job job = sample_job(number, JOB_STORED);
	struct query_result r = {
	    .columns = cells, .n_columns = n, .row_count = -1, .csv_truncated = -1, .has_results = -1};

	put_begin(w, &job);
	put_action(w, 0);
	CALLED(w->sink->ops->result(w->sink, &r, &err));
	for (size_t i = 0; i < rows; i++) {
		const struct row row = {.row_index = (int64_t)i, .cells = cells + i * n, .n = n};
		CALLED(w->sink->ops->row(w->sink, &row, &err));
	}
	r.row_count = (int64_t)rows;
	CALLED(w->sink->ops->result_end(w->sink, &r, &err));
	put_commit(w, &job);
	world_flush(w);
}

const char *const contract_hostile[] = {"",
					" ",
					"NULL",
					"null",
					"\\N",
					"\\.",
					"\n\\.\n",
					"00123",
					"678,994.41",
					"1e5",
					"-0",
					"\"quoted\"",
					"it's; DROP TABLE jobs; --",
					"{\"a\": [1]}",
					"{a,b,NULL}",
					"=HYPERLINK(\"http://x\")",
					"+1",
					"@SUM(A1)",
					"a\tb\rc\nd\r\ne",
					"\b\f\v\x01\x1b\x1f\x7f",
					"back\\slash\\",
					"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80",
					"\xf4\x8f\xbf\xbf",
					"\xef\xbf\xbd\xef\xbb\xbf\xe2\x80\xa8",
					"e\xcc\x81\xe2\x80\xae",
					"# FIRST 1 ROWS:",
					"trailing ",
					"</script>",
					NULL};

static void hostile(struct world *w)
{
	enum { N = sizeof(contract_hostile) / sizeof(contract_hostile[0]) - 1 };
	struct text cells[N];

	for (size_t i = 0; i < N; i++)
		cells[i] = text_of(contract_hostile[i]);
	world_open(w);
	put_cells(w, 1, cells, N, 1); /* side by side */
	put_cells(w, 2, cells, 1, N); /* and one below the other */
	assert_int_equal(w->kind->reader->n_cells(w->target, sample_id(1), 0, 0), N);
	expect_count(w, "result_rows", 2, N);
	for (int64_t i = 0; i < N; i++) {
		expect_cell(w, 1, 0, 0, i, cells[i]);
		expect_cell(w, 2, 0, i, 0, cells[i]);
	}
}

/* Rows with more or fewer cells than the header are kept as they came. */
static void ragged(struct world *w)
{
	const struct text cells[] = {text_of("a"), text_of("b"), text_of("c")};
	struct job job = sample_job(1, JOB_STORED);
	struct query_result r = {.columns = cells, .n_columns = 2, .row_count = -1};

	world_open(w);
	put_begin(w, &job);
	put_action(w, 0);
	CALLED(w->sink->ops->result(w->sink, &r, &err));
	for (int64_t i = 0; i < 4; i++) {
		const struct row row = {.row_index = i, .cells = cells, .n = (size_t)i, .section = (enum row_section)i};
		CALLED(w->sink->ops->row(w->sink, &row, &err));
	}
	r.row_count = 4;
	CALLED(w->sink->ops->result_end(w->sink, &r, &err));
	put_commit(w, &job);
	world_flush(w);
	for (int64_t i = 0; i < 4; i++) {
		static const char *const names[] = {NULL, "first", "middle", "last"};
		struct buf section;
		buf_init(&section, 64);
		assert_int_equal(w->kind->reader->n_cells(w->target, sample_id(1), 0, i), i);
		assert_int_equal(w->kind->reader->section(w->target, sample_id(1), 0, i, &section), names[i] != NULL);
		assert_string_equal(buf_cstr(&section), names[i] ? names[i] : "");
		buf_free(&section);
	}
}

static void long_cell(struct world *w)
{
	const size_t n = (size_t)1 << 20;
	char *long_text = malloc(n);
	struct text cells[3];

	assert_non_null(long_text);
	for (size_t i = 0; i < n; i++)
		long_text[i] = "a\"\\\n\x01,"[i % 6];
	cells[0] = (struct text){long_text, n};
	cells[1] = text_of("after");
	cells[2] = (struct text){long_text, n - 1};
	world_open(w);
	put_cells(w, 1, cells, 1, 3);
	expect_cell(w, 1, 0, 0, 0, cells[0]);
	expect_cell(w, 1, 0, 1, 0, cells[1]);
	expect_cell(w, 1, 0, 2, 0, cells[2]);
	free(long_text);
}

/* OMNI_CONTRACT_ROWS=1000000 to see whether it stays linear. */
static void many_rows(struct world *w)
{
	const char *wanted = getenv("OMNI_CONTRACT_ROWS");
	const int64_t rows = wanted ? strtoll(wanted, NULL, 10) : 100000;
	char last[24];

	(void)snprintf(last, sizeof(last), "%" PRId64, rows - 1);
	world_open(w);
	put_result(w, 1, 2, rows, "many");
	put_result(w, 2, 1, 1, "few");
	world_flush(w);
	expect_count(w, "result_rows", 1, 2 * rows);
	expect_count(w, "result_rows", 2, 1);
	expect_cell(w, 1, 0, rows - 1, 0, text_of(last));
	expect_cell(w, 1, 1, 0, 0, text_of("0"));
	expect_cell(w, 1, 1, rows - 1, 0, text_of(last));
}

/* Never two copies; fewer results and rows than before leave nothing of the old ones. */
static void replaced(struct world *w)
{
	world_open(w);
	put_result(w, 1, 3, 50, "old");
	put_result(w, 2, 2, 10, "other");
	world_flush(w);
	put_result(w, 1, 2, 4, "new");
	world_flush(w);
	expect_count(w, "jobs", 1, 1);
	expect_count(w, "actions", 1, 2);
	expect_count(w, "results", 1, 2);
	expect_count(w, "result_rows", 1, 8);
	expect_cell(w, 1, 1, 3, 1, text_of("new"));
	expect_job(w, 1, "topic", "new");
	expect_job(w, 1, "row_count", "8");
	expect_count(w, "result_rows", 2, 20);
	expect_cell(w, 2, 1, 9, 1, text_of("other"));
	world_reopen(w);
	put_result(w, 1, 0, 0, "nothing");
	put_result(w, 2, 1, 11, "within");
	put_result(w, 2, 1, 12, "one group");
	world_flush(w);
	expect_count(w, "actions", 1, 0);
	expect_count(w, "result_rows", 1, 0);
	expect_count(w, "result_rows", 2, 12);
	expect_cell(w, 2, 0, 11, 1, text_of("one group"));
}

static void put_one_result(struct world *w, int64_t action, struct query_result r)
{
	r.action_index = action;
	put_action(w, action);
	CALLED(w->sink->ops->result(w->sink, &r, &err));
	CALLED(w->sink->ops->result_end(w->sink, &r, &err));
}

static void results(struct world *w)
{
	static const struct text labels[] = {{"Month", 5}, {"Say \"hi\"", 8}, {"Month", 5}};
	static const struct text types[] = {{"DATE", 4}, {NULL, 0}, {"STRING", 6}};
	struct job job = sample_job(1, JOB_STORED);
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
	const struct query_result failed = {.status = text_of("error"),
					    .csv_truncated = -1,
					    .has_results = -1,
					    .error_message = text_of("no such field"),
					    .error_detail = text_of("{\"line\": 3}")};
	const struct query_result empty = {.columns = labels, .csv_truncated = 0, .has_results = 1};

	world_open(w);
	put_begin(w, &job);
	put_one_result(w, 0, full);
	put_one_result(w, 2, failed);
	put_one_result(w, 3, empty);
	put_commit(w, &job);
	world_flush(w);
	expect_count(w, "results", 1, 3);
	expect_result(w, 1, 0, "result_id", "r-1");
	expect_result(w, 1, 0, "query_name", "by month");
	expect_result(w, 1, 0, "status", "success");
	expect_result(w, 1, 0, "query", "{\"fields\": [\"a.b\"]}");
	expect_result(w, 1, 0, "columns", "[\"Month\",\"Say \\\"hi\\\"\",\"Month\"]");
	expect_result(w, 1, 0, "column_types", "[\"DATE\",null,\"STRING\"]");
	expect_result(w, 1, 0, "csv_truncated", "1");
	expect_result(w, 1, 0, "has_results", "0");
	expect_result(w, 1, 0, "total_row_count", "12345678901");
	expect_result(w, 1, 0, "row_count", "0");
	expect_result(w, 1, 0, "error_message", NULL);
	expect_result(w, 1, 0, "extra", "{\"x\":1}");
	expect_result(w, 1, 2, "columns", NULL);
	expect_result(w, 1, 2, "column_types", NULL);
	expect_result(w, 1, 2, "csv_truncated", NULL);
	expect_result(w, 1, 2, "has_results", NULL);
	expect_result(w, 1, 2, "total_row_count", NULL);
	expect_result(w, 1, 2, "query", NULL);
	expect_result(w, 1, 2, "error_message", "no such field");
	expect_result(w, 1, 2, "error_detail", "{\"line\": 3}");
	expect_result(w, 1, 3, "columns", "[]");
	expect_result(w, 1, 3, "column_types", NULL);
}

static void actions(struct world *w)
{
	const struct job job = sample_job(1, JOB_STORED);
	struct action a = {.action_index = 0,
			   .type = text_of("summarize"),
			   .message = text_of("**caf\xc3\xa9**\n"),
			   .status = text_of("complete"),
			   .is_error = 1,
			   .extra = text_of("{\"toolName\":\"x\"}")};

	assert_int_equal(time_parse_iso("2025-01-15T10:00:10.1234567Z", 28, &a.timestamp), TIME_OK);
	world_open(w);
	put_begin(w, &job);
	CALLED(w->sink->ops->action(w->sink, &a, &err));
	put_action(w, 1);
	put_commit(w, &job);
	world_flush(w);
	expect_count(w, "actions", 1, 2);
	expect_count(w, "results", 1, 0);
	expect_action(w, 1, 0, "type", "summarize");
	expect_action(w, 1, 0, "message", "**caf\xc3\xa9**\n");
	expect_action(w, 1, 0, "timestamp", "2025-01-15T10:00:10.1234567Z");
	expect_action(w, 1, 0, "status", "complete");
	expect_action(w, 1, 0, "is_error", "1");
	expect_action(w, 1, 0, "extra", "{\"toolName\":\"x\"}");
	expect_action(w, 1, 1, "type", "generate_query");
	expect_action(w, 1, 1, "message", NULL);
	expect_action(w, 1, 1, "timestamp", NULL);
	expect_action(w, 1, 1, "is_error", NULL);
}

const struct contract_test tests_cells[] = {
    {"hostile cells", SINK_CELLS, hostile},
    {"ragged rows and sections", SINK_CELLS, ragged},
    {"a cell of 1 MiB", SINK_CELLS, long_cell},
    {"many rows", SINK_CELLS, many_rows},
    {"a result replaces a result", SINK_CELLS, replaced},
    {"fields of results", SINK_CELLS, results},
    {"fields of actions", SINK_CELLS, actions},
    {NULL, 0, NULL},
};
