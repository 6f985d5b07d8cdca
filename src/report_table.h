/*
 * report_table.h: the first rows of a result as an HTML table. They are held back until it shows which columns are
 * numbers, so that the header stands over them on the right side.
 *
 * A struct report_table owns its memory and is used again; it is bounded by REPORT_HELD_ROWS rows. {0} is an empty one.
 */
#ifndef OMNI_REPORT_TABLE_H
#define OMNI_REPORT_TABLE_H

#include "buf.h"
#include "model.h"

#define REPORT_HELD_ROWS  20
#define REPORT_COLUMNS    50  /* shown of a result */
#define REPORT_CELL_CHARS 400 /* shown of a cell */

struct report_held {
	size_t at, n; /* of the cell in cells */
};

struct report_table {
	struct buf head, cells; /* HTML */
	struct report_held held[REPORT_HELD_ROWS * REPORT_COLUMNS];
	struct {
		size_t first, n;
		enum row_section section;
	} rows[REPORT_HELD_ROWS];
	size_t n_held, n_rows;
	size_t labels, columns; /* in the header; of all rows so far, at most REPORT_COLUMNS */
	struct report_held label[REPORT_COLUMNS];
	char kind[REPORT_COLUMNS];  /* 'n': numbers, 't': text, 0: not known yet */
	bool typed[REPORT_COLUMNS]; /* the API has said so */
	enum row_section section;
	bool begun; /* the header is written, no row is held any more */
	int64_t shown;
	size_t columns_left, cells_cut; /* what is not shown: columns, ends of cells */
};

void report_table_free(struct report_table *);
/* All return 0, or -1 (buf). */
int report_table_begin(struct report_table *, const struct query_result *);
int report_table_row(struct report_table *, struct buf *out, const struct row *);
int report_table_end(struct report_table *, struct buf *out);
/* Does it read like a number for people ("678,994.41", "$12.00", "(3)", "45 %")? Not so a number that begins with
 * zeros, which is a name. */
bool report_table_is_number(struct text);

#endif
