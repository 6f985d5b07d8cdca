/* Which request comes next, and what ends the run. What becomes of one job: test_schedule_rules.c. */
#include "schedule_world.h"

/* ---- order and waits ---- */

static void fresh_jobs_in_their_order(void **state)
{
	struct schedule_policy policy = usual();
	struct world w = world_of(&policy, 3);
	struct schedule_job *jobs[3];
	int64_t until;

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		jobs[i] = start_now(&w);
		assert_int_equal(jobs[i]->index, i);
	}
	assert_int_equal(turn(&w, &until), SCHEDULE_WAIT);
	assert_true(until == INT64_MAX);
	for (size_t i = 3; i-- > 0;) {
		assert_int_equal(good(&w, jobs[i]).did, STEP_SETTLED);
		expect(&w, i, JOB_STORED);
	}
	expect_over(&w, SCHEDULE_GOES_ON);
}

static void nothing_to_do(void **state)
{
	struct schedule_policy policy = usual();
	struct world w = world_of(&policy, 0);

	(void)state;
	expect_over(&w, SCHEDULE_GOES_ON);
	schedule_free(NULL);
}

static void a_retry_that_is_due_goes_first(void **state)
{
	struct schedule_policy policy = usual();
	struct world w = world_of(&policy, 3);
	struct schedule_job *first = start_now(&w), *second, *third;
	struct schedule_step step = broken(&w, first);

	(void)state;
	assert_int_equal(step.did, STEP_AGAIN);
	assert_int_equal(step.wait_ms, 500);
	second = start_now(&w);
	assert_int_equal(second->index, 1);
	pass_ns(&w, 500 * MS - 1);
	third = start_now(&w);
	assert_int_equal(third->index, 2);
	pass_ns(&w, 1);
	first = start_now(&w);
	assert_int_equal(first->index, 0);
	assert_int_equal(first->attempts, 2);
	assert_int_equal(schedule_retries(w.s), 1);
	schedule_abort(w.s, third);
	schedule_abort(w.s, second);
	schedule_abort(w.s, first);
	expect_over(&w, SCHEDULE_GOES_ON);
}

static void waits_double_and_heed_retry_after(void **state)
{
	static const int64_t waits[] = {500, 1000, 2000, 4000};
	struct schedule_policy policy = usual();
	struct world w = world_of(&policy, 1);
	struct answer a = answer_of(VERDICT_RETRY, "HTTP 503");
	int64_t until;

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		assert_int_equal(broken(&w, start(&w)).wait_ms, waits[i]);
		assert_int_equal(turn(&w, &until), SCHEDULE_WAIT);
		assert_int_equal(until - w.now.boot_ns, waits[i] * MS);
	}
	a.retry_after_ms = 90000;
	assert_int_equal(schedule_answered(w.s, start(&w), &a, 503, TEXT_NULL, &w.now).wait_ms, 90000);
	a.retry_after_ms = 7200000;
	assert_int_equal(schedule_answered(w.s, start(&w), &a, 503, TEXT_NULL, &w.now).wait_ms, 120000);
	good(&w, start(&w));
	expect(&w, 0, JOB_STORED);
	expect_over(&w, SCHEDULE_GOES_ON);
}

static void few_jobs_exist_at_a_time(void **state)
{
	struct schedule_policy policy = usual();
	struct schedule_job *job;
	struct world w;
	int64_t until;
	size_t n = 0;

	(void)state;
	policy.retry.wait_ms = 60000;
	w = world_of(&policy, 1000000);
	while (turn(&w, &until) == SCHEDULE_START && n <= SCHEDULE_MAX_JOBS) {
		say(&w, schedule_start(w.s, &w.now), VERDICT_RETRY, 408);
		n++;
	}
	assert_int_equal(n, SCHEDULE_MAX_JOBS);
	assert_true(until != INT64_MAX);
	pass_ns(&w, until - w.now.boot_ns);
	job = start_now(&w);
	assert_int_equal(job->index, 0);
	schedule_abort(w.s, job);
	expect_over(&w, SCHEDULE_GOES_ON);
}

static void few_results_wait_for_details(void **state)
{
	struct schedule_policy policy = usual();
	struct world w;
	int64_t until;

	(void)state;
	policy.details = true;
	policy.retry.wait_ms = 60000;
	w = world_of(&policy, 1000);
	for (size_t i = 0; i < SCHEDULE_MAX_HELD; i++) {
		good(&w, start_now(&w));
		say(&w, start_now(&w), VERDICT_RETRY, 408);
	}
	assert_int_equal(turn(&w, &until), SCHEDULE_WAIT);
	status(&w, start(&w), STATUS_COMPLETE, 1);
	expect(&w, 0, JOB_STORED);
	schedule_stop(w.s);
	for (size_t i = 1; i < SCHEDULE_MAX_HELD; i++)
		expect(&w, i, JOB_STORED);
	expect_over(&w, SCHEDULE_GOES_ON);
}

/* ---- 429 ---- */

static void a_429_pauses_everything(void **state)
{
	struct schedule_policy policy = usual();
	struct world w = world_of(&policy, 3);
	struct schedule_job *a = start_now(&w), *b = start_now(&w);
	struct schedule_step step = pause_for(&w, a, 20000);
	int64_t until;

	(void)state;
	assert_int_equal(step.did, STEP_PAUSED);
	assert_int_equal(step.wait_ms, 20000);
	assert_int_equal(turn(&w, &until), SCHEDULE_PAUSED);
	assert_int_equal(until - w.now.boot_ns, 20000 * MS);
	/* One that was under way makes the pause longer, never shorter. */
	assert_int_equal(pause_for(&w, b, 5000).wait_ms, 20000);
	pass_ns(&w, 20000 * MS - 1);
	assert_int_equal(turn(&w, &until), SCHEDULE_PAUSED);
	pass_ns(&w, 1);
	a = start_now(&w);
	assert_int_equal(a->index, 0);
	b = start_now(&w);
	assert_int_equal(b->index, 1);
	good(&w, a);
	good(&w, b);
	good(&w, start_now(&w));
	for (size_t i = 0; i < 3; i++)
		expect(&w, i, JOB_STORED);
	assert_int_equal(schedule_retries(w.s), 0);
	expect_over(&w, SCHEDULE_GOES_ON);
}

static void ten_pauses_without_a_success(void **state)
{
	struct schedule_policy policy = usual();
	struct world w = world_of(&policy, 50);
	struct schedule_job *job[4];
	const char *why;
	int pauses;

	(void)state;
	/* Four transfers run into each limit: that is one pause. */
	for (pauses = 0; pauses < 30; pauses++) {
		job[0] = start(&w);
		for (int i = 1; i < 4; i++)
			job[i] = start_now(&w);
		for (int i = 0; i < 4; i++)
			(void)pause_for(&w, job[i], -1);
		if (schedule_ended(w.s, &why) != SCHEDULE_GOES_ON)
			break;
		if (pauses == 4) {
			job[0] = start(&w);
			good(&w, job[0]);
			expect(&w, job[0]->index, JOB_STORED);
		}
	}
	assert_int_equal(pauses, 5 + SCHEDULE_MAX_PAUSES);
	assert_non_null(strstr(why, "come back after 2025-"));
	assert_non_null(strstr(why, "slow down"));
	assert_int_equal(schedule_left(w.s), 49);
	expect_over(&w, SCHEDULE_RATE_LIMITED);
}

static void a_retry_after_beyond_the_cap(void **state)
{
	struct schedule_policy policy = usual();
	struct world w = world_of(&policy, 2);
	struct schedule_job *other, *job;
	const char *why;
	struct stamp then;

	(void)state;
	job = start_now(&w);
	other = start_now(&w);
	assert_int_equal(pause_for(&w, job, 120000).did, STEP_PAUSED);
	assert_int_equal(pause_for(&w, other, 3600000).did, STEP_LEFT);
	assert_int_equal(schedule_ended(w.s, &why), SCHEDULE_RATE_LIMITED);
	stamp_from_us(&then, START_US + INT64_C(3600000) * 1000);
	assert_non_null(strstr(why, then.text));
	expect_over(&w, SCHEDULE_RATE_LIMITED);
}

/* ---- 403 ---- */

static void whoami_is_asked_once(void **state)
{
	struct schedule_policy policy = usual();
	struct world w = world_of(&policy, 4);
	struct schedule_job *a = start_now(&w), *b = start_now(&w), *whoami;
	int64_t until;

	(void)state;
	assert_int_equal(say(&w, a, VERDICT_FORBIDDEN, 403).did, STEP_ON);
	whoami = start_now(&w);
	assert_int_equal(whoami->asked, ASKED_WHOAMI);
	assert_int_equal(say(&w, b, VERDICT_FORBIDDEN, 403).did, STEP_ON);
	assert_int_equal(turn(&w, &until), SCHEDULE_WAIT);
	assert_null(schedule_settled(w.s));
	say(&w, whoami, VERDICT_KEY_GOOD, 200);
	expect(&w, 1, JOB_DENIED);
	expect(&w, 0, JOB_DENIED);
	a = start_now(&w);
	assert_int_equal(a->asked, ASKED_RESULT);
	assert_int_equal(say(&w, a, VERDICT_FORBIDDEN, 403).did, STEP_SETTLED);
	expect(&w, 2, JOB_DENIED);
	good(&w, start_now(&w));
	expect(&w, 3, JOB_STORED);
	expect_over(&w, SCHEDULE_GOES_ON);
}

static void a_bad_key_ends_the_run(void **state)
{
	struct schedule_policy policy = usual();
	struct world w = world_of(&policy, 9);
	const char *why;

	(void)state;
	say(&w, start_now(&w), VERDICT_FORBIDDEN, 403);
	say(&w, start_now(&w), VERDICT_KEY_BAD, 403);
	assert_int_equal(schedule_ended(w.s, &why), SCHEDULE_KEY_REFUSED);
	assert_string_equal(why, "HTTP: words");
	assert_int_equal(schedule_left(w.s), 9);
	expect_over(&w, SCHEDULE_KEY_REFUSED);

	w = world_of(&policy, 9);
	good(&w, start_now(&w));
	expect(&w, 0, JOB_STORED);
	assert_int_equal(say(&w, start_now(&w), VERDICT_KEY_BAD, 401).did, STEP_LEFT);
	expect_over(&w, SCHEDULE_KEY_REFUSED);
}

static void after_a_success_no_whoami(void **state)
{
	struct schedule_policy policy = usual();
	struct world w = world_of(&policy, 3);
	struct schedule_job *a = start_now(&w), *b = start_now(&w), *whoami;

	(void)state;
	/* A success while whoami is asked answers the question as well. */
	say(&w, a, VERDICT_FORBIDDEN, 403);
	whoami = start_now(&w);
	good(&w, b);
	expect(&w, 0, JOB_DENIED);
	expect(&w, 1, JOB_STORED);
	assert_true(schedule_key_good(w.s));
	a = start_now(&w);
	say(&w, whoami, VERDICT_KEY_GOOD, 200);
	assert_int_equal(say(&w, a, VERDICT_FORBIDDEN, 403).did, STEP_SETTLED);
	expect(&w, 2, JOB_DENIED);
	expect_over(&w, SCHEDULE_GOES_ON);
}

static void whoami_that_is_not_answered(void **state)
{
	struct schedule_policy policy = usual();
	struct schedule_job *job;
	struct world w;

	(void)state;
	policy.retry.retries = 2;
	w = world_of(&policy, 2);
	say(&w, start_now(&w), VERDICT_FORBIDDEN, 403);
	assert_int_equal(broken(&w, start_now(&w)).did, STEP_AGAIN);
	/* While it waits for its next try, others go on. */
	job = start_now(&w);
	assert_int_equal(job->asked, ASKED_RESULT);
	say(&w, job, VERDICT_FORBIDDEN, 403);
	say(&w, start(&w), VERDICT_RETRY, 503);
	job = start(&w);
	assert_int_equal(job->asked, ASKED_WHOAMI);
	broken(&w, job);
	expect(&w, 1, JOB_DENIED);
	expect(&w, 0, JOB_DENIED);
	assert_false(schedule_key_good(w.s));
	expect_over(&w, SCHEDULE_GOES_ON);
}

static void whoami_that_is_needed_no_more(void **state)
{
	struct schedule_policy policy = usual();
	struct world w = world_of(&policy, 2);

	(void)state;
	say(&w, start_now(&w), VERDICT_FORBIDDEN, 403);
	broken(&w, start_now(&w));
	good(&w, start_now(&w));
	expect(&w, 0, JOB_DENIED);
	expect(&w, 1, JOB_STORED);
	expect_over(&w, SCHEDULE_GOES_ON);
}

/* ---- the API is down ---- */

static void down_after_time_and_failures(void **state)
{
	struct schedule_policy policy = usual();
	struct world w;
	const char *why;
	int64_t until;

	(void)state;
	policy.retry.retries = 1000;
	w = world_of(&policy, 1000);
	/* Waiting for the request window is no sign of anything. */
	pass_ns(&w, 3600000 * MS);
	for (int i = 0; i < SCHEDULE_MIN_FAILURES - 1; i++)
		broken(&w, start(&w));
	pass_ns(&w, 299999 * MS);
	say(&w, start(&w), VERDICT_RETRY, 408);
	assert_int_equal(turn(&w, &until), SCHEDULE_START);
	say(&w, start_now(&w), VERDICT_RETRY, 503);
	pass_ns(&w, 1 * MS);
	expect_over(&w, SCHEDULE_API_DOWN);

	/* A success begins the count anew. */
	w = world_of(&policy, 1000);
	for (int i = 0; i < SCHEDULE_MIN_FAILURES; i++)
		broken(&w, start(&w));
	settle(&w, start_now(&w), JOB_NOT_FOUND, 404);
	expect(&w, SCHEDULE_MIN_FAILURES, JOB_NOT_FOUND);
	pass_ns(&w, 400000 * MS);
	for (int i = 0; i < SCHEDULE_MIN_FAILURES; i++)
		broken(&w, start_now(&w));
	assert_int_equal(schedule_ended(w.s, &why), SCHEDULE_GOES_ON);
	pass_ns(&w, 300000 * MS);
	expect_over(&w, SCHEDULE_API_DOWN);
}

static void it_wakes_to_find_it_down(void **state)
{
	struct schedule_policy policy = usual();
	struct world w;
	const char *why;
	int64_t until, began;

	(void)state;
	policy.retry = (struct retry_policy){.wait_ms = 3600000, .max_wait_ms = 3600000, .retries = 8};
	w = world_of(&policy, SCHEDULE_MIN_FAILURES);
	began = w.now.boot_ns;
	for (int i = 0; i < SCHEDULE_MIN_FAILURES; i++)
		broken(&w, start_now(&w));
	assert_int_equal(turn(&w, &until), SCHEDULE_WAIT);
	assert_int_equal(until - began, 300000 * MS);
	pass_ns(&w, until - w.now.boot_ns);
	assert_int_equal(turn(&w, &until), SCHEDULE_OVER);
	assert_int_equal(schedule_ended(w.s, &why), SCHEDULE_API_DOWN);
	assert_non_null(strstr(why, "300 s"));
	assert_non_null(strstr(why, "connection refused"));
	assert_int_equal(schedule_left(w.s), SCHEDULE_MIN_FAILURES);
	expect_over(&w, SCHEDULE_API_DOWN);
}

static void a_result_that_arrives_decides(void **state)
{
	struct schedule_policy policy = usual();
	struct world w;
	struct schedule_job *large;
	int64_t until;

	(void)state;
	for (int cut = 0; cut < 2; cut++) {
		policy.retry.retries = 1000;
		w = world_of(&policy, 1000);
		large = start_now(&w);
		schedule_receiving(w.s, large);
		schedule_receiving(w.s, large);
		for (int i = 0; i < SCHEDULE_MIN_FAILURES; i++)
			broken(&w, start(&w));
		pass_ns(&w, 400000 * MS);
		assert_int_equal(turn(&w, &until), SCHEDULE_WAIT);
		assert_true(until == INT64_MAX);
		if (cut) {
			schedule_failed(w.s, large, FAILURE_NETWORK, 200, "cut short", &w.now);
			expect_over(&w, SCHEDULE_API_DOWN);
		} else {
			good(&w, large);
			expect(&w, 0, JOB_STORED);
			assert_int_equal(turn(&w, &until), SCHEDULE_START);
			schedule_free(w.s);
		}
	}
}

/* A proxy that answers 404 to everything, or a certificate, is no sign of life. */
static void no_life(void **state)
{
	struct schedule_policy policy = usual();
	struct world w = world_of(&policy, 1000);
	struct schedule_job *job;

	(void)state;
	for (int i = 0; i < SCHEDULE_MIN_FAILURES; i++) {
		schedule_failed(w.s, start(&w), FAILURE_LASTING, 0, "not trusted", &w.now);
		settle(&w, start(&w), JOB_FAILED, 404);
	}
	while ((job = schedule_settled(w.s)))
		schedule_release(w.s, job);
	pass_ns(&w, 300000 * MS);
	expect_over(&w, SCHEDULE_API_DOWN);
}

/* ---- the run is cut short ---- */

static void what_is_under_way_may_finish(void **state)
{
	struct schedule_policy policy = usual();
	struct world w;
	struct schedule_job *a, *b, *c, *d, *e, *f;
	int64_t until;

	(void)state;
	policy.details = true;
	w = world_of(&policy, 100);
	broken(&w, start_now(&w));
	good(&w, start_now(&w));
	a = start_now(&w);
	assert_int_equal(a->asked, ASKED_STATUS);
	b = start_now(&w);
	c = start_now(&w);
	d = start_now(&w);
	e = start_now(&w);
	f = start_now(&w);
	schedule_stop(w.s);
	assert_int_equal(turn(&w, &until), SCHEDULE_WAIT);
	assert_int_equal(status(&w, a, STATUS_COMPLETE, 1).did, STEP_SETTLED);
	expect(&w, 1, JOB_STORED);
	/* It lacks its details, but not its result. */
	assert_int_equal(good(&w, b).did, STEP_SETTLED);
	expect(&w, 2, JOB_STORED);
	assert_int_equal(say(&w, c, VERDICT_ASK_STATUS, 404).did, STEP_LEFT);
	assert_int_equal(broken(&w, d).did, STEP_LEFT);
	assert_int_equal(say(&w, e, VERDICT_FORBIDDEN, 403).did, STEP_SETTLED);
	expect(&w, 5, JOB_DENIED);
	assert_int_equal(pause_for(&w, f, 1000).did, STEP_LEFT);
	assert_int_equal(schedule_left(w.s), 97);
	expect_over(&w, SCHEDULE_GOES_ON);
}

static void aborted_jobs_keep_their_results(void **state)
{
	struct schedule_policy policy = usual();
	struct world w;
	struct schedule_job *a, *b, *whoami;

	(void)state;
	policy.details = true;
	w = world_of(&policy, 100);
	good(&w, start_now(&w));
	a = start_now(&w);
	good(&w, b = start_now(&w));
	b = start_now(&w);
	assert_int_equal(b->asked, ASKED_STATUS);
	broken(&w, b);
	b = start_now(&w);
	schedule_receiving(w.s, b);
	schedule_stop(w.s);
	schedule_abort(w.s, a);
	schedule_abort(w.s, b);
	expect(&w, 1, JOB_STORED);
	expect(&w, 0, JOB_STORED);
	expect_over(&w, SCHEDULE_GOES_ON);

	/* Jobs that wait for whoami are left with it. */
	w = world_of(&policy, 100);
	say(&w, start_now(&w), VERDICT_FORBIDDEN, 403);
	whoami = start_now(&w);
	schedule_abort(w.s, whoami);
	assert_int_equal(schedule_left(w.s), 100);
	expect_over(&w, SCHEDULE_GOES_ON);

	/* But a whoami that was under way may answer. */
	w = world_of(&policy, 100);
	say(&w, start_now(&w), VERDICT_FORBIDDEN, 403);
	whoami = start_now(&w);
	schedule_stop(w.s);
	say(&w, whoami, VERDICT_KEY_GOOD, 200);
	expect(&w, 0, JOB_DENIED);
	expect_over(&w, SCHEDULE_GOES_ON);

	/* Or not: then there is no second try. */
	w = world_of(&policy, 100);
	say(&w, start_now(&w), VERDICT_FORBIDDEN, 403);
	whoami = start_now(&w);
	schedule_stop(w.s);
	assert_int_equal(broken(&w, whoami).did, STEP_LEFT);
	expect_over(&w, SCHEDULE_GOES_ON);
}

static void a_refused_key_never_costs_a_result(void **state)
{
	struct schedule_policy policy = usual();
	struct world w;

	(void)state;
	policy.details = true;
	w = world_of(&policy, 1);
	good(&w, start_now(&w));
	assert_int_equal(say(&w, start_now(&w), VERDICT_KEY_BAD, 401).did, STEP_SETTLED);
	expect(&w, 0, JOB_STORED);
	expect_over(&w, SCHEDULE_KEY_REFUSED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(fresh_jobs_in_their_order),
	    cmocka_unit_test(nothing_to_do),
	    cmocka_unit_test(a_retry_that_is_due_goes_first),
	    cmocka_unit_test(waits_double_and_heed_retry_after),
	    cmocka_unit_test(few_jobs_exist_at_a_time),
	    cmocka_unit_test(few_results_wait_for_details),
	    cmocka_unit_test(a_429_pauses_everything),
	    cmocka_unit_test(ten_pauses_without_a_success),
	    cmocka_unit_test(a_retry_after_beyond_the_cap),
	    cmocka_unit_test(whoami_is_asked_once),
	    cmocka_unit_test(a_bad_key_ends_the_run),
	    cmocka_unit_test(after_a_success_no_whoami),
	    cmocka_unit_test(whoami_that_is_not_answered),
	    cmocka_unit_test(whoami_that_is_needed_no_more),
	    cmocka_unit_test(down_after_time_and_failures),
	    cmocka_unit_test(it_wakes_to_find_it_down),
	    cmocka_unit_test(a_result_that_arrives_decides),
	    cmocka_unit_test(no_life),
	    cmocka_unit_test(what_is_under_way_may_finish),
	    cmocka_unit_test(aborted_jobs_keep_their_results),
	    cmocka_unit_test(a_refused_key_never_costs_a_result),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
