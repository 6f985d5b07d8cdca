/* The markers of truncated results: what is one, what only looks like one, and where it may stand. */
#include "sections.h"
#include "unit.h"

#include <stdlib.h>
#include <string.h>

static const char *const middle = "# SAMPLED 1 ROWS FROM MIDDLE (rows 2-9):";

/* Lines of one cell go through; the answer is a letter for each: F M L a marker, f m l a row of that section. */
static const char *through(size_t n_columns, const char *const *lines)
{
	static char out[64];
	struct sections s;
	size_t n = 0;

	sections_init(&s, n_columns);
	for (; lines[n] != NULL; n++) {
		struct text cell = text_of(lines[n]);
		bool marker = sections_take(&s, &cell, 1);

		out[n] = (marker ? " FML" : " fml")[s.now];
	}
	out[n] = '\0';
	return out;
}

static bool is_marker(const char *p, size_t n, enum row_section *section)
{
	struct text cell = {p, n};
	struct sections s;
	bool marker;

	sections_init(&s, 2);
	s.now = SECTION_NONE;
	marker = sections_take(&s, &cell, 1);
	*section = s.now;
	return marker;
}

static void test_markers(void **state)
{
	static const struct {
		const char *cell;
		enum row_section section;
	} cases[] = {
	    {"# FIRST 1 ROWS:", SECTION_FIRST},
	    {"# FIRST 0 ROWS:", SECTION_FIRST},
	    {"# LAST 250 ROWS:", SECTION_LAST},
	    {"# LAST 999999999999999999 ROWS:", SECTION_LAST},
	    {"# SAMPLED 100 ROWS FROM MIDDLE (rows 101-99900):", SECTION_MIDDLE},
	};
	enum row_section section;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_true(is_marker(cases[i].cell, strlen(cases[i].cell), &section));
		assert_int_equal(section, cases[i].section);
	}
}

static void test_what_only_looks_like_one(void **state)
{
	static const char *const cells[] = {
	    "",
	    "#",
	    "# FIRST",
	    "# FIRST ",
	    "# FIRST 1",
	    "# FIRST 1 ROWS",
	    "# FIRST  ROWS:",
	    "# FIRST -1 ROWS:",
	    "# FIRST 1.5 ROWS:",
	    "# FIRST one ROWS:",
	    "# FIRST 1 ROWS: ",
	    " # FIRST 1 ROWS:",
	    "# FIRST 1 ROWS:\r",
	    "# first 1 rows:",
	    "#FIRST 1 ROWS:",
	    "FIRST 1 ROWS:",
	    "# FIRST 1 ROWS FROM MIDDLE (rows 2-9):",
	    "# FIRST 1234567890123456789 ROWS:",
	    "# SAMPLED 1 ROWS:",
	    "# SAMPLED 1 ROWS FROM MIDDLE:",
	    "# SAMPLED 1 ROWS FROM MIDDLE (rows 2):",
	    "# SAMPLED 1 ROWS FROM MIDDLE (rows 2-):",
	    "# SAMPLED 1 ROWS FROM MIDDLE (rows -9):",
	    "# SAMPLED 1 ROWS FROM MIDDLE (rows 2-9)",
	    "# SAMPLED 1 ROWS FROM MIDDLE (rows 2-9:",
	    "# LASTLY 1 ROWS:",
	};
	enum row_section section;

	(void)state;
	for (size_t i = 0; i < sizeof(cells) / sizeof(cells[0]); i++) {
		assert_false(is_marker(cells[i], strlen(cells[i]), &section));
		assert_int_equal(section, SECTION_NONE);
	}
	/* A NUL within the cell hides nothing behind it. */
	assert_false(is_marker("# FIRST 1 ROWS:\0x", 17, &section));
	/* No prefix of a marker is one, and none is read beyond its end. */
	for (size_t n = 0; n < strlen(middle); n++) {
		char *cut = malloc(n + 1);

		assert_non_null(cut);
		memcpy(cut, middle, n);
		assert_false(is_marker(cut, n, &section));
		free(cut);
	}
}

static void test_several_columns(void **state)
{
	struct sections s;
	struct text two[2] = {text_of("# FIRST 1 ROWS:"), text_of("")};

	(void)state;
	/* The announced count is no promise here: markers count wherever they stand. */
	assert_string_equal(
	    through(2, (const char *const[]){"# FIRST 1 ROWS:", "a", middle, "b", "c", "# LAST 5 ROWS:", "d", NULL}),
	    "FfMmmLl");
	assert_string_equal(through(2, (const char *const[]){"a", "b", "# LAST 1 ROWS:", "c", NULL}), "ffLl");
	assert_string_equal(through(2, (const char *const[]){"a", "b", NULL}), "ff");
	assert_string_equal(through(3, (const char *const[]){"# FIRST 0 ROWS:", middle, "# LAST 0 ROWS:", NULL}),
			    "FML");
	/* A row of two cells is a row. */
	sections_init(&s, 2);
	assert_false(sections_take(&s, two, 2));
	assert_int_equal(s.now, SECTION_FIRST);
	assert_false(sections_take(&s, NULL, 0));
}

static void test_one_column(void **state)
{
	(void)state;
	assert_string_equal(
	    through(1, (const char *const[]){"# FIRST 2 ROWS:", "a", "b", middle, "c", "# LAST 1 ROWS:", "d", NULL}),
	    "FffMmLl");
	/* Not as the first line: data, and so is every later one. */
	assert_string_equal(through(1, (const char *const[]){"a", "# FIRST 1 ROWS:", "b", middle, NULL}), "ffff");
	/* Within the announced rows: data. */
	assert_string_equal(
	    through(1, (const char *const[]){"# FIRST 2 ROWS:", "# LAST 1 ROWS:", "b", "# LAST 1 ROWS:", "c", NULL}),
	    "FffLl");
	/* One row late: data, and nothing counts from there on. */
	assert_string_equal(
	    through(1, (const char *const[]){"# FIRST 1 ROWS:", "a", "b", "# LAST 1 ROWS:", "# LAST 1 ROWS:", NULL}),
	    "Fffff");
	/* A section of no rows is followed by its successor at once. */
	assert_string_equal(through(1, (const char *const[]){"# FIRST 0 ROWS:", middle, "", "# LAST 1 ROWS:", NULL}),
			    "FMmL");
	/* After the last announced row of the last section everything is a row of it. */
	assert_string_equal(through(1, (const char *const[]){"# LAST 1 ROWS:", "a", "b", "c", NULL}), "Llll");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_markers),
	    cmocka_unit_test(test_what_only_looks_like_one),
	    cmocka_unit_test(test_several_columns),
	    cmocka_unit_test(test_one_column),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
