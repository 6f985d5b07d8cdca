#include "jsonstr.h"

#include "utf8.h"

#include <string.h>

#define ESCAPE_LEN 6 /* \uXXXX */
#define SLICE_SIZE ((size_t)64 << 10)

void jsonstr_init(struct jsonstr *s, bool as_json, uint64_t max, jsonstr_piece piece, void *ctx)
{
	s->piece = piece;
	s->ctx = ctx;
	s->as_json = as_json;
	s->replaced = s->cut = false;
	s->room = max;
	s->n = 0;
}

static int flush(struct jsonstr *s, struct err *err)
{
	size_t n = s->n;

	s->n = 0;
	return n > 0 ? s->piece(s->ctx, s->out, n, err) : 0;
}

static int give(struct jsonstr *s, const char *p, size_t n, struct err *err)
{
	s->room -= n;
	if (n > sizeof(s->out) - s->n) {
		int rc = flush(s, err);

		if (rc != 0)
			return rc;
		if (n >= sizeof(s->out))
			return s->piece(s->ctx, p, n, err);
	}
	memcpy(s->out + s->n, p, n);
	s->n += n;
	return 0;
}

/* Characters without escapes: as many whole ones as there is room for. */
static int give_run(struct jsonstr *s, const char *p, size_t n, struct err *err)
{
	if (n > s->room) {
		n = utf8_cut(p, (size_t)s->room);
		s->cut = true;
	}
	return n > 0 ? give(s, p, n, err) : 0;
}

/* One character, or its escape: all of it or nothing. */
static int give_unit(struct jsonstr *s, const char *p, size_t n, struct err *err)
{
	if (n > s->room) {
		s->cut = true;
		return 0;
	}
	return give(s, p, n, err);
}

static uint32_t hex4(const char *p)
{
	uint32_t v = 0;

	for (int i = 0; i < 4; i++) {
		unsigned char c = (unsigned char)p[i];

		/* Digits are 0x30…, letters 0x41… and 0x61…: their low four bits count from 1. */
		v = v << 4 | ((c & 0xfU) + (c >= 'A' ? 9U : 0U));
	}
	return v;
}

static bool is_high(uint32_t cp)
{
	return cp >= 0xd800 && cp <= 0xdbff;
}

static bool is_low(uint32_t cp)
{
	return cp >= 0xdc00 && cp <= 0xdfff;
}

static int give_code_point(struct jsonstr *s, const char *p, size_t len, uint32_t cp, struct err *err)
{
	char utf8[4];

	if (s->as_json)
		return give_unit(s, p, len, err);
	return give_unit(s, utf8, utf8_put(cp, utf8), err);
}

static int give_replacement(struct jsonstr *s, struct err *err)
{
	s->replaced = true;
	return give_code_point(s, "\\ufffd", ESCAPE_LEN, 0xfffd, err);
}

/* The escape \uXXXX at p, or two that are a pair. *len: what it took, 0 where more bytes are needed to tell. */
static int give_unicode(struct jsonstr *s, const char *p, size_t n, bool last, size_t *len, struct err *err)
{
	uint32_t cp, low = 0;

	*len = 0;
	if (n < ESCAPE_LEN)
		return 0;
	cp = hex4(p + 2);
	if (is_high(cp)) {
		if (n < 2 * ESCAPE_LEN && !last)
			return 0;
		if (n >= 2 * ESCAPE_LEN && p[ESCAPE_LEN] == '\\' && p[ESCAPE_LEN + 1] == 'u')
			low = hex4(p + ESCAPE_LEN + 2);
		if (is_low(low)) {
			*len = 2 * ESCAPE_LEN;
			cp = 0x10000 + ((cp - 0xd800) << 10) + (low - 0xdc00);
			return give_code_point(s, p, *len, cp, err);
		}
	}
	*len = ESCAPE_LEN;
	if (cp == 0 || is_high(cp) || is_low(cp))
		return give_replacement(s, err);
	return give_code_point(s, p, *len, cp, err);
}

static int give_escape(struct jsonstr *s, const char *p, size_t n, bool last, size_t *len, struct err *err)
{
	char c;

	*len = 0;
	if (n < 2)
		return 0;
	switch (p[1]) {
	case 'u':
		return give_unicode(s, p, n, last, len, err);
	case 'b':
		c = '\b';
		break;
	case 'f':
		c = '\f';
		break;
	case 'n':
		c = '\n';
		break;
	case 'r':
		c = '\r';
		break;
	case 't':
		c = '\t';
		break;
	default:
		c = p[1];
	}
	*len = 2;
	return s->as_json ? give_unit(s, p, 2, err) : give_unit(s, &c, 1, err);
}

int jsonstr_feed(struct jsonstr *s, const char *p, size_t n, bool last, size_t *used, struct err *err)
{
	size_t i = 0;
	int rc = 0;

	while (i < n && !s->cut && rc == 0) {
		const char *backslash = memchr(p + i, '\\', n - i);
		size_t len;

		if (backslash == p + i) {
			rc = give_escape(s, p + i, n - i, last, &len, err);
		} else {
			len = backslash != NULL ? (size_t)(backslash - p) - i : n - i;
			if (backslash == NULL && !last)
				len = utf8_cut(p + i, len);
			rc = give_run(s, p + i, len, err);
		}
		if (len == 0)
			break;
		i += len;
	}
	*used = i;
	if (rc == 0 && (last || s->cut))
		rc = flush(s, err);
	return rc;
}

int jsonstr_spool(struct jsonstr *s, struct spool *spool, uint64_t off, uint64_t len, struct err *err)
{
	char slice[SLICE_SIZE];
	const uint64_t end = off + len;

	while (off < end && !s->cut) {
		size_t n = end - off < sizeof(slice) ? (size_t)(end - off) : sizeof(slice), used;
		long got = spool_read(spool, off, slice, n, err);

		if (got < 0)
			return -1;
		if ((size_t)got < n)
			return err_set(err, ERR_FATAL, "a string is not whole in the spool");
		int rc = jsonstr_feed(s, slice, n, off + n == end, &used, err);
		if (rc != 0)
			return rc;
		off += used;
	}
	return 0;
}
