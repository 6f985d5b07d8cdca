#include "retry.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define ALMOST_ONE 0.999999999

static const struct retry_policy usual = {.wait_ms = 1000, .max_wait_ms = 120000, .retries = 8};

static void doubles_until_the_cap(void **state)
{
	static const int64_t full[] = {1000, 2000, 4000, 8000, 16000, 32000, 64000, 120000};

	(void)state;
	for (int tries = 1; tries <= 8; tries++) {
		assert_int_equal(retry_wait_ms(&usual, tries, -1, 0.0), 0);
		assert_int_equal(retry_wait_ms(&usual, tries, -1, 0.5), full[tries - 1] / 2);
		assert_int_equal(retry_wait_ms(&usual, tries, -1, ALMOST_ONE), full[tries - 1] - 1);
	}
}

static void stops_after_the_last_try(void **state)
{
	const struct retry_policy none = {.wait_ms = 1000, .max_wait_ms = 120000, .retries = 0};

	(void)state;
	assert_true(retry_wait_ms(&usual, 8, -1, 0.5) >= 0);
	assert_int_equal(retry_wait_ms(&usual, 9, -1, 0.5), RETRY_STOP);
	assert_int_equal(retry_wait_ms(&usual, 9, 5000, 0.5), RETRY_STOP);
	assert_int_equal(retry_wait_ms(&none, 1, -1, 0.5), RETRY_STOP);
}

static void retry_after_is_a_floor_up_to_the_cap(void **state)
{
	(void)state;
	assert_int_equal(retry_wait_ms(&usual, 1, 30000, ALMOST_ONE), 30000);
	assert_int_equal(retry_wait_ms(&usual, 6, 300, 0.5), 16000);
	assert_int_equal(retry_wait_ms(&usual, 1, 0, 0.0), 0);
	assert_int_equal(retry_wait_ms(&usual, 1, 3600000, 0.0), 120000);
	assert_int_equal(retry_wait_ms(&usual, 1, INT64_MAX, ALMOST_ONE), 120000);
}

static void never_overflows(void **state)
{
	const struct retry_policy huge = {.wait_ms = INT64_MAX / 3, .max_wait_ms = INT64_MAX, .retries = INT32_MAX};
	const struct retry_policy zero = {.wait_ms = 0, .max_wait_ms = 120000, .retries = INT32_MAX};
	const struct retry_policy odd = {.wait_ms = 5000, .max_wait_ms = 100, .retries = INT32_MAX};

	(void)state;
	for (int tries = 1; tries < 200; tries++) {
		assert_true(retry_wait_ms(&huge, tries, -1, 0.25) > 0);
		assert_int_equal(retry_wait_ms(&zero, tries, -1, 0.9), 0);
		assert_int_equal(retry_wait_ms(&odd, tries, -1, 0.5), 50);
	}
	assert_int_equal(retry_wait_ms(&usual, INT32_MAX - 1, -1, 0.5), RETRY_STOP);
	assert_int_equal(retry_wait_ms(&zero, INT32_MAX, 7, 0.5), 7);
}

static void a_pause_has_no_lower_half(void **state)
{
	(void)state;
	assert_int_equal(retry_pause_ms(&usual, 1, -1, 0.0), 500);
	assert_int_equal(retry_pause_ms(&usual, 1, -1, ALMOST_ONE), 999);
	assert_int_equal(retry_pause_ms(&usual, 3, -1, 0.0), 2000);
	assert_int_equal(retry_pause_ms(&usual, 3, -1, 0.5), 3000);
	assert_int_equal(retry_pause_ms(&usual, 100, -1, 0.0), 60000);
	assert_int_equal(retry_pause_ms(&usual, 100, -1, ALMOST_ONE), 119999);
	assert_int_equal(retry_pause_ms(&usual, 1, 20000, 0.0), 20000);
	assert_int_equal(retry_pause_ms(&usual, 1, 900000, 0.0), 120000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(doubles_until_the_cap),
	    cmocka_unit_test(stops_after_the_last_try),
	    cmocka_unit_test(retry_after_is_a_floor_up_to_the_cap),
	    cmocka_unit_test(never_overflows),
	    cmocka_unit_test(a_pause_has_no_lower_half),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
