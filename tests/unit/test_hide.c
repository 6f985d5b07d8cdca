#include "hide.h"

#include "unit.h"

#include <string.h>

static void hidden(const char *text, const char *secret, const char *expected)
{
	char copy[200];

	strcpy(copy, text);
	hide_secret(copy, strlen(copy), secret);
	assert_string_equal(copy, expected);
}

static void test_each_place(void **state)
{
	(void)state;
	hidden("", "abcdefghijk", "");
	hidden("abcdefghijk", "abcdefghijk", "***********");
	hidden("x abcdefghijkabcdefghijk y", "abcdefghijk", "x ********************** y");
	hidden("abcdefghij k", "abcdefghijk", "abcdefghij k");
	hidden("aab", "ab", "a**");
	hidden("nothing", "", "nothing");
	hidden("nothing", NULL, "nothing");
	hide_secret(NULL, 0, "abc");
}

/* A text that was cut within it; eight bytes are what all keys have in common. */
static void test_a_beginning_at_the_end(void **state)
{
	(void)state;
	hidden("say abcdefghij", "abcdefghijk", "say **********");
	hidden("say abcdefghi", "abcdefghijk", "say *********");
	hidden("say abcdefgh", "abcdefghijk", "say abcdefgh");
	hidden("abcdefghij", "abcdefghijk", "**********");
	hidden("bcdefghij", "abcdefghijk", "bcdefghij");
}

static void test_embedded_zeros(void **state)
{
	char text[] = "a\0secret-word\0b";

	(void)state;
	hide_secret(text, sizeof(text) - 1, "secret-word");
	assert_memory_equal(text, "a\0***********\0b", sizeof(text) - 1);
}

static void test_credentials(void **state)
{
	char quoted[] = "bad 'http://u:p@h'", none[] = "bad 'host'", bare[] = "mail a@b", after[] = "a@b is 'c'";

	(void)state;
	hide_credentials(quoted);
	assert_string_equal(quoted, "bad '**********@h'");
	hide_credentials(none);
	assert_string_equal(none, "bad 'host'");
	hide_credentials(bare);
	assert_string_equal(bare, "mail a@b");
	hide_credentials(after);
	assert_string_equal(after, "a@b is 'c'");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_each_place),
	    cmocka_unit_test(test_a_beginning_at_the_end),
	    cmocka_unit_test(test_embedded_zeros),
	    cmocka_unit_test(test_credentials),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
