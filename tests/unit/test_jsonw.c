#include "jsonw.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void quotes(void **state)
{
	static const struct {
		const char *in;
		size_t n;
		const char *out;
	} cases[] = {
	    {"", 0, "\"\""},
	    {"a", 1, "\"a\""},
	    {"1234567", 7, "\"1234567\""},
	    {"12345678", 8, "\"12345678\""},
	    {"678,994.41/\x7f", 12, "\"678,994.41/\x7f\""},
	    {"say \"hi\"\\", 9, "\"say \\\"hi\\\"\\\\\""},
	    {"\b\t\n\f\r", 5, "\"\\b\\t\\n\\f\\r\""},
	    {"\0\x01\x0b\x1f ", 5, "\"\\u0000\\u0001\\u000b\\u001f \""},
	    {"caf\xc3\xa9 \xe2\x82\xac\xf0\x9f\x98\x80", 13, "\"caf\xc3\xa9 \xe2\x82\xac\xf0\x9f\x98\x80\""},
	    {"\xc3\xa9\n\xc3\xa9", 5, "\"\xc3\xa9\\n\xc3\xa9\""},
	    {"x\xffy", 3, "\"x\xef\xbf\xbdy\""},
	    {"\xed\xa0\x80", 3, "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\""},
	    {"12345678\xe2\x82", 10, "\"12345678\xef\xbf\xbd\xef\xbf\xbd\""},
	};
	struct buf out;

	(void)state;
	buf_init(&out, 1000);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		buf_clear(&out);
		assert_int_equal(jsonw_quote(&out, cases[i].in, cases[i].n), 0);
		assert_int_equal(out.len, strlen(cases[i].out));
		assert_string_equal(buf_cstr(&out), cases[i].out);
	}
	buf_clear(&out);
	assert_int_equal(jsonw_quote(&out, NULL, 0), 0);
	assert_string_equal(buf_cstr(&out), "\"\"");
	buf_free(&out);
}

/* What one byte becomes, written down anew and without haste. */
static size_t expected_byte(unsigned c, char *to)
{
	static const char names[] = "\bb\tt\nn\ff\rr\"\"\\\\";

	for (size_t i = 0; names[i]; i += 2) {
		if ((unsigned char)names[i] == c) {
			to[0] = '\\';
			to[1] = names[i + 1];
			return 2;
		}
	}
	if (c < 0x20) {
		memcpy(to, "\\u00", 4);
		to[4] = c >= 0x10 ? '1' : '0';
		to[5] = "0123456789abcdef"[c & 15];
		return 6;
	}
	if (c >= 0x80) {
		memcpy(to, "\xef\xbf\xbd", 3);
		return 3;
	}
	to[0] = (char)c;
	return 1;
}

/* Each byte at each place of strings of each length around the width of a word: the fast path sees what the slow one
 * sees, and reads nothing beyond the end. */
static void every_byte_at_every_place(void **state)
{
	struct buf out;

	(void)state;
	buf_init(&out, 1000);
	for (size_t n = 1; n <= 20; n++) {
		char *in = malloc(n);
		assert_non_null(in);
		for (size_t at = 0; at < n; at++) {
			for (unsigned c = 0; c < 256; c++) {
				char expected[40];
				size_t len = 0;

				expected[len++] = '"';
				for (size_t i = 0; i < n; i++) {
					in[i] = i == at ? (char)c : (char)('a' + i);
					len += expected_byte((unsigned char)in[i], expected + len);
				}
				expected[len++] = '"';
				buf_clear(&out);
				assert_int_equal(jsonw_quote(&out, in, n), 0);
				if (out.len != len || memcmp(out.data, expected, len) != 0 || out.data[len] != '\0')
					fail_msg("byte %02x at %zu of %zu", c, at, n);
			}
		}
		free(in);
	}
	buf_free(&out);
}

/* An array of strings is what its strings are by themselves, and its maximum holds to the byte. */
static void arrays_of_strings(void **state)
{
	static const struct text items[] = {{"", 0},       {"abcd", 4}, {NULL, 0},       {"\"\"\"\"\"", 5},
					    {"abc", 3},    {"\xff", 1}, {"abcdefgh", 8}, {"abcd\tefghi", 10},
					    {"a\nbcd", 5}, {NULL, 0}};
	const size_t most = sizeof(items) / sizeof(items[0]);

	(void)state;
	for (size_t from = 0; from < most; from++) {
		for (size_t n = 0; n <= most - from; n++) {
			struct buf one_by_one, tight;
			struct jsonw w;

			buf_init(&one_by_one, 1000);
			jsonw_init(&w, &one_by_one);
			jsonw_array(&w);
			for (size_t i = 0; i < n; i++)
				jsonw_string(&w, items[from + i]);
			jsonw_array_end(&w);
			for (size_t max = one_by_one.len - 1; max <= one_by_one.len; max++) {
				buf_init(&tight, max);
				jsonw_init(&w, &tight);
				jsonw_texts(&w, items + from, n);
				assert_int_equal(w.failed, max < one_by_one.len);
				if (!w.failed)
					assert_string_equal(tight.data, one_by_one.data);
				buf_free(&tight);
			}
			buf_free(&one_by_one);
		}
	}
}

/* The maximum holds to the byte, and what does not fit changes nothing. */
static void fits_or_changes_nothing(void **state)
{
	static const char *const in[] = {"",        "clean text here", "\x01", "tab\there and there\t", "caf\xc3\xa9",
					 "\xff\xff"};

	(void)state;
	for (size_t i = 0; i < sizeof(in) / sizeof(in[0]); i++) {
		struct buf whole, tight;

		buf_init(&whole, 1000);
		assert_int_equal(jsonw_quote(&whole, in[i], strlen(in[i])), 0);
		for (size_t max = 0; max <= whole.len + 2; max++) {
			buf_init(&tight, max + 1);
			assert_int_equal(buf_addc(&tight, '['), 0);
			int rc = jsonw_quote(&tight, in[i], strlen(in[i]));
			assert_int_equal(rc, max < whole.len ? -1 : 0);
			assert_int_equal(tight.len, rc ? 1 : 1 + whole.len);
			assert_int_equal(tight.data[tight.len], 0);
			assert_int_equal(tight.data[0], '[');
			buf_free(&tight);
		}
		buf_free(&whole);
	}
}

static void commas_and_nesting(void **state)
{
	struct buf out;
	struct jsonw w;

	(void)state;
	buf_init(&out, 1000);
	jsonw_init(&w, &out);
	jsonw_object(&w);
	jsonw_key(&w, "a\"b");
	jsonw_int(&w, 1);
	jsonw_key_text(&w, (struct text){"k\0y", 3});
	jsonw_array(&w);
	jsonw_string(&w, text_of("x"));
	jsonw_cstr(&w, "y");
	jsonw_bool(&w, true);
	jsonw_bool(&w, false);
	jsonw_null(&w);
	jsonw_array(&w);
	jsonw_array_end(&w);
	jsonw_object(&w);
	jsonw_object_end(&w);
	jsonw_raw(&w, text_of("{\"raw\": 1}"));
	jsonw_array_end(&w);
	jsonw_key(&w, "nulls");
	jsonw_array(&w);
	jsonw_string(&w, TEXT_NULL);
	jsonw_cstr(&w, NULL);
	jsonw_raw(&w, TEXT_NULL);
	jsonw_string(&w, text_of(""));
	jsonw_array_end(&w);
	jsonw_key(&w, "last");
	jsonw_object(&w);
	jsonw_key(&w, "z");
	jsonw_cstr(&w, "\xff");
	jsonw_object_end(&w);
	jsonw_object_end(&w);
	assert_false(w.failed);
	assert_string_equal(buf_cstr(&out),
			    "{\"a\\\"b\":1,\"k\\u0000y\":[\"x\",\"y\",true,false,null,[],{},{\"raw\": 1}],"
			    "\"nulls\":[null,null,null,\"\"],\"last\":{\"z\":\"\xef\xbf\xbd\"}}");
	buf_free(&out);
}

static void integers(void **state)
{
	static const struct {
		int64_t value;
		const char *text;
	} cases[] = {
	    {0, "0"}, {9, "9"}, {-10, "-10"}, {INT64_MAX, "9223372036854775807"}, {INT64_MIN, "-9223372036854775808"},
	};
	struct buf out;
	struct jsonw w;

	(void)state;
	buf_init(&out, 1000);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		buf_clear(&out);
		jsonw_init(&w, &out);
		jsonw_int(&w, cases[i].value);
		assert_string_equal(buf_cstr(&out), cases[i].text);
	}
	buf_free(&out);
}

/* Once it failed, nothing more is written, also what would still fit. */
static void a_failure_sticks(void **state)
{
	struct buf out;
	struct jsonw w;

	(void)state;
	buf_init(&out, 6);
	jsonw_init(&w, &out);
	jsonw_array(&w);
	jsonw_cstr(&w, "ab");
	assert_false(w.failed);
	jsonw_cstr(&w, "cd");
	assert_true(w.failed);
	size_t len = out.len;
	jsonw_cstr(&w, "");
	jsonw_int(&w, 1);
	jsonw_array_end(&w);
	assert_true(w.failed);
	assert_int_equal(out.len, len);
	buf_free(&out);
}

static void test_lines(void **state)
{
	struct buf b;
	struct jsonw w;

	(void)state;
	buf_init(&b, 1000);
	jsonw_init(&w, &b);
	w.lines = true;
	jsonw_object(&w);
	jsonw_key(&w, "a");
	jsonw_int(&w, 1);
	jsonw_key(&w, "b");
	jsonw_array(&w);
	jsonw_int(&w, 2);
	jsonw_int(&w, 3);
	jsonw_array_end(&w);
	jsonw_key(&w, "c");
	jsonw_null(&w);
	jsonw_object_end(&w);
	assert_false(w.failed);
	assert_string_equal(buf_cstr(&b), "{\"a\":1,\n\"b\":[2,3],\n\"c\":null}");
	buf_free(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_lines),
	    cmocka_unit_test(quotes),
	    cmocka_unit_test(arrays_of_strings),
	    cmocka_unit_test(every_byte_at_every_place),
	    cmocka_unit_test(fits_or_changes_nothing),
	    cmocka_unit_test(commas_and_nesting),
	    cmocka_unit_test(integers),
	    cmocka_unit_test(a_failure_sticks),
	};
	return cmocka_run_group_tests_name("jsonw", tests, NULL, NULL);
}
