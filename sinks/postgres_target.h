/*
 * postgres_target.h: from what stands behind a sink's scheme to what libpq gets, and no password on the way out. Pure.
 */
#ifndef OMNI_POSTGRES_TARGET_H
#define OMNI_POSTGRES_TARGET_H

#include "buf.h"
#include "err.h"

/* The connection string: of pg:CONNINFO the target as it is, of postgresql://… and postgres://… the URL again. The
 * caller frees it. NULL with *err (ERR_USAGE): a URL in which libpq would take a part of the password for a host or a
 * database, and name it in a message. Messages quote nothing of it. */
char *postgres_target_conninfo(const char *scheme, const char *target, struct err *);

/* Appends words to out with every occurrence of the password (NULL: none is known) as "***"; 0 or -1 (buf). */
int postgres_target_hide(const char *words, const char *password, struct buf *out);

#endif
