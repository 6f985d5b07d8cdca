/* sqlite_views_own.h: between sqlite_views.c (writing) and sqlite_views_read.c. Nobody else includes it. */
#ifndef OMNI_SQLITE_VIEWS_OWN_H
#define OMNI_SQLITE_VIEWS_OWN_H

#include "sqlite_sink.h"
#include "viewset.h"

/* Fills the set and decides, within a transaction. 0 or -1. */
int sqlite_views_read(struct sqlite_db *, struct viewset *, struct err *);
/* Prepares n statements behind those of the sink; q: their numbers. 0, or -1 where tables are not laid out for them. */
int sqlite_views_prepare(struct sqlite_db *, const char *const *sql, size_t n, unsigned *q, struct err *);

#endif
