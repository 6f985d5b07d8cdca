/*
 * timeutil.c, retry.c and answer.c's Retry-After: times as texts.
 *
 * - A time that was read is written as a text that reads as the same time, and says what the C library says of it.
 * - An HTTP date that was read, written in each of the three forms, reads as the same.
 * - Moving a time there and back changes nothing; a wait is within its bounds and never shorter than what was asked
 * for.
 */
#include "answer.h"
#include "fuzz.h"
#include "retry.h"

#include <time.h>

#define NOW_S   INT64_C(1732665600) /* 2024-11-27 */
#define DECADE  (INT64_C(10) * 365 * 86400)
#define DAYS_14 (INT64_C(14) * 86400)

static void check_iso(const char *p, size_t n)
{
	struct stamp at, again, untouched = {.us = 42, .text = "untouched"};
	struct tm tm = {0};
	const enum time_parse how = time_parse_iso(p, n, &untouched);

	if (how == TIME_BAD) {
		HOLDS(untouched.us == 42 && strcmp(untouched.text, "untouched") == 0);
		return;
	}
	at = untouched;
	HOLDS(stamp_is_set(&at) && strnlen(at.text, sizeof(at.text)) < sizeof(at.text));
	HOLDS(time_parse_iso(at.text, strlen(at.text), &again) == TIME_OK);
	HOLDS(again.us == at.us && strcmp(again.text, at.text) == 0);

	/* what the C library makes of it */
	const char *rest = strptime(at.text, "%Y-%m-%dT%H:%M:%S", &tm);
	const int64_t floor_s = at.us / 1000000 - (at.us % 1000000 < 0);
	HOLDS(rest != NULL && (*rest == 'Z' || *rest == '.') && timegm(&tm) == floor_s);

	/* with millisecond digits */
	stamp_from_us(&again, at.us);
	HOLDS(again.us <= at.us && at.us - again.us < 1000 && strlen(again.text) == strlen("2024-11-27T00:00:00.000Z"));
	HOLDS(memcmp(again.text, at.text, strlen("2024-11-27T00:00:00")) == 0);

	stamp_add_s(&at, DAYS_14, &again);
	if (stamp_is_set(&again)) {
		HOLDS(again.us == at.us + DAYS_14 * 1000000);
		stamp_add_s(&again, -DAYS_14, &again);
		HOLDS(again.us == at.us && strcmp(again.text, at.text) == 0);
	}
	stamp_add_s(&at, INT64_MAX, &again);
	HOLDS(!stamp_is_set(&again));
	stamp_add_s(&at, INT64_MIN, &again);
	HOLDS(!stamp_is_set(&again));
}

static void check_http(const char *p, size_t n)
{
	static const char *const forms[] = {"%a, %d %b %Y %H:%M:%S GMT", "%A, %d-%b-%y %H:%M:%S GMT",
					    "%a %b %e %H:%M:%S %Y"};
	const int64_t s = time_parse_http(p, n, NOW_S);
	char text[64];
	struct tm tm;

	HOLDS(s >= -1 && s <= INT64_C(253402300799));
	if (s < 0)
		return;
	HOLDS(gmtime_r(&(time_t){s}, &tm) != NULL);
	for (int i = 0; i < 3; i++) {
		const int64_t now = i == 1 ? s : NOW_S; /* two digits of a year say nothing about the century */
		const size_t len = strftime(text, sizeof(text), forms[i], &tm);

		HOLDS(time_parse_http(text, len, now) == s);
	}
}

static void check_wait(struct text value, struct text date, int64_t now_us)
{
	const struct retry_policy policy = {.wait_ms = 1000, .max_wait_ms = 120000, .retries = 8};
	const int64_t ms = answer_retry_after_ms(value, date, now_us);
	int64_t wait;

	HOLDS(ms >= -1 && ms <= DECADE * 1000);
	for (int tries = 1; tries <= 9; tries++) {
		wait = retry_wait_ms(&policy, tries, ms, 0.5);
		HOLDS(tries == 9 ? wait == RETRY_STOP : wait >= 0 && wait <= policy.max_wait_ms);
		HOLDS(tries == 9 || wait >= (ms < policy.max_wait_ms ? ms : policy.max_wait_ms));
		wait = retry_pause_ms(&policy, tries, ms, 0.0);
		HOLDS(wait >= policy.wait_ms / 2 && wait <= policy.max_wait_ms);
		HOLDS(wait >= (ms < policy.max_wait_ms ? ms : policy.max_wait_ms));
	}
}

/* All digits and few of them: so many seconds. */
static void check_seconds(const char *p, size_t n)
{
	int64_t seconds = 0;

	if (n == 0 || n > 9)
		return;
	for (size_t i = 0; i < n; i++) {
		if (p[i] < '0' || p[i] > '9')
			return;
		seconds = seconds * 10 + (p[i] - '0');
	}
	if (seconds > DECADE)
		seconds = DECADE;
	HOLDS(answer_retry_after_ms((struct text){p, n}, TEXT_NULL, 0) == seconds * 1000);
}

/* An input is one or two lines: a Retry-After or a time, and a Date. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *p = (const char *)data, *end = size > 0 ? memchr(p, '\n', size) : NULL;
	const struct text value = {p, end != NULL ? (size_t)(end - p) : size};
	const struct text date = end != NULL ? (struct text){end + 1, size - value.n - 1} : TEXT_NULL;

	check_iso(value.p, value.n);
	check_http(value.p, value.n);
	check_wait(value, date, NOW_S * 1000000);
	check_wait(value, date, 0);
	check_wait(value, date, INT64_MAX);
	check_seconds(value.p, value.n);
	if (date.p != NULL)
		check_http(date.p, date.n);
	return 0;
}
