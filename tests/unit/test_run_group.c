/*
 * test_run_group.c: groups over a sink that loses its connection at any call, as a database does: what was committed
 * and not flushed is gone, flush says so once. sink_find, sink_open and sink_spec_show are made here, so that sink.o
 * stays out of this program.
 */
#include "run_group.h"

#include "log.h"
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define JOBS 5

struct lossy {
	struct sink base;
	struct sink_ops ops;
	int calls, loses_at;   /* the call at which the connection goes; 0: never */
	int refuses;           /* the job (last digit of its ID) that is refused with ERR_JOB; 0: none */
	bool lost;             /* flush has to say so */
	int under_way;         /* job */
	int pending[JOBS + 1]; /* committed, not flushed */
	int durable[JOBS + 1]; /* how often each job is there */
	int flushes;
};

static struct lossy sinks[2];
static size_t n_opened;
static int bodies_out; /* not yet given back */

static struct lossy *lossy_of(struct sink *s)
{
	return (struct lossy *)s;
}

static int call(struct sink *s, struct err *err)
{
	struct lossy *l = lossy_of(s);

	if (++l->calls != l->loses_at)
		return 0;
	l->lost = true;
	memset(l->pending, 0, sizeof(l->pending));
	return err_set(err, ERR_RETRY, "the connection was lost");
}

static int lossy_begin(struct sink *s, const struct job *job, struct err *err)
{
	lossy_of(s)->under_way = job->id.b[15];
	return call(s, err);
}

static int lossy_action(struct sink *s, const struct action *a, struct err *err)
{
	struct lossy *l = lossy_of(s);

	(void)a;
	if (l->refuses != 0 && l->refuses == l->under_way)
		return err_set(err, ERR_JOB, "this job is refused");
	return call(s, err);
}

static int lossy_result(struct sink *s, const struct query_result *r, struct err *err)
{
	(void)r;
	return call(s, err);
}

static int lossy_row(struct sink *s, const struct row *r, struct err *err)
{
	(void)r;
	return call(s, err);
}

static int lossy_body(struct sink *s, const void *p, size_t n, struct err *err)
{
	(void)p, (void)n;
	return call(s, err);
}

static int lossy_commit(struct sink *s, const struct job *job, struct err *err)
{
	struct lossy *l = lossy_of(s);

	if (call(s, err) != 0)
		return -1;
	l->pending[job->id.b[15]] = 1;
	return 0;
}

static void lossy_rollback(struct sink *s)
{
	(void)s;
}

static int lossy_flush(struct sink *s, struct err *err)
{
	struct lossy *l = lossy_of(s);

	l->flushes++;
	if (!l->lost && call(s, err) == 0) {
		for (int i = 0; i <= JOBS; i++)
			l->durable[i] |= l->pending[i];
		memset(l->pending, 0, sizeof(l->pending));
		return 0;
	}
	l->lost = false;
	return err_set(err, ERR_RETRY, "the group was lost");
}

static int lossy_close(struct sink *s, struct err *err)
{
	(void)s, (void)err;
	return 0;
}

static const struct sink_ops lossy_ops = {.scheme = "lossy",
					  .has = SINK_BODIES | SINK_CELLS | SINK_AGAIN,
					  .begin = lossy_begin,
					  .action = lossy_action,
					  .result = lossy_result,
					  .row = lossy_row,
					  .result_end = lossy_result,
					  .body = lossy_body,
					  .commit = lossy_commit,
					  .rollback = lossy_rollback,
					  .flush = lossy_flush,
					  .close = lossy_close};

const struct sink_ops *sink_find(const char *spec, const char **target, struct err *err)
{
	(void)err;
	*target = spec;
	return &lossy_ops;
}

struct sink *sink_open(const char *spec, const struct sink_options *options, struct err *err)
{
	struct lossy *l = &sinks[n_opened++];

	(void)spec, (void)options, (void)err;
	l->ops = lossy_ops;
	l->base.ops = &l->ops;
	return &l->base;
}

int sink_spec_show(const char *spec, struct buf *out)
{
	return buf_adds(out, spec);
}

static void give_back(void *ctx, struct body *body)
{
	(void)ctx;
	bodies_out--;
	body_free(body);
}

static struct fetch_outcome outcome_of(const char *json)
{
	struct fetch_outcome o = {.state = JOB_STORED, .http_status = 200, .attempts = 1, .body = body_new(UINT64_MAX)};
	struct err err;

	assert_non_null(o.body);
	body_reset(o.body, true);
	assert_int_equal(body_add(o.body, json, strlen(json), &err), 0);
	assert_int_equal(body_end(o.body, &err), 0);
	bodies_out++;
	return o;
}

static bool waits(const struct plan *plan)
{
	for (size_t i = 0; i < plan->n; i++)
		if (plan->jobs[i].status == PLAN_OPEN)
			return true;
	return false;
}

/* Loads the jobs into n sinks; returns how many the group counted as stored. */
static int64_t load_all(size_t n, struct plan *plan)
{
	static const char *const specs[] = {"lossy:a", "lossy:b"};
	static const struct sink_options so = {0};
	struct err err;
	struct sinkset *set = sinkset_open(specs, n, &so, &err);
	struct group_options o = {.sinks = set, .instance = "https://one.example", .give_back = give_back};
	struct group *g = group_new(&o);
	int64_t stored;

	assert_non_null(g);
	plan_init(plan);
	for (int i = 1; i <= JOBS; i++) {
		struct uuid id = {.b = {[15] = (uint8_t)i}};
		struct plan_job *p = plan_add(plan, &id);
		struct fetch_outcome outcome =
		    outcome_of("{\"actions\":[{\"type\":\"q\",\"result\":{\"csvResult\":\"A\\n1\\n2\"}}]}");

		p->want = n == 2 ? 3 : 1;
		group_add(g, p, &outcome);
		/* Waiting for what will not be flushed would be a loop that never sleeps. */
		assert_int_equal(group_due_ns(g) != INT64_MAX, waits(plan));
		if (i == 3)
			group_flush(g, true);
	}
	group_flush(g, true);
	assert_int_equal(group_due_ns(g), INT64_MAX);
	stored = group_totals(g)->stored;
	group_free(g);
	assert_int_equal(bodies_out, 0);
	assert_int_equal(sinkset_close(set, &err), 0);
	return stored;
}

static int reset(void **state)
{
	(void)state;
	log_setup(LOG_ERROR, false);
	memset(sinks, 0, sizeof(sinks));
	n_opened = 0;
	return 0;
}

static void test_nothing_is_lost_wherever_the_connection_goes(void **state)
{
	struct plan plan;
	int calls;

	assert_int_equal(load_all(2, &plan), JOBS);
	plan_free(&plan);
	calls = sinks[0].calls;
	assert_true(calls > 40);
	for (int at = 1; at <= calls; at++) {
		reset(state);
		sinks[0].loses_at = at;
		if (load_all(2, &plan) != JOBS)
			fail_msg("the connection went at call %d", at);
		for (int i = 1; i <= JOBS; i++) {
			assert_int_equal(sinks[0].durable[i], 1);
			assert_int_equal(sinks[1].durable[i], 1);
			assert_int_equal(plan.jobs[i - 1].state, JOB_STORED);
		}
		plan_free(&plan);
	}
}

static void test_a_refused_job_costs_only_itself(void **state)
{
	struct plan plan;
	struct lossy *l = &sinks[0];

	(void)state;
	log_setup((enum log_level) - 1, false); /* it says so on stderr */
	l->refuses = 2;
	assert_int_equal(load_all(1, &plan), JOBS - 1);
	for (int i = 1; i <= JOBS; i++)
		assert_int_equal(l->durable[i], i != 2);
	assert_int_equal(plan.jobs[1].state, JOB_FAILED);
	assert_string_equal(plan.jobs[1].error, "this job is refused");
	plan_free(&plan);
}

/* A job refused while the group is written again: the others are still written. */
static void test_refused_while_written_again(void **state)
{
	struct plan plan;

	(void)state;
	log_setup((enum log_level) - 1, false);
	sinks[0].refuses = 2;
	sinks[0].loses_at = 15;
	assert_int_equal(load_all(1, &plan), JOBS - 1);
	plan_free(&plan);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup(test_nothing_is_lost_wherever_the_connection_goes, reset),
	    cmocka_unit_test_setup(test_a_refused_job_costs_only_itself, reset),
	    cmocka_unit_test_setup(test_refused_while_written_again, reset),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
