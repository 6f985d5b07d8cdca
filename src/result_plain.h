/*
 * result_plain.h: a CSV that is a whole answer by itself, where those of results stand in a JSON document: the answer
 * of a query that was run again. Read by the same rules (result_rows.h), in constant memory.
 *
 * It must be UTF-8: with a byte that is none it is no CSV. U+0000, which PostgreSQL cannot store, becomes U+FFFD, with
 * a warning. A line that reads like a section's marker is a row.
 */
#ifndef OMNI_RESULT_PLAIN_H
#define OMNI_RESULT_PLAIN_H

#include "body.h"
#include "result.h"
#include "result_warn.h"

struct result_plain;

struct result_plain *result_plain_new(void); /* NULL: out of memory */
void result_plain_free(struct result_plain *);

#define RESULT_PLAIN_BROKEN 1

/*
 * Reads a body that was kept. The visitor's result, row and result_end are called; in *q columns, n_columns and
 * row_count are set, which live until the next read. 0; RESULT_PLAIN_BROKEN: it is no CSV, *err says why, and what the
 * visitor got is worth nothing; -1 with *err: what the visitor said, memory, I/O.
 */
int result_plain_read(struct result_plain *, struct body *, struct query_result *q, const struct result_visitor *,
		      void *ctx, struct result_warn *, struct err *);

#endif
