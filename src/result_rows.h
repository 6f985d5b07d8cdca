/*
 * result_rows.h: csvResult -> result, row*, result_end of a visitor, and the warnings of what was odd about it.
 *
 * The first line is the header. A blank line is a row of one empty cell in a one-column result, and otherwise skipped
 * with a warning. A blank first line is the header of a one-column result whose label is empty, unless the first line
 * that is not blank has several cells: then that is the header. Rows with more or fewer cells than the header are given
 * as they came. Memory: one row (csv.h) and the columns.
 */
#ifndef OMNI_RESULT_ROWS_H
#define OMNI_RESULT_ROWS_H

#include "json.h"
#include "model.h"
#include "result.h"
#include "result_warn.h"

struct result_rows;

struct result_rows *result_rows_new(void); /* NULL: out of memory */
void result_rows_free(struct result_rows *);

/* Hands on a CSV's text in pieces: 0, what piece returned where that is not 0, or -1 with *err. */
typedef int (*result_pieces_fn)(void *from, int (*piece)(void *ctx, const char *p, size_t n, struct err *), void *ctx,
				unsigned *flags, struct err *);

/* Where the CSV of a result lies. */
struct result_csv {
	const struct json_doc *doc;
	json_ref csv;            /* a string; not looked at where there is pieces */
	result_pieces_fn pieces; /* NULL: the string */
	void *from;              /* for pieces */
	json_ref query;          /* an object, or -1 */
	json_ref fields;         /* csvResultFields, whatever it is, or -1 */
	const char *of;          /* whose CSV: " of the result of action 3" */
};

/*
 * Reads it. q is filled in but for columns, column_types and row_count. Returns 0; or what the visitor returned; or -1
 * with *err (memory, I/O). Where the text is no CSV it returns 0 with *broken set and the reason in *err: what the
 * visitor got of this result is then worth nothing.
 */
int result_rows_read(struct result_rows *, const struct result_csv *, struct query_result *q,
		     const struct result_visitor *, void *ctx, struct result_warn *, bool *broken, struct err *);

#endif
