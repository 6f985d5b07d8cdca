/* What a page of the list says, and a conversation; the line that becomes of a job. The walk itself:
 * e2e/27-discover.sh. */
#include "discover.h"

#include "discover_read.h"
#include "ids.h"
#include "idset.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define NOW_US        (INT64_C(1764000000) * 1000000) /* 2025-11-24T16:00:00Z */
#define DAY_US        (INT64_C(86400) * 1000000)
#define JOB(n)        "0000000" #n "-0000-4000-8000-000000000000"
#define TURN(n, when) "{\"role\":\"assistant\",\"timestamp\":\"" when "\",\"jobId\":\"" JOB(n) "\"}"

static struct json_doc *doc;

static int setup(void **state)
{
	(void)state;
	doc = json_new();
	return doc ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	json_free(doc);
	return 0;
}

static void parse(const char *text)
{
	struct err err;

	if (json_parse(doc, text, strlen(text), &err) != 0)
		fail_msg("%s: %s", text, err.msg);
}

/* --- pages --- */

static void what_is_no_page(void **state)
{
	static const char *const none[] = {
	    "[]", "7", "null", "{}", "{\"data\":{}}", "{\"data\":null}", "{\"data\":\"x\"}"};

	(void)state;
	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
		parse(none[i]);
		assert_non_null(discover_page_problem(doc));
	}
	parse("{\"data\":[]}");
	assert_null(discover_page_problem(doc));
}

static void a_page(void **state)
{
	static const char text[] =
	    "{\"data\":["
	    "{\"id\":\"a b\\u00e9\",\"name\":\"Sales\",\"updatedAt\":\"2025-11-24T15:00:00.5+01:00\",\"more\":[1]},"
	    "7,null,[],{},{\"id\":5},{\"id\":\"\"},{\"id\":\".\"},{\"id\":\"..\"},{\"id\":\"a\\u0000b\"},"
	    "{\"id\":\"2\",\"name\":null,\"updatedAt\":\"soon\"},{\"id\":\"3\",\"name\":7,\"updatedAt\":12}"
	    "],\"pageInfo\":{\"hasNextPage\":true,\"nextCursor\":\"c/=&\"}}";
	struct discover_page p;
	struct err err;

	(void)state;
	parse(text);
	assert_int_equal(discover_page_read(doc, &p, &err), 0);
	assert_int_equal(p.n, 3);
	assert_int_equal(p.odd, 9);
	assert_string_equal(p.at[0].id, "a b\xc3\xa9");
	assert_string_equal(p.at[0].name, "Sales");
	assert_string_equal(p.at[0].updated_at.text, "2025-11-24T14:00:00.5Z");
	assert_string_equal(p.at[1].id, "2");
	assert_null(p.at[1].name);
	assert_false(stamp_is_set(&p.at[1].updated_at));
	assert_string_equal(p.at[2].id, "3");
	assert_null(p.at[2].name);
	assert_string_equal(p.cursor, "c/=&");
	assert_false(p.cut);
	discover_page_free(&p);
	assert_null(p.at);
}

static void what_is_too_long(void **state)
{
	struct discover_page p;
	struct buf text;
	struct err err;

	(void)state;
	buf_init(&text, 1 << 20);
	/* an ID of 256 bytes and one of 257; a name of 64 KiB and a character across its end */
	assert_int_equal(
	    buf_addf(&text,
		     "{\"data\":[{\"id\":\"%0256d\"},{\"id\":\"%0257d\"},{\"id\":\"x\",\"name\":\"%065535d\xc3\xa9\"}]"
		     ",\"pageInfo\":{\"hasNextPage\":true,\"nextCursor\":\"%02049d\"}}",
		     1, 1, 1, 1),
	    0);
	parse(buf_cstr(&text));
	assert_int_equal(discover_page_read(doc, &p, &err), 0);
	assert_int_equal(p.n, 2);
	assert_int_equal(p.odd, 1);
	assert_int_equal(strlen(p.at[0].id), 256);
	assert_int_equal(strlen(p.at[1].name), 65535);
	assert_null(p.cursor);
	assert_true(p.cut);
	discover_page_free(&p);
	buf_free(&text);
}

static void where_a_list_ends(void **state)
{
	static const struct {
		const char *info, *cursor;
		bool cut;
	} all[] = {
	    {"{\"hasNextPage\":false}", NULL, false},
	    {"{\"hasNextPage\":false,\"nextCursor\":\"x\"}", NULL, false},
	    {"{\"hasNextPage\":true,\"nextCursor\":\"x\"}", "x", false},
	    {"{\"nextCursor\":\"x\"}", "x", false},
	    {"{\"hasNextPage\":\"false\",\"nextCursor\":\"x\"}", "x", false},
	    {"{\"hasNextPage\":true}", NULL, true},
	    {"{\"hasNextPage\":true,\"nextCursor\":null}", NULL, true},
	    {"{\"hasNextPage\":true,\"nextCursor\":\"\"}", NULL, true},
	    {"{\"hasNextPage\":true,\"nextCursor\":7}", NULL, true},
	    {"{\"hasNextPage\":true,\"nextCursor\":\"a\\u0000\"}", NULL, true},
	    {"{}", NULL, true},
	    {"null", NULL, true},
	    {"[]", NULL, true},
	};
	struct discover_page p;
	char text[200];
	struct err err;

	(void)state;
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		(void)snprintf(text, sizeof(text), "{\"data\":[],\"pageInfo\":%s}", all[i].info);
		parse(text);
		assert_int_equal(discover_page_read(doc, &p, &err), 0);
		if (p.cut != all[i].cut || (p.cursor == NULL) != (all[i].cursor == NULL) ||
		    (p.cursor != NULL && strcmp(p.cursor, all[i].cursor) != 0))
			fail_msg("%s: cut %d, cursor %s", all[i].info, p.cut, p.cursor ? p.cursor : "none");
		discover_page_free(&p);
	}
	parse("{\"data\":[]}");
	assert_int_equal(discover_page_read(doc, &p, &err), 0);
	assert_true(p.cut);
	discover_page_free(&p);
}

/* --- conversations --- */

static struct discover_turns turns_of(const char *messages, int64_t since_us)
{
	static char text[4096]; /* it is read as long as the document is */
	struct discover_turns t;
	struct err err;

	assert_in_range(snprintf(text, sizeof(text), "{\"messages\":%s}", messages), 0, sizeof(text) - 1);
	parse(text);
	assert_null(discover_turns_problem(doc));
	assert_int_equal(discover_turns_read(doc, since_us, NOW_US, &t, &err), 0);
	return t;
}

static void what_is_no_conversation(void **state)
{
	static const char *const none[] = {"[]", "{}", "{\"messages\":{}}", "{\"messages\":null}", "{\"data\":[]}"};

	(void)state;
	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
		parse(none[i]);
		assert_non_null(discover_turns_problem(doc));
	}
}

static void turns_and_what_was_asked(void **state)
{
	static const char text[] =
	    "{\"messages\":["
	    "{\"role\":\"assistant\",\"jobId\":\"" JOB(
		1) "\"},"
		   "{\"role\":\"user\",\"content\":\"first\"},"
		   "{\"role\":\"assistant\",\"jobId\":null},"
		   "{\"role\":\"assistant\",\"jobId\":\"" JOB(
		       2) "\",\"content\":\"x\"},"
			  "{\"role\":\"user\",\"content\":[\"second\"]},"
			  "{\"role\":\"assistant\",\"jobId\":\"0000000A-0000-4000-8000-00000000000B\"},"
			  "{\"role\":\"user\",\"content\":\"third\",\"jobId\":\"" JOB(
			      4) "\"},"
				 "7,null,[\"jobId\"],{\"role\":7,\"jobId\":\"" JOB(5) "\"}"
										      "]}";
	static const char *const prompts[] = {NULL, "first", NULL, "third", "third"};
	struct discover_turns t;
	struct err err;

	(void)state;
	parse(text);
	assert_int_equal(discover_turns_read(doc, 0, NOW_US, &t, &err), 0);
	assert_int_equal(t.n, 5);
	assert_int_equal(t.odd, 0);
	for (size_t i = 0; i < t.n; i++) {
		if (prompts[i] == NULL)
			assert_int_equal(t.at[i].prompt, -1);
		else
			assert_true(json_is(doc, t.at[i].prompt, prompts[i]));
		assert_false(stamp_is_set(&t.at[i].completed_at));
	}
	assert_int_equal(t.at[2].id.b[3], 0x0a);
	discover_turns_free(&t);
}

static void job_ids_that_are_none(void **state)
{
	struct discover_turns t =
	    turns_of("[{\"jobId\":7},{\"jobId\":\"" JOB(
			 1) "0\"},{\"jobId\":\"\"},{\"jobId\":{}},"
			    "{\"jobId\":\"0000000\\u0031-0000-4000-8000-000000000000\"},{\"jobId\":false}]",
		     0);

	(void)state;
	assert_int_equal(t.odd, 5);
	assert_int_equal(json_type_of(doc, t.bad), JSON_NUMBER);
	assert_int_equal(t.n, 1);
	assert_int_equal(t.at[0].id.b[3], 1);
	discover_turns_free(&t);
}

/* A time that is too early only asks sooner; one that is too late could lose the result. */
static void times(void **state)
{
	struct discover_turns t = turns_of(
	    "[" TURN(
		1,
		"2025-11-20T00:00:00Z") ",{\"timestamp\":\"2025-11-21T10:00:00+02:00\"},"
					"{\"jobId\":\"" JOB(2) "\"}," TURN(3, "never") "," TURN(4, "2025-11-24T17:00:"
												   "00Z") "," TURN(
					    5,
					    "2025-11-22T00:00:00.123456Z") ",{\"timestamp\":7,\"jobId\":\"" JOB(6) "\"}"
														   "]",
	    NOW_US - 14 * DAY_US);
	static const char *const expected[] = {"2025-11-20T00:00:00Z",        "2025-11-21T08:00:00Z",
					       "2025-11-21T08:00:00Z",        "2025-11-24T16:00:00.000Z",
					       "2025-11-22T00:00:00.123456Z", "2025-11-22T00:00:00.123456Z"};

	(void)state;
	assert_int_equal(t.n, 6);
	for (size_t i = 0; i < t.n; i++)
		assert_string_equal(t.at[i].completed_at.text, expected[i]);
	discover_turns_free(&t);
}

static void old_turns_are_left_out(void **state)
{
	/* to the microsecond; one without a time of its own is not judged by another's */
	struct discover_turns t =
	    turns_of("[" TURN(1, "2025-11-10T15:59:59.999999Z") "," TURN(2, "2025-11-10T16:00:00Z") "," TURN(
			 3, "2001-01-01T00:00:00Z") ",{\"jobId\":\"" JOB(4) "\"},{\"jobId\":5,\"timestamp\":\"2001-01-"
									    "01T00:00:00Z\"}]",
		     NOW_US - 14 * DAY_US);

	(void)state;
	assert_int_equal(t.n, 2);
	assert_int_equal(t.odd, 0);
	assert_int_equal(t.at[0].id.b[3], 2);
	assert_int_equal(t.at[1].id.b[3], 4);
	discover_turns_free(&t);
}

/* --- the line --- */

static void a_line_is_an_input_of_run(void **state)
{
	static const char expected[] =
	    "{\"job_id\":\"" JOB(1) "\",\"completed_at\":\"2025-11-24T16:00:00.000Z\",\"conversation_id\":\"c\","
				    "\"conversation\":\"\\u007f\\u009b \\u202e\\u2028 \\udb40\\udc01 "
				    "\xc3\xa9\xf0\x9f\x98\x80\",\"prompt\":\"a\\n\\\"b\\\"\"}\n";
	struct discover_job job = {
	    .conversation_id = text_of("c"),
	    .name = text_of("\x7f\xc2\x9b \xe2\x80\xae\xe2\x80\xa8 \xf3\xa0\x80\x81 \xc3\xa9\xf0\x9f\x98\x80"),
	    .prompt = text_of("a\n\"b\"")};
	struct ids_item item;
	struct ids_reader *ids;
	struct buf line;
	struct err err;
	FILE *f;

	(void)state;
	assert_true(uuid_parse(JOB(1), UUID_TEXT_LEN, &job.id));
	stamp_from_us(&job.completed_at, NOW_US);
	buf_init(&line, 4096);
	assert_int_equal(discover_line(&job, &line), 0);
	assert_string_equal(buf_cstr(&line), expected);
	job = (struct discover_job){.id = job.id};
	assert_int_equal(discover_line(&job, &line), 0);
	f = fmemopen(line.data, line.len, "r");
	assert_non_null(f);
	ids = ids_new(f);
	assert_int_equal(ids_next(ids, &item, &err), IDS_JOB);
	assert_null(item.problem);
	assert_int_equal(item.completed_at.us, NOW_US);
	assert_int_equal(item.json.n, sizeof(expected) - 2);
	assert_int_equal(ids_next(ids, &item, &err), IDS_JOB);
	assert_null(item.problem);
	assert_false(stamp_is_set(&item.completed_at));
	assert_memory_equal(item.json.p + item.json.n - 14, "\"prompt\":null}", 14);
	assert_int_equal(ids_next(ids, &item, &err), IDS_END);
	ids_free(ids);
	(void)fclose(f);
	buf_free(&line);
}

static void a_set_of_ids(void **state)
{
	struct idset s;
	struct uuid id = {{0}};

	(void)state;
	idset_init(&s);
	for (int round = 0; round < 2; round++)
		for (unsigned i = 0; i < 5000; i++) {
			id.b[0] = (uint8_t)i;
			id.b[15] = (uint8_t)(i >> 8);
			assert_int_equal(idset_add(&s, &id), round == 0);
		}
	assert_int_equal(s.n, 5000);
	idset_free(&s);
	assert_int_equal(idset_add(&s, &id), 1);
	idset_free(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_is_no_page),
	    cmocka_unit_test(a_page),
	    cmocka_unit_test(what_is_too_long),
	    cmocka_unit_test(where_a_list_ends),
	    cmocka_unit_test(what_is_no_conversation),
	    cmocka_unit_test(turns_and_what_was_asked),
	    cmocka_unit_test(job_ids_that_are_none),
	    cmocka_unit_test(times),
	    cmocka_unit_test(old_turns_are_left_out),
	    cmocka_unit_test(a_line_is_an_input_of_run),
	    cmocka_unit_test(a_set_of_ids),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
