#include "utf8.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static bool is_continuation(char c)
{
	return ((unsigned char)c & 0xc0) == 0x80;
}

/* How long a sequence that begins with this byte is (table 3-7 of the Unicode standard); 0: none begins so. */
static size_t lead_len(unsigned char c)
{
	if (c < 0x80)
		return 1;
	if (c < 0xc2)
		return 0;
	if (c < 0xe0)
		return 2;
	if (c < 0xf0)
		return 3;
	return c < 0xf5 ? 4 : 0;
}

size_t utf8_len(const char *p, size_t n)
{
	if (n == 0)
		return 0;
	unsigned char lead = (unsigned char)p[0];
	size_t len = lead_len(lead);
	if (len <= 1)
		return len;
	if (len > n)
		return 0;

	/* The second byte's range is what shuts out overlong forms, surrogates and what is beyond U+10FFFF. */
	unsigned char lo = 0x80, hi = 0xbf;
	if (lead == 0xe0)
		lo = 0xa0;
	else if (lead == 0xed)
		hi = 0x9f;
	else if (lead == 0xf0)
		lo = 0x90;
	else if (lead == 0xf4)
		hi = 0x8f;
	unsigned char second = (unsigned char)p[1];
	if (second < lo || second > hi)
		return 0;
	for (size_t i = 2; i < len; i++) {
		if (!is_continuation(p[i]))
			return 0;
	}
	return len;
}

size_t utf8_put(uint32_t cp, char out[4])
{
	if (cp < 0x80) {
		out[0] = (char)cp;
		return 1;
	}
	if (cp < 0x800) {
		out[0] = (char)(0xc0 | cp >> 6);
		out[1] = (char)(0x80 | (cp & 0x3f));
		return 2;
	}
	if (cp < 0x10000) {
		out[0] = (char)(0xe0 | cp >> 12);
		out[1] = (char)(0x80 | (cp >> 6 & 0x3f));
		out[2] = (char)(0x80 | (cp & 0x3f));
		return 3;
	}
	out[0] = (char)(0xf0 | cp >> 18);
	out[1] = (char)(0x80 | (cp >> 12 & 0x3f));
	out[2] = (char)(0x80 | (cp >> 6 & 0x3f));
	out[3] = (char)(0x80 | (cp & 0x3f));
	return 4;
}

size_t utf8_cut(const char *p, size_t n)
{
	/* Only the last three bytes can belong to a sequence that is not whole. */
	for (size_t back = 1; back <= 3 && back <= n; back++) {
		char c = p[n - back];
		if (is_continuation(c))
			continue;
		return lead_len((unsigned char)c) > back ? n - back : n;
	}
	return n;
}

uint32_t utf8_code(const char *p, size_t len)
{
	static const unsigned char lead_bits[5] = {0, 0x7f, 0x1f, 0x0f, 0x07};
	uint32_t cp = (unsigned char)p[0] & lead_bits[len];

	for (size_t i = 1; i < len; i++)
		cp = cp << 6 | ((unsigned char)p[i] & 0x3f);
	return cp;
}

/* What a terminal may obey, or an eye cannot see (utf8.h has the list in words). */
static bool is_hidden(uint32_t cp)
{
	static const struct {
		uint32_t first, last;
	} ranges[] = {
	    {0x00, 0x1f},     {0x7f, 0x9f},     {0xad, 0xad},       {0x061c, 0x061c},
	    {0x180e, 0x180e}, {0x200b, 0x200f}, {0x2028, 0x202e},   {0x2060, 0x206f},
	    {0xfeff, 0xfeff}, {0xfff9, 0xfffb}, {0x1d173, 0x1d17a}, {0xe0000, 0xe0fff},
	};

	for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++) {
		if (cp >= ranges[i].first && cp <= ranges[i].last)
			return true;
	}
	return false;
}

static int add_hidden(struct buf *out, const char *p, size_t len)
{
	char shown[16];

	if (len <= 1)
		snprintf(shown, sizeof(shown), "\\x%02x", (unsigned)(unsigned char)*p);
	else
		snprintf(shown, sizeof(shown), "\\u{%04x}", (unsigned)utf8_code(p, len));
	return buf_adds(out, shown);
}

int utf8_visible(struct buf *out, const char *p, size_t n, size_t max_chars)
{
	const size_t before = out->len;
	size_t run = 0, i = 0; /* [run, i) is shown as it is */

	if (n == 0)
		return 0;
	for (size_t chars = 0; i < n; chars++) {
		if (max_chars > 0 && chars == max_chars)
			break;
		size_t len = utf8_len(p + i, n - i);
		if (len > 0 && !is_hidden(utf8_code(p + i, len))) {
			i += len;
			continue;
		}
		if (buf_add(out, p + run, i - run) || add_hidden(out, p + i, len))
			goto fail;
		i += len > 0 ? len : 1;
		run = i;
	}
	if (buf_add(out, p + run, i - run) || (i < n && buf_adds(out, "…")))
		goto fail;
	return 0;
fail:
	if (out->len > before)
		buf_cut(out, before);
	return -1;
}
