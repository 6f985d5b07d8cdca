/*
 * postgres_fault.h: what a refusal of PostgreSQL means for the caller, and the sentence for a person. Pure.
 */
#ifndef OMNI_POSTGRES_FAULT_H
#define OMNI_POSTGRES_FAULT_H

#include "err.h"

#include <stdbool.h>

/* Where it happened; all borrowed. */
struct postgres_where {
	const char *database; /* 'shop' at 'db.example.org:5432', with its quotes */
	const char *role;
};

/* Fills in *err (which may be NULL) from an SQLSTATE (NULL or "": none came) and the server's or libpq's words, of
 * which line breaks become "; ". lost: the connection is gone. Returns -1.
 *   ERR_RETRY  the connection was lost or ended, the server stops or starts, a deadlock: the transaction is gone
 *   ERR_JOB    this data cannot be stored
 *   ERR_FATAL  everything else: no room, no right, read-only, tables that are not ours */
int postgres_fault_set(struct err *err, const struct postgres_where *, const char *sqlstate, const char *words,
		       bool lost);

#endif
