/* A CSV that is an answer by itself: the rows of results' CSVs, whatever its pieces; UTF-8; what is none; memory. */
#include "result_plain.h"
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct seen {
	struct buf rows; /* [cell|cell] */
	int64_t stop_at; /* -1: never */
	bool count;      /* only */
};

static int on_row(void *ctx, const struct row *row, struct err *err)
{
	struct seen *s = ctx;

	if (row->row_index == s->stop_at)
		return err_set(err, ERR_JOB, "the sink says no");
	assert_int_equal(row->action_index, 7);
	assert_int_equal(row->section, SECTION_NONE);
	if (s->count)
		return 0;
	for (size_t i = 0; i < row->n; i++) {
		assert_int_equal(buf_addc(&s->rows, i == 0 ? '[' : '|'), 0);
		assert_int_equal(buf_add(&s->rows, row->cells[i].p, row->cells[i].n), 0);
	}
	return buf_addc(&s->rows, ']');
}

static struct body *body_of(const char *p, size_t n, size_t piece)
{
	struct body *body = body_new(UINT64_MAX);
	struct err err = {0};

	assert_non_null(body);
	body_reset(body, true);
	for (size_t at = 0; at < n; at += piece)
		assert_int_equal(body_add(body, p + at, n - at < piece ? n - at : piece, &err), 0);
	assert_int_equal(body_end(body, &err), 0);
	return body;
}

static int read_it(struct result_plain *p, struct body *body, struct query_result *q, struct seen *s,
		   struct result_warn *warn, struct err *err)
{
	static const struct result_visitor visitor = {.row = on_row};

	*q = (struct query_result){.action_index = 7};
	result_warn_reset(warn);
	return result_plain_read(p, body, q, &visitor, s, warn, err);
}

static void expect(const char *csv, size_t n, const char *rows, int64_t n_rows, size_t n_columns, const char *warning)
{
	struct result_plain *p = result_plain_new();
	struct result_warn warn;
	struct query_result q;
	struct seen s = {.stop_at = -1};
	struct text warnings;
	struct err err = {0};

	result_warn_init(&warn);
	buf_init(&s.rows, 1 << 20);
	/* Twice: what is used again begins anew. */
	for (int i = 0; i < 2; i++) {
		struct body *body = body_of(csv, n, i == 0 ? 65536 : 3);

		buf_clear(&s.rows);
		if (read_it(p, body, &q, &s, &warn, &err) != 0)
			fail_msg("%s", err.msg);
		assert_string_equal(buf_cstr(&s.rows), rows);
		assert_int_equal(q.row_count, n_rows);
		assert_int_equal(q.n_columns, n_columns);
		assert_int_equal(result_warn_end(&warn, &warnings), 0);
		if (warning == NULL)
			assert_null(warnings.p);
		else if (warnings.p == NULL || memmem(warnings.p, warnings.n, warning, strlen(warning)) == NULL)
			fail_msg("no warning '%s'", warning);
		body_free(body);
	}
	buf_free(&s.rows);
	result_warn_free(&warn);
	result_plain_free(p);
}

#define CSV(text) text, sizeof(text) - 1

static void test_rows(void **state)
{
	(void)state;
	expect(CSV("a,b\n1,2\n3,4\n"), "[1|2][3|4]", 2, 2, NULL);
	expect(CSV("a,b\r\n1,\"x\r\ny\"\"z\"\r\n3,4"), "[1|x\r\ny\"z][3|4]", 2, 2, NULL);
	expect(CSV("a,b\n"), "", 0, 2, NULL);
	expect(CSV("a,b"), "", 0, 2, NULL);
	expect(CSV("\xef\xbb\xbf\"a\",b\n1,2\n"), "[1|2]", 1, 2, "byte order mark");
	expect(CSV("a\n\nx\n"), "[][x]", 2, 1, NULL);
	expect(CSV("a,b\n1,2\n\n3,4\n"), "[1|2][3|4]", 2, 2, "blank lines");
	expect(CSV("a,b\n1\n1,2,3\n"), "[1][1|2|3]", 2, 2, "fewer cells");
	/* markers are rows here */
	expect(CSV("a,b\n# FIRST 1 ROWS:\n1,2\n"), "[# FIRST 1 ROWS:][1|2]", 2, 2, "fewer cells");
	/* characters of every length, cut everywhere by the pieces above */
	expect(CSV("ä,€\n𝄞é,ß€\n"), "[𝄞é|ß€]", 1, 2, NULL);
	expect(CSV("a\n\0x\0\0\n"), "[\xef\xbf\xbdx\xef\xbf\xbd\xef\xbf\xbd]", 1, 1, "U+0000");
	expect(CSV("\0a\n1\n"), "[1]", 1, 1, "U+0000");
}

static void expect_broken(const char *csv, size_t n, const char *why)
{
	struct result_plain *p = result_plain_new();
	struct result_warn warn;
	struct query_result q;
	struct seen s = {.stop_at = -1};
	struct err err = {0};
	struct body *body = body_of(csv, n, 5);

	result_warn_init(&warn);
	buf_init(&s.rows, 1 << 20);
	assert_int_equal(read_it(p, body, &q, &s, &warn, &err), RESULT_PLAIN_BROKEN);
	if (strstr(err.msg, why) == NULL)
		fail_msg("'%s' does not say '%s'", err.msg, why);
	body_free(body);
	buf_free(&s.rows);
	result_warn_free(&warn);
	result_plain_free(p);
}

static void test_no_csv(void **state)
{
	(void)state;
	expect_broken(CSV("a,b\n1,\"open\n"), "row 1");
	expect_broken(CSV("a,b\n1,x\"y\n"), "row 1");
	expect_broken(CSV("a,b\n1,\xff\n"), "byte 6 is no UTF-8");
	expect_broken(CSV("a,b\n1,\xe2\x82"), "byte 6 is no UTF-8");
	expect_broken(CSV("a,b\n1,\xed\xa0\x80\n"), "byte 6 is no UTF-8");
	expect_broken(CSV("\xff\xfe"
			  "a\0,\0b\0\n\0"),
		      "byte 0 is no UTF-8");
}

static void test_visitor_stops(void **state)
{
	struct result_plain *p = result_plain_new();
	struct result_warn warn;
	struct query_result q;
	struct seen s = {.stop_at = 1};
	struct err err = {0};
	struct body *body = body_of(CSV("a\n1\n2\n3\n"), 99);

	(void)state;
	result_warn_init(&warn);
	buf_init(&s.rows, 1 << 20);
	assert_int_equal(read_it(p, body, &q, &s, &warn, &err), -1);
	assert_string_equal(err.msg, "the sink says no");
	body_free(body);
	buf_free(&s.rows);
	result_warn_free(&warn);
	result_plain_free(p);
}

/* More than any buffer on the way, with characters across their borders. */
static void test_large(void **state)
{
	enum { ROWS = 200000 };
	struct result_plain *p = result_plain_new();
	struct result_warn warn;
	struct query_result q;
	struct seen s = {.stop_at = -1, .count = true};
	struct err err = {0};
	struct buf csv;
	struct body *body;

	(void)state;
	result_warn_init(&warn);
	buf_init(&csv, SIZE_MAX / 2);
	assert_int_equal(buf_adds(&csv, "n,text\n"), 0);
	for (int i = 0; i < ROWS; i++)
		assert_int_equal(buf_addf(&csv, "%d,€𝄞%.*s\n", i, i % 7, "xxxxxxx"), 0);
	body = body_of(csv.data, csv.len, 16384);
	assert_int_equal(read_it(p, body, &q, &s, &warn, &err), 0);
	assert_int_equal(q.row_count, ROWS);
	assert_int_equal(warn.n, 0);
	body_free(body);
	buf_free(&csv);
	result_warn_free(&warn);
	result_plain_free(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_rows),
	    cmocka_unit_test(test_no_csv),
	    cmocka_unit_test(test_visitor_stops),
	    cmocka_unit_test(test_large),
	};

	return cmocka_run_group_tests_name("result_plain", tests, NULL, NULL);
}
