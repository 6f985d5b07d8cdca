#include "csv_cells.h"

#include "flat_test.h"

static const char *row_of(const struct text *cells, size_t n, struct csv_cells_style style)
{
	struct flatdir *d = flatdir_open("d", &options, &err);
	struct flatfile f;

	assert_non_null(d);
	WORKS(flatdir_remove(d, "f", &err));
	WORKS(flatfile_begin(&f, d, "f", &err));
	WORKS(csv_cells_row(&f, cells, n, style, &err));
	WORKS(flatfile_end(&f, &err));
	flatdir_close(d);
	return file_text("d/f");
}

static void one_cell(void **state)
{
	static const struct {
		const char *cell, *exact, *escaped;
	} cases[] = {
	    {"", "\"\"\n", "\"\"\n"},
	    {" ", " \n", " \n"},
	    {"plain text", "plain text\n", "plain text\n"},
	    {"678,994.41", "\"678,994.41\"\n", "\"678,994.41\"\n"},
	    {"say \"hi\"", "\"say \"\"hi\"\"\"\n", "\"say \"\"hi\"\"\"\n"},
	    {"\"", "\"\"\"\"\n", "\"\"\"\"\n"},
	    {"a\nb", "\"a\nb\"\n", "\"a\nb\"\n"},
	    {"a\rb", "\"a\rb\"\n", "\"a\rb\"\n"},
	    {"1234567,", "\"1234567,\"\n", "\"1234567,\"\n"},
	    {"12345678,", "\"12345678,\"\n", "\"12345678,\"\n"},
	    {"=1+1", "=1+1\n", "'=1+1\n"},
	    {"=A(\"x\")", "\"=A(\"\"x\"\")\"\n", "\"'=A(\"\"x\"\")\"\n"},
	    {"@SUM(A1)", "@SUM(A1)\n", "'@SUM(A1)\n"},
	    {"\tx", "\tx\n", "'\tx\n"},
	    {"\rx", "\"\rx\"\n", "\"'\rx\"\n"},
	    {"-1,234.50", "\"-1,234.50\"\n", "\"-1,234.50\"\n"},
	    {"-cmd", "-cmd\n", "'-cmd\n"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct text cell = text_of(cases[i].cell);
		assert_string_equal(row_of(&cell, 1, (struct csv_cells_style){0}), cases[i].exact);
		assert_string_equal(row_of(&cell, 1, (struct csv_cells_style){.escape = true}), cases[i].escaped);
	}
}

static void rows(void **state)
{
	const struct text cells[] = {text_of("a"), text_of(""), TEXT_NULL, text_of("=b")};

	(void)state;
	assert_string_equal(row_of(cells, 4, (struct csv_cells_style){0}), "a,,,=b\n");
	assert_string_equal(row_of(cells, 4, (struct csv_cells_style){.quote_empty = true}), "a,\"\",,=b\n");
	assert_string_equal(row_of(cells, 0, (struct csv_cells_style){0}), "\n");
}

/* Around the sizes at which a cell goes another way, each byte of a kind that it must see. */
static void long_cells(void **state)
{
	static const size_t sizes[] = {FLATFILE_BLOCK / 4 - 1, FLATFILE_BLOCK / 4, FLATFILE_BLOCK, 3 * FLATFILE_BLOCK};
	static const char kinds[] = {'x', '"', ',', '='};
	static char text[3 * FLATFILE_BLOCK];

	(void)state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		for (size_t k = 0; k < sizeof(kinds); k++) {
			const struct text cells[] = {{"before", 6}, {text, sizes[i]}};
			const size_t quotes = kinds[k] == '"' ? 2 + sizes[i] : kinds[k] == ',' ? 2 : 0;
			struct stat st;
			memset(text, kinds[k], sizeof(text));
			(void)row_of(cells, 2, (struct csv_cells_style){.escape = true});
			assert_int_equal(stat("d/f", &st), 0);
			assert_int_equal(st.st_size, 6 + 1 + sizes[i] + quotes + (kinds[k] == '=') + 1);
		}
	}
	text[0] = '=';
	text[1] = '"';
	assert_memory_equal(row_of(&(struct text){text, FLATFILE_BLOCK}, 1, (struct csv_cells_style){.escape = true}),
			    "\"'=\"\"=", 6);
}

static void formulas(void **state)
{
	static const char *const numbers[] = {
	    "-5",  "+3.2",    "-1,234.50",       "-.5", "+5.", "-1e5", "-1.5E-3", "-$5",
	    "-5%", "-$1,000", "-\xe2\x82\xac.5", "x=1", "1-1", ""};
	static const char *const run[] = {"=",     "=5",    "+",    "-",   "-a",     "--5",   "-5-5",
					  "-5+A1", "+1(2)", "-1e",  "-,5", "-1.2.3", "@a",    "\t",
					  "\r5",   "-$",    "-5%%", "-5 ", "-0x10",  "+1|cmd"};

	(void)state;
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		if (csv_cells_is_formula(text_of(numbers[i])))
			fail_msg("'%s' is no formula", numbers[i]);
	}
	for (size_t i = 0; i < sizeof(run) / sizeof(run[0]); i++) {
		if (!csv_cells_is_formula(text_of(run[i])))
			fail_msg("'%s' is a formula", run[i]);
	}
}

static void slugs(void **state)
{
	static const char *const cases[][2] = {
	    {"Sales by Month", "sales-by-month"},
	    {"", "result"},
	    {"../../etc/passwd", "etc-passwd"},
	    {"..", "result"},
	    {"\xc3\xa9t\xc3\xa9 2025", "t-2025"},
	    {"--a--b--", "a-b"},
	    {"A\nB\tC", "a-b-c"},
	    {"CON", "con"},
	};
	char out[CSV_SLUG_MAX + 1], text[300];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_string_equal(csv_cells_slug(text_of(cases[i][0]), out), cases[i][1]);
	assert_string_equal(csv_cells_slug(TEXT_NULL, out), "result");
	memset(text, 'a', sizeof(text));
	assert_int_equal(strlen(csv_cells_slug((struct text){text, sizeof(text)}, out)), CSV_SLUG_MAX);
	text[CSV_SLUG_MAX - 1] = ' ';
	assert_int_equal(strlen(csv_cells_slug((struct text){text, sizeof(text)}, out)), CSV_SLUG_MAX - 1);
	for (int c = 0; c < 256; c++) {
		const char byte = (char)c;
		csv_cells_slug((struct text){&byte, 1}, out);
		assert_int_equal(strspn(out, "abcdefghijklmnopqrstuvwxyz0123456789-"), strlen(out));
		assert_true(out[0] != '-' && out[0] != '\0');
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(one_cell), TEST(rows), TEST(long_cells), TEST(formulas), TEST(slugs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
