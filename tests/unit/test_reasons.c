#include "reasons.h"

#include "unit.h"

#include <stdio.h>
#include <string.h>

static struct uuid id_of(unsigned n)
{
	struct uuid id = {{0}};

	id.b[0] = (uint8_t)n;
	return id;
}

static void add(struct reasons *r, enum job_state state, const char *error, unsigned n)
{
	const struct uuid id = id_of(n);

	assert_int_equal(reasons_add(r, state, text_of(error), &id), 0);
}

static void test_the_same_reason_is_told_once(void **state)
{
	struct reasons r = {0};
	struct buf line;

	(void)state;
	add(&r, JOB_FAILED, "HTTP 503 after 14 s", 1);
	add(&r, JOB_FAILED, "HTTP 503 after 3 s", 2);
	add(&r, JOB_FAILED, "HTTP 503 after s", 3);    /* no number is not a number */
	add(&r, JOB_DENIED, "HTTP 503 after 14 s", 4); /* another state */
	add(&r, JOB_FAILED, NULL, 5);
	add(&r, JOB_FAILED, "", 6);
	add(&r, JOB_FAILED, "HTTP 503 after 14 s, or so", 7);
	assert_int_equal(r.n, 5);
	reasons_sort(&r);
	assert_int_equal(r.at[0].n, 2);
	assert_int_equal(r.at[1].n, 2);
	buf_init(&line, 10000);
	assert_int_equal(reasons_say(&r.at[0], &line), 0);
	assert_string_equal(buf_cstr(&line),
			    "2 failed: HTTP 503 after 14 s (for instance 01000000-0000-0000-0000-000000000000)");
	buf_clear(&line);
	assert_int_equal(reasons_say(&r.at[1], &line), 0);
	assert_string_equal(buf_cstr(&line), "2 failed (for instance 05000000-0000-0000-0000-000000000000)");
	buf_free(&line);
	reasons_free(&r);
}

static void test_what_is_lost_comes_before_what_is_open(void **state)
{
	struct reasons r = {0};

	(void)state;
	add(&r, JOB_PENDING, "a", 1);
	add(&r, JOB_EXPIRED, "b", 2);
	add(&r, JOB_FAILED, "c", 3);
	add(&r, JOB_FAILED, "c", 4);
	reasons_sort(&r);
	assert_int_equal(r.at[0].state, JOB_FAILED);
	assert_int_equal(r.at[1].state, JOB_EXPIRED);
	assert_int_equal(r.at[2].state, JOB_PENDING);
	reasons_free(&r);
}

static void test_there_is_an_end_to_reasons(void **state)
{
	struct reasons r = {0};
	char error[4];

	(void)state;
	for (unsigned i = 0; i < REASONS_MAX + 5; i++) {
		(void)snprintf(error, sizeof(error), "%c%c", 'a' + (char)(i / 26), 'a' + (char)(i % 26));
		add(&r, JOB_FAILED, error, 1);
	}
	assert_int_equal(r.n, REASONS_MAX);
	assert_int_equal(r.others, 5);
	add(&r, JOB_FAILED, "aa", 1); /* what is known goes on counting */
	assert_int_equal(r.at[0].n, 2);
	reasons_free(&r);
}

static void test_a_terminal_obeys_no_reason(void **state)
{
	struct reasons r = {0};
	struct buf line;

	(void)state;
	buf_init(&line, 100000);
	add(&r, JOB_FAILED, "\033[2J\n", 1);
	assert_int_equal(reasons_say(&r.at[0], &line), 0);
	assert_null(strpbrk(buf_cstr(&line), "\033\n"));
	buf_free(&line);
	reasons_free(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_the_same_reason_is_told_once),
	    cmocka_unit_test(test_what_is_lost_comes_before_what_is_open),
	    cmocka_unit_test(test_there_is_an_end_to_reasons),
	    cmocka_unit_test(test_a_terminal_obeys_no_reason),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
