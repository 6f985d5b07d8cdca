/*
 * viewsql.h: the SQL of a view (viewset.h), for each of the two databases. Pure.
 *
 * What a cell is read as is what coltype.h says of it, to the letter: an expression gives the value of a cell of the
 * column's kind, and null for any other; none ever fails, whatever stands in the cell.
 *
 *     kind                        SQLite                          PostgreSQL
 *     integer                     INTEGER                         bigint
 *     decimal, money, percent     REAL                            numeric
 *     boolean                     INTEGER, 1 or 0                 boolean
 *     date                        TEXT, 2025-01-15                date
 *     timestamp                   TEXT, 2025-01-15 10:00:10.25    timestamp: UTC
 *     text                        TEXT                            text
 */
#ifndef OMNI_VIEWSQL_H
#define OMNI_VIEWSQL_H

#include "viewset.h"

/* The statement CREATE VIEW, as it stands in sqlite_master, appended to out. 0 or -1 (buf). */
int sqlite_viewsql(const struct viewset_view *, struct buf *out);

/* The query that is the view; schema is quoted. 0 or -1 (buf). */
int postgres_viewsql(const struct viewset_view *, const char *schema, struct buf *out);

/* Appends template with each '@' replaced by x and each '#' by y (NULL: there are none). 0 or -1 (buf). */
int viewsql_fill(struct buf *out, const char *template, const char *x, const char *y);
/* Appends text as SQL quotes it: '…' with its quotes doubled. 0 or -1 (buf). */
int viewsql_quote(struct buf *out, struct text);

#endif
