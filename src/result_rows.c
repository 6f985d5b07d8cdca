#include "result_rows.h"

#include "csv.h"
#include "result_columns.h"
#include "sections.h"

#include <stdlib.h>

/* Rows that are not as the header says: how many, and the first one. */
struct odd {
	int64_t n, first;
};

struct result_rows {
	struct csv_reader *csv;
	struct result_columns columns;
	/* Of the CSV under way. */
	const struct result_csv *in;
	struct query_result *q;
	const struct result_visitor *visitor;
	void *ctx;
	struct result_warn *warn;
	struct sections sections;
	bool has_header;
	int64_t blank_before; /* blank lines before the first other one */
	int64_t blank;        /* blank lines that were skipped */
	struct odd more, fewer;
	bool ours; /* what stopped the reading was not the CSV itself */
};

static const struct text empty_cell = {"", 0};

/* One row of the result, or a section's marker. */
static int give_row(struct result_rows *r, const struct text *cells, size_t n, struct err *err)
{
	struct row row = {.action_index = r->q->action_index, .row_index = r->q->row_count, .cells = cells, .n = n};

	if (r->q->csv_truncated == 1) {
		if (sections_take(&r->sections, cells, n))
			return 0;
		row.section = r->sections.now;
	}
	if (n != r->q->n_columns) {
		struct odd *odd = n > r->q->n_columns ? &r->more : &r->fewer;

		if (odd->n++ == 0)
			odd->first = row.row_index;
	}
	r->q->row_count++;
	return r->visitor->row != NULL ? r->visitor->row(r->ctx, &row, err) : 0;
}

static int give_result(struct result_rows *r, struct err *err)
{
	struct query_result q = *r->q;

	q.row_count = -1;
	return r->visitor->result != NULL ? r->visitor->result(r->ctx, &q, err) : 0;
}

static int take_header(struct result_rows *r, const struct text *cells, size_t n, struct err *err)
{
	r->has_header = true;
	sections_init(&r->sections, n);
	if (result_columns_read(&r->columns, cells, n, r->in->doc, r->in->query, r->in->fields, r->warn, r->in->of,
				r->q, err) != 0)
		return -1;
	return give_result(r, err);
}

/* The CSV began with blank lines and goes on as a one-column one: the first is its header, the others are rows. */
static int take_blank_header(struct result_rows *r, struct err *err)
{
	int rc = take_header(r, &empty_cell, 1, err);

	for (int64_t i = 1; i < r->blank_before && rc == 0; i++)
		rc = give_row(r, &empty_cell, 1, err);
	return rc;
}

static int take_first_lines(struct result_rows *r, const struct text *cells, size_t n, struct err *err)
{
	int rc;

	if (n == 0) {
		r->blank_before++;
		return 0;
	}
	if (n > 1 || r->blank_before == 0) {
		r->blank = r->blank_before;
		return take_header(r, cells, n, err);
	}
	rc = take_blank_header(r, err);
	return rc != 0 ? rc : give_row(r, cells, n, err);
}

static int take_line(struct result_rows *r, const struct text *cells, size_t n, struct err *err)
{
	if (!r->has_header)
		return take_first_lines(r, cells, n, err);
	if (n > 0)
		return give_row(r, cells, n, err);
	if (r->q->n_columns == 1)
		return give_row(r, &empty_cell, 1, err);
	r->blank++;
	return 0;
}

static int on_line(void *ctx, const struct text *cells, size_t n, struct err *err)
{
	struct result_rows *r = ctx;
	int rc = take_line(r, cells, n, err);

	r->ours = r->ours || rc != 0;
	return rc;
}

static int on_piece(void *ctx, const char *p, size_t n, struct err *err)
{
	struct result_rows *r = ctx;

	return csv_reader_feed(r->csv, p, n, err);
}

struct result_rows *result_rows_new(void)
{
	struct result_rows *r = calloc(1, sizeof(*r));

	if (r == NULL)
		return NULL;
	result_columns_init(&r->columns);
	r->csv = csv_reader_new(on_line, r);
	if (r->csv == NULL) {
		result_rows_free(r);
		return NULL;
	}
	return r;
}

void result_rows_free(struct result_rows *r)
{
	if (r == NULL)
		return;
	csv_reader_free(r->csv);
	result_columns_free(&r->columns);
	free(r);
}

static void warn_odd(struct result_rows *r, const struct odd *odd, const char *how)
{
	if (odd->n > 0)
		result_warn(r->warn, "%lld rows%s have %s cells than the header, the first is row %lld",
			    (long long)odd->n, r->in->of, how, (long long)odd->first);
}

static void warn_all(struct result_rows *r, unsigned flags)
{
	const struct query_result *q = r->q;
	uint64_t cut = csv_reader_cut_cells(r->csv);

	if (csv_reader_had_bom(r->csv))
		result_warn(r->warn, "a byte order mark before the CSV%s was dropped", r->in->of);
	if (flags & JSON_REPLACED)
		result_warn(r->warn, "%s%s held U+0000%s: replaced by U+FFFD",
			    r->in->pieces != NULL ? "the CSV" : "'csvResult'", r->in->of,
			    r->in->pieces != NULL ? "" : " or an unpaired surrogate");
	if (cut > 0)
		result_warn(r->warn, "%llu cells%s were longer than %zu MiB: cut", (unsigned long long)cut, r->in->of,
			    CSV_MAX_CELL >> 20);
	warn_odd(r, &r->more, "more");
	warn_odd(r, &r->fewer, "fewer");
	if (r->blank > 0)
		result_warn(r->warn, "%lld blank lines in the CSV%s were skipped", (long long)r->blank, r->in->of);
	if (q->has_total && q->csv_truncated != 1 && q->total_row_count != q->row_count)
		result_warn(r->warn, "'totalRowCount'%s is %lld, but its CSV has %lld rows", r->in->of,
			    (long long)q->total_row_count, (long long)q->row_count);
}

/* The bytes have ended: what is held back comes out, also where there was no line at all. */
static int finish(struct result_rows *r, struct err *err)
{
	int rc = csv_reader_end(r->csv, err);

	if (rc != 0 || r->has_header)
		return rc;
	r->ours = true;
	return r->blank_before > 0 ? take_blank_header(r, err) : take_header(r, NULL, 0, err);
}

int result_rows_read(struct result_rows *r, const struct result_csv *in, struct query_result *q,
		     const struct result_visitor *visitor, void *ctx, struct result_warn *warn, bool *broken,
		     struct err *err)
{
	struct err why = {.kind = ERR_NONE};
	unsigned flags = 0;
	int rc;

	result_columns_trim(&r->columns);
	csv_reader_reset(r->csv);
	r->in = in;
	r->q = q;
	r->visitor = visitor;
	r->ctx = ctx;
	r->warn = warn;
	r->has_header = r->ours = *broken = false;
	r->blank_before = r->blank = 0;
	r->more = r->fewer = (struct odd){0, 0};
	q->row_count = 0;

	rc = in->pieces != NULL ? in->pieces(in->from, on_piece, r, &flags, &why)
				: json_string_pieces(in->doc, in->csv, on_piece, r, &flags, &why);
	if (rc == 0)
		rc = finish(r, &why);
	if (rc == 0) {
		warn_all(r, flags);
		return visitor->result_end != NULL ? visitor->result_end(ctx, q, err) : 0;
	}
	if (err != NULL)
		*err = why;
	*broken = !r->ours && why.kind == ERR_JOB;
	return *broken ? 0 : rc;
}
