#include "since.h"

#include "unit.h"

#include <string.h>

#define NOW_US INT64_C(1764237600000000) /* 2025-11-27T10:00:00Z */

static void test_spans(void **state)
{
	static const struct {
		const char *text;
		int64_t seconds;
	} cases[] = {{"30s", 30}, {"90m", 5400}, {"36h", 129600}, {"14d", 1209600}, {"2w", 1209600}, {"0d", 0}};
	struct err err;
	int64_t us;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(since_parse(cases[i].text, NOW_US, &us, &err), 0);
		assert_int_equal(us, NOW_US - cases[i].seconds * 1000000);
	}
}

static void test_times(void **state)
{
	struct err err;
	int64_t us;

	(void)state;
	assert_int_equal(since_parse("2025-11-27", NOW_US, &us, &err), 0);
	assert_int_equal(us, NOW_US - INT64_C(36000000000));
	assert_int_equal(since_parse("2025-11-27T12:00:00+02:00", NOW_US, &us, &err), 0);
	assert_int_equal(us, NOW_US);
}

static void test_nonsense_is_told(void **state)
{
	static const char *const bad[] = {"",   "d",   "14",        "14 d",       "-3d",
					  "3y", "3dd", "yesterday", "2025-02-30", "99999999999999999999d"};
	struct err err;
	int64_t us = 7;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(since_parse(bad[i], NOW_US, &us, &err), -1);
		assert_int_equal(err.kind, ERR_USAGE);
		assert_non_null(strstr(err.msg, "such as"));
		assert_int_equal(us, 7);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_spans), cmocka_unit_test(test_times),
					   cmocka_unit_test(test_nonsense_is_told)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
