#include "jsonscan.h"

#include "buf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* A literal and its length, so that NUL bytes can be part of it. */
#define T(s) (s), sizeof(s) - 1

struct sample {
	const char *p;
	size_t n;
	long at;             /* -1: valid; else the offset of the problem */
	const char *problem; /* a part of it */
};

static const struct sample valid[] = {
    {T("null"), -1, NULL},
    {T("true"), -1, NULL},
    {T("false"), -1, NULL},
    {T(" \t\r\n[ \t\r\n] \t\r\n"), -1, NULL},
    {T("{}"), -1, NULL},
    {T("\"\""), -1, NULL},
    {T("\"root string\""), -1, NULL},
    {T("[[],{},[{}],[[]]]"), -1, NULL},
    {T("{\"a\":1,\"b\":[true,false,null],\"c\":{\"d\":\"e\"}}"), -1, NULL},
    {T("{\"\":0}"), -1, NULL},
    {T("{\"a\":1,\"a\":2}"), -1, NULL}, /* a key twice */
    {T("{ \"a\" : 1 , \"b\" : 2 }"), -1, NULL},
    {T("0"), -1, NULL},
    {T("-0"), -1, NULL},
    {T("-0.0"), -1, NULL},
    {T("10"), -1, NULL},
    {T("0 "), -1, NULL},
    {T("[0,-1,1.5,0.25,1e5,1E5,1e+5,1e-5,0e0,1.5e10,-1.5E-10,100]"), -1, NULL},
    {T("1e999"), -1, NULL},
    {T("-123456789012345678901234567890123456789012345678901234567890.1e-99999"), -1, NULL},
    {T("[1e00,1e01,0.00]"), -1, NULL},
    {T("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u0000\\uABCD\\uabcd\\u0aF9\""), -1, NULL},
    {T("\"\\ud800\""), -1, NULL}, /* unpaired surrogates are escapes like any other */
    {T("\"\\udc00\\ud800\\ud800\\udc00\""), -1, NULL},
    {T("\"\x7f\""), -1, NULL}, /* DEL is no control character to JSON */
    {T("\"\xc2\x80\xdf\xbf\""), -1, NULL},
    {T("\"\xe0\xa0\x80\xe1\x80\x80\xec\xbf\xbf\xed\x80\x80\xed\x9f\xbf\xee\x80\x80\xef\xbf\xbf\""), -1, NULL},
    {T("\"\xf0\x90\x80\x80\xf1\x80\x80\x80\xf3\xbf\xbf\xbf\xf4\x8f\xbf\xbf\""), -1, NULL},
    {T("\"a\xc3\xa4 8 bytes and more, then \xe6\x97\xa5\xe6\x9c\xac and \xf0\x9f\x98\x80.\""), -1, NULL},
    {T("{\"\xc3\xa4\":\"\xc3\xb6\"}"), -1, NULL},
    {T("\xef\xbb\xbf[]"), -1, NULL},
    {T("\xef\xbb\xbf 1"), -1, NULL},
    {T("\"0123456 \\n 89abcdef0123456\\\"789abcdef0123456789\\\\\""), -1, NULL},
};

static const struct sample invalid[] = {
    /* Too early an end. */
    {T(""), 0, "ends too early"},
    {T(" \n\t\r"), 4, "ends too early"},
    {T("\xef\xbb\xbf"), 3, "ends too early"},
    {T("\xef\xbb"), 2, "ends too early"},
    {T("["), 1, "ends too early"},
    {T("[1"), 2, "ends too early"},
    {T("[1,"), 3, "ends too early"},
    {T("{"), 1, "ends too early"},
    {T("{\"a"), 3, "ends too early"},
    {T("{\"a\""), 4, "ends too early"},
    {T("{\"a\":"), 5, "ends too early"},
    {T("{\"a\":1"), 6, "ends too early"},
    {T("\""), 1, "ends too early"},
    {T("\"a"), 2, "ends too early"},
    {T("\"\\"), 2, "ends too early"},
    {T("\"\\u12"), 5, "ends too early"},
    {T("\"\xf0\x90"), 3, "ends too early"},
    {T("nul"), 3, "ends too early"},
    {T("-"), 1, "ends too early"},
    {T("1."), 2, "ends too early"},
    {T("1e"), 2, "ends too early"},
    {T("1e+"), 3, "ends too early"},
    /* Roots. */
    {T("1 2"), 2, "more after the end"},
    {T("[][]"), 2, "more after the end"},
    {T("{},"), 2, "more after the end"},
    {T("[]]"), 2, "more after the end"},
    {T("null null"), 5, "more after the end"},
    {T("\"\"x"), 2, "more after the end"},
    {T("nullx"), 4, "more after the end"},
    {T("]"), 0, "a value is missing"},
    {T("}"), 0, "a value is missing"},
    {T(","), 0, "value is missing"},
    {T(":"), 0, "no value begins"},
    {T("<html>"), 0, "no value begins"},
    {T("\xef\xbb\x41"), 2, "no value begins"},
    {T("\xef\xbf\xbd"), 1, "no value begins"},
    {T("\xef\xbb\xbf\xef\xbb\xbf[]"), 3, "no value begins"},
    {T(" \xef\xbb\xbf[]"), 1, "no value begins"},
    {T("\xff\xfe[\0]\0"), 0, "no value begins"},
    /* Brackets, commas, colons. */
    {T("[1,]"), 3, "a comma before a closing bracket"},
    {T("{\"a\":1,}"), 7, "a comma before a closing bracket"},
    {T("[,1]"), 1, "a value is missing"},
    {T("[1,,2]"), 3, "a value is missing"},
    {T("[1 2]"), 3, "a comma or a closing bracket is missing"},
    {T("[\"a\"\"b\"]"), 4, "a comma or a closing bracket is missing"},
    {T("[[]1]"), 3, "a comma or a closing bracket is missing"},
    {T("{\"a\":1 \"b\":2}"), 7, "a comma or a closing bracket is missing"},
    {T("[1:2]"), 2, "a comma or a closing bracket is missing"},
    {T("{\"a\" 1}"), 5, "a colon is missing"},
    {T("{\"a\"}"), 4, "a colon is missing"},
    {T("{\"a\",\"b\"}"), 4, "a colon is missing"},
    {T("{\"a\"::1}"), 5, "no value begins"},
    {T("{\"a\":}"), 5, "a value is missing"},
    {T("{\"a\":,}"), 5, "a value is missing"},
    {T("{,}"), 1, "a key that is no string"},
    {T("{1:2}"), 1, "a key that is no string"},
    {T("{null:2}"), 1, "a key that is no string"},
    {T("{a:2}"), 1, "a key that is no string"},
    {T("{'a':2}"), 1, "a key that is no string"},
    {T("{[]:2}"), 1, "a key that is no string"},
    {T("{]"), 1, "a key that is no string"},
    {T("[}"), 1, "a closing bracket of the wrong kind"},
    {T("[1}"), 2, "a closing bracket of the wrong kind"},
    {T("{\"a\":1]"), 6, "a closing bracket of the wrong kind"},
    {T("[{\"a\":[1}]"), 8, "a closing bracket of the wrong kind"},
    {T("[1/*c*/]"), 2, "a comma or a closing bracket is missing"},
    {T("[//c\n1]"), 1, "no value begins"},
    {T("[1]\v"), 3, "more after the end"},
    {T("[\f]"), 1, "no value begins"},
    {T("[\xc2\xa0]"), 1, "no value begins"},
    /* Words. */
    {T("nul]"), 3, "a word that is not"},
    {T("[tru]"), 4, "a word that is not"},
    {T("[fals,1]"), 5, "a word that is not"},
    {T("True"), 0, "no value begins"},
    {T("nULL"), 1, "a word that is not"},
    {T("undefined"), 0, "no value begins"},
    {T("NaN"), 0, "no value begins"},
    {T("[Infinity]"), 1, "no value begins"},
    {T("[truefalse]"), 5, "a comma or a closing bracket is missing"},
    /* Numbers. */
    {T("01"), 1, "begins with 0"},
    {T("-01"), 2, "begins with 0"},
    {T("[00]"), 2, "begins with 0"},
    {T("[1.]"), 3, "a decimal point without digits"},
    {T("1.e1"), 2, "a decimal point without digits"},
    {T("1..5"), 2, "a decimal point without digits"},
    {T(".5"), 0, "no value begins"},
    {T("-.5"), 1, "a minus without a number"},
    {T("[-]"), 2, "a minus without a number"},
    {T("--1"), 1, "a minus without a number"},
    {T("-Infinity"), 1, "a minus without a number"},
    {T("+1"), 0, "no value begins"},
    {T("[1e]"), 3, "an exponent without digits"},
    {T("[1e+]"), 4, "an exponent without digits"},
    {T("1e+-1"), 3, "an exponent without digits"},
    {T("1e.5"), 2, "an exponent without digits"},
    {T("1e5.5"), 3, "more after the end"},
    {T("1.5.5"), 3, "more after the end"},
    {T("1e5e5"), 3, "more after the end"},
    {T("[1x]"), 2, "a comma or a closing bracket is missing"},
    {T("0x10"), 1, "more after the end"},
    {T("[1_000]"), 2, "a comma or a closing bracket is missing"},
    {T("[-a]"), 2, "a minus without a number"},
    {T("\xef\xbc\x91"), 1, "no value begins"}, /* a fullwidth 1 */
    /* Strings. */
    {T("\"\n\""), 1, "a control character in a string"},
    {T("\"a\tb\""), 2, "a control character in a string"},
    {T("\"0123456789abcdef\x1f\""), 17, "a control character in a string"},
    {T("\"\x01\""), 1, "a control character in a string"},
    {T("{\"a\rb\":1}"), 3, "a control character in a string"},
    {T("\"\\a\""), 2, "an unknown escape"},
    {T("\"\\'\""), 2, "an unknown escape"},
    {T("\"\\0\""), 2, "an unknown escape"},
    {T("\"\\\0\""), 2, "an unknown escape"},
    {T("\"\\x41\""), 2, "an unknown escape"},
    {T("\"\\U0041\""), 2, "an unknown escape"},
    {T("\"\\\xc3\xa4\""), 2, "an unknown escape"},
    {T("\"\\u\""), 3, "four hex digits"},
    {T("\"\\u12g4\""), 5, "four hex digits"},
    {T("\"\\u123\""), 6, "four hex digits"},
    {T("\"\\u 123\""), 3, "four hex digits"},
    {T("\"\\u+123\""), 3, "four hex digits"},
    {T("\"\\ud83d\\u\""), 9, "four hex digits"},
    {T("'a'"), 0, "no value begins"},
    /* NUL. */
    {T("\0"), 0, "a NUL byte"},
    {T("[]\0"), 2, "a NUL byte"},
    {T("[\0]"), 1, "a NUL byte"},
    {T("[1\0]"), 2, "a NUL byte"},
    {T("\"a\0b\""), 2, "a NUL byte in a string"},
    {T("{\"a\"\0:1}"), 4, "a colon is missing"},
    /* UTF-8. */
    {T("\"\x80\""), 1, "no UTF-8"}, /* a continuation alone */
    {T("\"\xbf\""), 1, "no UTF-8"},
    {T("\"\xc0\x80\""), 1, "no UTF-8"}, /* overlong */
    {T("\"\xc1\xbf\""), 1, "no UTF-8"},
    {T("\"\xe0\x80\x80\""), 2, "no UTF-8"},
    {T("\"\xe0\x9f\xbf\""), 2, "no UTF-8"},
    {T("\"\xf0\x80\x80\x80\""), 2, "no UTF-8"},
    {T("\"\xf0\x8f\xbf\xbf\""), 2, "no UTF-8"},
    {T("\"\xed\xa0\x80\""), 2, "no UTF-8"}, /* surrogates */
    {T("\"\xed\xbf\xbf\""), 2, "no UTF-8"},
    {T("\"\xed\xa0\xbd\xed\xb8\x80\""), 2, "no UTF-8"},
    {T("\"\xf4\x90\x80\x80\""), 2, "no UTF-8"}, /* beyond U+10FFFF */
    {T("\"\xf5\x80\x80\x80\""), 1, "no UTF-8"},
    {T("\"\xf8\x88\x80\x80\x80\""), 1, "no UTF-8"}, /* five bytes */
    {T("\"\xfe\""), 1, "no UTF-8"},
    {T("\"\xff\""), 1, "no UTF-8"},
    {T("\"\xc3\""), 2, "no UTF-8"}, /* cut */
    {T("\"\xe6\x97\""), 3, "no UTF-8"},
    {T("\"\xf0\x9f\x98\""), 4, "no UTF-8"},
    {T("\"\xe6\x97"
       "a\""),
     3, "no UTF-8"},
    {T("\"\xc3\xc3\xa4\""), 2, "no UTF-8"},
    {T("\"\xe6\x97\xa5\x80\""), 4, "no UTF-8"},
    {T("{\"\xc3\":1}"), 3, "no UTF-8"},
    {T("\"0123456789abcde\xff\""), 16, "no UTF-8"},
    {T("[\xc3\xa4]"), 1, "no value begins"},
};

/* What the events gave, in order: strings' insides in <…>. */
struct record {
	struct buf text;
	bool in_string;
	size_t calls, stop_at; /* the call that is to fail, from 1; 0: none */
};

static int note(struct record *r, bool in_string, const char *p, size_t n)
{
	assert_true(n > 0);
	if (++r->calls == r->stop_at)
		return 42;
	if (in_string != r->in_string)
		assert_int_equal(buf_addc(&r->text, in_string ? '<' : '>'), 0);
	r->in_string = in_string;
	assert_int_equal(buf_add(&r->text, p, n), 0);
	return 0;
}

static int note_outside(void *ctx, const char *p, size_t n)
{
	return note(ctx, false, p, n);
}

static int note_inside(void *ctx, const char *p, size_t n)
{
	return note(ctx, true, p, n);
}

static const struct jsonscan_events recorder = {note_outside, note_inside};

static void record_init(struct record *r)
{
	*r = (struct record){0};
	buf_init(&r->text, 1 << 20);
}

static void check_verdict(const struct sample *c, const struct jsonscan *s, int fed, int finished)
{
	char say[200];

	jsonscan_say(s, say, sizeof(say));
	if (c->at < 0) {
		if (fed != 0 || finished != 0)
			fail_msg("'%.*s' is valid, but: %s", (int)c->n, c->p, say);
		assert_true(jsonscan_complete(s));
		assert_string_equal(say, "");
		assert_int_equal(s->offset, c->n);
		assert_int_equal(s->bom, c->p[0] == '\xef');
		return;
	}
	if (finished != -1)
		fail_msg("'%.*s' is not valid, but was taken", (int)c->n, c->p);
	assert_int_equal(fed, strstr(c->problem, "ends too early") != NULL ? 0 : -1);
	assert_false(jsonscan_complete(s));
	if (s->offset != (uint64_t)c->at || strstr(s->problem, c->problem) == NULL)
		fail_msg("'%.*s': %s", (int)c->n, c->p, say);
}

/* Feeds in pieces that end at a and b; a piece is copied to a block of its own size, so that reading beyond it shows.
 * Returns the events. */
static void scan_split(const struct sample *c, size_t a, size_t b, struct record *r)
{
	const size_t ends[] = {a, b, c->n};
	struct jsonscan s;
	size_t from = 0;
	int fed = 0;

	jsonscan_init(&s, &recorder, r);
	for (size_t i = 0; i < 3; i++) {
		size_t n = ends[i] - from;
		char *copy = malloc(n > 0 ? n : 1);

		assert_non_null(copy);
		if (n > 0)
			memcpy(copy, c->p + from, n);
		fed = jsonscan_feed(&s, copy, n);
		free(copy);
		from = ends[i];
	}
	check_verdict(c, &s, fed, jsonscan_finish(&s));
	assert_int_equal(jsonscan_finish(&s), c->at < 0 ? 0 : -1); /* asking again changes nothing */
}

static void scan_bytewise(const struct sample *c, struct record *r)
{
	struct jsonscan s;
	int fed = 0;

	jsonscan_init(&s, &recorder, r);
	for (size_t i = 0; i < c->n; i++)
		fed = jsonscan_feed(&s, c->p + i, 1);
	check_verdict(c, &s, fed, jsonscan_finish(&s));
}

static void check_every_split(const struct sample *samples, size_t count)
{
	struct record whole, split;

	record_init(&whole);
	record_init(&split);
	for (size_t i = 0; i < count; i++) {
		const struct sample *c = &samples[i];

		buf_clear(&whole.text);
		whole.in_string = false;
		scan_split(c, c->n, c->n, &whole);
		for (size_t a = 0; a <= c->n; a++) {
			for (size_t b = a; b <= c->n; b++) {
				buf_clear(&split.text);
				split.in_string = false;
				if (a == 0 && b == 0)
					scan_bytewise(c, &split);
				else
					scan_split(c, a, b, &split);
				assert_int_equal(text_eq(buf_text(&whole.text), buf_text(&split.text)), 1);
			}
		}
	}
	buf_free(&whole.text);
	buf_free(&split.text);
}

static void valid_documents(void **state)
{
	(void)state;
	check_every_split(valid, sizeof(valid) / sizeof(valid[0]));
}

static void invalid_documents(void **state)
{
	(void)state;
	check_every_split(invalid, sizeof(invalid) / sizeof(invalid[0]));
}

static void events_tell_strings_from_the_rest(void **state)
{
	static const struct {
		const char *text, *events;
	} cases[] = {
	    {"\xef\xbb\xbf[\"a\" , \"\"]", "[\"<a>\" , \"\"]"},
	    {"{\"k\\\"\":\"v\\\\\",\"n\":-1.5e3}", "{\"<k\\\">\":\"<v\\\\>\",\"<n>\":-1.5e3}"},
	    {"  7 ", "  7 "},
	    {"[\"ab\x01", "[\"<ab"}, /* all that comes before a problem */
	};
	struct record r;
	struct jsonscan s;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		record_init(&r);
		jsonscan_init(&s, &recorder, &r);
		(void)jsonscan_feed(&s, cases[i].text, strlen(cases[i].text));
		assert_string_equal(buf_cstr(&r.text), cases[i].events);
		buf_free(&r.text);
	}
}

static void events_can_stop_the_scan(void **state)
{
	static const char text[] = "[\"a\",\"b\"]"; /* five pieces */
	struct record r;
	struct jsonscan s;

	(void)state;
	for (size_t stop = 1; stop <= 5; stop++) {
		record_init(&r);
		r.stop_at = stop;
		jsonscan_init(&s, &recorder, &r);
		assert_int_equal(jsonscan_feed(&s, text, strlen(text)), 42);
		assert_int_equal(r.calls, stop);
		assert_null(s.problem); /* which is how a caller tells this from a document that is not valid */
		buf_free(&r.text);
	}
}

static void half_of_the_events_is_fine(void **state)
{
	static const struct jsonscan_events only_inside = {NULL, note_inside};
	struct record r;
	struct jsonscan s;

	(void)state;
	record_init(&r);
	jsonscan_init(&s, &only_inside, &r);
	assert_int_equal(jsonscan_feed(&s, "[\"a\",\"b\"]", 9), 0);
	assert_string_equal(buf_cstr(&r.text), "<ab");
	buf_free(&r.text);
}

/* Every byte, at every place in a word of eight: the fast path must stop exactly where the slow one would. */
static void every_byte_at_every_place(void **state)
{
	char text[32];
	struct jsonscan s;

	(void)state;
	for (size_t place = 1; place < 24; place++) {
		for (int c = 0; c < 256; c++) {
			memset(text, 'x', sizeof(text));
			text[0] = '"';
			text[place] = (char)c;
			jsonscan_init(&s, NULL, NULL);
			int rc = jsonscan_feed(&s, text, sizeof(text));
			if (c >= 0x20 && c < 0x80 && c != '"' && c != '\\') {
				assert_int_equal(rc, 0);
				continue;
			}
			assert_int_equal(rc, -1);
			/* An escape, a text after the end, or a sequence begins: the byte after it is the wrong one. */
			bool next = c == '"' || c == '\\' || (c >= 0xc2 && c <= 0xf4);
			assert_int_equal(s.offset, place + next);
		}
	}
}

static void problems_last(void **state)
{
	struct jsonscan s;

	(void)state;
	jsonscan_init(&s, NULL, NULL);
	assert_int_equal(jsonscan_feed(&s, "[1,]", 4), -1);
	assert_int_equal(jsonscan_feed(&s, "2]", 2), -1);
	assert_int_equal(jsonscan_feed(&s, NULL, 0), -1);
	assert_int_equal(jsonscan_finish(&s), -1);
	assert_int_equal(s.offset, 3);
}

static void numbers_at_the_root_end_with_the_bytes(void **state)
{
	struct jsonscan s;

	(void)state;
	jsonscan_init(&s, NULL, NULL);
	assert_int_equal(jsonscan_feed(&s, "12", 2), 0);
	assert_false(jsonscan_complete(&s)); /* a 3 could follow */
	assert_int_equal(jsonscan_feed(&s, "3 ", 2), 0);
	assert_true(jsonscan_complete(&s));

	jsonscan_init(&s, NULL, NULL);
	assert_int_equal(jsonscan_feed(&s, "12", 2), 0);
	assert_int_equal(jsonscan_finish(&s), 0);
	assert_true(jsonscan_complete(&s));
}

static void brackets(char *p, size_t n, const char *open)
{
	for (size_t i = 0; i < n; i++)
		p[i] = open[i % strlen(open)];
}

static void depth_is_capped(void **state)
{
	const size_t many = 100000, max = JSONSCAN_MAX_DEPTH;
	char *p = malloc(many);
	struct jsonscan s;

	(void)state;
	assert_non_null(p);
	/* As deep as can be, every second level an object: up and down again. */
	jsonscan_init(&s, NULL, NULL);
	for (size_t i = 0; i < max; i += 2)
		assert_int_equal(jsonscan_feed(&s, "[{\"k\":", i + 2 < max ? 6 : 2), 0);
	assert_int_equal(s.depth, max);
	for (size_t i = 0; i < max; i += 2)
		assert_int_equal(jsonscan_feed(&s, "}]", 2), 0);
	assert_int_equal(jsonscan_finish(&s), 0);

	/* One level more. */
	brackets(p, many, "[");
	jsonscan_init(&s, NULL, NULL);
	assert_int_equal(jsonscan_feed(&s, p, max), 0);
	assert_int_equal(jsonscan_feed(&s, p, 1), -1);
	assert_string_equal(s.problem, "brackets nested too deep");
	assert_int_equal(s.offset, max);

	/* Very many more: over at the same byte. */
	jsonscan_init(&s, NULL, NULL);
	assert_int_equal(jsonscan_feed(&s, p, many), -1);
	assert_int_equal(s.offset, max);

	/* Width is no depth. */
	brackets(p, many, "[]");
	jsonscan_init(&s, NULL, NULL);
	assert_int_equal(jsonscan_feed(&s, "[[]", 3), 0);
	for (size_t i = 0; i < many; i++)
		assert_int_equal(jsonscan_feed(&s, ",{}", 3), 0);
	assert_int_equal(jsonscan_feed(&s, "]", 1), 0);
	assert_int_equal(jsonscan_finish(&s), 0);
	free(p);
}

static void sentences(void **state)
{
	static const struct {
		const char *text, *say;
	} cases[] = {
	    {"[1,2,3]", ""},
	    {"", "the JSON document is empty"},
	    {"[", "the JSON document ends too early, after 1 byte"},
	    {"[1,2", "the JSON document ends too early, after 4 bytes"},
	    {"[1,2,]", "not JSON at byte 5: a comma before a closing bracket"},
	};
	struct jsonscan s;
	char say[200];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		jsonscan_init(&s, NULL, NULL);
		(void)jsonscan_feed(&s, cases[i].text, strlen(cases[i].text));
		(void)jsonscan_finish(&s);
		jsonscan_say(&s, say, sizeof(say));
		assert_string_equal(say, cases[i].say);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(valid_documents),
	    cmocka_unit_test(invalid_documents),
	    cmocka_unit_test(events_tell_strings_from_the_rest),
	    cmocka_unit_test(events_can_stop_the_scan),
	    cmocka_unit_test(half_of_the_events_is_fine),
	    cmocka_unit_test(every_byte_at_every_place),
	    cmocka_unit_test(problems_last),
	    cmocka_unit_test(numbers_at_the_root_end_with_the_bytes),
	    cmocka_unit_test(depth_is_capped),
	    cmocka_unit_test(sentences),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
