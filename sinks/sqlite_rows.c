/*
 * sqlite_rows.c: rows into row_cells, up to 64 in one statement: what SQLite does once for each statement is a third of
 * what a row costs (bench/README.md).
 *
 * OR FAIL, since a statement that writes several rows and may leave them written needs no journal of its own: what
 * fails is undone with the job.
 */
#include "sqlite_sink.h"

/* So much of the cells waits for more rows, about; one row may be larger. */
#define WAITING ((size_t)256 << 10)

void sqlite_rows_init(struct sqlite_rows *rows)
{
	buf_init(&rows->cells, SQLITE_CELLS_MAX + WAITING);
	rows->n = 0;
}

void sqlite_rows_free(struct sqlite_rows *rows)
{
	buf_free(&rows->cells);
}

void sqlite_rows_drop(struct sqlite_rows *rows)
{
	rows->n = 0;
	if (rows->cells.cap > 2 * WAITING)
		buf_free(&rows->cells);
	buf_clear(&rows->cells);
}

static int write_some(struct sqlite *s, unsigned q, size_t from, size_t n, struct err *err)
{
	const struct sqlite_row *row = s->rows.row + from;
	int param = 0;

	for (size_t i = 0; i < n; i++, row++) {
		sqlite_db_bind_int(s->db, q, ++param, row->key);
		sqlite_db_bind_text(s->db, q, ++param, text_of(row->section));
		sqlite_db_bind_text(s->db, q, ++param, (struct text){s->rows.cells.data + row->at, row->n});
	}
	return sqlite_db_run(s->db, q, err);
}

int sqlite_rows_write(struct sqlite *s, struct err *err)
{
	static const struct {
		unsigned q;
		size_t n;
	} by[] = {{Q_ROWS_64, 64}, {Q_ROWS_8, 8}, {Q_ROW, 1}};
	size_t at = 0;
	int rc = 0;

	for (size_t i = 0; i < sizeof(by) / sizeof(by[0]); i++)
		for (; rc == 0 && s->rows.n - at >= by[i].n; at += by[i].n)
			rc = write_some(s, by[i].q, at, by[i].n, err);
	sqlite_rows_drop(&s->rows);
	return rc;
}

int sqlite_rows_add(struct sqlite *s, const struct row *row, struct err *err)
{
	struct sqlite_rows *rows = &s->rows;
	const size_t at = rows->cells.len;

	if (sqlite_content_cells(&rows->cells, row, err))
		return -1;
	rows->row[rows->n++] = (struct sqlite_row){s->result_no << 32 | row->row_index, section_name(row->section), at,
						   rows->cells.len - at};
	return rows->n < SQLITE_ROWS && rows->cells.len < WAITING ? 0 : sqlite_rows_write(s, err);
}
