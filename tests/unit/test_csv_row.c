/* Which rows go past libcsv, and what is left to it: test_csv.c and fuzz_csv.c show that both ways give the same. */
#include "csv_row.h"
#include "unit.h"

#include <stdio.h>
#include <string.h>

/* The row at the beginning of these bytes, as [cell|cell]; its length. */
static size_t read_row(const char *csv, size_t n, char *seen, size_t room)
{
	struct csv_row row;
	size_t used, at = 0;

	csv_row_init(&row, 1000);
	seen[0] = '\0';
	used = csv_row_read(&row, csv, n);
	assert_true(used <= n);
	if (used == 0)
		assert_int_equal(row.n, 0);
	for (size_t i = 0; i < row.n; i++) {
		assert_int_equal(row.cells[i].p[row.cells[i].n], '\0');
		assert_int_equal(strlen(row.cells[i].p), row.cells[i].n);
		at += (size_t)snprintf(seen + at, room - at, "%s%s", i > 0 ? "|" : "[", row.cells[i].p);
		assert_true(at < room - 1);
	}
	if (row.n > 0)
		(void)snprintf(seen + at, room - at, "]");
	csv_row_free(&row);
	return used;
}

static void test_plain(void **state)
{
	static const struct {
		const char *csv;
		size_t used;
		const char *seen;
	} cases[] = {
	    {"a,b\nc", 4, "[a|b]"},
	    {"a,b\r\nc", 5, "[a|b]"},
	    {"\nx", 1, ""},
	    {"\r\nx", 2, ""},
	    {",\n", 2, "[|]"},
	    {"\"\"\n", 3, "[]"},
	    {"\"441,643.04\",\"a\nb\r\nc\rd\"\n", 24, "[441,643.04|a\nb\r\nc\rd]"},
	    {"\"said \"\"soon\"\"\",\"\"\"\"\r\n", 22, "[said \"soon\"|\"]"},
	    {" a , b \n", 8, "[ a | b ]"},
	    {"\xe6\x9d\x8e,\xff\n", 6, "[\xe6\x9d\x8e|\xff]"},
	};
	char seen[100];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(read_row(cases[i].csv, strlen(cases[i].csv), seen, sizeof(seen)), cases[i].used);
		assert_string_equal(seen, cases[i].seen);
		/* Not whole. In memory of just that size: what is beyond is not looked at. */
		for (size_t n = 0; n < cases[i].used; n++) {
			char *cut = malloc(n > 0 ? n : 1);

			assert_non_null(cut);
			memcpy(cut, cases[i].csv, n);
			assert_int_equal(read_row(cut, n, seen, sizeof(seen)), 0);
			free(cut);
		}
	}
}

static void test_left_to_libcsv(void **state)
{
	static const char *const cases[] = {"a\"b\n",     "\"a\"b\n",   "\"a\" ,b\n", "a\rb\n",     "\rb\n", "a\r\r\n",
					    "\"a\"\rb\n", "\"a\"\"b\n", "a",          "a,\"b\nc\n", "a,b\r", "\"a"};
	char seen[100];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(read_row(cases[i], strlen(cases[i]), seen, sizeof(seen)), 0);
}

/* More cells than there was room for, a row larger than the maximum, and one again into the same memory. */
static void test_sizes(void **state)
{
	struct csv_row row;
	char csv[2001];

	(void)state;
	csv_row_init(&row, 1000);
	memset(csv, ',', sizeof(csv));
	csv[999] = '\n';
	assert_int_equal(csv_row_read(&row, csv, 1000), 1000);
	assert_int_equal(row.n, 1000);
	assert_int_equal(row.cells[999].n, 0);
	csv_row_clear(&row);
	assert_int_equal(csv_row_read(&row, csv, sizeof(csv)), 0);
	assert_int_equal(row.n, 0);
	assert_int_equal(csv_row_read(&row, "x\n", 2), 2);
	assert_string_equal(row.cells[0].p, "x");
	csv_row_trim(&row, 100);
	assert_int_equal(row.n, 0);
	assert_int_equal(csv_row_read(&row, "y\n", 2), 2);
	assert_string_equal(row.cells[0].p, "y");
	csv_row_free(&row);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_plain),
	    cmocka_unit_test(test_left_to_libcsv),
	    cmocka_unit_test(test_sizes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
