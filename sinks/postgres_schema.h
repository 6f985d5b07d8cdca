/*
 * postgres_schema.h: the tables of a PostgreSQL sink (contract, "Tables"), and the rights on them.
 *
 * row_cells holds the rows of all results, keyed by the result's number and the row's; result_rows joins the two. lease
 * is one row: which run writes, and the number of its last group (postgres_lease.h).
 */
#ifndef OMNI_POSTGRES_SCHEMA_H
#define OMNI_POSTGRES_SCHEMA_H

#include "postgres.h"

#define POSTGRES_SCHEMA_VERSION 1

/* The schema by its name, and as SQL quotes it. */
struct postgres_schema {
	const char *name, *quoted;
};

/* Are our tables there? 1, 0: none of these names; or -1 with *err when the schema is newer, tables of these names are
 * somebody else's, or it may not be looked into. Changes nothing. */
int postgres_schema_look(struct postgres_db *, const struct postgres_schema *, struct err *);
/* Makes the schema, where it is not there, and the tables, in one transaction. 0, or -1 with *err and nothing was
 * changed. */
int postgres_schema_create(struct postgres_db *, const struct postgres_schema *, struct err *);
/* Has our role what it needs on the tables, to write or only to read? 0, or -1 with *err that names the first right
 * that is missing. */
int postgres_schema_rights(struct postgres_db *, const struct postgres_schema *, bool write, struct err *);

#endif
