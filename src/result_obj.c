#include "result_obj.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Bytes of one JSON text in a table, with room left in its buffer for what holds it together. */
#define MAX_JSON (RESULT_OBJ_BUF_MAX - ((size_t)64 << 10))
#define KEEP     ((size_t)1 << 20) /* bytes of a buffer that trim does not give back */
#define MAX_TIME 256               /* bytes of a string that may be a time */

void result_obj_init(struct result_obj *o)
{
	memset(o, 0, sizeof(*o));
	result_members_init(&o->members);
	result_members_init(&o->within);
	buf_init(&o->extra, RESULT_OBJ_BUF_MAX);
}

void result_obj_free(struct result_obj *o)
{
	result_members_free(&o->members);
	result_members_free(&o->within);
	buf_free(&o->extra);
}

void result_obj_trim(struct result_obj *o)
{
	result_members_trim(&o->members);
	result_members_trim(&o->within);
	if (o->extra.cap > KEEP)
		buf_free(&o->extra);
}

static int no_memory(struct err *err)
{
	return err_set(err, ERR_FATAL, "out of memory for a result");
}

static void begin(struct result_obj *o, const struct json_doc *doc, struct result_warn *warn, const char *of)
{
	o->doc = doc;
	o->warn = warn;
	(void)snprintf(o->of, sizeof(o->of), "%s", of);
	buf_clear(&o->extra);
}

int result_obj_open(struct result_obj *o, const struct json_doc *doc, json_ref object, struct result_warn *warn,
		    const char *of, struct err *err)
{
	begin(o, doc, warn, of);
	return result_members_read(&o->members, doc, object, warn, of, err);
}

int result_obj_wrap(struct result_obj *o, const struct json_doc *doc, const char *name, json_ref value,
		    struct result_warn *warn, const char *of, struct err *err)
{
	begin(o, doc, warn, of);
	return result_members_wrap(&o->members, name, value, err);
}

json_ref result_obj_find(const struct result_obj *o, const char *name, size_t n)
{
	const struct result_member *m = result_members_find(&o->members, name, n);

	return m != NULL ? m->value : -1;
}

#define BIT(type) (1u << (type))

/* The value of a known field where its type is among those wanted; else -1, and what came instead stays for extra. */
static json_ref take(struct result_obj *o, const char *name, unsigned wanted, const char *article_and_type)
{
	static const char *const types[] = {"null", "false", "true", "a number", "a string", "an array", "an object"};
	struct result_member *m = result_members_find(&o->members, name, strlen(name));
	enum json_type type;

	if (m == NULL)
		return -1;
	type = json_type_of(o->doc, m->value);
	if (type == JSON_NULL || (wanted & BIT(type))) {
		m->taken = true;
		return type == JSON_NULL ? -1 : m->value;
	}
	result_warn(o->warn, "'%s'%s is %s, not %s: kept in extra", name, o->of, types[type], article_and_type);
	return -1;
}

/* Gives a field that was taken back to extra. */
static void give_back(struct result_obj *o, const char *name)
{
	result_members_find(&o->members, name, strlen(name))->taken = false;
}

static void warn_flags(struct result_obj *o, const char *name, size_t n, unsigned flags)
{
	char shown[RESULT_NAME_MAX];

	if (flags == 0)
		return;
	(void)result_warn_name(name, n, shown);
	if (flags & JSON_REPLACED)
		result_warn(o->warn, "'%s'%s held U+0000 or an unpaired surrogate: replaced by U+FFFD", shown, o->of);
	if (flags & JSON_CUT)
		result_warn(o->warn, "'%s'%s was longer than %zu MiB: cut", shown, o->of, JSON_MAX_STRING >> 20);
}

static void warn_too_large(struct result_obj *o, const char *name, size_t n)
{
	char shown[RESULT_NAME_MAX];

	result_warn(o->warn, "'%s'%s is too large for a table and was left out: the body has it",
		    result_warn_name(name, n, shown), o->of);
}

/* A key that stands twice in an object that is kept as JSON: whoever reads that text takes the last one, most likely.
 */
static int warn_twice(struct result_obj *o, const char *name, size_t n, json_ref value, struct err *err)
{
	char shown[RESULT_NAME_MAX], of[RESULT_NAME_MAX + RESULT_OBJ_OF_MAX + 8];

	(void)snprintf(of, sizeof(of), " in '%s'%s", result_warn_name(name, n, shown), o->of);
	return result_members_look(&o->within, o->doc, value, o->warn, of, err);
}

/* Appends the JSON text of a member's name or value. False in *fits, with a warning: it is too large. */
static int copy(struct result_obj *o, const char *name, size_t n, json_ref value, struct buf *buf, bool *fits,
		struct err *err)
{
	size_t before = buf->len;
	unsigned flags = 0;
	struct err why;

	*fits = json_copy(o->doc, value, JSON_MAX_STRING, buf, &flags, &why) == 0;
	if (!*fits && why.kind != ERR_JOB)
		return err_set(err, why.kind, "%s", why.msg);
	if (buf->len > MAX_JSON) {
		buf_cut(buf, before);
		*fits = false;
	}
	if (*fits)
		warn_flags(o, name, n, flags);
	else
		warn_too_large(o, name, n);
	return *fits ? warn_twice(o, name, n, value, err) : 0;
}

static int text(struct result_obj *o, const char *name, json_ref string, struct buf *buf, struct text *out,
		struct err *err)
{
	unsigned flags = 0;

	if (json_string(o->doc, string, JSON_MAX_STRING, buf, &flags, err) != 0)
		return -1;
	warn_flags(o, name, strlen(name), flags);
	*out = buf_text(buf);
	return 0;
}

static int json(struct result_obj *o, const char *name, json_ref value, struct buf *buf, struct text *out,
		struct err *err)
{
	bool fits;

	if (copy(o, name, strlen(name), value, buf, &fits, err) != 0)
		return -1;
	if (fits)
		*out = buf_text(buf);
	return 0;
}

int result_obj_text(struct result_obj *o, const char *name, struct buf *buf, struct text *out, struct err *err)
{
	json_ref value = take(o, name, BIT(JSON_STRING), "a string");

	buf_clear(buf);
	*out = TEXT_NULL;
	return value < 0 ? 0 : text(o, name, value, buf, out, err);
}

int result_obj_any(struct result_obj *o, const char *name, struct buf *buf, struct text *out, struct err *err)
{
	json_ref value = take(o, name, ~0u, "");

	buf_clear(buf);
	*out = TEXT_NULL;
	if (value < 0)
		return 0;
	return json_type_of(o->doc, value) == JSON_STRING ? text(o, name, value, buf, out, err)
							  : json(o, name, value, buf, out, err);
}

int result_obj_json(struct result_obj *o, const char *name, struct buf *buf, struct text *out, struct err *err)
{
	json_ref value = take(o, name, BIT(JSON_OBJECT), "an object");

	buf_clear(buf);
	*out = TEXT_NULL;
	return value < 0 ? 0 : json(o, name, value, buf, out, err);
}

int result_obj_bool(struct result_obj *o, const char *name)
{
	json_ref value = take(o, name, BIT(JSON_TRUE) | BIT(JSON_FALSE), "true or false");

	return value < 0 ? -1 : json_type_of(o->doc, value) == JSON_TRUE;
}

bool result_obj_int(struct result_obj *o, const char *name, int64_t *out)
{
	json_ref value = take(o, name, BIT(JSON_NUMBER), "a number");

	if (value < 0)
		return false;
	if (json_int(o->doc, value, out))
		return true;
	give_back(o, name);
	result_warn(o->warn, "'%s'%s is no whole number within 64 bits: kept in extra", name, o->of);
	return false;
}

int result_obj_time(struct result_obj *o, const char *name, struct stamp *out, int64_t *no_offset, struct err *err)
{
	json_ref value = take(o, name, BIT(JSON_STRING), "a string");
	enum time_parse how = TIME_BAD;
	unsigned flags = 0;
	struct buf buf;
	int rc = 0;

	memset(out, 0, sizeof(*out));
	if (value < 0)
		return 0;
	if (json_raw_len(o->doc, value) <= MAX_TIME) {
		buf_init(&buf, MAX_TIME * 2);
		rc = json_string(o->doc, value, MAX_TIME, &buf, &flags, err);
		if (rc == 0)
			how = time_parse_iso(buf_cstr(&buf), buf.len, out);
		buf_free(&buf);
	}
	if (rc == 0 && how == TIME_BAD) {
		give_back(o, name);
		result_warn(o->warn, "'%s'%s is no time that can be read: kept in extra", name, o->of);
	}
	*no_offset += how == TIME_NO_OFFSET;
	return rc;
}

json_ref result_obj_node(struct result_obj *o, const char *name, enum json_type type)
{
	static const char *const wanted[] = {
	    [JSON_STRING] = "a string", [JSON_ARRAY] = "an array", [JSON_OBJECT] = "an object"};

	return take(o, name, BIT(type), wanted[type]);
}

/* Begins a member of extra, or the object with its first one. */
static int begin_member(struct result_obj *o, struct err *err)
{
	return buf_addc(&o->extra, o->extra.len == 0 ? '{' : ',') == 0 ? 0 : no_memory(err);
}

int result_obj_put(struct result_obj *o, const char *name, struct text json, struct err *err)
{
	if (o->extra.len + json.n > MAX_JSON) {
		warn_too_large(o, name, strlen(name));
		return 0;
	}
	if (begin_member(o, err) != 0)
		return -1;
	if (jsonw_quote(&o->extra, name, strlen(name)) != 0 || buf_addc(&o->extra, ':') != 0 ||
	    buf_add(&o->extra, json.p, json.n) != 0)
		return no_memory(err);
	return 0;
}

static int put_name(struct result_obj *o, const struct result_member *m, bool *fits, struct err *err)
{
	if (m->key >= 0)
		return copy(o, m->name, m->name_len, m->key, &o->extra, fits, err);
	*fits = true;
	return jsonw_quote(&o->extra, m->name, m->name_len) == 0 ? 0 : no_memory(err);
}

static int put_member(struct result_obj *o, const struct result_member *m, struct err *err)
{
	size_t before = o->extra.len;
	bool fits;

	if (begin_member(o, err) != 0 || put_name(o, m, &fits, err) != 0)
		return -1;
	if (fits && buf_addc(&o->extra, ':') != 0)
		return no_memory(err);
	if (fits && copy(o, m->name, m->name_len, m->value, &o->extra, &fits, err) != 0)
		return -1;
	if (!fits)
		buf_cut(&o->extra, before);
	return 0;
}

int result_obj_close(struct result_obj *o, struct text *extra, struct err *err)
{
	*extra = TEXT_NULL;
	for (size_t i = 0; i < o->members.n; i++) {
		if (!o->members.at[i].taken && put_member(o, &o->members.at[i], err) != 0)
			return -1;
	}
	if (o->extra.len == 0)
		return 0;
	if (buf_addc(&o->extra, '}') != 0)
		return no_memory(err);
	*extra = buf_text(&o->extra);
	return 0;
}
