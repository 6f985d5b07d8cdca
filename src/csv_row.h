/*
 * csv_row.h: the cells of one row of a CSV, and the way past libcsv: a row that lies whole in memory, and in which
 * there is nothing to be complained of, is taken apart here. libcsv looks at each byte in a switch, with two calls for
 * it (220 MB/s of cells in quotes and out of them); this goes from one delimiter to the next (bench/README.md). What is
 * not plain, broken or not whole is not judged here: libcsv reads it, and its word stands.
 *
 * A struct csv_row owns its memory.
 */
#ifndef OMNI_CSV_ROW_H
#define OMNI_CSV_ROW_H

#include "buf.h"

struct csv_row {
	struct buf bytes; /* each cell and a NUL */
	struct text *cells;
	size_t n, max;
};

void csv_row_init(struct csv_row *, size_t max_bytes);
void csv_row_free(struct csv_row *);
/* Empty again; keeps the memory. */
void csv_row_clear(struct csv_row *);
/* Gives back what is beyond keep bytes of either kind. The row is empty. */
void csv_row_trim(struct csv_row *, size_t keep);
/* 0, or -1: out of memory. The cell's p is not set yet. */
int csv_row_add(struct csv_row *, const char *p, size_t n);
/* The row is whole, and its bytes move no more: sets each cell's p. */
void csv_row_done(struct csv_row *);
/*
 * Reads the row at p, of n bytes that are there, into an empty row: csv_row_add for each cell, and csv_row_done.
 * Returns its length with its line end, LF or CRLF; a blank line is a row of no cells. 0: the row stays empty, and
 * libcsv is to be asked: the line end is not among the n bytes, a CR stands alone, a quote stands where none may be,
 * the n bytes are more than the maximum, or there is no memory.
 */
size_t csv_row_read(struct csv_row *, const char *p, size_t n);

#endif
