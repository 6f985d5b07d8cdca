#include "field.h"

#include "utf8.h"

#include <string.h>

#define VISIBLE_MAX ((size_t)1 << 20)

void field_text(struct jsonw *w, const char *key, struct text value)
{
	jsonw_key(w, key);
	jsonw_string(w, value);
}

void field_stamp(struct jsonw *w, const char *key, const struct stamp *t)
{
	jsonw_key(w, key);
	jsonw_cstr(w, stamp_is_set(t) ? t->text : NULL);
}

void field_number(struct jsonw *w, const char *key, bool known, int64_t value)
{
	jsonw_key(w, key);
	if (known)
		jsonw_int(w, value);
	else
		jsonw_null(w);
}

void field_int(struct jsonw *w, const char *key, int64_t value)
{
	field_number(w, key, true, value);
}

void field_visible(struct jsonw *w, const char *key, const char *s)
{
	struct buf visible;

	buf_init(&visible, VISIBLE_MAX);
	if (s != NULL)
		(void)utf8_visible(&visible, s, strlen(s), 0);
	field_text(w, key, s != NULL ? buf_text(&visible) : TEXT_NULL);
	buf_free(&visible);
}

void field_flag(struct jsonw *w, const char *key, int flag)
{
	jsonw_key(w, key);
	if (flag < 0)
		jsonw_null(w);
	else
		jsonw_bool(w, flag != 0);
}

void field_json(struct jsonw *w, const char *key, struct text json)
{
	jsonw_key(w, key);
	jsonw_raw(w, json);
}

void field_json_line(struct jsonw *w, const char *key, struct text json)
{
	const size_t from = w->out->len;

	field_json(w, key, json);
	for (size_t i = from; i < w->out->len; i++)
		if (w->out->data[i] == '\n' || w->out->data[i] == '\r')
			w->out->data[i] = ' ';
}

void field_texts(struct jsonw *w, const char *key, const struct text *items, size_t n)
{
	jsonw_key(w, key);
	if (items)
		jsonw_texts(w, items, n);
	else
		jsonw_null(w);
}

void field_job(struct jsonw *w, const struct job *job)
{
	char sha256[SHA256_HEX_LEN + 1];
	const bool body = job->body_bytes >= 0;

	field_text(w, "instance", job->instance);
	field_text(w, "state", text_of(state_name(job->state)));
	field_flag(w, "partial", job->partial);
	field_number(w, "http_status", job->http_status != 0, job->http_status);
	field_text(w, "error", job->error);
	field_text(w, "topic", job->topic);
	field_text(w, "message", job->message);
	field_text(w, "result_summary", job->result_summary);
	field_text(w, "omni_chat_url", job->omni_chat_url);
	field_stamp(w, "first_action_at", &job->first_action_at);
	field_stamp(w, "last_action_at", &job->last_action_at);
	field_stamp(w, "expires_at", &job->expires_at);
	field_number(w, "attempts", true, job->attempts);
	field_stamp(w, "requested_at", &job->requested_at);
	field_stamp(w, "fetched_at", &job->fetched_at);
	field_stamp(w, "stored_at", &job->stored_at);
	field_number(w, "body_bytes", body, job->body_bytes);
	field_text(w, "body_sha256", body ? text_of(sha256_hex(job->body_sha256, sha256)) : TEXT_NULL);
	field_number(w, "action_count", true, job->action_count);
	field_number(w, "result_count", true, job->result_count);
	field_number(w, "row_count", true, job->row_count);
}
