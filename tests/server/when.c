/* when.c: see when.h. */
#include "when.h"

#include <string.h>

#define WHEN_MAX_DIGITS 9

static int64_t when_unit_s(char unit)
{
	switch (unit) {
	case 's':
		return 1;
	case 'm':
		return 60;
	case 'h':
		return 3600;
	case 'd':
		return 86400;
	default:
		return 0;
	}
}

/* Reads one signed offset at *p; false when there is none. */
static bool when_offset(const char **p, const char *end, int64_t *seconds)
{
	const char *s = *p;
	if (s == end || (*s != '+' && *s != '-'))
		return false;
	int64_t sign = *s++ == '-' ? -1 : 1;
	int64_t count = 0;
	const char *digits = s;
	while (s < end && *s >= '0' && *s <= '9' && s - digits < WHEN_MAX_DIGITS)
		count = count * 10 + (*s++ - '0');
	if (s == digits || s == end || when_unit_s(*s) == 0)
		return false;
	*seconds += sign * count * when_unit_s(*s);
	*p = s + 1;
	return true;
}

/* How many bytes at s are a relative time; 0: none. */
static size_t when_relative(const char *s, size_t n, int64_t now_us, struct stamp *out)
{
	if (n < 3 || memcmp(s, "now", 3) != 0)
		return 0;
	const char *p = s + 3;
	int64_t seconds = 0;
	if (!when_offset(&p, s + n, &seconds))
		return 0;
	while (when_offset(&p, s + n, &seconds))
		;
	/* Years before 1 or after 9999 have no text. */
	if (seconds > 200000000000 || seconds < -60000000000)
		return 0;
	stamp_from_us(out, now_us + seconds * 1000000);
	return (size_t)(p - s);
}

bool when_parse(const char *s, size_t n, int64_t now_us, struct stamp *out)
{
	struct stamp got;
	if ((n == 0 || when_relative(s, n, now_us, &got) != n) && time_parse_iso(s, n, &got) == TIME_BAD)
		return false;
	*out = got;
	return true;
}

int when_expand(struct text json, int64_t now_us, struct buf *out)
{
	static const char mark[] = "\"now";
	const char *p = json.p;
	const char *end = json.p + json.n;
	for (;;) {
		const char *hit = memmem(p, (size_t)(end - p), mark, sizeof(mark) - 1);
		if (hit == NULL)
			return buf_add(out, p, (size_t)(end - p));
		/* With the quote, up to what the text begins with: \"now…\" inside a string never ends in a bare quote.
		 */
		if (buf_add(out, p, (size_t)(hit + 1 - p)) != 0)
			return -1;
		p = hit + 1;
		struct stamp stamp;
		size_t n = when_relative(p, (size_t)(end - p), now_us, &stamp);
		if (n > 0 && p + n < end && p[n] == '"') {
			if (buf_adds(out, stamp.text) != 0)
				return -1;
			p += n;
		}
	}
}
