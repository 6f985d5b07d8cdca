/* reader_postgres.c: a PostgreSQL sink as anybody's program would read it. Each question connects anew. */
#include "contract.h"

#include <inttypes.h>
#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TYPE_BOOL        16
#define TYPE_TIMESTAMPTZ 1184

static PGconn *connect_to(const char *conninfo)
{
	PGconn *conn = PQconnectdb(conninfo);

	if (PQstatus(conn) != CONNECTION_OK)
		fail_msg("%s", PQerrorMessage(conn));
	PQclear(PQexec(conn, "SET client_min_messages = warning; SET timezone = 'UTC'; SET search_path = omni_export"));
	return conn;
}

/* One value as the suite has it: booleans are 1 and 0, times end in Z. */
static void add_value(const PGresult *res, int row, struct buf *out)
{
	const char *value = PQgetvalue(res, row, 0);
	size_t n = (size_t)PQgetlength(res, row, 0);
	struct stamp stamp;

	if (PQftype(res, 0) == TYPE_BOOL) {
		assert_int_equal(buf_adds(out, *value == 't' ? "1" : "0"), 0);
	} else if (PQftype(res, 0) == TYPE_TIMESTAMPTZ) {
		assert_int_equal(time_parse_iso(value, n, &stamp), TIME_OK);
		if (stamp.us % 1000 == 0)
			stamp_from_us(&stamp, stamp.us);
		assert_int_equal(buf_adds(out, stamp.text), 0);
	} else {
		assert_int_equal(buf_add(out, value, n), 0);
	}
}

/* Runs a query whose parameters are a text and up to three numbers. The first column of all its rows goes to out, one
 * after the other; false where there was no row, or a null. */
static bool ask(const char *target, const char *sql, const char *id, const int64_t numbers[3], int n, bool binary,
		struct buf *out)
{
	PGconn *conn = connect_to(target);
	char texts[3][24];
	const char *values[4] = {id, texts[0], texts[1], texts[2]};
	PGresult *res;
	bool there = false;

	for (int i = 0; i < n; i++)
		(void)snprintf(texts[i], sizeof(texts[i]), "%" PRId64, numbers[i]);
	res = PQexecParams(conn, sql, 1 + n, NULL, values, NULL, NULL, binary);
	if (PQresultStatus(res) != PGRES_TUPLES_OK)
		fail_msg("%s: %s", sql, PQerrorMessage(conn));
	for (int row = 0; row < PQntuples(res); row++) {
		there = !PQgetisnull(res, row, 0);
		if (there)
			add_value(res, row, out);
	}
	PQclear(res);
	PQfinish(conn);
	return there;
}

static int64_t ask_number(const char *target, const char *sql, const char *id, const int64_t numbers[3], int n)
{
	struct buf b;
	int64_t number = -1;

	buf_init(&b, 64);
	if (ask(target, sql, id, numbers, n, false, &b))
		number = strtoll(buf_cstr(&b), NULL, 10);
	buf_free(&b);
	return number;
}

static bool ask_column(const char *target, const char *table, const char *where, const char *column, const char *id,
		       const int64_t *action, struct buf *out)
{
	char sql[256];
	const int64_t numbers[3] = {action ? *action : 0};

	(void)snprintf(sql, sizeof(sql), "SELECT %s FROM %s WHERE %s", column, table, where);
	return ask(target, sql, id, numbers, action ? 1 : 0, false, out);
}

static bool is_there(const char *target, const char *table)
{
	char sql[128];

	(void)snprintf(sql, sizeof(sql), "SELECT (to_regclass('%s') IS NOT NULL AND $1::text IS NOT NULL)::int", table);
	return ask_number(target, sql, "", (const int64_t[3]){0}, 0) == 1;
}

static int64_t read_count(const char *target, const char *table, const char *job)
{
	char sql[128];

	if (!is_there(target, table))
		return 0;
	(void)snprintf(sql, sizeof(sql), "SELECT count(*) FROM %s WHERE job_id = $1::uuid", table);
	return ask_number(target, sql, job, (const int64_t[3]){0}, 0);
}

static bool read_job(const char *target, const char *job, const char *column, struct buf *out)
{
	return ask_column(target, "jobs", "job_id = $1::uuid", column, job, NULL, out);
}

static bool read_action(const char *target, const char *job, int64_t action, const char *column, struct buf *out)
{
	return ask_column(target, "actions", "job_id = $1::uuid AND action_index = $2::bigint", column, job, &action,
			  out);
}

static bool read_result(const char *target, const char *job, int64_t action, const char *column, struct buf *out)
{
	return ask_column(target, "results", "job_id = $1::uuid AND action_index = $2::bigint", column, job, &action,
			  out);
}

static bool read_run(const char *target, const char *run_id, const char *column, struct buf *out)
{
	return ask_column(target, "runs", "run_id = $1::text", column, run_id, NULL, out);
}

#define ROW "FROM result_rows WHERE job_id = $1::uuid AND action_index = $2::bigint AND row_index = $3::bigint"

static bool read_section(const char *target, const char *job, int64_t action, int64_t row, struct buf *out)
{
	const int64_t numbers[3] = {action, row};

	return ask(target, "SELECT section " ROW, job, numbers, 2, false, out);
}

static int64_t read_n_cells(const char *target, const char *job, int64_t action, int64_t row)
{
	const int64_t numbers[3] = {action, row};

	return ask_number(target, "SELECT cardinality(cells) " ROW, job, numbers, 2);
}

static bool read_cell(const char *target, const char *job, int64_t action, int64_t row, int64_t cell, struct buf *out)
{
	const int64_t numbers[3] = {action, row, cell};

	return ask(target, "SELECT cells[$4::int + 1] " ROW, job, numbers, 3, false, out);
}

static bool read_body(const char *target, const char *job, struct buf *out)
{
	return ask(target, "SELECT body FROM bodies WHERE job_id = $1::uuid AND encoding = 'zstd' ORDER BY part", job,
		   (const int64_t[3]){0}, 0, true, out);
}

static bool read_rerun(const char *target, const char *job, int64_t action, const char *column, struct buf *out)
{
	return ask_column(target, "reruns", "job_id = $1::uuid AND action_index = $2::bigint", column, job, &action,
			  out);
}

static bool read_rerun_cell(const char *target, const char *job, int64_t action, int64_t row, int64_t cell,
			    struct buf *out)
{
	const int64_t numbers[3] = {action, row, cell};

	return ask(target,
		   "SELECT cells[$4::int + 1] FROM rerun_rows WHERE job_id = $1::uuid AND action_index = $2::bigint "
		   "AND row_index = $3::bigint",
		   job, numbers, 3, false, out);
}

const struct contract_reader reader_postgres = {
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
    .instants = true,
};

bool postgres_fresh(char *target, size_t room)
{
	const char *conninfo = getenv("OMNI_TEST_PG");
	PGconn *conn;
	PGresult *res;
	bool good;

	if (!conninfo || strlen(conninfo) >= room)
		return false;
	conn = connect_to(conninfo);
	res = PQexec(conn, "DROP SCHEMA IF EXISTS omni_export CASCADE");
	good = PQresultStatus(res) == PGRES_COMMAND_OK;
	PQclear(res);
	PQfinish(conn);
	memcpy(target, conninfo, strlen(conninfo) + 1);
	return good;
}
