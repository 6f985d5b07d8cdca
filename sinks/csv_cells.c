#include "csv_cells.h"

#include <string.h>

/* From here on a cell goes the slow way. */
#define LONG_CELL     (FLATFILE_BLOCK / 4)

#define EVERY_BYTE(c) (UINT64_C(0x0101010101010101) * (uint8_t)(c))

/* Is one of the eight bytes 0? (Bit tricks that are well known: exact for the lowest such byte, which is enough.) */
static uint64_t has_zero(uint64_t w)
{
	return (w - EVERY_BYTE(1)) & ~w & EVERY_BYTE(0x80);
}

static bool is_special(char c)
{
	return c == '"' || c == ',' || c == '\n' || c == '\r';
}

static bool has_special(uint64_t w)
{
	return (has_zero(w ^ EVERY_BYTE('"')) | has_zero(w ^ EVERY_BYTE(',')) | has_zero(w ^ EVERY_BYTE('\n')) |
		has_zero(w ^ EVERY_BYTE('\r'))) != 0;
}

/* Copies a cell that needs no quotes; false when it does. There is room for n bytes. */
static bool copy_plain(char *to, const char *p, size_t n)
{
	size_t i = 0;

	for (; n - i >= sizeof(uint64_t); i += sizeof(uint64_t)) {
		uint64_t w;
		memcpy(&w, p + i, sizeof(w));
		if (has_special(w))
			return false;
		memcpy(to + i, &w, sizeof(w));
	}
	for (; i < n; i++) {
		if (is_special(p[i]))
			return false;
		to[i] = p[i];
	}
	return true;
}

static size_t copy_quoted(char *to, const char *p, size_t n)
{
	char *at = to;

	*at++ = '"';
	for (size_t i = 0; i < n; i++) {
		if (p[i] == '"')
			*at++ = '"';
		*at++ = p[i];
	}
	*at++ = '"';
	return (size_t)(at - to);
}

static int long_cell(struct flatfile *f, struct text t, bool escape, struct err *err)
{
	bool plain = true;
	int rc = 0;

	for (size_t i = 0; i < t.n && plain; i++)
		plain = !is_special(t.p[i]);
	if (!plain)
		rc = flatfile_add(f, "\"", 1, err);
	if (rc == 0 && escape)
		rc = flatfile_add(f, "'", 1, err);
	while (rc == 0 && t.n > 0) {
		const char *quote = plain ? NULL : memchr(t.p, '"', t.n);
		const size_t k = quote ? (size_t)(quote - t.p) + 1 : t.n;
		rc = flatfile_add(f, t.p, k, err);
		if (rc == 0 && quote)
			rc = flatfile_add(f, "\"", 1, err);
		t.p += k;
		t.n -= k;
	}
	return rc || plain ? rc : flatfile_add(f, "\"", 1, err);
}

/* With what separates it from the cell before. */
static int put_cell(struct flatfile *f, struct text t, bool first, struct csv_cells_style style, struct err *err)
{
	const bool escape = style.escape && csv_cells_is_formula(t);
	char *to;

	if (t.n >= LONG_CELL) {
		if (!first && flatfile_add(f, ",", 1, err))
			return -1;
		return long_cell(f, t, escape, err);
	}
	/* A comma, an apostrophe, two quotes, each byte twice, the line end. */
	if (FLATFILE_BLOCK - f->used < 2 * t.n + 5 && flatfile_drain(f, err))
		return -1;
	to = f->block + f->used;
	if (!first)
		*to++ = ',';
	if (t.n == 0 && t.p && style.quote_empty) {
		*to++ = '"';
		*to++ = '"';
	} else if (t.n > 0) {
		char *cell = to;
		to += escape;
		if (copy_plain(to, t.p, t.n)) {
			if (escape)
				*cell = '\'';
			to += t.n;
		} else {
			to = cell + copy_quoted(cell, t.p, t.n);
			if (escape) {
				memmove(cell + 2, cell + 1, (size_t)(to - cell - 1));
				cell[1] = '\'';
				to++;
			}
		}
	}
	f->size += to - (f->block + f->used);
	f->used = (size_t)(to - f->block);
	return 0;
}

int csv_cells_row(struct flatfile *f, const struct text *cells, size_t n, struct csv_cells_style style, struct err *err)
{
	if (n == 1 && cells[0].n == 0)
		style.quote_empty = true;
	for (size_t i = 0; i < n; i++) {
		if (put_cell(f, cells[i], i == 0, style, err))
			return -1;
	}
	return flatfile_add(f, "\n", 1, err);
}

static size_t digits(const char *p, size_t n, bool commas)
{
	size_t i = 0;

	while (i < n && ((p[i] >= '0' && p[i] <= '9') || (commas && i > 0 && p[i] == ',')))
		i++;
	return i;
}

/* $ and, as UTF-8, £ ¥ €. */
static size_t currency(const char *p, size_t n)
{
	static const char *const signs[] = {"$", "\xc2\xa3", "\xc2\xa5", "\xe2\x82\xac"};

	for (size_t i = 0; i < sizeof(signs) / sizeof(signs[0]); i++) {
		const size_t k = strlen(signs[i]);
		if (n >= k && memcmp(p, signs[i], k) == 0)
			return k;
	}
	return 0;
}

static bool is_number(const char *p, size_t n)
{
	size_t at = 1; /* the sign */
	size_t whole, fraction = 0;

	at += currency(p + at, n - at);
	whole = digits(p + at, n - at, true);
	at += whole;
	if (at < n && p[at] == '.') {
		fraction = digits(p + at + 1, n - at - 1, false);
		at += 1 + fraction;
	}
	if (whole + fraction == 0)
		return false;
	if (at < n && (p[at] == 'e' || p[at] == 'E')) {
		const size_t sign = at + 1 < n && (p[at + 1] == '+' || p[at + 1] == '-');
		const size_t k = digits(p + at + 1 + sign, n - at - 1 - sign, false);
		at += k ? 1 + sign + k : 0;
	}
	if (at < n && p[at] == '%')
		at++;
	return at == n;
}

bool csv_cells_is_formula(struct text t)
{
	if (t.n == 0)
		return false;
	switch (t.p[0]) {
	case '=':
	case '@':
	case '\t':
	case '\r':
		return true;
	case '+':
	case '-':
		return !is_number(t.p, t.n);
	default:
		return false;
	}
}

char *csv_cells_slug(struct text t, char out[CSV_SLUG_MAX + 1])
{
	size_t len = 0;

	for (size_t i = 0; i < t.n && len < CSV_SLUG_MAX; i++) {
		char c = t.p[i];
		if (c >= 'A' && c <= 'Z')
			c = (char)(c - 'A' + 'a');
		if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'))
			out[len++] = c;
		else if (len > 0 && out[len - 1] != '-')
			out[len++] = '-';
	}
	while (len > 0 && out[len - 1] == '-')
		len--;
	out[len] = '\0';
	return len > 0 ? out : strcpy(out, "result");
}
