/* test_sqlite.c: what only a SQLite sink has: its tables, its journal, what its database refuses. The rest is the
 * contract suite's. */
#include "sqlite_test.h"

#include <errno.h>
#include <signal.h>
#include <sys/resource.h>

#define CALLED(call)                                                                                                   \
	do {                                                                                                           \
		if (call)                                                                                              \
			fail_msg("%s: %s", #call, err.msg);                                                            \
	} while (0)

static struct job stored_job(unsigned number)
{
	return (struct job){.id = {{(uint8_t)number}}, .state = JOB_STORED, .attempts = 1, .body_bytes = 10};
}

static void put_job(struct sink *s, unsigned number, const char *type, size_t body)
{
	const struct job job = stored_job(number);
	const struct action action = {.type = text_of(type), .is_error = -1};
	char piece[1000] = "";

	CALLED(s->ops->begin(s, &job, &err));
	CALLED(s->ops->action(s, &action, &err));
	for (; body > 0; body -= body < sizeof(piece) ? body : sizeof(piece))
		CALLED(s->ops->body(s, piece, body < sizeof(piece) ? body : sizeof(piece), &err));
	CALLED(s->ops->commit(s, &job, &err));
}

static void test_columns(void **state)
{
	static const struct {
		const char *table, *columns;
	} cases[] = {
	    {"jobs", ("job_id instance state partial http_status error topic message result_summary omni_chat_url "
		      "first_action_at last_action_at expires_at attempts requested_at fetched_at stored_at body_bytes "
		      "body_sha256 action_count result_count row_count warnings input details extra run_id ")},
	    {"bodies", "job_id part encoding body "},
	    {"actions", "job_id action_index type message timestamp status is_error extra "},
	    {"results",
	     ("result_no job_id action_index result_id query_name status query columns column_types csv_truncated "
	      "has_results total_row_count row_count error_message error_detail extra ")},
	    {"result_rows", "job_id action_index row_index section cells "},
	    {"runs", "run_id started_at finished_at version exit_code summary "},
	};

	(void)state;
	close_sink(open_sink("sqlite:a.db"));
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char sql[64];
		(void)snprintf(sql, sizeof(sql), "PRAGMA table_info(%s)", cases[i].table);
		assert_string_equal(ask("a.db", sql, 1), cases[i].columns);
	}
	assert_string_equal(ask("a.db", "PRAGMA integrity_check", 0), "ok ");
}

/* Asking for one job reads one job, and one result one result. */
static void test_query_plans(void **state)
{
	static const char *const questions[] = {
	    "EXPLAIN QUERY PLAN SELECT * FROM result_rows WHERE job_id = 'x'",
	    ("EXPLAIN QUERY PLAN SELECT cells ->> 0 FROM result_rows WHERE job_id = 'x' AND action_index = 2 "
	     "ORDER BY row_index"),
	    "EXPLAIN QUERY PLAN SELECT cells FROM jobs JOIN result_rows USING (job_id) WHERE jobs.job_id = 'x'",
	};

	(void)state;
	close_sink(open_sink("sqlite:a.db"));
	for (size_t i = 0; i < sizeof(questions) / sizeof(questions[0]); i++) {
		const char *plan = ask("a.db", questions[i], 3);
		const char *results = strstr(plan, "SEARCH r USING");
		assert_null(strstr(plan, "SCAN"));
		assert_non_null(results);
		assert_non_null(strstr(results, "SEARCH c USING INTEGER PRIMARY KEY (rowid>? AND rowid<?)"));
	}
}

/* Each row once, at the borders of the ranges too. */
static void test_ranges(void **state)
{
	(void)state;
	close_sink(open_sink("sqlite:a.db"));
	run_sql_in("a.db", "INSERT INTO results (result_no, job_id, action_index) VALUES (1,'a',0), (2,'b',7), "
			   "(2147483647,'c',0);"
			   "INSERT INTO row_cells VALUES (1<<32, NULL, 'a0'), ((2<<32)-1, NULL, 'a4294967295'), "
			   "(2<<32, NULL, 'b0'), (2147483647<<32|4294967295, NULL, 'c4294967295')");
	assert_string_equal(ask("a.db", "SELECT job_id || row_index FROM result_rows ORDER BY row_index, job_id", 0),
			    "a0 b0 a4294967295 c4294967295 ");
	assert_string_equal(ask("a.db", "SELECT count(*) FROM result_rows WHERE job_id || row_index <> cells", 0),
			    "0 ");
}

static void test_result_numbers_run_out(void **state)
{
	const struct job job = stored_job(1);
	struct sink *s;

	(void)state;
	close_sink(open_sink("sqlite:a.db"));
	run_sql_in("a.db", "INSERT INTO results (result_no, job_id, action_index) VALUES (2147483647,'c',0)");
	s = open_sink("sqlite:a.db");
	CALLED(s->ops->begin(s, &job, &err));
	CALLED(s->ops->action(s, &(struct action){0}, &err));
	assert_int_equal(s->ops->result(s, &(struct query_result){0}, &err), -1);
	assert_int_equal(err.kind, ERR_FATAL);
	close_sink(s);
}

/* Past the guard, since nobody counts so far. */
static void test_row_numbers_run_out(void **state)
{
	const struct job job = stored_job(1);
	const struct row last = {.row_index = UINT32_MAX}, beyond = {.row_index = (int64_t)UINT32_MAX + 1};
	struct sink *s = sqlite_ops.open("a.db", &options, &err);

	(void)state;
	assert_non_null(s);
	CALLED(sqlite_ops.begin(s, &job, &err));
	CALLED(sqlite_ops.result(s, &(struct query_result){0}, &err));
	CALLED(sqlite_ops.row(s, &last, &err));
	assert_int_equal(sqlite_ops.row(s, &beyond, &err), -1);
	assert_int_equal(err.kind, ERR_JOB);
	sqlite_ops.rollback(s);
	assert_int_equal(sqlite_ops.close(s, &err), 0);
}

/* What is replaced leaves nothing behind, where no view shows it either. */
static void test_no_orphans(void **state)
{
	const struct job job = stored_job(1);
	struct sink *s = open_sink("sqlite:a.db");

	(void)state;
	for (int64_t rows = 300; rows > 0; rows -= 299) {
		CALLED(s->ops->begin(s, &job, &err));
		CALLED(s->ops->action(s, &(struct action){0}, &err));
		CALLED(s->ops->result(s, &(struct query_result){0}, &err));
		for (int64_t i = 0; i < rows; i++)
			CALLED(s->ops->row(s, &(struct row){.row_index = i}, &err));
		CALLED(s->ops->result_end(s, &(struct query_result){.row_count = rows}, &err));
		CALLED(s->ops->commit(s, &job, &err));
	}
	CALLED(s->ops->flush(s, &err));
	close_sink(s);
	assert_string_equal(ask("a.db", "SELECT count(*) FROM row_cells", 0), "1 ");
	assert_string_equal(ask("a.db", "SELECT count(*) FROM result_rows", 0), "1 ");
}

static void test_journal(void **state)
{
	const struct run_record run = {.run_id = "run-1", .version = "1"};
	struct sink *s = open_sink("sqlite:a.db");
	sqlite3 *reader;

	(void)state;
	CALLED(s->ops->record_run(s, &run, &err));
	assert_false(exists("a.db-wal")); /* nothing but a run: not worth one */
	put_job(s, 1, "x", 0);
	assert_true(exists("a.db-wal"));
	CALLED(s->ops->flush(s, &err));
	close_sink(s);
	assert_false(exists("a.db-wal"));
	assert_false(exists("a.db-shm"));
	assert_string_equal(ask("a.db", "PRAGMA journal_mode", 0), "delete ");

	s = open_sink("sqlite:a.db");
	put_job(s, 2, "y", 0);
	CALLED(s->ops->flush(s, &err));
	reader = stranger("a.db");
	run_sql(reader, "BEGIN; SELECT count(*) FROM jobs");
	close_sink(s); /* and does not wait for the reader */
	run_sql(reader, "COMMIT");
	assert_int_equal(sqlite3_close(reader), SQLITE_OK);
	assert_string_equal(ask("a.db", "SELECT count(*) FROM actions", 0), "2 ");
	close_sink(open_sink("sqlite:a.db"));
	assert_string_equal(ask("a.db", "PRAGMA journal_mode", 0), "delete ");
}

static void test_parts(void **state)
{
	struct sink *s = open_sink("sqlite:a.db");

	(void)state;
	put_job(s, 1, "x", ((size_t)2 << 20) + 1);
	put_job(s, 2, "x", (size_t)1 << 20);
	put_job(s, 3, "x", 0);
	CALLED(s->ops->flush(s, &err));
	close_sink(s);
	assert_string_equal(ask("a.db",
				"SELECT substr(job_id, 1, 2) || '/' || part || '/' || length(body) || '/' || encoding "
				"FROM bodies ORDER BY job_id, part",
				0),
			    "01/0/1048576/zstd 01/1/1048576/zstd 01/2/1/zstd 02/0/1048576/zstd ");
}

/* Data that the database does not take costs the job, and no other one. */
static void test_constraint(void **state)
{
	const struct action poison = {.type = text_of("poison"), .is_error = -1};
	const struct job job = stored_job(2);
	struct sink *s;

	(void)state;
	close_sink(open_sink("sqlite:a.db"));
	run_sql_in("a.db", "CREATE TRIGGER t BEFORE INSERT ON actions WHEN NEW.type = 'poison' "
			   "BEGIN SELECT RAISE(ABORT, 'not this'); END");
	s = open_sink("sqlite:a.db");
	put_job(s, 1, "x", 0);
	CALLED(s->ops->begin(s, &job, &err));
	assert_int_equal(s->ops->action(s, &poison, &err), -1);
	assert_int_equal(err.kind, ERR_JOB);
	assert_string_equal(err.msg, "'a.db' does not take this job: not this");
	s->ops->rollback(s);
	put_job(s, 3, "x", 0);
	CALLED(s->ops->flush(s, &err));
	close_sink(s);
	assert_string_equal(ask("a.db", "SELECT substr(job_id, 1, 2) FROM jobs ORDER BY 1", 0), "01 03 ");
}

/* A trigger may also end the whole transaction behind our back: then the sink is lost, and what was durable is there.
 */
static void test_transaction_gone(void **state)
{
	const struct job job = stored_job(2);
	const struct action poison = {.type = text_of("poison"), .is_error = -1};
	struct sink *s;

	(void)state;
	close_sink(open_sink("sqlite:a.db"));
	run_sql_in("a.db", "CREATE TRIGGER t BEFORE INSERT ON actions WHEN NEW.type = 'poison' "
			   "BEGIN SELECT RAISE(ROLLBACK, 'all of it'); END");
	s = open_sink("sqlite:a.db");
	put_job(s, 1, "x", 0);
	CALLED(s->ops->begin(s, &job, &err));
	assert_int_equal(s->ops->action(s, &poison, &err), -1);
	s->ops->rollback(s);
	assert_int_equal(s->ops->flush(s, &err), -1);
	assert_int_equal(err.kind, ERR_FATAL);
	close_sink(s);
	assert_string_equal(ask("a.db", "SELECT count(*) FROM jobs", 0), "0 ");
}

/* The disk is full, as far as we can tell. */
static void test_no_room(void **state)
{
	static char piece[1 << 20];
	const struct job job = stored_job(2);
	struct rlimit before, small;
	struct sink *s = open_sink("sqlite:a.db");
	int rc;

	(void)state;
	put_job(s, 1, "x", 0);
	CALLED(s->ops->flush(s, &err));
	(void)signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	small = before;
	small.rlim_cur = (rlim_t)4 << 20;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	rc = s->ops->begin(s, &job, &err);
	for (int i = 0; i < 32 && rc == 0; i++)
		rc = s->ops->body(s, piece, sizeof(piece), &err);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
	(void)signal(SIGXFSZ, SIG_DFL);
	assert_int_equal(rc, -1);
	assert_int_equal(err.kind, ERR_FATAL);
	assert_non_null(strstr(err.msg, "cannot write 'a.db'"));
	assert_non_null(strstr(err.msg, strerror(EFBIG)));
	s->ops->rollback(s);
	close_sink(s);
	assert_string_equal(ask("a.db", "SELECT substr(job_id, 1, 2) FROM jobs", 0), "01 ");
	assert_string_equal(ask("a.db", "PRAGMA integrity_check", 0), "ok ");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    TEST(test_columns),
	    TEST(test_query_plans),
	    TEST(test_ranges),
	    TEST(test_result_numbers_run_out),
	    TEST(test_row_numbers_run_out),
	    TEST(test_no_orphans),
	    TEST(test_journal),
	    TEST(test_parts),
	    TEST(test_constraint),
	    TEST(test_transaction_gone),
	    TEST(test_no_room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
