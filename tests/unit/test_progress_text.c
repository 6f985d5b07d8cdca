/* What the progress line says, and what it says of time. */
#include "progress_text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define S INT64_C(1000000000)

static struct progress_state state_of(enum progress_wait waits_for, int64_t wait_ms)
{
	return (struct progress_state){.done = 120,
				       .total = 2000,
				       .stored = 117,
				       .bytes = 1258291,
				       .under_way = 2,
				       .waits_for = waits_for,
				       .wait_ms = wait_ms,
				       .per_hour = 58 * 60,
				       .left_s = 32 * 60};
}

static const char *line(const struct progress_state *s, size_t width)
{
	static char text[PROGRESS_TEXT_MAX];
	struct buf b;

	buf_init(&b, PROGRESS_TEXT_MAX);
	assert_int_equal(progress_line(s, width, &b), 0);
	(void)snprintf(text, sizeof(text), "%s", buf_cstr(&b));
	buf_free(&b);
	return text;
}

/* Queries that are run again are no jobs, and how many jobs an hour it does says nothing of them. */
static void counts_queries(void **state)
{
	struct progress_state s = state_of(PROGRESS_NO_WAIT, 0);

	(void)state;
	s.queries = true;
	assert_non_null(strstr(line(&s, 200), "120/2,000 queries, "));
	assert_null(strstr(line(&s, 200), "jobs"));
}

static void says_what_it_waits_for(void **state)
{
	static const struct {
		enum progress_wait waits_for;
		int64_t wait_ms, silence_ms;
		const char *text;
	} cases[] = {
	    {PROGRESS_RATE, 13001, 0, "rate limit: next request in 14 s"},
	    {PROGRESS_RATE, 14000, 0, "rate limit: next request in 14 s"},
	    {PROGRESS_RATE, 100, 0, "rate limit: next request in 1 s"},
	    {PROGRESS_RATE, 99, 0, "rate limit"},
	    {PROGRESS_RATE, 3600000, 0, "rate limit: next request in 1 h"},
	    {PROGRESS_SILENCE, 20500, 30000, "API asked for 30 s of silence: next request in 21 s"},
	    {PROGRESS_SILENCE, 20500, 0, "API asked for silence: next request in 21 s"},
	    {PROGRESS_SILENCE, 0, 30000, "API asked for 30 s of silence"},
	    {PROGRESS_BACKOFF, 2100, 0, "waiting to try again: next request in 3 s"},
	    {PROGRESS_SINK, 0, 0, "writing: the sink is slower than the API"},
	    {PROGRESS_LAST, 0, 0, "writing what has arrived"},
	};
	char expected[PROGRESS_TEXT_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct progress_state s = state_of(cases[i].waits_for, cases[i].wait_ms);

		s.silence_ms = cases[i].silence_ms;
		(void)snprintf(expected, sizeof(expected),
			       "120/2,000 jobs, %s, 32 min left, 117 stored, 58 jobs/min, 1.2 MiB, 2 under way",
			       cases[i].text);
		assert_string_equal(line(&s, 200), expected);
	}
}

static void says_only_what_is_known(void **state)
{
	struct progress_state s = {.total = 3, .left_s = -1};

	(void)state;
	assert_string_equal(line(&s, 80), "0/3 jobs, 0 stored");
	s.left_s = 0;
	assert_string_equal(line(&s, 80), "0/3 jobs, 0 stored");
}

static void numbers_are_those_of_a_person(void **state)
{
	static const struct {
		int64_t per_hour;
		uint64_t bytes;
		const char *text;
	} cases[] = {
	    {1, 1, "0.0 jobs/min, 1 B"},
	    {90, 1023, "1.5 jobs/min, 1023 B"},
	    {599, 1024, "10.0 jobs/min, 1.0 KiB"},
	    {600, 1048575, "10 jobs/min, 1.0 MiB"},
	    {35999, 1048576, "600 jobs/min, 1.0 MiB"},
	    {36000, (uint64_t)5 << 30, "10 jobs/s, 5.0 GiB"},
	    {3600 * 250, (uint64_t)3000 << 40, "250 jobs/s, 3000.0 TiB"},
	};
	char expected[PROGRESS_TEXT_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct progress_state s = {.done = 1234567, .total = 1000, .stored = 999, .left_s = -1};

		s.per_hour = cases[i].per_hour;
		s.bytes = cases[i].bytes;
		(void)snprintf(expected, sizeof(expected), "1,234,567/1,000 jobs, 999 stored, %s", cases[i].text);
		assert_string_equal(line(&s, 200), expected);
	}
}

/* Nothing is stored then, and how many there are nobody knows. */
static void looking_for_jobs(void **state)
{
	struct progress_state s = {.listing = true,
				   .done = 1250,
				   .conversations = 310,
				   .under_way = 2,
				   .waits_for = PROGRESS_RATE,
				   .wait_ms = 13500,
				   .per_hour = 900,
				   .left_s = -1};
	struct buf b;

	(void)state;
	assert_string_equal(line(&s, 200),
			    "1,250 jobs found in 310 conversations, rate limit: next request in 14 s, 2 under way");
	buf_init(&b, PROGRESS_TEXT_MAX);
	assert_int_equal(progress_sentence(&s, &b), 0);
	assert_string_equal(buf_cstr(&b), "progress: 1,250 jobs found in 310 conversations, rate limit: next request "
					  "in 14 s, 2 under way");
	buf_free(&b);
}

static void is_never_as_wide_as_the_terminal(void **state)
{
	struct progress_state s = state_of(PROGRESS_SILENCE, 20500);
	char whole[PROGRESS_TEXT_MAX];

	(void)state;
	s.silence_ms = 30000;
	(void)snprintf(whole, sizeof(whole), "%s", line(&s, 500));
	for (size_t width = 0; width < 150; width++) {
		const char *text = line(&s, width);
		size_t n = strlen(text);

		assert_true(n < width || n == 0);
		/* Cut between its parts, but for the first; of the wait its end alone where the rest has no room. */
		if (width >= sizeof("120/2,000 jobs, API asked for 30 s of silence: next request in 21 s")) {
			assert_memory_equal(text, whole, n);
			assert_true(whole[n] == '\0' || whole[n] == ',');
		} else if (width >= sizeof("120/2,000 jobs, next request in 21 s")) {
			assert_memory_equal(text, "120/2,000 jobs, next request in 21 s", 36);
		} else if (n > 0) {
			assert_memory_equal(text, whole, n);
			assert_int_equal(n, width - 1 < 14 ? width - 1 : 14);
		}
	}
	assert_string_equal(line(&s, strlen(whole) + 1), whole);
	assert_string_not_equal(line(&s, strlen(whole)), whole);
}

static void a_sentence_says_all_of_it(void **state)
{
	struct progress_state s = state_of(PROGRESS_RATE, 14000);
	struct buf b;

	(void)state;
	buf_init(&b, PROGRESS_TEXT_MAX);
	assert_int_equal(progress_sentence(&s, &b), 0);
	assert_string_equal(buf_cstr(&b), "progress: 120 of 2,000 jobs, rate limit: next request in 14 s, "
					  "32 min left, 117 stored, 58 jobs/min, 1.2 MiB, 2 under way");
	buf_free(&b);
}

/* jobs in so many seconds, one look each. */
static size_t go(struct progress_meter *m, int64_t *now, size_t done, int seconds, size_t each, bool window_full)
{
	for (int i = 0; i < seconds; i++) {
		*now += S;
		done += each;
		progress_meter_add(m, *now, done, window_full);
	}
	return done;
}

static void nothing_is_known_at_first(void **state)
{
	struct progress_meter m = {0};
	int64_t now = 5 * S;
	size_t done;

	(void)state;
	assert_int_equal(progress_left_s(&m, 100, 0, 0), -1);
	assert_int_equal(progress_meter_per_hour(&m), 0);
	progress_meter_add(&m, now, 0, false);
	assert_int_equal(progress_left_s(&m, 100, 0, 0), -1);
	/* No job yet, however long. */
	done = go(&m, &now, 0, 30, 0, false);
	assert_int_equal(progress_left_s(&m, 100, 0, 0), -1);
	assert_int_equal(progress_meter_per_hour(&m), 0);
	/* The window is known; a wait says nothing of the jobs behind it. */
	assert_int_equal(progress_left_s(&m, 100, 90000, 0), 90);
	assert_int_equal(progress_left_s(&m, 100, 0, 5000), -1);
	/* Nothing is left. */
	done = go(&m, &now, done, 30, 1, false);
	assert_int_equal(progress_left_s(&m, 0, 90000, 0), -1);
	assert_true(progress_left_s(&m, 1, 0, 0) >= 1);
	assert_int_equal(progress_left_s(&m, SIZE_MAX, 0, 0), -1);
	assert_int_equal(progress_left_s(&m, 1, INT64_MAX, 0), -1);
	(void)done;
}

static void the_speed_says_how_long(void **state)
{
	struct progress_meter m = {0};
	int64_t now = 5 * S, before;
	size_t done;

	(void)state;
	progress_meter_add(&m, now, 0, false);
	done = go(&m, &now, 0, 60, 2, false);
	assert_in_range(progress_meter_per_hour(&m), 7100, 7300);
	assert_in_range(progress_left_s(&m, 1000, 0, 0), 495, 505);
	/* The larger of the two. */
	assert_int_equal(progress_left_s(&m, 1000, 600000, 0), 600);
	assert_in_range(progress_left_s(&m, 1000, 400000, 0), 495, 505);
	assert_int_equal(progress_left_s(&m, 2, 0, 30000), 30);
	/* It becomes slower, and after half an hour it was never anything else. */
	done = go(&m, &now, done, 60, 0, false);
	assert_in_range(progress_left_s(&m, 1000, 0, 0), 800, 1400);
	for (int i = 0; i < 180; i++) {
		done = go(&m, &now, done, 9, 0, false);
		done = go(&m, &now, done, 1, 1, false);
	}
	assert_in_range(progress_left_s(&m, 1000, 0, 0), 9000, 11000);
	/* Eight hours of sleep are no slowness. */
	before = progress_left_s(&m, 1000, 0, 0);
	now += 8 * 3600 * S;
	progress_meter_add(&m, now, done, false);
	assert_int_equal(progress_left_s(&m, 1000, 0, 0), before);
}

/* A burst of sixty, then a window that is full for the rest of a minute: the API is as fast as in the burst. */
static void waiting_for_the_window_is_no_slowness(void **state)
{
	struct progress_meter m = {0};
	int64_t now = 5 * S;
	size_t done = 0;

	(void)state;
	progress_meter_add(&m, now, 0, false);
	for (int i = 0; i < 5; i++) {
		done = go(&m, &now, done, 9, 6, false);
		done = go(&m, &now, done, 1, 6, true);
		done = go(&m, &now, done, 50, 0, true);
		progress_meter_add(&m, now, done, false);
	}
	assert_in_range(progress_left_s(&m, 600, 0, 0), 95, 105);
	assert_int_equal(progress_left_s(&m, 600, 555000, 0), 555);
	/* A person sees how fast it is. */
	assert_in_range(progress_meter_per_hour(&m), 3000, 4000);
}

static void requests_that_are_left(void **state)
{
	(void)state;
	assert_int_equal(progress_requests_left(100, 0, 4, 4, false), 96);
	assert_int_equal(progress_requests_left(100, 0, 4, 4, true), 196);
	/* Every second one was asked for twice. */
	assert_int_equal(progress_requests_left(100, 100, 154, 4, false), 146);
	/* Answered faster than they are counted: never fewer than one each. */
	assert_int_equal(progress_requests_left(100, 100, 90, 0, false), 100);
	/* A storm is no law. */
	assert_int_equal(progress_requests_left(100, 10, 10000, 0, false), 1000);
	/* The last ones are under way. */
	assert_int_equal(progress_requests_left(2, 100, 104, 4, false), 0);
	assert_int_equal(progress_requests_left(0, 100, 100, 0, false), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(says_what_it_waits_for),    cmocka_unit_test(counts_queries),
	    cmocka_unit_test(says_only_what_is_known),   cmocka_unit_test(numbers_are_those_of_a_person),
	    cmocka_unit_test(looking_for_jobs),          cmocka_unit_test(is_never_as_wide_as_the_terminal),
	    cmocka_unit_test(a_sentence_says_all_of_it), cmocka_unit_test(nothing_is_known_at_first),
	    cmocka_unit_test(the_speed_says_how_long),   cmocka_unit_test(waiting_for_the_window_is_no_slowness),
	    cmocka_unit_test(requests_that_are_left),
	};
	return cmocka_run_group_tests_name("progress_text", tests, NULL, NULL);
}
