/*
 * sqlite_rerun.c: the whole of results that the API truncated (sink.h, "Reruns"), in tables of its own, which are made
 * when the first one comes.
 *
 *     reruns       what became of running a query again, one row for each (job_id, action_index)
 *     rerun_cells  its rows, keyed as those of results are, but by a number of its own
 *     rerun_rows   the view of both
 */
#include "sqlite_sink.h"

#include <stdlib.h>
#include <string.h>

#define RERUN_NO_MAX INT32_MAX
/* What the cells' buffer may keep from one row to the next. */
#define CELLS_KEPT ((size_t)4 << 20)

static const char create_all[] =
    "CREATE TABLE reruns ("
    "rerun_no INTEGER PRIMARY KEY NOT NULL, job_id TEXT NOT NULL, action_index INTEGER NOT NULL, query TEXT, "
    "state TEXT NOT NULL, http_status INTEGER, error TEXT, attempts INTEGER NOT NULL DEFAULT 0, requested_at TEXT, "
    "fetched_at TEXT, stored_at TEXT, columns TEXT, row_count INTEGER, body_bytes INTEGER, body_sha256 TEXT, "
    "warnings TEXT, run_id TEXT, UNIQUE (job_id, action_index));"
    "CREATE TABLE rerun_cells (row_key INTEGER PRIMARY KEY NOT NULL, cells TEXT NOT NULL);"
    "CREATE VIEW rerun_rows AS "
    "SELECT r.job_id, r.action_index, c.row_key & 4294967295 AS row_index, c.cells "
    "FROM reruns AS r CROSS JOIN rerun_cells AS c "
    "WHERE c.row_key BETWEEN r.rerun_no << 32 AND r.rerun_no << 32 | 4294967295;";

/* Something else of these names is nothing to read from. */
static const char look[] =
    "SELECT (SELECT count(*) FROM sqlite_master WHERE type || ' ' || name IN "
    "('table reruns', 'table rerun_cells', 'view rerun_rows')) = 3 "
    "AND (SELECT count(*) FROM pragma_table_info('reruns') WHERE name IN ('rerun_no', 'job_id', 'action_index', "
    "'query', 'state', 'http_status', 'error', 'attempts', 'requested_at', 'fetched_at', 'stored_at', 'columns', "
    "'row_count', 'body_bytes', 'body_sha256', 'warnings', 'run_id')) = 17 "
    "AND (SELECT count(*) FROM pragma_table_info('rerun_cells') WHERE name IN ('row_key', 'cells')) = 2";

#define SQL_NEXT(state, join)                                                                                          \
	"SELECT r.job_id, r.action_index, j.instance IS ?3, " state " FROM results AS r "                              \
	"LEFT JOIN jobs AS j ON j.job_id = r.job_id " join "WHERE r.csv_truncated = 1 "                                \
	"AND (r.job_id, r.action_index) > (?1, ?2) ORDER BY r.job_id, r.action_index LIMIT 1"

/* Those that need none of its tables. */
enum { READ_NEXT, READ_ONE, READINGS };
static const char *const reading[READINGS] = {
    [READ_NEXT] = SQL_NEXT("NULL", ""),
    [READ_ONE] = "SELECT query, columns, row_count, total_row_count FROM results "
		 "WHERE job_id = ?1 AND action_index = ?2 AND csv_truncated = 1",
};

enum { NEXT, OLD, MAX_NO, CLEAR, ROW, PUT, ONLY_ERROR, STALE, REMOVE, STATEMENTS };
static const char *const whole[STATEMENTS] = {
    [NEXT] = SQL_NEXT("CASE WHEN u.query IS r.query THEN u.state END",
		      "LEFT JOIN reruns AS u ON u.job_id = r.job_id AND u.action_index = r.action_index "),
    [OLD] = "SELECT rerun_no, state, query IS ?3 FROM reruns WHERE job_id = ?1 AND action_index = ?2",
    [MAX_NO] = "SELECT max(rerun_no) FROM reruns",
    [CLEAR] = "DELETE FROM rerun_cells WHERE row_key BETWEEN ?1 << 32 AND ?1 << 32 | 4294967295",
    [ROW] = "INSERT INTO rerun_cells (row_key, cells) VALUES (?1, ?2)",
    [PUT] = "INSERT INTO reruns AS u (rerun_no, job_id, action_index, query, state, http_status, error, attempts, "
	    "requested_at, fetched_at, stored_at, columns, row_count, body_bytes, body_sha256, warnings, run_id) "
	    "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17) "
	    "ON CONFLICT (job_id, action_index) DO UPDATE SET query = excluded.query, state = excluded.state, "
	    "http_status = excluded.http_status, error = excluded.error, attempts = u.attempts + excluded.attempts, "
	    "requested_at = coalesce(min(u.requested_at, excluded.requested_at), u.requested_at, "
	    "excluded.requested_at), fetched_at = coalesce(excluded.fetched_at, u.fetched_at), "
	    "stored_at = excluded.stored_at, columns = excluded.columns, row_count = excluded.row_count, "
	    "body_bytes = excluded.body_bytes, body_sha256 = excluded.body_sha256, warnings = excluded.warnings, "
	    "run_id = excluded.run_id",
    [ONLY_ERROR] = "UPDATE reruns SET error = ?2 WHERE rerun_no = ?1",
    [STALE] = "SELECT rerun_no FROM reruns AS u WHERE job_id = ?1 AND NOT EXISTS (SELECT 1 FROM results AS r "
	      "WHERE r.job_id = u.job_id AND r.action_index = u.action_index AND r.csv_truncated = 1 "
	      "AND r.query IS u.query) LIMIT 1",
    [REMOVE] = "DELETE FROM reruns WHERE rerun_no = ?1",
};

static int prepare(struct sqlite *s, unsigned *first, const char *const *sql, size_t n, struct err *err)
{
	unsigned at = (unsigned)sqlite_db_prepared(s->db);

	if (*first > 0)
		return 0;
	if (sqlite_db_prepare(s->db, sql, n, err))
		return -1;
	*first = at;
	return 0;
}

/* Sets there; what it takes to read is prepared. */
static int find_tables(struct sqlite *s, struct err *err)
{
	struct buf answer;
	int rc;

	if (s->reruns.looked)
		return 0;
	buf_init(&answer, 32);
	rc = sqlite_db_ask(s->db, look, &answer, err);
	s->reruns.there = rc == 1 && strcmp(buf_cstr(&answer), "1") == 0;
	buf_free(&answer);
	if (rc < 0 || prepare(s, &s->reruns.reading, reading, READINGS, err) ||
	    (s->reruns.there && prepare(s, &s->reruns.whole, whole, STATEMENTS, err)))
		return -1;
	s->reruns.looked = true;
	return 0;
}

static int need_tables(struct sqlite *s, struct err *err)
{
	if (find_tables(s, err))
		return -1;
	if (s->reruns.there)
		return 0;
	if (sqlite_db_exec(s->db, "BEGIN IMMEDIATE", err) || sqlite_db_exec(s->db, create_all, err) ||
	    sqlite_db_exec(s->db, "COMMIT", err)) {
		(void)sqlite_db_exec(s->db, "ROLLBACK", NULL);
		return -1;
	}
	s->reruns.there = true;
	return prepare(s, &s->reruns.whole, whole, STATEMENTS, err);
}

/* one rerun */

/* The number of the rerun under way, and whether there is one that stays as it is. */
static int take_place(struct sqlite *s, const struct rerun *r, struct err *err)
{
	const unsigned old = s->reruns.whole + OLD, max = s->reruns.whole + MAX_NO;
	int rc;

	sqlite_db_bind_text(s->db, old, 1, text_of(s->id));
	sqlite_db_bind_int(s->db, old, 2, r->action_index);
	sqlite_db_bind_text(s->db, old, 3, r->query);
	rc = sqlite_db_step(s->db, old, err);
	if (rc == 1) {
		struct text state = sqlite_db_text(s->db, old, 1);

		s->reruns.rerun_no = sqlite_db_int(s->db, old, 0);
		s->reruns.only_error = r->state != JOB_STORED && sqlite_db_int(s->db, old, 2) != 0 &&
				       text_eq(state, text_of(state_name(JOB_STORED)));
	}
	sqlite_db_reset(s->db, old);
	if (rc != 0)
		return rc < 0 ? -1 : 0;
	s->reruns.only_error = false;
	rc = sqlite_db_step(s->db, max, err);
	s->reruns.rerun_no = rc == 1 ? sqlite_db_int(s->db, max, 0) + 1 : 1;
	sqlite_db_reset(s->db, max);
	if (rc < 0)
		return -1;
	return s->reruns.rerun_no <= RERUN_NO_MAX
		   ? 0
		   : err_set(err, ERR_FATAL, "'%s' holds as many reruns as it can", sqlite_db_path(s->db));
}

int sqlite_rerun_begin(struct sink *sink, const struct rerun *r, struct err *err)
{
	struct sqlite *s = sqlite_of(sink);

	uuid_format(&r->id, s->id);
	if (s->reruns.reading > 0)
		sqlite_db_reset(s->db, s->reruns.reading + READ_ONE);
	/* A job that was taken back may have left the transaction open, and nothing in it. */
	if (s->group && sqlite_ops_commit_group(s, err))
		return -1;
	if (need_tables(s, err) || sqlite_ops_open_group(s, err) || take_place(s, r, err))
		return -1;
	if (s->reruns.only_error)
		return 0;
	sqlite_db_bind_int(s->db, s->reruns.whole + CLEAR, 1, s->reruns.rerun_no);
	return sqlite_db_run(s->db, s->reruns.whole + CLEAR, err);
}

int sqlite_rerun_row(struct sink *sink, const struct row *row, struct err *err)
{
	struct sqlite *s = sqlite_of(sink);
	const unsigned q = s->reruns.whole + ROW;
	int rc;

	buf_clear(&s->cells);
	if (sqlite_content_cells(&s->cells, row, err))
		return -1;
	sqlite_db_bind_int(s->db, q, 1, s->reruns.rerun_no << 32 | row->row_index);
	sqlite_db_bind_text(s->db, q, 2, buf_text(&s->cells));
	rc = sqlite_db_run(s->db, q, err);
	if (s->cells.cap > CELLS_KEPT)
		buf_free(&s->cells);
	return rc;
}

static int write_row(struct sqlite *s, const struct rerun *r, struct err *err)
{
	const unsigned q = s->reruns.whole + PUT;
	const bool stored = r->state == JOB_STORED, columns = r->columns != NULL;
	char sha256[SHA256_HEX_LEN + 1];
	struct stamp now = {0};

	if (columns && sqlite_content_labels(s, r->columns, r->n_columns, err))
		return -1;
	if (stored)
		stamp_from_us(&now, time_now_us());
	sqlite_db_bind_int(s->db, q, 1, s->reruns.rerun_no);
	sqlite_db_bind_text(s->db, q, 2, text_of(s->id));
	sqlite_db_bind_int(s->db, q, 3, r->action_index);
	sqlite_db_bind_text(s->db, q, 4, r->query);
	sqlite_db_bind_text(s->db, q, 5, text_of(state_name(r->state)));
	sqlite_bind_known(s, q, 6, r->http_status != 0, r->http_status);
	sqlite_db_bind_text(s->db, q, 7, r->error);
	sqlite_db_bind_int(s->db, q, 8, r->attempts);
	sqlite_bind_stamp(s, q, 9, &r->requested_at);
	sqlite_bind_stamp(s, q, 10, &r->fetched_at);
	sqlite_bind_stamp(s, q, 11, &now);
	sqlite_db_bind_text(s->db, q, 12, columns ? buf_text(&s->columns) : TEXT_NULL);
	sqlite_bind_known(s, q, 13, stored, r->row_count);
	sqlite_bind_known(s, q, 14, r->body_bytes >= 0, r->body_bytes);
	sqlite_db_bind_text(s->db, q, 15, r->body_bytes >= 0 ? text_of(sha256_hex(r->body_sha256, sha256)) : TEXT_NULL);
	sqlite_db_bind_text(s->db, q, 16, r->warnings);
	sqlite_db_bind_text(s->db, q, 17, text_of(s->run_id));
	return sqlite_db_run(s->db, q, err);
}

static int write_only_error(struct sqlite *s, const struct rerun *r, struct err *err)
{
	const unsigned q = s->reruns.whole + ONLY_ERROR;

	sqlite_db_bind_int(s->db, q, 1, s->reruns.rerun_no);
	sqlite_db_bind_text(s->db, q, 2, r->error);
	return sqlite_db_run(s->db, q, err);
}

int sqlite_rerun_commit(struct sink *sink, const struct rerun *r, struct err *err)
{
	struct sqlite *s = sqlite_of(sink);

	if (s->reruns.only_error ? write_only_error(s, r, err) : write_row(s, r, err))
		return -1;
	return sqlite_ops_commit_group(s, err);
}

void sqlite_rerun_rollback(struct sink *sink)
{
	struct sqlite *s = sqlite_of(sink);

	if (s->group && sqlite_db_exec(s->db, "ROLLBACK", &s->broken) == 0)
		s->group = false;
}

/* Seldom more than none: one after the other. */
int sqlite_rerun_sweep(struct sqlite *s, struct err *err)
{
	unsigned stale, clear, remove;
	int rc;

	if (find_tables(s, err))
		return -1;
	if (!s->reruns.there)
		return 0;
	stale = s->reruns.whole + STALE;
	clear = s->reruns.whole + CLEAR;
	remove = s->reruns.whole + REMOVE;
	for (;;) {
		int64_t no;

		sqlite_db_bind_text(s->db, stale, 1, text_of(s->id));
		rc = sqlite_db_step(s->db, stale, err);
		no = rc == 1 ? sqlite_db_int(s->db, stale, 0) : 0;
		sqlite_db_reset(s->db, stale);
		if (rc <= 0)
			return rc;
		sqlite_db_bind_int(s->db, clear, 1, no);
		sqlite_db_bind_int(s->db, remove, 1, no);
		if (sqlite_db_run(s->db, clear, err) || sqlite_db_run(s->db, remove, err))
			return -1;
	}
}

/* the reading side */

int sqlite_rerun_next_truncated(struct sink *sink, struct truncated *out, struct err *err)
{
	struct sqlite *s = sqlite_of(sink);
	struct text id, state;
	unsigned q;
	int rc;

	if (!s->db)
		return 0;
	if (find_tables(s, err))
		return -1;
	q = s->reruns.there ? s->reruns.whole + NEXT : s->reruns.reading + READ_NEXT;
	sqlite_db_bind_text(s->db, q, 1, text_of(s->reruns.last_id));
	sqlite_db_bind_int(s->db, q, 2, s->reruns.last_action);
	sqlite_db_bind_text(s->db, q, 3, text_of(s->instance));
	rc = sqlite_db_step(s->db, q, err);
	*s->reruns.last_id = '\0';
	s->reruns.last_action = 0;
	if (rc <= 0)
		return rc;
	id = sqlite_db_text(s->db, q, 0);
	state = sqlite_db_text(s->db, q, 3);
	*out = (struct truncated){.action_index = sqlite_db_int(s->db, q, 1),
				  .same_instance = sqlite_db_int(s->db, q, 2) != 0,
				  .state = state.p ? state_of_name(state.p, state.n) : JOB_NONE};
	if (!id.p || !uuid_parse(id.p, id.n, &out->id))
		rc = err_set(err, ERR_FATAL, "'%s' holds a result whose job's ID is no UUID", sqlite_db_path(s->db));
	sqlite_db_reset(s->db, q);
	if (rc < 0)
		return -1;
	uuid_format(&out->id, s->reruns.last_id);
	s->reruns.last_action = out->action_index;
	return 1;
}

int sqlite_rerun_read_truncated(struct sink *sink, const struct uuid *id, int64_t action_index, struct truncated *out,
				struct err *err)
{
	struct sqlite *s = sqlite_of(sink);
	char key[UUID_TEXT_LEN + 1];
	unsigned q;
	int rc;

	if (!s->db)
		return 0;
	if (find_tables(s, err))
		return -1;
	q = s->reruns.reading + READ_ONE;
	sqlite_db_reset(s->db, q); /* which ends the life of the last one's texts */
	sqlite_db_bind_text(s->db, q, 1, text_of(uuid_format(id, key)));
	sqlite_db_bind_int(s->db, q, 2, action_index);
	rc = sqlite_db_step(s->db, q, err);
	if (rc <= 0)
		return rc;
	out->id = *id;
	out->action_index = action_index;
	out->query = sqlite_db_text(s->db, q, 0);
	out->columns = sqlite_db_text(s->db, q, 1);
	out->row_count = sqlite_db_int(s->db, q, 2);
	out->has_total = sqlite_db_text(s->db, q, 3).p != NULL;
	out->total_row_count = sqlite_db_int(s->db, q, 3);
	return 1;
}
