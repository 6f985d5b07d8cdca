#include "jsonl_lines.h"

#include "unit.h"

#include <string.h>

#define ID "abcdef01-0000-4000-8000-000000000001"

static struct buf out;

static void is(int rc, const char *expected)
{
	assert_int_equal(rc, 0);
	assert_string_equal(buf_cstr(&out), expected);
	buf_clear(&out);
}

static void rows(void **state)
{
	const struct text cells[] = {text_of("a\"\n"), text_of(""), text_of("\xc3\xa9")};
	const struct row none = {.action_index = 1, .row_index = 0};
	const struct row three = {
	    .action_index = 12, .row_index = 3456789012, .section = SECTION_MIDDLE, .cells = cells, .n = 3};

	(void)state;
	is(jsonl_lines_row(&out, ID, &none, "p"),
	   "{\"job_id\":\"" ID "\",\"action_index\":1,\"row_index\":0,\"section\":null,\"cells\":[],\"part\":\"p\"}\n");
	is(jsonl_lines_row(&out, ID, &three, "p"),
	   "{\"job_id\":\"" ID "\",\"action_index\":12,\"row_index\":3456789012,\"section\":\"middle\","
	   "\"cells\":[\"a\\\"\\n\",\"\",\"\xc3\xa9\"],\"part\":\"p\"}\n");
}

/* JSON stays JSON, but in one line: between its tokens there may be line ends. */
static void results(void **state)
{
	const struct text labels[] = {text_of("A"), text_of("A")}, types[] = {text_of("DATE"), TEXT_NULL};
	const struct query_result full = {.action_index = 2,
					  .result_id = text_of("r"),
					  .query_name = text_of("q\n"),
					  .status = text_of("success"),
					  .query = text_of("{\r\n\t\"a\":\n[1.50, \"x\\n\"]}"),
					  .columns = labels,
					  .column_types = types,
					  .n_columns = 2,
					  .csv_truncated = 1,
					  .has_results = 0,
					  .has_total = true,
					  .total_row_count = 5,
					  .row_count = 4,
					  .error_message = text_of("m"),
					  .error_detail = text_of("{\"line\":\n3}"),
					  .extra = text_of("{}")};
	const struct query_result bare = {
	    .column_types = types, .n_columns = 2, .csv_truncated = -1, .has_results = -1};
	const struct query_result empty = {.columns = labels, .csv_truncated = 0, .has_results = 1};

	(void)state;
	is(jsonl_lines_result(&out, ID, &full, "p"),
	   "{\"job_id\":\"" ID
	   "\",\"action_index\":2,\"result_id\":\"r\",\"query_name\":\"q\\n\",\"status\":\"success\","
	   "\"query\":{  \t\"a\": [1.50, \"x\\n\"]},\"columns\":[\"A\",\"A\"],\"column_types\":[\"DATE\",null],"
	   "\"csv_truncated\":true,\"has_results\":false,\"total_row_count\":5,\"row_count\":4,\"error_message\":\"m\","
	   "\"error_detail\":\"{\\\"line\\\":\\n3}\",\"extra\":{},\"part\":\"p\"}\n");
	is(jsonl_lines_result(&out, ID, &bare, "p"),
	   "{\"job_id\":\"" ID "\",\"action_index\":0,\"result_id\":null,\"query_name\":null,\"status\":null,"
	   "\"query\":null,\"columns\":null,\"column_types\":null,\"csv_truncated\":null,\"has_results\":null,"
	   "\"total_row_count\":null,\"row_count\":0,\"error_message\":null,\"error_detail\":null,\"extra\":null,"
	   "\"part\":\"p\"}\n");
	assert_int_equal(jsonl_lines_result(&out, ID, &empty, "p"), 0);
	assert_non_null(strstr(buf_cstr(&out), "\"columns\":[],\"column_types\":null,\"csv_truncated\":false,"
					       "\"has_results\":true"));
	buf_clear(&out);
}

static void actions(void **state)
{
	struct action a = {.action_index = 3,
			   .type = text_of("summarize"),
			   .message = text_of("m\r\n"),
			   .status = text_of("complete"),
			   .is_error = 1,
			   .extra = text_of("{\"x\":\n1}")};

	(void)state;
	stamp_from_us(&a.timestamp, 1736935200500000);
	is(jsonl_lines_action(&out, ID, &a, "p"),
	   "{\"job_id\":\"" ID "\",\"action_index\":3,\"type\":\"summarize\",\"message\":\"m\\r\\n\","
	   "\"timestamp\":\"2025-01-15T10:00:00.500Z\",\"status\":\"complete\",\"is_error\":true,\"extra\":{\"x\": 1},"
	   "\"part\":\"p\"}\n");
}

static void jobs(void **state)
{
	struct job job = {.state = JOB_STORED,
			  .instance = text_of("https://i"),
			  .partial = true,
			  .http_status = 200,
			  .topic = text_of("t"),
			  .message = text_of("m"),
			  .result_summary = text_of(""),
			  .omni_chat_url = text_of("u"),
			  .attempts = 2,
			  .body_bytes = 9,
			  .action_count = 1,
			  .result_count = 2,
			  .row_count = 3,
			  .warnings = text_of("[\"w\"]"),
			  .input = text_of("{\"id\":1}"),
			  .details = text_of("{\n}"),
			  .extra = text_of("{\"a\":null}")};

	(void)state;
	assert_true(uuid_parse(ID, UUID_TEXT_LEN, &job.id));
	memset(job.body_sha256, 0xc1, SHA256_LEN);
	stamp_from_us(&job.first_action_at, 1736935200000000);
	stamp_from_us(&job.stored_at, 1736935201000000);
	is(jsonl_lines_job(&out, &job, "run-1", "p"),
	   "{\"job_id\":\"" ID
	   "\",\"instance\":\"https://i\",\"state\":\"stored\",\"partial\":true,\"http_status\":200,"
	   "\"error\":null,\"topic\":\"t\",\"message\":\"m\",\"result_summary\":\"\",\"omni_chat_url\":\"u\","
	   "\"first_action_at\":\"2025-01-15T10:00:00.000Z\",\"last_action_at\":null,\"expires_at\":null,\"attempts\":"
	   "2,"
	   "\"requested_at\":null,\"fetched_at\":null,\"stored_at\":\"2025-01-15T10:00:01.000Z\",\"body_bytes\":9,"
	   "\"body_sha256\":\"c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1\",\"action_count\":1,"
	   "\"result_count\":2,\"row_count\":3,\"warnings\":[\"w\"],\"input\":{\"id\":1},\"details\":{ },"
	   "\"extra\":{\"a\":null},\"run_id\":\"run-1\",\"part\":\"p\"}\n");
	job.body_bytes = -1;
	job.http_status = 0;
	assert_int_equal(jsonl_lines_job(&out, &job, "run-1", "p"), 0);
	assert_non_null(strstr(buf_cstr(&out), "\"http_status\":null"));
	assert_non_null(strstr(buf_cstr(&out), "\"body_bytes\":null,\"body_sha256\":null"));
	buf_clear(&out);
}

/* A line that does not fit leaves nothing of itself. */
static void too_large(void **state)
{
	static char big[4000];
	const struct text cell = {big, sizeof(big)};
	const struct row row = {.cells = &cell, .n = 1};

	(void)state;
	memset(big, 'x', sizeof(big));
	assert_int_equal(buf_adds(&out, "before\n"), 0);
	for (size_t room = 0; room < sizeof(big); room += 97) {
		out.max = out.len + room;
		assert_int_equal(jsonl_lines_row(&out, ID, &row, "p"), -1);
		assert_string_equal(buf_cstr(&out), "before\n");
	}
	out.max = sizeof(big) + 1000;
	assert_int_equal(jsonl_lines_row(&out, ID, &row, "p"), 0);
	buf_clear(&out);
}

static void ids(void **state)
{
	struct uuid id, expected;

	(void)state;
	assert_true(uuid_parse(ID, UUID_TEXT_LEN, &expected));
	assert_int_equal(jsonl_lines_row(&out, ID, &(struct row){0}, "p"), 0);
	assert_true(jsonl_lines_id(out.data, &id));
	assert_int_equal(uuid_cmp(&id, &expected), 0);
	out.data[3] = 'X';
	assert_false(jsonl_lines_id(out.data, &id));
	out.data[3] = 'o';
	out.data[12] = 'X';
	assert_false(jsonl_lines_id(out.data, &id));
	buf_clear(&out);
}

static int set_up(void **state)
{
	(void)state;
	buf_init(&out, 65536);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	buf_free(&out);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(rows), cmocka_unit_test(results),   cmocka_unit_test(actions),
	    cmocka_unit_test(jobs), cmocka_unit_test(too_large), cmocka_unit_test(ids),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
