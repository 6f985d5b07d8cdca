#include "fetch.h"

#include "canned_server.h"
#include "log.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define KEY        "omni_osk_test"
#define MAX_JOB    64

#define CLOSE      "Connection: close\r\n\r\n"
#define OK(body)   "HTTP/1.1 200 OK\r\n" CLOSE body
#define JSON(code) "HTTP/1.1 " code "\r\nContent-Type: application/json\r\n" CLOSE
#define GOOD       OK("{\"topic\":\"x\"}")
#define BUSY       "HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n" CLOSE
#define UNCLEAR    JSON("404 Not Found") "{\"message\":\"Job results not yet available\"}"
#define UNCLEAR_ON(day)                                                                                                \
	JSON("404 Not Found\r\nDate: " day " 00:00:00 GMT") "{\"message\":\"Job results not yet available\"}"
#define COMPLETE_2020 OK("{\"state\":\"COMPLETE\",\"completedAt\":\"2020-01-01T00:00:00Z\"}")
#define UNKNOWN       JSON("404 Not Found") "{\"detail\":\"Job not found\",\"status\":404}"
#define LIMIT         "HTTP/1.1 429 Slow\r\nContent-Length: 0\r\n" CLOSE
#define DENIED        JSON("403 Forbidden") "{\"message\":\"Permission denied\"}"
#define REFUSED       JSON("401 Unauthorized") "{\"message\":\"Missing or invalid API key\"}"

/* The caller of fetch_run: what it was told, and how it behaves. */
struct caller {
	struct fetch *fetch;
	struct rate *rate;
	struct fetch_options options;
	volatile sig_atomic_t stop;
	size_t told;
	struct fetch_outcome outcomes[MAX_JOB]; /* by the job's index; state JOB_NONE: not told */
	bool kept[MAX_JOB];
	uint64_t size[MAX_JOB];
	bool closed;          /* room() says no, until a tick */
	bool stop_under_way;  /* interrupt as soon as something is under way */
	bool stop_when_rated; /* … when the rate limit is waited for */
	bool fail_judge, fail_done;
	unsigned waits; /* bit: a reason that a tick told */
	struct fetch_counts counts;
	struct err err;
};

static int judge(void *ctx, struct body *body, char *why, size_t size, struct err *err)
{
	struct caller *c = ctx;
	struct text head = body_head(body);

	if (c->fail_judge)
		return err_set(err, ERR_FATAL, "the judge is ill");
	if (memmem(head.p, head.n, "\"topic\"", 7))
		return 0;
	(void)snprintf(why, size, "no documented field");
	return 1;
}

static int done(void *ctx, struct fetch_outcome *o, struct err *err)
{
	struct caller *c = ctx;

	assert_true(o->index < MAX_JOB);
	assert_int_equal(c->outcomes[o->index].state, JOB_NONE);
	assert_int_equal(o->body != NULL, o->state == JOB_STORED || o->state == JOB_UNREADABLE);
	assert_int_equal(o->details_len, o->details ? strlen(o->details) : 0);
	assert_int_equal(*o->error == '\0', o->state == JOB_STORED);
	c->outcomes[o->index] = *o;
	c->told++;
	if (o->body) {
		c->kept[o->index] = body_kept(o->body);
		c->size[o->index] = body_size(o->body);
	}
	fetch_give_back(c->fetch, o->body);
	return c->fail_done ? err_set(err, ERR_FATAL, "the disk is full") : 0;
}

static bool room(void *ctx)
{
	return !((struct caller *)ctx)->closed;
}

static void tick(void *ctx, const struct fetch_progress *p)
{
	struct caller *c = ctx;

	c->waits |= 1u << p->waiting_for;
	if (p->waiting_for == WAIT_LOADER && c->closed) {
		c->closed = false;
		fetch_wake(c->fetch);
	}
	if ((c->stop_under_way && p->under_way > 0) || (c->stop_when_rated && p->waiting_for == WAIT_RATE))
		c->stop = 1;
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
	    .max_size = 64 << 20,
	    .wake_fd = -1,
	};
}

static void tear_down(struct caller *c)
{
	for (size_t i = 0; i < MAX_JOB; i++)
		free(c->outcomes[i].details);
	fetch_free(c->fetch);
	rate_close(c->rate);
}

static enum fetch_end run_port(struct caller *c, int port, size_t n)
{
	static const struct fetch_handlers handlers = {judge, done, room, tick};
	struct fetch_job jobs[MAX_JOB] = {0};
	char base[64];

	(void)snprintf(base, sizeof base, "http://127.0.0.1:%d/", port);
	c->options.base_url = base;
	c->options.stop = &c->stop;
	c->fetch = fetch_new(&c->options, &c->err);
	if (!c->fetch)
		fail_msg("%s", c->err.msg);
	for (size_t i = 0; i < n; i++)
		jobs[i].id.b[15] = (uint8_t)i;
	return fetch_run(c->fetch, jobs, n, &handlers, c, &c->counts, &c->err);
}

/* Jobs 0 to n-1 against a script. */
static enum fetch_end run(struct caller *c, const struct canned_script *script, size_t n, size_t *requests)
{
	struct canned_server *server = canned_start(script);
	enum fetch_end end = run_port(c, canned_port(server), n);

	if (requests)
		*requests = canned_requests(server);
	canned_stop(server);
	return end;
}

/* One job's conversation, and what becomes of it. */
struct conversation {
	const char *result[CANNED_ANSWERS], *status[CANNED_ANSWERS];
	enum job_state state;
	int http;
	int64_t attempts;
	const char *error; /* part of it */
};

static void converse(const struct conversation *c)
{
	struct canned_script script[] = {{.path = "/result"}, {.path = "00"}, {.path = NULL}};
	const struct fetch_outcome *o;
	struct caller caller;
	size_t requests;

	memcpy(script[0].answers, c->result, sizeof c->result);
	memcpy(script[1].answers, c->status, sizeof c->status);
	set_up(&caller);
	caller.options.max_size = 2 << 20;
	assert_int_equal(run(&caller, script, 1, &requests), FETCH_DONE);
	o = &caller.outcomes[0];
	if (o->state != c->state || !strstr(o->error, c->error))
		fail_msg("%s, not %s: '%s' without '%s'", state_name(o->state), state_name(c->state), o->error,
			 c->error);
	assert_int_equal(o->http_status, c->http);
	assert_int_equal(o->attempts, c->attempts);
	assert_int_equal(stamp_is_set(&o->fetched_at), c->http != 0);
	assert_true(stamp_is_set(&o->requested_at));
	assert_int_equal(requests, c->attempts);
	assert_int_equal(caller.counts.requests, c->attempts);
	tear_down(&caller);
}

static void what_becomes_of_a_job(void **state)
{
	static const struct conversation all[] = {
	    {{GOOD}, {0}, JOB_STORED, 200, 1, ""},
	    {{BUSY, BUSY, GOOD}, {0}, JOB_STORED, 200, 3, ""},
	    {{BUSY}, {0}, JOB_FAILED, 503, 4, "HTTP 503"},
	    {{CANNED_HANG_UP, GOOD}, {0}, JOB_STORED, 200, 2, ""},
	    {{CANNED_HANG_UP}, {0}, JOB_FAILED, 0, 4, "the transfer from '127.0.0.1' failed: Empty reply"},
	    {{"no HTTP at all\r\n\r\n"}, {0}, JOB_FAILED, 0, 4, "the transfer from"},
	    {{"HTTP/1.1 200 OK\r\nContent-Length: 5678\r\n" CLOSE "{\"topic\":"},
	     {0},
	     JOB_FAILED,
	     200,
	     4,
	     "the body was cut short: 9 of 5678 bytes"},
	    {{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n" CLOSE "3\r\n{\"t\r\n"},
	     {0},
	     JOB_FAILED,
	     200,
	     4,
	     "the body was cut short after "},
	    {{"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n" CLOSE "no gzip"}, {0}, JOB_FAILED, 200, 4, "encoding"},
	    /* Cut, with nothing that says so: only the JSON tells. */
	    {{OK("{\"topic\":"), GOOD}, {0}, JOB_STORED, 200, 2, ""},
	    {{OK("{\"topic\":"), OK("{\"topic\""), OK("{\"topic\"")}, {0}, JOB_UNREADABLE, 200, 3, "not one whole"},
	    {{OK("[]")}, {0}, JOB_UNREADABLE, 200, 2, "no documented field"},
	    {{OK("")}, {0}, JOB_UNREADABLE, 200, 2, "not one whole"},
	    {{CANNED_LARGE}, {0}, JOB_FAILED, 200, 1, "2097152"},
	    {{CANNED_LARGE_404}, {0}, JOB_FAILED, 404, 1, "HTTP 404"},
	    {{UNKNOWN}, {0}, JOB_NOT_FOUND, 404, 1, "Job not found"},
	    {{UNCLEAR}, {OK("{\"state\":\"EXECUTING\"}")}, JOB_PENDING, 200, 2, ""},
	    {{UNCLEAR, GOOD}, {BUSY, OK("{\"state\":\"COMPLETE\"}")}, JOB_STORED, 200, 4, ""},
	    /* over 14 days ago by the server's clock, not by it, and by ours alone */
	    {{UNCLEAR_ON("Mon, 20 Jan 2020")}, {COMPLETE_2020}, JOB_EXPIRED, 404, 3, "HTTP 404"},
	    {{UNCLEAR_ON("Fri, 10 Jan 2020")}, {COMPLETE_2020}, JOB_PENDING, 404, 3, "HTTP 404"},
	    {{UNCLEAR}, {COMPLETE_2020}, JOB_PENDING, 404, 3, "HTTP 404"},
	    {{"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/elsewhere\r\n" CLOSE},
	     {0},
	     JOB_FAILED,
	     302,
	     1,
	     "127.0.0.1:1/elsewhere"},
	    {{"HTTP/1.1 206 Part\r\n" CLOSE "{\"topic\":1}"}, {0}, JOB_FAILED, 206, 1, "HTTP 206"},
	    /* What an early answer and a trailer say does not count. */
	    {{"HTTP/1.1 103 Early\r\nRetry-After: 9999\r\n\r\n" LIMIT, GOOD}, {0}, JOB_STORED, 200, 2, ""},
	    {{"HTTP/1.1 429 Slow\r\nTransfer-Encoding: chunked\r\n" CLOSE "0\r\nRetry-After: 9999\r\n\r\n", GOOD},
	     {0},
	     JOB_STORED,
	     200,
	     2,
	     ""},
	    /* A code that says enough, though its body is cut. */
	    {{"HTTP/1.1 503 Busy\r\nContent-Length: 99\r\n" CLOSE "upstream", GOOD}, {0}, JOB_STORED, 200, 2, ""},
	    {{"HTTP/1.1 404 No\r\nContent-Length: 99\r\n" CLOSE "{", UNKNOWN}, {0}, JOB_NOT_FOUND, 404, 2, "found"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof all / sizeof *all; i++)
		converse(&all[i]);
}

static void what_is_sent(void **state)
{
	static const struct canned_script script[] = {
	    {"/result", {UNCLEAR}}, {"", {OK("{\"state\":\"QUEUED\"}")}}, {0}};
	static const char start[] = "GET /api/v1/ai/jobs/00000000-0000-0000-0000-000000000000/result HTTP/1.1\r\n";
	struct canned_server *server = canned_start(script);
	struct caller c;
	const char *sent;

	(void)state;
	/* Loopback is never proxied, and nobody may write down the key. */
	setenv("http_proxy", "http://127.0.0.1:1", 1);
	setenv("SSLKEYLOGFILE", "/nonexistent/keys", 1);
	set_up(&c);
	assert_int_equal(run_port(&c, canned_port(server), 1), FETCH_DONE);
	unsetenv("http_proxy");
	assert_null(getenv("SSLKEYLOGFILE"));
	assert_int_equal(canned_requests(server), 2);
	sent = canned_request(server, 0);
	assert_memory_equal(sent, start, sizeof start - 1);
	assert_non_null(strstr(sent, "\r\nAuthorization: Bearer " KEY "\r\n"));
	assert_non_null(strstr(sent, "\r\nAccept: application/json\r\n"));
	assert_non_null(strstr(sent, "\r\nUser-Agent: omni-export/test\r\n"));
	assert_non_null(strstr(sent, "gzip"));
	assert_memory_equal(canned_request(server, 1), start, strlen("GET /api/v1/ai/jobs/"));
	assert_null(strstr(canned_request(server, 1), "/result"));
	assert_int_equal(c.outcomes[0].state, JOB_PENDING);
	canned_stop(server);
	tear_down(&c);
}

static void many_jobs_each_once(void **state)
{
	static const struct canned_script script[] = {
	    {"07/result", {BUSY, GOOD}}, {"09/result", {UNKNOWN}}, {"/result", {GOOD}}, {0}};
	struct caller c;
	size_t requests;

	(void)state;
	set_up(&c);
	assert_int_equal(run(&c, script, 40, &requests), FETCH_DONE);
	assert_int_equal(c.told, 40);
	assert_int_equal(requests, 41);
	assert_int_equal(c.counts.requests, 41);
	assert_int_equal(c.counts.retries, 1);
	assert_int_equal(c.counts.bytes, 39 * 13);
	for (size_t i = 0; i < 40; i++)
		assert_int_equal(c.outcomes[i].state, i == 9 ? JOB_NOT_FOUND : JOB_STORED);
	tear_down(&c);
}

static void unreadable_bodies_are_kept(void **state)
{
	static const struct canned_script script[] = {{"00/result", {OK("<html>")}}, {"01/result", {GOOD}}, {0}};
	struct caller c;

	(void)state;
	for (int keep = 0; keep < 2; keep++) {
		set_up(&c);
		c.options.keep_bodies = keep;
		assert_int_equal(run(&c, script, 2, NULL), FETCH_DONE);
		assert_int_equal(c.outcomes[0].state, JOB_UNREADABLE);
		assert_true(c.kept[0]);
		assert_int_equal(c.size[0], 6);
		assert_int_equal(c.kept[1], keep);
		tear_down(&c);
	}
}

static void details(void **state)
{
	static const struct canned_script script[] = {{"00/result", {GOOD}},
						      {"01/result", {GOOD}},
						      {"00",
						       {BUSY, OK("{\"state\":\"COMPLETE\",\"completedAt\":"
								 "\"2025-01-02T03:04:05Z\"}")}},
						      {"01", {BUSY}},
						      {0}};
	struct caller c;

	(void)state;
	set_up(&c);
	c.options.details = true;
	assert_int_equal(run(&c, script, 2, NULL), FETCH_DONE);
	assert_int_equal(c.outcomes[0].state, JOB_STORED);
	assert_non_null(c.outcomes[0].details);
	assert_non_null(strstr(c.outcomes[0].details, "COMPLETE"));
	assert_string_equal(c.outcomes[0].completed_at.text, "2025-01-02T03:04:05Z");
	assert_int_equal(c.outcomes[1].state, JOB_STORED);
	assert_null(c.outcomes[1].details);
	assert_int_equal(c.outcomes[1].http_status, 200);
	tear_down(&c);
}

static void limits(void **state)
{
	static const struct canned_script heeded[] = {
	    {"00/result", {"HTTP/1.1 302 Found\r\nRetry-After: 9999\r\n" CLOSE}},
	    {"01/result", {LIMIT, LIMIT, GOOD}},
	    {0}};
	static const struct canned_script too_long[] = {
	    {"/result", {"HTTP/1.1 429 Slow\r\nRetry-After: 9999\r\n" CLOSE}}, {0}};
	static const struct canned_script endless[] = {{"/result", {LIMIT}}, {0}};
	struct caller c;
	size_t requests;

	(void)state;
	/* With one slot: the headers of one answer are not those of the next. */
	set_up(&c);
	c.options.concurrency = 1;
	assert_int_equal(run(&c, heeded, 2, NULL), FETCH_DONE);
	assert_int_equal(c.outcomes[1].state, JOB_STORED);
	assert_int_equal(c.counts.rate_limited, 2);
	assert_int_equal(c.counts.retries, 0);
	tear_down(&c);

	set_up(&c);
	c.options.concurrency = 1;
	assert_int_equal(run(&c, too_long, 2, &requests), FETCH_RATE_LIMITED);
	assert_int_equal(requests, 1);
	assert_int_equal(c.told, 0);
	assert_non_null(strstr(c.err.msg, "come back after 20"));
	tear_down(&c);

	set_up(&c);
	c.options.concurrency = 1;
	c.options.retry.max_wait_ms = 1;
	assert_int_equal(run(&c, endless, 2, &requests), FETCH_RATE_LIMITED);
	assert_int_equal(requests, 11);
	assert_int_equal(c.counts.rate_limited, 11);
	tear_down(&c);
}

static void keys(void **state)
{
	static const struct canned_script refused[] = {{"/result", {REFUSED}}, {0}};
	static const struct canned_script denied[] = {{"/result", {DENIED}}, {"whoami", {OK("{}")}}, {0}};
	static const struct canned_script bad[] = {{"/result", {DENIED}}, {"whoami", {DENIED}}, {0}};
	struct caller c;
	size_t requests;

	(void)state;
	set_up(&c);
	c.options.concurrency = 1;
	assert_int_equal(run(&c, refused, 9, &requests), FETCH_KEY_REFUSED);
	assert_int_equal(requests, 1);
	assert_string_equal(c.err.msg, "HTTP 401: Missing or invalid API key");
	assert_int_equal(c.told, 0);
	tear_down(&c);

	set_up(&c);
	assert_int_equal(run(&c, denied, 9, &requests), FETCH_DONE);
	assert_int_equal(requests, 10);
	for (size_t i = 0; i < 9; i++)
		assert_int_equal(c.outcomes[i].state, JOB_DENIED);
	tear_down(&c);

	set_up(&c);
	c.options.concurrency = 1;
	assert_int_equal(run(&c, bad, 9, &requests), FETCH_KEY_REFUSED);
	assert_int_equal(requests, 2);
	assert_int_equal(c.told, 0);
	tear_down(&c);
}

static void nobody_listens(void **state)
{
	static const struct canned_script script[] = {{0}};
	struct canned_server *server = canned_start(script);
	int port = canned_port(server);
	struct caller c;

	(void)state;
	canned_stop(server);
	set_up(&c);
	assert_int_equal(run_port(&c, port, 1), FETCH_DONE);
	assert_int_equal(c.outcomes[0].state, JOB_FAILED);
	assert_int_equal(c.outcomes[0].attempts, 4);
	assert_string_equal(c.outcomes[0].error, "could not connect to '127.0.0.1': Connection refused");
	tear_down(&c);

	set_up(&c);
	c.options.give_up_ms = 0;
	assert_int_equal(run_port(&c, port, MAX_JOB), FETCH_API_DOWN);
	assert_non_null(strstr(c.err.msg, "Connection refused"));
	assert_true(c.counts.requests >= 20 && c.counts.requests <= 24);
	tear_down(&c);
}

static void silence(void **state)
{
	static const struct canned_script script[] = {{"/result", {CANNED_SILENCE}}, {0}};
	struct caller c;

	(void)state;
	set_up(&c);
	c.options.timeout_s = 1;
	c.options.retry.retries = 0;
	assert_int_equal(run(&c, script, 4, NULL), FETCH_DONE);
	for (size_t i = 0; i < 4; i++)
		assert_string_equal(c.outcomes[i].error, "no byte came from '127.0.0.1' for 1 s");
	tear_down(&c);

	set_up(&c);
	c.stop_under_way = true;
	assert_int_equal(run(&c, script, 9, NULL), FETCH_INTERRUPTED);
	assert_int_equal(c.told, 0);
	tear_down(&c);
}

static void out_of_time(void **state)
{
	static const struct canned_script script[] = {{"/result", {GOOD}}, {0}};
	struct caller c;
	size_t requests;

	(void)state;
	set_up(&c);
	c.options.max_time_ms = 0;
	assert_int_equal(run(&c, script, 9, &requests), FETCH_MAX_TIME);
	assert_int_equal(requests, 0);
	assert_int_equal(c.told, 0);
	tear_down(&c);
}

static void the_window_is_heeded(void **state)
{
	static const struct canned_script script[] = {{"/result", {GOOD}}, {0}};
	static const struct rate_limit three = {3, INT64_C(3600) * 1000000000};
	struct caller c;
	size_t requests;
	struct err err;

	(void)state;
	set_up(&c);
	rate_close(c.rate);
	c.rate = c.options.rate = rate_open(NULL, KEY, &three, time_boot_ns(), &err);
	c.stop_when_rated = true;
	assert_int_equal(run(&c, script, 9, &requests), FETCH_INTERRUPTED);
	assert_true(requests <= 3);
	tear_down(&c);
}

static void the_loader_is_waited_for(void **state)
{
	static const struct canned_script script[] = {{"/result", {GOOD}}, {0}};
	struct caller c;

	(void)state;
	set_up(&c);
	c.closed = true;
	assert_int_equal(run(&c, script, 3, NULL), FETCH_DONE);
	assert_true(c.waits & 1u << WAIT_LOADER);
	assert_int_equal(c.told, 3);
	tear_down(&c);
}

static void what_ends_the_run(void **state)
{
	static const struct canned_script script[] = {{"/result", {GOOD}}, {0}};
	struct caller c;

	(void)state;
	set_up(&c);
	c.fail_judge = true;
	assert_int_equal(run(&c, script, 9, NULL), FETCH_FAILED);
	assert_string_equal(c.err.msg, "the judge is ill");
	assert_int_equal(c.told, 0);
	tear_down(&c);

	set_up(&c);
	c.fail_done = true;
	assert_int_equal(run(&c, script, 9, NULL), FETCH_FAILED);
	assert_string_equal(c.err.msg, "the disk is full");
	assert_int_equal(c.told, 1);
	tear_down(&c);
}

/* A second batch goes on where the first one was: it knows that the key is good. */
static void one_batch_after_the_other(void **state)
{
	static const struct fetch_handlers handlers = {judge, done, room, NULL};
	static const struct canned_script script[] = {{"00/result", {GOOD}}, {"01/result", {DENIED}}, {0}};
	struct canned_server *server = canned_start(script);
	struct fetch_job job = {.id.b[15] = 1};
	struct fetch_outcome first;
	struct caller c;

	(void)state;
	set_up(&c);
	assert_int_equal(run_port(&c, canned_port(server), 1), FETCH_DONE);
	first = c.outcomes[0];
	assert_int_equal(first.state, JOB_STORED);
	c.outcomes[0].state = JOB_NONE;
	assert_int_equal(fetch_run(c.fetch, &job, 1, &handlers, &c, &c.counts, &c.err), FETCH_DONE);
	assert_int_equal(c.outcomes[0].state, JOB_DENIED);
	assert_int_equal(c.counts.requests, 1);
	assert_int_equal(fetch_run(c.fetch, &job, 0, &handlers, &c, &c.counts, &c.err), FETCH_DONE);
	assert_int_equal(c.counts.requests, 0);
	assert_int_equal(canned_requests(server), 2);
	canned_stop(server);
	tear_down(&c);
}

static void configuration(void **state)
{
	char folder[] = "/tmp/test_fetch.XXXXXX", ca[64];
	struct caller c;
	struct err err;
	FILE *f;
	static const struct {
		const char *base, *key, *reason;
	} bad[] = {
	    {"acme.omniapp.co", KEY, "has no scheme"},
	    {"http://acme.omniapp.co", KEY, "--allow-http"},
	    {"https://acme.omniapp.co", "", "empty"},
	    {"https://acme.omniapp.co", "s3 cret", "blank"},
	    {"https://acme.omniapp.co", "s3cret\r\nX: y", "blank"},
	    {"https://acme.omniapp.co", "s3cret\x80", "blank"},
	};

	(void)state;
	set_up(&c);
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		c.options.base_url = bad[i].base;
		c.options.api_key = bad[i].key;
		assert_null(fetch_new(&c.options, &err));
		assert_non_null(strstr(err.msg, bad[i].reason));
		assert_null(strstr(err.msg, "cret"));
	}
	assert_non_null(mkdtemp(folder));
	(void)snprintf(ca, sizeof ca, "%s/ca.pem", folder);
	c.options.base_url = " HTTPS://Acme.omniapp.co:443/api/";
	c.options.api_key = KEY;
	c.options.cacert = ca;
	assert_null(fetch_new(&c.options, &err));
	assert_non_null(strstr(err.msg, "cannot open the CA file"));
	f = fopen(ca, "w");
	assert_non_null(f);
	assert_true(fputs("-----BEGIN PRIVATE KEY-----\n", f) >= 0);
	assert_int_equal(fflush(f), 0);
	assert_null(fetch_new(&c.options, &err));
	assert_non_null(strstr(err.msg, "no PEM certificate"));
	assert_true(fputs("-----BEGIN CERTIFICATE-----\n", f) >= 0);
	assert_int_equal(fclose(f), 0);
	c.fetch = fetch_new(&c.options, &err);
	assert_non_null(c.fetch);
	assert_string_equal(fetch_instance(c.fetch), "https://acme.omniapp.co");
	assert_string_equal(fetch_base(c.fetch), "https://acme.omniapp.co/api");
	c.options.cacert = folder;
	assert_null(fetch_new(&c.options, &err));
	assert_int_equal(unlink(ca), 0);
	assert_int_equal(rmdir(folder), 0);
	fetch_free(NULL);
	tear_down(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_becomes_of_a_job),
	    cmocka_unit_test(what_is_sent),
	    cmocka_unit_test(many_jobs_each_once),
	    cmocka_unit_test(unreadable_bodies_are_kept),
	    cmocka_unit_test(details),
	    cmocka_unit_test(limits),
	    cmocka_unit_test(keys),
	    cmocka_unit_test(nobody_listens),
	    cmocka_unit_test(silence),
	    cmocka_unit_test(out_of_time),
	    cmocka_unit_test(the_window_is_heeded),
	    cmocka_unit_test(the_loader_is_waited_for),
	    cmocka_unit_test(what_ends_the_run),
	    cmocka_unit_test(one_batch_after_the_other),
	    cmocka_unit_test(configuration),
	};

	log_setup(LOG_ERROR, false);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
