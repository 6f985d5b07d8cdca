/*
 * postgres_rerun.c: the whole of results that the API truncated (sink.h, "Reruns"), in tables of its own, which are
 * made when the first one comes: reruns, rerun_cells and the view rerun_rows, as in SQLite (sqlite_rerun.c).
 *
 * Each rerun is a group of its own (postgres_group.c): one transaction, which checks the lease, and whose commit is
 * settled by looking where its answer was lost.
 */
#include "postgres_sink.h"

#include <stdlib.h>

#define PAGE      1000
#define STREAM_AT ((size_t)256 << 10) /* bytes of tuples that go into the COPY at a time */

static const char create_all[] =
    "BEGIN; CREATE TABLE @reruns ("
    "rerun_no integer PRIMARY KEY, job_id uuid NOT NULL, action_index integer NOT NULL, query json, "
    "state text NOT NULL, http_status integer, error text, attempts bigint NOT NULL DEFAULT 0, "
    "requested_at timestamptz, fetched_at timestamptz, stored_at timestamptz, columns json, row_count bigint, "
    "body_bytes bigint, body_sha256 text, warnings json, run_id text, UNIQUE (job_id, action_index));"
    "CREATE TABLE @rerun_cells ("
    "rerun_no integer NOT NULL, row_index integer NOT NULL, cells text[] NOT NULL, "
    "PRIMARY KEY (rerun_no, row_index));"
    "CREATE VIEW @rerun_rows AS SELECT r.job_id, r.action_index, c.row_index, c.cells "
    "FROM @reruns AS r JOIN @rerun_cells AS c ON c.rerun_no = r.rerun_no;";

/* Something else of these names, or what this role may not use, is nothing to read from. $2: the rights. */
static const char look[] =
    "SELECT 1 FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace WHERE n.nspname = $1::text "
    "AND (c.relname::text, c.relkind::text) IN (('reruns', 'r'), ('rerun_cells', 'r'), ('rerun_rows', 'v')) "
    "AND (c.relname = 'rerun_rows' OR (SELECT bool_and(has_table_privilege(c.oid, p)) "
    "FROM unnest(string_to_array($2::text, ' ')) AS p)) "
    "AND (c.relname <> 'reruns' OR 4 = (SELECT count(*) FROM pg_attribute AS a WHERE a.attrelid = c.oid "
    "AND a.attname IN ('rerun_no', 'job_id', 'query', 'state')))";

#define SQL_NEXT(state, join)                                                                                          \
	"SELECT r.job_id, r.action_index, (j.instance IS NOT DISTINCT FROM $3::text)::int, " state                     \
	" FROM @results AS r LEFT JOIN @jobs AS j ON j.job_id = r.job_id " join                                        \
	"WHERE r.csv_truncated AND ($1::uuid IS NULL OR (r.job_id, r.action_index) > ($1::uuid, $2::integer)) "        \
	"ORDER BY r.job_id, r.action_index LIMIT 1000"

static const char next_bare[] = SQL_NEXT("NULL", "");
static const char next_whole[] =
    SQL_NEXT("CASE WHEN u.query::text IS NOT DISTINCT FROM r.query::text THEN u.state END",
	     "LEFT JOIN @reruns AS u ON u.job_id = r.job_id AND u.action_index = r.action_index ");
static const char read_one[] = "SELECT query, columns, row_count, total_row_count FROM @results "
			       "WHERE job_id = $1::uuid AND action_index = $2::integer AND csv_truncated";
static const char old[] = "SELECT rerun_no, (state = 'stored' AND query::text IS NOT DISTINCT FROM $3::text)::int "
			  "FROM @reruns WHERE job_id = $1::uuid AND action_index = $2::integer";
static const char max_no[] = "SELECT max(rerun_no) FROM @reruns";
static const char clear[] = "DELETE FROM @rerun_cells WHERE rerun_no = $1::integer";
static const char copy[] = "COPY @rerun_cells (rerun_no, row_index, cells) FROM STDIN (FORMAT binary)";
static const char put[] =
    "INSERT INTO @reruns AS u (rerun_no, job_id, action_index, query, state, http_status, error, attempts, "
    "requested_at, fetched_at, stored_at, columns, row_count, body_bytes, body_sha256, warnings, run_id) "
    "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17) "
    "ON CONFLICT (job_id, action_index) DO UPDATE SET query = excluded.query, state = excluded.state, "
    "http_status = excluded.http_status, error = excluded.error, attempts = u.attempts + excluded.attempts, "
    "requested_at = least(u.requested_at, excluded.requested_at), "
    "fetched_at = coalesce(excluded.fetched_at, u.fetched_at), stored_at = excluded.stored_at, "
    "columns = excluded.columns, row_count = excluded.row_count, body_bytes = excluded.body_bytes, "
    "body_sha256 = excluded.body_sha256, warnings = excluded.warnings, run_id = excluded.run_id";
static const char only_error[] = "UPDATE @reruns SET error = $2 WHERE rerun_no = $1";
static const char stale[] =
    "WITH gone AS (DELETE FROM @reruns AS u WHERE u.job_id = ANY ($1::uuid[]) AND NOT EXISTS ("
    "SELECT 1 FROM @results AS r WHERE r.job_id = u.job_id AND r.action_index = u.action_index "
    "AND r.csv_truncated AND r.query::text IS NOT DISTINCT FROM u.query::text) RETURNING rerun_no) "
    "DELETE FROM @rerun_cells WHERE rerun_no IN (SELECT rerun_no FROM gone)";

static int no_memory(struct err *err)
{
	return err_set(err, ERR_FATAL, "out of memory");
}

static const char *expand(struct postgres *s, const char *sql, struct err *err)
{
	buf_clear(&s->sql);
	if (postgres_sql_expand(sql, buf_cstr(&s->quoted), &s->sql)) {
		(void)no_memory(err);
		return NULL;
	}
	return buf_cstr(&s->sql);
}

/* Rows or -1; the parameters are in s->args. */
static int ask(struct postgres *s, const char *statement, const struct postgres_tuple *t, struct err *err)
{
	const char *sql = t && t->failed ? NULL : expand(s, statement, err);

	if (!sql)
		return no_memory(err);
	return postgres_db_ask(s->db, sql, t ? &s->args : NULL, false, err);
}

/* The same where nothing is in a transaction: a connection that is lost meanwhile loses nothing. */
static int ask_again(struct postgres *s, const char *statement, const struct postgres_tuple *t, struct err *err)
{
	int rows;

	if (postgres_group_need_db(s, err))
		return -1;
	rows = ask(s, statement, t, err);
	if (rows >= 0 || err->kind != ERR_RETRY || postgres_group_need_db(s, err))
		return rows;
	return ask(s, statement, t, err);
}

void postgres_rerun_init(struct postgres *s)
{
	buf_init(&s->reruns.to, SIZE_MAX / 2);
	buf_init(&s->reruns.gone, SIZE_MAX / 2);
}

void postgres_rerun_free(struct postgres *s)
{
	buf_free(&s->reruns.to);
	buf_free(&s->reruns.gone);
	free(s->reruns.page);
}

int postgres_rerun_look(struct postgres *s, struct err *err)
{
	struct postgres_tuple t = postgres_group_args(s);
	int rows;

	postgres_tuple_text(&t, text_of(s->schema_name));
	postgres_tuple_text(&t, text_of(s->read_only ? "SELECT" : "SELECT INSERT UPDATE DELETE"));
	rows = ask(s, look, &t, err);
	s->reruns.there = rows == 3;
	return rows < 0 ? -1 : 0;
}

static int need_tables(struct postgres *s, struct err *err)
{
	const char *sql;

	if (s->reruns.there)
		return 0;
	if (postgres_group_need_db(s, err) || !(sql = expand(s, create_all, err)))
		return -1;
	if (postgres_db_exec(s->db, sql, err) || postgres_db_commit(s->db, err)) {
		const bool no_right = postgres_db_no_right(s->db);

		if (!postgres_db_lost(s->db))
			(void)postgres_db_exec(s->db, "ROLLBACK", NULL);
		if (no_right)
			return err_set(err, ERR_FATAL,
				       "role '%s' lacks the right CREATE on %s, to make the tables of reruns",
				       postgres_db_role(s->db), buf_cstr(&s->display));
		return -1;
	}
	s->reruns.there = true;
	return 0;
}

/* one rerun */

/* The number of the rerun under way, and whether there is one that stays as it is. */
static int take_place(struct postgres *s, const struct rerun *r, struct err *err)
{
	struct postgres_tuple t = postgres_group_args(s);
	int rows;

	postgres_tuple_uuid(&t, &r->id);
	postgres_tuple_int(&t, r->action_index);
	postgres_tuple_text(&t, r->query);
	rows = ask(s, old, &t, err);
	if (rows < 0)
		return -1;
	s->reruns.only_error = rows > 0 && r->state != JOB_STORED && postgres_db_int(s->db, 0, 1) != 0;
	if (rows > 0) {
		s->reruns.rerun_no = postgres_db_int(s->db, 0, 0);
		return 0;
	}
	if (ask(s, max_no, NULL, err) != 1)
		return -1;
	s->reruns.rerun_no = postgres_db_int(s->db, 0, 0) + 1;
	return s->reruns.rerun_no <= INT32_MAX
		   ? 0
		   : err_set(err, ERR_FATAL, "%s holds as many reruns as it can", buf_cstr(&s->display));
}

static int clear_place(struct postgres *s, struct err *err)
{
	struct postgres_tuple t = postgres_group_args(s);

	if (s->reruns.only_error)
		return 0;
	postgres_tuple_int(&t, s->reruns.rerun_no);
	return ask(s, clear, &t, err) < 0 ? -1 : 0;
}

int postgres_rerun_begin(struct sink *sink, const struct rerun *r, struct err *err)
{
	struct postgres *s = postgres_of(sink);

	buf_clear(&s->reruns.to);
	/* A job that was taken back may have left the transaction open, and nothing in it. */
	if (s->open && postgres_group_flush(s, err))
		return -1;
	if (need_tables(s, err) || postgres_group_open(s, err))
		return -1;
	return take_place(s, r, err) || clear_place(s, err) ? postgres_group_lose(s, err) : 0;
}

/* What is staged goes into the COPY. */
static int stream(struct postgres *s, struct err *err)
{
	const char *sql;

	if (s->reruns.to.len == 0)
		return 0;
	if (s->copying < 0) {
		sql = expand(s, copy, err);
		if (!sql || postgres_db_copy(s->db, sql, err))
			return -1;
		s->copying = POSTGRES_TABLES; /* none of those of jobs */
	}
	if (postgres_db_copy_put(s->db, s->reruns.to.data, s->reruns.to.len, err))
		return -1;
	postgres_stage_empty(&s->reruns.to);
	return 0;
}

int postgres_rerun_row(struct sink *sink, const struct row *row, struct err *err)
{
	struct postgres *s = postgres_of(sink);
	struct postgres_tuple t = postgres_tuple_to(&s->reruns.to);

	postgres_tuple_count(&t, 3);
	postgres_tuple_int(&t, s->reruns.rerun_no);
	postgres_tuple_int(&t, row->row_index);
	postgres_tuple_texts(&t, row->cells, row->n);
	if (t.failed)
		return t.out->starved
			   ? no_memory(err)
			   : err_set(err, ERR_JOB, "row %lld is too large for PostgreSQL", (long long)row->row_index);
	if (s->reruns.to.len < STREAM_AT)
		return 0;
	return stream(s, err) ? postgres_group_lose(s, err) : 0;
}

static void put_known(struct postgres_tuple *t, bool known, int64_t value)
{
	if (known)
		postgres_tuple_bigint(t, value);
	else
		postgres_tuple_null(t);
}

static int write_row(struct postgres *s, const struct rerun *r, struct err *err)
{
	struct postgres_tuple t = postgres_group_args(s);
	char sha256[SHA256_HEX_LEN + 1];
	struct stamp now = {0};

	if (r->state == JOB_STORED)
		stamp_from_us(&now, time_now_us());
	postgres_tuple_int(&t, s->reruns.rerun_no);
	postgres_tuple_uuid(&t, &r->id);
	postgres_tuple_int(&t, r->action_index);
	postgres_tuple_text(&t, r->query);
	postgres_tuple_text(&t, text_of(state_name(r->state)));
	if (r->http_status)
		postgres_tuple_int(&t, r->http_status);
	else
		postgres_tuple_null(&t);
	postgres_tuple_text(&t, r->error);
	postgres_tuple_bigint(&t, r->attempts);
	postgres_tuple_time(&t, &r->requested_at);
	postgres_tuple_time(&t, &r->fetched_at);
	postgres_tuple_time(&t, &now);
	postgres_content_json(s, &t, r->columns, r->n_columns);
	put_known(&t, r->state == JOB_STORED, r->row_count);
	put_known(&t, r->body_bytes >= 0, r->body_bytes);
	postgres_tuple_text(&t, r->body_bytes >= 0 ? text_of(sha256_hex(r->body_sha256, sha256)) : TEXT_NULL);
	postgres_tuple_text(&t, r->warnings);
	postgres_tuple_text(&t, text_of(s->run_id));
	return ask(s, put, &t, err) < 0 ? -1 : 0;
}

static int write_only_error(struct postgres *s, const struct rerun *r, struct err *err)
{
	struct postgres_tuple t = postgres_group_args(s);

	postgres_tuple_int(&t, s->reruns.rerun_no);
	postgres_tuple_text(&t, r->error);
	return ask(s, only_error, &t, err) < 0 ? -1 : 0;
}

static int end_copy(struct postgres *s, struct err *err)
{
	if (s->copying < 0)
		return 0;
	s->copying = -1;
	return postgres_db_copy_end(s->db, err);
}

int postgres_rerun_commit(struct sink *sink, const struct rerun *r, struct err *err)
{
	struct postgres *s = postgres_of(sink);

	if (stream(s, err) || end_copy(s, err) ||
	    (s->reruns.only_error ? write_only_error(s, r, err) : write_row(s, r, err)))
		return postgres_group_lose(s, err);
	return postgres_group_flush(s, err);
}

void postgres_rerun_rollback(struct sink *sink)
{
	struct postgres *s = postgres_of(sink);
	struct err ignored = {0};

	buf_clear(&s->reruns.to);
	if (s->open)
		(void)postgres_group_lose(s, &ignored);
}

/* jobs that are replaced */

int postgres_rerun_replaced(struct postgres *s, struct err *err)
{
	if (!s->reruns.there)
		return 0;
	return buf_add(&s->reruns.gone, &s->id, sizeof(s->id)) ? no_memory(err) : 0;
}

int postgres_rerun_sweep(struct postgres *s, struct err *err)
{
	struct postgres_tuple t;

	if (s->reruns.gone.len == 0)
		return 0;
	t = postgres_group_args(s);
	postgres_tuple_uuids(&t, (const struct uuid *)(const void *)s->reruns.gone.data,
			     s->reruns.gone.len / sizeof(struct uuid));
	if (ask(s, stale, &t, err) < 0)
		return -1;
	postgres_stage_empty(&s->reruns.gone);
	return 0;
}

/* the reading side */

/* The next page, after the last one of this. */
static int next_page(struct postgres *s, struct err *err)
{
	struct postgres_tuple t = postgres_group_args(s);
	struct postgres_reruns *p = &s->reruns;
	int rows;

	if (!p->page && !(p->page = calloc(PAGE, sizeof(*p->page))))
		return no_memory(err);
	if (p->page_n > 0) {
		postgres_tuple_uuid(&t, &p->page[p->page_n - 1].id);
		postgres_tuple_int(&t, p->page[p->page_n - 1].action_index);
	} else {
		postgres_tuple_null(&t);
		postgres_tuple_null(&t);
	}
	postgres_tuple_text(&t, text_of(s->instance));
	p->page_n = p->page_at = 0;
	rows = ask_again(s, p->there ? next_whole : next_bare, &t, err);
	for (int row = 0; row < rows && row < PAGE; row++) {
		const struct text id = postgres_db_text(s->db, row, 0), state = postgres_db_text(s->db, row, 3);
		struct truncated *out = &p->page[p->page_n];

		*out = (struct truncated){.action_index = postgres_db_int(s->db, row, 1),
					  .same_instance = postgres_db_int(s->db, row, 2) != 0,
					  .state = state.p ? state_of_name(state.p, state.n) : JOB_NONE};
		if (id.p && uuid_parse(id.p, id.n, &out->id))
			p->page_n++;
	}
	return rows < 0 ? -1 : 0;
}

int postgres_rerun_next_truncated(struct sink *sink, struct truncated *out, struct err *err)
{
	struct postgres *s = postgres_of(sink);
	struct postgres_reruns *p = &s->reruns;

	if (!s->there)
		return 0;
	if (p->page_at == p->page_n && next_page(s, err))
		return -1;
	if (p->page_n == 0)
		return 0;
	*out = p->page[p->page_at++];
	return 1;
}

int postgres_rerun_read_truncated(struct sink *sink, const struct uuid *id, int64_t action_index, struct truncated *out,
				  struct err *err)
{
	struct postgres *s = postgres_of(sink);
	struct postgres_tuple t = postgres_group_args(s);
	int rows;

	if (!s->there)
		return 0;
	postgres_tuple_uuid(&t, id);
	postgres_tuple_int(&t, action_index);
	rows = ask_again(s, read_one, &t, err);
	if (rows <= 0)
		return rows;
	out->id = *id;
	out->action_index = action_index;
	out->query = postgres_db_text(s->db, 0, 0);
	out->columns = postgres_db_text(s->db, 0, 1);
	out->row_count = postgres_db_int(s->db, 0, 2);
	out->has_total = postgres_db_text(s->db, 0, 3).p != NULL;
	out->total_row_count = out->has_total ? postgres_db_int(s->db, 0, 3) : 0;
	return 1;
}
