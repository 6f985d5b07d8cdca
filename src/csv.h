/*
 * csv.h: bytes in pieces -> rows of cells, exactly, on libcsv. The only file that includes libcsv.
 *
 * What libcsv gets wrong is mended here (architecture, "what was measured"): blanks around cells stay, blank lines are
 * seen, LF and CRLF end a row, a bare CR is data, a BOM at the beginning is dropped. RFC 4180 otherwise: a quote inside
 * an unquoted cell, text after a closing quote and an open quote at the end are errors. A CR that ends the bytes is
 * data as well, since no LF follows it. Within quotes every byte stays as it is, line ends too. The file is named like
 * libcsv's header: "csv.h" is ours (-iquote), <csv.h> is libcsv's; libcsv owns the names csv_parse, csv_free …, ours
 * begin with csv_reader_.
 *
 * Rows that lie whole in what is fed are read without it (csv_row.h).
 *
 * A struct csv_reader owns its memory and is used again with csv_reader_reset. Memory is bounded by one row.
 */
#ifndef OMNI_CSV_H
#define OMNI_CSV_H

#include "buf.h"
#include "err.h"

#include <stdbool.h>
#include <stdint.h>

#define CSV_MAX_CELL ((size_t)16 << 20) /* bytes; longer cells are cut at a character (contract: text values) */
/* Of one row: the bytes of its cells and a struct text for each. More is an error of the CSV. */
#define CSV_MAX_ROW ((size_t)64 << 20)

/* One row, the header included. A blank line is a row of no cells (n == 0); a line of "" is a row of one empty cell.
 * cells are borrowed for the call, never null text, and each is followed by a NUL. Non-zero stops: no further row is
 * given out and csv_reader_feed (or _end) returns it. */
typedef int (*csv_row_fn)(void *ctx, const struct text *cells, size_t n, struct err *);

struct csv_reader;

struct csv_reader *csv_reader_new(csv_row_fn, void *ctx); /* NULL: out of memory */
void csv_reader_free(struct csv_reader *);
/* Ready for the next CSV, whatever became of the last one. Gives large memory back. */
void csv_reader_reset(struct csv_reader *);
/* 0; -1 with *err: ERR_JOB when it is no CSV (the message says why and in which row), ERR_FATAL when memory is short;
 * else what the row function returned. After anything but 0 only csv_reader_reset makes sense: further calls return the
 * same again and leave *err alone. */
int csv_reader_feed(struct csv_reader *, const char *p, size_t n, struct err *);
/* The bytes have ended: gives the last row where it had no line end. The last line end ends the last row, nothing
 * follows it. */
int csv_reader_end(struct csv_reader *, struct err *);
uint64_t csv_reader_cut_cells(const struct csv_reader *); /* how many cells were cut since the last reset */
bool csv_reader_had_bom(const struct csv_reader *);       /* a BOM was dropped */

#endif
