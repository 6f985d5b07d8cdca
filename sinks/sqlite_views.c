/*
 * sqlite_views.c: the views of an SQLite database and their catalogue (viewset.h).
 *
 * All is read first; where nothing is to be changed, that is all. Else the views that change and the catalogue go into
 * one transaction.
 */
#include "json.h"
#include "sqlite_sink.h"
#include "viewsql.h"

#include <stdlib.h>
#include <string.h>

/* Longer than any cell that is more than text, and cut at a character. */
#define CELL_READ (COLTYPE_CELL_MAX + 8)

static const char create_catalogue[] =
    "CREATE TABLE IF NOT EXISTS views ("
    "shape TEXT PRIMARY KEY NOT NULL, view_name TEXT NOT NULL UNIQUE, query_name TEXT, columns TEXT NOT NULL, "
    "results INTEGER NOT NULL, seen_no INTEGER NOT NULL, seen_sum INTEGER NOT NULL, definition TEXT NOT NULL);"
    "CREATE TABLE IF NOT EXISTS view_columns ("
    "view_name TEXT NOT NULL, position INTEGER NOT NULL, column_name TEXT NOT NULL, label TEXT NOT NULL, "
    "type TEXT NOT NULL, source TEXT NOT NULL, cells INTEGER NOT NULL, empty INTEGER NOT NULL, "
    "misfits INTEGER NOT NULL, seen TEXT NOT NULL, PRIMARY KEY (view_name, position));";

enum { READ_VIEWS, READ_COLUMNS, READ_OBJECTS, READ_RESULTS, READ_ROWS, READS };
enum { WRITE_VIEW, WRITE_COLUMN, DELETE_VIEW, DELETE_COLUMNS, WRITES };

static const char *const reads[READS] = {
    [READ_VIEWS] = "SELECT view_name, definition, columns, query_name, seen_no, results, seen_sum FROM views",
    [READ_COLUMNS] = "SELECT position, type, source, cells, empty, seen FROM view_columns WHERE view_name = ?1",
    [READ_OBJECTS] = "SELECT name, type, sql FROM sqlite_master",
    [READ_RESULTS] = "SELECT r.result_no, r.job_id, r.action_index, r.query_name, r.columns, r.column_types, "
		     "j.stored_at, j.first_action_at FROM results AS r LEFT JOIN jobs AS j ON j.job_id = r.job_id "
		     "WHERE r.columns <> '[]' ORDER BY r.result_no",
    [READ_ROWS] = "SELECT cells FROM row_cells WHERE row_key BETWEEN ?1 << 32 AND ?1 << 32 | 4294967295",
};

static const char *const writes[WRITES] = {
    [WRITE_VIEW] = "INSERT INTO views (shape, view_name, query_name, columns, results, seen_no, seen_sum, definition) "
		   "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
    [WRITE_COLUMN] = "INSERT INTO view_columns (view_name, position, column_name, label, type, source, cells, empty, "
		     "misfits, seen) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
    [DELETE_VIEW] = "DELETE FROM views WHERE shape = ?1",
    [DELETE_COLUMNS] = "DELETE FROM view_columns WHERE view_name = (SELECT view_name FROM views WHERE shape = ?1)",
};

/* One call of sqlite_views. */
struct task {
	struct sqlite *s;
	struct viewset *set;
	unsigned q[READS]; /* there are fewer writes */
	struct json_doc *doc;
	struct buf text, sql;
	struct text *cells;
};

static int no_memory(struct err *err)
{
	return err_set(err, ERR_FATAL, "out of memory");
}

static int prepare(struct task *t, const char *const *sql, size_t from, size_t n, struct err *err)
{
	for (size_t i = from; i < n; i++) {
		const int rc = sqlite_db_more(t->s->db, sql[i], &t->q[i], err);
		if (rc == 1)
			return err_set(err, ERR_FATAL,
				       "'%s' has a table 'views' or 'view_columns' that is not this program's",
				       sqlite_db_path(t->s->db));
		if (rc)
			return -1;
	}
	return 0;
}

/* --- reading --- */

static void copy_name(char *to, size_t room, struct text from)
{
	const size_t n = from.p && from.n < room ? from.n : 0;

	memcpy(to, from.p ? from.p : "", n);
	to[n] = '\0';
}

static int read_columns(struct task *t, struct viewset_view *v, struct err *err)
{
	struct sqlite_db *db = t->s->db;
	const unsigned q = t->q[READ_COLUMNS];
	int rc;

	sqlite_db_bind_text(db, q, 1, text_of(v->name));
	while ((rc = sqlite_db_step(db, q, err)) == 1) {
		struct viewset_column c = {.from_api = text_eq(sqlite_db_text(db, q, 2), text_of("api"))};

		if (!coltype_read(&c.seen, sqlite_db_text(db, q, 5)))
			rc = err_set(err, ERR_FATAL, "'%s' has a table 'view_columns' that is not this program's",
				     sqlite_db_path(db));
		c.kind = coltype_of_name(sqlite_db_text(db, q, 1));
		c.seen.cells = sqlite_db_int(db, q, 3);
		c.seen.empty = sqlite_db_int(db, q, 4);
		if (rc < 0 || viewset_known_column(t->set, v, sqlite_db_int(db, q, 0), &c, err)) {
			sqlite_db_reset(db, q);
			return -1;
		}
	}
	return rc;
}

static int read_catalogue(struct task *t, struct err *err)
{
	struct sqlite_db *db = t->s->db;
	const unsigned q = t->q[READ_VIEWS];
	int rc;

	while ((rc = sqlite_db_step(db, q, err)) == 1) {
		struct viewset_view row = {.labels = sqlite_db_text(db, q, 2),
					   .query_name = sqlite_db_text(db, q, 3),
					   .seen_no = sqlite_db_int(db, q, 4),
					   .seen_n = sqlite_db_int(db, q, 5),
					   .seen_sum = sqlite_db_int(db, q, 6)};
		struct viewset_view *v;

		copy_name(row.name, sizeof(row.name), sqlite_db_text(db, q, 0));
		copy_name(row.definition, sizeof(row.definition), sqlite_db_text(db, q, 1));
		v = viewset_known(t->set, &row, err);
		if (!v || read_columns(t, v, err)) {
			sqlite_db_reset(db, q);
			return -1;
		}
	}
	return rc;
}

/* A view's mark is that of its text: what somebody else has made has another one. */
static int read_objects(struct task *t, struct err *err)
{
	struct sqlite_db *db = t->s->db;
	const unsigned q = t->q[READ_OBJECTS];
	int rc;

	while ((rc = sqlite_db_step(db, q, err)) == 1) {
		const struct text sql = sqlite_db_text(db, q, 2);
		const struct buf as_buf = {.data = (char *)(uintptr_t)sql.p, .len = sql.n};
		char mark[SHA256_HEX_LEN + 1] = "";

		if ((text_eq(sqlite_db_text(db, q, 1), text_of("view")) && sql.p && viewset_mark(&as_buf, mark, err)) ||
		    viewset_object(t->set, sqlite_db_text(db, q, 0), mark, err)) {
			sqlite_db_reset(db, q);
			return -1;
		}
	}
	return rc;
}

static int64_t us_of(struct text time)
{
	struct stamp stamp;

	return time_parse_iso(time.p, time.n, &stamp) == TIME_BAD ? 0 : stamp.us;
}

static int read_results(struct task *t, struct err *err)
{
	struct sqlite_db *db = t->s->db;
	const unsigned q = t->q[READ_RESULTS];
	int rc;

	while ((rc = sqlite_db_step(db, q, err)) == 1) {
		const struct text job = sqlite_db_text(db, q, 1);
		struct viewset_result r = {.no = sqlite_db_int(db, q, 0),
					   .action_index = sqlite_db_int(db, q, 2),
					   .query_name = sqlite_db_text(db, q, 3),
					   .columns = sqlite_db_text(db, q, 4),
					   .column_types = sqlite_db_text(db, q, 5),
					   .stored_us = us_of(sqlite_db_text(db, q, 6)),
					   .asked_us = us_of(sqlite_db_text(db, q, 7))};

		if (!job.p || !uuid_parse(job.p, job.n, &r.job))
			continue;
		if (viewset_result(t->set, &r, err)) {
			sqlite_db_reset(db, q);
			return -1;
		}
	}
	return rc;
}

/* The cells of a row, as far as types need them. What is no array of texts has none. */
static int feed_row(struct task *t, struct viewset_view *v, struct text json, struct err *err)
{
	json_ref cell;
	size_t n = 0, at = 0;

	buf_clear(&t->text);
	if (json_parse(t->doc, json.p, json.n, err))
		return err->kind == ERR_FATAL ? -1 : 0;
	for (cell = json_first(t->doc, json_root(t->doc)); cell != -1 && n < v->n; cell = json_next(t->doc, cell)) {
		const size_t before = t->text.len;
		unsigned flags = 0;

		if (json_string(t->doc, cell, CELL_READ, &t->text, &flags, err))
			return -1;
		t->cells[n++] = (struct text){"", t->text.len - before};
	}
	for (size_t i = 0; i < n; at += t->cells[i++].n)
		t->cells[i].p = buf_cstr(&t->text) + at;
	viewset_feed(v, t->cells, n);
	return 0;
}

static int read_rows(struct task *t, struct err *err)
{
	struct sqlite_db *db = t->s->db;
	const unsigned q = t->q[READ_ROWS];
	const struct viewset_unread *unread;
	size_t n;
	int rc = 0;

	unread = viewset_settle(t->set, &n);
	for (size_t i = 0; i < n && rc == 0; i++) {
		sqlite_db_bind_int(db, q, 1, unread[i].no);
		while ((rc = sqlite_db_step(db, q, err)) == 1)
			if (feed_row(t, unread[i].view, sqlite_db_text(db, q, 0), err)) {
				sqlite_db_reset(db, q);
				return -1;
			}
	}
	return rc;
}

/* Is the catalogue there? 1, 0, -1. */
static int look_for_catalogue(struct task *t, struct err *err)
{
	static const char sql[] =
	    "SELECT count(*) FILTER (WHERE type = 'table' AND name IN ('views', 'view_columns')) || '/' || count(*) "
	    "FROM sqlite_master WHERE lower(name) IN ('views', 'view_columns')";
	int rc;

	buf_clear(&t->text);
	rc = sqlite_db_ask(t->s->db, sql, &t->text, err);
	if (rc < 0)
		return -1;
	if (strcmp(buf_cstr(&t->text), "0/0") == 0)
		return 0;
	if (strcmp(buf_cstr(&t->text), "2/2") == 0)
		return 1;
	return err_set(err, ERR_FATAL, "'%s' has a table 'views' or 'view_columns' that is not this program's",
		       sqlite_db_path(t->s->db));
}

static int read_all(struct task *t, struct err *err)
{
	const int there = look_for_catalogue(t, err);

	if (there < 0 || prepare(t, reads, there ? READ_VIEWS : READ_OBJECTS, READS, err))
		return -1;
	if ((there && read_catalogue(t, err)) || read_objects(t, err) || read_results(t, err) || read_rows(t, err))
		return -1;
	return viewset_decide(t->set, err);
}

/* --- writing --- */

static int write_columns(struct task *t, const struct viewset_view *v, struct err *err)
{
	struct sqlite_db *db = t->s->db;
	const unsigned q = t->q[WRITE_COLUMN];

	for (size_t i = 0; i < v->n; i++) {
		const struct viewset_column *c = &v->columns[i];

		buf_clear(&t->text);
		if (coltype_write(&c->seen, &t->text))
			return no_memory(err);
		sqlite_db_bind_text(db, q, 1, text_of(v->name));
		sqlite_db_bind_int(db, q, 2, (int64_t)i + 1);
		sqlite_db_bind_text(db, q, 3, text_of(c->name));
		sqlite_db_bind_text(db, q, 4, c->label);
		sqlite_db_bind_text(db, q, 5, text_of(coltype_name(c->kind)));
		sqlite_db_bind_text(db, q, 6, text_of(c->from_api ? "api" : "inferred"));
		sqlite_db_bind_int(db, q, 7, c->seen.cells);
		sqlite_db_bind_int(db, q, 8, c->seen.empty);
		sqlite_db_bind_int(db, q, 9, coltype_misfits(&c->seen, c->kind));
		sqlite_db_bind_text(db, q, 10, buf_text(&t->text));
		if (sqlite_db_run(db, q, err))
			return -1;
	}
	return 0;
}

static int write_catalogue(struct task *t, const struct viewset_view *v, struct err *err)
{
	static const unsigned deletes[] = {DELETE_COLUMNS, DELETE_VIEW};
	struct sqlite_db *db = t->s->db;
	const unsigned q = t->q[WRITE_VIEW];

	for (size_t i = 0; i < 2; i++) {
		sqlite_db_bind_text(db, t->q[deletes[i]], 1, text_of(v->shape));
		if (sqlite_db_run(db, t->q[deletes[i]], err))
			return -1;
	}
	sqlite_db_bind_text(db, q, 1, text_of(v->shape));
	sqlite_db_bind_text(db, q, 2, text_of(v->name));
	sqlite_db_bind_text(db, q, 3, v->query_name);
	sqlite_db_bind_text(db, q, 4, v->labels);
	sqlite_db_bind_int(db, q, 5, v->results);
	sqlite_db_bind_int(db, q, 6, v->seen_no);
	sqlite_db_bind_int(db, q, 7, v->seen_sum);
	sqlite_db_bind_text(db, q, 8, text_of(v->mark));
	return sqlite_db_run(db, q, err) ? -1 : write_columns(t, v, err);
}

/* The view itself: 0, 1 with v->why, -1. */
static int define(struct task *t, struct viewset_view *v, struct err *err)
{
	int rc = 0;

	buf_clear(&t->sql);
	if ((*v->definition && buf_addf(&t->sql, "DROP VIEW %s;\n", v->name)) || sqlite_viewsql(v, &t->sql))
		return no_memory(err);
	rc = sqlite_db_define(t->s->db, buf_cstr(&t->sql), &v->why);
	if (rc < 0)
		*err = v->why;
	return rc;
}

/* In a savepoint, so that what cannot be made leaves what was there. */
static int write_view(struct task *t, struct viewset_view *v, struct err *err)
{
	struct sqlite_db *db = t->s->db;
	int rc;

	if (v->state == SINK_VIEW_SAME)
		return v->changed ? write_catalogue(t, v, err) : 0;
	if (sqlite_db_exec(db, "SAVEPOINT view", err) || (rc = define(t, v, err)) < 0)
		return -1;
	if (rc == 1) {
		v->state = SINK_VIEW_FAILED;
		if (sqlite_db_exec(db, "ROLLBACK TO view", err))
			return -1;
	} else if (write_catalogue(t, v, err)) {
		return -1;
	}
	return sqlite_db_exec(db, "RELEASE view", err);
}

static int write_all(struct task *t, struct err *err)
{
	struct viewset_view *v;

	if (sqlite_group_open(t->s, err))
		return -1;
	if (sqlite_db_exec(t->s->db, create_catalogue, err) || prepare(t, writes, 0, (size_t)WRITES, err))
		goto fail;
	for (size_t i = 0; (v = viewset_at(t->set, i)); i++)
		if (!v->too_large && write_view(t, v, err))
			goto fail;
	return sqlite_group_flush(&t->s->base, err);
fail:
	(void)sqlite_db_exec(t->s->db, "ROLLBACK", NULL);
	t->s->group = false;
	return -1;
}

static int add_sql(void *ctx, const struct viewset_view *v, struct buf *out)
{
	(void)ctx;
	return sqlite_viewsql(v, out);
}

static int work(struct task *t, struct err *err)
{
	bool write;

	if (sqlite_db_run(t->s->db, Q_READ, err))
		return -1;
	if (read_all(t, err)) {
		(void)sqlite_db_exec(t->s->db, "ROLLBACK", NULL);
		return -1;
	}
	sqlite_db_less(t->s->db, QUERIES);
	if (sqlite_db_run(t->s->db, Q_COMMIT, err) || viewset_plan(t->set, add_sql, NULL, &write, err))
		return -1;
	return write ? write_all(t, err) : 0;
}

int sqlite_views(struct sink *sink, sink_view_fn tell, void *ctx, struct err *err)
{
	struct task t = {.s = sqlite_of(sink), .set = viewset_new(), .doc = json_new()};
	int rc = 0;

	buf_init(&t.text, SQLITE_CELLS_MAX);
	buf_init(&t.sql, SIZE_MAX / 2);
	t.cells = calloc(VIEWSET_COLUMNS_MAX, sizeof(*t.cells));
	if (!t.set || !t.doc || !t.cells)
		rc = no_memory(err);
	else if (t.s->db)
		rc = work(&t, err);
	if (t.s->db)
		sqlite_db_less(t.s->db, QUERIES);
	if (rc == 0)
		rc = viewset_tell(t.set, tell, ctx, err);
	viewset_free(t.set);
	json_free(t.doc);
	buf_free(&t.text);
	buf_free(&t.sql);
	free(t.cells);
	return rc;
}
