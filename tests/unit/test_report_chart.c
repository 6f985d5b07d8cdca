#include "report_chart.h"

#include "unit.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static void the_axis_ends_at_a_round_number(void **state)
{
	static const int64_t cases[][2] = {{0, 1},   {1, 1},   {2, 2},    {3, 5},      {5, 5},      {6, 10},
					   {11, 20}, {21, 50}, {51, 100}, {999, 1000}, {1001, 2000}};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(report_chart_top(cases[i][0]), cases[i][1]);
	assert_true(report_chart_top(INT64_MAX) > 0);
}

/* The height of the n-th bar of a class; 0: there is none. */
static double height_of(const char *svg, const char *class, int n)
{
	char begin[64];
	double height = 0;

	(void)snprintf(begin, sizeof(begin), "<rect class=\"%s\"", class);
	for (const char *at = svg; n >= 0 && (at = strstr(at, begin)) != NULL; at++, n--)
		if (n == 0)
			(void)sscanf(strstr(at, "height="), "height=\"%lf\"", &height);
	return height;
}

static void bars_are_as_high_as_their_numbers(void **state)
{
	struct report_bars b = {.unit = "day", .n = 3};
	struct buf out;

	(void)state;
	(void)snprintf(b.at[0].label, sizeof(b.at[0].label), "2026-11-25");
	(void)snprintf(b.at[2].label, sizeof(b.at[2].label), "<script>");
	b.at[0].n[PART_STORED] = 10;
	b.at[2].n[PART_STORED] = 4;
	b.at[2].n[PART_LOST] = 1;
	buf_init(&out, 1 << 20);
	assert_int_equal(report_chart_bars(&out, &b, "a \"title\"", "day"), 0);
	assert_true(height_of(out.data, "stored", 0) > 100);
	assert_true(fabs(height_of(out.data, "stored", 0) - 2.5 * height_of(out.data, "stored", 1)) < 0.5);
	assert_true(fabs(height_of(out.data, "stored", 1) - 4 * height_of(out.data, "lost", 0)) < 0.5);
	assert_true(height_of(out.data, "lost", 0) > 1);
	assert_true(height_of(out.data, "stored", 2) < 0.1);
	assert_non_null(strstr(out.data, "<tr><th scope=\"row\">2026-11-25</th><td class=\"n\">10</td><td "
					 "class=\"n\">0</td><td class=\"n\">0</td></tr>"));
	assert_non_null(strstr(out.data, "aria-label=\"a &quot;title&quot;\""));
	assert_null(strstr(out.data, "<script>"));
	assert_null(strstr(out.data, "style="));
	buf_free(&out);
}

static void causes_are_text(void **state)
{
	struct reasons r = {0};
	struct uuid id = {{1}};
	struct buf out;

	(void)state;
	buf_init(&out, 1 << 20);
	for (int i = 0; i < 3; i++)
		assert_int_equal(reasons_add(&r, JOB_FAILED, text_of("</table><script>x</script>"), &id), 0);
	assert_int_equal(reasons_add(&r, JOB_EXPIRED, text_of("gone"), &id), 0);
	assert_int_equal(reasons_add(&r, JOB_DENIED, text_of("no"), &id), 0);
	reasons_sort(&r);
	assert_int_equal(report_chart_reasons(&out, &r, 2), 0);
	assert_non_null(
	    strstr(out.data, "failed</span> &lt;/table&gt;&lt;script&gt;x&lt;/script&gt;</th><td class=\"n\">3</td>"));
	assert_non_null(strstr(out.data, "width=\"100.00%\""));
	assert_non_null(strstr(out.data, "width=\"33.33%\""));
	assert_non_null(strstr(out.data, "other causes"));
	assert_null(strstr(out.data, "<script>"));
	reasons_free(&r);
	buf_free(&out);
}

static void topics_and_the_rest(void **state)
{
	struct report_topics t = {0};
	struct buf out;

	(void)state;
	buf_init(&out, 1 << 20);
	(void)report_topic(&t, text_of("a"));
	(void)report_topic(&t, text_of("b<"));
	(void)report_topic(&t, text_of("c"));
	t.at[0].rows = 1;
	t.at[1].rows = 1200;
	t.at[2].rows = 600;
	t.at[3].rows = 2;
	assert_int_equal(report_chart_topics(&out, &t, 2), 0);
	assert_non_null(strstr(out.data, ">a</th><td class=\"n\">1,200</td>"));
	assert_non_null(strstr(out.data, ">b&lt;</th><td class=\"n\">600</td><td class=\"bar\"><svg "
					 "aria-hidden=\"true\"><rect class=\"span\" width=\"50.00%\""));
	assert_non_null(strstr(out.data, "2 other topics</i></th><td class=\"n\">3</td>"));
	report_topics_free(&t);
	buf_free(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_axis_ends_at_a_round_number),
	    cmocka_unit_test(bars_are_as_high_as_their_numbers),
	    cmocka_unit_test(causes_are_text),
	    cmocka_unit_test(topics_and_the_rest),
	};
	return cmocka_run_group_tests_name("report_chart", tests, NULL, NULL);
}
