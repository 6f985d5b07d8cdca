#include "shellword.h"

#include "unit.h"

#include <stdio.h>
#include <string.h>

/* A real shell gives back the very word. */
static void test_a_shell_reads_the_word(void **state)
{
	static const char *const words[] = {
	    "plain-1.db", "",           " ",  "a b", "it's", "''", "$(id)`id`$HOME",     "*",     "~",      "#x", "a=b",
	    "!x",         "two\nlines", "\\", "\"",  "-n",   "ü",  "sqlite:/srv/x y.db", "{a,b}", "&;|<>()"};
	struct buf command;

	(void)state;
	buf_init(&command, 1 << 16);
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		char out[200];
		size_t n;
		FILE *shell;

		buf_clear(&command);
		assert_int_equal(buf_adds(&command, "printf '%s.' "), 0);
		assert_int_equal(shellword_add(&command, words[i]), 0);
		shell = popen(buf_cstr(&command), "re");
		assert_non_null(shell);
		n = fread(out, 1, sizeof(out), shell);
		assert_int_equal(pclose(shell), 0);
		assert_int_equal(n, strlen(words[i]) + 1);
		assert_memory_equal(out, words[i], n - 1);
	}
	buf_free(&command);
}

static void test_what_needs_no_quotes_has_none(void **state)
{
	struct buf out;

	(void)state;
	buf_init(&out, 1000);
	assert_int_equal(shellword_add(&out, "--to=sqlite:a/b_c.db"), 0);
	assert_string_equal(buf_cstr(&out), "--to=sqlite:a/b_c.db");
	buf_free(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_a_shell_reads_the_word),
					   cmocka_unit_test(test_what_needs_no_quotes_has_none)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
