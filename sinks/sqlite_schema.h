/*
 * sqlite_schema.h: the tables of a SQLite sink (contract, "Tables").
 *
 * row_cells holds the rows of all results in the order in which they came: row_key is result_no << 32 | row_index, so
 * that a load only ever appends, and the rows of one result are one range of one tree.
 */
#ifndef OMNI_SQLITE_SCHEMA_H
#define OMNI_SQLITE_SCHEMA_H

#include "sqlite_db.h"

#define SQLITE_SCHEMA_VERSION 1

/* Makes the tables where there are none, in one transaction. 0; or -1 with *err, and nothing was changed, when the file
 * is no SQLite database, its schema is newer, or tables of these names are somebody else's. */
int sqlite_schema_prepare(struct sqlite_db *, struct err *);

#endif
