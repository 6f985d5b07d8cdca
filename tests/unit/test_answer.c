/*
 * What an HTTP answer says about a job: its code, its status document, its Retry-After.
 */
#include "answer_test.h"

/* ---- codes ---- */

static bool passes(int http)
{
	static const int codes[] = {408, 425, 500, 502, 503, 504, 520, 521, 522, 523, 524};
	size_t i;

	for (i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
		if (codes[i] == http)
			return true;
	}
	return false;
}

static void every_code_has_its_verdict(void **state)
{
	static const char *const bodies[] = {NULL, "", "<html>no</html>", "{\"error\":\"1\",\"message\":\"Hm\"}"};
	size_t i;
	int http;

	(void)state;
	for (http = 0; http < 1000; http++) {
		for (i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
			enum verdict result = VERDICT_SETTLED, whoami = VERDICT_KEY_GOOD;
			const char *body = bodies[i];

			if (http == 401) {
				result = whoami = VERDICT_KEY_BAD;
			} else if (http == 429) {
				result = whoami = VERDICT_PAUSE;
			} else if (passes(http)) {
				result = whoami = VERDICT_RETRY;
			} else if (http == 403) {
				result = VERDICT_FORBIDDEN;
				whoami = VERDICT_KEY_BAD;
			}
			check(ASKED_WHOAMI, http, body, whoami, JOB_NONE);
			if (http != 200 && (http != 404 || i != 3)) {
				check(ASKED_RESULT, http, body, result, JOB_FAILED);
				check(ASKED_STATUS, http, body, result, JOB_FAILED);
			}
		}
	}
	check(ASKED_RESULT, 200, NULL, VERDICT_RESULT, JOB_NONE);
	assert_string_equal(answer(ASKED_RESULT, 200, "{}").message, "");
	assert_string_equal(answer(ASKED_WHOAMI, 200, NULL).message, "");
}

static void a_404_that_is_not_json_is_not_the_apis(void **state)
{
	static const char *const other[] = {
	    "",
	    " \r\n",
	    "Job not found",
	    "no longer available",
	    "<html>Job not found</html>",
	    "{\"message\": \"Job not found\"",
	    "{\"message\": \"Job not found\"} x",
	    "{'message': 'Job not found'}",
	    "{\"message\": \"Job not found\xff\"}",
	};
	static const char *const json[] = {"null",
					   "404",
					   "\"Job not found\"",
					   "[]",
					   "[{\"message\":\"Job not found\"}]",
					   "{}",
					   "{\"error\":404,\"message\":12}",
					   "{\"error\":\"404\"}",
					   "{\"error\":[\"not found\"]}",
					   "{\"Message\":\"Job not found\"}"};
	struct answer a;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(other) / sizeof(other[0]); i++) {
		check(ASKED_RESULT, 404, other[i], VERDICT_SETTLED, JOB_FAILED);
		a = answer(ASKED_RESULT, 404, other[i]);
		assert_non_null(strstr(a.message, "is this the address of the API?"));
		a = answer(ASKED_STATUS, 404, other[i]);
		assert_non_null(strstr(a.message, "is this the address of the API?"));
	}
	for (i = 0; i < sizeof(json) / sizeof(json[0]); i++) {
		check(ASKED_RESULT, 404, json[i], VERDICT_ASK_STATUS, JOB_NONE);
		assert_null(strstr(answer(ASKED_STATUS, 404, json[i]).message, "address"));
	}
}

/* ---- the status document ---- */

static void status_documents(void **state)
{
	static const struct {
		const char *body;
		enum job_status status;
		const char *completed, *message;
	} t[] = {
	    {"{\"state\":\"COMPLETE\",\"completedAt\":\"2025-11-10T10:00:10.120Z\",\"error\":null}", STATUS_COMPLETE,
	     "2025-11-10T10:00:10.120Z", ""},
	    {"{\"state\":\"complete\",\"completedAt\":null}", STATUS_COMPLETE, "", ""},
	    {"{\"state\":\"COMPLETE\",\"completedAt\":1764000000}", STATUS_COMPLETE, "", ""},
	    {"{\"state\":\"COMPLETE\",\"completedAt\":\"soon\"}", STATUS_COMPLETE, "", ""},
	    {"{\"state\":\"COMPLETE\",\"completedAt\":\"2025-11-10T12:00:10+02:00\"}", STATUS_COMPLETE,
	     "2025-11-10T10:00:10Z", ""},
	    {"{\"state\":\"QUEUED\"}", STATUS_RUNNING, "", "the job is QUEUED"},
	    {"{\"state\":\"EXECUTING\"}", STATUS_RUNNING, "", "the job is EXECUTING"},
	    {"{\"state\":\"DELIVERING\"}", STATUS_RUNNING, "", "the job is DELIVERING"},
	    {"{\"state\":\"COMPLETED?\\u001b\"}", STATUS_RUNNING, "", "the job is COMPLETED?\\x1b"},
	    {"{\"state\":\"FAILED\",\"error\":{\"code\":\"X\",\"message\":\"no\\tmodel\"}}", STATUS_FAILED, "",
	     "the job is FAILED: no\\x09model"},
	    {"{\"state\":\"FAILED\",\"error\":{\"code\":1,\"message\":null,\"detail\":\"why\"}}", STATUS_FAILED, "",
	     "the job is FAILED: why"},
	    {"{\"state\":\"FAILED\",\"error\":\"boom\",\"completedAt\":\"2025-11-10T10:00:10Z\"}", STATUS_FAILED,
	     "2025-11-10T10:00:10Z", "the job is FAILED: boom"},
	    {"{\"state\":\"CANCELLED\",\"error\":[1]}", STATUS_FAILED, "", "the job is CANCELLED"},
	};
	static const char *const none[] = {NULL,
					   "",
					   "null",
					   "[]",
					   "\"COMPLETE\"",
					   "{}",
					   "{\"state\":null}",
					   "{\"state\":7}",
					   "{\"state\":\"\"}",
					   "{\"state\":\"COMPLETE\"",
					   "<html>",
					   "[{\"state\":\"COMPLETE\"}]"};
	struct answer_in in = {.asked = ASKED_STATUS, .http = 200, .now_us = NOW_US};
	struct answer a;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		a = answer(ASKED_STATUS, 200, t[i].body);
		assert_int_equal(a.verdict, VERDICT_STATUS);
		assert_int_equal(a.job_status, t[i].status);
		assert_string_equal(a.completed_at.text, t[i].completed);
		assert_string_equal(a.message, t[i].message);
	}
	for (i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
		a = answer(ASKED_STATUS, 200, none[i]);
		assert_int_equal(a.verdict, VERDICT_RETRY);
		assert_string_equal(a.message, "HTTP 200: the status document cannot be read");
		assert_false(stamp_is_set(&a.completed_at));
	}
	in.body = text_of(t[0].body);
	in.body_cut = true;
	assert_int_equal(read_in(&in).verdict, VERDICT_RETRY);
}

/* ---- Retry-After ---- */

static void questions(void **state)
{
	static const char json[] = "{\"detail\":\"No\",\"remaining_job_ids\":[\"a\"]}";
	static const char *const none[] = {NULL, "<html>", "{\"remaining_job_ids\":[]}", "{\"remaining_job_ids\":7}"};
	struct answer_in cut = {.asked = ASKED_QUESTION, .http = 408, .body = text_of(json), .body_cut = true};

	(void)state;
	check(ASKED_QUESTION, 200, NULL, VERDICT_RESULT, JOB_NONE);
	check(ASKED_QUESTION, 401, json, VERDICT_KEY_BAD, JOB_NONE);
	check(ASKED_QUESTION, 403, json, VERDICT_FORBIDDEN, JOB_NONE);
	check(ASKED_QUESTION, 429, json, VERDICT_PAUSE, JOB_NONE);
	check(ASKED_QUESTION, 503, json, VERDICT_RETRY, JOB_NONE);
	check(ASKED_QUESTION, 402, json, VERDICT_SETTLED, JOB_FAILED);
	check(ASKED_QUESTION, 400, json, VERDICT_SETTLED, JOB_REJECTED);
	check(ASKED_QUESTION, 400, "<html>", VERDICT_SETTLED, JOB_FAILED);
	check(ASKED_QUESTION, 400, "{\"detail\":\"Malformed authorization header\"}", VERDICT_KEY_BAD, JOB_NONE);
	/* whatever it says: there is no status to ask for */
	check(ASKED_QUESTION, 404, json, VERDICT_SETTLED, JOB_NOT_FOUND);
	check(ASKED_QUESTION, 404, "{\"detail\":\"not yet available\"}", VERDICT_SETTLED, JOB_NOT_FOUND);
	check(ASKED_QUESTION, 404, "<html>", VERDICT_SETTLED, JOB_FAILED);
	/* what it is still at can be waited for, when it is whole; a job has no such thing */
	check(ASKED_QUESTION, 408, json, VERDICT_SETTLED, JOB_PENDING);
	check(ASKED_RESULT, 408, json, VERDICT_RETRY, JOB_NONE);
	assert_int_equal(read_in(&cut).verdict, VERDICT_RETRY);
	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++)
		check(ASKED_QUESTION, 408, none[i], VERDICT_RETRY, JOB_NONE);
}

static void retry_after(void **state)
{
	static const int64_t ten_years = (int64_t)10 * 365 * 86400 * 1000;
	const struct {
		const char *value, *date;
		int64_t ms;
	} t[] = {
	    {NULL, NULL, -1},
	    {"", NULL, -1},
	    {" ", NULL, -1},
	    {"0", NULL, 0},
	    {"120", NULL, 120000},
	    {" \t 007 ", NULL, 7000},
	    {"315359999", NULL, ten_years - 1000},
	    {"315360000", NULL, ten_years},
	    {"9223372036854775807", NULL, ten_years},
	    {"99999999999999999999999999999999999999999", NULL, ten_years},
	    {"-1", NULL, -1},
	    {"+1", NULL, -1},
	    {"1.5", NULL, -1},
	    {"1e3", NULL, -1},
	    {"0x10", NULL, -1},
	    {"12 s", NULL, -1},
	    {"1, 2", NULL, -1},
	    {"soon", NULL, -1},
	    {"2025-11-24T16:01:00Z", NULL, -1},
	    {"Mon, 24 Nov 2025 16:01:00 GMT", NULL, 60000},
	    {"  Mon, 24 Nov 2025 16:01:00 GMT ", "garbage", 60000},
	    {"Monday, 24-Nov-25 16:01:00 GMT", NULL, 60000},
	    {"Mon Nov 24 16:01:00 2025", NULL, 60000},
	    {"Mon, 24 Nov 2025 16:00:00 GMT", NULL, 0},
	    {"Sun, 23 Nov 2025 16:00:00 GMT", NULL, 0},
	    /* against the server's own clock, where it shows it */
	    {"Mon, 24 Nov 2025 16:01:00 GMT", "Mon, 24 Nov 2025 16:00:50 GMT", 10000},
	    {"Mon, 24 Nov 2025 16:01:00 GMT", " Mon, 24 Nov 2025 15:00:00 GMT", 3660000},
	    {"Mon, 24 Nov 2025 16:01:00 GMT", "Tue, 25 Nov 2025 16:00:50 GMT", 0},
	    {"Fri, 31 Dec 9999 23:59:59 GMT", NULL, ten_years},
	    {"120", "Mon, 24 Nov 2025 15:00:00 GMT", 120000},
	};
	struct answer_in in = {.http = 429, .now_us = NOW_US};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		assert_int_equal(answer_retry_after_ms(text_of(t[i].value), text_of(t[i].date), NOW_US), t[i].ms);
		in.retry_after = text_of(t[i].value);
		in.date = text_of(t[i].date);
		assert_int_equal(read_in(&in).retry_after_ms, t[i].ms);
	}
	/* never shorter than what was asked for */
	assert_int_equal(answer_retry_after_ms(text_of(t[19].value), TEXT_NULL, NOW_US + 1), 60000);
	assert_int_equal(answer_retry_after_ms(text_of(t[19].value), TEXT_NULL, NOW_US + 1000), 59999);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_code_has_its_verdict),
	    cmocka_unit_test(a_404_that_is_not_json_is_not_the_apis),
	    cmocka_unit_test(status_documents),
	    cmocka_unit_test(questions),
	    cmocka_unit_test(retry_after),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
