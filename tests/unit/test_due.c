#include "due.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define N 1000

static void gives_the_earliest_first(void **state)
{
	static int64_t times[N];
	struct due d;
	uint32_t random = 1;
	int64_t at, last = -1;

	(void)state;
	due_init(&d);
	assert_int_equal(due_reserve(&d, N), 0);
	for (size_t i = 0; i < N; i++) {
		random = random * 1664525u + 1013904223u;
		times[i] = random >> 20;
		due_put(&d, times[i], &times[i]);
	}
	for (size_t i = 0; i < N; i++) {
		int64_t *first = due_first(&d, &at);

		assert_ptr_equal(due_take(&d), first);
		assert_int_equal(*first, at);
		assert_true(at >= last);
		last = at;
	}
	assert_null(due_take(&d));
	assert_null(due_first(&d, &at));
	due_free(&d);
}

static void equal_times_keep_their_order(void **state)
{
	char things[50];
	struct due d;

	(void)state;
	due_init(&d);
	assert_int_equal(due_reserve(&d, 50), 0);
	for (int round = 0; round < 2; round++) {
		for (size_t i = 0; i < 50; i++)
			due_put(&d, (int64_t)(i % 2), &things[i]);
		for (size_t i = 0; i < 50; i += 2)
			assert_ptr_equal(due_take(&d), &things[i]);
		for (size_t i = 1; i < 50; i += 2)
			assert_ptr_equal(due_take(&d), &things[i]);
	}
	due_free(&d);
}

static void growing_keeps_what_is_in(void **state)
{
	char a, b;
	struct due d;

	(void)state;
	due_init(&d);
	assert_null(due_take(&d));
	assert_int_equal(due_reserve(&d, 1), 0);
	due_put(&d, INT64_MAX, &a);
	assert_int_equal(due_reserve(&d, 5000), 0);
	assert_int_equal(due_reserve(&d, 2), 0);
	due_put(&d, INT64_MIN, &b);
	assert_int_equal(due_reserve(&d, SIZE_MAX), -1);
	assert_ptr_equal(due_take(&d), &b);
	assert_ptr_equal(due_take(&d), &a);
	due_free(&d);
	assert_null(due_first(&d, NULL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(gives_the_earliest_first),
	    cmocka_unit_test(equal_times_keep_their_order),
	    cmocka_unit_test(growing_keeps_what_is_in),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
