/*
 * result_query.h: an action's result (the API's page, "A query result") -> result, row*, result_end of a visitor.
 *
 * Owns the memory of one result at a time; what it gives out lives until the next call. It also remembers the broken
 * CSVs of a body from one decoding to the next: see RESULT_AGAIN.
 */
#ifndef OMNI_RESULT_QUERY_H
#define OMNI_RESULT_QUERY_H

#include "model.h"
#include "result.h"
#include "result_warn.h"

struct result_query;

struct result_query *result_query_new(void); /* NULL: out of memory */
void result_query_free(struct result_query *);

/* Begins to decode a body with this digest. doc and warnings are borrowed until the next begin. What was found broken
 * is forgotten, unless the last decoding of the same body ended with result_query_again. */
void result_query_begin(struct result_query *, const struct json_doc *, struct result_warn *,
			const uint8_t sha256[SHA256_LEN]);
/* The results in the order of their actions. *q is what the visitor got; its texts live until the next call. Returns 0;
 * or what the visitor returned; or -1 with *err (memory, I/O). */
int result_query_read(struct result_query *, json_ref object, int64_t action_index, const struct result_visitor *,
		      void *ctx, struct query_result *q, struct err *);
/* True when a CSV turned out to be broken after the visitor got some of it: all calls since begin are to be taken back,
 * and the next decoding of this body leaves that CSV out. */
bool result_query_again(const struct result_query *);

#endif
