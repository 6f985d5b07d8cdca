#include "answer_said.h"

#include "hide.h"
#include "utf8.h"

#include <string.h>
#include <strings.h>

#define SHOWN_MESSAGE     300 /* characters of the API's own words in a message of ours */
#define SHOWN_OTHER       100 /* of what is not the API's */
#define SHOWN_ADDRESS     250
#define SHOWN_STATE       30

#define US_PER_S          ((int64_t)1000000)
#define RETRY_AFTER_MAX_S ((int64_t)10 * 365 * 86400) /* a longer wait than that is all the same */

/* ---- the message ---- */

/* Ends the making of a message: cut at a character, *b freed. bad: something could not be added. */
static int finish(struct answer *out, struct buf *b, int bad, struct err *err)
{
	size_t n = b->len < sizeof(out->message) ? b->len : utf8_cut(b->data, sizeof(out->message) - 1);

	if (!bad && n > 0)
		memcpy(out->message, b->data, n);
	out->message[bad ? 0 : n] = 0;
	buf_free(b);
	return bad ? err_set(err, ERR_FATAL, "out of memory") : 0;
}

/* "HTTP 302: redirected to 'https://…', not followed". */
static int say_redirect(struct buf *b, struct text to, const char *secret)
{
	struct buf address;
	int bad;

	buf_init(&address, SIZE_MAX / 2);
	bad = buf_add(&address, to.p, to.n);
	if (!bad)
		hide_secret(address.data, address.len, secret);
	bad |= buf_adds(b, ": redirected to '");
	bad |= utf8_visible(b, buf_cstr(&address), address.len, SHOWN_ADDRESS);
	bad |= buf_adds(b, "', not followed");
	buf_free(&address);
	return bad;
}

/* "HTTP 404: Job not found", then what we have to say of it. */
static int say(struct answer *out, const struct answer_in *in, const struct answer_said *s, const char *comment,
	       struct err *err)
{
	struct text to = answer_trim(in->location);
	struct buf b;
	int bad;

	buf_init(&b, 16384); /* all of it, however many bytes a character is shown as */
	bad = buf_addf(&b, "HTTP %d", in->http);
	if (in->http >= 300 && in->http < 400 && to.n > 0) {
		bad |= say_redirect(&b, to, in->secret);
		return finish(out, &b, bad, err);
	}
	switch (s->kind) {
	case ANSWER_MESSAGE:
		bad |= buf_adds(&b, ": ");
		bad |= utf8_visible(&b, s->text.data, s->text.len, SHOWN_MESSAGE);
		break;
	case ANSWER_OTHER:
		bad |= buf_adds(&b, ": ");
		bad |= utf8_visible(&b, s->text.data, s->text.len, SHOWN_OTHER);
		break;
	case ANSWER_JSON:
		bad |= buf_adds(&b, ", JSON without a message");
		break;
	case ANSWER_HTML:
		bad |= buf_adds(&b, " (HTML)");
		break;
	case ANSWER_EMPTY:
		bad |= buf_adds(&b, ", empty body");
		break;
	}
	bad |= buf_adds(&b, comment);
	return finish(out, &b, bad, err);
}

/* ---- verdicts ---- */

static enum verdict settled(struct answer *out, enum job_state state)
{
	out->state = state;
	return VERDICT_SETTLED;
}

static bool is_passing(int http)
{
	return http == 408 || http == 425 || http == 500 || (http >= 502 && http <= 504) ||
	       (http >= 520 && http <= 524);
}

static bool is_json(const struct answer_said *s)
{
	return s->kind == ANSWER_MESSAGE || s->kind == ANSWER_JSON;
}

static enum verdict not_found(const struct answer_in *in, const struct answer_said *s, struct answer *out)
{
	if (!is_json(s))
		return settled(out, JOB_FAILED);
	if (in->asked == ASKED_QUESTION)
		return settled(out, JOB_NOT_FOUND);
	if (in->asked == ASKED_STATUS)
		return settled(out, answer_says(s, " not found ") ? JOB_NOT_FOUND : JOB_FAILED);
	if (answer_says(s, " no longer available "))
		return settled(out, JOB_EXPIRED);
	if (!answer_says(s, " not yet available ") && answer_says(s, " not found "))
		return settled(out, JOB_NOT_FOUND);
	return VERDICT_ASK_STATUS;
}

/* Of every answer but a 200. */
static enum verdict judge(const struct answer_in *in, const struct answer_said *s, struct answer *out)
{
	bool job = in->asked != ASKED_WHOAMI;
	int http = in->http;

	if (http == 401)
		return VERDICT_KEY_BAD;
	if (http == 429)
		return VERDICT_PAUSE;
	/* To ask the same again may only begin it anew. */
	if (http == 408 && in->asked == ASKED_QUESTION && s->remaining && !in->body_cut && !in->patient)
		return settled(out, JOB_PENDING);
	if (is_passing(http))
		return VERDICT_RETRY;
	if (http == 400 && job && answer_says_bad_id(s))
		return settled(out, JOB_REJECTED);
	if ((http == 400 || http == 403) && answer_says_bad_key(s, http))
		return VERDICT_KEY_BAD;
	if (http == 400 && in->asked == ASKED_QUESTION && is_json(s))
		return settled(out, JOB_REJECTED);
	if (http == 403)
		return job ? VERDICT_FORBIDDEN : VERDICT_KEY_BAD;
	/* neither yes nor no (an instance without this endpoint, a proxy) proves nothing against the key */
	if (!job)
		return VERDICT_KEY_GOOD;
	return http == 404 ? not_found(in, s, out) : settled(out, JOB_FAILED);
}

static int read_error(const struct answer_in *in, struct json_doc *doc, struct answer *out, struct err *err)
{
	const char *comment = "";
	struct answer_said said;
	int rc = answer_said_read(&said, in, doc, err);

	if (rc == 0) {
		out->verdict = judge(in, &said, out);
		if (in->http == 404 && out->verdict == VERDICT_SETTLED && !is_json(&said))
			comment = "; not JSON: is this the address of the API?";
		rc = say(out, in, &said, comment, err);
	}
	answer_said_free(&said);
	return rc;
}

/* ---- the status document ---- */

static enum job_status status_of(const char *word)
{
	if (strcasecmp(word, "COMPLETE") == 0)
		return STATUS_COMPLETE;
	if (strcasecmp(word, "FAILED") == 0 || strcasecmp(word, "CANCELLED") == 0)
		return STATUS_FAILED;
	return STATUS_RUNNING;
}

/* "the job is FAILED: " and why, as the document says it. text: scratch. */
static int say_status(struct answer *out, const struct json_doc *doc, struct buf *word, struct buf *text,
		      const char *secret, struct err *err)
{
	json_ref error = json_member(doc, json_root(doc), "error", NULL);
	struct buf b;
	int bad, rc;

	buf_clear(text);
	rc = answer_member(doc, json_root(doc), "error", text, err);
	if (rc == 0)
		rc = answer_member(doc, error, "message", text, err);
	if (rc == 0)
		rc = answer_member(doc, error, "detail", text, err);
	if (rc < 0)
		return -1;
	hide_secret(word->data, word->len, secret);
	hide_secret(text->data, text->len, secret);
	buf_init(&b, 16384);
	bad = buf_adds(&b, "the job is ");
	bad |= utf8_visible(&b, word->data, word->len, SHOWN_STATE);
	if (rc == 1) {
		bad |= buf_adds(&b, ": ");
		bad |= utf8_visible(&b, text->data, text->len, SHOWN_MESSAGE);
	}
	return finish(out, &b, bad, err);
}

/* 1: a status document; 0: none; -1 with *err. */
static int parse_status(const struct answer_in *in, struct json_doc *doc, struct buf *word, struct buf *text,
			struct answer *out, struct err *err)
{
	struct err why;
	json_ref root;
	int rc;

	if (!in->body.p || in->body_cut)
		return 0;
	if (json_parse(doc, in->body.p, in->body.n, &why) != 0)
		return why.kind == ERR_FATAL ? err_set(err, ERR_FATAL, "%s", why.msg) : 0;
	root = json_root(doc);
	rc = answer_member(doc, root, "state", word, err);
	if (rc != 1)
		return rc;
	rc = answer_member(doc, root, "completedAt", text, err);
	if (rc < 0)
		return -1;
	if (rc == 1)
		(void)time_parse_iso(text->data, text->len, &out->completed_at);
	out->verdict = VERDICT_STATUS;
	out->job_status = status_of(buf_cstr(word));
	if (out->job_status != STATUS_COMPLETE && say_status(out, doc, word, text, in->secret, err) != 0)
		return -1;
	return 1;
}

static int read_status(const struct answer_in *in, struct json_doc *doc, struct answer *out, struct err *err)
{
	struct buf word, text;
	int rc;

	buf_init(&word, 2 * ANSWER_WORDS_MAX);
	buf_init(&text, 2 * ANSWER_WORDS_MAX);
	rc = parse_status(in, doc, &word, &text, out, err);
	buf_free(&word);
	buf_free(&text);
	if (rc == 0) {
		struct buf b;

		out->verdict = VERDICT_RETRY;
		buf_init(&b, sizeof(out->message));
		rc = finish(out, &b, buf_adds(&b, "HTTP 200: the status document cannot be read"), err);
	}
	return rc < 0 ? -1 : 0;
}

int answer_read(const struct answer_in *in, struct json_doc *doc, struct answer *out, struct err *err)
{
	memset(out, 0, sizeof(*out));
	out->retry_after_ms = answer_retry_after_ms(in->retry_after, in->date, in->now_us);
	if (in->http != 200)
		return read_error(in, doc, out, err);
	if (in->asked == ASKED_STATUS)
		return read_status(in, doc, out, err);
	out->verdict = in->asked == ASKED_WHOAMI ? VERDICT_KEY_GOOD : VERDICT_RESULT;
	return 0;
}

/* ---- Retry-After ---- */

int64_t answer_retry_after_ms(struct text value, struct text date, int64_t now_us)
{
	int64_t seconds = 0, until, from, us;
	size_t i;

	value = answer_trim(value);
	if (answer_is_digits(value)) {
		for (i = 0; i < value.n && seconds <= RETRY_AFTER_MAX_S; i++)
			seconds = seconds * 10 + (value.p[i] - '0');
		return (seconds < RETRY_AFTER_MAX_S ? seconds : RETRY_AFTER_MAX_S) * 1000;
	}
	until = value.n ? time_parse_http(value.p, value.n, now_us / US_PER_S) : -1;
	if (until < 0)
		return -1;
	date = answer_trim(date);
	from = date.n ? time_parse_http(date.p, date.n, now_us / US_PER_S) : -1;
	us = until * US_PER_S - (from >= 0 ? from * US_PER_S : now_us);
	if (us <= 0)
		return 0;
	/* rounded up: a wait is never shorter than what was asked for */
	return us / US_PER_S < RETRY_AFTER_MAX_S ? (us + 999) / 1000 : RETRY_AFTER_MAX_S * 1000;
}
