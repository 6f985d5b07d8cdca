/*
 * What error bodies say: every envelope and message of the API's page, and bodies that are none of it.
 */
#include "answer_test.h"
#include "utf8.h"

static void what_a_404_means_is_in_its_message(void **state)
{
	static const struct {
		const char *message;
		enum verdict verdict;
		enum job_state state;
		enum job_state of_status; /* to the question for the job's status */
	} t[] = {
	    {"Job not found", VERDICT_SETTLED, JOB_NOT_FOUND, JOB_NOT_FOUND},
	    {"JOB   NOT-FOUND!", VERDICT_SETTLED, JOB_NOT_FOUND, JOB_NOT_FOUND},
	    {"not found", VERDICT_SETTLED, JOB_NOT_FOUND, JOB_NOT_FOUND},
	    {"job not\\u00a0found", VERDICT_SETTLED, JOB_NOT_FOUND, JOB_NOT_FOUND},
	    {"Job results not yet available", VERDICT_ASK_STATUS, JOB_NONE, JOB_FAILED},
	    {"Job results not yet available. Not found.", VERDICT_ASK_STATUS, JOB_NONE, JOB_NOT_FOUND},
	    {"Result is no longer available", VERDICT_SETTLED, JOB_EXPIRED, JOB_FAILED},
	    {"Result is no longer available. Results are retained for 14 days.", VERDICT_SETTLED, JOB_EXPIRED,
	     JOB_FAILED},
	    {"RESULT IS NO LONGER AVAILABLE, it was not found", VERDICT_SETTLED, JOB_EXPIRED, JOB_NOT_FOUND},
	    {"no\\nlonger\\tavailable", VERDICT_SETTLED, JOB_EXPIRED, JOB_FAILED},
	    {"Job found", VERDICT_ASK_STATUS, JOB_NONE, JOB_FAILED},
	    {"cannot foundry", VERDICT_ASK_STATUS, JOB_NONE, JOB_FAILED},
	    {"knot found", VERDICT_ASK_STATUS, JOB_NONE, JOB_FAILED},
	    {"no such route", VERDICT_ASK_STATUS, JOB_NONE, JOB_FAILED},
	    {"", VERDICT_ASK_STATUS, JOB_NONE, JOB_FAILED},
	    {"...", VERDICT_ASK_STATUS, JOB_NONE, JOB_FAILED},
	};
	static const char *const envelopes[] = {
	    "{\"error\": \"404\", \"message\": \"%s\"}",
	    "{\"detail\": \"%s\", \"status\": 404}",
	    "{\"error\": {\"code\": 404, \"message\": \"%s\"}}",
	    "{\"error\": \"%s\", \"success\": false}",
	    " {\"message\": null, \"detail\": [\"x\"], \"error\": {\"message\": \"%s\"}}\r\n",
	    "{\"message\": {\"message\": \"x\"}, \"error\": \"%s\"}",
	    "{\"message\": \"gone\", \"message\": \"%s\", \"detail\": \"gone\", \"error\": \"gone\"}",
	    "{\"message\": \" \", \"detail\": \"%s\", \"error\": {\"message\": \"gone\"}}",
	};
	char body[512];
	size_t i, k;

	(void)state;
	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		for (k = 0; k < sizeof(envelopes) / sizeof(envelopes[0]); k++) {
			if (k == 6 && !*t[i].message)
				continue;
			snprintf(body, sizeof(body), envelopes[k], t[i].message);
			check(ASKED_RESULT, 404, body, t[i].verdict, t[i].state);
			check(ASKED_STATUS, 404, body, VERDICT_SETTLED, t[i].of_status);
			check(ASKED_WHOAMI, 404, body, VERDICT_KEY_GOOD, JOB_NONE);
		}
	}
}

static void what_is_about_the_key_ends_the_run(void **state)
{
	static const struct {
		int http;
		const char *message;
		enum verdict verdict;
		enum job_state state;
	} t[] = {
	    {400, "Invalid job ID", VERDICT_SETTLED, JOB_REJECTED},
	    {400, "invalid job-id: 'x'", VERDICT_SETTLED, JOB_REJECTED},
	    {400, "Invalid jobId", VERDICT_SETTLED, JOB_REJECTED},
	    {400, "Bad Request", VERDICT_SETTLED, JOB_FAILED},
	    {400, "Invalid job", VERDICT_SETTLED, JOB_FAILED},
	    {400, "Unexpected token in JSON", VERDICT_SETTLED, JOB_FAILED},
	    {400, "Malformed Authorization header", VERDICT_KEY_BAD, JOB_NONE},
	    {400, "authorization: Bearer <token> expected", VERDICT_KEY_BAD, JOB_NONE},
	    {400, "Bad API-key", VERDICT_KEY_BAD, JOB_NONE},
	    {400, "Invalid token", VERDICT_KEY_BAD, JOB_NONE},
	    {403, "Invalid bearer token", VERDICT_KEY_BAD, JOB_NONE},
	    {403, "INVALID BEARER TOKEN.", VERDICT_KEY_BAD, JOB_NONE},
	    {403, "Token expired", VERDICT_KEY_BAD, JOB_NONE},
	    {403, "This API key has been revoked", VERDICT_KEY_BAD, JOB_NONE},
	    {403, "Missing or invalid API key", VERDICT_KEY_BAD, JOB_NONE},
	    {403, "Invalid job ID", VERDICT_FORBIDDEN, JOB_NONE},
	    {403, "Permission denied", VERDICT_FORBIDDEN, JOB_NONE},
	    {403, "Permission denied: token is missing a scope", VERDICT_FORBIDDEN, JOB_NONE},
	    {403, "Feature not enabled", VERDICT_FORBIDDEN, JOB_NONE},
	    {403, "This feature is disabled for API keys", VERDICT_FORBIDDEN, JOB_NONE},
	    {403, "Your API key may not see that", VERDICT_FORBIDDEN, JOB_NONE},
	    {403, "Forbidden", VERDICT_FORBIDDEN, JOB_NONE},
	    {402, "Invalid bearer token", VERDICT_SETTLED, JOB_FAILED},
	    {410, "Result is no longer available", VERDICT_SETTLED, JOB_FAILED},
	    {501, "not found", VERDICT_SETTLED, JOB_FAILED},
	};
	char body[256];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		snprintf(body, sizeof(body), "{\"error\": {\"code\": %d, \"message\": \"%s\"}}", t[i].http,
			 t[i].message);
		check(ASKED_RESULT, t[i].http, body, t[i].verdict, t[i].state);
		check(ASKED_STATUS, t[i].http, body, t[i].verdict, t[i].state);
		check(ASKED_WHOAMI, t[i].http, body,
		      t[i].http == 403 || t[i].verdict == VERDICT_KEY_BAD ? VERDICT_KEY_BAD : VERDICT_KEY_GOOD,
		      JOB_NONE);
	}
	/* before the API's own code there may be one that speaks plainly; only JSON can call an ID invalid */
	check(ASKED_RESULT, 400, "malformed Authorization header\n", VERDICT_KEY_BAD, JOB_NONE);
	check(ASKED_RESULT, 403, "invalid bearer token", VERDICT_KEY_BAD, JOB_NONE);
	check(ASKED_RESULT, 400, "Invalid job ID", VERDICT_SETTLED, JOB_FAILED);
	check(ASKED_RESULT, 400, "<p>Authorization", VERDICT_SETTLED, JOB_FAILED);
}

/* ---- the sentence for a person ---- */

static void messages_say_what_came(void **state)
{
	static const struct {
		int http;
		const char *type, *body, *location, *message;
	} t[] = {
	    {404, "application/json", "{\"error\":\"404\",\"message\":\"Job not found\"}", NULL,
	     "HTTP 404: Job not found"},
	    {503, "text/html", "<html><body>Sorry", NULL, "HTTP 503 (HTML)"},
	    {503, "Text/HTML; charset=utf-8", "Sorry", NULL, "HTTP 503 (HTML)"},
	    {503, NULL, "\n <!DOCTYPE html>", NULL, "HTTP 503 (HTML)"},
	    {503, "text/plain", " upstream\x1b[2J error \r\nsecond line", NULL, "HTTP 503: upstream\\x1b[2J error"},
	    {503, NULL, "", NULL, "HTTP 503, empty body"},
	    {503, NULL, NULL, NULL, "HTTP 503, empty body"},
	    {503, NULL, " \n", NULL, "HTTP 503, empty body"},
	    {503, NULL, "{}", NULL, "HTTP 503, JSON without a message"},
	    {503, NULL, "{\"error\":\"503\"}", NULL, "HTTP 503, JSON without a message"},
	    {404, NULL, "<p>", NULL, "HTTP 404 (HTML); not JSON: is this the address of the API?"},
	    {302, "text/html", "<p>", " https://login.example/\x07?a=b ",
	     "HTTP 302: redirected to "
	     "'https://login.example/\\x07?a=b', not followed"},
	    {304, NULL, NULL, NULL, "HTTP 304, empty body"},
	    {201, NULL, "{\"message\":\"made\"}", "https://x.example/", "HTTP 201: made"},
	    {403, NULL, "{\"detail\":\"a\\u202eb\\nc\\u0000\"}", NULL, "HTTP 403: a\\u{202e}b\\x0ac\xef\xbf\xbd"},
	};
	struct answer_in in;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		in = (struct answer_in){.http = t[i].http,
					.content_type = text_of(t[i].type),
					.location = text_of(t[i].location),
					.body = text_of(t[i].body)};
		assert_string_equal(read_in(&in).message, t[i].message);
	}
}

/* Whatever is in it and however much, a message is whole UTF-8 and nothing a terminal would obey. */
static void messages_are_cut_at_a_character(void **state)
{
	static const char *const parts[] = {"x",       "\xc3\xa4", "\xe2\x82\xac",   "\xf0\x9f\x98\x80",
					    "\\u0007", "\\u202e",  "\\udb40\\udc41", "\\ud800"};
	static char body[300000];
	struct answer a;
	size_t i, k, n, len;

	(void)state;
	for (i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		for (k = 0; k < 5; k++) {
			n = (size_t)sprintf(body, "{\"message\":\"%.*s", (int)k, "aaaaa");
			while (n < 200000)
				n += (size_t)sprintf(body + n, "%s", parts[i]);
			sprintf(body + n, "\"}");
			a = answer(ASKED_RESULT, 503, body);
			len = strlen(a.message);
			assert_in_range(len, 250, sizeof(a.message) - 1);
			for (n = 0; n < len; n += utf8_len(a.message + n, len - n)) {
				assert_int_not_equal(utf8_len(a.message + n, len - n), 0);
				assert_true((unsigned char)a.message[n] >= 0x20 && a.message[n] != 0x7f);
			}
			/* the same as the address of a redirect */
			a = read_in(&(struct answer_in){.http = 301, .location = {body + 12, 200000}});
			assert_int_equal(utf8_cut(a.message, strlen(a.message)), strlen(a.message));
		}
	}
}

static void hostile_bodies_do_no_harm(void **state)
{
	const size_t big = (size_t)1 << 20;
	static char body[((size_t)1 << 20) + 1];
	struct answer_in in = {.http = 404, .body = {body, big}};
	size_t i;

	(void)state;
	memset(body, '[', big);
	assert_int_equal(read_in(&in).state, JOB_FAILED);
	memset(body, 0, big);
	assert_int_equal(read_in(&in).state, JOB_FAILED);
	memset(body, ' ', big);
	assert_string_equal(read_in(&in).message, "HTTP 404, empty body; not JSON: is this the address of the API?");
	for (i = 0; i < big; i++)
		body[i] = (char)(i * 7 + (i >> 8));
	assert_int_equal(read_in(&in).state, JOB_FAILED);
	/* 500 levels of it are JSON, if not much of an answer */
	memset(body, '[', 500);
	memset(body + 500, ']', 500);
	in.body.n = 1000;
	assert_int_equal(read_in(&in).verdict, VERDICT_ASK_STATUS);
	/* a message of a megabyte whose meaning is at its beginning */
	memset(body, 'z', big);
	memcpy(body, "{\"message\":\"Job not found ", 26);
	memcpy(body + big - 2, "\"}", 2);
	in.body.n = big;
	assert_int_equal(read_in(&in).state, JOB_NOT_FOUND);
	/* what was cut is not JSON */
	in.body.n = big - 1;
	in.body_cut = true;
	assert_int_equal(read_in(&in).state, JOB_FAILED);
}

/* ---- envelopes, as others use them ---- */

static void envelopes(void **state)
{
	static const struct {
		const char *body;
		int rc;
		const char *message;
	} t[] = {
	    {"{\"error\":\"404\",\"message\":\"a\"}", 1, "a"},
	    {"{\"detail\":\"b\",\"status\":404}", 1, "b"},
	    {"{\"error\":{\"code\":403,\"message\":\"c\"}}", 1, "c"},
	    {"{\"error\":\"d\",\"success\":false}", 1, "d"},
	    {"{\"error\":\"d\",\"detail\":\"b\",\"message\":\"a\"}", 1, "a"},
	    {"{\"error\":{\"message\":\"c\"},\"detail\":\"b\"}", 1, "b"},
	    {"{\"message\":\"403\",\"error\":\"d\"}", 1, "d"},
	    {"{\"message\":\"caf\\u00e9 \\ud83d\\ude00\"}", 1, "caf\xc3\xa9 \xf0\x9f\x98\x80"},
	    {"\xef\xbb\xbf{\"message\":\"a\"}", 1, "a"},
	    {"{\"error\":\" 503 \"}", 0, ""},
	    {"{\"error\":{\"message\":null}}", 0, ""},
	    {"{\"error\":{\"message\":\"\"},\"detail\":\"\\t\"}", 0, ""},
	    {"{\"message\":[\"a\"],\"detail\":7,\"error\":true}", 0, ""},
	    {"[]", 0, ""},
	    {"3", 0, ""},
	    {"\"text\"", 0, ""},
	    {"", -1, ""},
	    {"{\"message\":\"a\"", -1, ""},
	    {"nope", -1, ""},
	};
	struct buf out;
	char want[64];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		buf_init(&out, 1000);
		assert_int_equal(buf_adds(&out, "was: "), 0);
		assert_int_equal(answer_envelope(text_of(t[i].body), doc, &out), t[i].rc);
		snprintf(want, sizeof(want), "was: %s", t[i].message);
		assert_string_equal(buf_cstr(&out), want);
		buf_free(&out);
	}
	buf_init(&out, 2);
	assert_int_equal(answer_envelope(TEXT_NULL, doc, &out), -1);
	assert_int_equal(answer_envelope(text_of("{\"message\":\"too long\"}"), doc, &out), 0);
	assert_int_equal(out.len, 0);
	buf_free(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_a_404_means_is_in_its_message),
	    cmocka_unit_test(what_is_about_the_key_ends_the_run),
	    cmocka_unit_test(messages_say_what_came),
	    cmocka_unit_test(messages_are_cut_at_a_character),
	    cmocka_unit_test(hostile_bodies_do_no_harm),
	    cmocka_unit_test(envelopes),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
