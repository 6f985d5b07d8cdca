/*
 * sections.h: which part of a query's rows a row of a truncated result belongs to. Pure.
 *
 * A truncated CSV may be cut into sections, each announced by a line of one cell (the API's page, "A truncated result
 * is not simply shorter"):
 *
 *     # FIRST n ROWS:
 *     # SAMPLED n ROWS FROM MIDDLE (rows a-b):
 *     # LAST n ROWS:
 *
 * Such a line is a marker and no row, but only where csvResultWasTruncated: ask for no other result. In a one-column
 * result any row could read like one, so there it counts only as the first line after the header, or after exactly as
 * many rows as its predecessor announced (contract, "Tables"). Rows before any marker are the result's first ones.
 *
 * The caller owns the struct; nothing in it is allocated.
 */
#ifndef OMNI_SECTIONS_H
#define OMNI_SECTIONS_H

#include "model.h"

#include <stdbool.h>

struct sections {
	enum row_section now; /* where the next row belongs */
	bool one_column;
	int64_t left; /* one column: rows until a marker may come; below 0: none may come any more */
};

void sections_init(struct sections *, size_t n_columns);
/* The next line after the header. True: it is a marker. False: it is a row of the section `now`. */
bool sections_take(struct sections *, const struct text *cells, size_t n);

#endif
