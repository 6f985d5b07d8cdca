/* test_jsontexts.c: a JSON array of strings, read back exactly, or not at all. */
#include "jsontexts.h"
#include "jsonw.h"
#include "unit.h"

#include <string.h>

static struct jsontexts texts;

static int read_text(const char *json, bool nulls)
{
	struct err err = {0};
	const int rc = jsontexts_read(&texts, text_of(json), nulls, &err);

	assert_int_equal(err.kind, rc ? ERR_JOB : ERR_NONE);
	return rc;
}

static void expect(size_t i, const char *text)
{
	assert_true(i < texts.n);
	assert_true(text_eq(texts.at[i], text_of(text)));
}

static void good(void **state)
{
	(void)state;
	jsontexts_init(&texts);
	assert_int_equal(read_text("[]", false), 0);
	assert_int_equal(texts.n, 0);
	assert_non_null(texts.at);
	assert_int_equal(read_text(" [ \"a\" ,\n\"\" ]\t", false), 0);
	assert_int_equal(texts.n, 2);
	expect(0, "a");
	expect(1, "");
	assert_int_equal(
	    read_text("[\"x\\\"\\\\\\/\\b\\f\\n\\r\\t\",\"plain\",\"\\u00e9\\u20AC\\ud83d\\ude00z\"]", false), 0);
	assert_int_equal(texts.n, 3);
	expect(0, "x\"\\/\b\f\n\r\t");
	expect(1, "plain");
	expect(2, "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80z");
	assert_int_equal(read_text("[null,\"a\",null]", true), 0);
	assert_int_equal(texts.n, 3);
	expect(0, NULL);
	expect(1, "a");
	jsontexts_free(&texts);
}

static void bad(void **state)
{
	static const char *const wrong[] = {"",
					    "null",
					    "{}",
					    "[",
					    "[]]",
					    "[],",
					    "[1]",
					    "[\"a\",]",
					    "[,\"a\"]",
					    "[\"a\" \"b\"]",
					    "[\"a",
					    "[\"a\"",
					    "[\"a\\",
					    "[\"a\\\"]",
					    "[\"\\x\"]",
					    "[\"\\u12\"]",
					    "[\"\\u12g4\"]",
					    "[\"\\ud800\"]",
					    "[\"\\ud800\\u0041\"]",
					    "[\"\\udc00\"]",
					    "[\"a\nb\"]",
					    "[\"\\na\nb\"]",
					    "[[\"a\"]]",
					    "[null]",
					    "\"a\""};
	struct err err = {0};

	(void)state;
	jsontexts_init(&texts);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		if (read_text(wrong[i], false) != -1)
			fail_msg("%s is taken", wrong[i]);
	assert_int_equal(read_text("[nul]", true), -1);
	assert_int_equal(jsontexts_read(&texts, (struct text){"[\"a\\\0\"]", 7}, false, &err), -1);
	assert_int_equal(jsontexts_read(&texts, TEXT_NULL, false, &err), -1);
	assert_int_equal(read_text("[\"good\"]", false), 0);
	expect(0, "good");
	jsontexts_free(&texts);
}

/* What jsonw writes, all of it: each byte below 0x80 before and after each other one. */
static void as_written(void **state)
{
	struct text cells[128];
	char bytes[128][256];
	struct buf json;
	struct jsonw w;

	(void)state;
	jsontexts_init(&texts);
	buf_init(&json, SIZE_MAX / 2);
	jsonw_init(&w, &json);
	jsonw_array(&w);
	for (int i = 0; i < 128; i++) {
		for (int k = 0; k < 128; k++) {
			bytes[i][2 * k] = (char)(i ? i : 'x');
			bytes[i][2 * k + 1] = (char)(k ? k : 'y');
		}
		cells[i] = (struct text){bytes[i], sizeof(bytes[i])};
		jsonw_string(&w, cells[i]);
	}
	jsonw_array_end(&w);
	assert_false(w.failed);
	assert_int_equal(jsontexts_read(&texts, buf_text(&json), false, &(struct err){0}), 0);
	assert_int_equal(texts.n, 128);
	for (int i = 0; i < 128; i++)
		assert_true(text_eq(texts.at[i], cells[i]));
	jsontexts_free(&texts);
	buf_free(&json);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(good),
	    cmocka_unit_test(bad),
	    cmocka_unit_test(as_written),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
