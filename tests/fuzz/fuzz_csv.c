/*
 * csv.c: bytes -> rows.
 *
 * - How the bytes are split changes nothing: rows, verdict, words of the problem.
 * - Rows and verdict are those of a second reader, below, written from what csv.h promises, without libcsv.
 * - Rows written as RFC 4180 has them, and read again, are the same.
 * - A row function that stops is not called again, and its word is what comes out.
 */
#include "csv.h"
#include "fuzz.h"

#define MAX_SIZE 100000

/* --- rows as a transcript --- */

struct rows {
	struct buf seen;    /* each cell with its length */
	struct buf written; /* the same rows as a CSV */
	int64_t n, stop_at; /* stop_at: the row (from 1) that stops; 0: none */
};

static void write_cell(struct buf *out, struct text cell)
{
	add(out, "\"", 1);
	for (size_t i = 0; i < cell.n; i++)
		add(out, cell.p[i] == '"' ? "\"\"" : &cell.p[i], cell.p[i] == '"' ? 2 : 1);
	add(out, "\"", 1);
}

static int on_row(void *ctx, const struct text *cells, size_t n, struct err *err)
{
	struct rows *r = ctx;

	(void)err;
	r->n++;
	HOLDS(r->stop_at == 0 || r->n <= r->stop_at);
	note(&r->seen, "row", (int64_t)n);
	for (size_t i = 0; i < n; i++) {
		HOLDS(cells[i].p != NULL && cells[i].p[cells[i].n] == '\0');
		note_text(&r->seen, "cell", cells[i]);
		add(&r->written, ",", i > 0);
		write_cell(&r->written, cells[i]);
	}
	add(&r->written, "\r\n", 2);
	return r->n == r->stop_at ? 42 : 0;
}

/* --- a second reader --- */

struct reader {
	struct buf cell;
	struct text cells[MAX_SIZE + 1];
	size_t n;
	struct buf all; /* the bytes of the cells, each with a NUL */
	bool begun;     /* the row has a byte */
	struct rows *out;
};

static void end_cell(struct reader *r)
{
	r->cells[r->n++].n = r->cell.len;
	add(&r->all, buf_cstr(&r->cell), r->cell.len + 1);
	buf_clear(&r->cell);
}

static void end_row(struct reader *r)
{
	const char *p = buf_cstr(&r->all);

	for (size_t i = 0; i < r->n; i++) {
		r->cells[i].p = p;
		p += r->cells[i].n + 1;
	}
	(void)on_row(r->out, r->cells, r->n, NULL);
	r->n = 0;
	r->begun = false;
	buf_clear(&r->all);
}

/* The length of a line end at p; 0: none. A CR alone is data. */
static size_t line_end(const char *p, const char *end)
{
	if (p < end && *p == '\n')
		return 1;
	return end - p >= 2 && p[0] == '\r' && p[1] == '\n' ? 2 : 0;
}

/* A cell in quotes, from behind the first one; NULL: it is none. Else what is behind the last one. */
static const char *quoted(struct reader *r, const char *p, const char *end)
{
	for (;; p++) {
		if (p == end)
			return NULL;
		if (*p == '"' && !(end - p > 1 && p[1] == '"'))
			break;
		p += *p == '"';
		add(&r->cell, p, 1);
	}
	p++;
	return p == end || *p == ',' || line_end(p, end) > 0 ? p : NULL;
}

static bool second_reader(const char *p, size_t n, struct rows *out)
{
	static struct reader r;
	const char *const end = p + n;

	if (r.cell.max == 0) {
		buf_init(&r.cell, SIZE_MAX / 2);
		buf_init(&r.all, SIZE_MAX / 2);
	}
	r.out = out;
	r.n = 0;
	r.begun = false;
	buf_clear(&r.cell);
	buf_clear(&r.all);
	if (n >= 3 && memcmp(p, "\xef\xbb\xbf", 3) == 0)
		p += 3;
	while (p < end) {
		size_t eol = line_end(p, end);

		if (eol > 0) {
			if (r.begun)
				end_cell(&r);
			end_row(&r);
			p += eol;
			continue;
		}
		/* At the beginning of a cell, or at the comma behind one. */
		if (*p == ',') {
			end_cell(&r);
			r.begun = true;
			p++;
		} else if (*p == '"') {
			r.begun = true;
			p = quoted(&r, p + 1, end);
			if (p == NULL)
				return false;
		} else {
			r.begun = true;
			for (; p < end && *p != ',' && line_end(p, end) == 0; p++) {
				if (*p == '"')
					return false;
				add(&r.cell, p, 1);
			}
		}
	}
	if (r.begun) {
		end_cell(&r);
		end_row(&r);
	}
	return true;
}

/* --- --- */

static struct rows new_rows(void)
{
	struct rows r = {.n = 0};

	buf_init(&r.seen, SIZE_MAX / 2);
	buf_init(&r.written, SIZE_MAX / 2);
	return r;
}

static void free_rows(struct rows *r)
{
	buf_free(&r->seen);
	buf_free(&r->written);
}

static struct csv_reader *reader;
static struct rows *rows; /* of the reading under way */

static int hand_on(void *ctx, const struct text *cells, size_t n, struct err *err)
{
	(void)ctx;
	return on_row(rows, cells, n, err);
}

static int read_csv(struct rows *out, const char *p, size_t n, enum split how, struct dice dice, struct err *err)
{
	int rc = 0;

	rows = out;
	csv_reader_reset(reader);
	for (size_t k; n > 0 && rc == 0; p += k, n -= k) {
		k = split_next(how, &dice, n);
		rc = csv_reader_feed(reader, p, k, err);
	}
	const int end = csv_reader_end(reader, err);
	HOLDS(rc == 0 || end == rc);
	return end;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *p = (const char *)data;
	struct dice dice = dice_of(data, size);
	struct rows first = new_rows(), other = new_rows(), stopped = new_rows();
	struct err err = {.kind = ERR_NONE}, again = {.kind = ERR_NONE};
	int rc;

	if (size > MAX_SIZE)
		return 0;
	if (reader == NULL && (reader = csv_reader_new(hand_on, NULL)) == NULL)
		abort();
	rc = read_csv(&first, p, size, SPLIT_NOT, dice, &err);
	HOLDS(rc == 0 || (rc == -1 && err.kind == ERR_JOB && fuzz_is_message(err.msg, sizeof(err.msg))));
	HOLDS(csv_reader_had_bom(reader) == (size >= 3 && memcmp(p, "\xef\xbb\xbf", 3) == 0));
	HOLDS(csv_reader_cut_cells(reader) == 0);
	for (int how = SPLIT_NOT + 1; how < SPLITS; how++) {
		buf_clear(&other.seen);
		HOLDS(read_csv(&other, p, size, (enum split)how, dice, &again) == rc && same(&first.seen, &other.seen));
		HOLDS(rc == 0 || strcmp(err.msg, again.msg) == 0);
	}
	buf_clear(&other.seen);
	HOLDS(second_reader(p, size, &other) == (rc == 0) && same(&first.seen, &other.seen));

	buf_clear(&other.seen);
	HOLDS(read_csv(&other, buf_cstr(&first.written), first.written.len, SPLIT_LARGE, dice, &again) == 0);
	HOLDS(same(&first.seen, &other.seen));
	if (first.n > 0) {
		stopped.stop_at = 1 + (int64_t)dice_roll(&dice, (size_t)first.n);
		HOLDS(read_csv(&stopped, p, size, SPLIT_SMALL, dice, &again) == 42 && stopped.n == stopped.stop_at);
	}
	free_rows(&first);
	free_rows(&other);
	free_rows(&stopped);
	return 0;
}
