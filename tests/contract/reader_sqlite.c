/* reader_sqlite.c: a SQLite sink as anybody's program would read it. Each question opens the file anew. */
#include "contract.h"

#include <sqlite3.h>
#include <stdio.h>
#include <string.h>

/* Runs a query whose parameters are a text and up to three numbers. The first column of all its rows goes to out, one
 * after the other; false where there was no row, or a null. */
static bool ask(const char *target, const char *sql, const char *id, const int64_t numbers[3], struct buf *out)
{
	sqlite3 *db = NULL;
	sqlite3_stmt *stmt = NULL;
	bool there = false;
	int rc;

	if (sqlite3_open_v2(target, &db, SQLITE_OPEN_READONLY, NULL) != SQLITE_OK ||
	    sqlite3_prepare_v2(db, sql, -1, &stmt, NULL) != SQLITE_OK)
		fail_msg("%s: %s", sql, sqlite3_errmsg(db));
	(void)sqlite3_bind_text(stmt, 1, id, -1, SQLITE_STATIC);
	for (int i = 0; i < 3 && i + 2 <= sqlite3_bind_parameter_count(stmt); i++)
		(void)sqlite3_bind_int64(stmt, i + 2, numbers[i]);
	while ((rc = sqlite3_step(stmt)) == SQLITE_ROW) {
		there = sqlite3_column_type(stmt, 0) != SQLITE_NULL;
		assert_int_equal(buf_add(out, sqlite3_column_blob(stmt, 0), (size_t)sqlite3_column_bytes(stmt, 0)), 0);
	}
	if (rc != SQLITE_DONE)
		fail_msg("%s: %s", sql, sqlite3_errmsg(db));
	(void)sqlite3_finalize(stmt);
	(void)sqlite3_close(db);
	return there;
}

static int64_t ask_number(const char *target, const char *sql, const char *id, const int64_t numbers[3])
{
	struct buf b;
	long long n = -1;

	buf_init(&b, 64);
	if (ask(target, sql, id, numbers, &b))
		(void)sscanf(buf_cstr(&b), "%lld", &n);
	buf_free(&b);
	return n;
}

static bool ask_column(const char *target, const char *table, const char *where, const char *column, const char *id,
		       int64_t action, struct buf *out)
{
	char sql[256];
	const int64_t numbers[3] = {action};

	(void)snprintf(sql, sizeof(sql), "SELECT %s FROM %s WHERE %s", column, table, where);
	return ask(target, sql, id, numbers, out);
}

static bool is_there(const char *target, const char *name)
{
	return ask_number(target, "SELECT count(*) FROM sqlite_master WHERE name = ?1", name, (const int64_t[3]){0}) >
	       0;
}

static int64_t read_count(const char *target, const char *table, const char *job)
{
	char sql[128];
	const int64_t numbers[3] = {0};

	if (!is_there(target, table))
		return 0;
	(void)snprintf(sql, sizeof(sql), "SELECT count(*) FROM %s WHERE job_id = ?1", table);
	return ask_number(target, sql, job, numbers);
}

static bool read_job(const char *target, const char *job, const char *column, struct buf *out)
{
	return ask_column(target, "jobs", "job_id = ?1", column, job, 0, out);
}

static bool read_action(const char *target, const char *job, int64_t action, const char *column, struct buf *out)
{
	return ask_column(target, "actions", "job_id = ?1 AND action_index = ?2", column, job, action, out);
}

static bool read_result(const char *target, const char *job, int64_t action, const char *column, struct buf *out)
{
	return ask_column(target, "results", "job_id = ?1 AND action_index = ?2", column, job, action, out);
}

static bool read_run(const char *target, const char *run_id, const char *column, struct buf *out)
{
	return ask_column(target, "runs", "run_id = ?1", column, run_id, 0, out);
}

#define ROW "FROM result_rows WHERE job_id = ?1 AND action_index = ?2 AND row_index = ?3"

static bool read_section(const char *target, const char *job, int64_t action, int64_t row, struct buf *out)
{
	const int64_t numbers[3] = {action, row};

	return ask(target, "SELECT section " ROW, job, numbers, out);
}

static int64_t read_n_cells(const char *target, const char *job, int64_t action, int64_t row)
{
	const int64_t numbers[3] = {action, row};

	return ask_number(target, "SELECT json_array_length(cells) " ROW, job, numbers);
}

static bool read_cell(const char *target, const char *job, int64_t action, int64_t row, int64_t cell, struct buf *out)
{
	const int64_t numbers[3] = {action, row, cell};

	return ask(target, "SELECT cells ->> ?4 " ROW, job, numbers, out);
}

static bool read_body(const char *target, const char *job, struct buf *out)
{
	const int64_t numbers[3] = {0};

	return ask(target, "SELECT body FROM bodies WHERE job_id = ?1 AND encoding = 'zstd' ORDER BY part", job,
		   numbers, out);
}

static bool read_rerun(const char *target, const char *job, int64_t action, const char *column, struct buf *out)
{
	return ask_column(target, "reruns", "job_id = ?1 AND action_index = ?2", column, job, action, out);
}

static bool read_rerun_cell(const char *target, const char *job, int64_t action, int64_t row, int64_t cell,
			    struct buf *out)
{
	const int64_t numbers[3] = {action, row, cell};

	return ask(target,
		   "SELECT cells ->> ?4 FROM rerun_rows WHERE job_id = ?1 AND action_index = ?2 AND row_index = ?3",
		   job, numbers, out);
}

const struct contract_reader reader_sqlite = {
    .count = read_count,
    .job = read_job,
    .action = read_action,
    .result = read_result,
    .run = read_run,
    .section = read_section,
    .n_cells = read_n_cells,
    .cell = read_cell,
    .body = read_body,
    .rerun = read_rerun,
    .rerun_cell = read_rerun_cell,
};
