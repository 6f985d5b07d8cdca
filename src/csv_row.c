#include "csv_row.h"

#include <stdlib.h>
#include <string.h>

void csv_row_init(struct csv_row *r, size_t max_bytes)
{
	*r = (struct csv_row){.cells = NULL};
	buf_init(&r->bytes, max_bytes);
}

void csv_row_free(struct csv_row *r)
{
	buf_free(&r->bytes);
	free(r->cells);
	r->cells = NULL;
	r->n = r->max = 0;
}

void csv_row_clear(struct csv_row *r)
{
	buf_clear(&r->bytes);
	r->n = 0;
}

void csv_row_trim(struct csv_row *r, size_t keep)
{
	csv_row_clear(r);
	if (r->bytes.cap > keep)
		buf_free(&r->bytes);
	if (r->max > keep / sizeof(*r->cells)) {
		free(r->cells);
		r->cells = NULL;
		r->max = 0;
	}
}

static int more_cells(struct csv_row *r)
{
	size_t max = r->max > 0 ? r->max * 2 : 64;
	struct text *cells = realloc(r->cells, max * sizeof(*cells));

	if (cells == NULL)
		return -1;
	r->cells = cells;
	r->max = max;
	return 0;
}

int csv_row_add(struct csv_row *r, const char *p, size_t n)
{
	char *to;

	if (r->n == r->max && more_cells(r) != 0)
		return -1;
	to = buf_room(&r->bytes, n + 1);
	if (to == NULL)
		return -1;
	memcpy(to, p, n);
	to[n] = '\0';
	r->bytes.len += n + 1;
	/* Where the bytes lie is only known when the row is whole: the buffer may still move. */
	r->cells[r->n++] = (struct text){NULL, n};
	return 0;
}

void csv_row_done(struct csv_row *r)
{
	const char *p = r->bytes.data;

	for (size_t i = 0; i < r->n; i++) {
		r->cells[i].p = p;
		p += r->cells[i].n + 1;
	}
}

/* --- rows that lie whole in memory --- */

/* The bytes that end the plain part of a cell without quotes. */
static const unsigned char special[256] = {[','] = 1, ['\n'] = 1, ['\r'] = 1, ['"'] = 1};

/* The length of a line end at p; 0: there is none. */
static size_t line_end(const char *p, const char *end)
{
	if (p < end && *p == '\n')
		return 1;
	return end - p >= 2 && p[0] == '\r' && p[1] == '\n' ? 2 : 0;
}

/* Copies a cell in quotes, from behind the first one, to *to. Returns what is behind the last quote, NULL: it is not
 * there. */
static const char *quoted(const char *p, const char *end, char **to)
{
	for (;;) {
		const char *quote = memchr(p, '"', (size_t)(end - p));

		if (quote == NULL)
			return NULL;
		memcpy(*to, p, (size_t)(quote - p));
		*to += quote - p;
		p = quote + 1;
		if (p == end || *p != '"')
			return p;
		*(*to)++ = *p++;
	}
}

/* Copies the cell at p to *to. Returns what is behind it, NULL: not plain. */
static const char *cell(const char *p, const char *end, char **to)
{
	char *out = *to;

	if (p < end && *p == '"')
		return quoted(p + 1, end, to);
	while (p < end && !special[(unsigned char)*p])
		*out++ = *p++;
	*to = out;
	return p;
}

size_t csv_row_read(struct csv_row *r, const char *p, size_t n)
{
	const char *const begin = p, *const end = p + n;
	size_t eol = line_end(p, end);
	char *to, *start;

	if (eol > 0)
		return eol;
	/* There is a NUL for each byte that ends a cell: n bytes are enough. */
	to = buf_room(&r->bytes, n);
	while (to != NULL && (r->n < r->max || more_cells(r) == 0)) {
		start = to;
		p = cell(p, end, &to);
		if (p == NULL || p == end)
			break;
		r->cells[r->n++] = (struct text){start, (size_t)(to - start)};
		*to++ = '\0';
		eol = line_end(p, end);
		if (eol > 0)
			return (size_t)(p - begin) + eol;
		if (*p++ != ',')
			break;
	}
	r->n = 0;
	return 0;
}
