#include "jsonstr.h"

#include "buf.h"
#include "utf8.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define NO_MAX UINT64_MAX
#define FFFD   "\xef\xbf\xbd"

/* The inside of a string, and what it becomes as UTF-8 and as JSON (NULL: as it is). */
static const struct {
	const char *raw, *text, *json;
} cases[] = {
    {"", "", NULL},
    {"plain", "plain", NULL},
    {"a\\nb\\tc\\rd\\be\\ff\\/g\\\\h\\\"", "a\nb\tc\rd\be\ff/g\\h\"", NULL},
    {"\\\\n\\\\\\n\\\\\\\\", "\\n\\\n\\\\", NULL},
    {"\\u0041\\u00e4\\u00E4\\u65e5\\uFFFF\\u0001", "A\xc3\xa4\xc3\xa4\xe6\x97\xa5\xef\xbf\xbf\x01", NULL},
    {"\xc3\xa4\xe6\x97\xa5\xf0\x9f\x98\x80", "\xc3\xa4\xe6\x97\xa5\xf0\x9f\x98\x80", NULL},
    {"\\ud83d\\ude00", "\xf0\x9f\x98\x80", NULL},
    {"x\\uD83D\\uDE00y", "x\xf0\x9f\x98\x80y", NULL},
    {"\\ud800\\udc00\\udbff\\udfff", "\xf0\x90\x80\x80\xf4\x8f\xbf\xbf", NULL},
    {"\\u0000", FFFD, "\\ufffd"},
    {"a\\u0000b", "a" FFFD "b", "a\\ufffdb"},
    {"\\ud83d", FFFD, "\\ufffd"},
    {"\\ude00", FFFD, "\\ufffd"},
    {"\\ud83dx", FFFD "x", "\\ufffdx"},
    {"\\ud83dxxxxxxxxxxxx", FFFD "xxxxxxxxxxxx", "\\ufffdxxxxxxxxxxxx"},
    {"\\ud83d\\n", FFFD "\n", "\\ufffd\\n"},
    {"\\ud83d\\nxxxxxx", FFFD "\nxxxxxx", "\\ufffd\\nxxxxxx"},
    {"\\ud83d\\u0041", FFFD "A", "\\ufffd\\u0041"},
    {"\\ud83d\\ud83d\\ude00", FFFD "\xf0\x9f\x98\x80", "\\ufffd\\ud83d\\ude00"},
    {"\\ude00\\ud83d", FFFD FFFD, "\\ufffd\\ufffd"},
    {"\\ud83d\\u0000", FFFD FFFD, "\\ufffd\\ufffd"},
    {"\\\\ud83d", "\\ud83d", NULL}, /* an escaped backslash, then text */
    {"\\ufffd", FFFD, NULL},        /* nothing was replaced here */
};

static int collect(void *ctx, const char *p, size_t n, struct err *err)
{
	(void)err;
	assert_true(n > 0);
	for (size_t i = 0, len; i < n; i += len) {
		len = utf8_len(p + i, n - i);
		assert_true(len > 0); /* a piece ends at a character */
	}
	return buf_add(ctx, p, n);
}

/* Feeds slices of at most slice bytes, each followed by what was left of the one before. */
static void feed(struct jsonstr *s, const char *raw, size_t len, size_t slice)
{
	struct err err;
	size_t at = 0, used;

	do {
		size_t n = len - at < slice ? len - at : slice;
		bool last = at + n == len;
		char *copy = malloc(n > 0 ? n : 1); /* reading beyond it shows */

		assert_non_null(copy);
		if (n > 0)
			memcpy(copy, raw + at, n);
		assert_int_equal(jsonstr_feed(s, copy, n, last, &used, &err), 0);
		free(copy);
		assert_true(used <= n);
		if (!s->cut)
			assert_true(last ? used == n : used + JSONSTR_LEFT_MAX >= n);
		if (last)
			break;
		at += used;
	} while (!s->cut);
}

static void escapes_split_anywhere(void **state)
{
	struct jsonstr s;
	struct buf out;

	(void)state;
	buf_init(&out, 1 << 16);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *json = cases[i].json != NULL ? cases[i].json : cases[i].raw;

		for (size_t slice = JSONSTR_LEFT_MAX + 1; slice < 32; slice++) {
			for (size_t pad = 0; pad < 16; pad++) { /* moves the borders */
				char raw[64], text[64];

				memset(raw, 'p', pad);
				memset(text, 'p', pad);
				strcpy(raw + pad, cases[i].raw);
				for (int as_json = 0; as_json < 2; as_json++) {
					strcpy(text + pad, as_json ? json : cases[i].text);
					buf_clear(&out);
					jsonstr_init(&s, as_json, NO_MAX, collect, &out);
					feed(&s, raw, strlen(raw), slice);
					assert_string_equal(buf_cstr(&out), text);
					assert_int_equal(s.replaced, cases[i].json != NULL);
					assert_false(s.cut);
				}
			}
		}
	}
	buf_free(&out);
}

/* At any maximum: the longest beginning that ends at a character, and cut says whether that is less than all. */
static void cut_at_a_character(void **state)
{
	struct jsonstr s;
	struct buf out;

	(void)state;
	buf_init(&out, 1 << 16);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *text = cases[i].text;
		const size_t n = strlen(text);

		for (size_t max = 0; max <= n + 1; max++) {
			buf_clear(&out);
			jsonstr_init(&s, false, max, collect, &out);
			feed(&s, cases[i].raw, strlen(cases[i].raw), 12);
			size_t expect = max >= n ? n : utf8_cut(text, max);
			assert_int_equal(out.len, expect);
			assert_memory_equal(buf_cstr(&out), text, expect);
			assert_int_equal(s.cut, max < n);
		}
	}
	buf_free(&out);
}

static void json_is_never_cut_inside_of_an_escape(void **state)
{
	static const char raw[] = "a\\n\\u0041\\ud83d\\ude00\\u0000\xc3\xa4z",
			  json[] = "a\\n\\u0041\\ud83d\\ude00\\ufffd\xc3\xa4z";
	static const size_t ends[] = {0, 1, 3, 9, 21, 27, 29, 30};
	struct jsonstr s;
	struct buf out;

	(void)state;
	buf_init(&out, 1 << 16);
	for (size_t max = 0, e = 0; max <= sizeof(json); max++) {
		if (e + 1 < sizeof(ends) / sizeof(ends[0]) && max >= ends[e + 1])
			e++;
		buf_clear(&out);
		jsonstr_init(&s, true, max, collect, &out);
		feed(&s, raw, sizeof(raw) - 1, 12);
		assert_int_equal(out.len, ends[e]);
		assert_memory_equal(buf_cstr(&out), json, ends[e]);
		assert_int_equal(s.cut, max < sizeof(json) - 1);
	}
	buf_free(&out);
}

struct stopper {
	size_t calls, stop_at;
};

static int stop(void *ctx, const char *p, size_t n, struct err *err)
{
	struct stopper *s = ctx;

	(void)p;
	(void)n;
	(void)err;
	return ++s->calls == s->stop_at ? 7 : 0;
}

/* Long runs are handed through, short ones are gathered: both stop at once when told to. */
static void output_is_batched_and_can_stop(void **state)
{
	const size_t n = 200000;
	char *raw = malloc(n);
	struct stopper count = {0, 0};
	struct jsonstr s;
	struct err err;
	size_t used;

	(void)state;
	assert_non_null(raw);
	memset(raw, 'x', n);
	jsonstr_init(&s, false, NO_MAX, stop, &count);
	assert_int_equal(jsonstr_feed(&s, raw, n, true, &used, &err), 0);
	assert_int_equal(count.calls, 1);

	for (size_t i = 0; i + 1 < n; i += 50)
		memcpy(raw + i, "\\n", 2);
	count = (struct stopper){0, 0};
	jsonstr_init(&s, false, NO_MAX, stop, &count);
	assert_int_equal(jsonstr_feed(&s, raw, n, true, &used, &err), 0);
	assert_in_range(count.calls, n / sizeof(s.out), n / sizeof(s.out) + 2);

	const size_t calls = count.calls;
	for (size_t at = 1; at <= calls; at++) {
		count = (struct stopper){0, at};
		jsonstr_init(&s, false, NO_MAX, stop, &count);
		assert_int_equal(jsonstr_feed(&s, raw, n, true, &used, &err), 7);
		assert_int_equal(count.calls, at);
	}
	free(raw);
}

/* From a spool, with what crosses the border of its slices of 64 KiB placed at every offset around it. */
static void strings_from_a_spool(void **state)
{
	static const char raw[] = "\\ud83d\\ude00\xf0\x9f\x98\x80\\n", text[] = "\xf0\x9f\x98\x80\xf0\x9f\x98\x80\n";
	const size_t slice = (size_t)64 << 10, n = slice + 100;
	char *in = malloc(n), *expect = malloc(n);
	struct spool spool;
	struct jsonstr s;
	struct buf out;
	struct err err = {0};

	(void)state;
	assert_non_null(in);
	assert_non_null(expect);
	buf_init(&out, 1 << 20);
	spool_init(&spool, 1 << 20);
	for (size_t back = 0; back <= sizeof(raw); back++) {
		const size_t at = slice - back;

		memset(in, 'i', n);
		memcpy(in + at, raw, sizeof(raw) - 1);
		memset(expect, 'i', n);
		memcpy(expect + at, text, sizeof(text) - 1);
		const size_t len = n - (sizeof(raw) - sizeof(text));

		spool_clear(&spool);
		assert_int_equal(spool_add(&spool, "before", 6, &err), 0);
		assert_int_equal(spool_add(&spool, in, n, &err), 0);
		assert_int_equal(spool_add(&spool, "\\u", 2, &err), 0);
		buf_clear(&out);
		jsonstr_init(&s, false, NO_MAX, collect, &out);
		assert_int_equal(jsonstr_spool(&s, &spool, 6, n, &err), 0);
		assert_int_equal(out.len, len);
		assert_memory_equal(out.data, expect, len);

		buf_clear(&out);
		jsonstr_init(&s, false, at + 6, collect, &out);
		assert_int_equal(jsonstr_spool(&s, &spool, 6, n, &err), 0);
		assert_true(s.cut);
		assert_int_equal(out.len, at + 4);
	}
	/* More than there is. */
	buf_clear(&out);
	jsonstr_init(&s, false, NO_MAX, collect, &out);
	assert_int_equal(jsonstr_spool(&s, &spool, n, 1000, &err), -1);
	assert_int_equal(err.kind, ERR_FATAL);
	free(in);
	free(expect);
	buf_free(&out);
	spool_free(&spool);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(escapes_split_anywhere),
	    cmocka_unit_test(cut_at_a_character),
	    cmocka_unit_test(json_is_never_cut_inside_of_an_escape),
	    cmocka_unit_test(output_is_batched_and_can_stop),
	    cmocka_unit_test(strings_from_a_spool),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
