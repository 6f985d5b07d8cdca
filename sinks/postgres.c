#include "postgres.h"

#include "log.h"
#include "postgres_fault.h"
#include "postgres_sql.h"
#include "postgres_target.h"
#include "postgres_tuple.h"
#include "postgres_wait.h"

#include <errno.h>
#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PARAMS_MAX 32

struct postgres_db {
	PGconn *conn;
	PGresult *rows; /* of the last question */
	char *name;
	uint32_t prepared; /* bit q */
	bool lost, no_right;
	bool ending;    /* the end of a COPY was sent, and its answer not yet taken */
	int wait_errno; /* of the wait that ended the connection; 0: none has */
	const volatile sig_atomic_t *stop;
};

/* errors */

static int no_memory(struct err *err)
{
	return err_set(err, ERR_FATAL, "out of memory");
}

/* The words without the password, in a buf that the caller frees. */
static void say(const PGconn *conn, const char *words, struct buf *out)
{
	buf_init(out, SIZE_MAX / 2);
	if (postgres_target_hide(words, PQpass(conn), out))
		buf_clear(out);
}

/* What a failed call means. res: NULL where there is no result at all. */
static int fail(struct postgres_db *db, const PGresult *res, struct err *err)
{
	const char *state = res ? PQresultErrorField(res, PG_DIAG_SQLSTATE) : NULL;
	const char *primary = db->wait_errno == ETIMEDOUT ? "no answer for 3 seconds, and the run was told to end"
			      : db->wait_errno != 0       ? strerror(db->wait_errno)
			      : res                       ? PQresultErrorField(res, PG_DIAG_MESSAGE_PRIMARY)
							  : NULL;
	const struct postgres_where where = {db->name, postgres_db_role(db)};
	struct buf words;

	db->lost = db->lost || PQstatus(db->conn) == CONNECTION_BAD;
	db->no_right = state && strcmp(state, "42501") == 0;
	say(db->conn, primary ? primary : PQerrorMessage(db->conn), &words);
	(void)postgres_fault_set(err, &where, state, buf_cstr(&words), db->lost);
	buf_free(&words);
	return -1;
}

/* waiting: libpq's own waits see nothing of an interrupted run, so that all of them are here */

/* One moment of a wait: 0, or -1: the connection is over. */
static int wait_for(struct postgres_db *db, struct postgres_wait *w, bool writing)
{
	if (postgres_wait(w, PQsocket(db->conn), writing) == 0)
		return PQconsumeInput(db->conn) ? 0 : -1;
	db->wait_errno = errno;
	db->lost = true;
	return -1;
}

/* All that is to be sent goes out. 0 or -1. */
static int send_off(struct postgres_db *db)
{
	struct postgres_wait w = {.stop = db->stop};
	int left;

	while ((left = PQflush(db->conn)) == 1)
		if (wait_for(db, &w, true))
			return -1;
	return left;
}

/* PQgetResult. */
static PGresult *next_result(struct postgres_db *db)
{
	struct postgres_wait w = {.stop = db->stop};

	while (db->wait_errno == 0 && PQisBusy(db->conn))
		if (wait_for(db, &w, PQflush(db->conn) == 1))
			break;
	return db->wait_errno == 0 ? PQgetResult(db->conn) : NULL;
}

enum { WANT_DONE, WANT_ROWS, WANT_COPY };

/* Takes the results of a command to their end. Returns 0 when all were good, or -1. WANT_ROWS: the first one stays in
 * db->rows. WANT_COPY: only the beginning of a COPY is good. */
static int finish(struct postgres_db *db, int want, struct err *err)
{
	PGresult *res;
	int rc = 0;
	bool any = false;

	while ((res = next_result(db))) {
		const ExecStatusType status = PQresultStatus(res);
		const bool good = want == WANT_COPY ? status == PGRES_COPY_IN
						    : status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK;

		if (!good && rc == 0)
			rc = fail(db, res, err);
		any = true;
		if (good && want == WANT_ROWS && !db->rows)
			db->rows = res;
		else
			PQclear(res);
		if (status == PGRES_COPY_IN)
			break;
	}
	db->lost = db->lost || PQstatus(db->conn) == CONNECTION_BAD;
	return any && db->wait_errno == 0 ? rc : fail(db, NULL, err);
}

int postgres_db_copy_await(struct postgres_db *db, struct err *err)
{
	if (!db->ending)
		return 0;
	db->ending = false;
	return finish(db, WANT_DONE, err);
}

/* Before a command: the COPY before it is over. 0, or -1: it failed. */
static int before(struct postgres_db *db, struct err *err)
{
	PQclear(db->rows);
	db->rows = NULL;
	return postgres_db_copy_await(db, err);
}

/* connecting */

static void notice(void *ctx, const char *message)
{
	struct buf words;

	say(ctx, message, &words);
	log_line(LOG_DEBUG, NULL, "postgresql: %.*s", (int)strcspn(buf_cstr(&words), "\n"), buf_cstr(&words));
	buf_free(&words);
}

static PGconn *connect_to(const char *conninfo)
{
	/* What comes before the connection string is overruled by it; a null is not there at all. */
	const char *const names[] = {"fallback_application_name",
				     "keepalives_idle",
				     "keepalives_interval",
				     "keepalives_count",
				     "tcp_user_timeout",
				     "connect_timeout",
				     "dbname",
				     "client_encoding",
				     NULL};
	const char *const values[] = {
	    "omni-export", "30", "10", "3", "60000", getenv("PGCONNECT_TIMEOUT") ? NULL : "15", conninfo, "UTF8", NULL};

	return PQconnectdbParams(names, values, 1);
}

/* The string as libpq splits it, for a look; its own words would quote what it cannot make sense of. */
static int check_conninfo(const char *conninfo, struct err *err)
{
	char *words = NULL;
	PQconninfoOption *options;

	if (*conninfo == '\0' || (!strchr(conninfo, '=') && !strstr(conninfo, "://")))
		return 0;
	options = PQconninfoParse(conninfo, &words);
	PQfreemem(words);
	if (!options)
		return err_set(
		    err, ERR_USAGE,
		    "the PostgreSQL connection string cannot be read (in key=value pairs a value with blanks "
		    "stands in '…'; in a URL what is special is written %%XX)");
	PQconninfoFree(options);
	return 0;
}

static int check_session(struct postgres_db *db, struct err *err)
{
	const char *encoding = PQparameterStatus(db->conn, "server_encoding");

	if (!encoding || strcmp(encoding, "UTF8") != 0)
		return err_set(
		    err, ERR_FATAL,
		    "database %s has the encoding %s, in which not every text can be stored: it must be UTF8", db->name,
		    encoding ? encoding : "(unknown)");
	if (postgres_db_exec(db, postgres_sql_session, err))
		return -1;
	for (size_t i = 0; postgres_sql_optional[i]; i++)
		(void)postgres_db_exec(db, postgres_sql_optional[i], NULL);
	return 0;
}

struct postgres_db *postgres_db_open(const char *conninfo, const volatile sig_atomic_t *stop, struct err *err)
{
	struct postgres_db *db = NULL;
	struct buf words;

	if (check_conninfo(conninfo, err))
		return NULL;
	db = calloc(1, sizeof(*db));
	if (db)
		db->stop = stop;
	if (!db || !(db->conn = connect_to(conninfo))) {
		no_memory(err);
		goto fail;
	}
	if (PQstatus(db->conn) != CONNECTION_OK) {
		const char *text = PQerrorMessage(db->conn);
		say(db->conn, text, &words);
		err_set(err, ERR_FATAL, "cannot connect to PostgreSQL: %.*s", (int)strcspn(buf_cstr(&words), "\n"),
			buf_cstr(&words));
		buf_free(&words);
		goto fail;
	}
	if (asprintf(&db->name, "'%s' at '%s:%s'", PQdb(db->conn), PQhost(db->conn), PQport(db->conn)) < 0) {
		db->name = NULL;
		no_memory(err);
		goto fail;
	}
	if (PQsetnonblocking(db->conn, 1) != 0) {
		(void)fail(db, NULL, err);
		goto fail;
	}
	PQsetNoticeProcessor(db->conn, notice, db->conn);
	if (check_session(db, err))
		goto fail;
	return db;
fail:
	postgres_db_close(db);
	return NULL;
}

void postgres_db_close(struct postgres_db *db)
{
	if (!db)
		return;
	PQclear(db->rows);
	PQfinish(db->conn);
	free(db->name);
	free(db);
}

const char *postgres_db_name(const struct postgres_db *db)
{
	return db->name;
}

const char *postgres_db_role(const struct postgres_db *db)
{
	return PQuser(db->conn);
}

bool postgres_db_lost(const struct postgres_db *db)
{
	return db->lost;
}

int postgres_db_pid(const struct postgres_db *db)
{
	return PQbackendPID(db->conn);
}

bool postgres_db_no_right(const struct postgres_db *db)
{
	return db->no_right;
}

/* statements */

int postgres_db_quote(struct postgres_db *db, const char *name, struct buf *out, struct err *err)
{
	char *quoted = PQescapeIdentifier(db->conn, name, strlen(name));
	int rc;

	if (!quoted)
		return fail(db, NULL, err);
	rc = buf_adds(out, quoted) ? no_memory(err) : 0;
	PQfreemem(quoted);
	return rc;
}

int postgres_db_exec(struct postgres_db *db, const char *sql, struct err *err)
{
	if (before(db, err))
		return -1;
	return PQsendQuery(db->conn, sql) ? finish(db, WANT_DONE, err) : fail(db, NULL, err);
}

int postgres_db_commit(struct postgres_db *db, struct err *err)
{
	if (before(db, err))
		return -1;
	if (!PQsendQuery(db->conn, "COMMIT"))
		return fail(db, NULL, err);
	if (finish(db, WANT_ROWS, err))
		return -1;
	if (strcmp(PQcmdStatus(db->rows), "COMMIT") != 0)
		return err_set(err, ERR_FATAL, "database %s did not commit, but rolled back", db->name);
	return 0;
}

/* Splits fields into what libpq wants: returns how many there are. */
static int split(const char *fields, size_t n, const char **values, int *lengths, int *formats)
{
	struct text field;
	size_t at = 0;
	int count = 0;

	while (count < PARAMS_MAX && postgres_tuple_next(fields, n, &at, &field)) {
		values[count] = field.p;
		lengths[count] = (int)field.n;
		formats[count++] = 1;
	}
	return count;
}

int postgres_db_ask(struct postgres_db *db, const char *sql, const struct buf *params, bool binary, struct err *err)
{
	const char *values[PARAMS_MAX];
	int lengths[PARAMS_MAX], formats[PARAMS_MAX];
	const int n = params ? split(buf_cstr(params), params->len, values, lengths, formats) : 0;

	if (before(db, err))
		return -1;
	if (!PQsendQueryParams(db->conn, sql, n, NULL, values, lengths, formats, binary))
		return fail(db, NULL, err);
	if (finish(db, WANT_ROWS, err))
		return -1;
	return PQntuples(db->rows);
}

struct text postgres_db_text(const struct postgres_db *db, int row, int column)
{
	if (PQgetisnull(db->rows, row, column))
		return TEXT_NULL;
	return (struct text){PQgetvalue(db->rows, row, column), (size_t)PQgetlength(db->rows, row, column)};
}

int64_t postgres_db_int(const struct postgres_db *db, int row, int column)
{
	return strtoll(PQgetvalue(db->rows, row, column), NULL, 10);
}

static const char *statement_name(unsigned q, char name[16])
{
	(void)snprintf(name, 16, "omni_%u", q);
	return name;
}

int postgres_db_prepare(struct postgres_db *db, unsigned q, const char *sql, struct err *err)
{
	char name[16];

	if (db->prepared & UINT32_C(1) << q)
		return 0;
	if (before(db, err))
		return -1;
	if (!PQsendPrepare(db->conn, statement_name(q, name), sql, 0, NULL))
		return fail(db, NULL, err);
	if (finish(db, WANT_DONE, err))
		return -1;
	db->prepared |= UINT32_C(1) << q;
	return 0;
}

int postgres_db_ask_prepared(struct postgres_db *db, unsigned q, const struct buf *params, bool binary, struct err *err)
{
	const char *values[PARAMS_MAX];
	int lengths[PARAMS_MAX], formats[PARAMS_MAX];
	const int n = split(buf_cstr(params), params->len, values, lengths, formats);
	char name[16];

	if (before(db, err))
		return -1;
	if (!PQsendQueryPrepared(db->conn, statement_name(q, name), n, values, lengths, formats, binary))
		return fail(db, NULL, err);
	if (finish(db, WANT_ROWS, err))
		return -1;
	return PQntuples(db->rows);
}

/* Sends all calls, and the end of them. */
static int send_calls(struct postgres_db *db, const char *calls, size_t n, struct err *err)
{
	const char *values[PARAMS_MAX];
	int lengths[PARAMS_MAX], formats[PARAMS_MAX];
	struct postgres_call call;
	char name[16];

	for (size_t at = 0; at < n; at += call.n) {
		int count;
		memcpy(&call, calls + at, sizeof(call));
		at += sizeof(call);
		count = split(calls + at, call.n, values, lengths, formats);
		if (!PQsendQueryPrepared(db->conn, statement_name(call.q, name), count, values, lengths, formats, 0))
			return fail(db, NULL, err);
	}
	return PQpipelineSync(db->conn) ? 0 : fail(db, NULL, err);
}

/* What follows a failure is PGRES_PIPELINE_ABORTED: the first one says why. */
static int take_answers(struct postgres_db *db, struct err *err)
{
	int rc = 0;

	for (;;) {
		PGresult *res = next_result(db);
		const ExecStatusType status = PQresultStatus(res);
		if (!res && (db->wait_errno != 0 || PQstatus(db->conn) == CONNECTION_BAD))
			return rc ? rc : fail(db, NULL, err);
		if (res && rc == 0 && status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK &&
		    status != PGRES_PIPELINE_SYNC)
			rc = fail(db, res, err);
		PQclear(res);
		if (res && status == PGRES_PIPELINE_SYNC)
			return rc;
	}
}

int postgres_db_run(struct postgres_db *db, const char *calls, size_t n, struct err *err)
{
	int rc;

	if (before(db, err))
		return -1;
	if (!PQenterPipelineMode(db->conn))
		return fail(db, NULL, err);
	rc = send_calls(db, calls, n, err);
	if (rc == 0)
		rc = take_answers(db, err);
	/* With calls half sent there is no way back but a new connection. */
	if (!PQexitPipelineMode(db->conn))
		db->lost = true;
	return rc;
}

/* COPY */

int postgres_db_copy(struct postgres_db *db, const char *sql, struct err *err)
{
	static const char head[] = "PGCOPY\n\377\r\n\0\0\0\0\0\0\0\0\0";

	if (before(db, err))
		return -1;
	if (!PQsendQuery(db->conn, sql))
		return fail(db, NULL, err);
	if (finish(db, WANT_COPY, err))
		return -1;
	return postgres_db_copy_put(db, head, 19, err);
}

int postgres_db_copy_put(struct postgres_db *db, const char *tuples, size_t n, struct err *err)
{
	const size_t most = (size_t)1 << 20;

	for (size_t at = 0, k; at < n; at += k) {
		k = n - at < most ? n - at : most;
		if (PQputCopyData(db->conn, tuples + at, (int)k) == 1 && send_off(db) == 0)
			continue;
		/* Where the server has said why, that is the reason. */
		if (finish(db, WANT_DONE, err) == 0)
			(void)fail(db, NULL, err);
		db->lost = true;
		return -1;
	}
	return 0;
}

int postgres_db_copy_end(struct postgres_db *db, struct err *err)
{
	if (postgres_db_copy_put(db, "\xff\xff", 2, err))
		return -1;
	if (PQputCopyEnd(db->conn, NULL) != 1 || send_off(db))
		return fail(db, NULL, err);
	db->ending = true;
	return 0;
}

void postgres_db_copy_stop(struct postgres_db *db)
{
	if (!db->lost && PQputCopyEnd(db->conn, "taken back") == 1)
		(void)finish(db, WANT_DONE, NULL);
}

/* One message: perhaps the header, then a tuple, or the end of all. */
static int take_message(const char *p, size_t n, bool *begun, postgres_db_fn take, void *ctx, struct err *err)
{
	const size_t head = 19; /* what postgres_db_copy sends too */

	if (!*begun) {
		if (n < head)
			return err_set(err, ERR_FATAL, "the server's COPY has no header");
		*begun = true;
		p += head;
		n -= head;
	}
	return n > 2 ? take(ctx, p + 2, n - 2, err) : 0;
}

/* The data of a COPY to its end. 0, or -1: take said so. What the server says is not looked at. */
static int take_data(struct postgres_db *db, postgres_db_fn take, void *ctx, struct err *err)
{
	struct postgres_wait w = {.stop = db->stop};
	bool begun = false;
	char *message;
	int n, rc = 0;

	while ((n = PQgetCopyData(db->conn, &message, 1)) >= 0) {
		if (n == 0 && wait_for(db, &w, false))
			break;
		if (n == 0)
			continue;
		w = (struct postgres_wait){.stop = db->stop};
		if (rc == 0)
			rc = take_message(message, (size_t)n, &begun, take, ctx, err);
		PQfreemem(message);
	}
	return rc;
}

int postgres_db_copy_out(struct postgres_db *db, const char *sql, postgres_db_fn take, void *ctx, struct err *err)
{
	struct err said;
	PGresult *res;
	int rc;

	if (before(db, err))
		return -1;
	if (!PQsendQuery(db->conn, sql))
		return fail(db, NULL, err);
	res = next_result(db);
	if (PQresultStatus(res) != PGRES_COPY_OUT) {
		rc = fail(db, res, err);
		PQclear(res);
		(void)finish(db, WANT_DONE, NULL);
		return rc;
	}
	PQclear(res);
	rc = take_data(db, take, ctx, err);
	if (finish(db, WANT_DONE, &said)) {
		*err = said;
		return -1;
	}
	return rc;
}
