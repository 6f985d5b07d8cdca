/* fetch_ask: questions that are no job's result, by the same rules. */
#include "fetch.h"

#include "canned_server.h"
#include "log.h"
#include "zst.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define KEY        "omni_osk_test"
#define MAX_ASKED  8

#define CLOSE      "Connection: close\r\n\r\n"
#define OK(body)   "HTTP/1.1 200 OK\r\n" CLOSE body
#define CSV(body)  "HTTP/1.1 200 OK\r\nContent-Type: text/csv\r\n" CLOSE body
#define HTML(body) "HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\n" CLOSE body
#define JSON(code) "HTTP/1.1 " code "\r\nContent-Type: application/json\r\n" CLOSE
#define BUSY       "HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n" CLOSE
#define GOOD       OK("{\"data\":[]}")
#define REMAINING  JSON("408 Timeout") "{\"detail\":\"still running\",\"remaining_job_ids\":[\"a\",\"b\"]}"

struct caller {
	struct fetch *fetch;
	struct rate *rate;
	struct fetch_options options;
	struct fetch_outcome outcomes[MAX_ASKED];
	char head[MAX_ASKED][100]; /* of the body */
	char kept[MAX_ASKED][100]; /* the same, out of what was kept */
	size_t told, judged;
	struct fetch_counts counts;
	struct err err;
};

static int judge(void *ctx, struct body *body, char *why, size_t size, struct err *err)
{
	struct caller *c = ctx;
	struct text head = body_head(body);

	(void)err;
	c->judged++;
	if (!memmem(head.p, head.n, "odd", 3))
		return 0;
	(void)snprintf(why, size, "it is odd");
	return 1;
}

static int keep_piece(void *ctx, const void *p, size_t n, struct err *err)
{
	char *out = ctx;
	size_t len = strlen(out);

	(void)err;
	assert_true(len + n < 100);
	memcpy(out + len, p, n);
	out[len + n] = '\0';
	return 0;
}

static void read_kept(struct body *body, char *out)
{
	struct zst_dec *dec = zst_dec_new();
	struct err err = {0};
	char piece[200];
	long n = body_zst_read(body, 0, piece, sizeof piece, &err);

	assert_true(n > 0);
	zst_dec_reset(dec);
	assert_int_equal(zst_dec_add(dec, piece, (size_t)n, keep_piece, out, &err), 0);
	assert_int_equal(zst_dec_end(dec, &err), 0);
	zst_dec_free(dec);
}

static int done(void *ctx, struct fetch_outcome *o, struct err *err)
{
	struct caller *c = ctx;

	(void)err;
	assert_true(o->index < MAX_ASKED);
	assert_int_equal(c->outcomes[o->index].state, JOB_NONE);
	assert_int_equal(o->body != NULL, o->state == JOB_STORED || o->state == JOB_UNREADABLE);
	c->outcomes[o->index] = *o;
	c->told++;
	if (o->body) {
		struct text head = body_head(o->body);

		(void)snprintf(c->head[o->index], sizeof c->head[0], "%.*s", (int)head.n, head.p);
		if (body_kept(o->body))
			read_kept(o->body, c->kept[o->index]);
	}
	fetch_give_back(c->fetch, o->body);
	return 0;
}

static bool room(void *ctx)
{
	(void)ctx;
	return true;
}

static void set_up(struct caller *c)
{
	static const struct rate_limit none = {0, INT64_C(1000000000)};
	struct err err;

	*c = (struct caller){0};
	c->rate = rate_open(NULL, KEY, &none, time_boot_ns(), &err);
	assert_non_null(c->rate);
	c->options = (struct fetch_options){
	    .api_key = KEY,
	    .user_agent = "omni-export/test",
	    .rate = c->rate,
	    .retry = {.wait_ms = 1, .max_wait_ms = 1000, .retries = 3},
	    .concurrency = 4,
	    .give_up_ms = 300000,
	    .max_time_ms = -1,
	    .timeout_s = 60,
	    .connect_timeout_s = 15,
	    .max_size = 2 << 20,
	    .details = true, /* of jobs; a question has none */
	    .wake_fd = -1,
	};
}

static void tear_down(struct caller *c)
{
	for (size_t i = 0; i < MAX_ASKED; i++)
		free(c->outcomes[i].details);
	fetch_free(c->fetch);
	rate_close(c->rate);
}

static enum fetch_end ask(struct caller *c, const struct canned_server *server, const struct fetch_question *q,
			  size_t n)
{
	static const struct fetch_handlers handlers = {judge, done, room, NULL};
	char base[64];

	(void)snprintf(base, sizeof base, "http://127.0.0.1:%d/", canned_port(server));
	c->options.base_url = base;
	c->fetch = fetch_new(&c->options, &c->err);
	if (!c->fetch)
		fail_msg("%s", c->err.msg);
	return fetch_ask(c->fetch, q, n, &handlers, c, &c->counts, &c->err);
}

struct expected {
	struct fetch_question question;
	const char *answers[CANNED_ANSWERS];
	enum job_state state;
	int http;
	int64_t attempts;
	const char *error; /* part of it */
	const char *details;
};

static void one(const struct expected *e)
{
	struct canned_script script[] = {{.path = "/v1/thing"}, {"whoami", {OK("{}")}}, {.path = NULL}};
	struct fetch_question q = e->question;
	struct canned_server *server;
	const struct fetch_outcome *o;
	struct caller c;

	memcpy(script[0].answers, e->answers, sizeof e->answers);
	server = canned_start(script);
	set_up(&c);
	q.path = "/v1/thing";
	assert_int_equal(ask(&c, server, &q, 1), FETCH_DONE);
	o = &c.outcomes[0];
	if (o->state != e->state || !strstr(o->error, e->error))
		fail_msg("%s, not %s: '%s' without '%s'", state_name(o->state), state_name(e->state), o->error,
			 e->error);
	assert_int_equal(o->http_status, e->http);
	assert_int_equal(o->attempts, e->attempts);
	if (e->details)
		assert_string_equal(o->details, e->details);
	else
		assert_null(o->details);
	canned_stop(server);
	tear_down(&c);
}

#define POST                                                                                                           \
	{                                                                                                              \
		.post = {"{\"query\":{}}", 12}, .any_type = true                                                       \
	}
#define PATIENT                                                                                                        \
	{                                                                                                              \
		.post = {"{\"query\":{}}", 12}, .any_type = true, .patient = true                                      \
	}
#define ANY                                                                                                            \
	{                                                                                                              \
		.any_type = true                                                                                       \
	}

static void what_becomes_of_a_question(void **state)
{
	static const struct expected all[] = {
	    {{0}, {GOOD}, JOB_STORED, 200, 1, "", NULL},
	    {{0}, {BUSY, CANNED_HANG_UP, GOOD}, JOB_STORED, 200, 3, "", NULL},
	    {{0}, {BUSY}, JOB_FAILED, 503, 4, "HTTP 503", NULL},
	    {{0}, {"HTTP/1.1 429 Slow\r\nContent-Length: 0\r\n" CLOSE, GOOD}, JOB_STORED, 200, 2, "", NULL},
	    /* JSON is read as strictly as a result is; cut, with nothing that says so */
	    {{0}, {OK("{\"data\":["), GOOD}, JOB_STORED, 200, 2, "", NULL},
	    {{0}, {HTML("<html>")}, JOB_UNREADABLE, 200, 2, "not one whole JSON document", NULL},
	    {{0}, {OK("{\"odd\":1}")}, JOB_UNREADABLE, 200, 2, "it is odd", NULL},
	    {{0}, {OK("{\"odd\":1}"), GOOD}, JOB_STORED, 200, 2, "", NULL},
	    {{0}, {JSON("404 No") "{\"detail\":\"No such conversation\"}"}, JOB_NOT_FOUND, 404, 1, "No such", NULL},
	    {{0}, {"HTTP/1.1 404 No\r\n" CLOSE "<html>"}, JOB_FAILED, 404, 1, "is this the address", NULL},
	    {{0}, {JSON("400 No") "{\"message\":\"Invalid cursor\"}"}, JOB_REJECTED, 400, 1, "Invalid cursor", NULL},
	    {{0}, {"HTTP/1.1 400 No\r\n" CLOSE "<html>"}, JOB_FAILED, 400, 1, "HTTP 400", NULL},
	    {{0}, {JSON("403 No") "{\"message\":\"Permission denied\"}"}, JOB_DENIED, 403, 1, "Permission", NULL},
	    {{0}, {"HTTP/1.1 302 Found\r\nLocation: /x\r\n" CLOSE}, JOB_FAILED, 302, 1, "redirected", NULL},
	    {{0}, {CANNED_LARGE}, JOB_FAILED, 200, 1, "2097152", NULL},
	    /* any type: as it comes, but for HTML */
	    {ANY, {CSV("a,b\n1,2\n")}, JOB_STORED, 200, 1, "", NULL},
	    {ANY, {CSV("")}, JOB_STORED, 200, 1, "", NULL},
	    {ANY, {HTML("<html>")}, JOB_UNREADABLE, 200, 2, "HTML", NULL},
	    {ANY,
	     {"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n" CLOSE "a,b\n", CSV("a,b\n")},
	     JOB_STORED,
	     200,
	     2,
	     "",
	     NULL},
	    {POST, {BUSY, CSV("a\n")}, JOB_STORED, 200, 2, "", NULL},
	    /* 408: the API says what it is still at, or merely that it took too long */
	    {POST,
	     {REMAINING},
	     JOB_PENDING,
	     408,
	     1,
	     "still running",
	     "{\"detail\":\"still running\",\"remaining_job_ids\":[\"a\",\"b\"]}"},
	    /* unless it is to be asked again all the same */
	    {PATIENT, {REMAINING, REMAINING, CSV("a\n")}, JOB_STORED, 200, 3, "", NULL},
	    {PATIENT, {REMAINING}, JOB_FAILED, 408, 4, "HTTP 408: still running", NULL},
	    {POST, {JSON("408 Timeout") "{\"remaining_job_ids\":[]}", CSV("a\n")}, JOB_STORED, 200, 2, "", NULL},
	    {POST, {"HTTP/1.1 408 Timeout\r\n" CLOSE "<html>", CSV("a\n")}, JOB_STORED, 200, 2, "", NULL},
	};

	(void)state;
	for (size_t i = 0; i < sizeof all / sizeof *all; i++)
		one(&all[i]);
}

static void what_is_sent(void **state)
{
	static const struct canned_script script[] = {{"c=1%202", {GOOD}}, {"/run", {CSV("a,b\n1,\"x\"\n")}}, {0}};
	static const char posted[] = "{\"query\":{\"limit\":null},\"resultType\":\"csv\"}";
	static const char get[] = "GET /api/v1/list?c=1%202 HTTP/1.1\r\n", post[] = "POST /api/v1/run HTTP/1.1\r\n";
	const struct fetch_question q[] = {
	    {.path = "/v1/list?c=1%202"},
	    {.path = "/v1/run", .post = text_of(posted), .any_type = true, .keep = true},
	    {.path = "/v1/list?c=1%202"},
	};
	struct canned_server *server = canned_start(script);
	struct caller c;
	const char *sent;

	(void)state;
	set_up(&c);
	c.options.concurrency = 1; /* the third uses the handle that has posted */
	assert_int_equal(ask(&c, server, q, 3), FETCH_DONE);
	assert_int_equal(canned_requests(server), 3);
	for (size_t i = 0; i < 3; i += 2) {
		sent = canned_request(server, i);
		assert_memory_equal(sent, get, sizeof get - 1);
		assert_non_null(strstr(sent, "\r\nAccept: application/json\r\n"));
		assert_null(strstr(sent, "Content-"));
		assert_string_equal(strstr(sent, "\r\n\r\n"), "\r\n\r\n");
		assert_string_equal(c.kept[i], "");
	}
	sent = canned_request(server, 1);
	assert_memory_equal(sent, post, sizeof post - 1);
	assert_non_null(strstr(sent, "\r\nAuthorization: Bearer " KEY "\r\n"));
	assert_non_null(strstr(sent, "\r\nContent-Type: application/json\r\n"));
	assert_null(strstr(sent, "Expect"));
	assert_string_equal(strstr(sent, "\r\n\r\n") + 4, posted);
	assert_string_equal(c.head[1], "a,b\n1,\"x\"\n");
	assert_string_equal(c.kept[1], "a,b\n1,\"x\"\n");
	canned_stop(server);
	tear_down(&c);
}

/* Several at a time, each once; a failure of one is not that of the others. */
static void many(void **state)
{
	static const struct canned_script script[] = {{"/3", {BUSY}}, {"", {GOOD}}, {0}};
	static const char *const paths[MAX_ASKED] = {"/0", "/1", "/2", "/3", "/4", "/5", "/6", "/7"};
	struct canned_server *server = canned_start(script);
	struct fetch_question q[MAX_ASKED] = {0};
	struct caller c;

	(void)state;
	for (size_t i = 0; i < MAX_ASKED; i++)
		q[i].path = paths[i];
	set_up(&c);
	assert_int_equal(ask(&c, server, q, MAX_ASKED), FETCH_DONE);
	assert_int_equal(c.told, MAX_ASKED);
	assert_int_equal(c.counts.requests, MAX_ASKED + 3);
	assert_int_equal(c.counts.retries, 3);
	for (size_t i = 0; i < MAX_ASKED; i++)
		assert_int_equal(c.outcomes[i].state, i == 3 ? JOB_FAILED : JOB_STORED);
	canned_stop(server);
	tear_down(&c);
}

static void what_ends_it(void **state)
{
	static const struct canned_script refused[] = {
	    {"", {JSON("401 No") "{\"message\":\"Missing or invalid API key\"}"}}, {0}};
	static const struct canned_script long_pause[] = {{"", {"HTTP/1.1 429 Slow\r\nRetry-After: 9999\r\n" CLOSE}},
							  {0}};
	const struct fetch_question q = {.path = "/v1/x"};
	struct canned_server *server = canned_start(refused);
	volatile sig_atomic_t stop = 1;
	struct caller c;

	(void)state;
	set_up(&c);
	assert_int_equal(ask(&c, server, &q, 1), FETCH_KEY_REFUSED);
	assert_string_equal(c.err.msg, "HTTP 401: Missing or invalid API key");
	tear_down(&c);
	set_up(&c);
	c.options.stop = &stop;
	assert_int_equal(ask(&c, server, &q, 1), FETCH_INTERRUPTED);
	assert_int_equal(c.counts.requests, 0);
	tear_down(&c);
	set_up(&c);
	c.options.max_time_ms = 0;
	assert_int_equal(ask(&c, server, &q, 1), FETCH_MAX_TIME);
	tear_down(&c);
	canned_stop(server);
	server = canned_start(long_pause);
	set_up(&c);
	assert_int_equal(ask(&c, server, &q, 1), FETCH_RATE_LIMITED);
	assert_int_equal(c.told, 0);
	tear_down(&c);
	canned_stop(server);
}

static void the_key_is_hidden(void **state)
{
	static const struct canned_script script[] = {{"", {GOOD}}, {0}};
	const struct fetch_question q = {.path = "/v1/x"};
	struct canned_server *server = canned_start(script);
	char words[] = "it is " KEY ", is it";
	struct caller c;

	(void)state;
	set_up(&c);
	assert_int_equal(ask(&c, server, &q, 1), FETCH_DONE);
	fetch_hide(c.fetch, words, strlen(words));
	assert_string_equal(words, "it is *************, is it");
	canned_stop(server);
	tear_down(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_becomes_of_a_question),
	    cmocka_unit_test(what_is_sent),
	    cmocka_unit_test(many),
	    cmocka_unit_test(what_ends_it),
	    cmocka_unit_test(the_key_is_hidden),
	};

	log_setup(LOG_ERROR, false);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
