/* postgres_views_own.h: between postgres_views.c (writing) and postgres_views_read.c. Nobody else includes it. */
#ifndef OMNI_POSTGRES_VIEWS_OWN_H
#define OMNI_POSTGRES_VIEWS_OWN_H

#include "postgres_sink.h"
#include "viewset.h"

/* What the comment of a view of ours begins with; its mark follows. */
#define POSTGRES_VIEWS_COMMENT "results of one shape, typed; made by omni-export, which makes it anew: "

/* Fills the set and decides, within a transaction. *catalogue: it is there. 0 or -1. */
int postgres_views_read(struct postgres *, struct viewset *, bool *catalogue, struct err *);

/* sql with the schema's name for '@' (postgres_sql.h), in s->sql; NULL: out of memory. */
const char *postgres_views_expand(struct postgres *, const char *sql, struct err *);
/* Rows, or -1. The parameters are in s->args where the statement has some. */
int postgres_views_ask(struct postgres *, const char *sql, struct err *);
/* The same with one text or (b not NULL) two. */
int postgres_views_ask_with(struct postgres *, const char *sql, const char *a, const char *b, struct err *);

#endif
