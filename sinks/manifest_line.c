/* manifest_line.c: a line of the manifest as JSON. */
#include "field.h"
#include "manifest_own.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FORMAT       "omni-export manifest"
#define ATTEMPTS_MAX (INT64_C(1) << 53) /* so that adding up cannot overflow, whatever the file says */

/* writing */

bool manifest_is_json(struct manifest *m, struct text t)
{
	enum json_type type = JSON_NULL;
	struct err ignored;

	if (t.p && json_parse(m->doc, t.p, t.n, &ignored) == 0)
		type = json_type_of(m->doc, json_root(m->doc));
	return type == JSON_OBJECT || type == JSON_ARRAY;
}

/* As a JSON value on this one line; as a string what is no object and no array. */
static void put_json(struct manifest *m, struct jsonw *w, const char *key, struct text t)
{
	if (manifest_is_json(m, t))
		field_json_line(w, key, t);
	else
		field_text(w, key, t);
}

static void put_content(struct jsonw *w, uint64_t content)
{
	char hex[17];

	(void)snprintf(hex, sizeof(hex), "%016llx", (unsigned long long)content);
	jsonw_key(w, "content");
	jsonw_cstr(w, content ? hex : NULL);
}

int manifest_line_write(struct manifest *m, const struct manifest_line *l, struct buf *out)
{
	const struct job *job = &l->job;
	const bool stored = job->state == JOB_STORED, body = job->body_bytes >= 0;
	char id[UUID_TEXT_LEN + 1], sha256[SHA256_HEX_LEN + 1];
	struct jsonw w;

	jsonw_init(&w, out);
	jsonw_object(&w);
	field_text(&w, "job_id", text_of(uuid_format(&job->id, id)));
	field_text(&w, "instance", job->instance);
	field_text(&w, "state", text_of(state_name(job->state)));
	jsonw_key(&w, "partial");
	jsonw_bool(&w, job->partial);
	field_number(&w, "http_status", job->http_status != 0, job->http_status);
	field_text(&w, "error", job->error);
	field_stamp(&w, "expires_at", &job->expires_at);
	field_number(&w, "attempts", true, job->attempts);
	field_stamp(&w, "requested_at", &job->requested_at);
	field_stamp(&w, "fetched_at", &job->fetched_at);
	field_stamp(&w, "stored_at", &job->stored_at);
	field_number(&w, "body_bytes", body, job->body_bytes);
	field_text(&w, "body_sha256", body ? text_of(sha256_hex(job->body_sha256, sha256)) : TEXT_NULL);
	field_number(&w, "action_count", stored, job->action_count);
	field_number(&w, "result_count", stored, job->result_count);
	field_number(&w, "row_count", stored, job->row_count);
	field_number(&w, "truncated_count", stored, job->truncated_count);
	put_json(m, &w, "warnings", job->warnings);
	put_json(m, &w, "input", job->input);
	put_json(m, &w, "details", job->details);
	field_text(&w, "run_id", l->run_id);
	jsonw_key(&w, "has_body");
	jsonw_bool(&w, l->has_body);
	put_content(&w, l->content);
	jsonw_key(&w, m->kind.places);
	jsonw_raw(&w, l->places);
	if (l->digests.p)
		field_json(&w, "digests", l->digests);
	jsonw_object_end(&w);
	return w.failed ? -1 : 0;
}

int manifest_digests(struct buf *out, const uint8_t *digests, size_t n)
{
	char hex[SHA256_HEX_LEN + 1];
	struct jsonw w;

	jsonw_init(&w, out);
	jsonw_array(&w);
	for (size_t i = 0; i < n; i++)
		jsonw_cstr(&w, sha256_hex(digests + i * SHA256_LEN, hex));
	jsonw_array_end(&w);
	return w.failed ? -1 : 0;
}

int manifest_header_write(const struct manifest *m, struct buf *out)
{
	struct jsonw w;

	jsonw_init(&w, out);
	jsonw_object(&w);
	field_text(&w, "format", text_of(FORMAT));
	field_number(&w, "version", true, MANIFEST_VERSION);
	field_text(&w, "sink", text_of(m->kind.sink));
	jsonw_object_end(&w);
	return w.failed ? -1 : buf_addc(out, '\n');
}

/* reading */

/* Where a member of a line goes. */
enum field_kind { F_TEXT, F_JSON, F_INT, F_STAMP, F_BOOL };

struct field {
	const char *key;
	enum field_kind kind;
	size_t at; /* offset in struct manifest_line; of F_TEXT and F_JSON: of their struct text */
	enum manifest_text text;
};

#define LINE(member) offsetof(struct manifest_line, member)

static const struct field fields[] = {
    {"instance", F_TEXT, LINE(job.instance), MT_INSTANCE},
    {"error", F_TEXT, LINE(job.error), MT_ERROR},
    {"warnings", F_JSON, LINE(job.warnings), MT_WARNINGS},
    {"input", F_JSON, LINE(job.input), MT_INPUT},
    {"details", F_JSON, LINE(job.details), MT_DETAILS},
    {"digests", F_JSON, LINE(digests), MT_DIGESTS},
    {"run_id", F_TEXT, LINE(run_id), MT_RUN_ID},
    {"partial", F_BOOL, LINE(job.partial), 0},
    {"has_body", F_BOOL, LINE(has_body), 0},
    {"attempts", F_INT, LINE(job.attempts), 0},
    {"body_bytes", F_INT, LINE(job.body_bytes), 0},
    {"action_count", F_INT, LINE(job.action_count), 0},
    {"result_count", F_INT, LINE(job.result_count), 0},
    {"row_count", F_INT, LINE(job.row_count), 0},
    {"truncated_count", F_INT, LINE(job.truncated_count), 0},
    {"expires_at", F_STAMP, LINE(job.expires_at), 0},
    {"requested_at", F_STAMP, LINE(job.requested_at), 0},
    {"fetched_at", F_STAMP, LINE(job.fetched_at), 0},
    {"stored_at", F_STAMP, LINE(job.stored_at), 0},
};

/* A string into a short array; "" for what is none or does not fit. */
static const char *short_string(struct manifest *m, json_ref v, char *out, size_t size)
{
	struct err ignored; /* its room was made at opening: memory cannot be short */
	unsigned flags = 0;

	out[0] = '\0';
	buf_clear(&m->small);
	if (json_string(m->doc, v, size, &m->small, &flags, &ignored) == 0 && m->small.len > 0 && m->small.len < size)
		memcpy(out, m->small.data, m->small.len + 1);
	return out;
}

static int read_text(struct manifest *m, json_ref v, const struct field *f, struct text *out, struct err *err)
{
	struct buf *b = &m->texts[f->text];
	const enum json_type type = json_type_of(m->doc, v);
	unsigned flags = 0;
	int rc = 0;

	buf_clear(b);
	*out = TEXT_NULL;
	if (type == JSON_STRING)
		rc = json_string(m->doc, v, MANIFEST_LINE_MAX, b, &flags, err);
	else if (f->kind == F_JSON && (type == JSON_OBJECT || type == JSON_ARRAY))
		rc = json_copy(m->doc, v, MANIFEST_LINE_MAX, b, &flags, err);
	else
		return 0;
	if (rc == 0)
		*out = buf_text(b);
	return rc;
}

static int read_field(struct manifest *m, json_ref v, const struct field *f, struct manifest_line *l, struct err *err)
{
	char *at = (char *)l + f->at;
	char text[STAMP_TEXT_MAX];

	switch (f->kind) {
	case F_BOOL:
		*(bool *)at = json_type_of(m->doc, v) == JSON_TRUE;
		return 0;
	case F_INT:
		(void)json_int(m->doc, v, (int64_t *)(void *)at);
		return 0;
	case F_STAMP:
		short_string(m, v, text, sizeof(text));
		(void)time_parse_iso(text, strlen(text), (struct stamp *)(void *)at);
		return 0;
	default:
		return read_text(m, v, f, (struct text *)(void *)at, err);
	}
}

static bool read_sha256(const char *hex, uint8_t out[SHA256_LEN])
{
	for (size_t i = 0; i < SHA256_LEN; i++) {
		const char two[3] = {hex[2 * i], hex[2 * i] ? hex[2 * i + 1] : '\0', '\0'};
		if (strspn(two, "0123456789abcdefABCDEF") != 2)
			return false;
		out[i] = (uint8_t)strtoul(two, NULL, 16);
	}
	return hex[SHA256_HEX_LEN] == '\0';
}

/* What a line must have, or would lead astray. */
static int read_odd_field(struct manifest *m, json_ref key, json_ref v, struct manifest_line *l, bool *identified,
			  struct err *err)
{
	const struct field places = {NULL, F_JSON, 0, MT_PLACES};
	char text[SHA256_HEX_LEN + 2];
	int64_t number;

	if (json_is(m->doc, key, m->kind.places))
		return read_text(m, v, &places, &l->places, err);
	if (json_is(m->doc, key, "http_status")) {
		if (json_int(m->doc, v, &number) && number > 0 && number < 1000)
			l->job.http_status = (int)number;
		return 0;
	}
	short_string(m, v, text, sizeof(text));
	if (json_is(m->doc, key, "job_id"))
		*identified = uuid_parse(text, strlen(text), &l->job.id);
	else if (json_is(m->doc, key, "state"))
		l->job.state = state_of_name(text, strlen(text));
	else if (json_is(m->doc, key, "content"))
		l->content = strtoull(text, NULL, 16);
	else if (json_is(m->doc, key, "body_sha256") && text[0] && !read_sha256(text, l->job.body_sha256))
		return err_set(err, ERR_FATAL, "its body_sha256 is no SHA-256");
	return 0;
}

int manifest_line_read(struct manifest *m, struct text line, struct manifest_line *l, struct err *err)
{
	bool identified = false;

	*l = (struct manifest_line){.job.body_bytes = -1, .places = text_of("[]")};
	if (json_parse(m->doc, line.p, line.n, err))
		return -1;
	if (json_type_of(m->doc, json_root(m->doc)) != JSON_OBJECT)
		return err_set(err, ERR_FATAL, "it is no JSON object");
	for (json_ref key = json_first(m->doc, json_root(m->doc)); key >= 0; key = json_next(m->doc, key)) {
		const json_ref v = json_value(m->doc, key);
		size_t i = 0;
		while (i < sizeof(fields) / sizeof(fields[0]) && !json_is(m->doc, key, fields[i].key))
			i++;
		if (i < sizeof(fields) / sizeof(fields[0]) ? read_field(m, v, &fields[i], l, err)
							   : read_odd_field(m, key, v, l, &identified, err))
			return -1;
	}
	if (!identified || l->job.state == JOB_NONE)
		return err_set(err, ERR_FATAL, "it has no %s that we know", identified ? "state" : "job_id");
	if (!l->places.p)
		l->places = text_of("[]");
	if (l->job.body_bytes < -1)
		l->job.body_bytes = -1;
	if (l->job.attempts < 0 || l->job.attempts > ATTEMPTS_MAX)
		l->job.attempts = ATTEMPTS_MAX;
	return 0;
}

int manifest_header_read(struct manifest *m, struct text line, struct err *err)
{
	const char *dir = flatdir_path(m->dir);
	int64_t version = 0;
	json_ref root;
	char sink[32];

	if (json_parse(m->doc, line.p, line.n, err)) {
		if (err->kind == ERR_FATAL)
			return -1;
		return err_set(err, ERR_FATAL, "'%s/" MANIFEST_NAME "' is no manifest of ours", dir);
	}
	root = json_root(m->doc);
	if (!json_is(m->doc, json_member(m->doc, root, "format", NULL), FORMAT) ||
	    !json_int(m->doc, json_member(m->doc, root, "version", NULL), &version))
		return err_set(err, ERR_FATAL, "'%s/" MANIFEST_NAME "' is no manifest of ours", dir);
	if (version != MANIFEST_VERSION)
		return err_set(err, ERR_FATAL, "'%s/" MANIFEST_NAME "' is of format version %lld, and known is %d", dir,
			       (long long)version, MANIFEST_VERSION);
	if (strcmp(short_string(m, json_member(m->doc, root, "sink", NULL), sink, sizeof(sink)), m->kind.sink) != 0)
		return err_set(err, ERR_FATAL, "'%s' is a folder of the sink '%s:', not of '%s:'", dir, sink,
			       m->kind.sink);
	return 0;
}
