/* reply_read.c: an answer of the script -> struct reply; one small function for each key, in one table. */
#include "bytes.h"
#include "reply.h"
#include "when.h"

#include <stdio.h>
#include <string.h>

#define REPLY_JSON       "application/json; charset=utf-8"
#define REPLY_MAX_REPEAT ((int64_t)1 << 50)
#define REPLY_MAX_DELAY  3600000 /* ms */

struct reading {
	const struct json_doc *doc;
	const char *folder;
	int64_t now_us;
	struct reply *reply;
	const char *key;    /* the one being read */
	const char *source; /* the key that gave the body; NULL: none yet */
	const char *fault;  /* the key that gave the fault */
	struct buf message;
	enum reply_envelope envelope;
	bool status_given, length_wanted;
	struct err *err;
};

static int bad(struct reading *rd, const char *expected)
{
	return err_set(rd->err, ERR_FATAL, "'%s' is not %s", rd->key, expected);
}

static int out_of_memory(struct reading *rd)
{
	return err_set(rd->err, ERR_FATAL, "out of memory");
}

static int read_int(struct reading *rd, json_ref v, int64_t min, int64_t max, int64_t *out)
{
	char expected[80];
	if (json_int(rd->doc, v, out) && *out >= min && *out <= max)
		return 0;
	snprintf(expected, sizeof(expected), "a whole number from %lld to %lld", (long long)min, (long long)max);
	return bad(rd, expected);
}

static int read_string(struct reading *rd, json_ref v, struct buf *out)
{
	unsigned flags = 0;
	buf_clear(out);
	if (json_type_of(rd->doc, v) != JSON_STRING)
		return bad(rd, "a string");
	if (json_string(rd->doc, v, STREAM_MAX_TEXT, out, &flags, rd->err) != 0)
		return -1;
	if (flags != 0)
		return err_set(rd->err, ERR_FATAL, "'%s' has U+0000 or half a surrogate pair: use base64", rd->key);
	return 0;
}

/* The index of a string among names (NULL at the end), or -1 with *err. */
static int read_choice(struct reading *rd, json_ref v, const char *const *names)
{
	for (int i = 0; names[i] != NULL; i++)
		if (json_type_of(rd->doc, v) == JSON_STRING && json_is(rd->doc, v, names[i]))
			return i;
	return err_set(rd->err, ERR_FATAL, "'%s' has a value that is not known", rd->key);
}

static int take_source(struct reading *rd)
{
	if (rd->source != NULL)
		return err_set(rd->err, ERR_FATAL, "'%s' and '%s' in one answer", rd->source, rd->key);
	rd->source = rd->key;
	return 0;
}

static int key_status(struct reading *rd, json_ref v)
{
	int64_t status;
	if (read_int(rd, v, 200, 999, &status) != 0)
		return -1;
	rd->reply->status = (int)status;
	rd->status_given = true;
	return 0;
}

/* What would break the framing, or the header block: the first is this server's business, the second RFC 9110's. */
static bool header_is_fine(const struct buf *name, const struct buf *value)
{
	static const char token[] = "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
	const char *s = buf_cstr(name);
	return name->len > 0 && strspn(s, token) == name->len && strcasecmp(s, "Content-Length") != 0 &&
	       strcasecmp(s, "Transfer-Encoding") != 0 && strpbrk(buf_cstr(value), "\r\n") == NULL;
}

static int key_headers(struct reading *rd, json_ref v)
{
	struct buf name, value;
	unsigned flags = 0;
	int rc = 0;

	if (json_type_of(rd->doc, v) != JSON_OBJECT)
		return bad(rd, "an object");
	buf_init(&name, 4096);
	buf_init(&value, 65536);
	for (json_ref k = json_first(rd->doc, v); k != -1 && rc == 0; k = json_next(rd->doc, k)) {
		buf_clear(&name);
		rc = json_string(rd->doc, k, 4096, &name, &flags, rd->err);
		if (rc == 0)
			rc = read_string(rd, json_value(rd->doc, k), &value);
		if (rc == 0 && !header_is_fine(&name, &value))
			rc = err_set(rd->err, ERR_FATAL, "cannot send the header '%s'", buf_cstr(&name));
		if (rc == 0 && reply_header(rd->reply, buf_cstr(&name), buf_cstr(&value)) != 0)
			rc = out_of_memory(rd);
	}
	buf_free(&name);
	buf_free(&value);
	return rc;
}

static int key_body(struct reading *rd, json_ref v)
{
	return take_source(rd) != 0 ? -1 : read_string(rd, v, &rd->reply->content.unit);
}

static int key_json(struct reading *rd, json_ref v)
{
	struct buf copy;
	unsigned flags = 0;
	int rc = take_source(rd);

	buf_init(&copy, STREAM_MAX_TEXT);
	if (rc == 0)
		rc = json_copy(rd->doc, v, STREAM_MAX_TEXT, &copy, &flags, rd->err);
	if (rc == 0 && flags != 0)
		rc = err_set(rd->err, ERR_FATAL, "'json' has \\u0000 or half a surrogate pair: use 'body'");
	if (rc == 0 && when_expand(buf_text(&copy), rd->now_us, &rd->reply->content.unit) != 0)
		rc = out_of_memory(rd);
	buf_free(&copy);
	return rc;
}

static int key_file(struct reading *rd, json_ref v)
{
	struct buf name, path;
	int rc = take_source(rd);

	buf_init(&name, 4096);
	buf_init(&path, 8192);
	if (rc == 0)
		rc = read_string(rd, v, &name);
	if (rc == 0 &&
	    (name.len > 0 && name.data[0] == '/' ? buf_adds(&path, name.data)
						 : buf_addf(&path, "%s/%s", rd->folder, buf_cstr(&name))) != 0)
		rc = out_of_memory(rd);
	if (rc == 0)
		rc = bytes_of_file(buf_cstr(&path), &rd->reply->content.unit, rd->err);
	buf_free(&name);
	buf_free(&path);
	return rc;
}

static int key_base64(struct reading *rd, json_ref v)
{
	struct buf coded;
	int rc = take_source(rd);

	buf_init(&coded, STREAM_MAX_TEXT);
	if (rc == 0)
		rc = read_string(rd, v, &coded);
	if (rc == 0)
		rc = bytes_of_base64(buf_text(&coded), &rd->reply->content.unit, rd->err);
	buf_free(&coded);
	return rc;
}

static int key_message(struct reading *rd, json_ref v)
{
	return take_source(rd) != 0 ? -1 : read_string(rd, v, &rd->message);
}

static int key_envelope(struct reading *rd, json_ref v)
{
	static const char *const names[] = {"published", "application", "auth", "list", NULL};
	int i = read_choice(rd, v, names);
	if (i < 0)
		return -1;
	rd->envelope = (enum reply_envelope)i;
	return 0;
}

static int key_redirect(struct reading *rd, json_ref v)
{
	struct buf url;
	int rc = take_source(rd);

	buf_init(&url, 65536);
	if (rc == 0)
		rc = read_string(rd, v, &url);
	if (rc == 0 && reply_header(rd->reply, "Location", buf_cstr(&url)) != 0)
		rc = out_of_memory(rd);
	if (!rd->status_given)
		rd->reply->status = 302;
	buf_free(&url);
	return rc;
}

static int key_table(struct reading *rd, json_ref v)
{
	struct gentable_shape *t = &rd->reply->content.table;
	int64_t n;
	if (strcmp(rd->key, "csv_rows") == 0) {
		if (take_source(rd) != 0 || read_int(rd, v, 0, (int64_t)1 << 40, &n) != 0)
			return -1;
		rd->reply->content.generated = true;
		t->rows = (uint64_t)n;
		return 0;
	}
	bool cols = strcmp(rd->key, "csv_cols") == 0;
	if (read_int(rd, v, 1, cols ? GENTABLE_MAX_COLS : GENTABLE_MAX_RESULTS, &n) != 0)
		return -1;
	*(cols ? &t->cols : &t->results) = (uint64_t)n;
	return 0;
}

static int key_repeat(struct reading *rd, json_ref v)
{
	int64_t n;
	if (read_int(rd, v, 0, REPLY_MAX_REPEAT, &n) != 0)
		return -1;
	rd->reply->content.repeat = (uint64_t)n;
	return 0;
}

static int key_around(struct reading *rd, json_ref v)
{
	struct content *c = &rd->reply->content;
	return read_string(rd, v, strcmp(rd->key, "before") == 0 ? &c->before : &c->after);
}

static int key_encoding(struct reading *rd, json_ref v)
{
	static const char *const names[] = {"identity", "gzip", "deflate", NULL};
	int i = read_choice(rd, v, names);
	if (i < 0)
		return -1;
	rd->reply->content.coding = (enum stream_coding)i;
	return i > 0 && reply_header(rd->reply, "Content-Encoding", names[i]) != 0 ? out_of_memory(rd) : 0;
}

static int key_transfer(struct reading *rd, json_ref v)
{
	static const char *const names[] = {"auto", "length", "chunked", "close", NULL};
	int i = read_choice(rd, v, names);
	if (i < 0)
		return -1;
	rd->reply->transfer = (enum reply_transfer)i;
	return 0;
}

static int take_fault(struct reading *rd, enum reply_fault fault)
{
	if (rd->fault != NULL)
		return err_set(rd->err, ERR_FATAL, "'%s' and '%s' in one answer", rd->fault, rd->key);
	rd->fault = rd->key;
	rd->reply->fault = fault;
	return 0;
}

static int key_fault(struct reading *rd, json_ref v)
{
	int64_t n;
	if (read_int(rd, v, 0, INT64_MAX, &n) != 0)
		return -1;
	rd->reply->fault_after = (uint64_t)n;
	return take_fault(rd, rd->key[0] == 'c' ? FAULT_CUT : rd->key[0] == 'r' ? FAULT_RESET : FAULT_STALL);
}

static int read_true(struct reading *rd, json_ref v)
{
	return json_type_of(rd->doc, v) == JSON_TRUE ? 0 : bad(rd, "true");
}

static int key_no_answer(struct reading *rd, json_ref v)
{
	if (read_true(rd, v) != 0)
		return -1;
	return take_fault(rd, rd->key[0] == 'd' ? FAULT_DROP : FAULT_RESET_IN_HEADERS);
}

static int key_wire(struct reading *rd, json_ref v)
{
	rd->reply->wire = true;
	return read_true(rd, v);
}

static int key_made(struct reading *rd, json_ref v)
{
	rd->reply->made = true;
	return take_source(rd) != 0 ? -1 : read_true(rd, v);
}

static int key_delay(struct reading *rd, json_ref v)
{
	return read_int(rd, v, 0, REPLY_MAX_DELAY, &rd->reply->delay_ms);
}

static const struct {
	const char *name;
	int (*read)(struct reading *, json_ref);
} keys[] = {
    {"status", key_status},     {"headers", key_headers},
    {"body", key_body},         {"json", key_json},
    {"file", key_file},         {"base64", key_base64},
    {"message", key_message},   {"envelope", key_envelope},
    {"redirect", key_redirect}, {"csv_rows", key_table},
    {"csv_cols", key_table},    {"csv_results", key_table},
    {"repeat", key_repeat},     {"before", key_around},
    {"after", key_around},      {"encoding", key_encoding},
    {"transfer", key_transfer}, {"cut_after", key_fault},
    {"reset_after", key_fault}, {"stall_after", key_fault},
    {"delay_ms", key_delay},    {"reset_in_headers", key_no_answer},
    {"drop", key_no_answer},    {"wire", key_wire},
    {"made", key_made},
};

static bool has_header(const struct reply *r, const char *name)
{
	for (size_t i = 0; i < r->n_headers; i++)
		if (strcasecmp(r->headers[i].name, name) == 0)
			return true;
	return false;
}

static int unknown_key(struct reading *rd, json_ref k)
{
	unsigned flags = 0;
	buf_clear(&rd->message);
	if (json_string(rd->doc, k, 80, &rd->message, &flags, rd->err) != 0)
		return -1;
	return err_set(rd->err, ERR_FATAL, "an answer has no key '%s'", buf_cstr(&rd->message));
}

/* What only shows when all keys were read. */
static int reading_end(struct reading *rd)
{
	struct reply *r = rd->reply;
	struct content *c = &r->content;
	uint64_t total;

	if (rd->source != NULL && strcmp(rd->source, "message") == 0) {
		if (reply_error(r, r->status, rd->envelope, buf_cstr(&rd->message)) != 0)
			return out_of_memory(rd);
	} else if (rd->source != NULL && strcmp(rd->source, "redirect") != 0 && !has_header(r, "Content-Type") &&
		   reply_header(r, "Content-Type", REPLY_JSON) != 0) {
		return out_of_memory(rd);
	}
	if (c->generated && (c->repeat != 1 || c->before.len > 0 || c->after.len > 0))
		return err_set(rd->err, ERR_FATAL, "'csv_rows' takes no 'repeat', 'before' or 'after'");
	if (__builtin_mul_overflow(c->unit.len, c->repeat, &total) || total > STREAM_MAX_PLAIN)
		return err_set(rd->err, ERR_FATAL, "'repeat' gives more than 2^60 bytes");
	if (content_settle(c, r->transfer == TRANSFER_LENGTH, &r->length) != 0)
		return out_of_memory(rd);
	/* What these say of the answer, its bytes say themselves. */
	if (r->wire && (rd->status_given || r->transfer != TRANSFER_AUTO || rd->source == NULL ||
			strcmp(rd->source, "message") == 0 || strcmp(rd->source, "redirect") == 0))
		return err_set(rd->err, ERR_FATAL, "'wire' takes a body, and no 'status' or 'transfer'");
	/* With its length declared the last byte ends the answer: nothing can happen after it. */
	bool declared = !r->wire && r->length >= 0 && (r->transfer == TRANSFER_AUTO || r->transfer == TRANSFER_LENGTH);
	if (rd->fault != NULL && strstr(rd->fault, "_after") != NULL && r->length >= 0 &&
	    (int64_t)r->fault_after > r->length - declared)
		return err_set(rd->err, ERR_FATAL, "'%s' lies beyond the body of %lld bytes", rd->fault,
			       (long long)r->length);
	return 0;
}

int reply_read(const struct json_doc *doc, json_ref answer, const char *folder, int64_t now_us, struct reply *r,
	       struct err *err)
{
	struct reading rd = {.doc = doc, .folder = folder, .now_us = now_us, .reply = r, .err = err};
	int rc = 0;

	reply_init(r);
	r->content.table.cols = 8;
	r->content.table.results = 1;
	buf_init(&rd.message, STREAM_MAX_TEXT);
	if (json_type_of(doc, answer) != JSON_OBJECT)
		rc = err_set(err, ERR_FATAL, "an answer is not an object");
	for (json_ref k = rc == 0 ? json_first(doc, answer) : -1; k != -1 && rc == 0; k = json_next(doc, k)) {
		size_t i = 0;
		while (i < sizeof(keys) / sizeof(keys[0]) && !json_is(doc, k, keys[i].name))
			i++;
		if (i == sizeof(keys) / sizeof(keys[0])) {
			rc = unknown_key(&rd, k);
			break;
		}
		rd.key = keys[i].name;
		rc = keys[i].read(&rd, json_value(doc, k));
	}
	if (rc == 0)
		rc = reading_end(&rd);
	buf_free(&rd.message);
	if (rc != 0)
		reply_free(r);
	return rc;
}
