/*
 * test_postgres_lost.c: the PostgreSQL sink when the connection goes, at the worst moments: what flush says, and that
 * nothing is there twice, or called stored and is not. Between sink and server stands a relay of the test's own, which
 * can cut the line at a COMMIT: before it reaches the server, before its answer comes back, or so that only the sink
 * sees it.
 *
 * Needs the server of OMNI_TEST_PG (tests/pg/run.sh), and is skipped without one.
 */
#include "postgres_relay.h"
#include "postgres_sink.h"
#include "unit.h"

#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* the world of a test */

static PGconn *admin; /* beside the sink, straight to the server */
static char target[256];
static struct err err;

static int64_t number(const char *sql)
{
	PGresult *res = PQexec(admin, sql);
	const int64_t n = PQntuples(res) == 1 ? strtoll(PQgetvalue(res, 0, 0), NULL, 10) : -1;

	if (PQresultStatus(res) != PGRES_TUPLES_OK && PQresultStatus(res) != PGRES_COMMAND_OK)
		fail_msg("%s: %s", sql, PQerrorMessage(admin));
	PQclear(res);
	return n;
}

#define STORED "SELECT count(*) FROM omni_export.jobs WHERE state = 'stored'"
#define ROWS   "SELECT count(*) FROM omni_export.row_cells"
#define KILL                                                                                                           \
	"SELECT count(pg_terminate_backend(pid, 10000)) FROM pg_stat_activity WHERE application_name = 'omni-export'"

static struct sink *open_sink(void)
{
	static const struct sink_options options = {
	    .keep_bodies = true, .run_id = "run", .version = "1", .instance = "https://one.example"};
	struct sink *s = pg_ops.open(target, &options, &err);

	if (!s)
		fail_msg("%s", err.msg);
	return s;
}

static struct job job_number(unsigned n, enum job_state state)
{
	return (struct job){.id = {{(uint8_t)n, (uint8_t)(n >> 8), 1}}, .state = state, .body_bytes = -1};
}

static int put_row(struct sink *s, int64_t i, struct text cell)
{
	return s->ops->row(s, &(struct row){.row_index = i, .cells = &cell, .n = 1}, &err);
}

/* One job with so many rows of one cell. Returns what the first call that failed returned, rolled back. */
static int put(struct sink *s, unsigned n, int64_t rows, struct text cell)
{
	struct job job = job_number(n, JOB_STORED);
	struct query_result r = {.columns = &cell, .n_columns = 1, .csv_truncated = -1, .has_results = -1};
	int rc =
	    s->ops->begin(s, &job, &err) || s->ops->action(s, &(struct action){0}, &err) || s->ops->result(s, &r, &err);

	for (int64_t i = 0; i < rows && !rc; i++)
		rc = put_row(s, i, cell);
	r.row_count = rows;
	rc = rc || s->ops->result_end(s, &r, &err) || s->ops->body(s, "body", 4, &err) || s->ops->commit(s, &job, &err);
	if (rc)
		s->ops->rollback(s);
	return rc ? -1 : 0;
}

static struct text small(void)
{
	return text_of("cell");
}

#define LARGE 60000 /* rows that do not stay staged */

static void expect(struct sink *s, int64_t jobs, int64_t rows)
{
	assert_int_equal(number(STORED), jobs);
	assert_int_equal(number(ROWS), rows);
	assert_int_equal(number("SELECT count(*) FROM omni_export.result_rows"), rows);
	assert_int_equal(s->ops->close(s, &err), 0);
}

static void good(struct sink *s, int rc)
{
	(void)s;
	if (rc)
		fail_msg("%s", err.msg);
}

/* tests */

static void between_groups(void **state)
{
	struct sink *s = open_sink();

	(void)state;
	good(s, put(s, 1, 3, small()));
	good(s, s->ops->flush(s, &err));
	good(s, put(s, 2, 3, small())); /* staged, not yet sent */
	assert_int_equal(number(KILL), 1);
	good(s, s->ops->flush(s, &err));
	good(s, s->ops->flush(s, &err));
	expect(s, 2, 6);
}

/* The whole group is gone, says flush, once; written again it is there, once. */
static void in_mid_copy(void **state)
{
	struct sink *s = open_sink();
	struct job job = job_number(9, JOB_STORED);
	struct query_result r = {0};
	int rc = 0;

	(void)state;
	good(s, put(s, 1, 3, small()));
	good(s, put(s, 2, LARGE, small()));
	good(s, s->ops->begin(s, &job, &err));
	good(s, s->ops->action(s, &(struct action){0}, &err));
	good(s, s->ops->result(s, &r, &err));
	for (int64_t i = 0; i < LARGE; i++)
		good(s, put_row(s, i, small()));
	assert_int_equal(number("SELECT count(*) FROM pg_stat_progress_copy"), 1);
	assert_int_equal(number(KILL), 1);
	for (int64_t i = 0; i < 100 * LARGE && rc == 0; i++)
		rc = put_row(s, LARGE + i, small());
	if (rc == 0)
		rc = s->ops->commit(s, &job, &err);
	assert_int_equal(rc, -1);
	assert_int_equal(err.kind, ERR_RETRY);
	s->ops->rollback(s);
	assert_int_equal(number(STORED), 0);
	good(s, put(s, 3, 1, small())); /* in vain: the caller does not know yet */
	assert_int_equal(s->ops->flush(s, &err), -1);
	assert_int_equal(err.kind, ERR_RETRY);
	good(s, s->ops->flush(s, &err));
	assert_int_equal(number(STORED), 0);
	for (unsigned n = 1; n <= 3; n++) {
		good(s, put(s, n, 3, small()));
		good(s, s->ops->flush(s, &err));
	}
	expect(s, 3, 9);
}

/* The job under way alone is lost: its own call says so, and flush has nothing to add. */
static void in_the_only_job(void **state)
{
	struct sink *s = open_sink();

	(void)state;
	good(s, put(s, 1, 1, small()));
	good(s, s->ops->flush(s, &err));
	{
		struct job job = job_number(2, JOB_STORED);
		good(s, s->ops->begin(s, &job, &err));
		good(s, s->ops->action(s, &(struct action){0}, &err));
		good(s, s->ops->result(s, &(struct query_result){0}, &err));
		for (int64_t i = 0; i < LARGE; i++)
			good(s, put_row(s, i, small()));
		assert_int_equal(number(KILL), 1);
		good(s, s->ops->result_end(s, &(struct query_result){.row_count = LARGE}, &err));
		assert_int_equal(s->ops->commit(s, &job, &err), -1);
		assert_int_equal(err.kind, ERR_RETRY);
		s->ops->rollback(s);
	}
	good(s, s->ops->flush(s, &err));
	good(s, put(s, 2, 2, small()));
	good(s, s->ops->flush(s, &err));
	expect(s, 2, 3);
}

static void commit_is_cut(enum cut cut, int64_t stored, int rc)
{
	struct sink *s = open_sink();

	good(s, put(s, 1, 3, small()));
	good(s, put(s, 2, 3, small()));
	relay_cut = cut;
	assert_int_equal(s->ops->flush(s, &err), rc);
	if (rc)
		assert_int_equal(err.kind, ERR_RETRY);
	assert_int_equal(relay_cut, CUT_NEVER);
	assert_int_equal(number(STORED), stored);
	good(s, s->ops->flush(s, &err));
	good(s, put(s, 1, 3, small()));
	good(s, put(s, 2, 3, small()));
	good(s, s->ops->flush(s, &err));
	expect(s, 2, 6);
}

/* It was committed, and the answer was lost: then it is stored. */
static void answer_of_commit(void **state)
{
	(void)state;
	commit_is_cut(CUT_ANSWER, 2, 0);
}

static void commit_itself(void **state)
{
	(void)state;
	commit_is_cut(CUT_COMMIT, 0, -1);
}

/* The server does not know that the line is cut, and its process keeps the hold: it is ended. */
static void half_cut(void **state)
{
	(void)state;
	commit_is_cut(CUT_HALF, 0, -1);
	assert_true(relay_left >= 0);
	(void)close(relay_left);
	relay_left = -1;
}

/* Data that the server refuses costs its own job only. */
static void bad_job(void **state)
{
	struct sink *s = open_sink();
	const struct text bad = text_of("\xff");

	(void)state;
	good(s, put(s, 1, 1, small()));
	good(s, put(s, 2, 1, bad));
	good(s, put(s, 3, 1, small()));
	assert_int_equal(s->ops->flush(s, &err), -1);
	assert_int_equal(err.kind, ERR_RETRY);
	good(s, put(s, 1, 1, small()));
	good(s, s->ops->flush(s, &err));
	assert_int_equal(put(s, 2, 1, bad), -1);
	assert_int_equal(err.kind, ERR_JOB);
	good(s, s->ops->flush(s, &err));
	good(s, put(s, 3, 1, small()));
	good(s, s->ops->flush(s, &err));
	/* One that is large takes nothing with it. */
	good(s, put(s, 4, 1, small()));
	assert_int_equal(put(s, 5, LARGE, bad), -1);
	assert_int_equal(err.kind, ERR_JOB);
	good(s, put(s, 6, LARGE, small()));
	good(s, s->ops->flush(s, &err));
	expect(s, 4, LARGE + 3);
}

/* A large job that is taken back in mid-COPY, after one that replaced. */
static void taken_back(void **state)
{
	struct sink *s = open_sink();
	struct job job = job_number(1, JOB_STORED);

	(void)state;
	good(s, put(s, 1, 5, small()));
	good(s, s->ops->flush(s, &err));
	good(s, put(s, 2, 5, small()));
	good(s, s->ops->begin(s, &job, &err));
	good(s, s->ops->action(s, &(struct action){0}, &err));
	good(s, s->ops->result(s, &(struct query_result){0}, &err));
	for (int64_t i = 0; i < LARGE; i++)
		good(s, put_row(s, i, small()));
	s->ops->rollback(s);
	good(s, s->ops->flush(s, &err));
	assert_int_equal(number(ROWS), 10);
	good(s, put(s, 1, LARGE, small()));
	good(s, s->ops->flush(s, &err));
	expect(s, 2, LARGE + 5);
}

/* Another run has the lease: nothing more is written. */
static void taken_over(void **state)
{
	struct sink *s = open_sink();

	(void)state;
	good(s, put(s, 1, 1, small()));
	good(s, s->ops->flush(s, &err));
	good(s, put(s, 2, 1, small()));
	(void)number("UPDATE omni_export.lease SET taken = taken + 1, run_id = 'other'");
	assert_int_equal(s->ops->flush(s, &err), -1);
	assert_int_equal(err.kind, ERR_FATAL);
	assert_non_null(strstr(err.msg, "another run has taken over"));
	expect(s, 1, 1);
	s = open_sink();
	assert_int_equal(number(KILL), 1);
	(void)number("UPDATE omni_export.lease SET taken = taken + 1, run_id = 'other'");
	good(s, put(s, 2, 1, small()));
	assert_int_equal(s->ops->flush(s, &err), -1);
	assert_int_equal(err.kind, ERR_FATAL);
	expect(s, 1, 1);
}

static int keep_piece(void *ctx, const void *piece, size_t n, struct err *e)
{
	(void)e;
	return buf_add(ctx, piece, n);
}

/* Asked in the midst of a group, and of a job that is only staged. */
static void reading_a_body(void **state)
{
	struct sink *s = open_sink();
	const struct job one = job_number(1, JOB_STORED), two = job_number(2, JOB_STORED);
	struct job read;
	struct buf b;

	(void)state;
	buf_init(&b, 1000);
	good(s, put(s, 1, 1, small()));
	assert_int_equal(s->ops->read_body(s, &one.id, keep_piece, &b, &err), 1);
	assert_string_equal(buf_cstr(&b), "body");
	assert_int_equal(s->ops->read_body(s, &two.id, keep_piece, &b, &err), 0);
	assert_int_equal(s->ops->read_job(s, &one.id, &read, &err), 1);
	assert_int_equal(read.state, JOB_STORED);
	assert_true(stamp_is_set(&read.stored_at));
	assert_int_equal(s->ops->read_job(s, &two.id, &read, &err), 0);
	good(s, s->ops->flush(s, &err));
	assert_int_equal(number(KILL), 1);
	buf_clear(&b);
	assert_int_equal(s->ops->read_body(s, &one.id, keep_piece, &b, &err), 1);
	assert_string_equal(buf_cstr(&b), "body");
	buf_free(&b);
	expect(s, 1, 1);
}

static void reading(void **state)
{
	struct sink *s = open_sink();
	struct ledger_entry entry;
	struct job job, read;
	struct run_record run = {.run_id = "run", .version = "1"};

	(void)state;
	job = job_number(1, JOB_PENDING);
	job.error = text_of("later");
	good(s, s->ops->begin(s, &job, &err));
	good(s, s->ops->commit(s, &job, &err));
	good(s, s->ops->flush(s, &err));
	assert_int_equal(number(KILL), 1);
	good(s, s->ops->states(s, &job.id, 1, &entry, &err));
	assert_int_equal(entry.state, JOB_PENDING);
	assert_int_equal(number(KILL), 1);
	assert_int_equal(s->ops->next_job(s, &read, &err), 1);
	assert_int_equal(uuid_cmp(&read.id, &job.id), 0);
	assert_int_equal(s->ops->next_job(s, &read, &err), 0);
	assert_int_equal(s->ops->next_job(s, &read, &err), 1);
	assert_int_equal(number(KILL), 1);
	assert_int_equal(s->ops->read_job(s, &job.id, &read, &err), 1);
	assert_true(text_eq(read.error, text_of("later")));
	assert_int_equal(read.body_bytes, -1);
	assert_int_equal(number(KILL), 1);
	good(s, s->ops->record_run(s, &run, &err));
	assert_int_equal(number("SELECT count(*) FROM omni_export.runs"), 1);
	expect(s, 0, 0);
}

static int fresh(void **state)
{
	(void)state;
	(void)number("SET client_min_messages = warning");
	(void)number("DROP SCHEMA IF EXISTS omni_export CASCADE");
	return 0;
}

/* reruns: each is a group of its own */

#define RERUN_ROWS   "SELECT count(*) FROM omni_export.rerun_rows"
#define RERUN_STORED "SELECT count(*) FROM omni_export.reruns WHERE state = 'stored'"

static struct rerun rerun_number(unsigned n, int64_t rows)
{
	static const struct text label = {"A", 1};
	const struct job job = job_number(n, JOB_STORED);

	return (struct rerun){.id = job.id,
			      .query = text_of("{}"),
			      .state = JOB_STORED,
			      .columns = &label,
			      .n_columns = 1,
			      .row_count = rows,
			      .body_bytes = -1};
}

/* Returns what the first call that failed returned, rolled back. */
static int put_rerun(struct sink *s, unsigned n, int64_t rows, int64_t kill_at)
{
	const struct rerun r = rerun_number(n, rows);
	int rc = s->ops->rerun_begin(s, &r, &err);

	for (int64_t i = 0; i < rows && !rc; i++) {
		const struct text cell = small();
		if (i == kill_at)
			assert_int_equal(number(KILL), 1);
		rc = s->ops->rerun_row(s, &(struct row){.row_index = i, .cells = &cell, .n = 1}, &err);
	}
	rc = rc || s->ops->rerun_commit(s, &r, &err);
	if (rc)
		s->ops->rerun_rollback(s);
	return rc ? -1 : 0;
}

static void rerun_lost(void **state)
{
	struct sink *s = open_sink();

	(void)state;
	good(s, put_rerun(s, 1, 3, -1));
	/* between two of them nothing is lost */
	assert_int_equal(number(KILL), 1);
	good(s, put_rerun(s, 2, 3, -1));
	/* within one it is, all of it, and the next try has it */
	assert_int_equal(put_rerun(s, 1, 5 * LARGE, LARGE), -1);
	assert_int_equal(err.kind, ERR_RETRY);
	assert_int_equal(number(RERUN_ROWS), 6);
	good(s, put_rerun(s, 1, 5, -1));
	assert_int_equal(number(RERUN_ROWS), 8);
	/* the commit's answer is lost: it is there, once */
	relay_cut = CUT_ANSWER;
	good(s, put_rerun(s, 3, 4, -1));
	assert_int_equal(relay_cut, CUT_NEVER);
	assert_int_equal(number(RERUN_ROWS), 12);
	/* the commit itself */
	relay_cut = CUT_COMMIT;
	assert_int_equal(put_rerun(s, 4, 4, -1), -1);
	assert_int_equal(err.kind, ERR_RETRY);
	assert_int_equal(number(RERUN_ROWS), 12);
	good(s, put_rerun(s, 4, 4, -1));
	assert_int_equal(number(RERUN_ROWS), 16);
	assert_int_equal(number(RERUN_STORED), 4);
	/* jobs go on as ever, and what is replaced takes its rerun along */
	good(s, put(s, 1, 3, small()));
	good(s, s->ops->flush(s, &err));
	assert_int_equal(number(RERUN_ROWS), 11);
	expect(s, 1, 3);
}

#define TEST(name) cmocka_unit_test_setup(name, fresh)

int main(void)
{
	static const struct CMUnitTest tests[] = {TEST(between_groups),   TEST(in_mid_copy),    TEST(in_the_only_job),
						  TEST(answer_of_commit), TEST(commit_itself),  TEST(half_cut),
						  TEST(bad_job),          TEST(taken_back),     TEST(taken_over),
						  TEST(reading),          TEST(reading_a_body), TEST(rerun_lost)};
	uint16_t port;
	int rc;

	if (!getenv("OMNI_TEST_PG") || !getenv("PGPORT")) {
		(void)puts("1..0 # SKIP there is no server: OMNI_TEST_PG is not set");
		return 0;
	}
	admin = PQconnectdb(getenv("OMNI_TEST_PG"));
	port = relay_start((uint16_t)strtoul(getenv("PGPORT"), NULL, 10));
	if (PQstatus(admin) != CONNECTION_OK || port == 0)
		return 99;
	(void)snprintf(target, sizeof(target),
		       "host=127.0.0.1 port=%u user=omni dbname=omni sslmode=disable gssencmode=disable", port);
	rc = cmocka_run_group_tests(tests, NULL, NULL);
	relay_stop();
	PQfinish(admin);
	return rc;
}
