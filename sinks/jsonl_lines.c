#include "jsonl_lines.h"

#include "jsonw.h"

#include <string.h>

#define HEAD "{\"job_id\":\""

static void begin(struct jsonw *w, struct buf *out, const char *id)
{
	jsonw_init(w, out);
	jsonw_object(w);
	jsonw_key(w, "job_id");
	jsonw_string(w, (struct text){id, UUID_TEXT_LEN});
}

static int end(struct jsonw *w, const char *part, size_t before)
{
	jsonw_key(w, "part");
	jsonw_cstr(w, part);
	jsonw_object_end(w);
	if (!w->failed && buf_addc(w->out, '\n') == 0)
		return 0;
	buf_cut(w->out, before);
	return -1;
}

static void put_text(struct jsonw *w, const char *key, struct text value)
{
	jsonw_key(w, key);
	jsonw_string(w, value);
}

/* JSON may have line ends between its tokens, a line of JSON Lines may not. Within its strings there are none. */
static void put_json(struct jsonw *w, const char *key, struct text json)
{
	size_t at;

	jsonw_key(w, key);
	at = w->out->len;
	jsonw_raw(w, json);
	for (; at < w->out->len; at++)
		if (w->out->data[at] == '\n' || w->out->data[at] == '\r')
			w->out->data[at] = ' ';
}

static void put_number(struct jsonw *w, const char *key, bool known, int64_t value)
{
	jsonw_key(w, key);
	if (known)
		jsonw_int(w, value);
	else
		jsonw_null(w);
}

/* -1: null */
static void put_flag(struct jsonw *w, const char *key, int flag)
{
	jsonw_key(w, key);
	if (flag < 0)
		jsonw_null(w);
	else
		jsonw_bool(w, flag != 0);
}

static void put_stamp(struct jsonw *w, const char *key, const struct stamp *t)
{
	put_text(w, key, stamp_is_set(t) ? text_of(t->text) : TEXT_NULL);
}

static void put_texts(struct jsonw *w, const char *key, const struct text *items, size_t n)
{
	jsonw_key(w, key);
	if (!items) {
		jsonw_null(w);
		return;
	}
	jsonw_array(w);
	for (size_t i = 0; i < n; i++)
		jsonw_string(w, items[i]);
	jsonw_array_end(w);
}

int jsonl_lines_job(struct buf *out, const struct job *job, const char *run_id, const char *part)
{
	const size_t before = out->len;
	const bool body = job->body_bytes >= 0;
	char id[UUID_TEXT_LEN + 1], sha256[SHA256_HEX_LEN + 1];
	struct jsonw w;

	begin(&w, out, uuid_format(&job->id, id));
	put_text(&w, "instance", job->instance);
	put_text(&w, "state", text_of(state_name(job->state)));
	put_flag(&w, "partial", job->partial);
	put_number(&w, "http_status", job->http_status != 0, job->http_status);
	put_text(&w, "error", job->error);
	put_text(&w, "topic", job->topic);
	put_text(&w, "message", job->message);
	put_text(&w, "result_summary", job->result_summary);
	put_text(&w, "omni_chat_url", job->omni_chat_url);
	put_stamp(&w, "first_action_at", &job->first_action_at);
	put_stamp(&w, "last_action_at", &job->last_action_at);
	put_stamp(&w, "expires_at", &job->expires_at);
	put_number(&w, "attempts", true, job->attempts);
	put_stamp(&w, "requested_at", &job->requested_at);
	put_stamp(&w, "fetched_at", &job->fetched_at);
	put_stamp(&w, "stored_at", &job->stored_at);
	put_number(&w, "body_bytes", body, job->body_bytes);
	put_text(&w, "body_sha256", body ? text_of(sha256_hex(job->body_sha256, sha256)) : TEXT_NULL);
	put_number(&w, "action_count", true, job->action_count);
	put_number(&w, "result_count", true, job->result_count);
	put_number(&w, "row_count", true, job->row_count);
	put_json(&w, "warnings", job->warnings);
	put_json(&w, "input", job->input);
	put_json(&w, "details", job->details);
	put_json(&w, "extra", job->extra);
	put_text(&w, "run_id", text_of(run_id));
	return end(&w, part, before);
}

int jsonl_lines_action(struct buf *out, const char *id, const struct action *a, const char *part)
{
	const size_t before = out->len;
	struct jsonw w;

	begin(&w, out, id);
	put_number(&w, "action_index", true, a->action_index);
	put_text(&w, "type", a->type);
	put_text(&w, "message", a->message);
	put_stamp(&w, "timestamp", &a->timestamp);
	put_text(&w, "status", a->status);
	put_flag(&w, "is_error", a->is_error);
	put_json(&w, "extra", a->extra);
	return end(&w, part, before);
}

int jsonl_lines_result(struct buf *out, const char *id, const struct query_result *r, const char *part)
{
	const size_t before = out->len;
	struct jsonw w;

	begin(&w, out, id);
	put_number(&w, "action_index", true, r->action_index);
	put_text(&w, "result_id", r->result_id);
	put_text(&w, "query_name", r->query_name);
	put_text(&w, "status", r->status);
	put_json(&w, "query", r->query);
	put_texts(&w, "columns", r->columns, r->n_columns);
	put_texts(&w, "column_types", r->columns ? r->column_types : NULL, r->n_columns);
	put_flag(&w, "csv_truncated", r->csv_truncated);
	put_flag(&w, "has_results", r->has_results);
	put_number(&w, "total_row_count", r->has_total, r->total_row_count);
	put_number(&w, "row_count", true, r->row_count);
	put_text(&w, "error_message", r->error_message);
	put_text(&w, "error_detail", r->error_detail);
	put_json(&w, "extra", r->extra);
	return end(&w, part, before);
}

int jsonl_lines_row(struct buf *out, const char *id, const struct row *row, const char *part)
{
	static const struct text none = {"", 0};
	const size_t before = out->len;
	struct jsonw w;

	begin(&w, out, id);
	put_number(&w, "action_index", true, row->action_index);
	put_number(&w, "row_index", true, row->row_index);
	put_text(&w, "section", text_of(section_name(row->section)));
	put_texts(&w, "cells", row->n > 0 ? row->cells : &none, row->n);
	return end(&w, part, before);
}

bool jsonl_lines_id(const char *p, struct uuid *id)
{
	const size_t n = sizeof(HEAD) - 1;

	return memcmp(p, HEAD, n) == 0 && uuid_parse(p + n, UUID_TEXT_LEN, id);
}
