#include "coltype.h"

#include "unit.h"

#include <stdio.h>
#include <string.h>

/* What each cell fits, as the first letters: i d m % b D T; "": text alone. A currency of its own for each. */
static const struct {
	const char *cell, *fits;
} cells[] = {
    {"0", "id"},
    {"-17", "id"},
    {"1,234", "id"},
    {"999,999,999,999,999,999", "id"},
    {"9223372036854775807", "id"},
    {"-9223372036854775808", "id"},
    {"9223372036854775808", "d"},
    {"-9223372036854775809", "d"},
    {"123456789012345678901234567890", "d"},
    {"-0", "d"},
    {"0.50", "d"},
    {"-1,234.5", "d"},
    {"(1,234.5)", "d"},
    {"(5)", "d"},
    {"1.5e+06", "d"},
    {"-2E-7", "d"},
    {"0.000000E+00", "d"},
    {"9.99e307", "d"},
    /* no numbers: leading zeros, groups of another length, and what may be anything */
    {"00123", ""},
    {"01.5", ""},
    {"0,123", ""},
    {"12,34", ""},
    {"1,2345", ""},
    {"1234,567", ""},
    {"1,234,56", ""},
    {"9,223,372,036,854,775,807", ""},
    {"1,234.5,6", ""},
    {"+5", ""},
    {"+4930123456", ""},
    {".5", ""},
    {"5.", ""},
    {"1.2.3", ""},
    {"--5", ""},
    {"5-", ""},
    {"-(5)", ""},
    {"(-5)", ""},
    {"()", ""},
    {"(1.5e+06)", ""},
    {"5e3", ""},
    {"12e4", ""},
    {"1.0e308", ""},
    {"1.5e0001", ""},
    {"1e999999999", ""},
    {"-", ""},
    {" 5", ""},
    {"5 ", ""},
    {"\t5", ""},
    {"1_000", ""},
    {"0x1F", ""},
    {"NaN", ""},
    {"Infinity", ""},
    {"null", ""},
    {"\xef\xbc\x95", ""}, /* a full-width 5 */
    /* money */
    {"$1,234.50", "m"},
    {"-$5", "m"},
    {"$-5", "m"},
    {"$ 5", "m"},
    {"-$ 5", "m"},
    {"($5.00)", "m"},
    {"$(5.00)", "m"},
    {"(5.00$)", "m"},
    {"5 \xe2\x82\xac", "m"},
    {"5\xc2\xa0\xe2\x82\xac", "m"},
    {"CA$1,234", "m"},
    {"USD 5", "m"},
    {"5.00 EUR", "m"},
    {"(CHF 5)", "m"},
    {"- $5", ""},
    {" $5", ""},
    {"$5 ", ""},
    {"$", ""},
    {"$$5", ""},
    {"$5$", ""},
    {"5$6", ""},
    {"$12,34", ""},
    {"$1.234,56", ""},
    {"$007", ""},
    {"-$-5", ""},
    {"USD5", ""},
    {"SKU 123", ""},
    {"ABCD$5", ""},
    /* percent */
    {"12.5%", "%"},
    {"-3 %", "%"},
    {"1,234%", "%"},
    {"3  %", ""},
    {"%", ""},
    {" %", ""},
    {"5%%", ""},
    {"(5%)", ""},
    /* boolean */
    {"true", "b"},
    {"FALSE", "b"},
    {"Yes", "b"},
    {"no", "b"},
    {"t", ""},
    {"y", ""},
    {"on", ""},
    {"yess", ""},
    /* times */
    {"2025-01-15", "DT"},
    {"2024-02-29", "DT"},
    {"2000-02-29", "DT"},
    {"0001-01-01", "DT"},
    {"9999-12-31", "DT"},
    {"2026-02-30", ""},
    {"2025-02-29", ""},
    {"1900-02-29", ""},
    {"2025-04-31", ""},
    {"2025-13-01", ""},
    {"2025-00-01", ""},
    {"0000-01-01", ""},
    {"2025-1-5", ""},
    {"20250115", "id"},
    {"01/15/2025", ""},
    {"2025-01", ""},
    {"2025-01-15T10:00", "T"},
    {"2025-01-15 10:00:59", "T"},
    {"2025-01-15 10:00:00.123456789", "T"},
    {"2025-01-15T10:00:00Z", "T"},
    {"2025-01-15 10:00 UTC", "T"},
    {"2025-01-15T10:00:00.5+05:30", "T"},
    {"9999-12-31T23:59:59Z", "T"},
    {"9999-12-31T23:59:59-05:00", ""},
    {"0001-01-01T00:00:00+05:00", ""},
    {"2025-01-15T24:00", ""},
    {"2025-01-15T23:60", ""},
    {"2025-01-15T23:59:60", ""},
    {"2025-01-15T10", ""},
    {"2025-01-15  10:00", ""},
    {"2025-01-15TT10:00", ""},
    {"2025-01-15T10:00:00.Z", ""},
    {"2025-01-15T10:00+02", ""},
    {"2025-01-15T10:00+15:00", ""},
    {"2025-01-15T10:00 Z", ""},
    {"2025-01-15Z", ""},
    {"2025-02-30T10:00", ""},
};

static const char letters[] = "idm%bDT";

static void test_what_a_cell_fits(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cells) / sizeof(cells[0]); i++) {
		struct coltype c = {0};
		char found[8] = "";
		size_t n = 0;

		coltype_feed(&c, text_of(cells[i].cell));
		for (int kind = 0; kind < COLTYPE_TEXT; kind++)
			if (c.fits[kind])
				found[n++] = letters[kind];
		found[n] = '\0';
		if (strcmp(found, cells[i].fits) != 0)
			fail_msg("'%s' fits '%s', not '%s'", cells[i].cell, found, cells[i].fits);
		assert_int_equal(c.cells, 1);
		assert_int_equal(c.empty, 0);
	}
}

/* At the longest that is more than text, and one beyond; any byte anywhere is survived. */
static void test_long_and_odd_cells(void **state)
{
	char digits[COLTYPE_CELL_MAX + 2];
	struct coltype c = {0};
	unsigned random = 1;

	(void)state;
	memset(digits, '7', sizeof(digits));
	coltype_feed(&c, (struct text){digits, COLTYPE_CELL_MAX});
	assert_int_equal(c.fits[COLTYPE_DECIMAL], 1);
	coltype_feed(&c, (struct text){digits, COLTYPE_CELL_MAX + 1});
	assert_int_equal(c.fits[COLTYPE_DECIMAL], 1);
	for (int i = 0; i < 200000; i++) {
		/* of its own size, so that a byte too far is seen */
		const char *from = cells[random % (sizeof(cells) / sizeof(cells[0]))].cell;
		size_t n = strlen(from);
		char *cell = malloc(n);

		assert_non_null(cell);
		memcpy(cell, from, n);
		for (int k = 0; k < 2; k++) {
			random = random * 1103515245u + 12345u;
			cell[(random >> 8) % n] = (char)(random >> 16);
		}
		n -= (random >> 5) % n;
		coltype_feed(&c, (struct text){cell, n});
		free(cell);
	}
	assert_int_equal(c.cells, 200002);
}

static struct coltype column(const char *const *texts, size_t n)
{
	struct coltype c = {0};

	for (size_t i = 0; i < n; i++)
		coltype_feed(&c, text_of(texts[i]));
	return c;
}

#define COLUMN(...)                                                                                                    \
	column((const char *const[]){__VA_ARGS__}, sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *))

/* kind and source; source: 'a' or 'i' */
static void expect(const struct coltype *c, const char *api, const char *kind, char source, int misfits)
{
	bool from_api;
	const enum coltype_kind found = coltype_decide(c, text_of(api), &from_api);

	assert_string_equal(coltype_name(found), kind);
	assert_int_equal(from_api, source == 'a');
	assert_int_equal(coltype_misfits(c, found), misfits);
}

static void test_inferred(void **state)
{
	struct coltype c;

	(void)state;
	c = (struct coltype){0};
	expect(&c, NULL, "text", 'i', 0);
	c = COLUMN("", NULL, "");
	expect(&c, NULL, "text", 'i', 0);
	assert_int_equal(c.empty, 3);
	c = COLUMN("1", "", "2,000");
	expect(&c, NULL, "integer", 'i', 0);
	c = COLUMN("1", "2.5");
	expect(&c, NULL, "decimal", 'i', 0);
	c = COLUMN("1", "9223372036854775808");
	expect(&c, NULL, "decimal", 'i', 0);
	c = COLUMN("$1", "$2.50", "");
	expect(&c, NULL, "money", 'i', 0);
	assert_string_equal(c.currency, "$");
	c = COLUMN("2025-01-15", "2025-01-15T10:00");
	expect(&c, NULL, "timestamp", 'i', 0);
	c = COLUMN("2025-01-15", "2025-02-28");
	expect(&c, NULL, "date", 'i', 0);
	c = COLUMN("yes", "No");
	expect(&c, NULL, "boolean", 'i', 0);
	c = COLUMN("5%", "12.5 %");
	expect(&c, NULL, "percent", 'i', 0);
	/* one cell is enough */
	c = COLUMN("1", "2", "n/a", "4");
	expect(&c, NULL, "text", 'i', 0);
	c = COLUMN("1", "2", "007");
	expect(&c, NULL, "text", 'i', 0);
	c = COLUMN("$1", "\xe2\x82\xac"
			 "2");
	expect(&c, NULL, "text", 'i', 0);
	c = COLUMN("$1", "2");
	expect(&c, NULL, "text", 'i', 0);
	c = COLUMN("5%", "2");
	expect(&c, NULL, "text", 'i', 0);
	/* all in brackets: references; some: an account */
	c = COLUMN("(1)", "(2)");
	expect(&c, NULL, "text", 'i', 0);
	c = COLUMN("(1)", "2");
	expect(&c, NULL, "decimal", 'i', 0);
}

static void test_the_apis_word(void **state)
{
	struct coltype c = {0};

	(void)state;
	expect(&c, "NUMBER", "decimal", 'a', 0);
	expect(&c, "TIMESTAMP", "timestamp", 'a', 0);
	expect(&c, "YESNO", "boolean", 'a', 0);
	expect(&c, "UNKNOWN", "text", 'i', 0);
	assert_true(coltype_is_api(text_of("NUMBER")));
	assert_false(coltype_is_api(text_of("UNKNOWN")));
	assert_false(coltype_is_api(TEXT_NULL));
	c = COLUMN("00123", "00124");
	expect(&c, "STRING", "text", 'a', 0);
	c = COLUMN("123", "124");
	expect(&c, "STRING", "text", 'a', 0); /* postcodes */
	expect(&c, "NUMBER", "integer", 'a', 0);
	expect(&c, "OTHER_UNGROUPABLE", "integer", 'i', 0);
	expect(&c, "number", "integer", 'i', 0);
	expect(&c, "JSON", "text", 'a', 0);
	c = COLUMN("$1.50", "$2.50");
	expect(&c, "NUMBER", "money", 'a', 0);
	c = COLUMN("2025-01-15", "");
	expect(&c, "DATE", "date", 'a', 0);
	expect(&c, "TIMESTAMP", "timestamp", 'a', 0);
	/* nine of ten, and no fewer */
	c = COLUMN("1", "2", "3", "4", "5", "6", "7", "8", "9", "n/a", "");
	expect(&c, "NUMBER", "integer", 'a', 1);
	expect(&c, NULL, "text", 'i', 0);
	coltype_feed(&c, text_of("?"));
	expect(&c, "NUMBER", "text", 'i', 0);
	c = COLUMN("1.2K", "3.4M");
	expect(&c, "NUMBER", "text", 'i', 0);
	c = COLUMN("2025-01", "2025-02");
	expect(&c, "DATE", "text", 'i', 0);
}

static void test_as_text_and_back(void **state)
{
	static const char *const bad[] = {"",
					  "1 2",
					  "1 2 3 4 5 6 7 x",
					  "-1 2 3 4 5 6 7 8",
					  "1 2 3 4 5 6 7 8 9",

					  "1 2 3 4 5 6 7 8 $ $",
					  "1  2 3 4 5 6 7 8",
					  "99999999999999999999 2 3 4 5 6 7 8"};
	struct coltype c = COLUMN("CA$5", "(1)", "2", ""), d = {.cells = 4, .empty = 1};
	struct buf text;

	(void)state;
	buf_init(&text, 1000);
	assert_int_equal(coltype_write(&c, &text), 0);
	assert_true(coltype_read(&d, buf_text(&text)));
	assert_memory_equal(&c, &d, sizeof(c));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (coltype_read(&d, text_of(bad[i])))
			fail_msg("'%s' is read", bad[i]);
	assert_false(coltype_read(&d, TEXT_NULL));
	buf_free(&text);
	for (int kind = 0; kind < COLTYPES; kind++)
		assert_int_equal(coltype_of_name(text_of(coltype_name((enum coltype_kind)kind))), kind);
	assert_int_equal(coltype_of_name(text_of("varchar")), COLTYPE_TEXT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_what_a_cell_fits), cmocka_unit_test(test_long_and_odd_cells),
	    cmocka_unit_test(test_inferred),         cmocka_unit_test(test_the_apis_word),
	    cmocka_unit_test(test_as_text_and_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
