#include "summary.h"

#include "unit.h"

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
					    "expired, 2 unasked, 1 invalid lines; 77 rows "
					    "(1 results truncated by the API), 12 requests, 2.0 KiB, 2 warnings");
	buf_free(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_exit_code_precedence),
	    cmocka_unit_test(test_each_state_has_its_exit_code),
	    cmocka_unit_test(test_json_has_the_fields_of_the_contract),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
