/*
 * csv_cells.h: rows of cells as CSV text for people and spreadsheets, and names of files. Pure, but for the file that
 * is written to.
 *
 * RFC 4180, but a line ends with LF. A cell is quoted where it holds a comma, a quote, CR or LF, and where it is the
 * empty and only one of its row, since a blank line would be passed over by readers; a row without a cell is a blank
 * line. Otherwise a cell is exactly the text that came.
 */
#ifndef OMNI_CSV_CELLS_H
#define OMNI_CSV_CELLS_H

#include "flatdir.h"

/* One row. Null text is an empty cell without quotes, as PostgreSQL has it; quote_empty: then "" is the empty text.
 * escape: csv_cells_is_formula cells get an apostrophe in front. 0, or -1 with *err. */
struct csv_cells_style {
	bool escape, quote_empty;
};
int csv_cells_row(struct flatfile *, const struct text *cells, size_t n, struct csv_cells_style, struct err *);

/* Would a spreadsheet run this? It begins with = + - @, tab or CR, and is no number: a sign, a currency sign, digits
 * with commas between them, a fraction, an exponent, a percent sign, of which all but the digits may be missing. */
bool csv_cells_is_formula(struct text);

/* A name for a file out of any text: lower-case ASCII letters, digits and dashes, never none, at most CSV_SLUG_MAX
 * bytes. */
#define CSV_SLUG_MAX 60
char *csv_cells_slug(struct text, char out[CSV_SLUG_MAX + 1]);

#endif
