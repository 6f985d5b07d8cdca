/* test_verify_diffs.c: what differs, in words for a person. */
#include "unit.h"
#include "verify_diffs.h"

#include <stdio.h>
#include <string.h>

static struct verify_diffs d;

static void expect(size_t i, enum sink_fault fault, const char *what)
{
	assert_true(i < d.n);
	assert_int_equal(d.at[i].fault, fault);
	assert_string_equal(d.at[i].what, what);
}

static void values(void **state)
{
	char one[300], other[300];

	(void)state;
	assert_true(verify_diffs_text(&d, "x", text_of("a"), text_of("a")));
	assert_true(verify_diffs_text(&d, "x", TEXT_NULL, TEXT_NULL));
	assert_int_equal(d.n, 0);
	assert_false(verify_diffs_text(&d, "topic", text_of("a\x1b[31m"), TEXT_NULL));
	expect(0, SINK_DIFFERS, "topic is \"a\\x1b[31m\", and in its body null");
	assert_false(verify_diffs_text(&d, "topic", text_of(""), text_of("b")));
	expect(1, SINK_DIFFERS, "topic is \"\", and in its body \"b\"");
	assert_false(verify_diffs_int(&d, "row_count", -1, 7));
	expect(2, SINK_DIFFERS, "row_count is -1, and in its body 7");
	/* Of long texts that part which differs. */
	memset(one, 'a', sizeof(one));
	memset(other, 'a', sizeof(other));
	other[200] = 'b';
	assert_false(verify_diffs_text(&d, "m", (struct text){one, 300}, (struct text){other, 300}));
	assert_non_null(strstr(d.at[3].what, "body \"…aaaaaaaaaaaaaaab"));
	assert_true(strlen(d.at[3].what) < 200);
	verify_diffs_clear(&d);
	assert_int_equal(d.n, 0);
}

static struct stamp time_of(const char *text)
{
	struct stamp s = {0};

	assert_int_equal(time_parse_iso(text, strlen(text), &s), TIME_OK);
	return s;
}

static void times(void **state)
{
	const struct stamp a = time_of("2025-01-15T10:00:10.1234567Z"), b = time_of("2025-01-15T10:00:10.123456Z"),
			   none = {0}, garbage = {.text = "soon"};

	(void)state;
	assert_true(verify_diffs_time(&d, "t", false, &a, &a));
	assert_true(verify_diffs_time(&d, "t", true, &a, &b));
	assert_true(verify_diffs_time(&d, "t", true, &none, &none));
	assert_int_equal(d.n, 0);
	assert_false(verify_diffs_time(&d, "t", false, &a, &b));
	assert_false(verify_diffs_time(&d, "t", true, &none, &b));
	expect(1, SINK_DIFFERS, "t is null, and in its body \"2025-01-15T10:00:10.123456Z\"");
	assert_false(verify_diffs_time(&d, "t", true, &garbage, &b));
	assert_false(verify_diffs_time(&d, "t", true, &garbage, &none));
	verify_diffs_clear(&d);
}

/* Rows that follow each other are one difference; nothing else is lost between them. */
static void rows(void **state)
{
	(void)state;
	verify_diffs_rows(&d, SINK_MISSING, 3, 5, 5);
	verify_diffs_rows(&d, SINK_MISSING, 3, 6, 8);
	verify_diffs_rows(&d, SINK_MISSING, 3, 10, 10);
	verify_diffs_rows(&d, SINK_EXTRA, 3, 11, 11);
	verify_diffs_rows(&d, SINK_EXTRA, 4, 12, 12);
	verify_diffs_add(&d, SINK_ERROR, "%s", "x");
	verify_diffs_rows(&d, SINK_MISSING, 4, 0, 0);
	verify_diffs_end(&d);
	verify_diffs_end(&d);
	assert_int_equal(d.n, 6);
	expect(0, SINK_MISSING, "rows 5 to 8 of action 3's result are missing");
	expect(1, SINK_MISSING, "row 10 of action 3's result is missing");
	expect(2, SINK_EXTRA, "row 11 of action 3's result is not in its body");
	expect(3, SINK_EXTRA, "row 12 of action 4's result is not in its body");
	expect(4, SINK_ERROR, "x");
	expect(5, SINK_MISSING, "row 0 of action 4's result is missing");
	verify_diffs_clear(&d);
}

static void many(void **state)
{
	(void)state;
	for (int i = 0; i < VERIFY_DIFFS_MAX + 7; i++)
		verify_diffs_add(&d, SINK_DIFFERS, "%d", i);
	assert_int_equal(d.n, VERIFY_DIFFS_MAX);
	assert_int_equal(d.more, 7);
	assert_false(d.failed);
	verify_diffs_clear(&d);
	assert_int_equal(d.more, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(values), cmocka_unit_test(times), cmocka_unit_test(rows),
					   cmocka_unit_test(many)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
