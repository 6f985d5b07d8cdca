#include "timeutil.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

/* Some second of that year. */
#define Y1999 INT64_C(930000000)
#define Y2026 INT64_C(1795000000)
#define Y2080 INT64_C(3480000000)

static void reads_iso(void **state)
{
	static const struct {
		const char *in;
		enum time_parse result;
		const char *text;
		int64_t us;
	} cases[] = {
	    {"2025-01-15T10:00:10.000Z", TIME_OK, "2025-01-15T10:00:10.000Z", 1736935210000000},
	    {"2025-01-15T10:00:10Z", TIME_OK, "2025-01-15T10:00:10Z", 1736935210000000},
	    {"2025-01-15t10:00:10z", TIME_OK, "2025-01-15T10:00:10Z", 1736935210000000},
	    {"2025-01-15 10:00:10.5+00:00", TIME_OK, "2025-01-15T10:00:10.5Z", 1736935210500000},
	    {"2025-01-15T12:30:10,123456789+02:30", TIME_OK, "2025-01-15T10:00:10.123456789Z", 1736935210123456},
	    {"2025-01-15T12:30:10+0230", TIME_OK, "2025-01-15T10:00:10Z", 1736935210000000},
	    {"2025-01-14T22:00:10-12", TIME_OK, "2025-01-15T10:00:10Z", 1736935210000000},
	    {"2025-01-15T10:00:10-00:00", TIME_OK, "2025-01-15T10:00:10Z", 1736935210000000},
	    {"2025-01-15T10:00Z", TIME_OK, "2025-01-15T10:00:00Z", 1736935200000000},
	    {"2025-01-15T10:00", TIME_NO_OFFSET, "2025-01-15T10:00:00Z", 1736935200000000},
	    {"2025-01-15 10:00:10.25", TIME_NO_OFFSET, "2025-01-15T10:00:10.25Z", 1736935210250000},
	    {"2025-01-15", TIME_NO_OFFSET, "2025-01-15T00:00:00Z", 1736899200000000},
	    {"2024-02-29T00:00:00Z", TIME_OK, "2024-02-29T00:00:00Z", 1709164800000000},
	    {"2000-02-29T00:00:00Z", TIME_OK, "2000-02-29T00:00:00Z", 951782400000000},
	    {"2024-12-31T23:30:00-01:00", TIME_OK, "2025-01-01T00:30:00Z", 1735691400000000},
	    {"2016-12-31T23:59:60Z", TIME_OK, "2016-12-31T23:59:59Z", 1483228799000000},
	    {"1970-01-01T00:00:00Z", TIME_OK, "1970-01-01T00:00:00Z", 0},
	    {"1969-12-31T23:59:59.75Z", TIME_OK, "1969-12-31T23:59:59.75Z", -250000},
	    {"0001-01-01T00:00:00Z", TIME_OK, "0001-01-01T00:00:00Z", -62135596800000000},
	    {"9999-12-31T23:59:59.99999999999999999999Z", TIME_OK, "9999-12-31T23:59:59.99999999999999999999Z",
	     253402300799999999},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct stamp t = {0};

		assert_int_equal(time_parse_iso(cases[i].in, strlen(cases[i].in), &t), cases[i].result);
		assert_string_equal(t.text, cases[i].text);
		if (t.us != cases[i].us)
			fail_msg("%s: %lld", cases[i].in, (long long)t.us);
	}
}

static void refuses_what_is_no_time(void **state)
{
	static const char *const bad[] = {
	    "",
	    "2",
	    "2025",
	    "2025-01",
	    "20250115",
	    "2025-1-15",
	    "now",
	    "1736935210",
	    "2025-01-15T",
	    "2025-01-15Z",
	    "2025-01-15T10",
	    "2025-01-15T10Z",
	    "2025-01-15T10:0Z",
	    "2025-01-15T1000Z",
	    "2025-01-15_10:00:10Z",
	    "2025-01-15  10:00:10Z",
	    " 2025-01-15T10:00:10Z",
	    "2025-01-15T10:00:10Z ",
	    "2025-01-15T10:00:10 Z",
	    "2025-01-15T10:00:10ZZ",
	    "2025-01-15T10:00:10.Z",
	    "2025-01-15T10:00:10.",
	    "2025-01-15T10:00.5Z",
	    "2025-01-15T10:00:10.123456789012345678901Z",
	    "2025-01-15T10:00:10+",
	    "2025-01-15T10:00:10+1",
	    "2025-01-15T10:00:10+01:",
	    "2025-01-15T10:00:10+01:3",
	    "2025-01-15T10:00:10+013",
	    "2025-01-15T10:00:10+24:00",
	    "2025-01-15T10:00:10+01:60",
	    "2025-01-15T10:00:10+01:00:00",
	    "2025-00-15T10:00:10Z",
	    "2025-13-15T10:00:10Z",
	    "2025-01-00T10:00:10Z",
	    "2025-01-32T10:00:10Z",
	    "2025-02-29T10:00:10Z",
	    "1900-02-29T10:00:10Z",
	    "2025-04-31T10:00:10Z",
	    "2025-02-30",
	    "2025-01-15T24:00:00Z",
	    "2025-01-15T10:60:00Z",
	    "2025-01-15T10:00:61Z",
	    "0000-12-31T00:00:00Z",
	    "0001-01-01T00:00:00+00:01",
	    "9999-12-31T23:59:59-00:01",
	    "-001-01-01T00:00:00Z",
	    "+2025-01-15T10:00:10Z",
	    "2025-01-15T-1:00:00Z",
	};
	struct stamp t, untouched;

	(void)state;
	memset(&t, 0x5a, sizeof(t));
	untouched = t;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		/* On the heap and without a NUL, so that reading beyond the end shows. */
		size_t n = strlen(bad[i]);
		char *copy = malloc(n + (n == 0));
		assert_non_null(copy);
		memcpy(copy, bad[i], n);
		if (time_parse_iso(copy, n, &t) != TIME_BAD)
			fail_msg("'%s' was taken", bad[i]);
		assert_memory_equal(&t, &untouched, sizeof(t));
		free(copy);
	}
	assert_int_equal(time_parse_iso("2025-01-15\0", 11, &t), TIME_BAD);
	assert_int_equal(time_parse_iso("2025-01-15\0"
					"10:00",
					16, &t),
			 TIME_BAD);
	assert_int_equal(time_parse_iso(NULL, 0, &t), TIME_BAD);
}

/* Our calendar against the C library's, a day and a bit at a time over 800 years. */
static void agrees_with_gmtime(void **state)
{
	(void)state;
	for (int64_t s = -12622780800; s < 12622780800; s += 86400 + 3661) {
		struct tm tm;
		char text[64], http[64];
		struct stamp t = {0};
		time_t when = (time_t)s;

		assert_non_null(gmtime_r(&when, &tm));
		assert_true(strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S.000Z", &tm) > 0);
		stamp_from_us(&t, s * 1000000);
		assert_string_equal(t.text, text);
		memset(&t, 0, sizeof(t));
		assert_int_equal(time_parse_iso(text, strlen(text), &t), TIME_OK);
		assert_true(t.us == s * 1000000);
		assert_true(strftime(http, sizeof(http), "%a, %d %b %Y %H:%M:%S GMT", &tm) > 0);
		assert_true(time_parse_http(http, strlen(http), 0) == (s < 0 ? -1 : s));
	}
}

static void reads_http_dates(void **state)
{
	static const struct {
		const char *in;
		int64_t now, out;
	} cases[] = {
	    {"Sun, 06 Nov 1994 08:49:37 GMT", Y2026, 784111777},
	    {" \tSun, 06 Nov 1994 08:49:37 GMT  ", Y2026, 784111777},
	    {"sun, 06 nov 1994 08:49:37 gmt", Y2026, 784111777},
	    {"Sun, 06 Nov 1994 08:49:37 UTC", Y2026, 784111777},
	    {"Sunday, 06-Nov-94 08:49:37 GMT", Y2026, 784111777},
	    {"Sun Nov  6 08:49:37 1994", Y2026, 784111777},
	    {"Wed Nov 16 08:49:37 1994", Y2026, 784975777},
	    {"Sat, 31 Dec 2016 23:59:60 GMT", Y2026, 1483228799},
	    {"Friday, 06-Nov-26 08:49:37 GMT", Y2026, 1793954977},
	    {"Friday, 06-Nov-76 08:49:37 GMT", Y2026, 3371878177},  /* 2076: 50 years on */
	    {"Saturday, 06-Nov-77 08:49:37 GMT", Y2026, 247654177}, /* 1977 */
	    {"Tuesday, 06-Nov-01 08:49:37 GMT", Y1999, 1005036577}, /* 2001, seen from 1999 */
	    {"Tuesday, 06-Nov-01 08:49:37 GMT", Y2080, 4160710177}, /* 2101 */
	    {"", Y2026, -1},
	    {"  ", Y2026, -1},
	    {"120", Y2026, -1},
	    {"Sun", Y2026, -1},
	    {"Sun,", Y2026, -1},
	    {"Xyz, 06 Nov 1994 08:49:37 GMT", Y2026, -1},
	    {"Sun, 06 Nov 1994 08:49:37", Y2026, -1},
	    {"Sun, 06 Nov 1994 08:49:37 PST", Y2026, -1},
	    {"Sun, 06 Nov 1994 08:49:37 GMTx", Y2026, -1},
	    {"Sun, 06 Nov 94 08:49:37 GMT", Y2026, -1},
	    {"Sun, 6 Nov 1994 08:49:37 GMT", Y2026, -1},
	    {"Sun, 06 Abc 1994 08:49:37 GMT", Y2026, -1},
	    {"Sun, 31 Feb 1994 08:49:37 GMT", Y2026, -1},
	    {"Sun, 06 Nov 1994 24:49:37 GMT", Y2026, -1},
	    {"Sun, 06 Nov 1994 08:60:37 GMT", Y2026, -1},
	    {"Sunday, 06 Nov 1994 08:49:37 GMT", Y2026, -1},
	    {"Sunday 06-Nov-94 08:49:37 GMT", Y2026, -1},
	    {"Wed Nov 6 08:49:37 1994", Y2026, -1},
	    {"Thu, 01 Jan 1970 00:00:00 GMT", Y2026, 0},
	    {"Wed, 31 Dec 1969 23:59:59 GMT", Y2026, -1},
	    {"Sunday, 06-Nov-94 08:49:37 GMT", INT64_MIN, -1}, /* a clock that is broken breaks nothing */
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		size_t n = strlen(cases[i].in);
		char *copy = malloc(n + (n == 0));
		assert_non_null(copy);
		memcpy(copy, cases[i].in, n);
		int64_t got = time_parse_http(copy, n, cases[i].now);
		if (got != cases[i].out)
			fail_msg("'%s': %lld", cases[i].in, (long long)got);
		free(copy);
	}
}

static void stamps_from_microseconds(void **state)
{
	static const struct {
		int64_t us, kept;
		const char *text;
	} cases[] = {
	    {0, 0, "1970-01-01T00:00:00.000Z"},
	    {1736935210123999, 1736935210123000, "2025-01-15T10:00:10.123Z"},
	    {-1, -1000, "1969-12-31T23:59:59.999Z"},
	    {-62135596800000000, -62135596800000000, "0001-01-01T00:00:00.000Z"},
	    {253402300799999999, 253402300799999000, "9999-12-31T23:59:59.999Z"},
	    {253402300800000000, 0, ""},
	    {-62135596800000001, 0, ""},
	    {INT64_MAX, 0, ""},
	    {INT64_MIN, 0, ""},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct stamp t;

		memset(&t, 0x5a, sizeof(t));
		stamp_from_us(&t, cases[i].us);
		assert_string_equal(t.text, cases[i].text);
		assert_true(t.us == cases[i].kept);
		assert_int_equal(stamp_is_set(&t), cases[i].text[0] != '\0');
	}
}

static void moving_keeps_the_digits(void **state)
{
	static const struct {
		const char *from;
		int64_t seconds;
		const char *to;
	} cases[] = {
	    {"2025-01-15T10:00:10.000Z", 14 * 86400, "2025-01-29T10:00:10.000Z"},
	    {"2025-12-20T10:00:10Z", 14 * 86400, "2026-01-03T10:00:10Z"},
	    {"2024-02-28T23:59:59.123456789Z", 1, "2024-02-29T00:00:00.123456789Z"},
	    {"1970-01-01T00:00:00.25Z", -1, "1969-12-31T23:59:59.25Z"},
	    {"1969-12-31T23:59:59.25Z", 1, "1970-01-01T00:00:00.25Z"},
	    {"2025-01-15T10:00:10.00000000000000000001Z", 0, "2025-01-15T10:00:10.00000000000000000001Z"},
	    {"9999-12-31T00:00:00Z", 86399, "9999-12-31T23:59:59Z"},
	    {"9999-12-31T00:00:00Z", 86400, ""},
	    {"0001-01-01T00:00:00Z", -1, ""},
	    {"2025-01-15T10:00:10Z", INT64_MAX, ""},
	    {"1925-01-15T10:00:10Z", INT64_MIN, ""},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct stamp from = {0}, to;

		assert_int_equal(time_parse_iso(cases[i].from, strlen(cases[i].from), &from), TIME_OK);
		stamp_add_s(&from, cases[i].seconds, &to);
		assert_string_equal(to.text, cases[i].to);
		assert_true(to.us == (to.text[0] ? from.us + cases[i].seconds * 1000000 : 0));
		stamp_add_s(&from, cases[i].seconds, &from); /* onto itself */
		assert_memory_equal(&from, &to, sizeof(to));
	}
	struct stamp none = {0}, to;
	stamp_add_s(&none, 5, &to);
	assert_false(stamp_is_set(&to));
}

static void spans_are_told_in_the_units_that_matter(void **state)
{
	static const struct {
		int64_t s;
		const char *text;
	} cases[] = {
	    {INT64_MIN, "0 s"},
	    {-1, "0 s"},
	    {0, "0 s"},
	    {1, "1 s"},
	    {45, "45 s"},
	    {60, "60 s"},
	    {119, "119 s"},
	    {120, "2 min"},
	    {12 * 60 + 59, "12 min"},
	    {3599, "59 min"},
	    {3600, "1 h"},
	    {3659, "1 h"},
	    {3660, "1 h 1 min"},
	    {3 * 3600 + 20 * 60, "3 h 20 min"},
	    {86399, "23 h 59 min"},
	    {86400, "1 d"},
	    {86400 + 3599, "1 d"},
	    {2 * 86400 + 4 * 3600 + 1800, "2 d 4 h"},
	    {14 * 86400, "14 d"},
	    {INT64_MAX, "106751991167300 d 15 h"},
	};
	char text[TIME_SPAN_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_ptr_equal(time_span_text(cases[i].s, text), text);
		assert_string_equal(text, cases[i].text);
	}
}

static void clocks_go_on(void **state)
{
	(void)state;
	int64_t boot = time_boot_ns();
	int64_t wall = time_now_us();

	assert_true(boot > 0);
	assert_true(time_boot_ns() >= boot);
	assert_true(wall / 1000000 >= (int64_t)time(NULL) - 2);
	/* The clock of time() goes in ticks, and is some milliseconds behind. */
	assert_true(wall / 1000000 <= (int64_t)time(NULL) + 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(reads_iso),
	    cmocka_unit_test(refuses_what_is_no_time),
	    cmocka_unit_test(agrees_with_gmtime),
	    cmocka_unit_test(reads_http_dates),
	    cmocka_unit_test(stamps_from_microseconds),
	    cmocka_unit_test(moving_keeps_the_digits),
	    cmocka_unit_test(spans_are_told_in_the_units_that_matter),
	    cmocka_unit_test(clocks_go_on),
	};
	return cmocka_run_group_tests_name("timeutil", tests, NULL, NULL);
}
