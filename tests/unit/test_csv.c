/* Bytes in pieces -> rows of cells: RFC 4180 rule by rule, what libcsv gets wrong, limits, and every way to cut it. */
#include "csv.h"
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What came out: each row as [cell|cell], a blank line as []; then the error. */
struct seen {
	struct buf rows;
	uint64_t n;
	uint64_t stop_at; /* the row function stops at this row; 0: never */
	int stop_with;
	int rc;
	struct err err;
};

static int on_row(void *ctx, const struct text *cells, size_t n, struct err *err)
{
	struct seen *s = ctx;

	if (++s->n == s->stop_at) {
		err_set(err, ERR_RETRY, "stopped by the test");
		return s->stop_with;
	}
	assert_int_equal(buf_addc(&s->rows, '['), 0);
	for (size_t i = 0; i < n; i++) {
		assert_non_null(cells[i].p);
		assert_int_equal(cells[i].p[cells[i].n], '\0');
		if (i > 0)
			assert_int_equal(buf_addc(&s->rows, '|'), 0);
		assert_int_equal(buf_add(&s->rows, cells[i].p, cells[i].n), 0);
	}
	assert_int_equal(buf_addc(&s->rows, ']'), 0);
	return 0;
}

static void seen_init(struct seen *s)
{
	memset(s, 0, sizeof(*s));
	buf_init(&s->rows, (size_t)1 << 20);
}

/* Feeds a copy of exactly those bytes, so that reading beyond them shows. */
static int feed(struct csv_reader *r, const char *p, size_t n, struct err *err)
{
	char *copy = malloc(n > 0 ? n : 1);
	int rc;

	assert_non_null(copy);
	memcpy(copy, p, n);
	rc = csv_reader_feed(r, copy, n, err);
	free(copy);
	return rc;
}

/* Reads n bytes, cut at a and b (a <= b <= n). */
static void read_cut(struct csv_reader *r, struct seen *s, const char *p, size_t n, size_t a, size_t b)
{
	buf_clear(&s->rows);
	s->n = 0;
	s->err = (struct err){.kind = ERR_NONE};
	csv_reader_reset(r);
	s->rc = feed(r, p, a, &s->err);
	if (s->rc == 0)
		s->rc = feed(r, p + a, b - a, &s->err);
	if (s->rc == 0)
		s->rc = feed(r, p + b, n - b, &s->err);
	if (s->rc == 0)
		s->rc = csv_reader_end(r, &s->err);
}

struct sample {
	const char *csv;
	const char *rows;
	const char *problem; /* NULL: none */
};

/* Each sample, whole and cut at every two places, gives the same. */
static void check(const struct sample *samples, size_t count)
{
	struct seen s;
	struct csv_reader *r;

	seen_init(&s);
	r = csv_reader_new(on_row, &s);
	assert_non_null(r);
	for (size_t i = 0; i < count; i++) {
		const struct sample *c = &samples[i];
		size_t n = strlen(c->csv);

		for (size_t a = 0; a <= n; a++) {
			for (size_t b = a; b <= n; b++) {
				read_cut(r, &s, c->csv, n, a, b);
				if (c->problem == NULL) {
					assert_int_equal(s.rc, 0);
				} else {
					assert_int_equal(s.rc, -1);
					assert_int_equal(s.err.kind, ERR_JOB);
					assert_non_null(strstr(s.err.msg, c->problem));
				}
				if (strcmp(buf_cstr(&s.rows), c->rows) != 0)
					fail_msg("sample %zu cut at %zu and %zu: '%s'", i, a, b, buf_cstr(&s.rows));
			}
		}
	}
	csv_reader_free(r);
	buf_free(&s.rows);
}

#define CHECK(samples) check(samples, sizeof(samples) / sizeof((samples)[0]))

static void test_rfc_4180(void **state)
{
	static const struct sample samples[] = {
	    /* Section 2, rule 1: lines; 2: the last line end may be missing. */
	    {"aaa,bbb,ccc\r\nzzz,yyy,xxx\r\n", "[aaa|bbb|ccc][zzz|yyy|xxx]", NULL},
	    {"aaa,bbb,ccc\r\nzzz,yyy,xxx", "[aaa|bbb|ccc][zzz|yyy|xxx]", NULL},
	    {"aaa,bbb\nzzz,yyy\n", "[aaa|bbb][zzz|yyy]", NULL},
	    {"a,b\r\nc,d\ne,f\r\n", "[a|b][c|d][e|f]", NULL},
	    /* 4: blanks are part of a cell; the number of cells is the caller's business. */
	    {" a , b\t,\t\n", "[ a | b\t|\t]", NULL},
	    {"a,b,c\n1\n1,2,3,4\n", "[a|b|c][1][1|2|3|4]", NULL},
	    /* 5 to 7: quotes. */
	    {"\"aaa\",\"bbb\"\r\nzzz,\"yyy\"\r\n", "[aaa|bbb][zzz|yyy]", NULL},
	    {"\"b\r\nb\",\"c,c\",\"d\nd\"\r\n", "[b\r\nb|c,c|d\nd]", NULL},
	    {"\"b\"\"bb\",\"\"\"\",\"\"\"x\"\"\"\n", "[b\"bb|\"|\"x\"]", NULL},
	    {"\" a \",\"\t\"\n", "[ a |\t]", NULL},
	    {"Name,Total Revenue\nRay-Ban Sunglasses,\"678,994.41\"\nLevi's 501 Jeans,\"475,072.00\"",
	     "[Name|Total Revenue][Ray-Ban Sunglasses|678,994.41][Levi's 501 Jeans|475,072.00]", NULL},
	    {"a;b\tc\n'x,y'\n", "[a;b\tc]['x|y']", NULL},
	};

	(void)state;
	CHECK(samples);
}

static void test_empty_and_blank(void **state)
{
	static const struct sample samples[] = {
	    {"", "", NULL},
	    {"\n", "[]", NULL},
	    {"\r\n", "[]", NULL},
	    {"\n\r\n\n", "[][][]", NULL},
	    {"a,b", "[a|b]", NULL},
	    {"a,b\n", "[a|b]", NULL},
	    {"a,b\r\n", "[a|b]", NULL},
	    {"a\n\nb\n\n", "[a][][b][]", NULL},
	    {"a\r\n\r\nb\r\n\r\n", "[a][][b][]", NULL},
	    {"\na,b\n", "[][a|b]", NULL},
	    {",\n", "[|]", NULL},
	    {",", "[|]", NULL},
	    {",,\n,a,", "[||][|a|]", NULL},
	    {"a,\nb,\r\n", "[a|][b|]", NULL},
	    {" \n", "[ ]", NULL},
	    {"\\.\n\\.,\\.\n\\N\n", "[\\.][\\.|\\.][\\N]", NULL},
	};

	(void)state;
	CHECK(samples);
}

static void test_line_ends(void **state)
{
	static const struct sample samples[] = {
	    /* A CR is data unless an LF follows it outside of quotes. */
	    {"\ra", "[\ra]", NULL},
	    {"a\rb,c\r,\rd\n", "[a\rb|c\r|\rd]", NULL},
	    {"a\r\r\nb", "[a\r][b]", NULL},
	    {"\r\r\n", "[\r]", NULL},
	    {"\r\r", "[\r\r]", NULL},
	    {"a\n\rb\n", "[a][\rb]", NULL},
	    {"a,b\r", "[a|b\r]", NULL},
	    {"\r", "[\r]", NULL},
	    {"a,\r\n", "[a|]", NULL},
	    {"\r,\r\n", "[\r|]", NULL},
	    /* Within quotes nothing changes. */
	    {"\"\r\",\"\r\n\",\"\n\",\"\r\r\n\n\r\"\r\n", "[\r|\r\n|\n|\r\r\n\n\r]", NULL},
	    {"\"a\"\"\r\n\"\"b\"\r\n", "[a\"\r\n\"b]", NULL},
	    {"\"a\r\"\"\r\"\r\n", "[a\r\"\r]", NULL},
	    {"\"\"\r\n\"\"\r\n", "[][]", NULL}, /* test_quoted_empty tells these from blank lines */
	    /* After a closing quote a CR begins a line end or is an error. */
	    {"\"a\"\r\nb", "[a][b]", NULL},
	    {"\"a\"\rb\n", "", "text after a closing quote in row 1"},
	    {"x\n\"a\"\r", "[x]", "text after a closing quote in row 2"},
	    {"\r\"a\"\n", "", "a quote within an unquoted cell"},
	};

	(void)state;
	CHECK(samples);
}

static void test_bom(void **state)
{
	static const struct sample samples[] = {
	    {"\xef\xbb\xbf", "", NULL},
	    {"\xef\xbb\xbf\n", "[]", NULL},
	    {"\xef\xbb\xbf"
	     "a,b\n",
	     "[a|b]", NULL},
	    {"\xef\xbb\xbf\"a\",b\r\n", "[a|b]", NULL},
	    /* One alone, and at the beginning alone. */
	    {"\xef\xbb\xbf\xef\xbb\xbf"
	     "a",
	     "[\xef\xbb\xbf"
	     "a]",
	     NULL},
	    {"a\n\xef\xbb\xbf"
	     "b\n",
	     "[a][\xef\xbb\xbf"
	     "b]",
	     NULL},
	    {"\xef\xbb", "[\xef\xbb]", NULL},
	    {"\xef\xbb\n", "[\xef\xbb]", NULL},
	    {"\xef\xef\xbb\xbf"
	     "a",
	     "[\xef\xef\xbb\xbf"
	     "a]",
	     NULL},
	    {"\xef\xbb\xbe,", "[\xef\xbb\xbe|]", NULL},
	};
	struct seen s;
	struct csv_reader *r;

	(void)state;
	CHECK(samples);

	seen_init(&s);
	r = csv_reader_new(on_row, &s);
	assert_non_null(r);
	read_cut(r, &s,
		 "\xef\xbb\xbf"
		 "a",
		 4, 1, 2);
	assert_true(csv_reader_had_bom(r));
	read_cut(r, &s, "\xef\xbb", 2, 1, 2);
	assert_false(csv_reader_had_bom(r));
	read_cut(r, &s, "a", 1, 1, 1);
	assert_false(csv_reader_had_bom(r));
	csv_reader_free(r);
	buf_free(&s.rows);
}

static void test_errors(void **state)
{
	static const struct sample samples[] = {
	    {"a\"b\n", "", "a quote within an unquoted cell in row 1"},
	    {"a,b\n1, \"2\"\n3,4\n", "[a|b]", "a quote within an unquoted cell in row 2"},
	    {"a\"", "", "a quote within an unquoted cell"},
	    {"a\n\"b\"c\n", "[a]", "text after a closing quote in row 2"},
	    {"\"a\" ,b\n", "", "text after a closing quote"},
	    {"\"a\" \"b\"", "", "text after a closing quote"},
	    {"\"", "", "a quote that is never closed in row 1"},
	    {"a\n\n\"b\nc,d\n", "[a][]", "a quote that is never closed in row 3"},
	    {"\"a\"\"", "", "a quote that is never closed"},
	    {"\"a\"\"\r", "", "a quote that is never closed"},
	};

	(void)state;
	CHECK(samples);
}

static int count_cells(void *ctx, const struct text *cells, size_t n, struct err *err)
{
	size_t *seen = ctx;

	(void)err;
	(void)cells;
	*seen = *seen * 10 + n;
	return 0;
}

/* A quoted empty cell is a cell; a blank line has none. */
static void test_quoted_empty(void **state)
{
	size_t seen = 0;
	struct csv_reader *r = csv_reader_new(count_cells, &seen);

	(void)state;
	assert_non_null(r);
	assert_int_equal(csv_reader_feed(r, "\"\"\n\n\r\n\"\"\r\n\"\",\"\"\n\"\"", 18, NULL), 0);
	assert_int_equal(csv_reader_end(r, NULL), 0);
	assert_int_equal(seen, 100121);
	/* The end is the end: asked twice, nothing comes again. */
	assert_int_equal(csv_reader_end(r, NULL), 0);
	assert_int_equal(seen, 100121);
	csv_reader_free(r);
}

static int keep_last(void *ctx, const struct text *cells, size_t n, struct err *err)
{
	struct buf *last = ctx;

	(void)err;
	buf_clear(last);
	for (size_t i = 0; i < n; i++)
		assert_int_equal(buf_add(last, cells[i].p, cells[i].n + 1), 0);
	return 0;
}

static void test_nul_bytes(void **state)
{
	static const char csv[] = "a\0b,\0,\"\0\"\"\0\"\n";
	struct buf last;
	struct csv_reader *r = csv_reader_new(keep_last, &last);

	(void)state;
	assert_non_null(r);
	buf_init(&last, 100);
	assert_int_equal(csv_reader_feed(r, csv, sizeof(csv) - 1, NULL), 0);
	assert_int_equal(csv_reader_end(r, NULL), 0);
	assert_int_equal(last.len, 10);
	assert_memory_equal(last.data, "a\0b\0\0\0\0\"\0", 10);
	csv_reader_free(r);
	buf_free(&last);
}

static void test_row_function_stops(void **state)
{
	static const char csv[] = "a\nb\nc\"\nd\n";
	struct seen s;
	struct csv_reader *r;

	(void)state;
	seen_init(&s);
	r = csv_reader_new(on_row, &s);
	assert_non_null(r);
	for (size_t cut = 0; cut < sizeof(csv); cut++) {
		/* The row function's word stands, also where the CSV is broken further on. */
		s.stop_at = 2;
		s.stop_with = cut % 2 ? 7 : -1;
		read_cut(r, &s, csv, sizeof(csv) - 1, cut, sizeof(csv) - 1);
		assert_int_equal(s.rc, s.stop_with);
		assert_int_equal(s.err.kind, ERR_RETRY);
		assert_string_equal(buf_cstr(&s.rows), "[a]");
		assert_int_equal(s.n, 2);
		/* It stays stopped, and says so without touching the error. */
		s.err = (struct err){.kind = ERR_NONE};
		assert_int_equal(csv_reader_feed(r, "x\n", 2, &s.err), s.stop_with);
		assert_int_equal(csv_reader_end(r, &s.err), s.stop_with);
		assert_int_equal(s.err.kind, ERR_NONE);
		assert_int_equal(s.n, 2);
	}
	/* Stopped by the last row, which has no line end. */
	s.stop_at = 1;
	read_cut(r, &s, "a", 1, 1, 1);
	assert_int_equal(s.rc, s.stop_with);
	/* And it is good again after a reset. */
	s.stop_at = 0;
	read_cut(r, &s, "a,b", 3, 1, 1);
	assert_int_equal(s.rc, 0);
	assert_string_equal(buf_cstr(&s.rows), "[a|b]");
	csv_reader_free(r);
	buf_free(&s.rows);
}

struct sizes {
	size_t rows, cells, bytes; /* of the last row */
	size_t first;              /* bytes of the very first cell, and the last three of them */
	char tail[4];
};

static int measure(void *ctx, const struct text *cells, size_t n, struct err *err)
{
	struct sizes *s = ctx;

	(void)err;
	if (s->rows++ == 0 && n > 0 && cells[0].n >= 3) {
		s->first = cells[0].n;
		memcpy(s->tail, cells[0].p + cells[0].n - 3, 3);
	}
	s->cells = n;
	s->bytes = 0;
	for (size_t i = 0; i < n; i++)
		s->bytes += cells[i].n;
	return 0;
}

/* Feeds the same bytes again and again, in pieces of some KB. */
static int feed_times(struct csv_reader *r, const char *bytes, size_t times, struct err *err)
{
	const size_t n = strlen(bytes), most = 1001;
	struct buf piece;
	int rc = 0;

	buf_init(&piece, most * n + 1);
	for (size_t i = 0; i < times && i < most; i++)
		assert_int_equal(buf_add(&piece, bytes, n), 0);
	for (size_t left = times, k; left > 0 && rc == 0; left -= k) {
		k = left < most ? left : most;
		rc = csv_reader_feed(r, piece.data, k * n, err);
	}
	buf_free(&piece);
	return rc;
}

static void test_long_cells(void **state)
{
	/* What a cell is made of, whether it is quoted, and what is left of it. */
	static const struct {
		const char *piece;
		bool quoted;
		size_t unescaped; /* bytes of a piece in the cell */
		const char *tail; /* where it was cut */
	} cases[] = {
	    {"abcdefgh", false, 8, "fgh"},
	    {"abcd\r\n\"\"", true, 7, "\n\"a"},
	    {"\"\"\"\"", true, 2, "\"\"\""},
	    {"\xe2\x82\xac", false, 3, "\xe2\x82\xac"}, /* the limit falls within a character */
	};
	struct sizes sizes;
	struct csv_reader *r = csv_reader_new(measure, &sizes);
	struct err err;

	(void)state;
	assert_non_null(r);
	for (size_t i = unit_light() ? 3 : 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *quote = cases[i].quoted ? "\"" : "";
		size_t most = CSV_MAX_CELL / cases[i].unescaped;

		/* What fits to the last byte, and what is far beyond. */
		for (size_t times = most; times <= most + 100000; times += 100000) {
			csv_reader_reset(r);
			memset(&sizes, 0, sizeof(sizes));
			assert_int_equal(feed_times(r, quote, 1, &err), 0);
			assert_int_equal(feed_times(r, cases[i].piece, times, &err), 0);
			assert_int_equal(feed_times(r, quote, 1, &err), 0);
			assert_int_equal(csv_reader_feed(r, ",z\nnext\n", 8, &err), 0);
			assert_int_equal(csv_reader_end(r, &err), 0);
			assert_int_equal(sizes.rows, 2);
			assert_int_equal(sizes.bytes, 4);
			if (times == most) {
				assert_int_equal(csv_reader_cut_cells(r), 0);
				assert_int_equal(sizes.first, most * cases[i].unescaped);
			} else {
				assert_int_equal(csv_reader_cut_cells(r), 1);
				assert_true(sizes.first <= CSV_MAX_CELL && sizes.first > CSV_MAX_CELL - 3);
				assert_memory_equal(sizes.tail, cases[i].tail, 3);
			}
		}
	}
	csv_reader_free(r);
}

static void test_wide_rows(void **state)
{
	struct sizes sizes = {0};
	struct csv_reader *r = csv_reader_new(measure, &sizes);
	size_t most = CSV_MAX_ROW / sizeof(struct text);
	struct err err;

	(void)state;
	assert_non_null(r);
	assert_int_equal(feed_times(r, "ab,", 100000, &err), 0);
	assert_int_equal(feed_times(r, "\n", 1, &err), 0);
	assert_int_equal(sizes.cells, 100001);
	assert_int_equal(sizes.bytes, 200000);

	if (unit_light()) {
		csv_reader_free(r);
		return;
	}
	/* A row of commas alone has a limit too. */
	csv_reader_reset(r);
	assert_int_equal(feed_times(r, ",,,,,,,,,,,,,,,,", most / 16 - 1, &err), 0);
	assert_int_equal(feed_times(r, ",,,,,,,,,,,,,,,\n", 1, &err), 0);
	assert_int_equal(sizes.cells, most);
	assert_int_equal(feed_times(r, ",,,,,,,,,,,,,,,,", most / 16, &err), 0);
	assert_int_equal(csv_reader_end(r, &err), -1);
	assert_int_equal(err.kind, ERR_JOB);
	assert_non_null(strstr(err.msg, "row 2 is larger than 64 MiB"));
	assert_int_equal(sizes.rows, 2);
	csv_reader_free(r);
}

/* A piece may end at any byte of a long input: lines that begin at ever other places of libcsv's pieces. */
static void test_many_rows(void **state)
{
	struct sizes sizes = {0};
	struct csv_reader *r = csv_reader_new(measure, &sizes);
	struct buf csv;
	struct err err;

	(void)state;
	assert_non_null(r);
	buf_init(&csv, (size_t)8 << 20);
	for (int i = 0; i < 50000; i++)
		assert_int_equal(buf_addf(&csv, "%d,\"a\r\n%d\",\"\"\"\"\r\n", i, i), 0);
	for (size_t piece = 60000; piece < (unit_light() ? 70000 : 140000); piece += 16001) {
		csv_reader_reset(r);
		sizes.rows = 0;
		for (size_t at = 0; at < csv.len; at += piece) {
			size_t n = csv.len - at < piece ? csv.len - at : piece;

			assert_int_equal(csv_reader_feed(r, csv.data + at, n, &err), 0);
			assert_int_equal(sizes.rows > 0 ? sizes.cells : 3, 3);
		}
		assert_int_equal(csv_reader_end(r, &err), 0);
		assert_int_equal(sizes.rows, 50000);
		assert_int_equal(sizes.bytes, 5 + 3 + 5 + 1);
	}
	buf_free(&csv);
	csv_reader_free(r);
}

static void test_free_null(void **state)
{
	(void)state;
	csv_reader_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_rfc_4180),   cmocka_unit_test(test_empty_and_blank),
	    cmocka_unit_test(test_line_ends),  cmocka_unit_test(test_bom),
	    cmocka_unit_test(test_errors),     cmocka_unit_test(test_quoted_empty),
	    cmocka_unit_test(test_nul_bytes),  cmocka_unit_test(test_row_function_stops),
	    cmocka_unit_test(test_long_cells), cmocka_unit_test(test_wide_rows),
	    cmocka_unit_test(test_many_rows),  cmocka_unit_test(test_free_null),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
