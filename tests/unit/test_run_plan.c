#include "run_plan.h"

#include "log.h"
#include "unit.h"

#include <stdio.h>
#include <string.h>

/* Ledgers of two sinks, by the last digit of the job's ID: in place of sinkset.c. */
static struct ledger_entry ledgers[2][10];
static size_t n_sinks;

size_t sinkset_count(const struct sinkset *set)
{
	(void)set;
	return n_sinks;
}

int sinkset_states(struct sinkset *set, size_t i, const struct uuid *ids, size_t n, struct ledger_entry *out,
		   struct err *err)
{
	(void)set;
	(void)err;
	for (size_t k = 0; k < n; k++)
		out[k] = ledgers[i][ids[k].b[15] & 15];
	return 0;
}

#define NOW_US (INT64_C(1700000000) * 1000000)
#define DAY_US (INT64_C(86400) * 1000000)

static int set_up(void **state)
{
	(void)state;
	log_setup(LOG_ERROR, false);
	memset(ledgers, 0, sizeof(ledgers));
	n_sinks = 1;
	return 0;
}

static void read_text(struct plan *p, const char *text)
{
	FILE *f = fmemopen((void *)(uintptr_t)text, strlen(text), "r");
	struct err err = {0};

	assert_non_null(f);
	assert_int_equal(plan_read(p, f, "jobs.txt", &err), 0);
	(void)fclose(f);
}

static void make(struct plan *p, bool refetch, bool retry_lost)
{
	struct plan_policy policy = {refetch, retry_lost, NOW_US};
	struct err err = {0};

	assert_int_equal(plan_make(p, NULL, &policy, &err), 0);
}

#define ID(digit) "00000000-0000-4000-8000-00000000000" digit

static void test_a_job_named_twice_is_one_job(void **state)
{
	struct plan p;

	(void)state;
	plan_init(&p);
	read_text(&p, ID("1") "\n" ID("2") "\nnonsense\n{\"jobId\":\"" ID(
			  "1") "\",\"completed_at\":\"2023-11-14T00:00:00Z\"}\n");
	read_text(&p, ID("2") "\n");
	assert_int_equal(p.n, 2);
	assert_int_equal(p.requested, 4);
	assert_int_equal(p.invalid, 1);
	assert_non_null(p.jobs[0].completed_at); /* what the second line knew is not lost */
	assert_non_null(strstr(p.jobs[0].input, "completed_at"));
	assert_null(p.jobs[1].input);
	plan_free(&p);
}

static void test_many_jobs(void **state)
{
	static char text[40 * 5000];
	struct plan p;
	size_t n = 0;

	(void)state;
	for (int round = 0; round < 2; round++)
		for (int i = 0; i < 2500; i++)
			n += (size_t)sprintf(text + n, "%08x-0000-4000-8000-000000000000\n", i * 7919);
	plan_init(&p);
	read_text(&p, text);
	make(&p, false, false);
	assert_int_equal(p.n, 2500);
	assert_int_equal(p.n_order, 2500);
	assert_int_equal(p.requested, 5000);
	for (size_t i = 0; i < p.n_order; i++)
		assert_int_equal(p.order[i], i);
	plan_free(&p);
}

/* Never asked for first, then those still open; what expires first is first in each, the unknown last and as they came.
 */
static void test_order(void **state)
{
	static const char expected[] = "4213765";
	struct plan p;

	(void)state;
	ledgers[0][5] = (struct ledger_entry){.state = JOB_PENDING, .attempts = 1, .same_instance = true};
	ledgers[0][6] = (struct ledger_entry){
	    .state = JOB_FAILED, .attempts = 3, .same_instance = true, .expires_at_us = NOW_US + 2 * DAY_US};
	ledgers[0][7] = (struct ledger_entry){
	    .state = JOB_FAILED, .attempts = 3, .same_instance = true, .expires_at_us = NOW_US + DAY_US};
	ledgers[0][4] = (struct ledger_entry){.state = JOB_UNASKED, .expires_at_us = NOW_US + DAY_US / 2};
	plan_init(&p);
	read_text(&p, ID("5") "\n" ID("6") "\n" ID("7") "\n" ID("1") "\n" ID("3") "\n{\"id\":\"" ID(
			  "2") "\",\"completedAt\":\"2023-11-02T00:00:00Z\"}\n" ID("4") "\n");
	make(&p, false, false);
	assert_int_equal(p.n_order, 7);
	for (size_t i = 0; i < p.n_order; i++)
		assert_int_equal(p.jobs[p.order[i]].id.b[15], expected[i] - '0');
	plan_free(&p);
}

/* asked again by the next run? (contract) */
static void test_what_is_asked_again(void **state)
{
	static const struct {
		struct ledger_entry entry;
		enum plan_status plain, refetch, retry_lost;
	} cases[] = {
	    {{.state = JOB_STORED, .same_instance = true}, PLAN_ALREADY_STORED, PLAN_OPEN, PLAN_ALREADY_STORED},
	    {{.state = JOB_STORED, .same_instance = false}, PLAN_ALREADY_STORED, PLAN_OPEN, PLAN_ALREADY_STORED},
	    {{.state = JOB_STORED, .partial = true, .same_instance = true}, PLAN_OPEN, PLAN_OPEN, PLAN_OPEN},
	    {{.state = JOB_STORED, .partial = true, .expires_at_us = NOW_US + DAY_US}, PLAN_OPEN, PLAN_OPEN, PLAN_OPEN},
	    {{.state = JOB_STORED, .partial = true, .expires_at_us = NOW_US - 1},
	     PLAN_ALREADY_STORED,
	     PLAN_OPEN,
	     PLAN_ALREADY_STORED},
	    {{.state = JOB_PENDING, .same_instance = true}, PLAN_OPEN, PLAN_OPEN, PLAN_OPEN},
	    {{.state = JOB_FAILED, .same_instance = true}, PLAN_OPEN, PLAN_OPEN, PLAN_OPEN},
	    {{.state = JOB_UNREADABLE, .same_instance = true}, PLAN_OPEN, PLAN_OPEN, PLAN_OPEN},
	    {{.state = JOB_DENIED, .same_instance = true}, PLAN_OPEN, PLAN_OPEN, PLAN_OPEN},
	    {{.state = JOB_UNASKED, .same_instance = true}, PLAN_OPEN, PLAN_OPEN, PLAN_OPEN},
	    {{.state = JOB_EXPIRED, .same_instance = true}, PLAN_ALREADY_LOST, PLAN_ALREADY_LOST, PLAN_OPEN},
	    {{.state = JOB_NO_RESULT, .same_instance = true}, PLAN_ALREADY_LOST, PLAN_ALREADY_LOST, PLAN_OPEN},
	    {{.state = JOB_REJECTED, .same_instance = true}, PLAN_ALREADY_LOST, PLAN_ALREADY_LOST, PLAN_OPEN},
	    {{.state = JOB_EXPIRED, .same_instance = false}, PLAN_OPEN, PLAN_OPEN, PLAN_OPEN},
	    {{.state = JOB_NOT_FOUND, .same_instance = true, .requested_at_us = NOW_US - 13 * DAY_US},
	     PLAN_OPEN,
	     PLAN_OPEN,
	     PLAN_OPEN},
	    {{.state = JOB_NOT_FOUND, .same_instance = true, .requested_at_us = NOW_US - 15 * DAY_US},
	     PLAN_ALREADY_LOST,
	     PLAN_ALREADY_LOST,
	     PLAN_OPEN},
	    /* first asked for by a clock that was not set, or was set ahead: no 14 days have passed */
	    {{.state = JOB_NOT_FOUND, .same_instance = true, .requested_at_us = 77 * DAY_US},
	     PLAN_OPEN,
	     PLAN_OPEN,
	     PLAN_OPEN},
	    {{.state = JOB_NOT_FOUND, .same_instance = true, .requested_at_us = NOW_US + 15 * DAY_US},
	     PLAN_OPEN,
	     PLAN_OPEN,
	     PLAN_OPEN},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		for (int how = 0; how < 3; how++) {
			enum plan_status expected = how == 0   ? cases[i].plain
						    : how == 1 ? cases[i].refetch
							       : cases[i].retry_lost;
			struct plan p;

			ledgers[0][1] = cases[i].entry;
			plan_init(&p);
			read_text(&p, ID("1"));
			make(&p, how == 1, how == 2);
			if (p.jobs[0].status != expected || p.n_order != (expected == PLAN_OPEN))
				fail_msg("case %zu, policy %d: status %d, %zu to ask for", i, how, p.jobs[0].status,
					 p.n_order);
			plan_free(&p);
		}
	}
}

static void test_two_sinks(void **state)
{
	struct plan p;

	(void)state;
	n_sinks = 2;
	ledgers[0][1] = ledgers[1][1] = (struct ledger_entry){.state = JOB_STORED};
	ledgers[0][2] = (struct ledger_entry){.state = JOB_STORED};
	ledgers[0][3] = (struct ledger_entry){.state = JOB_STORED};
	ledgers[1][3] = (struct ledger_entry){.state = JOB_EXPIRED, .same_instance = true};
	ledgers[0][4] = (struct ledger_entry){.state = JOB_EXPIRED, .same_instance = true};
	ledgers[0][5] = ledgers[1][5] =
	    (struct ledger_entry){.state = JOB_NOT_FOUND, .same_instance = true, .requested_at_us = NOW_US - DAY_US};
	plan_init(&p);
	read_text(&p, ID("1") "\n" ID("2") "\n" ID("3") "\n" ID("4") "\n" ID("5") "\n");
	make(&p, false, false);
	assert_int_equal(p.jobs[0].status, PLAN_ALREADY_STORED);
	assert_int_equal(p.jobs[1].want, 2); /* the second sink lacks it */
	assert_int_equal(p.jobs[1].held, 1);
	assert_int_equal(p.jobs[2].status, PLAN_ALREADY_LOST);
	assert_int_equal(p.jobs[3].want, 2); /* the second sink has not heard that it is lost */
	assert_int_equal(p.jobs[3].lost, 1);
	assert_false(p.jobs[3].known_lost);
	assert_int_equal(p.jobs[4].want, 3); /* asked again, and no news if it is still not there */
	assert_true(p.jobs[4].known_lost);
	plan_free(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup(test_a_job_named_twice_is_one_job, set_up),
	    cmocka_unit_test_setup(test_many_jobs, set_up),
	    cmocka_unit_test_setup(test_order, set_up),
	    cmocka_unit_test_setup(test_what_is_asked_again, set_up),
	    cmocka_unit_test_setup(test_two_sinks, set_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
