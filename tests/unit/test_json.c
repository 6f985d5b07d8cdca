#include "json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct json_doc *doc; /* one for all tests: used again and again, as in the program */
static struct buf out;

static int setup(void **state)
{
	(void)state;
	doc = json_new();
	buf_init(&out, 1 << 20);
	return doc != NULL ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	json_free(doc);
	json_free(NULL);
	buf_free(&out);
	return 0;
}

static json_ref parse(const char *text)
{
	struct err err;

	if (json_parse(doc, text, strlen(text), &err) != 0)
		fail_msg("%s: %s", text, err.msg);
	return json_root(doc);
}

static const char *string_of(json_ref ref)
{
	struct err err;

	buf_clear(&out);
	assert_int_equal(json_string(doc, ref, JSON_MAX_STRING, &out, NULL, &err), 0);
	return buf_cstr(&out);
}

static const char *copy_of(json_ref ref)
{
	struct err err;

	buf_clear(&out);
	assert_int_equal(json_copy(doc, ref, JSON_MAX_STRING, &out, NULL, &err), 0);
	return buf_cstr(&out);
}

static void roots_of_every_type(void **state)
{
	static const struct {
		const char *text;
		enum json_type type;
		size_t count;
		const char *copy;
	} cases[] = {
	    {"null", JSON_NULL, 0, "null"},
	    {" true\n", JSON_TRUE, 0, "true"},
	    {"false", JSON_FALSE, 0, "false"},
	    {"-12.5e3", JSON_NUMBER, 0, "-12.5e3"},
	    {"\t0 ", JSON_NUMBER, 0, "0"},
	    {" \"\" ", JSON_STRING, 0, "\"\""},
	    {"\"a\\n\"", JSON_STRING, 0, "\"a\\n\""},
	    {"[]", JSON_ARRAY, 0, "[]"},
	    {" [1, [2, 3], {\"a\": 4}] ", JSON_ARRAY, 3, "[1, [2, 3], {\"a\": 4}]"},
	    {"{}", JSON_OBJECT, 0, "{}"},
	    {"{\"a\":1,\"b\":{\"c\":2,\"d\":3}}", JSON_OBJECT, 2, "{\"a\":1,\"b\":{\"c\":2,\"d\":3}}"},
	    {"\xef\xbb\xbf[1]", JSON_ARRAY, 1, "[1]"},
	    {"\xef\xbb\xbf 7", JSON_NUMBER, 0, "7"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		json_ref root = parse(cases[i].text);

		assert_int_equal(root, 0);
		assert_int_equal(json_type_of(doc, root), cases[i].type);
		assert_int_equal(json_count(doc, root), cases[i].count);
		assert_int_equal(json_next(doc, root), -1);
		assert_string_equal(copy_of(root), cases[i].copy);
	}
}

static void what_is_not_valid_is_refused(void **state)
{
	static const struct {
		const char *text;
		size_t n;
		const char *msg;
	} cases[] = {
	    {"", 0, "the JSON document is empty"},
	    {NULL, 0, "the JSON document is empty"},
	    {"  ", 2, "the JSON document ends too early, after 2 bytes"},
	    {"{\"a\":1,}", 8, "not JSON at byte 7: a comma before a closing bracket"},
	    {"[1 2]", 5, "not JSON at byte 3: a comma or a closing bracket is missing"},
	    {"[]\0", 3, "not JSON at byte 2: a NUL byte"},
	    {"[\"\x01"
	     "0\"]",
	     6, "not JSON at byte 2: a control character in a string"}, /* a hole must not be forged */
	    {"{\"a\":nul", 8, "the JSON document ends too early, after 8 bytes"},
	};
	struct err err;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		(void)parse("[1]"); /* a refusal leaves nothing of the document before */
		assert_int_equal(json_parse(doc, cases[i].text, cases[i].n, &err), -1);
		assert_int_equal(err.kind, ERR_JOB);
		assert_string_equal(err.msg, cases[i].msg);
		assert_int_equal(json_root(doc), -1);
	}
}

static void children_in_order(void **state)
{
	json_ref root = parse("{\"a\":{\"x\":[],\"y\":{}},\"b\":[[1,2],[],{\"k\":[3]},\"s\",4],\"c\":null,\"d\":[]}");
	static const char *const keys[] = {"a", "b", "c", "d"};
	static const char *const values[] = {"{\"x\":[],\"y\":{}}", "[[1,2],[],{\"k\":[3]},\"s\",4]", "null", "[]"};
	static const char *const elements[] = {"[1,2]", "[]", "{\"k\":[3]}", "\"s\"", "4"};
	size_t n = 0;

	(void)state;
	for (json_ref k = json_first(doc, root); k >= 0; k = json_next(doc, k), n++) {
		assert_true(json_is(doc, k, keys[n]));
		assert_string_equal(copy_of(json_value(doc, k)), values[n]);
		assert_int_equal(json_next(doc, json_value(doc, k)), -1); /* a value has no sibling, its key has */
		assert_int_equal(json_first(doc, k), -1);
		char key[8];
		(void)snprintf(key, sizeof(key), "\"%s\"", keys[n]);
		assert_string_equal(copy_of(k), key);
	}
	assert_int_equal(n, 4);
	n = 0;
	for (json_ref e = json_first(doc, json_member(doc, root, "b", NULL)); e >= 0; e = json_next(doc, e), n++) {
		assert_string_equal(copy_of(e), elements[n]);
		assert_int_equal(json_value(doc, e), -1);
	}
	assert_int_equal(n, 5);
}

static void members(void **state)
{
	json_ref root = parse("{\"a\":1,\"b\":2,\"\\u0061\":3,\"\":4,\"long\\nkey\":5,\"o\":{\"b\":6}}");
	bool twice = false;

	(void)state;
	assert_string_equal(copy_of(json_member(doc, root, "b", &twice)), "2");
	assert_false(twice);
	assert_string_equal(copy_of(json_member(doc, root, "a", &twice)), "3"); /* the last counts, also escaped */
	assert_true(twice);
	assert_string_equal(copy_of(json_member(doc, root, "a", NULL)), "3");
	assert_string_equal(copy_of(json_member(doc, root, "", NULL)), "4");
	assert_string_equal(copy_of(json_member(doc, root, "long\nkey", NULL)), "5");
	assert_int_equal(json_member(doc, root, "c", NULL), -1);
	assert_int_equal(json_member(doc, root, "A", NULL), -1);
	assert_int_equal(json_member(doc, json_first(doc, root), "a", NULL), -1);
}

static void strings_compared(void **state)
{
	static const struct {
		const char *raw, *s;
		bool same;
	} cases[] = {
	    {"abc", "abc", true},
	    {"abc", "ab", false},
	    {"ab", "abc", false},
	    {"", "", true},
	    {"", "a", false},
	    {"a", "", false},
	    {"\\n", "\n", true},
	    {"\\n", "\\n", false},
	    {"\\\\n", "\\n", true},
	    {"a\\u0062c", "abc", true},
	    {"a\\u0062c", "abcd", false},
	    {"a\\u0062cd", "abc", false},
	    {"\\u0000", "", false},
	    {"x\\u0000y", "x", false},
	    {"\\ud83d\\ude00", "\xf0\x9f\x98\x80", true},
	    {"\\/", "/", true},
	};
	char text[64];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		(void)snprintf(text, sizeof(text), "\"%s\"", cases[i].raw);
		if (json_is(doc, parse(text), cases[i].s) != cases[i].same)
			fail_msg("%s and '%s'", text, cases[i].s);
	}
	assert_false(json_is(doc, parse("12"), "12"));
	assert_false(json_is(doc, parse("null"), ""));
}

static void nothing_has_nothing(void **state)
{
	int64_t i = 5;

	(void)state;
	(void)parse("[1]");
	for (json_ref ref = -1; ref <= 2; ref += 3) { /* before and beyond what there is */
		assert_int_equal(json_type_of(doc, ref), JSON_NULL);
		assert_int_equal(json_count(doc, ref), 0);
		assert_int_equal(json_first(doc, ref), -1);
		assert_int_equal(json_next(doc, ref), -1);
		assert_int_equal(json_value(doc, ref), -1);
		assert_int_equal(json_member(doc, ref, "a", NULL), -1);
		assert_false(json_is(doc, ref, ""));
		assert_false(json_int(doc, ref, &i));
		assert_int_equal(json_raw_len(doc, ref), 0);
		assert_string_equal(string_of(ref), "");
		assert_string_equal(copy_of(ref), "");
	}
}

static void integers(void **state)
{
	json_ref root = parse("[12,-7.0,1e3,0.5,\"12\",null,[1],99999999999999999999]");
	static const int64_t expect[] = {12, -7, 1000};
	json_ref e = json_first(doc, root);
	int64_t v;

	(void)state;
	for (size_t i = 0; i < 3; i++, e = json_next(doc, e)) {
		assert_true(json_int(doc, e, &v));
		assert_int_equal(v, expect[i]);
	}
	for (; e >= 0; e = json_next(doc, e))
		assert_false(json_int(doc, e, &v));
}

static void strings_out(void **state)
{
	struct err err;
	unsigned flags = 0;
	json_ref root = parse("[\"a\\u0000\\ud800b\",\"gr\xc3\xbc\xc3\x9f\",7]");
	json_ref second = json_next(doc, json_first(doc, root));

	(void)state;
	assert_int_equal(json_raw_len(doc, json_first(doc, root)), 14);
	buf_clear(&out);
	assert_int_equal(buf_adds(&out, "<"), 0);
	assert_int_equal(json_string(doc, json_first(doc, root), 100, &out, &flags, &err), 0);
	assert_int_equal(flags, JSON_REPLACED);
	assert_string_equal(buf_cstr(&out), "<a\xef\xbf\xbd\xef\xbf\xbd"
					    "b"); /* appended */
	flags = 0;
	buf_clear(&out);
	assert_int_equal(json_string(doc, second, 6, &out, &flags, &err), 0);
	assert_int_equal(flags, 0);
	assert_string_equal(buf_cstr(&out), "gr\xc3\xbc\xc3\x9f");
	buf_clear(&out);
	assert_int_equal(json_string(doc, second, 5, &out, &flags, &err), 0);
	assert_int_equal(flags, JSON_CUT);
	assert_string_equal(buf_cstr(&out), "gr\xc3\xbc");
	assert_string_equal(string_of(json_next(doc, second)), ""); /* a number is no string */
}

static void copies_are_json_that_every_sink_can_store(void **state)
{
	json_ref root = parse("[ 1.50 , \"x\\u0000\\n\" ,{\"k\\ud800\" :\t[\"\\uD83D\\uDE00\", 1e999]}, \"\" ]");
	unsigned flags = 0;
	struct err err;

	(void)state;
	buf_clear(&out);
	assert_int_equal(json_copy(doc, root, 100, &out, &flags, &err), 0);
	assert_int_equal(flags, JSON_REPLACED);
	assert_string_equal(buf_cstr(&out),
			    "[ 1.50 , \"x\\ufffd\\n\" ,{\"k\\ufffd\" :\t[\"\\uD83D\\uDE00\", 1e999]}, \"\" ]");

	flags = 0;
	buf_clear(&out);
	root = parse("{\"longkey\":[\"ab\\ncd\",\"ab\"]}");
	assert_int_equal(json_copy(doc, root, 3, &out, &flags, &err), 0);
	assert_int_equal(flags, JSON_CUT);
	assert_string_equal(buf_cstr(&out), "{\"lon\":[\"ab\",\"ab\"]}");
}

static void a_full_buffer_is_left_as_it_was(void **state)
{
	json_ref root = parse("[\"0123456789\",\"0123456789\"]");
	struct buf small;
	struct err err;

	(void)state;
	buf_init(&small, 15);
	assert_int_equal(buf_adds(&small, "before"), 0);
	assert_int_equal(json_copy(doc, root, 100, &small, NULL, &err), -1);
	assert_int_equal(err.kind, ERR_JOB);
	assert_string_equal(err.msg, "a JSON value is longer than 15 bytes");
	assert_string_equal(buf_cstr(&small), "before");
	assert_int_equal(json_string(doc, json_first(doc, root), 100, &small, NULL, &err), -1);
	assert_int_equal(err.kind, ERR_JOB);
	assert_string_equal(buf_cstr(&small), "before");
	assert_int_equal(json_string(doc, json_first(doc, root), 9, &small, NULL, &err), 0);
	assert_string_equal(buf_cstr(&small), "before012345678");
	buf_free(&small);
}

struct collected {
	struct buf text;
	size_t calls, stop_at;
};

static int collect(void *ctx, const char *p, size_t n, struct err *err)
{
	struct collected *c = ctx;

	(void)err;
	if (++c->calls == c->stop_at)
		return 9;
	return buf_add(&c->text, p, n);
}

/* What body.c makes: large strings lie in a spool, and jsmn sees "\x01N" in their place. */
static void holes(void **state)
{
	static const char text[] = "{\"csv\":\"\x01"
				   "1\",\"\x01"
				   "0\":\"small\",\"again\":[\"\x01"
				   "1\"]}";
	const size_t n = 100000;
	struct json_hole at[2] = {{3, 7}, {10, n}};
	struct spool spool;
	const struct json_holes h = {&spool, at, 2};
	struct collected c = {.stop_at = 0};
	char *large = malloc(n);
	unsigned flags = 0;
	struct err err;

	(void)state;
	assert_non_null(large);
	buf_init(&c.text, 1 << 20);
	for (size_t i = 0; i < n; i += 2)
		memcpy(large + i, "\\n", 2);
	spool_init(&spool, 1000);
	assert_int_equal(spool_add(&spool, "...big\\tk", 9, &err), 0);
	assert_int_equal(spool_add(&spool, "e", 1, &err), 0);
	assert_int_equal(spool_add(&spool, large, n, &err), 0);
	assert_int_equal(json_parse_scanned(doc, text, sizeof(text) - 1, &h, &err), 0);

	json_ref csv = json_member(doc, 0, "csv", NULL), key = json_next(doc, json_first(doc, 0));
	assert_int_equal(json_type_of(doc, csv), JSON_STRING);
	assert_int_equal(json_raw_len(doc, csv), n);
	assert_int_equal(json_raw_len(doc, key), 7);
	assert_true(json_is(doc, key, "big\tke"));
	assert_false(json_is(doc, key, "big\tkey"));
	assert_false(json_is(doc, csv, "\n"));
	assert_string_equal(string_of(json_member(doc, 0, "big\tke", NULL)), "small");

	assert_int_equal(json_string_pieces(doc, csv, collect, &c, &flags, &err), 0);
	assert_int_equal(c.text.len, n / 2);
	assert_int_equal(strspn(c.text.data, "\n"), n / 2);
	assert_int_equal(flags, 0);

	c.stop_at = c.calls + 2;
	assert_int_equal(json_string_pieces(doc, csv, collect, &c, &flags, &err), 9);
	assert_int_equal(c.calls, c.stop_at);

	buf_clear(&out);
	assert_int_equal(json_string(doc, csv, 1000, &out, &flags, &err), 0);
	assert_int_equal(out.len, 1000);
	assert_int_equal(flags, JSON_CUT);

	buf_clear(&out);
	flags = 0;
	assert_int_equal(json_copy(doc, 0, 7, &out, &flags, &err), 0);
	assert_string_equal(buf_cstr(&out), "{\"csv\":\"\\n\\n\\n\",\"big\\tke\":\"small\",\"again\":[\"\\n\\n\\n\"]}");
	assert_int_equal(flags, JSON_CUT);

	at[1].len = n + 1; /* more than the spool has */
	assert_int_equal(json_string_pieces(doc, csv, collect, &c, &flags, &err), -1);
	assert_int_equal(err.kind, ERR_FATAL);
	buf_clear(&out);
	assert_int_equal(json_string(doc, csv, n, &out, &flags, &err), -1);
	assert_int_equal(out.len, 0);

	spool_free(&spool);
	buf_free(&c.text);
	free(large);
}

/* The token array grows in mid-document; the spare elements at the beginning decide which kind of token then has no
 * place. */
static void wide_documents(void **state)
{
	const size_t objects = 2000, tokens_each = 10;
	struct buf text;
	struct err err;

	(void)state;
	buf_init(&text, 1 << 20);
	for (size_t spare = 1; spare <= tokens_each; spare++) {
		struct json_doc *fresh = json_new();
		size_t n = 0;

		assert_non_null(fresh);
		buf_clear(&text);
		for (size_t i = 0; i < spare; i++)
			assert_int_equal(buf_adds(&text, i == 0 ? "[0" : ",0"), 0);
		for (size_t i = 0; i < objects; i++)
			assert_int_equal(buf_addf(&text, ",{\"i\":%zu,\"a\":[\"s\",{},[%zu]]}", i, i), 0);
		assert_int_equal(buf_adds(&text, "]"), 0);
		assert_int_equal(json_parse(fresh, text.data, text.len, &err), 0);
		assert_int_equal(json_count(fresh, 0), spare + objects);
		for (json_ref e = json_first(fresh, 0); e >= 0; e = json_next(fresh, e), n++) {
			int64_t i = -1;

			if (n < spare)
				continue;
			assert_true(json_int(fresh, json_member(fresh, e, "i", NULL), &i));
			assert_int_equal(i, n - spare);
			assert_int_equal(json_count(fresh, json_member(fresh, e, "a", NULL)), 3);
		}
		assert_int_equal(n, spare + objects);
		json_free(fresh);
	}
	buf_free(&text);
}

static void limits(void **state)
{
	const size_t values = JSON_MAX_TOKENS - 1; /* and the array itself */
	const size_t n = 2 * values + 3;
	char *text = malloc(n);
	struct err err;

	(void)state;
	assert_non_null(text);
	text[0] = '[';
	text[1] = '0';
	for (size_t i = 2; i < n; i++)
		text[i] = i % 2 == 0 ? ',' : '0';
	text[2 * values] = ']';
	assert_int_equal(json_parse(doc, text, 2 * values + 1, &err), 0);
	assert_int_equal(json_count(doc, 0), values);
	text[2 * values] = ',';
	text[2 * values + 2] = ']';
	assert_int_equal(json_parse(doc, text, 2 * values + 3, &err), -1);
	assert_int_equal(err.kind, ERR_JOB);
	assert_string_equal(err.msg, "the JSON document has more than 1000000 values");
	assert_int_equal(json_root(doc), -1);
	free(text);

	text = calloc(1, JSON_MAX_TEXT + 1); /* never looked at */
	assert_non_null(text);
	assert_int_equal(json_parse(doc, text, JSON_MAX_TEXT + 1, &err), -1);
	assert_int_equal(err.kind, ERR_JOB);
	assert_string_equal(err.msg, "the JSON document has more than 64 MiB");
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(roots_of_every_type),
	    cmocka_unit_test(what_is_not_valid_is_refused),
	    cmocka_unit_test(children_in_order),
	    cmocka_unit_test(members),
	    cmocka_unit_test(strings_compared),
	    cmocka_unit_test(nothing_has_nothing),
	    cmocka_unit_test(integers),
	    cmocka_unit_test(strings_out),
	    cmocka_unit_test(copies_are_json_that_every_sink_can_store),
	    cmocka_unit_test(a_full_buffer_is_left_as_it_was),
	    cmocka_unit_test(holes),
	    cmocka_unit_test(wide_documents),
	    cmocka_unit_test(limits),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
