/*
 * sqlite.h: SQLite as the sink needs it: one connection, statements that are prepared once and known by number,
 * errors that say what the caller does next. sqlite.c is the only file that includes sqlite3.h.
 *
 * struct sqlite_db owns the connection and its statements. Parameters are counted from 1, columns from 0, as SQLite
 * does. Bound texts and blobs are borrowed until the step that uses them. Not for two threads at a time.
 *
 * Errors: ERR_JOB where this data cannot be stored (too big, a constraint); ERR_FATAL for everything else, and then a
 * transaction that was open may be gone.
 */
#ifndef OMNI_SQLITE_H
#define OMNI_SQLITE_H

#include "buf.h"
#include "err.h"

#include <signal.h>
#include <stdbool.h>

struct sqlite_db;

/* Opens a database file that is there, for reading and writing unless read_only; names like ":memory:" are files too.
 * NULL with *err. */
struct sqlite_db *sqlite_db_open(const char *path, bool read_only, struct err *);
void sqlite_db_close(struct sqlite_db *); /* rolls back what is open */
const char *sqlite_db_path(const struct sqlite_db *);
/* Is the file still the one that was opened? SQLite goes on writing into one that was removed or replaced. 0 or -1. */
int sqlite_db_in_place(struct sqlite_db *, struct err *);

/* For a file that has no pages yet: they will be of 16 KiB, four times SQLite's own choice, since each costs five
 * system calls on its way (a load takes a quarter less of the processor). 0 or -1. */
int sqlite_db_new(struct sqlite_db *, struct err *);
/* Runs statements of constant text. 0 or -1; err may be NULL. */
int sqlite_db_exec(struct sqlite_db *, const char *sql, struct err *);
/* The first column of the first row appended to out: 1; 0 where there is no row or it is null; -1. err may be NULL. */
int sqlite_db_ask(struct sqlite_db *, const char *sql, struct buf *out, struct err *);
/* Hands on the first column of each row of a statement, as text (null text for NULL). Ended early, without a failure,
 * by *stop (NULL: never), and by what is not 0 of each, which is returned: -1 with *err. */
int sqlite_db_each(struct sqlite_db *, const char *sql, const volatile sig_atomic_t *stop,
		   int (*each)(void *ctx, struct text, struct err *), void *ctx, struct err *err);
/* How long to wait for a lock that another program has, in milliseconds; at first SQLITE_DB_PATIENCE. */
void sqlite_db_patience(struct sqlite_db *, int ms);
#define SQLITE_DB_PATIENCE 30000

/* Is no transaction open? */
bool sqlite_db_idle(const struct sqlite_db *);

/* Prepares all statements: from here on number q is sql[q]. sql is borrowed for the call. Once. 0 or -1. */
int sqlite_db_prepare(struct sqlite_db *, const char *const *sql, size_t n, struct err *);

void sqlite_db_bind_text(struct sqlite_db *, unsigned q, int param, struct text); /* null text: NULL */
void sqlite_db_bind_int(struct sqlite_db *, unsigned q, int param, int64_t);
void sqlite_db_bind_blob(struct sqlite_db *, unsigned q, int param, const void *, size_t n);
void sqlite_db_bind_null(struct sqlite_db *, unsigned q, int param);
/* 1: a row, whose columns can be read until the next step or sqlite_db_reset; 0: done; -1. */
int sqlite_db_step(struct sqlite_db *, unsigned q, struct err *);
void sqlite_db_reset(struct sqlite_db *, unsigned q);
/* A statement that gives no row: 0 or -1. */
int sqlite_db_run(struct sqlite_db *, unsigned q, struct err *);

int64_t sqlite_db_int(struct sqlite_db *, unsigned q, int column);      /* 0 for NULL */
struct text sqlite_db_text(struct sqlite_db *, unsigned q, int column); /* null text for NULL */
struct text sqlite_db_blob(struct sqlite_db *, unsigned q, int column); /* bytes */

#endif
