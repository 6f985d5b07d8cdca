#include "lines.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define BLOCK (64 << 10) /* what is read at a time: line ends are put around its border */

static FILE *open_bytes(const char *p, size_t n)
{
	FILE *f = fmemopen((void *)(uintptr_t)p, n, "r");

	assert_non_null(f);
	return f;
}

/* All lines of the text, each in <>; ! for one that is too long. */
static void read_all(const char *p, size_t n, size_t max, struct buf *out)
{
	FILE *f = open_bytes(p, n);
	struct lines *l = lines_new(f, max);
	struct err err;
	struct text line;
	enum lines_kind kind;
	int64_t count = 0;

	assert_non_null(l);
	assert_int_equal(lines_number(l), 0);
	while ((kind = lines_next(l, &line, &err)) != LINES_END) {
		assert_int_equal(lines_number(l), ++count);
		if (kind == LINES_TOO_LONG) {
			assert_int_equal(buf_addc(out, '!'), 0);
			continue;
		}
		assert_int_equal(kind, LINES_LINE);
		assert_non_null(line.p);
		assert_int_equal(buf_addc(out, '<') | buf_add(out, line.p, line.n) | buf_addc(out, '>'), 0);
	}
	assert_int_equal(lines_next(l, &line, &err), LINES_END);
	assert_int_equal(lines_number(l), count);
	lines_free(l);
	fclose(f);
}

static void line_ends(void **state)
{
	static const struct {
		const char *in;
		size_t n;
		const char *out;
	} cases[] = {
	    {"\n", 1, "<>"},
	    {"a", 1, "<a>"},
	    {"a\n", 2, "<a>"},
	    {"a\n\n", 3, "<a><>"},
	    {"a\nb", 3, "<a><b>"},
	    {"a\r\nb\r\n", 6, "<a><b>"},
	    {"a\rb\rc", 5, "<a><b><c>"},
	    {"a\r\rb\r\n\nc\n\rd", 11, "<a><><b><><c><><d>"},
	    {"a\r", 2, "<a>"},
	    {"12345\n123456\n12", 15, "<12345>!<12>"},
	    {"123456", 6, "!"},
	    {"12345", 5, "<12345>"},
	};
	struct buf out;

	(void)state;
	buf_init(&out, 1000);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		buf_clear(&out);
		read_all(cases[i].in, cases[i].n, 5, &out);
		assert_string_equal(buf_cstr(&out), cases[i].out);
	}
	buf_free(&out);
}

static void nothing_at_all(void **state)
{
	FILE *f = fopen("/dev/null", "r");
	struct text line;

	(void)state;
	assert_non_null(f);
	struct lines *l = lines_new(f, 10);
	assert_non_null(l);
	assert_int_equal(lines_next(l, &line, NULL), LINES_END);
	lines_free(l);
	lines_free(NULL);
	fclose(f);
}

/* NUL bytes are bytes like others. */
static void bytes_are_bytes(void **state)
{
	struct buf out;

	(void)state;
	buf_init(&out, 100);
	read_all("a\0b\n\0\n\xff", 7, 10, &out);
	assert_int_equal(out.len, 11);
	assert_memory_equal(out.data, "<a\0b><\0><\xff>", 12);
	buf_free(&out);
}

/* Each kind of line end, moved over the border of two blocks byte by byte. */
static void ends_across_blocks(void **state)
{
	static const char *const ends[] = {"\n", "\r\n", "\r", "\r\r\n", "\n\n", "\n\r"};
	static const char *const between[] = {"><", "><", "><", "><><", "><><", "><><"};
	char *in = malloc(2 * BLOCK);
	struct buf out, expected;

	(void)state;
	assert_non_null(in);
	buf_init(&out, 3 * BLOCK);
	buf_init(&expected, 3 * BLOCK);
	for (size_t e = 0; e < sizeof(ends) / sizeof(ends[0]); e++) {
		for (size_t before = BLOCK - 3; before <= BLOCK + 1; before++) {
			size_t len = strlen(ends[e]);

			memset(in, 'x', 2 * BLOCK);
			memcpy(in + before, ends[e], len);
			in[before + len] = 'y';
			buf_clear(&out);
			read_all(in, before + len + 1, BLOCK + 100, &out);
			buf_clear(&expected);
			assert_int_equal(buf_addc(&expected, '<') | buf_add(&expected, in, before) |
					     buf_adds(&expected, between[e]) | buf_adds(&expected, "y>"),
					 0);
			assert_true(text_eq(buf_text(&out), buf_text(&expected)));
		}
	}
	buf_free(&out);
	buf_free(&expected);
	free(in);
}

/* Lines of many blocks: joined up to the maximum, passed over beyond it, and the next one is whole again. */
static void long_lines(void **state)
{
	const size_t max = 5 * BLOCK + 7;
	char *in = malloc(2 * max);
	struct buf out;

	(void)state;
	assert_non_null(in);
	buf_init(&out, 2 * max);
	for (size_t over = 0; over <= 1; over++) {
		size_t n = max + over;

		memset(in, 'x', n);
		memcpy(in + n, "\nend", 4);
		buf_clear(&out);
		read_all(in, n + 4, max, &out);
		if (over) {
			assert_string_equal(buf_cstr(&out), "!<end>");
		} else {
			assert_int_equal(out.len, max + 2 + 5);
			assert_string_equal(out.data + max, "x><end>");
		}
	}
	buf_free(&out);
	free(in);
}

struct broken {
	size_t good;
};

static ssize_t read_broken(void *ctx, char *to, size_t n)
{
	struct broken *b = ctx;
	static const char text[] = "one\ntwo\nthr";

	if (b->good == 0)
		return -1;
	size_t k = b->good < n ? b->good : n;
	memcpy(to, text, k);
	b->good = 0;
	return (ssize_t)k;
}

/* What came whole before reading failed is given out, the line that was broken off is not; the failure stays. */
static void reading_fails(void **state)
{
	struct broken broken = {11};
	FILE *f = fopencookie(&broken, "r", (cookie_io_functions_t){.read = read_broken});
	struct err err = {0};
	struct text line;

	(void)state;
	assert_non_null(f);
	struct lines *l = lines_new(f, 100);
	assert_non_null(l);
	assert_int_equal(lines_next(l, &line, &err), LINES_LINE);
	assert_true(text_eq(line, text_of("one")));
	assert_int_equal(lines_next(l, &line, &err), LINES_LINE);
	assert_true(text_eq(line, text_of("two")));
	for (int i = 0; i < 2; i++) {
		err = (struct err){0};
		assert_int_equal(lines_next(l, &line, &err), LINES_ERROR);
		assert_int_equal(err.kind, ERR_FATAL);
		assert_non_null(strstr(err.msg, "cannot read on after line 2: "));
	}
	lines_free(l);
	fclose(f);
}

static void a_folder_is_no_file(void **state)
{
	FILE *f = fopen("/", "r");
	struct err err = {0};
	struct text line;

	(void)state;
	assert_non_null(f);
	struct lines *l = lines_new(f, 100);
	assert_non_null(l);
	assert_int_equal(lines_next(l, &line, &err), LINES_ERROR);
	assert_string_equal(err.msg, "cannot read on after line 0: Is a directory");
	lines_free(l);
	fclose(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(line_ends),           cmocka_unit_test(nothing_at_all), cmocka_unit_test(bytes_are_bytes),
	    cmocka_unit_test(ends_across_blocks),  cmocka_unit_test(long_lines),     cmocka_unit_test(reading_fails),
	    cmocka_unit_test(a_folder_is_no_file),
	};
	return cmocka_run_group_tests_name("lines", tests, NULL, NULL);
}
