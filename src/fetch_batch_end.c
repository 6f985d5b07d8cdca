/* What comes back from a transfer, and what it is reported as. */
#include "fetch_batch.h"
#include "hide.h"
#include "log.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#define MAX_TEXT     ((size_t)1 << 20)  /* of an answer that is no document */
#define CLOCK_OFF_US INT64_C(300000000) /* our clock and the server's: more than this is a difference */
#define MAX_DOCUMENT ((size_t)16 << 20) /* of a status document */

/* A transfer that has ended, on its way to the schedule. */
struct ended {
	struct fetch_transfer *t;
	const struct fetch_headers *headers;
	const struct err *why;
	struct schedule_time now;
	char said[512];    /* a sentence about what went wrong; empty: nothing */
	char request[300]; /* what was asked, for the log */
	const char *method;
	uint64_t bytes;  /* of its body, decoded */
	int64_t attempt; /* of the job's requests */
	struct schedule_step step;
	struct err err; /* where the run cannot go on: the job was not reported */
};

int fetch_batch_bytes(struct fetch_batch *b, struct fetch_transfer *t, int http, const char *p, size_t n)
{
	size_t max = t->job->asked == ASKED_STATUS && http == 200 ? MAX_DOCUMENT : MAX_TEXT;

	t->http = http;
	if (t->body && http == 200) {
		schedule_receiving(b->schedule, t->job);
		return body_add(t->body, p, n, &t->err);
	}
	if (n > max - t->text.len) {
		n = max - t->text.len;
		t->text_cut = true;
	}
	if (buf_add(&t->text, p, n))
		return err_set(&t->err, ERR_FATAL, "out of memory");
	return t->text_cut ? -1 : 0;
}

/* What is said of a transfer that failed. */
static const char *set_said(const struct fetch_batch *b, struct ended *e, const char *words)
{
	(void)snprintf(e->said, sizeof e->said, "%s", words);
	hide_secret(e->said, strlen(e->said), b->key);
	return e->said;
}

/* The time by the server's clock, where the answer tells it and ours is off by more than a Date's seconds and the way
 * explain: what is kept and decided must not depend on a clock that was never set. */
static void look_at_date(struct schedule_time *now, struct text date)
{
	int64_t s = date.n > 0 ? time_parse_http(date.p, date.n, now->wall_us / 1000000) : -1;

	if (s <= 0)
		return;
	now->vouched = true;
	if (s * 1000000 > now->wall_us + CLOCK_OFF_US || s * 1000000 < now->wall_us - CLOCK_OFF_US)
		now->wall_us = s * 1000000;
}

/* Of an answer that came whole. HTML is no answer of the API's, whatever was asked; any_type has no other form. */
static void find_problem(const struct fetch_batch *b, struct ended *e)
{
	const struct fetch_question *q = fetch_batch_question(b, e->t);
	const char *problem = q && q->any_type ? NULL : body_problem(e->t->body);
	struct text type = e->headers->content_type;

	if (problem)
		(void)snprintf(e->said, sizeof e->said, "the body is not one whole JSON document: %s", problem);
	else if (q && q->any_type && type.n >= 9 && strncasecmp(type.p, "text/html", 9) == 0)
		(void)snprintf(e->said, sizeof e->said, "the answer is HTML: is this the address of the API?");
}

/* A whole 200 result, or answer to a question: can it be read? */
static int take_result(struct fetch_batch *b, struct ended *e)
{
	struct fetch_transfer *t = e->t;
	int judged = 1;

	if (body_end(t->body, &e->err)) {
		if (e->err.kind == ERR_FATAL)
			return -1;
		e->step =
		    schedule_failed(b->schedule, t->job, FAILURE_ANSWER, t->http, set_said(b, e, e->err.msg), &e->now);
		return 0;
	}
	b->progress.counts.bytes += body_size(t->body);
	find_problem(b, e);
	if (!*e->said) {
		judged = b->handlers->judge(b->ctx, t->body, e->said, sizeof e->said, &e->err);
		if (judged < 0)
			return -1;
		if (judged && !*e->said)
			(void)snprintf(e->said, sizeof e->said, "the body is no %s",
				       b->questions ? "answer" : "result");
	}
	hide_secret(e->said, strlen(e->said), b->key);
	e->step = schedule_result(b->schedule, t->job, t->body, body_sha256(t->body), judged ? e->said : NULL, &e->now);
	return 0;
}

static int take_answer(struct fetch_batch *b, struct ended *e)
{
	struct fetch_transfer *t = e->t;
	struct answer_in in = {
	    .asked = t->job->asked,
	    .http = t->http,
	    .content_type = e->headers->content_type,
	    .retry_after = e->headers->retry_after,
	    .date = e->headers->date,
	    .location = e->headers->location,
	    .body = buf_text(&t->text),
	    .body_cut = t->text_cut || e->why->kind != ERR_NONE,
	    .now_us = e->now.wall_us,
	    .secret = b->key,
	};
	const struct fetch_question *q = fetch_batch_question(b, t);
	struct answer answer;

	in.patient = q && q->patient;
	/* A status document may be kept. */
	hide_secret(t->text.data, t->text.len, b->key);
	if (answer_read(&in, b->doc, &answer, &e->err))
		return -1;
	(void)snprintf(e->said, sizeof e->said, "%s", answer.message);
	b->progress.counts.rate_limited += answer.verdict == VERDICT_PAUSE;
	e->step = schedule_answered(b->schedule, t->job, &answer, t->http, in.body, &e->now);
	return 0;
}

static int report(struct fetch_batch *b, struct ended *e)
{
	struct fetch_transfer *t = e->t;
	/* What these codes say needs no whole body, and their Retry-After counts. */
	bool code_is_enough = t->http == 429 || t->http >= 500;
	enum schedule_failure failure = e->why->kind == ERR_RETRY ? FAILURE_NETWORK : FAILURE_LASTING;
	const struct err *why = e->why;

	if (t->err.kind != ERR_NONE) {
		failure = FAILURE_ANSWER;
		why = &t->err;
	}
	if (why->kind == ERR_FATAL) {
		e->err = *why;
		return -1;
	}
	if (why->kind == ERR_NONE || (why->kind == ERR_RETRY && code_is_enough))
		return t->body && t->http == 200 ? take_result(b, e) : take_answer(b, e);
	e->step = schedule_failed(b->schedule, t->job, failure, t->http, set_said(b, e, why->msg), &e->now);
	return 0;
}

/* The job is the schedule's soon, or gone: what is told of it is copied. */
static void note_request(const struct fetch_batch *b, struct ended *e)
{
	struct fetch_transfer *t = e->t;
	struct fetch_wire_request request;

	if (!log_enabled(LOG_DEBUG))
		return;
	fetch_batch_request(b, t, "", e->request, sizeof e->request, &request);
	/* An address may hold what the API has said before, a cursor for example. */
	hide_secret(e->request, strlen(e->request), b->key);
	e->method = request.post.p ? "POST" : "GET";
	e->attempt = t->job->attempts;
	e->bytes = t->body && t->http == 200 ? body_size(t->body) : t->text.len;
}

static void tell(struct fetch_batch *b, const struct ended *e, int http, const struct uuid *id)
{
	int64_t pause_ns = e->now.boot_ns + e->step.wait_ms * 1000000;
	bool has_code = http == 0 || strncmp(e->said, "HTTP ", 5) == 0;
	char code[32] = "", again[48] = "";

	if (!has_code)
		(void)snprintf(code, sizeof code, "HTTP %d%s", http, *e->said ? ": " : "");
	if (e->step.did == STEP_AGAIN)
		(void)snprintf(again, sizeof again, "; again in %.3f s", (double)e->step.wait_ms / 1000);
	log_line(LOG_DEBUG, id, "%s %s, attempt %lld, %llu bytes in %.3f s: %s%s%s", e->method, e->request,
		 (long long)e->attempt, (unsigned long long)e->bytes, (double)(e->now.boot_ns - e->t->began_ns) / 1e9,
		 code, e->said, again);
	/* Once for all transfers that ran into it. */
	if (e->step.did == STEP_PAUSED && pause_ns > b->pause_ns + 1000000) {
		b->pause_ns = pause_ns;
		log_line(LOG_WARNING, NULL, "all requests pause for %.1f s: %s", (double)e->step.wait_ms / 1000,
			 e->said);
	}
}

void fetch_batch_end(struct fetch_batch *b, struct fetch_transfer *t, const struct fetch_headers *h,
		     const struct err *why)
{
	struct ended e = {.t = t, .headers = h, .why = why, .now = fetch_batch_now(), .method = ""};
	const struct uuid *id = fetch_batch_job(b, t);

	look_at_date(&e.now, h->date);
	fetch_batch_headers(b, t);
	note_request(b, &e);
	if (report(b, &e)) {
		fetch_batch_fail(b, &e.err);
		fetch_batch_abort(b, t);
		return;
	}
	if (e.step.took_body)
		t->body = NULL;
	if (e.step.did == STEP_PAUSED)
		rate_pause(b->options->rate, e.now.boot_ns + e.step.wait_ms * 1000000);
	else if (t->http == 200)
		rate_success(b->options->rate);
	tell(b, &e, t->http, id);
	fetch_batch_idle(b, t);
}
