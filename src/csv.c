#include "csv.h"

#include "csv_row.h"
#include "utf8.h"

#include <csv.h>
#include <stdlib.h>
#include <string.h>

/* So much is read at a time: what libcsv may do between two looks at its state. */
#define PIECE ((size_t)64 << 10)
/* What libcsv's cell buffer begins with; it is made to double from there, since libcsv itself only adds. */
#define FIRST_BLOCK ((size_t)4 << 10)
#define KEEP        ((size_t)1 << 20) /* bytes of a row's memory that a reset does not give back */

/* The states of libcsv 3.0.3's parser: pstate is public, its names are not. */
enum { ROW_NOT_BEGUN, FIELD_NOT_BEGUN, FIELD_BEGUN, FIELD_MIGHT_HAVE_ENDED };

struct csv_reader {
	struct csv_parser parser;
	csv_row_fn fn;
	void *ctx;
	struct csv_row row;
	size_t row_size;    /* of the row so far: what counts against CSV_MAX_ROW */
	uint64_t rows;      /* whole ones, the header and blank lines included */
	uint64_t cut_cells; /* csv_reader_cut_cells */
	unsigned bom_len;   /* bytes of a BOM that were seen at the beginning */
	bool begun;         /* past where a BOM may be */
	bool held_cr;       /* the last piece ended with a CR outside of quotes: what it means, the next byte says */
	int stop;           /* not 0: the end; what every further call returns */
	struct err *err;    /* of the call under way */
};

static const char bom[3] = "\xef\xbb\xbf";

/* libcsv trims what it takes for blanks. */
static int is_space(unsigned char c)
{
	(void)c;
	return 0;
}

static int is_term(unsigned char c)
{
	return c == '\n';
}

static int stop_memory(struct csv_reader *r)
{
	return r->stop = err_set(r->err, ERR_FATAL, "out of memory for a row of a CSV");
}

/* libcsv's callbacks cannot stop it: after a stop they do nothing until it is through with its piece. */
static void on_cell(void *cell, size_t n, void *ctx)
{
	struct csv_reader *r = ctx;

	if (r->stop != 0)
		return;
	if (n > CSV_MAX_CELL) {
		n = utf8_cut(cell, CSV_MAX_CELL);
		r->cut_cells++;
	}
	/* Cells without a byte must count too: a row of commas would take any amount of memory. */
	r->row_size += n + sizeof(struct text);
	if (r->row_size > CSV_MAX_ROW)
		r->stop = err_set(r->err, ERR_JOB, "row %llu is larger than %zu MiB (the header is row 1)",
				  (unsigned long long)r->rows + 1, CSV_MAX_ROW >> 20);
	else if (csv_row_add(&r->row, cell, n) != 0)
		(void)stop_memory(r);
}

static void give_row(struct csv_reader *r)
{
	r->rows++;
	r->stop = r->fn(r->ctx, r->row.cells, r->row.n, r->err);
	csv_row_clear(&r->row);
}

static void on_row(int c, void *ctx)
{
	struct csv_reader *r = ctx;

	(void)c;
	if (r->stop != 0)
		return;
	csv_row_done(&r->row);
	give_row(r);
	r->row_size = 0;
}

/* libcsv has stopped: why? */
static int stop_parser(struct csv_reader *r)
{
	const char *why;

	if (csv_error(&r->parser) != CSV_EPARSE)
		return stop_memory(r);
	if (r->parser.pstate == FIELD_MIGHT_HAVE_ENDED)
		why = "text after a closing quote";
	else if (r->parser.quoted)
		why = "a quote that is never closed";
	else
		why = "a quote within an unquoted cell";
	return r->stop = err_set(r->err, ERR_JOB, "%s in row %llu (the header is row 1)", why,
				 (unsigned long long)r->rows + 1);
}

/*
 * Holds libcsv's cell buffer to the maximum: of a longer cell one byte more is kept, so that on_cell sees that it was
 * longer. Behind a quote that may close the cell, the last byte stands for it: libcsv takes it back if it does.
 */
static void limit_cell(struct csv_parser *p)
{
	if (p->entry_size > p->blk_size)
		csv_set_blk_size(p, p->entry_size);
	if (p->pstate == FIELD_BEGUN && p->entry_pos > CSV_MAX_CELL + 1)
		p->entry_pos = CSV_MAX_CELL + 1;
	else if (p->pstate == FIELD_MIGHT_HAVE_ENDED && p->entry_pos > CSV_MAX_CELL + 2)
		p->entry_pos = CSV_MAX_CELL + 2;
}

static int parse(struct csv_reader *r, const char *p, size_t n)
{
	size_t done = csv_parse(&r->parser, p, n, on_cell, on_row, r);

	if (done != n && r->stop == 0)
		return stop_parser(r);
	limit_cell(&r->parser);
	return r->stop;
}

/*
 * Leaves out the CR of each CRLF outside of quotes, and nothing else. libcsv is fed up to each CR, since whether that
 * is within quotes its state alone knows.
 */
static int take(struct csv_reader *r, const char *p, size_t n)
{
	size_t data = 0; /* so many bytes at p are known to be no line end's CR */

	if (r->held_cr) {
		r->held_cr = false;
		if (*p != '\n' && parse(r, "\r", 1) != 0)
			return r->stop;
	}
	for (;;) {
		const char *cr = memchr(p + data, '\r', n - data);
		size_t k = cr != NULL ? (size_t)(cr - p) : n;

		if (parse(r, p, k) != 0 || k == n)
			return r->stop;
		p += k;
		n -= k;
		data = 0;
		if (r->parser.quoted && r->parser.pstate == FIELD_BEGUN) {
			data = 1;
		} else if (n == 1) {
			r->held_cr = true;
			return 0;
		} else if (p[1] == '\n') {
			p++;
			n--;
		} else {
			data = 1;
		}
	}
}

static int init_parser(struct csv_reader *r)
{
	if (csv_init(&r->parser, CSV_STRICT | CSV_STRICT_FINI | CSV_APPEND_NULL | CSV_REPALL_NL) != 0)
		return -1;
	csv_set_space_func(&r->parser, is_space);
	csv_set_term_func(&r->parser, is_term);
	csv_set_blk_size(&r->parser, FIRST_BLOCK);
	return 0;
}

struct csv_reader *csv_reader_new(csv_row_fn fn, void *ctx)
{
	struct csv_reader *r = calloc(1, sizeof(*r));

	if (r == NULL)
		return NULL;
	r->fn = fn;
	r->ctx = ctx;
	csv_row_init(&r->row, CSV_MAX_ROW);
	if (init_parser(r) != 0) {
		free(r);
		return NULL;
	}
	return r;
}

void csv_reader_free(struct csv_reader *r)
{
	if (r == NULL)
		return;
	csv_free(&r->parser);
	csv_row_free(&r->row);
	free(r);
}

void csv_reader_reset(struct csv_reader *r)
{
	csv_free(&r->parser);
	(void)init_parser(r); /* it fails on a null pointer alone */
	csv_row_trim(&r->row, KEEP);
	r->row_size = 0;
	r->rows = r->cut_cells = 0;
	r->bom_len = 0;
	r->begun = r->held_cr = false;
	r->stop = 0;
}

/* The rows that lie whole in these bytes, up to the first that is not plain: csv_row.h. Returns their bytes; 0 too
 * where libcsv is in the midst of a row. What lies in a piece is within all limits. */
static size_t take_plain(struct csv_reader *r, const char *p, size_t n)
{
	size_t at = 0, k;

	if (r->parser.pstate != ROW_NOT_BEGUN || r->held_cr)
		return 0;
	while (r->stop == 0 && at < n && (k = csv_row_read(&r->row, p + at, n - at)) > 0) {
		give_row(r);
		at += k;
	}
	return at;
}

static size_t to_line_end(const char *p, size_t n)
{
	const char *lf = memchr(p, '\n', n);

	return lf != NULL ? (size_t)(lf - p) + 1 : n;
}

int csv_reader_feed(struct csv_reader *r, const char *p, size_t n, struct err *err)
{
	r->err = err;
	while (!r->begun && n > 0 && r->stop == 0) {
		if (*p != bom[r->bom_len]) {
			r->begun = true;
			(void)parse(r, bom, r->bom_len);
			r->bom_len = 0;
		} else {
			p++;
			n--;
			r->begun = ++r->bom_len == sizeof(bom);
		}
	}
	for (size_t k; r->stop == 0 && n > 0; p += k, n -= k) {
		const size_t most = n < PIECE ? n : PIECE;

		k = take_plain(r, p, most);
		if (k == 0) {
			k = to_line_end(p, most);
			(void)take(r, p, k);
		}
	}
	return r->stop;
}

int csv_reader_end(struct csv_reader *r, struct err *err)
{
	r->err = err;
	if (r->stop == 0 && !r->begun)
		(void)parse(r, bom, r->bom_len);
	if (r->stop == 0 && r->held_cr)
		(void)parse(r, "\r", 1);
	if (r->stop == 0 && csv_fini(&r->parser, on_cell, on_row, r) != 0 && r->stop == 0)
		(void)stop_parser(r);
	return r->stop;
}

uint64_t csv_reader_cut_cells(const struct csv_reader *r)
{
	return r->cut_cells;
}

bool csv_reader_had_bom(const struct csv_reader *r)
{
	return r->bom_len == sizeof(bom);
}
