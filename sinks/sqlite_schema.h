/*
 * sqlite_schema.h: the tables of a SQLite sink (contract, "Tables").
 *
 * row_cells holds the rows of all results in the order in which they came: row_key is result_no << 32 | row_index, so
 * that a load only ever appends, and the rows of one result are one range of one tree.
 */
#ifndef OMNI_SQLITE_SCHEMA_H
#define OMNI_SQLITE_SCHEMA_H

#include "sqlite.h"

#define SQLITE_SCHEMA_VERSION 1

/* Are our tables there? 1, 0: none of these names; or -1 with *err when the file is no SQLite database, its schema is
 * newer, or tables of these names are somebody else's. Changes nothing. */
int sqlite_schema_look(struct sqlite_db *, struct err *);
/* Makes the tables, in one transaction. 0, or -1 with *err and nothing was changed. */
int sqlite_schema_create(struct sqlite_db *, struct err *);

#endif
