#include "jsonscan.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

typedef unsigned char byte;

enum state {
	/* Before the document: which byte of a mark could come next. */
	ST_START,
	ST_BOM2,
	ST_BOM3,
	/* Outside of strings: what comes next. */
	ST_VALUE,
	ST_VALUE_OR_END, /* after [ */
	ST_KEY,
	ST_KEY_OR_END, /* after { */
	ST_COLON,
	ST_AFTER, /* after a value: a comma, a closing bracket, or the end */
	ST_CLOSING_QUOTE,
	ST_LITERAL,
	/* In a number: after what. */
	ST_MINUS,
	ST_ZERO,
	ST_INTEGER,
	ST_POINT,
	ST_FRACTION,
	ST_E,
	ST_E_SIGN,
	ST_EXPONENT,
	/* Inside of strings. */
	ST_STRING,
	ST_UTF8,
	ST_ESCAPE,
	ST_HEX
};

static const char UTF8_PROBLEM[] = "bytes that are no UTF-8";

static bool is_blank(byte c)
{
	return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

/* Is the innermost open bracket a {? */
static bool in_object(const struct jsonscan *s)
{
	unsigned level = s->depth - 1;

	return s->depth > 0 && (s->is_object[level / 8] >> level % 8 & 1) != 0;
}

/* The functions from here to outside() take one byte each and return NULL, or what is wrong with it. */

static const char *open_bracket(struct jsonscan *s, byte c)
{
	byte bit = (byte)(1U << s->depth % 8);

	if (s->depth == JSONSCAN_MAX_DEPTH)
		return "brackets nested too deep";
	if (c == '{')
		s->is_object[s->depth / 8] |= bit;
	else
		s->is_object[s->depth / 8] &= (byte)~bit;
	s->depth++;
	s->state = c == '{' ? ST_KEY_OR_END : ST_VALUE_OR_END;
	return NULL;
}

static const char *close_bracket(struct jsonscan *s, byte c)
{
	if (in_object(s) != (c == '}'))
		return "a closing bracket of the wrong kind";
	s->depth--;
	s->state = ST_AFTER;
	return NULL;
}

static const char *begin_value(struct jsonscan *s, byte c)
{
	switch (c) {
	case '"':
		s->key = false;
		s->state = ST_STRING;
		return NULL;
	case '{':
	case '[':
		return open_bracket(s, c);
	case 't':
	case 'f':
	case 'n':
		s->literal = c == 't' ? "rue" : c == 'f' ? "alse" : "ull";
		s->state = ST_LITERAL;
		return NULL;
	case '-':
		s->state = ST_MINUS;
		return NULL;
	case '0':
		s->state = ST_ZERO;
		return NULL;
	case ']':
	case '}':
		if (s->state == ST_VALUE_OR_END)
			return close_bracket(s, c);
		return s->depth > 0 && !in_object(s) ? "a comma before a closing bracket" : "a value is missing";
	case ',':
		return "a value is missing";
	case '\0':
		return "a NUL byte";
	default:
		if (!isdigit(c))
			return "no value begins like this";
		s->state = ST_INTEGER;
		return NULL;
	}
}

static const char *begin_key(struct jsonscan *s, byte c)
{
	if (c == '}' && s->state == ST_KEY_OR_END)
		return close_bracket(s, c);
	if (c != '"')
		return c == '}' ? "a comma before a closing bracket" : "a key that is no string";
	s->key = true;
	s->state = ST_STRING;
	return NULL;
}

static const char *after_value(struct jsonscan *s, byte c)
{
	s->state = ST_AFTER;
	if (is_blank(c))
		return NULL;
	if (c == '\0')
		return "a NUL byte";
	if (s->depth == 0)
		return "more after the end of the document";
	if (c == ',') {
		s->state = in_object(s) ? ST_KEY : ST_VALUE;
		return NULL;
	}
	if (c == ']' || c == '}')
		return close_bracket(s, c);
	return "a comma or a closing bracket is missing";
}

static const char *number(struct jsonscan *s, byte c)
{
	switch (s->state) {
	case ST_MINUS:
		if (!isdigit(c))
			return "a minus without a number";
		s->state = c == '0' ? ST_ZERO : ST_INTEGER;
		return NULL;
	case ST_POINT:
		if (!isdigit(c))
			return "a decimal point without digits";
		s->state = ST_FRACTION;
		return NULL;
	case ST_E:
	case ST_E_SIGN:
		if (!isdigit(c) && (s->state == ST_E_SIGN || (c != '+' && c != '-')))
			return "an exponent without digits";
		s->state = isdigit(c) ? ST_EXPONENT : ST_E_SIGN;
		return NULL;
	default: /* The number could end here. */
		if (isdigit(c))
			return s->state == ST_ZERO ? "a number that begins with 0" : NULL;
		break;
	}
	if (c == '.' && (s->state == ST_ZERO || s->state == ST_INTEGER))
		s->state = ST_POINT;
	else if ((c == 'e' || c == 'E') && s->state != ST_EXPONENT)
		s->state = ST_E;
	else
		return after_value(s, c);
	return NULL;
}

/* What comes before the document: nothing, or a byte order mark, which is no part of it. */
static const char *start(struct jsonscan *s, byte c)
{
	static const byte mark[] = {0xef, 0xbb, 0xbf};

	if (c != mark[s->state - ST_START])
		return "no value begins like this";
	s->bom = s->state == ST_BOM3;
	s->state = s->bom ? ST_VALUE : (byte)(s->state + 1);
	return NULL;
}

static const char *outside_byte(struct jsonscan *s, byte c)
{
	switch (s->state) {
	case ST_VALUE:
	case ST_VALUE_OR_END:
		return is_blank(c) ? NULL : begin_value(s, c);
	case ST_KEY:
	case ST_KEY_OR_END:
		return is_blank(c) ? NULL : begin_key(s, c);
	case ST_COLON:
		if (is_blank(c))
			return NULL;
		s->state = ST_VALUE;
		return c == ':' ? NULL : "a colon is missing";
	case ST_AFTER:
		return after_value(s, c);
	case ST_CLOSING_QUOTE:
		s->state = s->key ? ST_COLON : ST_AFTER;
		return NULL;
	case ST_LITERAL:
		if (c != (byte)*s->literal)
			return "a word that is not true, false or null";
		if (*++s->literal == '\0')
			s->state = ST_AFTER;
		return NULL;
	default:
		return number(s, c);
	}
}

/* Up to and including an opening quote, the end, or up to a problem. */
static const byte *outside(struct jsonscan *s, const byte *p, const byte *end)
{
	while (p < end && s->state != ST_STRING) {
		s->problem = outside_byte(s, *p);
		if (s->problem != NULL)
			break;
		p++;
	}
	return p;
}

/* Up to the first byte that is not an ordinary ASCII character of a string, eight bytes at a time. Each byte of stop
 * gets its high bit where the text has a control character, a quote, a backslash or a byte beyond ASCII; a borrow can
 * set it wrongly, but only beyond a byte where it is right. */
static const byte *plain(const byte *p, const byte *end)
{
	const uint64_t ones = 0x0101010101010101, highs = 0x8080808080808080;

	for (; end - p >= 8; p += 8) {
		uint64_t x, quote, backslash, stop;

		memcpy(&x, p, 8);
		quote = x ^ ones * '"';
		backslash = x ^ ones * '\\';
		stop = x | (x - ones * 0x20) | (quote - ones) | (backslash - ones);
		if (stop & highs)
			break;
	}
	while (p < end && *p >= 0x20 && *p < 0x80 && *p != '"' && *p != '\\')
		p++;
	return p;
}

/* A byte beyond ASCII begins a sequence: table 3-7 of the Unicode standard, which is RFC 3629 section 4. The range of
 * the second byte is what keeps out overlong forms, surrogates and what is beyond U+10FFFF. */
static const char *utf8_lead(struct jsonscan *s, byte c)
{
	if (c < 0xc2 || c > 0xf4)
		return UTF8_PROBLEM;
	s->left = c < 0xe0 ? 1 : c < 0xf0 ? 2 : 3;
	s->utf8_lo = c == 0xe0 ? 0xa0 : c == 0xf0 ? 0x90 : 0x80;
	s->utf8_hi = c == 0xed ? 0x9f : c == 0xf4 ? 0x8f : 0xbf;
	s->state = ST_UTF8;
	return NULL;
}

static const bool is_escape[256] = {['"'] = true, ['\\'] = true, ['/'] = true, ['b'] = true, ['f'] = true,
				    ['n'] = true, ['r'] = true,  ['t'] = true, ['u'] = true};

static const char *inside_byte(struct jsonscan *s, byte c)
{
	switch (s->state) {
	case ST_UTF8:
		if (c < s->utf8_lo || c > s->utf8_hi)
			return UTF8_PROBLEM;
		s->utf8_lo = 0x80;
		s->utf8_hi = 0xbf;
		if (--s->left == 0)
			s->state = ST_STRING;
		return NULL;
	case ST_ESCAPE:
		if (!is_escape[c])
			return "an unknown escape";
		s->left = 4;
		s->state = c == 'u' ? ST_HEX : ST_STRING;
		return NULL;
	case ST_HEX:
		if (!isxdigit(c))
			return "an escape \\u without four hex digits";
		if (--s->left == 0)
			s->state = ST_STRING;
		return NULL;
	default:
		if (c >= 0x80)
			return utf8_lead(s, c);
		if (c != '\\')
			return c == '\0' ? "a NUL byte in a string" : "a control character in a string";
		s->state = ST_ESCAPE;
		return NULL;
	}
}

/* Up to a closing quote, the end, or a problem. */
static const byte *inside(struct jsonscan *s, const byte *p, const byte *end)
{
	while (p < end) {
		if (s->state == ST_STRING) {
			p = plain(p, end);
			if (p == end)
				break;
			if (*p == '"') {
				s->state = ST_CLOSING_QUOTE;
				break;
			}
		}
		s->problem = inside_byte(s, *p);
		if (s->problem != NULL)
			break;
		p++;
	}
	return p;
}

void jsonscan_init(struct jsonscan *s, const struct jsonscan_events *events, void *ctx)
{
	static const struct jsonscan_events none;

	*s = (struct jsonscan){.events = events != NULL ? events : &none, .ctx = ctx, .state = ST_START};
}

static int give(const struct jsonscan *s, int (*event)(void *, const char *, size_t), const byte *from, const byte *to)
{
	return event != NULL && to > from ? event(s->ctx, (const char *)from, (size_t)(to - from)) : 0;
}

int jsonscan_feed(struct jsonscan *s, const char *p, size_t n)
{
	int rc = 0;

	if (s->problem != NULL || n == 0)
		return s->problem != NULL ? -1 : 0;
	const byte *at = (const byte *)p, *const end = at + n;
	if (s->state == ST_START && *at != 0xef)
		s->state = ST_VALUE;
	while (at < end && rc == 0 && s->problem == NULL) {
		const byte *from = at;

		if (s->state <= ST_BOM3) {
			s->problem = start(s, *at);
			at += s->problem == NULL;
		} else if (s->state < ST_STRING) {
			at = outside(s, at, end);
			rc = give(s, s->events->outside, from, at);
		} else {
			at = inside(s, at, end);
			rc = give(s, s->events->inside, from, at);
		}
		s->offset += (uint64_t)(at - from);
	}
	return rc != 0 ? rc : s->problem != NULL ? -1 : 0;
}

int jsonscan_finish(struct jsonscan *s)
{
	if (s->problem != NULL)
		return -1;
	if (s->depth == 0 &&
	    (s->state == ST_ZERO || s->state == ST_INTEGER || s->state == ST_FRACTION || s->state == ST_EXPONENT))
		s->state = ST_AFTER;
	if (jsonscan_complete(s))
		return 0;
	s->ended = true;
	s->problem = "the document ends too early";
	return -1;
}

bool jsonscan_complete(const struct jsonscan *s)
{
	return s->problem == NULL && s->depth == 0 && s->state == ST_AFTER;
}

void jsonscan_say(const struct jsonscan *s, char *out, size_t size)
{
	const unsigned long long at = s->offset;

	if (s->problem == NULL)
		*out = '\0';
	else if (!s->ended)
		(void)snprintf(out, size, "not JSON at byte %llu: %s", at, s->problem);
	else if (at == 0)
		(void)snprintf(out, size, "the JSON document is empty");
	else
		(void)snprintf(out, size, "the JSON document ends too early, after %llu byte%s", at,
			       at == 1 ? "" : "s");
}
