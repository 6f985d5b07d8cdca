#include "json.h"

#include "jsonnum.h"
#include "jsonscan.h"
#include "jsonstr.h"

#include <stdlib.h>
#include <string.h>

#define JSMN_STATIC
#define JSMN_STRICT
#define JSMN_PARENT_LINKS
#include <jsmn.h>

#define FIRST_TOKENS 256
#define KEEP_TOKENS  ((unsigned)16 << 10) /* that json_trim does not give back */
#define HOLE_MARK    '\x01'

/* After a parse the tokens' member parent is not the parent any more: it is the next sibling, or negative. */
struct json_doc {
	jsmntok_t *tok;
	unsigned cap, n; /* tokens */
	const char *text;
	const struct json_holes *holes;
};

struct json_doc *json_new(void)
{
	return calloc(1, sizeof(struct json_doc));
}

void json_free(struct json_doc *d)
{
	if (d == NULL)
		return;
	free(d->tok);
	free(d);
}

void json_trim(struct json_doc *d)
{
	if (d->cap <= KEEP_TOKENS)
		return;
	free(d->tok);
	d->tok = NULL;
	d->cap = d->n = 0;
}

/* Parsing */

static int grow(struct json_doc *d, struct err *err)
{
	unsigned cap = d->cap == 0 ? FIRST_TOKENS : d->cap * 2;
	jsmntok_t *tok;

	if (d->cap == JSON_MAX_TOKENS)
		return err_set(err, ERR_JOB, "the JSON document has more than %d values", JSON_MAX_TOKENS);
	if (cap > JSON_MAX_TOKENS)
		cap = JSON_MAX_TOKENS;
	tok = realloc(d->tok, cap * sizeof(*tok));
	if (tok == NULL)
		return err_set(err, ERR_FATAL, "out of memory");
	d->tok = tok;
	d->cap = cap;
	return 0;
}

/* Turns parent links into links to the next sibling, in one pass. A parent comes before its children, and its own link
 * is set only when its next sibling comes, after all of them: until then it holds the newest child c, as -2 - c. */
static void link_siblings(struct json_doc *d)
{
	for (unsigned i = 0; i < d->n; i++) {
		int parent = d->tok[i].parent;

		d->tok[i].parent = -1;
		if (parent < 0)
			continue;
		int newest = d->tok[parent].parent;
		if (newest < -1)
			d->tok[-2 - newest].parent = (int)i;
		d->tok[parent].parent = -2 - (int)i;
	}
}

static int tokenise(struct json_doc *d, size_t n, struct err *err)
{
	jsmn_parser parser;
	int count;

	jsmn_init(&parser);
	do {
		if (parser.toknext >= d->cap && grow(d, err) != 0)
			return -1;
		/* With more room it goes on where it stopped. */
		count = jsmn_parse(&parser, d->text, n, d->tok, d->cap);
	} while (count == JSMN_ERROR_NOMEM);
	if (count <= 0)
		return err_set(err, ERR_JOB, "the JSON document cannot be split into values");
	d->n = (unsigned)count;
	link_siblings(d);
	return 0;
}

/* A literal or a number alone: jsmn wants a delimiter behind it. */
static int tokenise_primitive(struct json_doc *d, size_t start, size_t n, struct err *err)
{
	size_t end = start;

	if (d->cap == 0 && grow(d, err) != 0)
		return -1;
	while (end < n && memchr(" \t\r\n", d->text[end], 4) == NULL)
		end++;
	d->tok[0] = (jsmntok_t){.type = JSMN_PRIMITIVE, .start = (int)start, .end = (int)end, .parent = -1};
	d->n = 1;
	return 0;
}

int json_parse_scanned(struct json_doc *d, const char *text, size_t n, const struct json_holes *holes, struct err *err)
{
	size_t start = 0;

	d->n = 0;
	d->text = text;
	d->holes = holes;
	if (n > JSON_MAX_TEXT)
		return err_set(err, ERR_JOB, "the JSON document has more than %zu MiB", JSON_MAX_TEXT >> 20);
	while (start < n && memchr(" \t\r\n", text[start], 4) != NULL)
		start++;
	if (start == n)
		return err_set(err, ERR_JOB, "the JSON document is empty");
	if (memchr("{[\"", text[start], 3) == NULL)
		return tokenise_primitive(d, start, n, err);
	return tokenise(d, n, err);
}

int json_parse(struct json_doc *d, const char *text, size_t n, struct err *err)
{
	struct jsonscan scan;
	char why[200];

	d->n = 0;
	if (n <= JSON_MAX_TEXT) {
		jsonscan_init(&scan, NULL, NULL);
		if (jsonscan_feed(&scan, text, n) != 0 || jsonscan_finish(&scan) != 0) {
			jsonscan_say(&scan, why, sizeof(why));
			return err_set(err, ERR_JOB, "%s", why);
		}
		if (scan.bom) {
			text += 3;
			n -= 3;
		}
	}
	return json_parse_scanned(d, text, n, NULL, err);
}

/* Walking */

static const jsmntok_t *token(const struct json_doc *d, json_ref ref)
{
	return ref >= 0 && (unsigned)ref < d->n ? &d->tok[ref] : NULL;
}

static bool is_container(const jsmntok_t *t)
{
	return t != NULL && (t->type == JSMN_ARRAY || t->type == JSMN_OBJECT);
}

json_ref json_root(const struct json_doc *d)
{
	return d->n > 0 ? 0 : -1;
}

enum json_type json_type_of(const struct json_doc *d, json_ref ref)
{
	const jsmntok_t *t = token(d, ref);

	if (t == NULL)
		return JSON_NULL;
	if (t->type != JSMN_PRIMITIVE)
		return t->type == JSMN_OBJECT ? JSON_OBJECT : t->type == JSMN_ARRAY ? JSON_ARRAY : JSON_STRING;
	switch (d->text[t->start]) {
	case 'n':
		return JSON_NULL;
	case 't':
		return JSON_TRUE;
	case 'f':
		return JSON_FALSE;
	default:
		return JSON_NUMBER;
	}
}

size_t json_count(const struct json_doc *d, json_ref ref)
{
	const jsmntok_t *t = token(d, ref);

	return is_container(t) ? (size_t)t->size : 0;
}

json_ref json_first(const struct json_doc *d, json_ref container)
{
	return json_count(d, container) > 0 ? container + 1 : -1;
}

json_ref json_next(const struct json_doc *d, json_ref child)
{
	const jsmntok_t *t = token(d, child);

	return t != NULL && t->parent >= 0 ? t->parent : -1;
}

json_ref json_value(const struct json_doc *d, json_ref key)
{
	const jsmntok_t *t = token(d, key);

	return t != NULL && t->type == JSMN_STRING && t->size > 0 ? key + 1 : -1;
}

json_ref json_member(const struct json_doc *d, json_ref object, const char *key, bool *twice)
{
	json_ref found = -1;

	if (json_type_of(d, object) != JSON_OBJECT)
		return -1;
	for (json_ref k = json_first(d, object); k >= 0; k = json_next(d, k)) {
		if (!json_is(d, k, key))
			continue;
		if (found >= 0 && twice != NULL)
			*twice = true;
		found = json_value(d, k);
	}
	return found;
}

json_ref json_next_object(const struct json_doc *d, json_ref value, json_ref after)
{
	const jsmntok_t *of = token(d, value);
	json_ref ref = after >= 0 ? after + 1 : value;

	/* Tokens stand in the order of the text, so those within a container are the ones behind it. */
	for (; is_container(of) && (unsigned)ref < d->n && d->tok[ref].start < of->end; ref++) {
		if (d->tok[ref].type == JSMN_OBJECT)
			return ref;
	}
	return -1;
}

bool json_int(const struct json_doc *d, json_ref ref, int64_t *out)
{
	const jsmntok_t *t = token(d, ref);

	return json_type_of(d, ref) == JSON_NUMBER &&
	       jsonnum_int64(d->text + t->start, (size_t)(t->end - t->start), out);
}

/* Strings */

/* The hole of a string, or NULL where its text stands in place. */
static const struct json_hole *hole_of(const struct json_doc *d, const jsmntok_t *t)
{
	size_t index = 0;

	if (t->start == t->end || d->text[t->start] != HOLE_MARK || d->holes == NULL)
		return NULL;
	for (int i = t->start + 1; i < t->end; i++)
		index = index * 10 + (size_t)(d->text[i] - '0');
	return index < d->holes->n ? &d->holes->at[index] : NULL;
}

/* The token of a string (or key), or NULL. */
static const jsmntok_t *string_token(const struct json_doc *d, json_ref ref)
{
	const jsmntok_t *t = token(d, ref);

	return t != NULL && t->type == JSMN_STRING ? t : NULL;
}

uint64_t json_raw_len(const struct json_doc *d, json_ref string)
{
	const jsmntok_t *t = string_token(d, string);

	if (t == NULL)
		return 0;
	const struct json_hole *hole = hole_of(d, t);
	return hole != NULL ? hole->len : (uint64_t)(t->end - t->start);
}

static int give_string(const struct json_doc *d, const jsmntok_t *t, bool as_json, uint64_t max, jsonstr_piece piece,
		       void *ctx, unsigned *flags, struct err *err)
{
	const struct json_hole *hole = hole_of(d, t);
	struct jsonstr s;
	size_t used;
	int rc;

	jsonstr_init(&s, as_json, max, piece, ctx);
	if (hole != NULL)
		rc = jsonstr_spool(&s, d->holes->spool, hole->off, hole->len, err);
	else
		rc = jsonstr_feed(&s, d->text + t->start, (size_t)(t->end - t->start), true, &used, err);
	if (flags != NULL)
		*flags |= (s.replaced ? JSON_REPLACED : 0) | (s.cut ? JSON_CUT : 0);
	return rc;
}

struct comparison {
	const char *rest; /* of what the string must be */
	bool differs;
};

static int compare_piece(void *ctx, const char *p, size_t n, struct err *err)
{
	struct comparison *c = ctx;

	(void)err;
	c->differs = strncmp(c->rest, p, n) != 0;
	c->rest += n;
	return c->differs;
}

bool json_is(const struct json_doc *d, json_ref string, const char *s)
{
	const jsmntok_t *t = string_token(d, string);
	const size_t len = strlen(s);
	struct comparison c = {s, false};

	/* Unescaping never makes a string longer, so most need no look, or one. */
	if (t == NULL || json_raw_len(d, string) < len)
		return false;
	const char *raw = d->text + t->start;
	const size_t n = (size_t)(t->end - t->start);
	if (hole_of(d, t) == NULL && (n == 0 || memchr(raw, '\\', n) == NULL))
		return n == len && memcmp(raw, s, n) == 0;
	return give_string(d, t, false, UINT64_MAX, compare_piece, &c, NULL, NULL) == 0 && *c.rest == '\0';
}

static int append(struct buf *out, const char *p, size_t n, struct err *err)
{
	if (buf_add(out, p, n) == 0)
		return 0;
	if (n > out->max - out->len)
		return err_set(err, ERR_JOB, "a JSON value is longer than %zu bytes", out->max);
	return err_set(err, ERR_FATAL, "out of memory");
}

static int append_piece(void *ctx, const char *p, size_t n, struct err *err)
{
	return append(ctx, p, n, err);
}

int json_string(const struct json_doc *d, json_ref string, size_t max, struct buf *out, unsigned *flags,
		struct err *err)
{
	const jsmntok_t *t = string_token(d, string);
	const size_t before = out->len;

	if (t == NULL)
		return 0;
	if (give_string(d, t, false, max, append_piece, out, flags, err) == 0)
		return 0;
	buf_cut(out, before);
	return -1;
}

int json_string_pieces(const struct json_doc *d, json_ref string, jsonstr_piece piece, void *ctx, unsigned *flags,
		       struct err *err)
{
	const jsmntok_t *t = string_token(d, string);

	return t != NULL ? give_string(d, t, false, UINT64_MAX, piece, ctx, flags, err) : 0;
}

int json_copy(const struct json_doc *d, json_ref value, size_t max, struct buf *out, unsigned *flags, struct err *err)
{
	const jsmntok_t *t = token(d, value);
	const size_t before = out->len;

	if (t == NULL)
		return 0;
	/* Tokens stand in the order of the text: what lies between two strings is copied as it is. */
	const int quote = t->type == JSMN_STRING, end = t->end + quote;
	int at = t->start - quote;
	for (; t < d->tok + d->n && t->start < end; t++) {
		if (t->type != JSMN_STRING)
			continue;
		if (append(out, d->text + at, (size_t)(t->start - at), err) != 0 ||
		    give_string(d, t, true, max, append_piece, out, flags, err) != 0)
			goto fail;
		at = t->end;
	}
	if (append(out, d->text + at, (size_t)(end - at), err) == 0)
		return 0;
fail:
	buf_cut(out, before);
	return -1;
}
