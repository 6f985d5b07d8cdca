#include "summary.h"

#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void test_exit_code_precedence(void **state)
{
	/* Each case says all that the one before it said, and more. */
	struct summary s = {0};
	struct summary_end end = {0};

	(void)state;
	s.states[JOB_STORED] = 5;
	s.already_lost = 2;
	assert_int_equal(summary_exit_code(&s, &end), 0);
	s.invalid = 1;
	assert_int_equal(summary_exit_code(&s, &end), 7);
	end.list_cut = true;
	assert_int_equal(summary_exit_code(&s, &end), 3);
	end.list_cut = false;
	s.states[JOB_UNASKED] = 1;
	assert_int_equal(summary_exit_code(&s, &end), 3);
	s.states[JOB_NOT_FOUND] = 1;
	assert_int_equal(summary_exit_code(&s, &end), 4);
	end.sink_failed = true;
	assert_int_equal(summary_exit_code(&s, &end), 5);
	end.key_refused = true;
	assert_int_equal(summary_exit_code(&s, &end), 6);
	end.unexpected = true;
	assert_int_equal(summary_exit_code(&s, &end), 1);
	end.signal = 15;
	assert_int_equal(summary_exit_code(&s, &end), 143);
}

/* --complete-truncated: what is missing of it counts as jobs do. */
static void test_reruns(void **state)
{
	const struct summary_end end = {0};
	struct summary s = {
	    .unique = 1, .states = {[JOB_STORED] = 1}, .has_reruns = true, .reruns_stored = 2, .rerun_rows = 30};
	struct buf out;

	(void)state;
	assert_int_equal(summary_exit_code(&s, &end), 0);
	buf_init(&out, 1 << 20);
	assert_int_equal(summary_line(&s, &out), 0);
	assert_non_null(strstr(buf_cstr(&out), ", 2 truncated results completed with 30 rows, 0 requests"));
	assert_null(strstr(buf_cstr(&out), "not completed"));
	s.reruns_open = 1;
	assert_int_equal(summary_exit_code(&s, &end), 3);
	s.reruns_lost = 3;
	assert_int_equal(summary_exit_code(&s, &end), 4);
	s.known_lost = s.states[JOB_EXPIRED] = 5; /* one has nothing to do with the other */
	assert_int_equal(summary_exit_code(&s, &end), 4);
	buf_clear(&out);
	assert_int_equal(summary_line(&s, &out), 0);
	assert_non_null(strstr(buf_cstr(&out), ", 4 truncated results not completed"));
	buf_clear(&out);
	assert_int_equal(summary_json(&s, &out), 0);
	assert_non_null(
	    strstr(buf_cstr(&out), "\"reruns_stored\":2,\"reruns_open\":1,\"reruns_lost\":3,\"rerun_rows\":30"));
	s.run_id = "r";
	buf_clear(&out);
	assert_int_equal(summary_metrics(&s, TEXT_NULL, &out), 0);
	assert_non_null(strstr(buf_cstr(&out), "\nomni_export_reruns_open 1\n"));
	/* who has not asked for it hears nothing of it */
	s = (struct summary){.unique = 1};
	buf_clear(&out);
	assert_int_equal(summary_json(&s, &out), 0);
	assert_int_equal(summary_metrics(&s, TEXT_NULL, &out), 0);
	assert_null(strstr(buf_cstr(&out), "rerun"));
	buf_free(&out);
}

static void test_each_state_has_its_exit_code(void **state)
{
	static const struct {
		enum job_state state;
		int code;
	} cases[] = {
	    {JOB_STORED, 0},  {JOB_PENDING, 3},   {JOB_FAILED, 3},    {JOB_UNREADABLE, 3}, {JOB_DENIED, 3},
	    {JOB_EXPIRED, 4}, {JOB_NOT_FOUND, 4}, {JOB_NO_RESULT, 4}, {JOB_REJECTED, 4},   {JOB_UNASKED, 3},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct summary s = {0};
		struct summary_end end = {0};

		s.states[cases[i].state] = 1;
		assert_int_equal(summary_exit_code(&s, &end), cases[i].code);
	}
}

/* 4 is for what this run learned. */
static void test_what_was_lost_before_is_no_news(void **state)
{
	struct summary s = {.known_lost = 2};
	const struct summary_end end = {0};

	(void)state;
	s.states[JOB_NOT_FOUND] = 2;
	assert_int_equal(summary_exit_code(&s, &end), 0);
	s.states[JOB_FAILED] = 1;
	assert_int_equal(summary_exit_code(&s, &end), 3);
	s.states[JOB_EXPIRED] = 1;
	assert_int_equal(summary_exit_code(&s, &end), 4);
}

static void test_json_has_the_fields_of_the_contract(void **state)
{
	static const char expected[] = "{\"version\":\"1\",\"run_id\":\"r\",\"started_at\":\"1970-01-01T00:00:01."
				       "000Z\",\"finished_at\":null,\"exit_code\":3,"
				       "\"requested\":9,\"unique\":8,\"already_stored\":1,\"already_lost\":0,"
				       "\"stored\":2,\"pending\":1,\"failed\":1,\"unreadable\":0,"
				       "\"denied\":0,\"expired\":1,\"not_found\":0,\"no_result\":0,\"rejected\":0,"
				       "\"unasked\":2,\"invalid\":1,\"partial\":1,\"requests\":12,"
				       "\"retries\":2,\"rate_limited\":1,\"bytes\":2048,\"actions\":4,\"results\":3,"
				       "\"rows\":77,\"truncated_results\":1,\"warnings\":2,"
				       "\"next_expiry\":null,\"sinks\":[{\"sink\":\"sqlite:a\\\"b\",\"stored\":2,"
				       "\"failed\":1,\"error\":\"disk full\"}]}";
	struct summary s = {.version = "1",
			    .run_id = "r",
			    .exit_code = 3,
			    .requested = 9,
			    .unique = 8,
			    .already_stored = 1,
			    .invalid = 1,
			    .partial = 1,
			    .requests = 12,
			    .retries = 2,
			    .rate_limited = 1,
			    .bytes = 2048,
			    .actions = 4,
			    .results = 3,
			    .rows = 77,
			    .truncated_results = 1,
			    .warnings = 2,
			    .sinks = {{"sqlite:a\"b", "disk full", 2, 1}},
			    .n_sinks = 1};
	struct buf out;

	(void)state;
	stamp_from_us(&s.started_at, 1000000);
	s.states[JOB_STORED] = 2;
	s.states[JOB_PENDING] = s.states[JOB_FAILED] = s.states[JOB_EXPIRED] = 1;
	s.states[JOB_UNASKED] = 2;
	buf_init(&out, 10000);
	assert_int_equal(summary_json(&s, &out), 0);
	assert_string_equal(buf_cstr(&out), expected);
	buf_clear(&out);
	assert_int_equal(summary_line(&s, &out), 0);
	assert_string_equal(buf_cstr(&out), "3 of 8 jobs stored (1 already), 1 of them partial, 1 pending, 1 failed, 1 "
					    "expired, 2 unasked, 1 invalid line; 77 rows "
					    "(1 result truncated by the API), 12 requests, 2.0 KiB, 2 warnings");
	buf_free(&out);
}

/* The exposition format (0.0.4): each name has its HELP and its TYPE, once, before its values, which are numbers.
 * Returns how many values there are. */
static size_t check_format(const char *text)
{
	char name[100] = "", help[100], type[100], kind[20], *end;
	const char *line = text, *eol;
	size_t values = 0;

	for (; (eol = strchr(line, '\n')) != NULL; line = eol + 1) {
		if (sscanf(line, "# HELP %99s", help) == 1) {
			assert_non_null(memchr(line + 7, ' ', (size_t)(eol - line - 7)));
			assert_string_not_equal(help, name);
			line = eol + 1;
			eol = strchr(line, '\n');
			assert_non_null(eol);
			assert_int_equal(sscanf(line, "# TYPE %99s %19s", type, kind), 2);
			assert_string_equal(type, help);
			assert_string_equal(kind, "gauge");
			(void)snprintf(name, sizeof(name), "%s", help);
			continue;
		}
		assert_memory_equal(line, name, strlen(name));
		assert_non_null(strchr(" {", line[strlen(name)]));
		(void)strtod(strchr(line, ' ') + 1, &end);
		assert_ptr_equal(end, eol);
		values++;
	}
	assert_int_equal(*line, '\0');
	return values;
}

/* Only a run that looked for jobs says anything of it. */
static void test_what_was_discovered(void **state)
{
	struct summary s = {.has_discovered = true, .discovered = 7, .list_whole = true};
	struct buf out;

	(void)state;
	buf_init(&out, 1 << 16);
	for (int whole = 1; whole >= 0; whole--) {
		s.list_whole = whole != 0;
		buf_clear(&out);
		assert_int_equal(summary_json(&s, &out), 0);
		assert_non_null(strstr(buf_cstr(&out), whole ? "\"discovered\":7,\"list_whole\":true,"
							     : "\"discovered\":7,\"list_whole\":false,"));
		buf_clear(&out);
		assert_int_equal(summary_line(&s, &out), 0);
		assert_int_equal(strstr(buf_cstr(&out), "the list of jobs is not whole") != NULL, !whole);
	}
	buf_free(&out);
}

static void test_metrics(void **state)
{
	struct summary s = {.run_id = "r", .exit_code = 4};
	struct buf out;

	(void)state;
	buf_init(&out, 1 << 16);
	stamp_from_us(&s.started_at, 1000000);
	stamp_from_us(&s.finished_at, 61500000);
	stamp_from_us(&s.next_expiry, 161500000);
	s.states[JOB_EXPIRED] = 3;
	assert_int_equal(summary_metrics(&s, text_of("omni_export_last_success_timestamp_seconds 7\n"), &out), 0);
	assert_int_equal(check_format(buf_cstr(&out)), 24);
	assert_non_null(strstr(buf_cstr(&out), "\nomni_export_last_success_timestamp_seconds 7\n"));
	assert_non_null(strstr(buf_cstr(&out), "\nomni_export_last_run_duration_seconds 60.5\n"));
	assert_non_null(strstr(buf_cstr(&out), "\nomni_export_next_expiry_seconds 100\n"));
	assert_non_null(strstr(buf_cstr(&out), "\nomni_export_jobs{state=\"expired\"} 3\n"));
	buf_clear(&out);
	s.exit_code = 0;
	assert_int_equal(summary_metrics(&s, TEXT_NULL, &out), 0);
	assert_non_null(strstr(buf_cstr(&out), "\nomni_export_last_success_timestamp_seconds 61.5\n"));
	buf_free(&out);
}

/* It came to nothing: nothing is said of jobs, least of all that none is open. */
static void test_metrics_of_a_failure(void **state)
{
	struct summary s = {.exit_code = 5};
	struct buf out;

	(void)state;
	buf_init(&out, 1 << 16);
	stamp_from_us(&s.finished_at, 61500000);
	assert_int_equal(summary_metrics(&s, text_of("omni_export_last_success_timestamp_seconds 7.5\n"), &out), 0);
	(void)check_format(buf_cstr(&out));
	assert_non_null(strstr(buf_cstr(&out), "\nomni_export_last_success_timestamp_seconds 7.5\n"));
	assert_null(strstr(buf_cstr(&out), "omni_export_jobs"));
	assert_null(strstr(buf_cstr(&out), "oldest_open"));
	buf_free(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_exit_code_precedence),
	    cmocka_unit_test(test_reruns),
	    cmocka_unit_test(test_each_state_has_its_exit_code),
	    cmocka_unit_test(test_what_was_lost_before_is_no_news),
	    cmocka_unit_test(test_json_has_the_fields_of_the_contract),
	    cmocka_unit_test(test_what_was_discovered),
	    cmocka_unit_test(test_metrics),
	    cmocka_unit_test(test_metrics_of_a_failure),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
