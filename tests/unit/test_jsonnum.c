#include "jsonnum.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct {
	const char *text;
	int64_t value;
} whole[] = {
    {"0", 0},
    {"-0", 0},
    {"0.0", 0},
    {"-0.000e5", 0},
    {"0e999999999999999999999", 0},
    {"5", 5},
    {"-5", -5},
    {"5.0", 5},
    {"5.000000000000000000000000000000", 5},
    {"10e-1", 1},
    {"100000000000000000000000e-23", 1},
    {"0.00000000000000000000000000000001e32", 1},
    {"1e3", 1000},
    {"1E+3", 1000},
    {"1.5e1", 15},
    {"12.50e2", 1250},
    {"1000000", 1000000},
    {"100100", 100100},
    {"9007199254740993", 9007199254740993},
    {"9223372036854775807", INT64_MAX},
    {"9223372036854775807.0", INT64_MAX},
    {"922337203685477580.7e1", INT64_MAX},
    {"9.223372036854775807E18", INT64_MAX},
    {"-9223372036854775808", INT64_MIN},
    {"-9223372036854775808.00e0", INT64_MIN},
};

static const char *const no_int64[] = {
    "0.5",
    "-0.1",
    "5.01",
    "1e-1",
    "15e-1",
    "1.55e1",
    "1.0000000000000000000000000000001",
    "9223372036854775808",
    "-9223372036854775809",
    "9223372036854775807.5",
    "18446744073709551615",
    "18446744073709551616",
    "1e19",
    "1e999",
    "-1e999999999999999999999999",
    "1e-999999999999999999999999",
    "99999999999999999999999999999999999999",
};

static void whole_numbers(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(whole) / sizeof(whole[0]); i++) {
		int64_t out = 77;

		if (!jsonnum_int64(whole[i].text, strlen(whole[i].text), &out) || out != whole[i].value)
			fail_msg("%s: %lld", whole[i].text, (long long)out);
	}
}

static void all_others(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(no_int64) / sizeof(no_int64[0]); i++) {
		int64_t out = 77;

		if (jsonnum_int64(no_int64[i], strlen(no_int64[i]), &out))
			fail_msg("%s is no int64, but became %lld", no_int64[i], (long long)out);
		assert_int_equal(out, 77);
	}
}

/* A million digits are a number like any other. */
static void long_ones(void **state)
{
	const size_t n = 1000000;
	char *p = malloc(n);
	int64_t out = 77;

	(void)state;
	assert_non_null(p);
	memset(p, '0', n);
	p[0] = '7';
	assert_false(jsonnum_int64(p, n, &out));
	memcpy(p + n - 8, "e-999990", 8); /* 7, 999991 zeros, and 999990 places back */
	assert_true(jsonnum_int64(p, n, &out));
	assert_int_equal(out, 70);
	memcpy(p + n - 8, "e-999992", 8);
	assert_false(jsonnum_int64(p, n, &out));
	p[1] = '.';
	memcpy(p + n - 8, "000000e1", 8);
	assert_true(jsonnum_int64(p, n, &out));
	assert_int_equal(out, 70);
	free(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(whole_numbers),
	    cmocka_unit_test(all_others),
	    cmocka_unit_test(long_ones),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
