/*
 * reader_jsonl.c: a folder of JSON Lines as anybody's engine would read it: every line of every part, joined with the
 * manifest on the part that its last line names. The join happens in a SQLite database in memory; what the columns of a
 * line hold is cut out here, to the byte.
 *
 * Nothing may lie in the parts that the join leaves out: no test of the suite looks between two steps of a flush.
 */
#include "contract.h"

#include <glob.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zstd.h>

/* --- one line --- */

/* Where a JSON value ends that begins at p. */
static const char *value_end(const char *p)
{
	bool quoted = false;
	int depth = 0;

	for (; *p; p++) {
		if (quoted && *p == '\\')
			p++;
		else if (*p == '"')
			quoted = !quoted;
		else if (!quoted && (*p == '[' || *p == '{'))
			depth++;
		else if (!quoted && depth == 0 && strchr(",]}", *p))
			break;
		else if (!quoted && (*p == ']' || *p == '}'))
			depth--;
	}
	return p;
}

/* The value of a key of the object at line; NULL: it has none. */
static const char *member(const char *line, const char *key, size_t *n)
{
	const char *p = line + 1;

	while (*p == '"') {
		const char *name = p + 1;
		const char *value = strchr(name, '"') + 2; /* our keys hold no escapes */
		const char *end = value_end(value);
		if (strncmp(name, key, strlen(key)) == 0 && name[strlen(key)] == '"') {
			*n = (size_t)(end - value);
			return value;
		}
		p = end + (*end == ',');
	}
	return NULL;
}

/* SQL: col(line, key): strings unescaped, true and false as 1 and 0, objects and arrays as the JSON text that they
 * are. */
static void column(sqlite3_context *ctx, int argc, sqlite3_value **argv)
{
	const char *line = (const char *)sqlite3_value_text(argv[0]);
	const char *key = (const char *)sqlite3_value_text(argv[1]);
	size_t n = 0, k = 0;
	const char *value = line ? member(line, key, &n) : NULL;
	char *text;

	(void)argc;
	if (line && !value)
		sqlite3_result_error(ctx, "a line without one of its columns", -1);
	if (!value || *value == 'n')
		return;
	if (*value != '"') {
		if (*value == 't' || *value == 'f')
			sqlite3_result_int(ctx, *value == 't');
		else if (*value == '{' || *value == '[')
			sqlite3_result_text(ctx, value, (int)n, SQLITE_TRANSIENT);
		else
			sqlite3_result_int64(ctx, strtoll(value, NULL, 10));
		return;
	}
	text = malloc(n);
	if (!text) {
		sqlite3_result_error_nomem(ctx);
		return;
	}
	for (size_t i = 1; i + 1 < n; i++) {
		static const char escaped[] = "bfnrt", plain[] = "\b\f\n\r\t";
		const char *at;
		if (value[i] != '\\') {
			text[k++] = value[i];
			continue;
		}
		at = strchr(escaped, value[++i]);
		if (value[i] == 'u') { /* of what we write, only control characters */
			const char hex[] = {value[i + 1], value[i + 2], value[i + 3], value[i + 4], '\0'};
			text[k++] = (char)strtol(hex, NULL, 16);
			i += 4;
		} else {
			text[k++] = at ? plain[at - escaped] : value[i];
		}
	}
	sqlite3_result_text(ctx, text, (int)k, free);
}

/* --- all lines --- */

static char *slurp(const char *path, size_t *n)
{
	FILE *f = fopen(path, "rbe");
	char *p = NULL;
	size_t cap = 0;

	*n = 0;
	if (!f)
		return NULL;
	do {
		cap = cap ? 2 * cap : 65536;
		p = realloc(p, cap + 1);
		assert_non_null(p);
		*n += fread(p + *n, 1, cap - *n, f);
	} while (*n == cap);
	(void)fclose(f);
	p[*n] = '\0';
	return p;
}

/* Frames in a row, of which none says how long it is. */
static char *decompress(const char *from, size_t len, size_t *n)
{
	ZSTD_DStream *d = ZSTD_createDStream();
	ZSTD_inBuffer in = {from, len, 0};
	size_t cap = 65536, rc = 0;
	char *p = malloc(cap + 1);
	ZSTD_outBuffer out = {p, cap, 0};

	assert_true(d && p);
	while (in.pos < in.size || out.pos == out.size) {
		if (out.pos == out.size) {
			out.dst = p = realloc(p, 2 * cap + 1);
			out.size = cap = 2 * cap;
			assert_non_null(p);
		}
		rc = ZSTD_decompressStream(d, &out, &in);
		assert_false(ZSTD_isError(rc));
	}
	assert_int_equal(rc, 0);
	(void)ZSTD_freeDStream(d);
	*n = out.pos;
	p[*n] = '\0';
	return p;
}

/* path NULL: of the manifest */
static void insert_lines(sqlite3 *db, const char *path, const char *text)
{
	sqlite3_stmt *stmt = NULL;
	const char *end;

	assert_int_equal(sqlite3_prepare_v2(db,
					    path ? "INSERT INTO lines (path, line) VALUES (?1, ?2)"
						 : "INSERT INTO ledger (line) VALUES (?2)",
					    -1, &stmt, NULL),
			 0);
	for (; (end = strchr(text, '\n')) != NULL; text = end + 1) {
		(void)sqlite3_bind_text(stmt, 1, path, -1, SQLITE_STATIC);
		(void)sqlite3_bind_text(stmt, 2, text, (int)(end - text), SQLITE_STATIC);
		assert_int_equal(sqlite3_step(stmt), SQLITE_DONE);
		(void)sqlite3_reset(stmt);
	}
	assert_string_equal(text, ""); /* the last line has its end */
	(void)sqlite3_finalize(stmt);
}

static void insert_parts(sqlite3 *db, const char *target)
{
	char pattern[600];
	glob_t found;

	(void)snprintf(pattern, sizeof(pattern), "%s/*/stored_date=*/*.jsonl.zst", target);
	if (glob(pattern, GLOB_NOSORT, NULL, &found) != 0)
		return;
	for (size_t i = 0; i < found.gl_pathc; i++) {
		size_t len, n;
		char *raw = slurp(found.gl_pathv[i], &len);
		char *text = decompress(raw, len, &n);
		assert_true(n > 0);
		insert_lines(db, found.gl_pathv[i] + strlen(target) + 1, text);
		free(text);
		free(raw);
	}
	globfree(&found);
}

/* The last line of each job; the lines of parts that it names, each in the part that it says that it is in. */
static const char joins[] =
    "CREATE TABLE manifest AS SELECT max(rowid), line, col(line, 'job_id') AS job_id, col(line, 'parts') AS parts "
    "FROM ledger GROUP BY job_id;"
    "CREATE TABLE parts AS SELECT substr(path, 1, instr(path, '/') - 1) AS tab, p.line, m.job_id FROM lines p "
    "JOIN manifest m ON m.job_id = col(p.line, 'job_id') WHERE path IN (SELECT value FROM json_each(m.parts)) "
    "AND path LIKE '%/stored_date=____-__-__/' || col(p.line, 'part');";

/* A view of the columns (names with a blank after each) of one table's lines. */
static const struct {
	const char *name, *columns;
} views[] = {
    {"jobs", "instance state partial http_status error topic message result_summary omni_chat_url first_action_at "
	     "last_action_at expires_at attempts requested_at fetched_at stored_at body_bytes body_sha256 action_count "
	     "result_count row_count warnings input details extra run_id "},
    {"actions", "action_index type message timestamp status is_error extra "},
    {"results", "action_index result_id query_name status query columns column_types csv_truncated has_results "
		"total_row_count row_count error_message error_detail extra "},
    {"result_rows", "action_index row_index section cells "},
};

/* What the manifest has no place for. */
static const char of_part[] = "topic message result_summary omni_chat_url first_action_at last_action_at extra ";

static void run(sqlite3 *db, const char *sql)
{
	if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK)
		fail_msg("%s: %s", sql, sqlite3_errmsg(db));
}

static bool lists(const char *columns, const char *name, size_t n)
{
	for (const char *p = columns; *p; p += strcspn(p, " ") + 1)
		if (strcspn(p, " ") == n && strncmp(p, name, n) == 0)
			return true;
	return false;
}

static void make_view(sqlite3 *db, const char *name, const char *columns)
{
	const bool jobs = strcmp(name, "jobs") == 0;
	sqlite3_str *sql = sqlite3_str_new(db);
	char *text;

	sqlite3_str_appendf(sql, "CREATE VIEW %s AS SELECT m.job_id", name);
	for (size_t n; *columns; columns += n + 1) {
		n = strcspn(columns, " ");
		sqlite3_str_appendf(sql, ", col(%s.line, '%.*s') AS %.*s",
				    jobs && !lists(of_part, columns, n) ? "m" : "p", (int)n, columns, (int)n, columns);
	}
	sqlite3_str_appendf(sql, " FROM manifest m %s JOIN parts p ON p.job_id = m.job_id AND p.tab = '%s'",
			    jobs ? "LEFT" : "", name);
	text = sqlite3_str_finish(sql);
	run(db, text);
	sqlite3_free(text);
}

static int64_t number(sqlite3 *db, const char *sql)
{
	sqlite3_stmt *stmt = NULL;
	int64_t n;

	if (sqlite3_prepare_v2(db, sql, -1, &stmt, NULL) != SQLITE_OK || sqlite3_step(stmt) != SQLITE_ROW)
		fail_msg("%s: %s", sql, sqlite3_errmsg(db));
	n = sqlite3_column_int64(stmt, 0);
	(void)sqlite3_finalize(stmt);
	return n;
}

static sqlite3 *load(const char *target)
{
	sqlite3 *db = NULL;
	char path[600];
	size_t n;
	char *text;

	assert_int_equal(sqlite3_open(":memory:", &db), SQLITE_OK);
	assert_int_equal(
	    sqlite3_create_function(db, "col", 2, SQLITE_UTF8 | SQLITE_DETERMINISTIC, NULL, column, NULL, NULL),
	    SQLITE_OK);
	run(db, "CREATE TABLE lines (path TEXT, line TEXT); CREATE TABLE ledger (line TEXT); BEGIN");
	insert_parts(db, target);
	(void)snprintf(path, sizeof(path), "%s/manifest.jsonl", target);
	text = slurp(path, &n);
	if (text) {
		assert_non_null(
		    strstr(text, "{\"format\":\"omni-export manifest\",\"version\":1,\"sink\":\"jsonl\"}\n"));
		insert_lines(db, NULL, strchr(text, '\n') + 1);
	}
	free(text);
	run(db, joins);
	for (size_t i = 0; i < sizeof(views) / sizeof(views[0]); i++)
		make_view(db, views[i].name, views[i].columns);
	assert_int_equal(number(db, "SELECT (SELECT count(*) FROM lines) - (SELECT count(*) FROM parts)"), 0);
	return db;
}

/* --- questions --- */

/* The first column of the first row; false where there is no row, or a null. */
static bool ask(const char *target, const char *sql, const char *id, int64_t a, int64_t b, int64_t c, struct buf *out)
{
	sqlite3 *db = load(target);
	sqlite3_stmt *stmt = NULL;
	const int64_t numbers[] = {a, b, c};
	bool there;

	if (sqlite3_prepare_v2(db, sql, -1, &stmt, NULL) != SQLITE_OK)
		fail_msg("%s: %s", sql, sqlite3_errmsg(db));
	(void)sqlite3_bind_text(stmt, 1, id, -1, SQLITE_STATIC);
	for (int i = 0; i < 3 && i + 2 <= sqlite3_bind_parameter_count(stmt); i++)
		(void)sqlite3_bind_int64(stmt, i + 2, numbers[i]);
	there = sqlite3_step(stmt) == SQLITE_ROW && sqlite3_column_type(stmt, 0) != SQLITE_NULL;
	if (there)
		assert_int_equal(buf_add(out, sqlite3_column_blob(stmt, 0), (size_t)sqlite3_column_bytes(stmt, 0)), 0);
	if (sqlite3_finalize(stmt) != SQLITE_OK)
		fail_msg("%s: %s", sql, sqlite3_errmsg(db));
	(void)sqlite3_close(db);
	return there;
}

static int64_t ask_number(const char *target, const char *sql, const char *id, int64_t a, int64_t b)
{
	struct buf out;
	int64_t n = -1;

	buf_init(&out, 64);
	if (ask(target, sql, id, a, b, 0, &out))
		n = strtoll(buf_cstr(&out), NULL, 10);
	buf_free(&out);
	return n;
}

static bool ask_column(const char *target, const char *table, const char *column_name, const char *id, int64_t action,
		       struct buf *out)
{
	char sql[256];

	(void)snprintf(sql, sizeof(sql), "SELECT %s FROM %s WHERE job_id = ?1%s", column_name, table,
		       action >= 0 ? " AND action_index = ?2" : "");
	return ask(target, sql, id, action, 0, 0, out);
}

static int64_t read_count(const char *target, const char *table, const char *job)
{
	char sql[128];

	if (strcmp(table, "bodies") == 0)
		return 0;
	(void)snprintf(sql, sizeof(sql), "SELECT count(*) FROM %s WHERE job_id = ?1", table);
	return ask_number(target, sql, job, 0, 0);
}

static bool read_job(const char *target, const char *job, const char *name, struct buf *out)
{
	return ask_column(target, "jobs", name, job, -1, out);
}

static bool read_action(const char *target, const char *job, int64_t action, const char *name, struct buf *out)
{
	return ask_column(target, "actions", name, job, action, out);
}

static bool read_result(const char *target, const char *job, int64_t action, const char *name, struct buf *out)
{
	return ask_column(target, "results", name, job, action, out);
}

#define ROW "FROM result_rows WHERE job_id = ?1 AND action_index = ?2 AND row_index = ?3"

static bool read_section(const char *target, const char *job, int64_t action, int64_t row, struct buf *out)
{
	return ask(target, "SELECT section " ROW, job, action, row, 0, out);
}

static int64_t read_n_cells(const char *target, const char *job, int64_t action, int64_t row)
{
	return ask_number(target, "SELECT json_array_length(cells) " ROW, job, action, row);
}

static bool read_cell(const char *target, const char *job, int64_t action, int64_t row, int64_t cell, struct buf *out)
{
	return ask(target, "SELECT cells ->> ?4 " ROW, job, action, row, cell, out);
}

const struct contract_reader reader_jsonl = {
    .count = read_count,
    .job = read_job,
    .action = read_action,
    .result = read_result,
    .section = read_section,
    .n_cells = read_n_cells,
    .cell = read_cell,
};
