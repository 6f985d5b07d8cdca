#include "postgres_schema.h"

#include "postgres_sql.h"
#include "postgres_tuple.h"

#include <string.h>

static int no_memory(struct err *err)
{
	return err_set(err, ERR_FATAL, "out of memory");
}

/* Asks a question about the schema: its name is $1, an '@' in sql its quoted name. */
static int ask(struct postgres_db *db, const struct postgres_schema *schema, const char *sql, struct err *err)
{
	struct buf text, params;
	struct postgres_tuple t = postgres_tuple_to(&params);
	int rc;

	buf_init(&text, SIZE_MAX / 2);
	buf_init(&params, SIZE_MAX / 2);
	postgres_tuple_text(&t, text_of(schema->name));
	if (t.failed || postgres_sql_expand(sql, schema->quoted, &text))
		rc = no_memory(err);
	else
		rc = postgres_db_ask(db, buf_cstr(&text), strstr(sql, "$1") ? &params : NULL, false, err);
	buf_free(&text);
	buf_free(&params);
	return rc;
}

/* What schema_version says: one positive number, or it is none of ours. */
static int check_version(struct postgres_db *db, const struct postgres_schema *schema, struct err *err)
{
	int64_t version;

	if (ask(db, schema, "SELECT CASE WHEN count(*) = 1 THEN max(version) END FROM @schema_version", err) != 1)
		return -1;
	version = postgres_db_int(db, 0, 0);
	if (version > POSTGRES_SCHEMA_VERSION)
		return err_set(err, ERR_FATAL,
			       "schema '%s' of database %s has schema version %lld, and this program knows none above "
			       "%d: use a newer one",
			       schema->name, postgres_db_name(db), (long long)version, POSTGRES_SCHEMA_VERSION);
	if (version != POSTGRES_SCHEMA_VERSION)
		return err_set(err, ERR_FATAL,
			       "schema '%s' of database %s has a table 'schema_version' that is not this program's",
			       schema->name, postgres_db_name(db));
	return 0;
}

/* In a schema that may not be used everything looks like not being there. */
static int check_usage(struct postgres_db *db, const struct postgres_schema *schema, struct err *err)
{
	const int n =
	    ask(db, schema,
		"SELECT 1 FROM pg_namespace WHERE nspname = $1::text AND NOT has_schema_privilege(oid, 'USAGE')", err);

	if (n <= 0)
		return n;
	return err_set(err, ERR_FATAL, "role '%s' lacks the right USAGE on schema '%s' of database %s",
		       postgres_db_role(db), schema->name, postgres_db_name(db));
}

int postgres_schema_look(struct postgres_db *db, const struct postgres_schema *schema, struct err *err)
{
	/* The first of our names there is, schema_version before all others. */
	static const char names[] =
	    "SELECT c.relname FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace "
	    "WHERE n.nspname = $1::text AND c.relname IN ('schema_version', 'jobs', 'bodies', 'actions', 'results', "
	    "'row_cells', 'result_rows', 'runs', 'lease') ORDER BY c.relname <> 'schema_version', c.relname LIMIT 1";
	struct text name;
	int n;

	if (check_usage(db, schema, err))
		return -1;
	n = ask(db, schema, names, err);
	if (n <= 0)
		return n;
	name = postgres_db_text(db, 0, 0);
	if (text_eq(name, text_of("schema_version")))
		return check_version(db, schema, err) ? -1 : 1;
	return err_set(
	    err, ERR_FATAL,
	    "schema '%s' of database %s has a table '%.*s' but no 'schema_version': it is not this program's",
	    schema->name, postgres_db_name(db), (int)name.n, name.p);
}

/* A right that is missing here is one to make things. */
static int explain_create(struct postgres_db *db, const struct postgres_schema *schema, bool there, struct err *err)
{
	if (!postgres_db_no_right(db))
		return -1;
	if (there)
		return err_set(err, ERR_FATAL,
			       "role '%s' lacks the right CREATE on schema '%s' of database %s, to make its tables",
			       postgres_db_role(db), schema->name, postgres_db_name(db));
	return err_set(
	    err, ERR_FATAL,
	    "role '%s' lacks the right CREATE on database %s, to make schema '%s' (or somebody who may makes "
	    "it: CREATE SCHEMA %s AUTHORIZATION …)",
	    postgres_db_role(db), postgres_db_name(db), schema->name, schema->quoted);
}

int postgres_schema_create(struct postgres_db *db, const struct postgres_schema *schema, struct err *err)
{
	const int there = ask(db, schema, "SELECT 1 FROM pg_namespace WHERE nspname = $1::text", err);
	struct buf sql;
	int rc;

	if (there < 0)
		return -1;
	buf_init(&sql, SIZE_MAX / 2);
	rc = buf_adds(&sql, "BEGIN; ");
	if (!there)
		rc |= buf_addf(&sql, "CREATE SCHEMA %s; ", schema->quoted);
	rc |= postgres_sql_expand(postgres_sql_create, schema->quoted, &sql);
	if (rc) {
		rc = no_memory(err);
	} else if (postgres_db_exec(db, buf_cstr(&sql), err) || postgres_db_commit(db, err)) {
		rc = explain_create(db, schema, there, err);
		(void)postgres_db_exec(db, "ROLLBACK", NULL);
	}
	buf_free(&sql);
	return rc;
}

int postgres_schema_rights(struct postgres_db *db, const struct postgres_schema *schema, bool write, struct err *err)
{
	static const char missing[] =
	    "SELECT w.p, w.t FROM (VALUES "
	    "('SELECT', 'jobs'), ('SELECT', 'bodies'), ('SELECT', 'results'), ('SELECT', 'runs')) AS w (p, t) "
	    "WHERE NOT has_table_privilege(format('%I.%I', $1::text, w.t), w.p) LIMIT 1";
	static const char missing_to_write[] =
	    "SELECT p, t FROM unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE']) AS p, "
	    "unnest(ARRAY['jobs', 'bodies', 'actions', 'results', 'row_cells', 'runs', 'lease']) AS t "
	    "WHERE NOT has_table_privilege(format('%I.%I', $1::text, t), p) "
	    "AND (p <> 'DELETE' OR t IN ('bodies', 'actions', 'results', 'row_cells')) "
	    "AND (p <> 'UPDATE' OR t IN ('jobs', 'runs', 'lease')) AND (p <> 'INSERT' OR t <> 'lease') "
	    "LIMIT 1";
	const int n = ask(db, schema, write ? missing_to_write : missing, err);
	struct text right, table;

	if (n <= 0)
		return n;
	right = postgres_db_text(db, 0, 0);
	table = postgres_db_text(db, 0, 1);
	return err_set(err, ERR_FATAL, "role '%s' lacks the right %.*s on table '%s.%.*s' of database %s",
		       postgres_db_role(db), (int)right.n, right.p, schema->name, (int)table.n, table.p,
		       postgres_db_name(db));
}
