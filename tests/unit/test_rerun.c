/* Running a query again: what is posted, byte for byte, and what an answer must not be. */
#include "rerun.h"
#include "unit.h"

#include <string.h>

static void expect_post(const char *query, const char *expected)
{
	struct json_doc *doc = json_new();
	struct err err = {0};
	struct buf out;

	buf_init(&out, 1 << 20);
	assert_int_equal(buf_adds(&out, "before "), 0);
	assert_int_equal(rerun_request(text_of(query), doc, &out, &err), 0);
	assert_string_equal(buf_cstr(&out) + 7, expected);
	buf_free(&out);
	json_free(doc);
}

/* Nothing is added, left out or written anew: no limit, no member, no blank. */
static void test_sent_as_stored(void **state)
{
	(void)state;
	expect_post("{\"fields\":[\"a.b\"],\"limit\":10}",
		    "{\"query\":{\"fields\":[\"a.b\"],\"limit\":10},\"resultType\":\"csv\"}");
	expect_post("{ \"limit\" : null ,\n\"n\":1.50e2, \"s\":\"\\u00e9\\/é\"}",
		    "{\"query\":{ \"limit\" : null ,\n\"n\":1.50e2, \"s\":\"\\u00e9\\/é\"},\"resultType\":\"csv\"}");
	/* wrapped: it stays so */
	expect_post("{\"model_job\":{\"fields\":[\"a\"],\"table\":\"t\"}}",
		    "{\"query\":{\"model_job\":{\"fields\":[\"a\"],\"table\":\"t\"}},\"resultType\":\"csv\"}");
	expect_post("{}", "{\"query\":{},\"resultType\":\"csv\"}");
	/* what stands in it may be named as what stands around it */
	expect_post("{\"resultType\":\"json\",\"query\":1}",
		    "{\"query\":{\"resultType\":\"json\",\"query\":1},\"resultType\":\"csv\"}");
}

static void test_no_query(void **state)
{
	static const char *const bad[] = {NULL,
					  "",
					  "null",
					  "[]",
					  "\"SELECT 1\"",
					  "7",
					  "{",
					  "{}}",
					  "{},\"x\":{}",
					  "{\"a\":1},\"resultType\":\"json\",\"b\":{\"c\":1}",
					  "{}x",
					  "{'a':1}",
					  "\x01{}",
					  "{\"a\":\"\xff\"}"};
	struct json_doc *doc = json_new();
	struct buf out;

	(void)state;
	buf_init(&out, 1 << 20);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct err err = {0};

		assert_int_equal(rerun_request(text_of(bad[i]), doc, &out, &err), -1);
		assert_int_equal(err.kind, ERR_JOB);
		assert_true(strlen(err.msg) > 10);
		assert_int_equal(out.len, 0);
	}
	/* memory, or a maximum: nothing half */
	buf_free(&out);
	buf_init(&out, 20);
	for (int i = 0; i < 1; i++) {
		struct err err = {0};

		assert_int_equal(rerun_request(text_of("{\"limit\":10}"), doc, &out, &err), -1);
		assert_int_equal(err.kind, ERR_FATAL);
		assert_int_equal(out.len, 0);
	}
	buf_free(&out);
	json_free(doc);
}

static void test_answers(void **state)
{
	static const struct {
		const char *head;
		bool is_json;
		const char *problem; /* NULL: may be a CSV */
	} all[] = {
	    {"a,b\n1,2\n", false, NULL},
	    {"a", false, NULL},
	    {"\"a\"", true, NULL},
	    {"7", true, NULL},
	    {"null", true, NULL},
	    {"\xef\xbb\xbf"
	     "a\n",
	     false, NULL},
	    {"{a},b\n", false, NULL}, /* braces alone make no JSON */
	    {"[x]\n1\n", false, NULL},
	    {"\n\nx\n", false, NULL},
	    {"< 5,b\n", false, NULL},
	    {"", false, "empty"},
	    {" \r\n\t ", false, "empty"},
	    {"\xef\xbb\xbf", false, "empty"},
	    {"{\"error\":\"no\"}", true, "JSON"},
	    {" \n[1]", true, "JSON"},
	    {"<!DOCTYPE html><p>", false, "HTML"},
	    {"\n <HTML lang=en>", false, "HTML"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		const char *problem = rerun_problem(text_of(all[i].head), all[i].is_json);

		if (all[i].problem == NULL)
			assert_null(problem);
		else
			assert_non_null(problem != NULL ? strstr(problem, all[i].problem) : NULL);
	}
	assert_non_null(rerun_problem(TEXT_NULL, false));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_sent_as_stored),
	    cmocka_unit_test(test_no_query),
	    cmocka_unit_test(test_answers),
	};

	return cmocka_run_group_tests_name("rerun", tests, NULL, NULL);
}
