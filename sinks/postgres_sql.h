/*
 * postgres_sql.h: the statements of the PostgreSQL sink, by number. An '@' in their text stands for the quoted schema
 * and a dot: no name is left to the search_path.
 */
#ifndef OMNI_POSTGRES_SQL_H
#define OMNI_POSTGRES_SQL_H

#include "buf.h"

/* The tables that take COPY, in the order in which they are written. */
enum postgres_table { T_ACTIONS, T_RESULTS, T_ROWS, T_BODIES, POSTGRES_TABLES };

enum postgres_query {
	PQ_LEASE_TAKE,  /* run_id: taken */
	PQ_LEASE_LOOK,  /* taken, group_no */
	PQ_LEASE_GROUP, /* group_no, taken: a row where it is still ours */
	PQ_LEDGER,      /* ids, instance: what states needs, with the number of each in ids */
	PQ_HELD,        /* id */
	PQ_GONE,        /* ids: what a result replaces goes; its result_no */
	PQ_GONE_ROWS,   /* result_nos */
	PQ_STORED,
	PQ_VERDICT,
	PQ_ONLY_ERROR,
	PQ_RUN,
	PQ_NEXT_JOBS, /* the last id */
	PQ_JOB,
	PQ_BODY,          /* id, part */
	PQ_MAX_NO,        /* the largest result_no */
	PQ_NEXT_RUN,      /* the last run_id */
	PQ_CONTENT_JOB,   /* id */
	PQ_CONTENT_ITEMS, /* id, the last action_index: actions and results, a page of them */
	PQ_CONTENT_ROWS,  /* result_no, the last row_index: a page of its rows */
	PQ_CHECK_ACTIONS, /* what postgres_check.c asks */
	PQ_CHECK_RESULTS,
	PQ_CHECK_BODIES,
	PQ_CHECK_PARTS,
	PQ_CHECK_ENCODING,
	PQ_CHECK_ROWS,
	PQ_MEND,
	POSTGRES_QUERIES
};

/* A page of PQ_CONTENT_… is the last one where fewer were taken than this, and all of them came. */
#define PQ_PAGE_ITEMS 256
#define PQ_PAGE_ROWS  4096

/* Each begins with as many fields in a tuple as are named here. */
#define T_ACTIONS_FIELDS 8
#define T_RESULTS_FIELDS 16
#define T_ROWS_FIELDS    4
#define T_BODIES_FIELDS  4

extern const char *const postgres_sql[POSTGRES_QUERIES];
extern const char *const postgres_sql_copy[POSTGRES_TABLES];
extern const char postgres_sql_session[]; /* for each new connection */
extern const char
    *const postgres_sql_optional[];      /* the same, which older servers may refuse, one by one; NULL ends it */
extern const char postgres_sql_create[]; /* all tables, in a schema that is there */

/* Appends sql with '@' replaced; schema is quoted. 0 or -1 (buf). */
int postgres_sql_expand(const char *sql, const char *schema, struct buf *out);

#endif
