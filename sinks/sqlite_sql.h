/*
 * sqlite_sql.h: the statements of the SQLite sink, by number (sqlite.h).
 */
#ifndef OMNI_SQLITE_SQL_H
#define OMNI_SQLITE_SQL_H

enum query {
	Q_READ, /* a transaction that only reads */
	Q_GROUP,
	Q_COMMIT,
	Q_JOB,
	Q_JOB_KEEP,
	Q_JOB_UNDO,
	Q_LEDGER,
	Q_HELD,
	Q_RESULT_NOS,
	Q_DELETE_ROWS,
	Q_DELETE_RESULTS,
	Q_DELETE_ACTIONS,
	Q_DELETE_BODIES,
	Q_ACTION,
	Q_RESULT,
	Q_ROW,
	Q_ROWS_8,
	Q_ROWS_64,
	Q_BODY,
	Q_STORED,
	Q_VERDICT,
	Q_ONLY_ERROR,
	Q_RUN,
	Q_NEXT_JOB,
	Q_READ_JOB,
	Q_READ_BODY,
	Q_NEXT_RUN,
	Q_CONTENT_JOB,
	Q_CONTENT_ACTIONS,
	Q_CONTENT_RESULTS,
	Q_CONTENT_ROWS,
	QUERIES
};

extern const char *const sqlite_sql[QUERIES];

#endif
