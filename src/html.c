#include "html.h"

#include "utf8.h"

#include <stdint.h>
#include <string.h>

#define JSON_LINE   88 /* bytes of a value that is short */
#define JSON_INDENT 20 /* levels beyond which no more is indented */

static const char *entity_of(char c)
{
	switch (c) {
	case '&':
		return "&amp;";
	case '<':
		return "&lt;";
	case '>':
		return "&gt;";
	case '"':
		return "&quot;";
	case '\'':
		return "&#39;";
	default:
		return NULL;
	}
}

/* Overrides and isolates of the direction, separators, annotations, a mark of order, tags; C1 controls. The marks
 * U+200E, U+200F and U+061C and the joiners are part of ordinary text. */
static bool must_be_told(uint32_t cp)
{
	return (cp >= 0x80 && cp < 0xa0) || (cp >= 0x2028 && cp <= 0x202e) || (cp >= 0x2066 && cp <= 0x206f) ||
	       cp == 0xfeff || (cp >= 0xfff9 && cp <= 0xfffb) || (cp >= 0xe0000 && cp <= 0xe0fff);
}

/* One character of so many bytes (0: none that is valid). */
static int add_seen(struct buf *out, const char *p, size_t len)
{
	const unsigned char c = (unsigned char)*p;
	char picture[4];

	if (len == 0)
		return buf_adds(out, "\xef\xbf\xbd");
	if (len == 1)
		return buf_add(out, picture, utf8_put(c == 0x7f ? 0x2421 : 0x2400u + c, picture));
	return buf_addf(out, "\\u{%04x}", (unsigned)utf8_decode(p, len));
}

/* Does it stand for itself? */
static bool is_plain(const char *p, size_t len)
{
	const unsigned char c = (unsigned char)*p;

	if (len == 1)
		return (c >= 0x20 && c != 0x7f) || c == '\t' || c == '\n';
	return len > 1 && !must_be_told(utf8_decode(p, len));
}

/* One character as it is to be seen; n bytes are left. Returns how many of them it was, or 0 where out is full. */
static size_t add_one(struct buf *out, const char *p, size_t n, bool escape)
{
	const size_t len = utf8_len(p, n);
	const char *entity = escape ? entity_of(*p) : NULL;
	int bad;

	if (*p == '\r' && n > 1 && p[1] == '\n')
		return 1;
	if (entity != NULL)
		bad = buf_adds(out, entity);
	else if (is_plain(p, len))
		bad = buf_add(out, p, len);
	else
		bad = add_seen(out, p, len);
	return bad != 0 ? 0 : len > 0 ? len : 1;
}

/* How many bytes from here on are ASCII that stands for itself: most of all text. */
static size_t plain_run(const char *p, size_t n, bool escape)
{
	size_t i = 0;

	for (; i < n; i++) {
		const unsigned char c = (unsigned char)p[i];

		if (c >= 0x7f || (c < 0x20 && c != '\n' && c != '\t') || (escape && entity_of(p[i]) != NULL))
			break;
	}
	return i;
}

static int add_text(struct buf *out, struct text t, bool escape)
{
	for (size_t i = 0, n; i < t.n; i += n) {
		n = plain_run(t.p + i, t.n - i, escape);
		if (n > 0 ? buf_add(out, t.p + i, n) != 0 : (n = add_one(out, t.p + i, t.n - i, escape)) == 0)
			return -1;
	}
	return 0;
}

int html_add(struct buf *out, struct text t)
{
	return add_text(out, t, true);
}

int html_adds(struct buf *out, const char *s)
{
	return add_text(out, text_of(s), true);
}

int html_visible(struct buf *out, struct text t)
{
	return add_text(out, t, false);
}

int html_cut(struct buf *out, struct text t, size_t max_chars, size_t *left)
{
	size_t i = 0;

	for (size_t n; i < t.n && max_chars > 0; i += n, max_chars--) {
		n = utf8_len(t.p + i, t.n - i);
		n += n == 0;
	}
	if (left != NULL)
		*left = t.n - i;
	return add_text(out, (struct text){t.p, i}, true);
}

/* --- JSON --- */

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* Where the string that begins at i has ended. */
static size_t string_end(struct text t, size_t i)
{
	for (i++; i < t.n && t.p[i] != '"'; i++)
		if (t.p[i] == '\\')
			i++;
	return i < t.n ? i + 1 : t.n;
}

/* Where the value that opens at i has closed, if it is short and holds no other that opens; else 0. */
static size_t short_end(struct text t, size_t i)
{
	const size_t last = t.n - i < JSON_LINE ? t.n : i + JSON_LINE;

	for (size_t k = i + 1; k < last; k++) {
		if (t.p[k] == '"')
			k = string_end(t, k) - 1;
		else if (t.p[k] == '}' || t.p[k] == ']')
			return k + 1;
		else if (t.p[k] == '{' || t.p[k] == '[')
			return 0;
	}
	return 0;
}

static int new_line(struct buf *out, size_t depth)
{
	return buf_addf(out, "\n%*s", (int)(2 * (depth < JSON_INDENT ? depth : JSON_INDENT)), "");
}

struct layout {
	struct text t;
	size_t at;
	size_t depth;
	size_t line_end; /* up to there it all goes on one line */
};

/* A bracket, comma or colon. */
static int add_mark(struct buf *out, struct layout *l)
{
	const char c = l->t.p[l->at];
	const bool one_line = l->at < l->line_end;
	int bad = 0;

	if ((c == '{' || c == '[') && !one_line && (l->line_end = short_end(l->t, l->at)) == 0) {
		l->at++;
		return buf_addc(out, c) | new_line(out, ++l->depth);
	}
	if ((c == '}' || c == ']') && !one_line) {
		l->depth -= l->depth > 0;
		bad = new_line(out, l->depth);
	}
	l->at++;
	bad |= buf_addc(out, c);
	if (c == ',')
		return bad | (one_line ? buf_addc(out, ' ') : new_line(out, l->depth));
	return c == ':' ? bad | buf_addc(out, ' ') : bad;
}

int html_json(struct buf *out, struct text json)
{
	struct layout l = {.t = json};
	int bad = 0;

	while (l.at < json.n && bad == 0) {
		const char c = json.p[l.at];
		size_t end = l.at + 1;

		if (is_blank(c)) {
			l.at++;
			continue;
		}
		if (strchr("{}[],:", c) != NULL && c != '\0') {
			bad = add_mark(out, &l);
			continue;
		}
		if (c == '"')
			end = string_end(json, l.at);
		else
			while (end < json.n && !is_blank(json.p[end]) && strchr("{}[],:\"", json.p[end]) == NULL)
				end++;
		bad = html_add(out, (struct text){json.p + l.at, end - l.at});
		l.at = end;
	}
	return bad;
}
