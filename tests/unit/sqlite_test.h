/*
 * sqlite_test.h: what the tests of the SQLite sink share: a folder of their own for each test, and a stranger's
 * connection to what was written.
 */
#ifndef OMNI_TEST_SQLITE_TEST_H
#define OMNI_TEST_SQLITE_TEST_H

#include "sink.h"

#include "unit.h"

#include <ftw.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[256];
static struct err err;

static const struct sink_options options = {
    .file_mode = 0600, .keep_bodies = true, .run_id = "run-1", .version = "1.0", .instance = "https://one.example"};

static inline int set_up(void **state)
{
	const char *tmp = getenv("TMPDIR");

	(void)state;
	(void)snprintf(folder, sizeof(folder), "%s/test_sqlite.XXXXXX", tmp && *tmp ? tmp : "/tmp");
	return mkdtemp(folder) && chdir(folder) == 0 ? 0 : -1;
}

static inline int remove_one(const char *path, const struct stat *st, int type, struct FTW *at)
{
	(void)st, (void)type, (void)at;
	return remove(path);
}

static inline int tear_down(void **state)
{
	(void)state;
	return chdir("/") == 0 ? nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS) : -1;
}

static inline struct sink *open_sink(const char *spec)
{
	struct sink *s = sink_open(spec, &options, &err);

	if (!s)
		fail_msg("%s", err.msg);
	return s;
}

static inline void close_sink(struct sink *s)
{
	assert_int_equal(s->ops->close(s, &err), 0);
}

/* A stranger's connection. */
static inline sqlite3 *stranger(const char *path)
{
	sqlite3 *db;

	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	return db;
}

static inline void run_sql(sqlite3 *db, const char *sql)
{
	if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK)
		fail_msg("%s: %s", sql, sqlite3_errmsg(db));
}

static inline void run_sql_in(const char *path, const char *sql)
{
	sqlite3 *db = stranger(path);

	run_sql(db, sql);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

/* All rows' columns from this one on, with a blank after each. */
static inline const char *ask(const char *path, const char *sql, int column)
{
	static char out[4096];
	sqlite3 *db = stranger(path);
	sqlite3_stmt *stmt;
	size_t n = 0;

	if (sqlite3_prepare_v2(db, sql, -1, &stmt, NULL) != SQLITE_OK)
		fail_msg("%s: %s", sql, sqlite3_errmsg(db));
	out[0] = '\0';
	while (sqlite3_step(stmt) == SQLITE_ROW && n < sizeof(out))
		n += (size_t)snprintf(out + n, sizeof(out) - n, "%s ", (const char *)sqlite3_column_text(stmt, column));
	(void)sqlite3_finalize(stmt);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
	return out;
}

static inline bool exists(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0;
}

/* Each test in its own empty folder, which is the current one. */
#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

#endif
