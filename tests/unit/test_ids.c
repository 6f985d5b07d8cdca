#include "ids.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define A       "aaaaaaaa-0000-4000-8000-00000000000a"
#define B       "bbbbbbbb-0000-4000-8000-00000000000b"
#define C       "cccccccc-0000-4000-8000-00000000000c"
#define UPPER_A "AAAAAAAA-0000-4000-8000-00000000000A"

static FILE *open_bytes(const char *p, size_t n)
{
	FILE *f = fmemopen((void *)(uintptr_t)p, n, "r");

	assert_non_null(f);
	return f;
}

/* What is read, as text: for each job its line and the first letter of its ID, with @ and the time where there is one,
 * and ! where there is a warning; for each invalid line its number and "-". */
static void read_all(const char *p, size_t n, struct buf *out)
{
	FILE *f = open_bytes(p, n);
	struct ids_reader *r = ids_new(f);
	struct ids_item item;
	struct err err;
	char text[UUID_TEXT_LEN + 1];

	assert_non_null(r);
	while (ids_next(r, &item, &err) != IDS_END) {
		int rc = buf_addf(out, "%s%lld", out->len ? " " : "", (long long)item.line);
		switch (item.kind) {
		case IDS_JOB:
			rc |= buf_addc(out, *uuid_format(&item.id, text));
			if (stamp_is_set(&item.completed_at))
				rc |= buf_addf(out, "@%s", item.completed_at.text);
			if (item.problem)
				rc |= buf_addc(out, '!');
			break;
		case IDS_INVALID:
			assert_non_null(item.problem);
			assert_true(strlen(item.problem) > 10);
			assert_false(stamp_is_set(&item.completed_at));
			assert_null(item.json.p);
			rc |= buf_addc(out, '-');
			break;
		default:
			fail_msg("line %lld: %s", (long long)item.line, err.msg);
		}
		assert_int_equal(rc, 0);
	}
	assert_int_equal(item.kind, IDS_END);
	assert_int_equal(ids_next(r, &item, &err), IDS_END);
	ids_free(r);
	fclose(f);
}

struct expected {
	const char *in;
	const char *out;
};

static void check(const struct expected *cases, size_t n)
{
	struct buf out;

	buf_init(&out, 10000);
	for (size_t i = 0; i < n; i++) {
		buf_clear(&out);
		read_all(cases[i].in, strlen(cases[i].in), &out);
		if (strcmp(buf_cstr(&out), cases[i].out) != 0)
			fail_msg("'%s' gives '%s' instead of '%s'", cases[i].in, buf_cstr(&out), cases[i].out);
	}
	buf_free(&out);
}

#define CHECK(cases) check(cases, sizeof(cases) / sizeof((cases)[0]))

static void bare_ids(void **state)
{
	static const struct expected cases[] = {
	    {"\n", ""},
	    {A, "1a"},
	    {A "\n", "1a"},
	    {A "\n" B "\n" C, "1a 2b 3c"},
	    {A "\r\n" B "\r\n", "1a 2b"},
	    {A "\r" B "\r", "1a 2b"},
	    {UPPER_A "\n", "1a"},
	    {" \t" A "\t \n  " B "  ", "1a 2b"},
	    {"\n \t\n" A "\n\n\r\n" B "\n\n", "3a 6b"},
	    {A "\n" A "\n", "1a 2a"},
	    {"\xef\xbb\xbf" A "\n" B, "1a 2b"},
	    {"\xef\xbb\xbf\n" A, "2a"},
	    {A "\n\xef\xbb\xbf" B, "1a 2b"}, /* cat of two files */
	    {"# " B "\n" A "\n  #" B "\n#\n", "2a"},
	    {"\xef\xbb\xbf# made by hand\n" A, "2a"},
	    {"aaaaaaaa-0000-4000-8000-00000000000\n" B, "1- 2b"},
	    {A "0\n" B, "1- 2b"},
	    {A " and more\n" B, "1- 2b"},
	    {A A "\n{" A "}\n" B, "1- 2- 3b"},
	    {"foo\n" A, "1- 2a"},
	    {A "\nfoo\n" B, "1a 2- 3b"},
	    {"aaaaaaaa000040008000000000000000\n", "1-"},
	};

	(void)state;
	CHECK(cases);
}

static void csv_without_a_header(void **state)
{
	static const struct expected cases[] = {
	    {A ",x,y\n" B ",x", "1a 2b"},
	    {"x," A "," B "\n", "1a"},
	    {"1\tx, " A "\t" B "\n", "1b"},
	    {"1\t" A "\tstored\n" B "\tfailed\ttimed out, twice\n", "1a 2b"}, /* --error-file */
	    {A ";x\nx;" B ";\n", "1a 2b"},
	    {"\"" A "\",x\n\"x\", \" " B " \"\n", "1a 2b"},
	    {"\"x,\"\"y\"\"," B "\"," A "\n", "1a"},
	    {"5\" disk," A "\n\"5\" disk," B "\n", "1a 2b"},
	    {"\"open,\n\"open," A "\n", "2a"},
	    {A ",\"open\n" B ",x\n", "1a 2b"},
	    {" , " A " ,\n", "1a"},
	    {A ",x\n,,\n;\n\"\",\"\"\n\t\t\n" B ",\n", "1a 6b"}, /* empty rows */
	    {A ",x\nnone,x\n" B ",x", "1a 2- 3b"},
	    {A "\tx,y\n" B ",x\ty\n", "1a 2b"},
	};

	(void)state;
	CHECK(cases);
}

static void csv_headers(void **state)
{
	static const struct expected cases[] = {
	    /* a name that we know decides which field is meant */
	    {"job_id,user\n" A "," B "\n", "2a"},
	    {"user,job_id\n" A "," B "\n", "2b"},
	    {"user,jobId\n" A "," B "\n", "2b"},
	    {"user,id\n" A "," B "\n", "2b"},
	    {"user,Job ID\n" A "," B "\n", "2b"},
	    {"user\tJOB_ID\n" A "\t" B "\n", "2b"},
	    {"user;job-id\n" A ";" B "\n", "2b"},
	    {"\"user\",\"job_id\"\r\n\"" A "\",\"" B "\"\r\n", "2b"},
	    {"\xef\xbb\xbfjob_id,user\n" A "," B, "2a"},
	    {"\xef\xbb\xbf\"job_id\",user\n" A "," B, "2a"},
	    {"id,job_id\n" A "," B, "2b"},
	    {"job_id,id\n" A "," B, "2a"},
	    {"user,job_id,job_id\n" A "," B "," C, "2b"},
	    {"\n# jobs\nuser,job_id\n" A "," B, "4b"},
	    {"name;user, job_id\nx;" A "," B "\n", "2b"},
	    /* that field alone counts */
	    {"user,job_id\n" A ",none\n" A ",\n" A "\n" A "," B, "2- 3- 4- 5b"},
	    {"user\tjob_id\n\t" B "\n" A "\t\n", "2b 3-"},
	    {"job_id\tuser\n" A "\n\t" B "\n", "2a 3-"},
	    {"job_id,user\n" A ";" B "\n" A "," B "\n", "2- 3a"},
	    /* one that names none is passed over */
	    {"a,b\n" A ",x\n", "2a"},
	    {"uuid,user\n" A "," B "\n", "2a"},
	    {"identifier,job_id_old\n" A "," B "\n", "2a"},
	    {"a\tb\nx\t" A, "2a"},
	    {"a,b\nc,d\n" A, "2- 3a"},
	    {"foo\na,b\n" A, "1- 2- 3a"},
	    {",,\na,b\n" A, "3a"},
	    /* single words */
	    {"job_id\n" A "\n", "2a"},
	    {"jobId\r\n" A, "2a"},
	    {"\"id\"\n\"" A "\"\n", "2-"},
	    {"UUID\n" A "\n", "2a"},
	    {"name\n" A "\n", "1- 2a"},
	    {"id\nx," A "\n", "2a"},
	    /* several files joined */
	    {"job_id,user\n" A "," B "\njob_id,user\n" C "," B, "2a 4c"},
	    {"job_id,user\n" A "," B "\nuser,job_id\n" A "," C, "2a 4c"},
	    {"user,id\n" A "," B "\nuser,id\n" A "," C, "2b 4c"},
	    {"user,id\n" A "," B "\nid,user\n" A "," C, "2b 3- 4c"},
	    {"id\n" A "\nid\n" B "\n", "2a 4b"},
	    /* no header */
	    {"[1,2]\n" A, "1- 2a"},
	    {"user,job_id," A "\n" B "," C "\n", "1a 2b"},
	};

	(void)state;
	CHECK(cases);
}

static void times_in_csv(void **state)
{
	static const struct expected cases[] = {
	    {"job_id,completed_at\n" A ",2025-01-15T10:00:10.25Z\n", "2a@2025-01-15T10:00:10.25Z"},
	    {"completedAt\tid\n2025-01-15 12:00:10+02:00\t" A "\n", "2a@2025-01-15T10:00:10Z"},
	    {"job_id,completed_at\n" A ",\n" B "\n", "2a 3b"},
	    {"job_id,completed_at\n" A ",soon\n" B ",2025-02-30T00:00:00Z\n", "2a! 3b!"},
	    {"uuid,Completed At\n" A ",2025-01-15T10:00:10Z\n", "2a@2025-01-15T10:00:10Z"},
	    {"uuid,completed_at\n" A ";x\n", "2a"},
	    {"job_id,completed_at\nnone,2025-01-15T10:00:10Z\n", "2-"},
	    {"job_id,completed_at\n" A ",2025-01-15T10:00:10\n" B ",2025-01-16\n",
	     "2a@2025-01-15T10:00:10Z! 3b@2025-01-16T00:00:00Z"},
	    {A ",2025-01-15T10:00:10Z\n", "1a"},
	};

	(void)state;
	CHECK(cases);
}

static void json_lines(void **state)
{
	static const struct expected cases[] = {
	    {"{\"jobId\":\"" A "\"}\n{\"job_id\": \"" UPPER_A "\"}\n{\"id\":\"" C "\"}", "1a 2a 3c"},
	    {" \t{\"id\":\"" C "\",\"job_id\":\"" B "\",\"jobId\":\"" A "\"} \r\n", "1a"},
	    {"{\"id\":\"" C "\",\"job_id\":\"" B "\"}", "1b"},
	    {"{\"event_id\":\"" B "\",\"jobId\":\"" A "\",\"metadata\":{\"jobId\":\"" C "\"}}", "1a"},
	    {"\xef\xbb\xbf{\"jobId\":\"" A "\"}", "1a"},
	    {"{\"job\\u0049d\":\"\\u0061aaaaaaa-0000-4000-8000-00000000000a\"}", "1a"},
	    {"{\"jobId\":\"" A "\"}\n" B "\n" C ",x\n", "1a 2b 3c"},
	    {"user,job_id\n{\"jobId\":\"" A "\"}\n" A "," B, "2a 3b"},
	    /* no ID, or none that is one; the first name that is there decides */
	    {"{}\n{\"JobId\":\"" A "\"}\n{\"x\":{\"jobId\":\"" A "\"}}\n", "1- 2- 3-"},
	    {"{\"jobId\":null,\"id\":\"" A "\"}\n{\"jobId\":7,\"id\":\"" A "\"}\n", "1- 2-"},
	    {"{\"jobId\":\"none\"}\n{\"jobId\":[\"" A "\"]}\n{\"jobId\":\"\"}\n", "1- 2- 3-"},
	    /* no JSON */
	    {"{\n\"jobId\": \"" A "\",\n}\n", "1- 2- 3-"},
	    {"{\"jobId\":\"" A "\"} {\"jobId\":\"" B "\"}\n{\"jobId\":\"" A "\"},\n", "1- 2-"},
	    {"{'jobId':'" A "'}\n{\"jobId\":\"" A "\"\n{" A "\n", "1- 2- 3-"},
	    {"[{\"jobId\":\"" A "\"},{\"jobId\":\"" B "\"}]\n" C, "1- 2c"},
	    {"[\n" A ",\n" B "\n]\n", "1- 2a 3b 4-"},
	};

	(void)state;
	CHECK(cases);
}

static void times_in_json(void **state)
{
	static const struct expected cases[] = {
	    {"{\"jobId\":\"" A "\",\"completed_at\":\"2025-01-15T10:00:10.000Z\"}", "1a@2025-01-15T10:00:10.000Z"},
	    {"{\"jobId\":\"" A "\",\"completedAt\":\"2025-01-15T10:00:10Z\"}", "1a@2025-01-15T10:00:10Z"},
	    {"{\"jobId\":\"" A "\",\"completed_at\":null}\n{\"jobId\":\"" B "\",\"completedAt\":null}", "1a 2b"},
	    {"{\"jobId\":\"" A "\",\"completed_at\":\"\"}\n{\"jobId\":\"" B "\",\"completed_at\":1736935210}",
	     "1a! 2b!"},
	    {"{\"jobId\":\"" A "\",\"completed_at\":{}}\n{\"jobId\":\"" B "\",\"completed_at\":\"soon\"}", "1a! 2b!"},
	    {"{\"jobId\":\"" A "\",\"completed_at\":\"2025-01-15 10:00\"}", "1a@2025-01-15T10:00:00Z!"},
	};

	(void)state;
	CHECK(cases);
}

/* The JSON line itself is handed on, without the blanks around it; other lines have none. */
static void keeps_the_json_line(void **state)
{
	static const char object[] = "{\"jobId\":\"" A "\", \"x\":[1, {}]}";
	static const char in[] = A "\n\t{\"jobId\":\"" A "\", \"x\":[1, {}]} \r\n" B "\n";
	FILE *f = open_bytes(in, sizeof(in) - 1);
	struct ids_reader *r = ids_new(f);
	struct ids_item item;

	(void)state;
	assert_non_null(r);
	for (int line = 1; line <= 3; line++) {
		assert_int_equal(ids_next(r, &item, NULL), IDS_JOB);
		assert_int_equal(item.line, line);
		assert_true(text_eq(item.json, line == 2 ? text_of(object) : TEXT_NULL));
	}
	assert_int_equal(ids_next(r, &item, NULL), IDS_END);
	ids_free(r);
	ids_free(NULL);
	fclose(f);
}

static void problems_say_what_is_wrong(void **state)
{
	static const struct {
		const char *in;
		size_t n;
		const char *problem; /* how it begins */
	} cases[] = {
	    {"foo", 3, "no job ID in this line"},
	    {"{}", 2, "no jobId in this JSON object"},
	    {"{\"id\":5}", 8, "the jobId in this JSON object is no UUID"},
	    {"{\"id\":", 6, "not valid JSON: "},
	    {"[]", 2, "no job ID in this line: JSON is read as one object a line"},
	    {"a\0b", 3, "no job ID in this line: it holds NUL bytes"},
	    {"job_id,b\nx,y\n", 13, "no job ID in the column that the header names"},
	    {"\xff\xfe"
	     "a\0\n\0b\0\n\0",
	     10, "this looks like UTF-16: save it as UTF-8"},
	    {"\xfe\xff\0a\0\n\0b", 8, "this looks like UTF-16: save it as UTF-8"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		FILE *f = open_bytes(cases[i].in, cases[i].n);
		struct ids_reader *r = ids_new(f);
		struct ids_item item;

		assert_non_null(r);
		assert_int_equal(ids_next(r, &item, NULL), IDS_INVALID);
		if (strncmp(item.problem, cases[i].problem, strlen(cases[i].problem)) != 0)
			fail_msg("%s", item.problem);
		assert_int_equal(ids_next(r, &item, NULL), IDS_END);
		ids_free(r);
		fclose(f);
	}
}

/* Every byte is taken as a line of its own, as a cell and as what follows an ID: nothing but invalid lines. */
static void binary_garbage(void **state)
{
	struct buf in, out;

	(void)state;
	buf_init(&in, 100000);
	buf_init(&out, 100000);
	for (int c = 0; c < 256; c++) {
		const char cell[] = {(char)c, ',', (char)c, (char)c, '\n', (char)c, '\t', '"', (char)c, '\n'};
		assert_int_equal(buf_add(&in, cell, sizeof(cell)), 0);
	}
	read_all(in.data, in.len, &out);
	assert_true(out.len > 256);
	for (const char *p = out.data; *p; p++)
		assert_non_null(strchr("0123456789- ", *p));
	buf_clear(&in);
	buf_clear(&out);
	assert_int_equal(buf_add(&in, A "\0\n" B ",\0\n" C "\n", sizeof(A "\0\n" B ",\0\n" C "\n") - 1), 0);
	read_all(in.data, in.len, &out);
	assert_string_equal(out.data, "1- 2b 3c");
	buf_free(&in);
	buf_free(&out);
}

/* Lines at the border of 16 MiB: the last one that is read, the first that is not, and the line after it. */
static void very_long_lines(void **state)
{
	static const size_t max = (size_t)16 << 20;
	char *in = malloc(2 * max + 200);
	struct buf out;

	(void)state;
	assert_non_null(in);
	buf_init(&out, 1000);
	memset(in, ' ', max);
	memcpy(in, A, UUID_TEXT_LEN);
	in[max] = '\n';
	memset(in + max + 1, ' ', max + 1);
	memcpy(in + max + 1, B, UUID_TEXT_LEN);
	memcpy(in + 2 * max + 2, "\n" C, UUID_TEXT_LEN + 1);
	read_all(in, 2 * max + 2 + UUID_TEXT_LEN + 1, &out);
	assert_string_equal(buf_cstr(&out), "1a 2- 3c");
	buf_free(&out);
	free(in);
}

/* Quotes that never close, delimiters without end: what would be quadratic does not come to an end here. */
static void hostile_csv(void **state)
{
	static const char *const units[] = {"\",\"\"", "\"\"\",", "\"a,", "\"a\"\"b,", ",", ";,\t", "\"", "\"\" \","};
	const size_t size = (size_t)1 << 20;
	char *in = malloc(size + 100);

	(void)state;
	assert_non_null(in);
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		struct buf out;
		size_t len = strlen(units[i]), n = 0;

		buf_init(&out, 1000);
		memcpy(in, "x\n", 2); /* so that the next line is no header */
		for (n = 2; n + len <= size; n += len)
			memcpy(in + n, units[i], len);
		memcpy(in + n, "\n" A, UUID_TEXT_LEN + 1);
		read_all(in, n + 1 + UUID_TEXT_LEN, &out);
		assert_non_null(strstr(buf_cstr(&out), "3a"));
		buf_free(&out);
	}
	free(in);
}

static void reading_fails(void **state)
{
	FILE *f = fopen("/", "r");
	struct err err = {0};
	struct ids_item item;

	(void)state;
	assert_non_null(f);
	struct ids_reader *r = ids_new(f);
	assert_non_null(r);
	assert_int_equal(ids_next(r, &item, &err), IDS_ERROR);
	assert_int_equal(item.kind, IDS_ERROR);
	assert_int_equal(err.kind, ERR_FATAL);
	assert_non_null(strstr(err.msg, "Is a directory"));
	assert_int_equal(ids_next(r, &item, &err), IDS_END);
	ids_free(r);
	fclose(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(bare_ids),
	    cmocka_unit_test(csv_without_a_header),
	    cmocka_unit_test(csv_headers),
	    cmocka_unit_test(times_in_csv),
	    cmocka_unit_test(json_lines),
	    cmocka_unit_test(times_in_json),
	    cmocka_unit_test(keeps_the_json_line),
	    cmocka_unit_test(problems_say_what_is_wrong),
	    cmocka_unit_test(binary_garbage),
	    cmocka_unit_test(very_long_lines),
	    cmocka_unit_test(hostile_csv),
	    cmocka_unit_test(reading_fails),
	};
	return cmocka_run_group_tests_name("ids", tests, NULL, NULL);
}
