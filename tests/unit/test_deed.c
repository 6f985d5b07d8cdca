#include "deed.h"

#include "unit.h"

#define NOW 1000

static const enum job_state not_results[] = {JOB_PENDING,   JOB_FAILED,    JOB_UNREADABLE, JOB_DENIED,  JOB_EXPIRED,
					     JOB_NOT_FOUND, JOB_NO_RESULT, JOB_REJECTED,   JOB_UNASKED, JOB_NONE};

/* Only a result replaces a result. */
static void test_what_is_stored_stays(void **state)
{
	const struct deed_held held = {.known = true, .state = JOB_STORED, .has_body = true};

	(void)state;
	for (size_t i = 0; not_results[i] != JOB_NONE; i++) {
		struct deed d = deed_of(&held, not_results[i], true, NOW);

		assert_int_equal(d.kind, not_results[i] == JOB_UNASKED ? DEED_NOTHING : DEED_ONLY_ERROR);
		assert_false(d.take_body);
		assert_false(d.settles);
	}
	assert_int_equal(deed_of(&held, JOB_STORED, true, NOW).kind, DEED_REPLACE);
}

static void test_a_result_replaces_everything(void **state)
{
	(void)state;
	for (size_t i = 0; not_results[i] != JOB_NONE; i++) {
		const struct deed_held held = {.known = true, .state = not_results[i], .has_body = true};

		assert_int_equal(deed_of(&held, JOB_STORED, true, NOW).kind, DEED_REPLACE);
		assert_true(deed_of(&held, JOB_STORED, true, NOW).take_body);
		assert_false(deed_of(&held, JOB_STORED, false, NOW).take_body);
	}
}

static void test_a_kept_body_stays_kept(void **state)
{
	const struct deed_held nothing = {0};
	const struct deed_held without = {.known = true, .state = JOB_FAILED};
	const struct deed_held with = {.known = true, .state = JOB_UNREADABLE, .has_body = true};

	(void)state;
	/* kept whatever the option says, since nothing else holds it */
	assert_true(deed_of(&nothing, JOB_UNREADABLE, false, NOW).take_body);
	assert_true(deed_of(&without, JOB_UNREADABLE, false, NOW).take_body);
	assert_false(deed_of(&with, JOB_UNREADABLE, true, NOW).take_body);
	assert_int_equal(deed_of(&with, JOB_EXPIRED, true, NOW).kind, DEED_VERDICT);
	assert_false(deed_of(&with, JOB_EXPIRED, true, NOW).take_body);
}

static void test_unasked_makes_a_record_only_where_there_is_none(void **state)
{
	const struct deed_held nothing = {0};
	const struct deed_held pending = {.known = true, .state = JOB_PENDING};

	(void)state;
	assert_int_equal(deed_of(&nothing, JOB_UNASKED, true, NOW).kind, DEED_VERDICT);
	assert_int_equal(deed_of(&pending, JOB_UNASKED, true, NOW).kind, DEED_NOTHING);
}

/* A partial job that was lost is asked for no more: its expiry is drawn in, unless it is over already. */
static void test_partial_and_lost(void **state)
{
	static const struct {
		enum job_state answer;
		int64_t expires;
		bool settles;
	} cases[] = {
	    {JOB_EXPIRED, NOW + 1, true}, {JOB_NOT_FOUND, 0, true},        {JOB_NO_RESULT, NOW + 1, true},
	    {JOB_EXPIRED, NOW, false},    {JOB_PENDING, NOW + 1, false},   {JOB_FAILED, 0, false},
	    {JOB_DENIED, 0, false},       {JOB_REJECTED, NOW + 100, true},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct deed_held held = {
		    .known = true, .state = JOB_STORED, .partial = true, .expires_at_us = cases[i].expires};

		assert_int_equal(deed_of(&held, cases[i].answer, true, NOW).settles, cases[i].settles);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_what_is_stored_stays),
	    cmocka_unit_test(test_a_result_replaces_everything),
	    cmocka_unit_test(test_a_kept_body_stays_kept),
	    cmocka_unit_test(test_unasked_makes_a_record_only_where_there_is_none),
	    cmocka_unit_test(test_partial_and_lost),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
