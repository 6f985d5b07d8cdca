#include "jsontexts.h"

#include "utf8.h"

#include <stdlib.h>
#include <string.h>

#define FIRST_CAP ((size_t)16)
#define BUF_KEPT  ((size_t)4 << 20)

void jsontexts_init(struct jsontexts *t)
{
	*t = (struct jsontexts){0};
	buf_init(&t->plain, SIZE_MAX / 2);
}

void jsontexts_free(struct jsontexts *t)
{
	free(t->at);
	buf_free(&t->plain);
	*t = (struct jsontexts){0};
}

static int no_array(struct err *err)
{
	return err_set(err, ERR_JOB, "it is no JSON array of strings");
}

static const char *skip_blanks(const char *p, const char *end)
{
	while (p < end && (*p == ' ' || *p == '\t' || *p == '\n' || *p == '\r'))
		p++;
	return p;
}

static int add(struct jsontexts *t, struct text text, struct err *err)
{
	if (t->n == t->cap) {
		const size_t cap = t->cap ? 2 * t->cap : FIRST_CAP;
		struct text *at = reallocarray(t->at, cap, sizeof(*at));
		if (!at)
			return err_set(err, ERR_FATAL, "out of memory");
		t->at = at;
		t->cap = cap;
	}
	t->at[t->n++] = text;
	return 0;
}

/* The four digits of \uXXXX; -1: they are none. */
static long hex4(const char *p, const char *end)
{
	long value = 0;

	if (end - p < 4)
		return -1;
	for (int i = 0; i < 4; i++) {
		static const char digits[] = "0123456789abcdef";
		const char lower = (char)(p[i] >= 'A' && p[i] <= 'F' ? p[i] + 32 : p[i]);
		const char *at = lower ? strchr(digits, lower) : NULL;
		if (!at)
			return -1;
		value = value << 4 | (at - digits);
	}
	return value;
}

/* What follows "\u"; returns where it ends, or NULL. Surrogates come in pairs. */
static const char *unescape_u(const char *p, const char *end, char **to)
{
	long cp = hex4(p, end), low;

	if (cp < 0 || (cp >= 0xdc00 && cp <= 0xdfff))
		return NULL;
	p += 4;
	if (cp >= 0xd800 && cp <= 0xdbff) {
		if (end - p < 6 || p[0] != '\\' || p[1] != 'u' || (low = hex4(p + 2, end)) < 0xdc00 || low > 0xdfff)
			return NULL;
		cp = 0x10000 + ((cp - 0xd800) << 10) + (low - 0xdc00);
		p += 6;
	}
	*to += utf8_put((uint32_t)cp, *to);
	return p;
}

/* The rest of a string from its first backslash on: what comes out is never longer than what goes in. Returns the
 * closing quote, or NULL. */
static const char *unescape(const char *p, const char *end, char **to)
{
	static const char names[] = "\"\\/bfnrt", values[] = "\"\\/\b\f\n\r\t";

	while (p && p < end && *p != '"') {
		const char *name;
		if ((unsigned char)*p < 0x20)
			return NULL;
		if (*p != '\\') {
			*(*to)++ = *p++;
			continue;
		}
		if (++p == end || *p == '\0')
			return NULL;
		name = strchr(names, *p);
		if (name) {
			*(*to)++ = values[name - names];
			p++;
		} else {
			p = *p == 'u' ? unescape_u(p + 1, end, to) : NULL;
		}
	}
	return p && p < end ? p : NULL;
}

/* From behind the opening quote; returns what follows the closing one, or NULL with *err. */
static const char *read_string(struct jsontexts *t, const char *p, const char *end, struct err *err)
{
	const char *start = p;
	const size_t before = t->plain.len;
	char *to, *first;

	while (p < end && *p != '"' && *p != '\\' && (unsigned char)*p >= 0x20)
		p++;
	if (p < end && *p == '"')
		return add(t, (struct text){start, (size_t)(p - start)}, err) ? NULL : p + 1;
	if (p == end || *p != '\\') {
		(void)no_array(err);
		return NULL;
	}
	/* The room for all of the array was made before: nothing moves. */
	to = first = t->plain.data + before;
	memcpy(to, start, (size_t)(p - start));
	to += p - start;
	p = unescape(p, end, &to);
	if (!p) {
		(void)no_array(err);
		return NULL;
	}
	t->plain.len += (size_t)(to - first);
	return add(t, (struct text){first, (size_t)(to - first)}, err) ? NULL : p + 1;
}

static int read_all(struct jsontexts *t, const char *p, const char *end, bool nulls, struct err *err)
{
	if (p == end || *p != '[')
		return no_array(err);
	p = skip_blanks(p + 1, end);
	if (p < end && *p == ']')
		return skip_blanks(p + 1, end) == end ? 0 : no_array(err);
	for (;;) {
		if (p < end && *p == '"') {
			p = read_string(t, p + 1, end, err);
			if (!p)
				return -1;
		} else if (nulls && end - p >= 4 && memcmp(p, "null", 4) == 0) {
			if (add(t, TEXT_NULL, err))
				return -1;
			p += 4;
		} else {
			return no_array(err);
		}
		p = skip_blanks(p, end);
		if (p < end && *p == ']')
			return skip_blanks(p + 1, end) == end ? 0 : no_array(err);
		if (p == end || *p != ',')
			return no_array(err);
		p = skip_blanks(p + 1, end);
	}
}

int jsontexts_read(struct jsontexts *t, struct text json, bool nulls, struct err *err)
{
	if (t->plain.cap > BUF_KEPT)
		buf_free(&t->plain);
	buf_clear(&t->plain);
	if (!json.p)
		return no_array(err);
	if (memchr(json.p, '\\', json.n) && !buf_room(&t->plain, json.n))
		return err_set(err, ERR_FATAL, "out of memory");
	if (!t->at && add(t, TEXT_NULL, err))
		return -1;
	t->n = 0;
	return read_all(t, skip_blanks(json.p, json.p + json.n), json.p + json.n, nulls, err);
}
