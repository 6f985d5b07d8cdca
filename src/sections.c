#include "sections.h"

#include <string.h>

/* More digits are no count of rows, and would not fit. */
#define MAX_DIGITS 18

/* What is left to read of a cell. */
struct cursor {
	const char *p, *end;
};

static bool take_word(struct cursor *c, const char *word)
{
	size_t n = strlen(word);

	if ((size_t)(c->end - c->p) < n || memcmp(c->p, word, n) != 0)
		return false;
	c->p += n;
	return true;
}

static bool take_number(struct cursor *c, int64_t *out)
{
	const char *from = c->p;
	int64_t value = 0;

	for (; c->p < c->end && *c->p >= '0' && *c->p <= '9'; c->p++) {
		if (c->p - from == MAX_DIGITS)
			return false;
		value = value * 10 + (*c->p - '0');
	}
	*out = value;
	return c->p > from;
}

/* The section that a cell announces, and of how many rows; SECTION_NONE: it is no marker. */
static enum row_section read_marker(struct text cell, int64_t *rows)
{
	struct cursor c = {cell.p, cell.p + cell.n};
	enum row_section section;
	int64_t from, to;

	if (take_word(&c, "# FIRST "))
		section = SECTION_FIRST;
	else if (take_word(&c, "# SAMPLED "))
		section = SECTION_MIDDLE;
	else if (take_word(&c, "# LAST "))
		section = SECTION_LAST;
	else
		return SECTION_NONE;
	if (!take_number(&c, rows) || !take_word(&c, " ROWS"))
		return SECTION_NONE;
	if (section == SECTION_MIDDLE && !(take_word(&c, " FROM MIDDLE (rows ") && take_number(&c, &from) &&
					   take_word(&c, "-") && take_number(&c, &to) && take_word(&c, ")")))
		return SECTION_NONE;
	return take_word(&c, ":") && c.p == c.end ? section : SECTION_NONE;
}

void sections_init(struct sections *s, size_t n_columns)
{
	*s = (struct sections){.now = SECTION_FIRST, .one_column = n_columns == 1};
}

bool sections_take(struct sections *s, const struct text *cells, size_t n)
{
	bool may_be = n == 1 && (!s->one_column || s->left == 0);
	enum row_section section;
	int64_t rows;

	section = may_be ? read_marker(cells[0], &rows) : SECTION_NONE;
	if (section == SECTION_NONE) {
		if (s->left >= 0)
			s->left--;
		return false;
	}
	s->now = section;
	s->left = rows;
	return true;
}
