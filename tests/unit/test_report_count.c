#include "report_count.h"

#include "unit.h"

#include <stdio.h>
#include <string.h>

#define DAY_US (INT64_C(86400) * 1000000)

static int64_t us_of(const char *iso)
{
	struct stamp t = {0};

	assert_int_not_equal(time_parse_iso(iso, strlen(iso), &t), TIME_BAD);
	return t.us;
}

static struct report_entry job(const char *date, enum job_state state)
{
	return (struct report_entry){.date_us = date != NULL ? us_of(date) : 0, .state = state, .took_ms = -1};
}

static int64_t sum(const struct report_bars *b)
{
	int64_t n = 0;

	for (size_t i = 0; i < b->n; i++)
		for (int p = 0; p < REPORT_PARTS; p++)
			n += b->at[i].n[p];
	return n;
}

static void days_without_gaps(void **state)
{
	const struct report_entry jobs[] = {
	    job("2026-11-23T23:59:59.999Z", JOB_STORED),
	    job("2026-11-26T00:00:00Z", JOB_PENDING),
	    job("2026-11-26T12:00:00Z", JOB_EXPIRED),
	    job("2026-11-26T13:00:00Z", JOB_STORED),
	    job(NULL, JOB_STORED),
	};
	struct report_bars b;

	(void)state;
	report_by_day(jobs, 5, &b);
	assert_string_equal(b.unit, "day");
	assert_int_equal(b.n, 4);
	assert_int_equal(b.unknown, 1);
	assert_string_equal(b.at[0].label, "2026-11-23");
	assert_string_equal(b.at[3].label, "2026-11-26");
	assert_int_equal(b.at[0].n[PART_STORED], 1);
	assert_int_equal(b.at[1].n[PART_STORED] + b.at[2].n[PART_STORED], 0);
	assert_int_equal(b.at[3].n[PART_OPEN], 1);
	assert_int_equal(b.at[3].n[PART_LOST], 1);
	assert_int_equal(b.at[3].n[PART_STORED], 1);
	report_by_day(jobs, 0, &b);
	assert_int_equal(b.n, 0);
	report_by_day(jobs + 4, 1, &b);
	assert_int_equal(b.n, 0);
	assert_int_equal(b.unknown, 1);
}

static void too_many_days(void **state)
{
	static const struct {
		const char *from, *to, *unit, *first, *last;
		size_t n;
	} cases[] = {
	    {"2026-09-27", "2026-11-27", "day", "2026-09-27", "2026-11-27", 62},
	    {"2026-09-26", "2026-11-27", "week", "2026-09-21", "2026-11-23", 10},
	    {"2026-09-20", "2026-11-22", "week", "2026-09-14", "2026-11-16", 10},
	    {"2024-01-01", "2026-11-27", "month", "2024-01", "2026-11", 35},
	    {"1969-12-29", "1970-12-28", "week", "1969-12-29", "1970-12-28", 53},
	    {"2001-03-01", "2026-11-27", "year", "2001", "2026", 26},
	    {"0001-01-02", "9999-12-31", "year", "until 9938", "9999", 62},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct report_entry jobs[] = {job(cases[i].from, JOB_STORED), job(cases[i].to, JOB_FAILED)};
		struct report_bars b;

		report_by_day(jobs, 2, &b);
		assert_string_equal(b.unit, cases[i].unit);
		assert_int_equal(b.n, cases[i].n);
		assert_string_equal(b.at[0].label, cases[i].first);
		assert_string_equal(b.at[b.n - 1].label, cases[i].last);
		assert_int_equal(b.at[0].n[PART_STORED], 1);
		assert_int_equal(b.at[b.n - 1].n[PART_OPEN], 1);
		assert_int_equal(sum(&b), 2);
	}
}

static void what_expires_when(void **state)
{
	const int64_t now = us_of("2026-11-27T18:00:00Z");
	const int64_t at[] = {
	    now - 1, now + 1, now + 6 * DAY_US / 24, now + 13 * DAY_US, now + 14 * DAY_US, now + 100 * DAY_US, 0};
	struct report_entry jobs[7];
	struct report_bars b;

	(void)state;
	for (size_t i = 0; i < 7; i++)
		jobs[i] = (struct report_entry){.expires_us = at[i], .state = JOB_PENDING};
	report_by_expiry(jobs, 7, now, &b);
	assert_int_equal(b.n, 16);
	assert_string_equal(b.at[0].label, "past");
	assert_string_equal(b.at[1].label, "2026-11-27");
	assert_string_equal(b.at[14].label, "2026-12-10");
	assert_string_equal(b.at[15].label, "later");
	assert_int_equal(b.at[0].n[PART_OPEN], 1);
	assert_int_equal(b.at[1].n[PART_OPEN], 1);
	assert_int_equal(b.at[2].n[PART_OPEN], 1); /* six hours on it is tomorrow */
	assert_int_equal(b.at[14].n[PART_OPEN], 1);
	assert_int_equal(b.at[15].n[PART_OPEN], 2);
	assert_int_equal(b.unknown, 1);
	for (size_t i = 0; i < 7; i++)
		jobs[i].state = i % 2 == 0 ? JOB_STORED : JOB_EXPIRED;
	report_by_expiry(jobs, 7, now, &b);
	assert_int_equal(sum(&b), 2); /* what is past and stored is safe, what is lost is lost */
	assert_int_equal(b.at[2].n[PART_STORED], 1);
	assert_int_equal(b.at[15].n[PART_STORED], 1);
	assert_int_equal(b.unknown, 0);
}

static void topics(void **state)
{
	struct report_topics t = {0};
	uint32_t order[500];
	char name[300];

	(void)state;
	assert_int_equal(report_topic(&t, TEXT_NULL), 0);
	assert_int_equal(report_topic(&t, text_of("")), 0);
	for (int round = 0; round < 2; round++)
		for (int i = 0; i < 400; i++) {
			(void)snprintf(name, sizeof(name), "topic %d", i);
			assert_int_equal(report_topic(&t, text_of(name)), i + 1);
		}
	memset(name, 'x', sizeof(name));
	assert_int_equal(report_topic(&t, (struct text){name, 300}), 401);
	assert_int_equal(report_topic(&t, (struct text){name, 250}), 401);
	assert_int_equal(strlen(t.at[401].name), REPORT_TOPIC_MAX);
	assert_int_equal(report_topic(&t, (struct text){"topic 1\0x", 9}), 2);
	t.at[0].jobs = 5;
	t.at[7].jobs = 9;
	t.at[3].jobs = 5;
	t.at[3].rows = 2;
	assert_int_equal(report_topics_sort(&t, false, order), 3);
	assert_int_equal(order[0], 7);
	assert_int_equal(order[1], 0); /* as many, by name */
	assert_int_equal(order[2], 3);
	assert_int_equal(report_topics_sort(&t, true, order), 1);
	assert_int_equal(order[0], 3);
	report_topics_free(&t);
}

static void how_long(void **state)
{
	struct report_entry jobs[101];
	struct report_spans s;

	(void)state;
	for (int i = 0; i < 100; i++)
		jobs[i] = (struct report_entry){.took_ms = (i + 1) * 1000};
	jobs[100] = (struct report_entry){.took_ms = -1};
	assert_int_equal(report_by_span(jobs, 101, &s), 0);
	assert_int_equal(s.known, 100);
	assert_int_equal(s.median_ms, 50000);
	assert_int_equal(s.p95_ms, 95000);
	assert_int_equal(s.max_ms, 100000);
	assert_int_equal(s.n[0], 4); /* under 5 s */
	assert_int_equal(s.n[1], 5);
	assert_int_equal(s.n[4], 30);
	assert_int_equal(s.n[5], 41);
	assert_int_equal(report_by_span(jobs + 100, 1, &s), 0);
	assert_int_equal(s.known, 0);
	jobs[0].took_ms = INT64_MAX;
	assert_int_equal(report_by_span(jobs, 1, &s), 0);
	assert_int_equal(s.n[REPORT_SPANS - 1], 1);
	assert_int_equal(s.p95_ms, INT64_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(days_without_gaps), cmocka_unit_test(too_many_days),
	    cmocka_unit_test(what_expires_when), cmocka_unit_test(topics),
	    cmocka_unit_test(how_long),
	};
	return cmocka_run_group_tests_name("report_count", tests, NULL, NULL);
}
