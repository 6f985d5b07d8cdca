#include "utf8.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Every scalar value: written, measured and, one byte short, refused. */
static void all_scalar_values(void **state)
{
	(void)state;
	for (uint32_t cp = 0; cp <= 0x10ffff; cp++) {
		char bytes[4];

		if (cp == 0xd800)
			cp = 0xe000;
		size_t len = utf8_put(cp, bytes);
		size_t expected = cp < 0x80 ? 1 : cp < 0x800 ? 2 : cp < 0x10000 ? 3 : 4;
		if (len != expected || utf8_len(bytes, len) != len || utf8_len(bytes, 4) != len ||
		    utf8_len(bytes, len - 1) != 0)
			fail_msg("U+%04X", (unsigned)cp);
	}
}

static void known_bytes(void **state)
{
	char out[4];

	(void)state;
	assert_int_equal(utf8_put(0x24, out), 1);
	assert_memory_equal(out, "$", 1);
	assert_int_equal(utf8_put(0xa3, out), 2);
	assert_memory_equal(out, "\xc2\xa3", 2);
	assert_int_equal(utf8_put(0x20ac, out), 3);
	assert_memory_equal(out, "\xe2\x82\xac", 3);
	assert_int_equal(utf8_put(0x1f600, out), 4);
	assert_memory_equal(out, "\xf0\x9f\x98\x80", 4);
}

static void refuses_what_is_not_utf8(void **state)
{
	static const char *const bad[] = {
	    "\x80\x80\x80\x80",
	    "\xbf",
	    "\xc0\x80",
	    "\xc0\xaf",
	    "\xc1\xbf", /* overlong */
	    "\xe0\x80\x80",
	    "\xe0\x9f\xbf",
	    "\xf0\x80\x80\x80",
	    "\xf0\x8f\xbf\xbf",
	    "\xed\xa0\x80",
	    "\xed\xbf\xbf", /* surrogates */
	    "\xf4\x90\x80\x80",
	    "\xf5\x80\x80\x80",
	    "\xfe",
	    "\xff", /* beyond U+10FFFF */
	    "\xc3(",
	    "\xe2\x82(",
	    "\xe2(\x82",
	    "\xf0\x9f\x98(", /* a sequence broken off */
	    "\xf0\x9f(\x80",
	    "\xf0(\x98\x80",
	    "\xc3\xc3",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		if (utf8_len(bad[i], strlen(bad[i])) != 0)
			fail_msg("bad[%zu] was taken", i);
	}
	assert_int_equal(utf8_len("", 0), 0);
	assert_int_equal(utf8_len("\0", 1), 1);
}

static void cuts_between_characters(void **state)
{
	/* a, U+00E9, U+20AC, U+1F600, b */
	static const char s[] = "a\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80"
				"b";
	static const size_t at[] = {0, 1, 1, 3, 3, 3, 6, 6, 6, 6, 10, 11};

	(void)state;
	for (size_t n = 0; n < sizeof(at) / sizeof(at[0]); n++) {
		/* On the heap and of exactly that length, so that looking at s[n] shows. */
		char *copy = malloc(n + (n == 0));
		assert_non_null(copy);
		memcpy(copy, s, n);
		assert_int_equal(utf8_cut(copy, n), at[n]);
		free(copy);
	}
	/* What is no UTF-8 anyway has no better place. */
	assert_int_equal(utf8_cut("\x80\x80\x80\x80\x80", 5), 5);
	assert_int_equal(utf8_cut("\xff", 1), 1);
	assert_int_equal(utf8_cut("\xc3\xa9\x80", 3), 3);
}

static void shows_everything(void **state)
{
	static const struct {
		const char *in;
		size_t n;
		size_t max_chars;
		const char *out;
	} cases[] = {
	    {"", 0, 0, ""},
	    {"plain", 5, 0, "plain"},
	    {"caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80", 14, 0, "caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80"},
	    {"a\\b", 3, 0, "a\\b"},
	    {"\x1b[31m", 5, 0, "\\x1b[31m"},
	    {"a\r\nb\tc\0d\x7f", 9, 0, "a\\x0d\\x0ab\\x09c\\x00d\\x7f"},
	    {"\xc2\x9b", 2, 0, "\\u{009b}"},
	    {"\xc2\xa0", 2, 0, "\xc2\xa0"},
	    {"x\xff\xc3", 3, 0, "x\\xff\\xc3"},
	    {"\xed\xa0\x80", 3, 0, "\\xed\\xa0\\x80"},
	    {"\xe2\x80\xa8\xe2\x80\xa9", 6, 0, "\\u{2028}\\u{2029}"},
	    {"\xe2\x80\xae", 3, 0, "\\u{202e}"},
	    {"\xd8\x9c\xe2\x80\x8b\xe2\x80\x8f\xe2\x81\xa0", 11, 0, "\\u{061c}\\u{200b}\\u{200f}\\u{2060}"},
	    {"\xe2\x81\xa6\xe2\x81\xa9\xef\xbb\xbf", 9, 0, "\\u{2066}\\u{2069}\\u{feff}"},
	    {"\xf3\xa0\x80\x81\xf3\xa0\x81\xbf", 8, 0, "\\u{e0001}\\u{e007f}"},
	    {"\xe2\x80\xa7\xe2\x80\xaf\xe2\x81\xb0", 9, 0, "\xe2\x80\xa7\xe2\x80\xaf\xe2\x81\xb0"},
	    {"\xe2\x81\xa1\xe2\x81\xaf\xc2\xad\xe1\xa0\x8e", 11, 0, "\\u{2061}\\u{206f}\\u{00ad}\\u{180e}"},
	    {"\xef\xbf\xb9\xf0\x9d\x85\xb3\xf3\xa0\x87\xaf", 11, 0, "\\u{fff9}\\u{1d173}\\u{e01ef}"},
	    {"abc", 3, 3, "abc"},
	    {"abcd", 4, 3, "abc\xe2\x80\xa6"},
	    {"\xc3\xa9\xc3\xa9\xc3\xa9", 6, 2, "\xc3\xa9\xc3\xa9\xe2\x80\xa6"},
	    {"\x01\x02\x03", 3, 2, "\\x01\\x02\xe2\x80\xa6"},
	};
	struct buf out;

	(void)state;
	buf_init(&out, 1000);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		buf_clear(&out);
		assert_int_equal(utf8_visible(&out, cases[i].in, cases[i].n, cases[i].max_chars), 0);
		assert_string_equal(buf_cstr(&out), cases[i].out);
	}
	buf_free(&out);
}

/* Whatever comes in, what goes out is UTF-8 without controls. */
static void never_lets_a_control_through(void **state)
{
	struct buf out;

	(void)state;
	buf_init(&out, 1000);
	for (unsigned a = 0; a < 256; a++) {
		for (unsigned b = 0; b < 256; b++) {
			const char in[] = {(char)a, (char)b, (char)a};

			buf_clear(&out);
			assert_int_equal(utf8_visible(&out, in, sizeof(in), 0), 0);
			for (size_t i = 0; i < out.len;) {
				size_t len = utf8_len(out.data + i, out.len - i);
				unsigned char first = (unsigned char)out.data[i];
				if (len == 0 || first < 0x20 || first == 0x7f ||
				    (first == 0xc2 && (unsigned char)out.data[i + 1] < 0xa0))
					fail_msg("%02x %02x", a, b);
				i += len;
			}
		}
	}
	buf_free(&out);
}

static void a_full_buffer_stays_as_it_was(void **state)
{
	struct buf out;

	(void)state;
	buf_init(&out, 8);
	assert_int_equal(utf8_visible(&out, "\x01\x02\x03", 3, 0), -1);
	assert_int_equal(out.len, 0);
	assert_int_equal(buf_adds(&out, "ab"), 0);
	assert_int_equal(utf8_visible(&out, "\x01zzz", 4, 0), -1);
	assert_string_equal(buf_cstr(&out), "ab");
	assert_int_equal(utf8_visible(&out, "abcdefg", 7, 5), -1); /* the … is what does not fit */
	assert_string_equal(buf_cstr(&out), "ab");
	assert_int_equal(utf8_visible(&out, "\x01zz", 3, 0), 0);
	assert_string_equal(buf_cstr(&out), "ab\\x01zz");
	buf_free(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(all_scalar_values),
	    cmocka_unit_test(known_bytes),
	    cmocka_unit_test(refuses_what_is_not_utf8),
	    cmocka_unit_test(cuts_between_characters),
	    cmocka_unit_test(shows_everything),
	    cmocka_unit_test(never_lets_a_control_through),
	    cmocka_unit_test(a_full_buffer_stays_as_it_was),
	};
	return cmocka_run_group_tests_name("utf8", tests, NULL, NULL);
}
