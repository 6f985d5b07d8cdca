/* reply.c: an answer and its parts; see reply.h. Reading one from a script: reply_read.c. */
#include "reply.h"
#include "jsonw.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define REPLY_JSON "application/json; charset=utf-8"

void reply_init(struct reply *r)
{
	memset(r, 0, sizeof(*r));
	r->status = 200;
	content_init(&r->content);
}

void reply_free(struct reply *r)
{
	for (size_t i = 0; i < r->n_headers; i++) {
		free(r->headers[i].name);
		free(r->headers[i].value);
	}
	free(r->headers);
	content_free(&r->content);
	reply_init(r);
}

int reply_header(struct reply *r, const char *name, const char *value)
{
	struct reply_header *grown = realloc(r->headers, (r->n_headers + 1) * sizeof(*grown));
	if (grown == NULL)
		return -1;
	r->headers = grown;
	struct reply_header *h = &grown[r->n_headers];
	h->name = strdup(name);
	h->value = strdup(value);
	if (h->name == NULL || h->value == NULL) {
		free(h->name);
		free(h->value);
		return -1;
	}
	r->n_headers++;
	return 0;
}

int reply_text(struct reply *r, int status, const char *content_type, struct text body)
{
	r->status = status;
	r->length = (int64_t)body.n;
	if (buf_add(&r->content.unit, body.p, body.n) != 0)
		return -1;
	return reply_header(r, "Content-Type", content_type);
}

int reply_error(struct reply *r, int status, enum reply_envelope envelope, const char *message)
{
	struct buf body;
	struct jsonw w;
	char code[16];
	int rc = -1;

	buf_init(&body, STREAM_MAX_TEXT);
	jsonw_init(&w, &body);
	jsonw_object(&w);
	switch (envelope) {
	case ENVELOPE_PUBLISHED:
		snprintf(code, sizeof(code), "%d", status);
		jsonw_key(&w, "error");
		jsonw_cstr(&w, code);
		jsonw_key(&w, "message");
		jsonw_cstr(&w, message);
		break;
	case ENVELOPE_APPLICATION:
		jsonw_key(&w, "detail");
		jsonw_cstr(&w, message);
		jsonw_key(&w, "status");
		jsonw_int(&w, status);
		break;
	case ENVELOPE_AUTH:
		jsonw_key(&w, "error");
		jsonw_object(&w);
		jsonw_key(&w, "code");
		jsonw_int(&w, status);
		jsonw_key(&w, "message");
		jsonw_cstr(&w, message);
		jsonw_object_end(&w);
		break;
	case ENVELOPE_LIST:
		jsonw_key(&w, "error");
		jsonw_cstr(&w, message);
		jsonw_key(&w, "success");
		jsonw_bool(&w, false);
		break;
	}
	jsonw_object_end(&w);
	if (!w.failed)
		rc = reply_text(r, status, REPLY_JSON, buf_text(&body));
	buf_free(&body);
	return rc;
}

struct reply *replies_add(struct replies *rs)
{
	struct reply *grown = realloc(rs->at, (rs->n + 1) * sizeof(*grown));
	if (grown == NULL)
		return NULL;
	rs->at = grown;
	reply_init(&grown[rs->n]);
	return &grown[rs->n++];
}

void replies_free(struct replies *rs)
{
	for (size_t i = 0; i < rs->n; i++)
		reply_free(&rs->at[i]);
	free(rs->at);
	rs->at = NULL;
	rs->n = 0;
}

int replies_read(const struct json_doc *doc, json_ref v, const char *folder, int64_t now_us, struct replies *rs,
		 struct err *err)
{
	bool many = json_type_of(doc, v) == JSON_ARRAY;
	if (many && json_count(doc, v) == 0)
		return err_set(err, ERR_FATAL, "no answer in the list");
	for (json_ref one = many ? json_first(doc, v) : v; one != -1; one = many ? json_next(doc, one) : -1) {
		struct reply *r = replies_add(rs);
		if (r == NULL)
			return err_set(err, ERR_FATAL, "out of memory");
		if (reply_read(doc, one, folder, now_us, r, err) != 0) {
			rs->n--;
			return -1;
		}
	}
	return 0;
}
