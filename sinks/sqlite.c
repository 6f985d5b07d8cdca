#include "sqlite.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct sqlite_db {
	sqlite3 *handle;
	char *path; /* as given */
	sqlite3_stmt **stmts;
	size_t n_stmts;
	int bind_rc; /* the first bind that failed since the last step */
	int patience_ms;
};

/* SQLite's words for a result code. A bind that failed is reported later, when the message may be of something else. */
static const char *words(const struct sqlite_db *db, int rc)
{
	bool current = db->handle && (sqlite3_errcode(db->handle) & 0xff) == (rc & 0xff);

	return current ? sqlite3_errmsg(db->handle) : sqlite3_errstr(rc);
}

/* What an SQLite result code means for the caller. deed: "read", "write", "open". */
static int fail(const struct sqlite_db *db, int rc, const char *deed, struct err *err)
{
	int errnum;

	switch (rc & 0xff) {
	case SQLITE_TOOBIG:
	case SQLITE_CONSTRAINT:
		return err_set(err, ERR_JOB, "'%s' does not take this job: %s", db->path, words(db, rc));
	case SQLITE_CORRUPT:
		/* What lies elsewhere may be good. */
		return err_set(err, strcmp(deed, "read") == 0 ? ERR_JOB : ERR_FATAL,
			       "cannot %s '%s', which is damaged: %s", deed, db->path, words(db, rc));
	case SQLITE_NOTADB:
		return err_set(err, ERR_FATAL, "'%s' is not an SQLite database", db->path);
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return err_set(err, ERR_FATAL, "cannot %s '%s': another program has kept it locked for %d seconds",
			       deed, db->path, db->patience_ms / 1000);
	case SQLITE_CANTOPEN:
	case SQLITE_IOERR:
		errnum = db->handle ? sqlite3_system_errno(db->handle) : 0;
		return err_set(err, ERR_FATAL, "cannot %s '%s' or its journal beside it: %s", deed, db->path,
			       errnum ? strerror(errnum) : words(db, rc));
	case SQLITE_READONLY:
		if (strcmp(deed, "write") != 0)
			return err_set(err, ERR_FATAL,
				       "cannot %s '%s': it was being written when that was cut short; "
				       "the next run that writes mends it",
				       deed, db->path);
		return err_set(err, ERR_FATAL, "cannot write '%s': it or its folder is read-only", db->path);
	default:
		return err_set(err, ERR_FATAL, "cannot %s '%s': %s", deed, db->path, words(db, rc));
	}
}

/* EXTRA: a commit that returned survives a power cut, also without a WAL, where FULL may let the journal come back.
 * Temporary files are files, since a rollback of a large job may need much of one. 8 MB of cache. */
static const char settings[] = "PRAGMA synchronous=EXTRA; PRAGMA temp_store=FILE; PRAGMA cache_size=-8192;"
			       "PRAGMA cell_size_check=ON;";

/* The file may be of somebody who means harm: what stands in its schema (views, triggers, defaults) may call no
 * function that reaches beyond it, and its pages are looked at before they are believed. No code is loaded. */
static void distrust(sqlite3 *handle)
{
	(void)sqlite3_db_config(handle, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	(void)sqlite3_db_config(handle, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
	(void)sqlite3_db_config(handle, SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0, NULL);
	(void)sqlite3_limit(handle, SQLITE_LIMIT_ATTACHED, 0);
}

struct sqlite_db *sqlite_db_open(const char *path, bool read_only, struct err *err)
{
	struct sqlite_db *db = calloc(1, sizeof(*db));
	char *name = NULL;
	int rc;

	/* Without it each allocation takes a lock to count, for a tenth of the time of a load. Only the first call
	 * counts, those after it are refused. */
	(void)sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
	if (!db || !(db->path = strdup(path)) || asprintf(&name, "%s%s", *path == '/' ? "" : "./", path) < 0) {
		name = NULL;
		err_set(err, ERR_FATAL, "out of memory");
		goto fail;
	}
	rc = sqlite3_open_v2(name, &db->handle,
			     (read_only ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE) | SQLITE_OPEN_NOMUTEX, NULL);
	if (rc != SQLITE_OK) {
		fail(db, rc, "open", err);
		goto fail;
	}
	distrust(db->handle);
	sqlite_db_patience(db, SQLITE_DB_PATIENCE);
	rc = sqlite3_exec(db->handle, settings, NULL, NULL, NULL);
	if (rc != SQLITE_OK) {
		fail(db, rc, "open", err);
		goto fail;
	}
	free(name);
	return db;
fail:
	free(name);
	sqlite_db_close(db);
	return NULL;
}

void sqlite_db_close(struct sqlite_db *db)
{
	if (!db)
		return;
	for (size_t i = 0; i < db->n_stmts; i++)
		(void)sqlite3_finalize(db->stmts[i]);
	(void)sqlite3_close(db->handle);
	free(db->stmts);
	free(db->path);
	free(db);
}

const char *sqlite_db_path(const struct sqlite_db *db)
{
	return db->path;
}

int sqlite_db_in_place(struct sqlite_db *db, struct err *err)
{
	int moved = 0;

	(void)sqlite3_file_control(db->handle, "main", SQLITE_FCNTL_HAS_MOVED, &moved);
	return moved ? err_set(err, ERR_FATAL, "'%s' was removed or replaced while it was written", db->path) : 0;
}

/* The cache's size is counted in pages of the size that holds when it is set. */
int sqlite_db_new(struct sqlite_db *db, struct err *err)
{
	return sqlite_db_exec(db, "PRAGMA page_size=16384", err) || sqlite_db_exec(db, settings, err) ? -1 : 0;
}

int sqlite_db_exec(struct sqlite_db *db, const char *sql, struct err *err)
{
	int rc = sqlite3_exec(db->handle, sql, NULL, NULL, NULL);

	return rc == SQLITE_OK ? 0 : fail(db, rc, "write", err);
}

int sqlite_db_ask(struct sqlite_db *db, const char *sql, struct buf *out, struct err *err)
{
	sqlite3_stmt *stmt = NULL;
	int answer = 0;
	int rc = sqlite3_prepare_v2(db->handle, sql, -1, &stmt, NULL);

	if (rc == SQLITE_OK)
		rc = sqlite3_step(stmt);
	if (rc == SQLITE_ROW) {
		const char *text = (const char *)sqlite3_column_text(stmt, 0);
		if (text)
			answer = buf_adds(out, text) ? err_set(err, ERR_FATAL, "out of memory") : 1;
	} else if (rc != SQLITE_DONE) {
		answer = fail(db, rc, "read", err);
	}
	(void)sqlite3_finalize(stmt);
	return answer;
}

static int stop_of(void *stop)
{
	return *(const volatile sig_atomic_t *)stop != 0;
}

#define STEPS_A_LOOK 100000 /* of SQLite's machine */

int sqlite_db_each(struct sqlite_db *db, const char *sql, const volatile sig_atomic_t *stop,
		   int (*each)(void *ctx, struct text, struct err *), void *ctx, struct err *err)
{
	sqlite3_stmt *stmt = NULL;
	int answer = 0, rc = sqlite3_prepare_v2(db->handle, sql, -1, &stmt, NULL);

	if (stop)
		sqlite3_progress_handler(db->handle, STEPS_A_LOOK, stop_of, (void *)(uintptr_t)stop);
	while (rc == SQLITE_OK && answer == 0 && sqlite3_step(stmt) == SQLITE_ROW) {
		const char *p = (const char *)sqlite3_column_text(stmt, 0);
		answer = each(ctx, (struct text){p, p ? (size_t)sqlite3_column_bytes(stmt, 0) : 0}, err);
	}
	if (stmt)
		rc = sqlite3_reset(stmt);
	if (answer == 0 && rc != SQLITE_OK && (rc & 0xff) != SQLITE_INTERRUPT)
		answer = fail(db, rc, "read", err);
	sqlite3_progress_handler(db->handle, 0, NULL, NULL);
	(void)sqlite3_finalize(stmt);
	return answer;
}

void sqlite_db_patience(struct sqlite_db *db, int ms)
{
	db->patience_ms = ms;
	(void)sqlite3_busy_timeout(db->handle, ms);
}

bool sqlite_db_idle(const struct sqlite_db *db)
{
	return sqlite3_get_autocommit(db->handle) != 0;
}

int sqlite_db_prepare(struct sqlite_db *db, const char *const *sql, size_t n, struct err *err)
{
	db->stmts = calloc(n, sizeof(sqlite3_stmt *));
	if (!db->stmts)
		return err_set(err, ERR_FATAL, "out of memory");
	for (; db->n_stmts < n; db->n_stmts++) {
		int rc = sqlite3_prepare_v3(db->handle, sql[db->n_stmts], -1, SQLITE_PREPARE_PERSISTENT,
					    &db->stmts[db->n_stmts], NULL);
		if (rc == SQLITE_ERROR)
			return err_set(err, ERR_FATAL, "'%s' is not laid out as its schema version says: %s", db->path,
				       sqlite3_errmsg(db->handle));
		if (rc != SQLITE_OK)
			return fail(db, rc, "read", err);
	}
	return 0;
}

static void note(struct sqlite_db *db, int rc)
{
	if (db->bind_rc == SQLITE_OK)
		db->bind_rc = rc;
}

void sqlite_db_bind_text(struct sqlite_db *db, unsigned q, int param, struct text t)
{
	note(db, t.p ? sqlite3_bind_text64(db->stmts[q], param, t.p, t.n, SQLITE_STATIC, SQLITE_UTF8)
		     : sqlite3_bind_null(db->stmts[q], param));
}

void sqlite_db_bind_int(struct sqlite_db *db, unsigned q, int param, int64_t value)
{
	note(db, sqlite3_bind_int64(db->stmts[q], param, value));
}

void sqlite_db_bind_blob(struct sqlite_db *db, unsigned q, int param, const void *p, size_t n)
{
	note(db, n ? sqlite3_bind_blob64(db->stmts[q], param, p, n, SQLITE_STATIC)
		   : sqlite3_bind_zeroblob(db->stmts[q], param, 0));
}

void sqlite_db_bind_null(struct sqlite_db *db, unsigned q, int param)
{
	note(db, sqlite3_bind_null(db->stmts[q], param));
}

int sqlite_db_step(struct sqlite_db *db, unsigned q, struct err *err)
{
	sqlite3_stmt *stmt = db->stmts[q];
	int rc = db->bind_rc;

	db->bind_rc = SQLITE_OK;
	if (rc == SQLITE_OK)
		rc = sqlite3_step(stmt);
	if (rc == SQLITE_ROW)
		return 1;
	if (rc != SQLITE_DONE)
		fail(db, rc, sqlite3_column_count(stmt) > 0 ? "read" : "write", err);
	(void)sqlite3_reset(stmt);
	return rc == SQLITE_DONE ? 0 : -1;
}

void sqlite_db_reset(struct sqlite_db *db, unsigned q)
{
	(void)sqlite3_reset(db->stmts[q]);
}

int sqlite_db_run(struct sqlite_db *db, unsigned q, struct err *err)
{
	int rc = sqlite_db_step(db, q, err);

	sqlite_db_reset(db, q);
	return rc < 0 ? -1 : 0;
}

int64_t sqlite_db_int(struct sqlite_db *db, unsigned q, int column)
{
	return sqlite3_column_int64(db->stmts[q], column);
}

struct text sqlite_db_blob(struct sqlite_db *db, unsigned q, int column)
{
	const char *p = sqlite3_column_blob(db->stmts[q], column);

	return (struct text){p, p ? (size_t)sqlite3_column_bytes(db->stmts[q], column) : 0};
}

struct text sqlite_db_text(struct sqlite_db *db, unsigned q, int column)
{
	const char *p = (const char *)sqlite3_column_text(db->stmts[q], column);

	return (struct text){p, p ? (size_t)sqlite3_column_bytes(db->stmts[q], column) : 0};
}
