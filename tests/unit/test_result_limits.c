/* What no table can hold, and hostile bodies: replaced, cut, left out, counted; and never slow. */
#include "result_obj.h"
#include "result_test.h"

static void test_what_no_sink_can_store(void **state)
{
	static const struct sample samples[] = {
	    {"{'message':'a\\u0000b','topic':{'x':'\\ud800'},'x\\u0000':1,'y':'\\udc00 \\ud83d\\ude00'}",
	     "job topic={'x':'\\ufffd'} message=a\ufffdb extra={'x\\ufffd':1,'y':'\\ufffd \\ud83d\\ude00'} 0/0/0\n",
	     "[''topic' held U+0000 or an unpaired surrogate: replaced by U+FFFD',"
	     "''message' held U+0000 or an unpaired surrogate: replaced by U+FFFD',"
	     "''x\ufffd' held U+0000 or an unpaired surrogate: replaced by U+FFFD',"
	     "''y' held U+0000 or an unpaired surrogate: replaced by U+FFFD']"},
	    {CSV("A,\\u0000\\n\\ud83d,\\ud83d\\ude00"),
	     "action 0\nresult 0 columns=[A|\ufffd]\nrow 0 cells=[\ufffd|\U0001f600]\nend 0 rows=1\njob 1/1/1\n",
	     "[''csvResult' of the result of action 0 held U+0000 or an unpaired surrogate: replaced by U+FFFD']"},
	};

	CHECK(samples);
}

static void test_long_text(void **state)
{
	struct fixture *f = *state;
	struct buf b;

	buf_init(&b, (size_t)64 << 20);
	assert_int_equal(buf_adds(&b, "{\"topic\":[\""), 0);
	for (size_t n = 0; n < JSON_MAX_STRING + 1000; n += 100)
		assert_int_equal(buf_addf(&b, "%0100d", 0), 0);
	assert_int_equal(buf_adds(&b, "\"],\"message\":\""), 0);
	for (size_t n = 0; n < JSON_MAX_STRING + 1000; n += 3)
		assert_int_equal(buf_adds(&b, "\xe2\x82\xac"), 0);
	assert_int_equal(buf_adds(&b, "\"}"), 0);
	load_bytes(f, b.data, b.len);
	assert_int_equal(decode(f), 0);
	assert_int_equal(f->job.topic.n, JSON_MAX_STRING + 4);
	assert_int_equal(f->job.message.n, JSON_MAX_STRING / 3 * 3);
	assert_string_equal(f->job.warnings.p, "[\"'topic' was longer than 16 MiB: cut\","
					       "\"'message' was longer than 16 MiB: cut\"]");
	/* And nothing is left of it. */
	load(f, "{'message':'short'}");
	assert_int_equal(decode(f), 0);
	assert_int_equal(f->job.message.n, 5);
	assert_null(f->job.topic.p);
	buf_free(&b);
}

/* Wide and many: what is quadratic does not come to an end here. */
static void test_wide(void **state)
{
	enum { n = 20000 };
	struct fixture *f = *state;
	struct buf b;

	buf_init(&b, (size_t)64 << 20);
	assert_int_equal(buf_adds(&b, "{\"message\":1"), 0);
	for (int i = 0; i < n; i++)
		assert_int_equal(buf_addf(&b, ",\"k%d\":%d,\"twice\":%d", i, i, i), 0);
	assert_int_equal(buf_adds(&b, ",\"actions\":[{\"result\":{\"query\":{\"fields\":["), 0);
	for (int i = 0; i < n; i++)
		assert_int_equal(buf_addf(&b, "%s\"f%d\"", i > 0 ? "," : "", i), 0);
	assert_int_equal(buf_adds(&b, "]},\"csvResultFields\":{"), 0);
	for (int i = n - 1; i >= 0; i--)
		assert_int_equal(buf_addf(&b, "\"f%d\":{\"data_type\":\"T%d\"}%s", i, i, i > 0 ? "," : ""), 0);
	assert_int_equal(buf_adds(&b, "},\"csvResult\":\"c"), 0);
	for (int i = 1; i < n; i++)
		assert_int_equal(buf_addf(&b, ",c%d", i), 0);
	assert_int_equal(buf_adds(&b, "\"}}"), 0);
	for (int i = 0; i < n; i++)
		assert_int_equal(buf_adds(&b, ",0"), 0);
	assert_int_equal(buf_adds(&b, "]}"), 0);
	load_bytes(f, b.data, b.len);
	assert_int_equal(decode(f), 0);
	assert_int_equal(f->job.action_count, n + 1);
	assert_non_null(strstr(f->log.data, "|T19998|T19999]"));
	assert_non_null(strstr(f->job.extra.p, ",\"k19999\":19999,\"twice\":19999}"));
	assert_null(strstr(f->job.extra.p, "\"twice\":19998"));
	/* A hundred warnings are told, the others are counted: message, twice, and an action each. */
	assert_int_equal(result_warnings(f->decoder), n + 2);
	assert_non_null(strstr(f->job.warnings.p, "\"'twice' stands 20000 times, the last one counts\""));
	assert_non_null(strstr(f->job.warnings.p, "\"action 98 is no object: kept in extra\",\"and 19902 more\"]"));
	buf_free(&b);
}

/* A member that is too large for extra is left out with a warning; the others stay. */
static void test_extra_has_a_maximum(void **state)
{
	static const char json[] = "{\"a\":1,\"big\":\"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\","
				   "\"yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy\":2,\"b\":3}";
	struct result_warn warn;
	struct json_doc *doc = json_new();
	struct result_obj o;
	struct text extra, warnings;
	struct err err;

	(void)state;
	assert_non_null(doc);
	result_warn_init(&warn);
	result_obj_init(&o);
	o.extra.max = 40;
	assert_int_equal(json_parse(doc, json, strlen(json), &err), 0);
	assert_int_equal(result_obj_open(&o, doc, json_root(doc), &warn, " of the test", &err), 0);
	assert_int_equal(result_obj_close(&o, &extra, &err), 0);
	assert_string_equal(extra.p, "{\"a\":1,\"b\":3}");
	assert_int_equal(result_warn_end(&warn, &warnings), 0);
	assert_string_equal(
	    warnings.p, "[\"'big' of the test is too large for a table and was left out: the body has it\","
			"\"'yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy…' of the test is too large "
			"for a table and was left out: the body has it\"]");
	result_obj_free(&o);
	result_warn_free(&warn);
	json_free(doc);
}

/* Names that are too long to be compared are kept, each as itself. */
static void test_long_names(void **state)
{
	struct fixture *f = *state;
	struct buf b;

	buf_init(&b, (size_t)1 << 20);
	assert_int_equal(buf_addf(&b, "{\"message\":null,\"%05000d\":1,\"%05000d\":2,\"%0100000d\":3}", 0, 0, 0), 0);
	load_bytes(f, b.data, b.len);
	assert_int_equal(decode(f), 0);
	assert_null(f->job.warnings.p);
	assert_int_equal(f->job.extra.n, b.len - strlen("\"message\":null,"));
	buf_free(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_what_no_sink_can_store),
	    cmocka_unit_test(test_long_text),
	    cmocka_unit_test(test_wide),
	    cmocka_unit_test(test_extra_has_a_maximum),
	    cmocka_unit_test(test_long_names),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
