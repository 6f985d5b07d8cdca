#include "sqlite_schema.h"

#include <stdlib.h>

static const char create_all[] =
    "CREATE TABLE jobs ("
    "job_id TEXT PRIMARY KEY NOT NULL, instance TEXT, state TEXT NOT NULL, partial INTEGER NOT NULL DEFAULT 0, "
    "http_status INTEGER, error TEXT, topic TEXT, message TEXT, result_summary TEXT, omni_chat_url TEXT, "
    "first_action_at TEXT, last_action_at TEXT, expires_at TEXT, attempts INTEGER NOT NULL DEFAULT 0, "
    "requested_at TEXT, fetched_at TEXT, stored_at TEXT, body_bytes INTEGER, body_sha256 TEXT, "
    "action_count INTEGER, result_count INTEGER, row_count INTEGER, warnings TEXT, input TEXT, details TEXT, "
    "extra TEXT, run_id TEXT);"
    "CREATE TABLE bodies ("
    "job_id TEXT NOT NULL, part INTEGER NOT NULL, encoding TEXT NOT NULL, body BLOB NOT NULL, "
    "PRIMARY KEY (job_id, part));"
    "CREATE TABLE actions ("
    "job_id TEXT NOT NULL, action_index INTEGER NOT NULL, type TEXT, message TEXT, timestamp TEXT, status TEXT, "
    "is_error INTEGER, extra TEXT, PRIMARY KEY (job_id, action_index));"
    "CREATE TABLE results ("
    "result_no INTEGER PRIMARY KEY NOT NULL, job_id TEXT NOT NULL, action_index INTEGER NOT NULL, result_id TEXT, "
    "query_name TEXT, status TEXT, query TEXT, columns TEXT, column_types TEXT, csv_truncated INTEGER, "
    "has_results INTEGER, total_row_count INTEGER, row_count INTEGER, error_message TEXT, error_detail TEXT, "
    "extra TEXT, UNIQUE (job_id, action_index));"
    "CREATE TABLE row_cells (row_key INTEGER PRIMARY KEY NOT NULL, section TEXT, cells TEXT NOT NULL);"
    /* CROSS JOIN keeps the order: first the results that were asked for, then their ranges of rows. */
    "CREATE VIEW result_rows AS "
    "SELECT r.job_id, r.action_index, c.row_key & 4294967295 AS row_index, c.section, c.cells "
    "FROM results AS r CROSS JOIN row_cells AS c "
    "WHERE c.row_key BETWEEN r.result_no << 32 AND r.result_no << 32 | 4294967295;"
    "CREATE TABLE runs ("
    "run_id TEXT PRIMARY KEY NOT NULL, started_at TEXT, finished_at TEXT, version TEXT, exit_code INTEGER, "
    "summary TEXT);"
    "CREATE TABLE schema_version (version INTEGER NOT NULL);"
    "INSERT INTO schema_version VALUES (1);";

_Static_assert(SQLITE_SCHEMA_VERSION == 1, "create_all writes it");

int sqlite_schema_create(struct sqlite_db *db, struct err *err)
{
	if (sqlite_db_new(db, err) || sqlite_db_exec(db, "BEGIN IMMEDIATE", err) ||
	    sqlite_db_exec(db, create_all, err) || sqlite_db_exec(db, "COMMIT", err)) {
		(void)sqlite_db_exec(db, "ROLLBACK", NULL);
		return -1;
	}
	return 0;
}

/* What schema_version says: one positive number, or it is none of ours. */
static int check_version(struct sqlite_db *db, struct err *err)
{
	struct buf text;
	long version = -1;
	int rc;

	buf_init(&text, 64);
	rc = sqlite_db_ask(db, "SELECT 1 FROM pragma_table_info('schema_version') WHERE lower(name) = 'version'", &text,
			   err);
	buf_clear(&text);
	if (rc == 1)
		rc = sqlite_db_ask(
		    db,
		    "SELECT CASE WHEN count(*) = 1 AND typeof(max(version)) = 'integer' THEN max(version) END "
		    "FROM schema_version",
		    &text, err);
	if (rc == 1)
		version = strtol(buf_cstr(&text), NULL, 10);
	buf_free(&text);
	if (rc < 0)
		return -1;
	if (version > SQLITE_SCHEMA_VERSION)
		return err_set(err, ERR_FATAL,
			       "'%s' has schema version %ld, and this program knows none above %d: use a newer one",
			       sqlite_db_path(db), version, SQLITE_SCHEMA_VERSION);
	if (version != SQLITE_SCHEMA_VERSION)
		return err_set(err, ERR_FATAL, "'%s' has a table 'schema_version' that is not this program's",
			       sqlite_db_path(db));
	return 0;
}

/* A view in the place of a table would take all that is written, and keep what it likes. */
static int check_kinds(struct sqlite_db *db, struct err *err)
{
	struct buf name;
	int rc;

	buf_init(&name, 256);
	rc = sqlite_db_ask(
	    db,
	    "SELECT lower(name) FROM sqlite_master WHERE type <> 'table' AND lower(name) IN ('schema_version', "
	    "'jobs', 'bodies', 'actions', 'results', 'row_cells', 'runs') LIMIT 1",
	    &name, err);
	if (rc == 1)
		rc = err_set(err, ERR_FATAL, "'%s' is not laid out as its schema version says: '%s' is no table",
			     sqlite_db_path(db), buf_cstr(&name));
	buf_free(&name);
	return rc;
}

int sqlite_schema_look(struct sqlite_db *db, struct err *err)
{
	struct buf name;
	int rc;

	buf_init(&name, 64);
	/* The first of our names there is, schema_version before all others. */
	rc = sqlite_db_ask(db,
			   "SELECT lower(name) FROM sqlite_master WHERE lower(name) IN ('schema_version', 'jobs', "
			   "'bodies', 'actions', 'results', 'row_cells', 'result_rows', 'runs') "
			   "ORDER BY lower(name) <> 'schema_version', lower(name) LIMIT 1",
			   &name, err);
	if (rc == 1 && text_eq(buf_text(&name), text_of("schema_version")))
		rc = check_version(db, err) || check_kinds(db, err) ? -1 : 1;
	else if (rc == 1)
		rc = err_set(err, ERR_FATAL, "'%s' has a table '%s' but no 'schema_version': it is not this program's",
			     sqlite_db_path(db), buf_cstr(&name));
	buf_free(&name);
	return rc;
}
