/* reruns.c: the whole of results that the API truncated (sink.h, "Reruns"). */
#include "contract.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define OPS w->sink->ops

static const struct sink_options only_read = {
    .file_mode = 0600, .read_only = true, .must_exist = true, .instance = "https://one.example"};

/* A job with n results, each with a query of its own, of which those in truncated (bits) are; tag stands in the query.
 * Not flushed. */
static void put_truncated(struct world *w, unsigned number, int n, unsigned truncated, const char *tag)
{
	const struct text columns[] = {text_of("A"), text_of("B")};
	struct job job = sample_job(number, JOB_STORED);

	put_begin(w, &job);
	for (int i = 0; i < n; i++) {
		char query[80];
		struct query_result r = {.action_index = i,
					 .columns = columns,
					 .n_columns = 2,
					 .csv_truncated = i < 32 ? (truncated >> i) & 1 : 1,
					 .has_results = 1,
					 .has_total = i != 2,
					 .total_row_count = 1000 + i,
					 .row_count = -1};

		(void)snprintf(query, sizeof(query), "{ \"q\":\"%s\", \"n\":%d}", tag, i);
		r.query = text_of(query);
		put_action(w, i);
		CALLED(OPS->result(w->sink, &r, &err));
		r.row_count = 0;
		CALLED(OPS->result_end(w->sink, &r, &err));
	}
	put_commit(w, &job);
}

static const struct text labels[] = {{"A", 1}, {"B \"b\"", 5}};

static struct rerun rerun_of(unsigned number, int64_t action, const char *query, enum job_state state)
{
	const struct job job = sample_job(number, state);
	const bool stored = state == JOB_STORED;

	return (struct rerun){.id = job.id,
			      .action_index = action,
			      .query = text_of(query),
			      .state = state,
			      .http_status = stored ? 200 : 408,
			      .error = stored ? TEXT_NULL : text_of("the API says: not yet"),
			      .attempts = 2,
			      .requested_at = job.requested_at,
			      .fetched_at = job.fetched_at,
			      .body_bytes = stored ? 99 : -1,
			      .body_sha256 = {0xab}};
}

static void put_rerun_rows(struct world *w, const struct rerun *r, int64_t rows, const char *tag)
{
	for (int64_t i = 0; i < rows; i++) {
		char number[24];
		const int n = snprintf(number, sizeof(number), "%" PRId64, i);
		const struct text cells[] = {{number, (size_t)n}, text_of(tag)};
		const struct row row = {.action_index = r->action_index, .row_index = i, .cells = cells, .n = 2};

		CALLED(OPS->rerun_row(w->sink, &row, &err));
	}
}

static void end_rerun(struct world *w, struct rerun *r, int64_t rows)
{
	if (r->state == JOB_STORED) {
		r->columns = labels;
		r->n_columns = 2;
		r->row_count = rows;
	}
	CALLED(OPS->rerun_commit(w->sink, r, &err));
}

static void put_rerun(struct world *w, unsigned number, int64_t action, const char *query, enum job_state state,
		      int64_t rows, const char *tag)
{
	struct rerun r = rerun_of(number, action, query, state);

	CALLED(OPS->rerun_begin(w->sink, &r, &err));
	put_rerun_rows(w, &r, rows, tag);
	end_rerun(w, &r, rows);
}

static void expect_rerun(struct world *w, unsigned number, int64_t action, const char *column, const char *expected)
{
	struct buf b;
	bool there;

	buf_init(&b, SIZE_MAX / 2);
	there = w->kind->reader->rerun(w->target, sample_id(number), action, column, &b);
	if (there != (expected != NULL) || (there && strcmp(buf_cstr(&b), expected) != 0))
		fail_msg("%s is '%s', not '%s'", column, there ? buf_cstr(&b) : "(null)",
			 expected ? expected : "(null)");
	buf_free(&b);
}

static void expect_rerun_cell(struct world *w, unsigned number, int64_t action, int64_t row, int64_t cell,
			      const char *expected)
{
	struct buf b;

	buf_init(&b, SIZE_MAX / 2);
	assert_true(w->kind->reader->rerun_cell(w->target, sample_id(number), action, row, cell, &b));
	assert_string_equal(buf_cstr(&b), expected);
	buf_free(&b);
}

/* What next_truncated says of all, as "job/action:state " in its order. */
static void expect_truncated(struct world *w, const char *expected)
{
	char said[1000] = "";
	struct truncated t;
	int more;
	struct err err = {0};

	while ((more = OPS->next_truncated(w->sink, &t, &err)) == 1) {
		const size_t n = strlen(said);

		(void)snprintf(said + n, sizeof(said) - n, "%d/%" PRId64 ":%s%s ", t.id.b[2], t.action_index,
			       state_name(t.state), t.same_instance ? "" : "!");
	}
	assert_int_equal(more, 0);
	assert_string_equal(said, expected);
}

/* In their order, each as often as it is asked; also where no rerun was ever written, and by who only reads. */
static void found(struct world *w)
{
	static const struct sink_options other = {.file_mode = 0600,
						  .keep_bodies = true,
						  .run_id = "run-2",
						  .version = "1.0",
						  .instance = "https://two.example"};
	const struct job job = sample_job(1, JOB_STORED);
	struct truncated t = {0};

	world_open(w);
	expect_truncated(w, "");
	put_truncated(w, 3, 3, 1, "three");
	put_truncated(w, 1, 3, 6, "one");
	put_truncated(w, 2, 2, 0, "two");
	world_flush(w);
	for (int i = 0; i < 2; i++)
		expect_truncated(w, "1/1: 1/2: 3/0: ");
	world_with(w, &only_read);
	expect_truncated(w, "1/1: 1/2: 3/0: ");
	CALLED(OPS->read_truncated(w->sink, &job.id, 1, &t, &err) != 1);
	assert_true(text_eq(t.query, text_of("{ \"q\":\"one\", \"n\":1}")));
	assert_true(text_eq(t.columns, text_of("[\"A\",\"B\"]")));
	assert_true(t.has_total);
	assert_int_equal(t.total_row_count, 1001);
	CALLED(OPS->read_truncated(w->sink, &job.id, 2, &t, &err) != 1);
	assert_false(t.has_total);
	/* what is not truncated, or not there */
	CALLED(OPS->read_truncated(w->sink, &job.id, 0, &t, &err) != 0);
	CALLED(OPS->read_truncated(w->sink, &job.id, 9, &t, &err) != 0);
	world_with(w, &other);
	expect_truncated(w, "1/1:! 1/2:! 3/0:! ");
}

#define MANY 2105 /* more than two pages of any sink */

static void many_found(struct world *w)
{
	struct truncated t;
	int64_t n = 0;
	struct err err = {0};
	int more;

	world_open(w);
	put_truncated(w, 1, MANY, 0xffffffffu, "q");
	world_flush(w);
	while ((more = OPS->next_truncated(w->sink, &t, &err)) == 1) {
		assert_int_equal(t.action_index, n);
		if (n % 700 == 3)
			put_rerun(w, 1, n, "{}", JOB_FAILED, 0, "");
		n++;
	}
	assert_int_equal(more, 0);
	assert_int_equal(n, MANY);
}

#define ONE "{ \"q\":\"one\", \"n\":1}"

/* Durable at once, and none of the job's own rows. */
static void stored(struct world *w)
{
	world_open(w);
	put_truncated(w, 1, 3, 6, "one");
	world_flush(w);
	put_rerun(w, 1, 1, ONE, JOB_STORED, 3, "w \"x\" é\n");
	expect_count(w, "reruns", 1, 1);
	expect_count(w, "rerun_rows", 1, 3);
	expect_count(w, "result_rows", 1, 0);
	expect_rerun_cell(w, 1, 1, 2, 0, "2");
	expect_rerun_cell(w, 1, 1, 0, 1, "w \"x\" é\n");
	expect_rerun(w, 1, 1, "state", "stored");
	expect_rerun(w, 1, 1, "query", ONE);
	expect_rerun(w, 1, 1, "columns", "[\"A\",\"B \\\"b\\\"\"]");
	expect_rerun(w, 1, 1, "row_count", "3");
	expect_rerun(w, 1, 1, "http_status", "200");
	expect_rerun(w, 1, 1, "attempts", "2");
	expect_rerun(w, 1, 1, "body_bytes", "99");
	expect_rerun(w, 1, 1, "body_sha256", "ab00000000000000000000000000000000000000000000000000000000000000");
	expect_rerun(w, 1, 1, "run_id", "run-1");
	expect_rerun(w, 1, 1, "error", NULL);
	expect_rerun(w, 1, 1, "warnings", NULL);
	expect_truncated(w, "1/1:stored 1/2: ");
	put_rerun(w, 1, 2, "{ \"q\":\"one\", \"n\":2}", JOB_STORED, 0, "");
	world_with(w, &only_read);
	expect_truncated(w, "1/1:stored 1/2:stored ");
	expect_rerun(w, 1, 2, "row_count", "0");
	expect_rerun(w, 1, 2, "columns IS NOT NULL AND stored_at IS NOT NULL", "1");
}

/* Another query's rerun is none of this one's. */
static void of_another_query(struct world *w)
{
	world_open(w);
	put_truncated(w, 1, 3, 6, "one");
	world_flush(w);
	put_rerun(w, 1, 1, "{\"q\":\"one\",\"n\":1}", JOB_STORED, 3, "x");
	expect_truncated(w, "1/1: 1/2: ");
	put_rerun(w, 1, 1, ONE, JOB_PENDING, 0, "");
	expect_truncated(w, "1/1:pending 1/2: ");
	expect_count(w, "rerun_rows", 1, 0);
}

static void only_a_result_replaces(struct world *w)
{
	world_open(w);
	put_truncated(w, 1, 3, 6, "one");
	world_flush(w);
	put_rerun(w, 1, 1, ONE, JOB_PENDING, 0, "");
	expect_rerun(w, 1, 1, "state", "pending");
	expect_rerun(w, 1, 1, "error", "the API says: not yet");
	expect_rerun(w, 1, 1, "row_count", NULL);
	expect_rerun(w, 1, 1, "stored_at", NULL);
	put_rerun(w, 1, 1, ONE, JOB_STORED, 4, "first");
	expect_rerun(w, 1, 1, "attempts", "4");
	expect_rerun(w, 1, 1, "error", NULL);
	put_rerun(w, 1, 1, ONE, JOB_FAILED, 0, "");
	expect_truncated(w, "1/1:stored 1/2: ");
	expect_rerun(w, 1, 1, "error", "the API says: not yet");
	expect_rerun(w, 1, 1, "http_status", "200");
	expect_rerun(w, 1, 1, "row_count", "4");
	expect_count(w, "rerun_rows", 1, 4);
	put_rerun(w, 1, 1, ONE, JOB_STORED, 2, "second");
	expect_count(w, "rerun_rows", 1, 2);
	expect_count(w, "reruns", 1, 1);
	expect_rerun_cell(w, 1, 1, 1, 1, "second");
	expect_rerun(w, 1, 1, "error", NULL);
}

#define LARGE 20000 /* rows: some of them have gone out before the end */

/* What is not committed is as if it had not been, also with what is around it. */
static void all_or_nothing(struct world *w)
{
	struct rerun r = rerun_of(1, 1, ONE, JOB_STORED);
	const struct job given_up = sample_job(7, JOB_STORED);

	world_open(w);
	put_truncated(w, 1, 3, 6, "one");
	world_flush(w);
	put_rerun(w, 1, 1, ONE, JOB_STORED, 3, "old");
	for (int64_t rows = 1; rows <= LARGE; rows += LARGE - 1) {
		CALLED(OPS->rerun_begin(w->sink, &r, &err));
		put_rerun_rows(w, &r, rows, "a text that is not short, so that there is much of it");
		expect_count(w, "rerun_rows", 1, 3);
		OPS->rerun_rollback(w->sink);
		expect_count(w, "rerun_rows", 1, 3);
		expect_rerun_cell(w, 1, 1, 2, 1, "old");
	}
	/* a job that was taken back before it, and one behind it */
	put_begin(w, &given_up);
	put_action(w, 0);
	OPS->rollback(w->sink);
	put_rerun(w, 1, 2, "{ \"q\":\"one\", \"n\":2}", JOB_STORED, LARGE, "new");
	put_result(w, 2, 1, 2, "job");
	world_flush(w);
	expect_count(w, "rerun_rows", 1, 3 + LARGE);
	expect_count(w, "jobs", 7, 0);
	expect_count(w, "result_rows", 2, 2);
	/* the end comes in its midst */
	CALLED(OPS->rerun_begin(w->sink, &r, &err));
	put_rerun_rows(w, &r, LARGE, "a text that is not short, so that there is much of it");
	world_close(w);
	expect_count(w, "rerun_rows", 1, 3 + LARGE);
	world_open(w);
	expect_truncated(w, "1/1:stored 1/2:stored ");
	expect_rerun_cell(w, 1, 1, 2, 1, "old");
}

/* A rerun belongs to a query: with that it stays or goes. */
static void job_replaced(struct world *w)
{
	const struct job expired = sample_job(1, JOB_EXPIRED);

	world_open(w);
	put_truncated(w, 1, 3, 7, "one");
	put_truncated(w, 2, 1, 1, "two");
	world_flush(w);
	put_rerun(w, 1, 0, "{ \"q\":\"one\", \"n\":0}", JOB_STORED, 1, "a");
	put_rerun(w, 1, 1, ONE, JOB_STORED, 2, "b");
	put_rerun(w, 1, 2, "{ \"q\":\"one\", \"n\":2}", JOB_STORED, 4, "c");
	put_rerun(w, 2, 0, "{ \"q\":\"two\", \"n\":0}", JOB_STORED, 8, "d");
	/* the same results, and any answer but a result; by a run that has done nothing else */
	world_reopen(w);
	put_truncated(w, 1, 3, 7, "one");
	world_flush(w);
	put_job(w, &expired, NULL);
	world_flush(w);
	expect_count(w, "rerun_rows", 1, 7);
	world_reopen(w);
	/* one is no longer truncated, one no longer there; both goings in one group with others */
	put_truncated(w, 4, 1, 1, "four");
	put_truncated(w, 1, 2, 1, "one");
	put_truncated(w, 5, 1, 1, "five");
	world_flush(w);
	expect_count(w, "rerun_rows", 1, 1);
	expect_count(w, "reruns", 1, 1);
	expect_truncated(w, "1/0:stored 2/0:stored 4/0: 5/0: ");
	/* another query; taken back it takes nothing with it */
	{
		struct job job = sample_job(1, JOB_STORED);
		put_begin(w, &job);
		put_action(w, 0);
		OPS->rollback(w->sink);
	}
	world_flush(w);
	expect_count(w, "rerun_rows", 1, 1);
	put_truncated(w, 1, 1, 1, "other");
	world_flush(w);
	expect_count(w, "reruns", 1, 0);
	expect_count(w, "rerun_rows", 1, 0);
	expect_count(w, "rerun_rows", 2, 8);
	/* its number is free for another, whose rows are its own */
	put_rerun(w, 4, 0, "{ \"q\":\"four\", \"n\":0}", JOB_STORED, 3, "e");
	expect_count(w, "rerun_rows", 4, 3);
	expect_count(w, "rerun_rows", 2, 8);
}

/* --- turns --- */

static struct err ignored;

static void row_without_begin(struct world *w)
{
	OPS->rerun_row(w->sink, &(struct row){0}, &ignored);
}

static void begin_one(struct world *w)
{
	const struct rerun r = rerun_of(1, 1, ONE, JOB_STORED);
	OPS->rerun_begin(w->sink, &r, &ignored);
}

static void begin_twice(struct world *w)
{
	begin_one(w);
	begin_one(w);
}

static void job_within(struct world *w)
{
	const struct job job = sample_job(1, JOB_STORED);
	begin_one(w);
	OPS->begin(w->sink, &job, &ignored);
}

static void within_job(struct world *w)
{
	const struct job job = sample_job(1, JOB_STORED);
	OPS->begin(w->sink, &job, &ignored);
	begin_one(w);
}

static void before_flush(struct world *w)
{
	const struct job job = sample_job(1, JOB_FAILED);
	OPS->begin(w->sink, &job, &ignored);
	OPS->commit(w->sink, &job, &ignored);
	begin_one(w);
}

static void jobs_rollback(struct world *w)
{
	begin_one(w);
	OPS->rollback(w->sink);
}

static void reruns_rollback(struct world *w)
{
	const struct job job = sample_job(1, JOB_STORED);
	OPS->begin(w->sink, &job, &ignored);
	OPS->rerun_rollback(w->sink);
}

static void row_of_a_failure(struct world *w)
{
	const struct rerun r = rerun_of(1, 1, ONE, JOB_FAILED);
	OPS->rerun_begin(w->sink, &r, &ignored);
	OPS->rerun_row(w->sink, &(struct row){.action_index = 1}, &ignored);
}

static void row_skipped(struct world *w)
{
	begin_one(w);
	OPS->rerun_row(w->sink, &(struct row){.action_index = 1, .row_index = 1}, &ignored);
}

static void miscounted(struct world *w)
{
	struct rerun r = rerun_of(1, 1, ONE, JOB_STORED);
	begin_one(w);
	r.row_count = 1;
	OPS->rerun_commit(w->sink, &r, &ignored);
}

static void another_one(struct world *w)
{
	const struct rerun r = rerun_of(1, 2, ONE, JOB_STORED);
	begin_one(w);
	OPS->rerun_commit(w->sink, &r, &ignored);
}

static void reading_within(struct world *w)
{
	struct truncated t;
	begin_one(w);
	OPS->next_truncated(w->sink, &t, &ignored);
}

static void out_of_turn(struct world *w)
{
	static void (*const wrongs[])(struct world *) = {
	    row_without_begin, begin_twice,      job_within,  within_job, before_flush, jobs_rollback,
	    reruns_rollback,   row_of_a_failure, row_skipped, miscounted, another_one,  reading_within};

	for (size_t i = 0; i < sizeof(wrongs) / sizeof(wrongs[0]); i++)
		if (!world_aborts(w, wrongs[i]))
			fail_msg("wrong call %zu does not abort", i);
	assert_false(world_aborts(w, begin_one));
}

const struct contract_test tests_reruns[] = {
    {"truncated results are found", SINK_RERUNS, found},
    {"many truncated results", SINK_RERUNS, many_found},
    {"a rerun is stored", SINK_RERUNS, stored},
    {"a rerun of another query", SINK_RERUNS, of_another_query},
    {"only a result replaces a rerun", SINK_RERUNS, only_a_result_replaces},
    {"a rerun is there whole or not at all", SINK_RERUNS, all_or_nothing},
    {"a rerun goes with its query", SINK_RERUNS, job_replaced},
    {"a call of reruns out of turn aborts", SINK_RERUNS, out_of_turn},
    {NULL, 0, NULL},
};
