#include "viewname.h"

#include "unit.h"

#include <stdio.h>
#include <string.h>

static void test_of_queries(void **state)
{
	static const struct {
		const char *query, *name;
	} cases[] = {
	    {"Top 5 Products by Revenue", "v_top_5_products_by_revenue"},
	    {"  --Sales/Month (2024)!  ", "v_sales_month_2024"},
	    {"Ums\xc3\xa4tze", "v_ums_tze"},
	    {"\"); DROP TABLE jobs; --", "v_drop_table_jobs"},
	    {"\xe5\xa3\xb2\xe4\xb8\x8a", "v_result"},
	    {"\xf0\x9f\x98\x80", "v_result"},
	    {"___", "v_result"},
	    {"", "v_result"},
	    {NULL, "v_result"},
	    {"select", "v_select"},
	};
	char name[VIEWNAME_MAX + 1];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(viewname_of_query(text_of(cases[i].query), name), 0);
		assert_string_equal(name, cases[i].name);
	}
}

static void test_long_ones_are_cut_with_a_hash(void **state)
{
	char query[200], a[VIEWNAME_MAX + 1], b[VIEWNAME_MAX + 1];

	(void)state;
	memset(query, 'x', sizeof(query));
	assert_int_equal(viewname_of_query((struct text){query, 61}, a), 0);
	assert_int_equal(strlen(a), 63);
	assert_int_equal(strspn(a + 2, "x"), 61); /* it just fits */
	assert_int_equal(viewname_of_query((struct text){query, 62}, a), 0);
	assert_int_equal(strlen(a), 63);
	assert_int_equal(a[54], '_');
	assert_int_equal(viewname_of_query((struct text){query, 63}, b), 0);
	assert_int_equal(strlen(b), 63);
	assert_string_not_equal(a, b);
	assert_memory_equal(a, b, 54);
}

static void test_apart(void **state)
{
	char a[VIEWNAME_MAX + 1], b[VIEWNAME_MAX + 1], c[VIEWNAME_MAX + 1], query[200];
	const struct text name = text_of("Sales");

	(void)state;
	assert_int_equal(viewname_apart(name, text_of("[\"A\"]"), 0, a), 0);
	assert_int_equal(viewname_apart(name, text_of("[\"B\"]"), 0, b), 0);
	assert_int_equal(viewname_apart(name, text_of("[\"A\"]"), 1, c), 0);
	assert_memory_equal(a, "v_sales_", 8);
	assert_int_equal(strlen(a), 16);
	assert_string_not_equal(a, b);
	assert_string_not_equal(a, c);
	assert_int_equal(viewname_apart(name, text_of("[\"A\"]"), 0, c), 0);
	assert_string_equal(a, c); /* the same each time */
	memset(query, 'x', sizeof(query));
	assert_int_equal(viewname_apart((struct text){query, 200}, text_of("[\"A\"]"), 0, a), 0);
	assert_int_equal(strlen(a), 63);
}

static void test_columns(void **state)
{
	static const struct {
		const char *label, *name;
	} cases[] = {
	    {"Total Revenue ($)", "total_revenue"},
	    {"job_id", "job_id_2"}, /* a fixed one */
	    {"2024", "c_2024"},
	    {"order", "order_"},
	    {"User", "user_"},
	    {"Order", "order_2"},
	    {"Name", "name"},
	    {"NAME", "name_2"},
	    {"name 2", "name_2_2"},
	    {"name", "name_3"},
	    {"", "column_11"},
	    {"\xf0\x9f\x98\x80", "column_12"},
	    {"column 12", "column_12_2"},
	    {"a\"; DROP TABLE jobs; --", "a_drop_table_jobs"},
	    {"rowid", "rowid_"},
	    {"values", "values_"},
	    {"_private_", "private"},
	};
	struct viewname_set *set = viewname_set_new();
	char name[VIEWNAME_MAX + 1];

	(void)state;
	assert_non_null(set);
	assert_int_equal(viewname_set_add(set, text_of("job_id")), 0);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(viewname_of_column(text_of(cases[i].label), i + 1, set, name), 0);
		assert_string_equal(name, cases[i].name);
	}
	viewname_set_free(set);
}

/* However many have the same long label, or one that is cut to the same: all differ, none is too long, all are safe. */
static void test_columns_are_unique(void **state)
{
	struct viewname_set *set = viewname_set_new(), *seen = viewname_set_new();
	char label[301], name[VIEWNAME_MAX + 1];

	(void)state;
	memset(label, 'L', 300);
	label[300] = '\0';
	for (size_t i = 0; i < 300; i++) {
		assert_int_equal(
		    viewname_of_column((struct text){label, i % 3 == 0 ? 300 : 40 + i % 30}, i + 1, set, name), 0);
		assert_true(strlen(name) <= VIEWNAME_MAX);
		assert_int_equal(strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_"), strlen(name));
		assert_false(viewname_set_has(seen, text_of(name)));
		assert_int_equal(viewname_set_add(seen, text_of(name)), 0);
	}
	viewname_set_free(set);
	viewname_set_free(seen);
}

static void test_sets(void **state)
{
	struct viewname_set *set = viewname_set_new();
	char name[16];

	(void)state;
	assert_false(viewname_set_has(set, text_of("a")));
	for (int i = 0; i < 1000; i++) {
		(void)snprintf(name, sizeof(name), "Name%d", i * 7919 % 1000);
		assert_int_equal(viewname_set_add(set, text_of(name)), 0);
	}
	for (int i = 0; i < 1000; i++) {
		(void)snprintf(name, sizeof(name), "nAMe%d", i);
		assert_true(viewname_set_has(set, text_of(name)));
	}
	assert_false(viewname_set_has(set, text_of("name")));
	assert_false(viewname_set_has(set, text_of("name1000")));
	assert_true(viewname_set_has(set, (struct text){"name10x", 6}));
	viewname_set_free(set);
	viewname_set_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_of_queries), cmocka_unit_test(test_long_ones_are_cut_with_a_hash),
	    cmocka_unit_test(test_apart),      cmocka_unit_test(test_columns),
	    cmocka_unit_test(test_sets),       cmocka_unit_test(test_columns_are_unique),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
