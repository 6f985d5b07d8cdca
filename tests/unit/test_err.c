#include "err.h"

#include "unit.h"

#include <errno.h>
#include <string.h>

static void test_says_what_and_why(void **state)
{
	struct err err;

	(void)state;
	assert_int_equal(err_sys(&err, ERR_FATAL, ENOENT, "cannot open '%s'", "jobs.txt"), -1);
	assert_string_equal(err.msg, "cannot open 'jobs.txt': No such file or directory");
	assert_int_equal(err.kind, ERR_FATAL);
	assert_int_equal(err_set(NULL, ERR_JOB, "nobody listens"), -1);
	assert_int_equal(err_sys(NULL, ERR_JOB, EIO, "nobody listens"), -1);
}

/* A message that is too long is cut between two characters, wherever the limit falls. */
static void test_cuts_between_characters(void **state)
{
	char text[600];
	struct err err;

	(void)state;
	for (size_t lead = 0; lead < 4; lead++) {
		memset(text, 'x', lead);
		for (size_t i = lead; i + 3 < sizeof(text); i += 3)
			memcpy(text + i, "\xe2\x82\xac", 4); /* the euro sign */
		(void)err_set(&err, ERR_JOB, "%s", text);
		assert_true(strlen(err.msg) > sizeof(err.msg) - 5);
		assert_int_equal((strlen(err.msg) - lead) % 3, 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_says_what_and_why),
	    cmocka_unit_test(test_cuts_between_characters),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
