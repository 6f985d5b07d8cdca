/*
 * result.h: a 200 body -> calls of a visitor (job fields, action, result, row): the whole data model.
 *
 * The API is an open one: fields that no column has go to extra as they came; so do known fields of an unexpected type,
 * with a warning; a key that stands twice counts the last time, with a warning (contract, "Tables"). Nothing that
 * arrives is dropped without a word. What is no object where one should be (an element of actions) is kept as
 * extra.value. A result is read wherever an action has one, whatever the action's type.
 *
 * A struct result_decoder owns the memory of one decoding and is used again. What the visitor gets is borrowed for the
 * call, and a result's texts until its result_end returns; the texts in *job live until the next result_decode or
 * result_decoder_free. Constant memory, however many rows and actions: the CSV is read from the body's spool in pieces.
 *
 *     result.c           the job and its actions; what to do when
 *     result_query.c     one action's result, but for its rows
 *     result_rows.c      its CSV; result_columns.c the header and the types
 *     result_obj.c       one object's fields into columns, the rest into extra; result_members.c finds them by name
 *     result_warn.c      the warnings
 */
#ifndef OMNI_RESULT_H
#define OMNI_RESULT_H

#include "body.h"
#include "model.h"

/* Called in this order: (action (result row* result_end)?)*. They return 0, or -1 with *err, which stops the decoding.
 * NULL members are skipped. */
struct result_visitor {
	int (*action)(void *ctx, const struct action *, struct err *);
	int (*result)(void *ctx, const struct query_result *, struct err *); /* row_count is not known yet: -1 */
	int (*row)(void *ctx, const struct row *, struct err *);
	int (*result_end)(void *ctx, const struct query_result *,
			  struct err *); /* the same result, row_count filled in */
};

struct result_decoder;

struct result_decoder *result_decoder_new(void); /* NULL: out of memory */
void result_decoder_free(struct result_decoder *);

/* Can this body be read as a result: a JSON object with at least one of the five documented fields? Cheap, decodes
 * nothing. 0; or -1 with *err (ERR_JOB and the reason: the body is unreadable; ERR_FATAL: memory, I/O). */
int result_check(struct result_decoder *, struct body *, struct err *);

/* A CSV that cannot be parsed never costs the job, but it shows only after some of its rows were given out: then
 * RESULT_AGAIN is returned, after a silent look at the rest of the body, so that once is enough for all such CSVs. The
 * caller takes back what it did with the calls so far (rolls the job back) and calls again with the same body: those
 * CSVs are then left out (columns null, no rows) and warned about. */
#define RESULT_AGAIN 1

/*
 * Decodes. In *job it sets partial, topic, message, result_summary, omni_chat_url, first_action_at, last_action_at, the
 * counts, warnings, extra; expires_at (14 days after completed_at where that is set, else after the last action).
 * body_bytes and body_sha256 too. The job-level texts are set before the first visitor call, the counts and warnings
 * when it returns. Returns 0, RESULT_AGAIN, or -1 with *err (ERR_JOB: unreadable; else what the visitor or I/O said).
 */
int result_decode(struct result_decoder *, struct body *, struct job *job, const struct result_visitor *, void *ctx,
		  struct err *);

/* How many warnings the last decoded body gave. */
int64_t result_warnings(const struct result_decoder *);

#endif
