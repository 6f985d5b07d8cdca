#include "report_table.h"

#include "unit.h"

#include <string.h>

static void what_reads_like_a_number(void **state)
{
	static const char *const yes[] = {"0",    "5",   "678,994.41", "$12.00", "-3", "(3)",
					  "45 %", "0.5", "€ 7",        "1.5M",   "−2"};
	static const char *const no[] = {"",  "00123", "2026-11-27", "a",  "1a",         "$",
					 "-", "1 2",   "12:30",      "No", "127.0.0.1/8"};

	(void)state;
	for (size_t i = 0; i < sizeof(yes) / sizeof(yes[0]); i++)
		assert_true(report_table_is_number(text_of(yes[i])));
	for (size_t i = 0; i < sizeof(no) / sizeof(no[0]); i++)
		assert_false(report_table_is_number(text_of(no[i])));
}

static void add(struct report_table *t, struct buf *out, int64_t i, enum row_section section, const char *a,
		const char *b)
{
	const struct text cells[] = {text_of(a), text_of(b)};
	const struct row row = {.row_index = i, .section = section, .cells = cells, .n = 2};

	assert_int_equal(report_table_row(t, out, &row), 0);
}

static const struct text labels[] = {{"Name", 4}, {"A<b>", 4}};

static void the_header_follows_its_column(void **state)
{
	struct report_table t = {0};
	const struct query_result r = {.columns = labels, .n_columns = 2};
	struct buf out;

	(void)state;
	buf_init(&out, 1 << 20);
	assert_int_equal(report_table_begin(&t, &r), 0);
	for (int i = 0; i < 50; i++)
		add(&t, &out, i, SECTION_NONE, i == 30 ? "<script>" : "x", i == 3 ? "" : "1.5");
	assert_int_equal(report_table_end(&t, &out), 0);
	assert_non_null(strstr(
	    out.data,
	    "<th scope=\"col\" dir=\"auto\">Name</th><th scope=\"col\" dir=\"auto\" class=\"n\">A&lt;b&gt;</th>"));
	assert_non_null(strstr(out.data, "<td dir=\"auto\">&lt;script&gt;</td><td class=\"n\">1.5</td>"));
	assert_int_equal(t.shown, 50);
	/* Used again: a column with one word in it is text, and one that the API calls a number is one. */
	buf_clear(&out);
	assert_int_equal(report_table_begin(&t, &r), 0);
	add(&t, &out, 0, SECTION_NONE, "1", "1");
	add(&t, &out, 1, SECTION_NONE, "2", "n/a");
	assert_int_equal(report_table_end(&t, &out), 0);
	assert_non_null(
	    strstr(out.data, "<th scope=\"col\" dir=\"auto\" class=\"n\">Name</th><th scope=\"col\" dir=\"auto\">A"));
	report_table_free(&t);
	buf_free(&out);
}

static void sections_and_types(void **state)
{
	static const struct text types[] = {{"STRING", 6}, {NULL, 0}};
	struct report_table t = {0};
	const struct query_result r = {.columns = labels, .column_types = types, .n_columns = 2};
	struct buf out;

	(void)state;
	buf_init(&out, 1 << 20);
	assert_int_equal(report_table_begin(&t, &r), 0);
	add(&t, &out, 0, SECTION_FIRST, "1", "1");
	add(&t, &out, 1, SECTION_MIDDLE, "2", "2");
	add(&t, &out, 2, SECTION_LAST, "3", "3");
	assert_int_equal(report_table_end(&t, &out), 0);
	assert_non_null(strstr(out.data, "Name<small>STRING</small></th>"));
	assert_non_null(
	    strstr(out.data,
		   "<tbody>\n<tr class=\"section\"><th scope=\"rowgroup\" colspan=\"2\">First rows</th></tr>\n<tr><td "
		   "dir=\"auto\">1</td><td class=\"n\">1</td></tr>\n</tbody>\n<tbody>\n<tr class=\"section\">"));
	assert_non_null(strstr(out.data, "Last rows"));
	report_table_free(&t);
	buf_free(&out);
}

static void what_is_too_wide(void **state)
{
	static struct text wide[REPORT_COLUMNS + 7];
	static char cell[5000];
	struct report_table t = {0};
	struct query_result r = {.columns = wide, .n_columns = REPORT_COLUMNS + 2};
	struct row row = {.cells = wide, .n = REPORT_COLUMNS + 7};
	struct buf out;

	(void)state;
	memset(cell, 'y', sizeof(cell));
	for (size_t i = 0; i < REPORT_COLUMNS + 7; i++)
		wide[i] = (struct text){cell, sizeof(cell)};
	buf_init(&out, 1 << 20);
	assert_int_equal(report_table_begin(&t, &r), 0);
	for (int i = 0; i < 2 * REPORT_HELD_ROWS; i++)
		assert_int_equal(report_table_row(&t, &out, &row), 0);
	row.n = 0;
	assert_int_equal(report_table_row(&t, &out, &row), 0);
	assert_int_equal(report_table_end(&t, &out), 0);
	assert_int_equal(t.columns_left, 7);
	assert_int_equal(t.cells_cut, 2 * REPORT_HELD_ROWS * REPORT_COLUMNS);
	assert_non_null(strstr(out.data, "y<span class=\"cut\">… 4600 bytes more</span>"));
	report_table_free(&t);
	buf_free(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_reads_like_a_number),
	    cmocka_unit_test(the_header_follows_its_column),
	    cmocka_unit_test(sections_and_types),
	    cmocka_unit_test(what_is_too_wide),
	};
	return cmocka_run_group_tests_name("report_table", tests, NULL, NULL);
}
