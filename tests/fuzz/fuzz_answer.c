/*
 * answer*.c: what an answer says of a job.
 *
 * An input reads like an answer: what was asked (result, status, whoami, question) and the code in the first line, then
 * headers, an empty line, the body.
 *
 * - Verdict and state are among those that there are, and where the contract leaves no choice, the one that it names.
 * - The message is a sentence that a terminal obeys nothing of; Retry-After is within its bounds.
 * - The same answer says the same again.
 */
#include "answer.h"
#include "fuzz.h"

#include <strings.h>

static struct text take_line(struct text *rest)
{
	const char *end = rest->n > 0 ? memchr(rest->p, '\n', rest->n) : NULL;
	struct text line = {rest->p, end != NULL ? (size_t)(end - rest->p) : rest->n};
	const size_t used = line.n + (end != NULL);

	*rest = (struct text){rest->p + used, rest->n - used};
	return line;
}

static void take_header(struct answer_in *in, struct text line)
{
	const struct {
		const char *name;
		struct text *value;
	} known[] = {{"Content-Type:", &in->content_type},
		     {"Retry-After:", &in->retry_after},
		     {"Date:", &in->date},
		     {"Location:", &in->location}};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		const size_t n = strlen(known[i].name);

		if (line.n >= n && strncasecmp(line.p, known[i].name, n) == 0)
			*known[i].value = (struct text){line.p + n, line.n - n};
	}
}

static struct answer_in read_input(const uint8_t *data, size_t size)
{
	struct text rest = {(const char *)data, size}, line = take_line(&rest);
	struct answer_in in = {.now_us = INT64_C(1732665600000000), .http = 0};

	for (size_t i = 0; i < line.n; i++) {
		if (line.p[i] == 's')
			in.asked = ASKED_STATUS;
		else if (line.p[i] == 'w')
			in.asked = ASKED_WHOAMI;
		else if (line.p[i] == 'q')
			in.asked = ASKED_QUESTION;
		else if (line.p[i] == '+')
			in.body_cut = true;
		else if (line.p[i] >= '0' && line.p[i] <= '9')
			in.http = (in.http * 10 + (line.p[i] - '0')) % 1000;
	}
	while (rest.n > 0 && (line = take_line(&rest)).n > 0)
		take_header(&in, line);
	if (rest.n > 0)
		in.body = rest;
	return in;
}

/* What the contract says in so many words. */
static void check_verdict(const struct answer_in *in, const struct answer *a)
{
	static const int again[] = {408, 425, 500, 502, 503, 504, 520, 521, 522, 523, 524};

	HOLDS(a->verdict >= VERDICT_RESULT && a->verdict <= VERDICT_KEY_BAD);
	HOLDS(a->job_status >= STATUS_RUNNING && a->job_status <= STATUS_FAILED);
	const bool question = in->asked == ASKED_QUESTION;

	HOLDS((a->verdict == VERDICT_RESULT) == (in->http == 200 && (question || in->asked == ASKED_RESULT)));
	HOLDS(a->verdict != VERDICT_STATUS || (in->http == 200 && in->asked == ASKED_STATUS));
	HOLDS(a->verdict != VERDICT_ASK_STATUS || (in->http == 404 && in->asked == ASKED_RESULT));
	HOLDS(a->verdict != VERDICT_FORBIDDEN || (in->http == 403 && in->asked != ASKED_WHOAMI));
	HOLDS(a->verdict != VERDICT_KEY_GOOD || in->asked == ASKED_WHOAMI);
	HOLDS(a->verdict != VERDICT_KEY_BAD || in->http == 400 || in->http == 401 || in->http == 403);
	HOLDS((in->http == 429) == (a->verdict == VERDICT_PAUSE) && (in->http != 401 || a->verdict == VERDICT_KEY_BAD));
	for (size_t i = 0; i < sizeof(again) / sizeof(again[0]); i++)
		HOLDS(in->http != again[i] || a->verdict == VERDICT_RETRY ||
		      (question && in->http == 408 && a->verdict == VERDICT_SETTLED && a->state == JOB_PENDING));
	if (a->verdict != VERDICT_SETTLED) {
		HOLDS(a->state == JOB_NONE);
		return;
	}
	HOLDS(in->asked != ASKED_WHOAMI);
	HOLDS(a->state == JOB_FAILED || (a->state == JOB_REJECTED && in->http == 400) ||
	      (a->state == JOB_EXPIRED && in->http == 404) || (a->state == JOB_NOT_FOUND && in->http == 404) ||
	      (question && a->state == JOB_PENDING && in->http == 408));
	/* What is no JSON is not the API's word: never a loss. */
	HOLDS(a->state == JOB_FAILED || (in->body.n > 0 && memchr(in->body.p, '{', in->body.n) != NULL));
}

static void check_message(const struct answer_in *in, const struct answer *a)
{
	const size_t n = strnlen(a->message, sizeof(a->message));
	const bool sound = in->http == 200 && !(in->asked == ASKED_STATUS);

	HOLDS(n < sizeof(a->message) && fuzz_is_text(a->message, n));
	HOLDS(sound ? n == 0 : n > 0 || (a->verdict == VERDICT_STATUS && a->job_status == STATUS_COMPLETE));
	for (size_t i = 0; i < n; i++)
		HOLDS((unsigned char)a->message[i] >= 0x20 && a->message[i] != 0x7f);
	/* C1 controls, and what turns the direction of the text */
	HOLDS(strstr(a->message, "\xc2\x9b") == NULL && strstr(a->message, "\xe2\x80\xae") == NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct json_doc *doc, *fresh;
	const struct answer_in in = read_input(data, size);
	struct answer a, again;
	struct err err;
	struct buf said;

	if (doc == NULL) {
		doc = json_new();
		fresh = json_new();
	}
	HOLDS(answer_read(&in, doc, &a, &err) == 0);
	check_verdict(&in, &a);
	check_message(&in, &a);
	HOLDS(a.retry_after_ms >= -1 && a.retry_after_ms <= INT64_C(10) * 365 * 86400 * 1000);
	HOLDS(in.retry_after.p != NULL || a.retry_after_ms == -1);
	HOLDS(answer_read(&in, fresh, &again, &err) == 0 && memcmp(&a, &again, sizeof(a)) == 0);

	buf_init(&said, 4000);
	const int found = answer_envelope(in.body, doc, &said);
	HOLDS(found >= -1 && found <= 1 && (found == 1) == (said.len > 0));
	HOLDS(said.len <= 2000 && fuzz_is_text(buf_cstr(&said), said.len));
	buf_free(&said);
	return 0;
}
