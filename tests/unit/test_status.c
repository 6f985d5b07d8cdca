#include "status.h"

#include "unit.h"

#include <string.h>

#define DAY_US INT64_C(86400000000)
#define NOW_US INT64_C(1764237600000000) /* 2025-11-27T10:00:00Z */

static struct stamp at_days(double days)
{
	struct stamp t;

	stamp_from_us(&t, NOW_US + (int64_t)(days * (double)DAY_US));
	return t;
}

static struct status fresh(void)
{
	struct status s = {.now = at_days(0), .since = at_days(-14), .has_runs = true};

	buf_init(&s.sink, 1000);
	(void)buf_adds(&s.sink, "sqlite:x.db");
	return s;
}

static struct job job_of(unsigned n, enum job_state state)
{
	struct job job = {.state = state, .body_bytes = -1};

	job.id.b[15] = (uint8_t)n;
	return job;
}

static void take(struct status *s, struct job job)
{
	assert_int_equal(status_take(s, &job), 0);
}

static void says(struct status *s, int code, const char *first_line, const char *more)
{
	struct buf out;

	buf_init(&out, 1 << 20);
	status_end(s);
	assert_int_equal(status_exit_code(s), code);
	assert_int_equal(status_text(s, &out), 0);
	assert_memory_equal(buf_cstr(&out), first_line, strlen(first_line));
	assert_int_equal(buf_cstr(&out)[strlen(first_line)], '\n');
	if (more != NULL && strstr(buf_cstr(&out), more) == NULL)
		fail_msg("no '%s' in:\n%s", more, buf_cstr(&out));
	buf_free(&out);
	status_free(s);
}

static void test_nothing(void **state)
{
	struct status s = fresh();

	(void)state;
	says(&s, 0, "nothing is here yet: no job was asked for", "sink: sqlite:x.db");
}

static void test_all_safe(void **state)
{
	struct status s = fresh();
	struct job job = job_of(1, JOB_STORED);

	(void)state;
	job.row_count = 7;
	job.stored_at = at_days(-1);
	job.body_bytes = 100;
	take(&s, job);
	assert_int_equal(s.rows, 7);
	assert_int_equal(s.body_bytes, 100);
	says(&s, 0, "all safe: 1 job is stored", "7 rows; last stored 2025-11-26 10:00 UTC, 1 d ago");
}

/* What was lost long ago is known, and no news. */
static void test_lost_before_since(void **state)
{
	struct status s = fresh();
	struct job job = job_of(1, JOB_EXPIRED);

	(void)state;
	job.fetched_at = at_days(-14.1);
	take(&s, job);
	take(&s, job_of(2, JOB_STORED));
	assert_int_equal(s.lost_before, 1);
	assert_int_equal(s.reasons.n, 0);
	says(&s, 0, "all safe: 1 job is stored", "lost before 2025-11-13: 1");
}

static void test_lost_since(void **state)
{
	static const enum job_state lost[] = {JOB_EXPIRED, JOB_NOT_FOUND, JOB_NO_RESULT, JOB_REJECTED};

	(void)state;
	for (size_t i = 0; i < sizeof(lost) / sizeof(lost[0]); i++) {
		struct status s = fresh();
		struct job job = job_of(1, lost[i]);

		job.fetched_at = at_days(-13.9);
		job.error = text_of("HTTP 404: gone");
		take(&s, job);
		says(&s, 4, "LOST: the results of 1 of 1 job cannot be had (since 2025-11-13)", "gone");
	}
}

/* A loss is told before what is open, and both are. */
static void test_open_and_lost(void **state)
{
	struct status s = fresh();
	struct job job = job_of(1, JOB_PENDING);

	(void)state;
	job.expires_at = at_days(2.5);
	take(&s, job);
	job = job_of(2, JOB_EXPIRED);
	job.fetched_at = at_days(-1);
	take(&s, job);
	says(&s, 4,
	     "LOST: the results of 1 of 2 jobs cannot be had (since 2025-11-13); 1 of 2 jobs is not complete yet, and "
	     "the next expires in 2 d 12 h",
	     NULL);
}

static void test_each_open_state(void **state)
{
	static const enum job_state open[] = {JOB_PENDING, JOB_FAILED, JOB_UNREADABLE, JOB_DENIED, JOB_UNASKED};

	(void)state;
	for (size_t i = 0; i < sizeof(open) / sizeof(open[0]); i++) {
		struct status s = fresh();

		take(&s, job_of(1, open[i]));
		says(&s, 3, "not all is safe: 1 of 1 job is not complete yet", state_name(open[i]));
	}
}

static void test_overdue(void **state)
{
	struct status s = fresh();
	struct job job = job_of(1, JOB_FAILED);

	(void)state;
	job.expires_at = at_days(-1);
	take(&s, job);
	assert_int_equal(s.overdue, 1);
	says(&s, 3,
	     "not all is safe: 1 of 1 job is not complete yet, and 1 of them is past the 14 days: run again at once",
	     "1 d ago");
}

static void test_partial(void **state)
{
	struct status s = fresh();
	struct job job = job_of(1, JOB_STORED);

	(void)state;
	job.partial = true;
	job.expires_at = at_days(1);
	take(&s, job);
	job.expires_at = at_days(-1); /* nothing more will come: it is no longer open */
	take(&s, job);
	assert_int_equal(s.open, 1);
	assert_int_equal(s.partial_over, 1);
	says(&s, 3, "not all is safe: 1 of 2 jobs is not complete yet, and the next expires in 1 d",
	     "(2 partial: a query was still running)");
}

static void test_truncated(void **state)
{
	struct status s = fresh();
	struct job job = job_of(1, JOB_STORED);

	(void)state;
	job.truncated_count = 2;
	take(&s, job);
	assert_int_equal(s.truncated_results, 2);
	says(&s, 0, "all safe: 1 job is stored", "2 results\n");
}

/* Ten of many, the soonest first, whatever order the ledger has. */
static void test_what_expires_next(void **state)
{
	static const unsigned order[] = {5, 30, 12, 1, 25, 18, 7, 29, 2, 11, 20, 3, 28, 9, 4};
	struct status s = fresh();

	(void)state;
	for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++) {
		struct job job = job_of(order[i], JOB_PENDING);

		job.expires_at = at_days(order[i]);
		job.error = text_of("the job is EXECUTING");
		take(&s, job);
	}
	take(&s, job_of(99, JOB_PENDING)); /* nobody knows when */
	assert_int_equal(s.next.n, STATUS_LIST);
	assert_int_equal(s.next.at[0].id.b[15], 1);
	assert_int_equal(s.next.at[9].id.b[15], 18);
	for (size_t i = 1; i < s.next.n; i++)
		assert_true(s.next.at[i - 1].at.us < s.next.at[i].at.us);
	says(&s, 3, "not all is safe: 16 of 16 jobs are not complete yet, and the next expires in 1 d",
	     "what expires next (10 of 16):");
}

static void test_a_terminal_obeys_nothing(void **state)
{
	struct status s = fresh();
	struct job job = job_of(1, JOB_FAILED);
	struct buf out;

	(void)state;
	job.error = text_of("\033[2J\r\"");
	job.expires_at = at_days(1);
	take(&s, job);
	(void)buf_adds(&s.sink, "\033c");
	status_end(&s);
	buf_init(&out, 1 << 20);
	assert_int_equal(status_text(&s, &out), 0);
	assert_null(strpbrk(buf_cstr(&out), "\033\r"));
	buf_clear(&out);
	assert_int_equal(status_json(&s, &out), 0);
	assert_null(strpbrk(buf_cstr(&out), "\033\r"));
	assert_non_null(strstr(buf_cstr(&out), "\"answer\":\"open\",\"exit_code\":3,\"jobs\":1,"));
	buf_free(&out);
	status_free(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_nothing),
	    cmocka_unit_test(test_all_safe),
	    cmocka_unit_test(test_lost_before_since),
	    cmocka_unit_test(test_lost_since),
	    cmocka_unit_test(test_open_and_lost),
	    cmocka_unit_test(test_each_open_state),
	    cmocka_unit_test(test_overdue),
	    cmocka_unit_test(test_partial),
	    cmocka_unit_test(test_truncated),
	    cmocka_unit_test(test_what_expires_next),
	    cmocka_unit_test(test_a_terminal_obeys_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
