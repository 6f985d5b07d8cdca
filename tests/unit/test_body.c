#include "body.h"

#include "unit.h"
#include "zst.h"

#include <stdio.h>
#include <string.h>

#define NO_MAX UINT64_MAX
#define MIB    ((size_t)1 << 20)

static struct body *body; /* one for all tests: used again and again, as in the program */
static struct json_doc *doc;

static int setup(void **state)
{
	(void)state;
	body = body_new(NO_MAX);
	doc = json_new();
	return body != NULL && doc != NULL ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	body_free(body);
	body_free(NULL);
	json_free(doc);
	return 0;
}

static void arrive(const char *p, size_t n, size_t piece, bool keep)
{
	struct err err;

	body_reset(body, keep);
	for (size_t i = 0; i < n; i += piece)
		assert_int_equal(body_add(body, p + i, n - i < piece ? n - i : piece, &err), 0);
	assert_int_equal(body_end(body, &err), 0);
	assert_int_equal(body_size(body), n);
}

static int to_buf(void *ctx, const void *p, size_t n, struct err *err)
{
	return buf_add(ctx, p, n) == 0 ? 0 : err_set(err, ERR_FATAL, "test buffer full");
}

/* The digest is of the exact bytes, and so is what comes out of the frame. */
static void check_kept(const char *p, size_t n)
{
	struct zst_dec *d = zst_dec_new();
	struct sha256 *sha = sha256_new();
	uint8_t digest[SHA256_LEN];
	struct buf back;
	struct err err;
	char piece[10007];
	uint64_t off = 0;
	long got;

	assert_non_null(d);
	assert_non_null(sha);
	buf_init(&back, n + 1);
	assert_true(body_kept(body));
	while ((got = body_zst_read(body, off, piece, sizeof(piece), &err)) > 0) {
		assert_int_equal(zst_dec_add(d, piece, (size_t)got, to_buf, &back, &err), 0);
		off += (uint64_t)got;
	}
	assert_int_equal(got, 0);
	assert_int_equal(off, body_zst_len(body));
	assert_int_equal(zst_dec_end(d, &err), 0);
	assert_int_equal(back.len, n);
	if (n > 0)
		assert_memory_equal(back.data, p, n);
	sha256_add(sha, p, n);
	sha256_end(sha, digest);
	assert_memory_equal(body_sha256(body), digest, SHA256_LEN);
	sha256_free(sha);
	zst_dec_free(d);
	buf_free(&back);
}

static json_ref parse(void)
{
	struct err err;

	if (body_problem(body) != NULL)
		fail_msg("%s", body_problem(body));
	assert_int_equal(body_parse(body, doc, &err), 0);
	return json_root(doc);
}

/* '{"a":"xxx…","b":"yyy…", …}' with strings of the given lengths. */
static void add_strings(struct buf *out, const size_t *lens, size_t n)
{
	assert_int_equal(buf_adds(out, "{"), 0);
	for (size_t i = 0; i < n; i++) {
		assert_int_equal(buf_addf(out, "%s\"%c\":\"", i > 0 ? "," : "", (int)('a' + i)), 0);
		char *p = buf_room(out, lens[i]);
		assert_non_null(p);
		memset(p, (int)('z' - i), lens[i]);
		out->len += lens[i];
		assert_int_equal(buf_adds(out, "\""), 0);
	}
	assert_int_equal(buf_adds(out, "}"), 0);
}

static void small_bodies(void **state)
{
	static const char text[] = "{\"topic\":\"T\",\"actions\":[]}";
	char hex[SHA256_HEX_LEN + 1];

	(void)state;
	for (size_t piece = 1; piece < sizeof(text); piece++) {
		arrive(text, sizeof(text) - 1, piece, false);
		assert_true(json_is(doc, json_member(doc, parse(), "topic", NULL), "T"));
		assert_string_equal(body_head(body).p, text);
		assert_string_equal(sha256_hex(body_sha256(body), hex),
				    "6c644fcd766ea1b8a489757095f953e4939d3e692d46a51ae99f6ea7ef429eab");
		assert_false(body_kept(body));
		assert_int_equal(body_zst_len(body), 0);
	}
}

static void strings_around_the_limit(void **state)
{
	static const size_t lens[] = {
	    BODY_LARGE_STRING, BODY_LARGE_STRING + 1, 0, 3 * BODY_LARGE_STRING + 17, 5, 700000};
	static const size_t pieces[] = {1, 1000, BODY_LARGE_STRING, 4 * MIB};
	const size_t n = sizeof(lens) / sizeof(lens[0]);
	struct buf text, value;
	struct err err;

	(void)state;
	buf_init(&text, 4 * MIB);
	buf_init(&value, 4 * MIB);
	add_strings(&text, lens, n);
	for (size_t p = unit_light(); p < sizeof(pieces) / sizeof(pieces[0]); p++) {
		arrive(text.data, text.len, pieces[p], false);
		json_ref root = parse();
		assert_int_equal(json_count(doc, root), n);
		for (size_t i = 0; i < n; i++) {
			char key[2] = {(char)('a' + i), '\0'}, all[2] = {(char)('z' - i), '\0'};
			json_ref v = json_member(doc, root, key, NULL);

			assert_int_equal(json_raw_len(doc, v), lens[i]);
			buf_clear(&value);
			assert_int_equal(json_string(doc, v, MIB, &value, NULL, &err), 0);
			assert_int_equal(value.len, lens[i]);
			assert_int_equal(strspn(buf_cstr(&value), all), lens[i]);
		}
		/* And as a whole it is what came. */
		buf_clear(&value);
		assert_int_equal(json_copy(doc, root, MIB, &value, NULL, &err), 0);
		assert_int_equal(text_eq(buf_text(&value), buf_text(&text)), 1);
	}
	buf_free(&text);
	buf_free(&value);
}

static void a_large_key_and_a_large_root(void **state)
{
	const size_t n = 100000;
	struct buf text, value;
	struct err err;

	(void)state;
	buf_init(&text, MIB);
	buf_init(&value, MIB);
	for (int root = 0; root < 2; root++) {
		buf_clear(&text);
		buf_clear(&value);
		assert_int_equal(buf_adds(&text, root ? "\"" : "{\""), 0);
		for (size_t i = 0; i < n; i += 2)
			assert_int_equal(buf_adds(&text, "\\n"), 0);
		assert_int_equal(buf_adds(&text, root ? "\"" : "\":7}"), 0);
		arrive(text.data, text.len, 999, false);
		json_ref r = parse();
		assert_int_equal(json_type_of(doc, r), root ? JSON_STRING : JSON_OBJECT);
		assert_int_equal(json_string(doc, root ? r : json_first(doc, r), MIB, &value, NULL, &err), 0);
		assert_int_equal(value.len, n / 2);
		assert_int_equal(strspn(buf_cstr(&value), "\n"), n / 2);
	}
	buf_free(&text);
	buf_free(&value);
}

static void problems(void **state)
{
	static const struct {
		const char *text, *problem;
	} cases[] = {
	    {"", "the body is empty"},
	    {" \n", "the JSON document ends too early, after 2 bytes"},
	    {"{\"actions\":[", "the JSON document ends too early, after 12 bytes"},
	    {"<html>502</html>", "not JSON at byte 0: no value begins like this"},
	    {"{\"message\":\"a\",}", "not JSON at byte 15: a comma before a closing bracket"},
	    {"{\"m\":\"\xff\"} and very much more", "not JSON at byte 6: bytes that are no UTF-8"},
	    {"{}{}", "not JSON at byte 2: more after the end of the document"},
	    {"{\"a\":\"\x01"
	     "0\"}",
	     "not JSON at byte 6: a control character in a string"},
	};
	struct err err;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const size_t n = strlen(cases[i].text);

		for (size_t piece = 1; piece <= n + 1; piece++) {
			arrive(cases[i].text, n, piece, true);
			assert_string_equal(body_problem(body), cases[i].problem);
			assert_int_equal(body_parse(body, doc, &err), -1);
			assert_int_equal(err.kind, ERR_JOB);
			assert_string_equal(err.msg, cases[i].problem);
			check_kept(cases[i].text, n);
		}
	}
	arrive("[1]", 3, 3, false); /* nothing of that stays */
	assert_int_equal(json_count(doc, parse()), 1);
}

/* Of a document that shows to be no JSON only after a large string, the bytes are still digested and kept. */
static void a_late_problem(void **state)
{
	static const size_t lens[] = {300000};
	struct buf text;

	(void)state;
	buf_init(&text, MIB);
	add_strings(&text, lens, 1);
	text.data[text.len - 1] = ']';
	arrive(text.data, text.len, 16384, true);
	assert_string_equal(body_problem(body), "not JSON at byte 300007: a closing bracket of the wrong kind");
	check_kept(text.data, text.len);
	arrive(text.data, text.len - 1, 16384, true);
	assert_string_equal(body_problem(body), "the JSON document ends too early, after 300007 bytes");
	check_kept(text.data, text.len - 1);
	buf_free(&text);
}

static void bom_is_kept_but_not_parsed(void **state)
{
	static const char text[] = "\xef\xbb\xbf{\"topic\":\"T\"}";

	(void)state;
	for (size_t piece = 1; piece <= sizeof(text); piece++) {
		arrive(text, sizeof(text) - 1, piece, true);
		assert_true(json_is(doc, json_member(doc, parse(), "topic", NULL), "T"));
		check_kept(text, sizeof(text) - 1);
	}
}

/* Larger than what is kept in memory anywhere, and than a part of the table bodies; and one that does not compress, so
 * that the frame goes to a file too. */
static void large_bodies_come_back_exactly(void **state)
{
	const size_t n = unit_light() ? 2 * MIB : 17 * MIB;
	char *p = malloc(n);
	uint32_t x = 1;

	(void)state;
	assert_non_null(p);
	for (int noise = 0; noise < 2; noise++) {
		for (size_t i = 0; i < n; i++) {
			x = x * 1664525 + 1013904223;
			p[i] = noise ? (char)(' ' + (x >> 26)) : (char)('a' + i / 1000 % 26);
			if (p[i] == '"' || p[i] == '\\')
				p[i] = '_';
		}
		p[0] = p[n - 1] = '"';
		arrive(p, n, 16384, true);
		assert_int_equal(json_raw_len(doc, parse()), n - 2);
		if (noise)
			assert_true(body_zst_len(body) > n / 2);
		check_kept(p, n);
	}
	free(p);
}

static void size_is_limited(void **state)
{
	struct body *small = body_new(10);
	struct err err = {0};

	(void)state;
	assert_non_null(small);
	for (int round = 0; round < 2; round++) {
		body_reset(small, true);
		assert_int_equal(body_add(small, "[1234567", 8, &err), 0);
		assert_int_equal(body_add(small, "8]", 2, &err), 0);
		assert_int_equal(body_add(small, "", 0, &err), 0);
		assert_int_equal(body_end(small, &err), 0);
		assert_null(body_problem(small));

		body_reset(small, true);
		assert_int_equal(body_add(small, "[1234567", 8, &err), 0);
		assert_int_equal(body_add(small, "89]", 3, &err), -1);
		assert_int_equal(err.kind, ERR_JOB);
		assert_string_equal(err.msg, "the body is larger than 10 bytes");
		assert_int_equal(body_size(small), 8);
	}
	body_free(small);
}

static void blanks_cost_little(void **state)
{
	struct buf text, copy;
	struct err err;

	(void)state;
	buf_init(&text, 4 * MIB);
	buf_init(&copy, MIB);
	assert_int_equal(buf_adds(&text, "{ "), 0);
	for (int i = 0; i < 500000; i++)
		assert_int_equal(buf_adds(&text, " \r\n\t"), 0);
	assert_int_equal(buf_adds(&text, "\"a  b\" :    1 , \"c\":[1,\n"), 0);
	for (int i = 0; i < 1023; i++)
		assert_int_equal(buf_addc(&text, ' '), 0);
	assert_int_equal(buf_adds(&text, "2]}"), 0);
	for (size_t piece = 700; piece < 4 * MIB; piece *= 5) {
		arrive(text.data, text.len, piece, false);
		json_ref root = parse();
		buf_clear(&copy);
		assert_int_equal(json_copy(doc, root, MIB, &copy, NULL, &err), 0);
		assert_in_range(copy.len, 2048, 2100);
		assert_non_null(strstr(copy.data, "\"a  b\" :    1 , \"c\":[1,\n "));
		assert_int_equal(json_count(doc, json_member(doc, root, "c", NULL)), 2);
	}
	buf_free(&text);
	buf_free(&copy);
}

static void a_skeleton_has_a_limit(void **state)
{
	const size_t string = 60000, n = JSON_MAX_TEXT / string + 1; /* many strings that are just not large */
	char *p = malloc(string);
	struct err err;

	(void)state;
	assert_non_null(p);
	memset(p, 'x', string);
	p[0] = p[string - 2] = '"';
	p[string - 1] = ',';
	body_reset(body, false);
	assert_int_equal(body_add(body, "[", 1, &err), 0);
	for (size_t i = 0; i < n; i++) {
		assert_null(body_problem(body));
		assert_int_equal(body_add(body, p, string, &err), 0);
	}
	assert_string_equal(body_problem(body), "the document has more than 64 MiB outside of its large strings");
	assert_int_equal(body_add(body, "more, whatever it is", 20, &err), 0);
	assert_int_equal(body_end(body, &err), 0);
	assert_int_equal(body_size(body), 1 + n * string + 20);
	assert_string_equal(body_problem(body), "the document has more than 64 MiB outside of its large strings");
	assert_int_equal(body_parse(body, doc, &err), -1);
	assert_int_equal(err.kind, ERR_JOB);
	free(p);
	arrive("{}", 2, 2, false);
	assert_int_equal(json_type_of(doc, parse()), JSON_OBJECT);
}

static void head_is_the_beginning(void **state)
{
	static const size_t lens[] = {200000};
	struct buf text;

	(void)state;
	arrive("", 0, 1, false);
	assert_int_equal(body_head(body).n, 0);
	assert_non_null(body_head(body).p);
	buf_init(&text, MIB);
	add_strings(&text, lens, 1);
	arrive(text.data, text.len, 1000, false);
	assert_in_range(body_head(body).n, 65000, 65536);
	assert_memory_equal(body_head(body).p, text.data, body_head(body).n);
	buf_free(&text);
}

/* A body that was given up in the middle leaves nothing behind. */
static void reset_in_the_middle(void **state)
{
	static const size_t lens[] = {300000, 100000};
	struct buf text;
	struct err err;

	(void)state;
	buf_init(&text, MIB);
	add_strings(&text, lens, 2);
	for (size_t cut = 1; cut < text.len; cut = cut * 2 + 1) {
		body_reset(body, true);
		assert_int_equal(body_add(body, text.data, cut, &err), 0);
		assert_false(body_kept(body));
		arrive("[\"\", 1]", 7, 1, true);
		assert_int_equal(json_count(doc, parse()), 2);
		check_kept("[\"\", 1]", 7);
	}
	buf_free(&text);
}

/* Where nothing can be spooled the run is over, not the job. */
static void a_bad_spool_folder(void **state)
{
	static const size_t lens[] = {600000};
	const char *tmp = getenv("TMPDIR");
	char *saved = tmp != NULL ? strdup(tmp) : NULL;
	struct body *fresh = body_new(NO_MAX);
	struct buf text;
	struct err err = {0};

	(void)state;
	assert_non_null(fresh);
	buf_init(&text, MIB);
	add_strings(&text, lens, 1);
	assert_int_equal(setenv("TMPDIR", "/nonexistent/folder", 1), 0);
	assert_int_equal(body_add(fresh, text.data, text.len, &err), -1);
	assert_int_equal(err.kind, ERR_FATAL);
	assert_non_null(strstr(err.msg, "'/nonexistent/folder'"));
	assert_int_equal(saved != NULL ? setenv("TMPDIR", saved, 1) : unsetenv("TMPDIR"), 0);
	body_reset(fresh, false);
	assert_int_equal(body_add(fresh, text.data, text.len, &err), 0);
	assert_int_equal(body_end(fresh, &err), 0);
	assert_null(body_problem(fresh));
	free(saved);
	buf_free(&text);
	body_free(fresh);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(small_bodies),
	    cmocka_unit_test(strings_around_the_limit),
	    cmocka_unit_test(a_large_key_and_a_large_root),
	    cmocka_unit_test(problems),
	    cmocka_unit_test(a_late_problem),
	    cmocka_unit_test(bom_is_kept_but_not_parsed),
	    cmocka_unit_test(large_bodies_come_back_exactly),
	    cmocka_unit_test(size_is_limited),
	    cmocka_unit_test(blanks_cost_little),
	    cmocka_unit_test(head_is_the_beginning),
	    cmocka_unit_test(reset_in_the_middle),
	    cmocka_unit_test(a_bad_spool_folder),
	    cmocka_unit_test(a_skeleton_has_a_limit),
	};
	/* The last one takes 64 MiB, less of which would be another test. */
	const size_t n = sizeof(tests) / sizeof(tests[0]) - unit_light();

	return _cmocka_run_group_tests("tests", tests, n, setup, teardown);
}
