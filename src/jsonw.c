#include "jsonw.h"

#include "utf8.h"

#include <string.h>

#define EVERY_BYTE(c) (UINT64_C(0x0101010101010101) * (c))

/* True when one of the eight bytes is a control character, '"', '\\' or not ASCII: the borrow of a subtraction reaches
 * the top bit of the lowest such byte. */
static bool is_dirty(uint64_t w)
{
	uint64_t quote = w ^ EVERY_BYTE('"');
	uint64_t backslash = w ^ EVERY_BYTE('\\');
	uint64_t low = (w - EVERY_BYTE(0x20)) | (quote - EVERY_BYTE(1)) | (backslash - EVERY_BYTE(1));

	return ((low | w) & EVERY_BYTE(0x80)) != 0;
}

static bool is_clean(char c)
{
	unsigned char u = (unsigned char)c;

	return u >= 0x20 && u < 0x80 && u != '"' && u != '\\';
}

/* Of 4 to 8 bytes: copies them all where they are clean. */
static bool copy_few(char *to, const char *p, size_t n)
{
	uint32_t head, tail;

	memcpy(&head, p, sizeof(head));
	memcpy(&tail, p + n - sizeof(tail), sizeof(tail));
	if (is_dirty(head | (uint64_t)tail << 32))
		return false;
	memcpy(to, &head, sizeof(head));
	memcpy(to + n - sizeof(tail), &tail, sizeof(tail));
	return true;
}

/* Copies up to the first byte that needs a look; returns how many. */
static size_t copy_clean(char *to, const char *p, size_t n)
{
	size_t i = 0;

	for (; n - i > sizeof(uint64_t); i += sizeof(uint64_t)) {
		uint64_t w;
		memcpy(&w, p + i, sizeof(w));
		if (is_dirty(w))
			break;
		memcpy(to + i, &w, sizeof(w));
	}
	if (n - i >= sizeof(uint32_t) && n - i <= sizeof(uint64_t) && copy_few(to + i, p + i, n - i))
		return n;
	for (; i < n && is_clean(p[i]); i++)
		to[i] = p[i];
	return i;
}

/* What is written for one byte that cannot stand as it is: an ASCII one that needs an escape, or one that is no
 * UTF-8. */
static size_t escape(unsigned char c, char out[6])
{
	static const char hex[] = "0123456789abcdef";
	static const char shorts[32] = {['\b'] = 'b', ['\t'] = 't', ['\n'] = 'n', ['\f'] = 'f', ['\r'] = 'r'};

	if (c >= 0x80)
		return utf8_put(0xfffd, out);
	out[0] = '\\';
	if (c >= 0x20 || shorts[c]) {
		out[1] = c >= 0x20 ? (char)c : shorts[c];
		return 2;
	}
	memcpy(out + 1, "u00", 3);
	out[4] = hex[c >> 4];
	out[5] = hex[c & 15];
	return 6;
}

/* How many bytes from p on are valid sequences beyond ASCII. */
static size_t foreign_run(const char *p, size_t n)
{
	size_t i = 0;

	while (i < n && (unsigned char)p[i] >= 0x80) {
		size_t len = utf8_len(p + i, n - i);
		if (len == 0)
			break;
		i += len;
	}
	return i;
}

/* The rest of a string, from a byte that is not clean, with the closing quote. */
static int quote_rest(struct buf *out, const char *p, size_t n)
{
	while (n > 0) {
		char esc[6];
		const char *piece = p;
		size_t used = foreign_run(p, n);
		size_t len = used;
		if (used == 0) {
			piece = esc;
			used = 1;
			len = escape((unsigned char)*p, esc);
		}

		char *to = buf_room(out, len + (n - used) + 1);
		if (!to)
			return -1;
		memcpy(to, piece, len);
		size_t clean = copy_clean(to + len, p + used, n - used);
		out->len += len + clean;
		p += used + clean;
		n -= used + clean;
	}
	out->data[out->len++] = '"'; /* each round made room for it */
	out->data[out->len] = '\0';
	return 0;
}

int jsonw_quote(struct buf *out, const char *p, size_t n)
{
	const size_t before = out->len;
	char *to = buf_room(out, n + 2);

	if (!to)
		return -1;
	*to++ = '"';
	size_t clean = copy_clean(to, p, n);
	if (clean == n) {
		to[n] = '"';
		to[n + 1] = '\0';
		out->len += n + 2;
		return 0;
	}
	out->len += 1 + clean;
	if (quote_rest(out, p + clean, n - clean)) {
		buf_cut(out, before);
		return -1;
	}
	return 0;
}

/* So many bytes of an array does it take at least, with a comma; no more where nothing is escaped. */
static size_t least(struct text item)
{
	return item.p ? item.n + strlen("\"\",") : strlen("null,");
}

/* What stands between the brackets of an array. Room is made once for all of it, and again behind what is not clean. */
static int quote_all(struct buf *out, const struct text *items, size_t n)
{
	size_t left = 0;
	char *to;

	for (size_t i = 0; i < n; i++)
		left += least(items[i]);
	left--; /* the first has no comma */
	to = buf_room(out, left);
	for (size_t i = 0; to && i < n; i++) {
		const struct text item = items[i];
		size_t clean;
		if (i > 0)
			*to++ = ',';
		left -= i > 0 ? least(item) : least(item) - 1;
		if (!item.p) {
			memcpy(to, "null", 4);
			to += 4;
			continue;
		}
		*to++ = '"';
		clean = copy_clean(to, item.p, item.n);
		to += clean;
		if (clean == item.n) {
			*to++ = '"';
			continue;
		}
		out->len = (size_t)(to - out->data);
		if (quote_rest(out, item.p + clean, item.n - clean))
			return -1;
		to = buf_room(out, left);
	}
	if (!to)
		return -1;
	out->len = (size_t)(to - out->data);
	out->data[out->len] = '\0';
	return 0;
}

void jsonw_init(struct jsonw *w, struct buf *out)
{
	*w = (struct jsonw){.out = out};
}

/* Everything but a string goes through here: what separates it from what came before, then its text. */
static void put(struct jsonw *w, const char *p, size_t n)
{
	if (w->failed)
		return;
	if ((w->comma && buf_addc(w->out, ',')) || buf_add(w->out, p, n))
		w->failed = true;
	w->comma = true;
}

static void put_string(struct jsonw *w, struct text s)
{
	if (w->failed)
		return;
	if ((w->comma && buf_addc(w->out, ',')) || jsonw_quote(w->out, s.p, s.n))
		w->failed = true;
	w->comma = true;
}

void jsonw_object(struct jsonw *w)
{
	put(w, "{", 1);
	w->comma = false;
}

void jsonw_object_end(struct jsonw *w)
{
	w->comma = false;
	put(w, "}", 1);
}

void jsonw_array(struct jsonw *w)
{
	put(w, "[", 1);
	w->comma = false;
}

void jsonw_array_end(struct jsonw *w)
{
	w->comma = false;
	put(w, "]", 1);
}

void jsonw_texts(struct jsonw *w, const struct text *items, size_t n)
{
	jsonw_array(w);
	if (!w->failed && n > 0 && quote_all(w->out, items, n))
		w->failed = true;
	jsonw_array_end(w);
}

void jsonw_key_text(struct jsonw *w, struct text key)
{
	if (!w->failed && w->lines && w->comma) {
		w->failed = buf_adds(w->out, ",\n") != 0;
		w->comma = false;
	}
	put_string(w, key);
	w->comma = false;
	put(w, ":", 1);
	w->comma = false;
}

void jsonw_key(struct jsonw *w, const char *key)
{
	jsonw_key_text(w, text_of(key));
}

void jsonw_string(struct jsonw *w, struct text s)
{
	if (s.p)
		put_string(w, s);
	else
		jsonw_null(w);
}

void jsonw_cstr(struct jsonw *w, const char *s)
{
	jsonw_string(w, text_of(s));
}

void jsonw_int(struct jsonw *w, int64_t value)
{
	char digits[20]; /* -9223372036854775808 */
	size_t at = sizeof(digits);
	uint64_t rest = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;

	do {
		digits[--at] = (char)('0' + rest % 10);
		rest /= 10;
	} while (rest > 0);
	if (value < 0)
		digits[--at] = '-';
	put(w, digits + at, sizeof(digits) - at);
}

void jsonw_bool(struct jsonw *w, bool value)
{
	if (value)
		put(w, "true", 4);
	else
		put(w, "false", 5);
}

void jsonw_null(struct jsonw *w)
{
	put(w, "null", 4);
}

void jsonw_raw(struct jsonw *w, struct text json)
{
	if (json.p)
		put(w, json.p, json.n);
	else
		jsonw_null(w);
}
