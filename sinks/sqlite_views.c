/*
 * sqlite_views.c: the views of an SQLite database and their catalogue (viewset.h).
 *
 * All is read first; where nothing is to be changed, that is all. Else the views that change and the catalogue go into
 * one transaction.
 */
#include "sqlite_views_own.h"
#include "viewsql.h"

#include <string.h>

static const char create_catalogue[] =
    "CREATE TABLE IF NOT EXISTS views ("
    "shape TEXT PRIMARY KEY NOT NULL, view_name TEXT NOT NULL UNIQUE, query_name TEXT, columns TEXT NOT NULL, "
    "results INTEGER NOT NULL, seen_no INTEGER NOT NULL, seen_sum INTEGER NOT NULL, definition TEXT NOT NULL);"
    "CREATE TABLE IF NOT EXISTS view_columns ("
    "view_name TEXT NOT NULL, position INTEGER NOT NULL, column_name TEXT NOT NULL, label TEXT NOT NULL, "
    "type TEXT NOT NULL, source TEXT NOT NULL, cells INTEGER NOT NULL, empty INTEGER NOT NULL, "
    "misfits INTEGER NOT NULL, seen TEXT NOT NULL, PRIMARY KEY (view_name, position));";

enum { WRITE_VIEW, WRITE_COLUMN, DELETE_VIEW, DELETE_COLUMNS, WRITES };

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
	unsigned q[WRITES];
	struct buf text, sql;
};

static int no_memory(struct err *err)
{
	return err_set(err, ERR_FATAL, "out of memory");
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

	if (sqlite_ops_open_group(t->s, err))
		return -1;
	if (sqlite_db_exec(t->s->db, create_catalogue, err) ||
	    sqlite_views_prepare(t->s->db, writes, WRITES, t->q, err))
		goto fail;
	for (size_t i = 0; (v = viewset_at(t->set, i)); i++)
		if (!v->too_large && write_view(t, v, err))
			goto fail;
	return sqlite_ops_commit_group(t->s, err);
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
	if (sqlite_views_read(t->s->db, t->set, err)) {
		(void)sqlite_db_exec(t->s->db, "ROLLBACK", NULL);
		return -1;
	}
	if (sqlite_db_run(t->s->db, Q_COMMIT, err) || viewset_plan(t->set, add_sql, NULL, &write, err))
		return -1;
	return write ? write_all(t, err) : 0;
}

int sqlite_views(struct sink *sink, sink_view_fn tell, void *ctx, struct err *err)
{
	struct task t = {.s = sqlite_of(sink), .set = viewset_new()};
	int rc = t.set ? 0 : no_memory(err);

	buf_init(&t.text, SQLITE_CELLS_MAX);
	buf_init(&t.sql, SIZE_MAX / 2);
	if (rc == 0 && t.s->db) {
		rc = work(&t, err);
		sqlite_db_less(t.s->db, QUERIES);
	}
	if (rc == 0)
		rc = viewset_tell(t.set, tell, ctx, err);
	viewset_free(t.set);
	buf_free(&t.text);
	buf_free(&t.sql);
	return rc;
}
