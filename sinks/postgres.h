/*
 * postgres.h: PostgreSQL as the sink needs it: one connection, questions, COPY in binary, statements that are sent many
 * at a time, errors that say what the caller does next. postgres.c is the only file that includes libpq-fe.h.
 *
 * struct postgres_db owns the connection and the rows of its last question. Parameters are fields of postgres_tuple.h.
 * Not for two threads at a time.
 *
 * Errors: see postgres_fault.h. After any of them a transaction that was open is of no use: it is rolled back, to a
 * savepoint or whole. After ERR_RETRY look at postgres_db_lost: what is lost is only closed.
 */
#ifndef OMNI_POSTGRES_H
#define OMNI_POSTGRES_H

#include "buf.h"
#include "err.h"

#include <signal.h>
#include <stdbool.h>

struct postgres_db;

/* Connects, within 15 seconds unless the connection string or PGCONNECT_TIMEOUT says otherwise, and sets what the
 * session needs. A server encoding other than UTF8 is refused. NULL with *err: ERR_USAGE (a connection string that
 * libpq cannot read), ERR_FATAL. No message has the password. Once *stop is not 0 (NULL: never) the connection is lost
 * when the server is silent for three seconds. */
struct postgres_db *postgres_db_open(const char *conninfo, const volatile sig_atomic_t *stop, struct err *err);
void postgres_db_close(struct postgres_db *);

const char *postgres_db_name(const struct postgres_db *); /* 'shop' at 'db.example.org:5432', with its quotes */
const char *postgres_db_role(const struct postgres_db *);
bool postgres_db_lost(const struct postgres_db *);
int postgres_db_pid(const struct postgres_db *);       /* of the server's process */
bool postgres_db_no_right(const struct postgres_db *); /* the last failure was a missing right (42501) */

/* Appends a name as SQL quotes it: 0, or -1 with *err. */
int postgres_db_quote(struct postgres_db *, const char *name, struct buf *out, struct err *err);

/* Statements without parameters. err may be NULL, here and below where a failure does not matter. */
int postgres_db_exec(struct postgres_db *, const char *sql, struct err *err);
/* COMMIT, and was it one? A transaction that had failed is rolled back by it: that is an ERR_FATAL. */
int postgres_db_commit(struct postgres_db *, struct err *err);
/* One statement; params NULL: it has none. Returns the number of rows, or -1. Their columns can be read until the next
 * call of anything here; as text, or, where binary, as bytes. */
int postgres_db_ask(struct postgres_db *, const char *sql, const struct buf *params, bool binary, struct err *err);
struct text postgres_db_text(const struct postgres_db *, int row, int column); /* null text for NULL */
int64_t postgres_db_int(const struct postgres_db *, int row, int column);      /* of a text; 0 for NULL */

/* Prepares statement q of this connection if it is not yet: 0 or -1. q < 32. */
int postgres_db_prepare(struct postgres_db *, unsigned q, const char *sql, struct err *err);

/* postgres_db_ask of statement q, which was prepared. */
int postgres_db_ask_prepared(struct postgres_db *, unsigned q, const struct buf *params, bool binary, struct err *err);

/* A call of a prepared statement, in a buf of many: this, and then n bytes of fields. */
struct postgres_call {
	unsigned q;
	size_t n;
};

/* Runs n bytes of calls in one round trip. None may give rows that matter. 0 or -1. */
int postgres_db_run(struct postgres_db *, const char *calls, size_t n, struct err *err);

/* Takes the fields of a tuple (postgres_tuple.h); 0, or -1 with *err, after which the rest is passed over. */
typedef int (*postgres_db_fn)(void *ctx, const char *fields, size_t n, struct err *);
/* COPY … TO STDOUT (FORMAT binary): all tuples, one at a time, in constant memory. 0 or -1. */
int postgres_db_copy_out(struct postgres_db *, const char *sql, postgres_db_fn take, void *ctx, struct err *err);

/* COPY … FROM STDIN (FORMAT binary): begin, tuples in pieces of any size, end; nothing else may come in between. The
 * end does not wait: the server works on while the caller does something else. Whether it worked is known when that is
 * awaited, which every command does first of all; it then fails for the COPY, and is itself not made. */
int postgres_db_copy(struct postgres_db *, const char *sql, struct err *err);
int postgres_db_copy_put(struct postgres_db *, const char *tuples, size_t n, struct err *err);
int postgres_db_copy_end(struct postgres_db *, struct err *err);
int postgres_db_copy_await(struct postgres_db *,
			   struct err *err);      /* 0, also where there is nothing to wait for; or -1 */
void postgres_db_copy_stop(struct postgres_db *); /* gives it up: at the server it fails */

#endif
