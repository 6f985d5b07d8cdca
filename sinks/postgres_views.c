/*
 * postgres_views.c: the views of a PostgreSQL schema and their catalogue (viewset.h).
 *
 * All is read first, as it is at one moment; where nothing is to be changed, that is all. Else the new views and the
 * catalogue go into one transaction, and each view that is changed into one of its own, since it keeps readers of the
 * view waiting. A view of ours bears its mark in its comment: what has none, or another one, is somebody else's.
 */
#include "postgres_views_own.h"
#include "viewsql.h"

#include <stdlib.h>
#include <string.h>

static const char create_catalogue[] =
    "CREATE TABLE @views ("
    "shape text PRIMARY KEY, view_name text NOT NULL UNIQUE, query_name text, columns json NOT NULL, "
    "results bigint NOT NULL, seen_no bigint NOT NULL, seen_sum bigint NOT NULL, definition text NOT NULL);"
    "CREATE TABLE @view_columns ("
    "view_name text, position integer, column_name text NOT NULL, label text NOT NULL, type text NOT NULL, "
    "source text NOT NULL, cells bigint NOT NULL, empty bigint NOT NULL, misfits bigint NOT NULL, seen text NOT NULL, "
    "PRIMARY KEY (view_name, position));";

static const char delete_columns[] =
    "DELETE FROM @view_columns WHERE view_name = (SELECT view_name FROM @views WHERE shape = $1::text)";
static const char delete_view[] = "DELETE FROM @views WHERE shape = $1::text";
static const char write_view[] =
    "INSERT INTO @views (shape, view_name, query_name, columns, results, seen_no, seen_sum, definition) "
    "VALUES ($1::text, $2::text, $3::text, $4::json, $5::bigint, $6::bigint, $7::bigint, $8::text)";
static const char write_columns[] =
    "INSERT INTO @view_columns (view_name, position, column_name, label, type, source, cells, empty, misfits, seen) "
    "SELECT $1::text, n, name, label, type, source, cells::bigint, empty::bigint, misfits::bigint, seen "
    "FROM unnest($2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[]) "
    "WITH ORDINALITY AS u (name, label, type, source, cells, empty, misfits, seen, n)";

/* What was granted to others on a view that goes, as statements; $1: the schema, $2: the view. */
static const char read_grants[] =
    "SELECT string_agg(format('GRANT %s ON %I.%I TO %s%s', a.privilege_type, n.nspname, c.relname, CASE a.grantee "
    "WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(a.grantee)) END, CASE WHEN a.is_grantable THEN "
    "' WITH GRANT OPTION' ELSE '' END), '; ') FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace, "
    "aclexplode(c.relacl) AS a WHERE n.nspname = $1::text AND c.relname = $2::text AND a.grantee <> c.relowner";

/* One call of postgres_views. */
struct task {
	struct postgres *s;
	struct viewset *set;
	struct buf sql, grants, texts;
	bool catalogue; /* it is there */
};

static int no_memory(struct err *err)
{
	return err_set(err, ERR_FATAL, "out of memory");
}

/* --- writing --- */

/* Numbers go as texts, in arrays like the rest. */
static int add_column(struct task *t, const struct viewset_column *c, struct text out[8], struct err *err)
{
	const long long numbers[] = {c->seen.cells, c->seen.empty, coltype_misfits(&c->seen, c->kind)};

	out[0] = text_of(c->name);
	out[1] = c->label;
	out[2] = text_of(coltype_name(c->kind));
	out[3] = text_of(c->from_api ? "api" : "inferred");
	for (int i = 0; i < 4; i++) {
		const size_t before = t->texts.len;
		if (i < 3 ? buf_addf(&t->texts, "%lld", numbers[i]) : coltype_write(&c->seen, &t->texts))
			return no_memory(err);
		out[4 + i] = (struct text){"", t->texts.len - before};
	}
	return 0;
}

static int write_all_columns(struct task *t, const struct viewset_view *v, struct err *err)
{
	struct text *table = calloc(v->n * 8 + 1, sizeof(*table)), row[8];
	struct postgres_tuple args = postgres_group_args(t->s);
	size_t at = 0;
	int rc = table ? 0 : no_memory(err);

	buf_clear(&t->texts);
	for (size_t i = 0; i < v->n && rc == 0; i++) {
		rc = add_column(t, &v->columns[i], row, err);
		for (size_t k = 0; k < 8 && rc == 0; k++)
			table[k * v->n + i] = row[k];
	}
	for (size_t i = 0; i < v->n && rc == 0; i++)
		for (size_t k = 4; k < 8; at += table[k++ * v->n + i].n)
			table[k * v->n + i].p = buf_cstr(&t->texts) + at;
	postgres_tuple_text(&args, text_of(v->name));
	for (size_t k = 0; k < 8 && rc == 0; k++)
		postgres_tuple_texts(&args, table + k * v->n, v->n);
	if (rc == 0)
		rc = args.failed ? no_memory(err) : postgres_views_ask(t->s, write_columns, err) < 0 ? -1 : 0;
	free(table);
	return rc;
}

static int write_catalogue(struct task *t, const struct viewset_view *v, struct err *err)
{
	struct postgres_tuple args;

	if (postgres_views_ask_with(t->s, delete_columns, v->shape, NULL, err) < 0 ||
	    postgres_views_ask_with(t->s, delete_view, v->shape, NULL, err) < 0)
		return -1;
	args = postgres_group_args(t->s);
	postgres_tuple_text(&args, text_of(v->shape));
	postgres_tuple_text(&args, text_of(v->name));
	postgres_tuple_text(&args, v->query_name);
	postgres_tuple_text(&args, v->labels);
	postgres_tuple_bigint(&args, v->results);
	postgres_tuple_bigint(&args, v->seen_no);
	postgres_tuple_bigint(&args, v->seen_sum);
	postgres_tuple_text(&args, text_of(v->mark));
	if (args.failed)
		return no_memory(err);
	return postgres_views_ask(t->s, write_view, err) < 0 ? -1 : write_all_columns(t, v, err);
}

/* CREATE: behind a DROP where it cannot be replaced, with what was granted on it. 0 or -1. */
static int define(struct task *t, const struct viewset_view *v, bool drop, struct err *err)
{
	const char *schema = buf_cstr(&t->s->quoted);
	struct text grants = TEXT_NULL;
	int bad;

	buf_clear(&t->sql);
	buf_clear(&t->grants);
	if (drop) {
		if (postgres_views_ask_with(t->s, read_grants, t->s->schema_name, v->name, err) < 0)
			return -1;
		grants = postgres_db_text(t->s->db, 0, 0);
		if (grants.n > 0 && buf_add(&t->grants, grants.p, grants.n))
			return no_memory(err);
	}
	bad = drop ? buf_addf(&t->sql, "DROP VIEW %s.%s; ", schema, v->name) : 0;
	bad |=
	    buf_addf(&t->sql, "CREATE %sVIEW %s.%s AS ", !drop && *v->definition ? "OR REPLACE " : "", schema, v->name);
	bad |= postgres_viewsql(v, schema, &t->sql);
	bad |=
	    buf_addf(&t->sql, "; COMMENT ON VIEW %s.%s IS '" POSTGRES_VIEWS_COMMENT "%s'; ", schema, v->name, v->mark);
	bad |= buf_adds(&t->sql, buf_cstr(&t->grants));
	return bad ? no_memory(err) : postgres_db_exec(t->s->db, buf_cstr(&t->sql), err);
}

/* In a savepoint: what the server refuses leaves what was there. Replaced, where it has the same types, which leaves
 * alone what depends on it. */
static int write_one(struct task *t, struct viewset_view *v, struct err *err)
{
	struct postgres_db *db = t->s->db;
	const int tries = v->state == SINK_VIEW_CHANGED ? 2 : 1;
	int rc = -1;

	if (v->state == SINK_VIEW_SAME)
		return v->changed ? write_catalogue(t, v, err) : 0;
	if (postgres_db_exec(db, "SAVEPOINT view", err))
		return -1;
	for (int i = 0; i < tries && rc != 0; i++) {
		rc = define(t, v, i > 0, &v->why);
		if (rc == 0)
			break;
		if (postgres_db_lost(db) || v->why.kind == ERR_RETRY) {
			*err = v->why;
			return -1;
		}
		if (postgres_db_exec(db, "ROLLBACK TO SAVEPOINT view", err))
			return -1;
	}
	if (rc != 0) {
		v->state = SINK_VIEW_FAILED;
		return 0;
	}
	return write_catalogue(t, v, err);
}

/* The transaction of a group: it is checked that the lease is ours. Nobody is kept waiting for long. */
static int begin(struct task *t, struct err *err)
{
	struct postgres *s = t->s;
	struct postgres_tuple args;
	int rows;

	if (postgres_db_exec(s->db,
			     "BEGIN ISOLATION LEVEL READ COMMITTED; SET LOCAL lock_timeout = '5s'; "
			     "SET LOCAL client_min_messages = warning",
			     err))
		return -1;
	args = postgres_group_args(s);
	postgres_tuple_bigint(&args, ++s->group_no);
	postgres_tuple_bigint(&args, s->taken);
	rows = postgres_group_ask_once(s, PQ_LEASE_GROUP, &s->args, false, err);
	if (rows == 0)
		(void)err_set(err, ERR_FATAL, "another run has taken over %s", buf_cstr(&s->display));
	return rows == 1 ? 0 : -1;
}

/* One that is changed alone, or (only NULL) all others. */
static int write_group(struct task *t, struct viewset_view *only, struct err *err)
{
	struct viewset_view *v;

	if (begin(t, err))
		return -1;
	if (!t->catalogue) {
		const char *sql = postgres_views_expand(t->s, create_catalogue, err);
		if (!sql || postgres_db_exec(t->s->db, sql, err))
			return -1;
	}
	if (only && write_one(t, only, err))
		return -1;
	for (size_t i = 0; !only && (v = viewset_at(t->set, i)); i++)
		if (!v->too_large && v->state != SINK_VIEW_CHANGED && write_one(t, v, err))
			return -1;
	if (postgres_db_commit(t->s->db, err))
		return -1;
	t->catalogue = true;
	return 0;
}

static int add_sql(void *ctx, const struct viewset_view *v, struct buf *out)
{
	const struct task *t = ctx;

	return postgres_viewsql(v, buf_cstr(&t->s->quoted), out);
}

static int work(struct task *t, struct err *err)
{
	struct viewset_view *v;
	bool write;

	if (postgres_db_exec(t->s->db, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", err) ||
	    postgres_views_read(t->s, t->set, &t->catalogue, err) || postgres_db_commit(t->s->db, err) ||
	    viewset_plan(t->set, add_sql, t, &write, err))
		return -1;
	if (write && write_group(t, NULL, err))
		return -1;
	for (size_t i = 0; (v = viewset_at(t->set, i)); i++)
		if (v->state == SINK_VIEW_CHANGED && write_group(t, v, err))
			return -1;
	return 0;
}

/* A connection that is lost is had again, once: all of it may be done twice. */
static int work_again(struct task *t, struct err *err)
{
	int rc = -1;

	for (int tries = 0; tries < 2 && rc != 0; tries++) {
		viewset_free(t->set);
		t->set = viewset_new();
		if (!t->set)
			return no_memory(err);
		if ((!t->s->db || postgres_db_lost(t->s->db)) && postgres_lease_again(t->s, err))
			return -1;
		rc = work(t, err);
		/* What may not be made costs the views alone. */
		if (rc != 0 && err->kind == ERR_FATAL && t->s->db && postgres_db_no_right(t->s->db))
			err->kind = ERR_JOB;
		if (rc != 0 && !postgres_db_lost(t->s->db))
			(void)postgres_db_exec(t->s->db, "ROLLBACK", NULL);
		if (rc != 0 && err->kind != ERR_RETRY)
			break;
	}
	return rc;
}

int postgres_views(struct sink *sink, sink_view_fn tell, void *ctx, struct err *err)
{
	struct task t = {.s = postgres_of(sink)};
	int rc = 0;

	buf_init(&t.sql, SIZE_MAX / 2);
	buf_init(&t.grants, SIZE_MAX / 2);
	buf_init(&t.texts, SIZE_MAX / 2);
	if (t.s->there)
		rc = work_again(&t, err);
	if (rc == 0 && t.set)
		rc = viewset_tell(t.set, tell, ctx, err);
	viewset_free(t.set);
	buf_free(&t.sql);
	buf_free(&t.grants);
	buf_free(&t.texts);
	return rc;
}
