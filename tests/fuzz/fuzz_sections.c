/*
 * sections.c: the markers in a truncated result, against a regular expression and the rule of the contract. Each line
 * of the input is a row of one cell, or where it holds a tab of two; the number of columns is that of the first.
 */
#include "fuzz.h"
#include "sections.h"

#include <regex.h>

static const char pattern[] = "^# ((FIRST|LAST) ([0-9]{1,18}) ROWS|SAMPLED ([0-9]{1,18}) ROWS FROM MIDDLE "
			      "\\(rows [0-9]{1,18}-[0-9]{1,18}\\)):$";

/* A marker's section, and how many rows it announces. */
static enum row_section match(struct text cell, int64_t *rows)
{
	static regex_t re;
	static bool made;
	regmatch_t at[5];
	char line[200];

	if (!made)
		HOLDS(regcomp(&re, pattern, REG_EXTENDED) == 0);
	made = true;
	if (cell.n >= sizeof(line) || memchr(cell.p, '\0', cell.n) != NULL)
		return SECTION_NONE;
	memcpy(line, cell.p, cell.n);
	line[cell.n] = '\0';
	if (regexec(&re, line, 5, at, 0) != 0)
		return SECTION_NONE;
	*rows = strtoll(line + (at[3].rm_so >= 0 ? at[3].rm_so : at[4].rm_so), NULL, 10);
	return line[2] == 'F' ? SECTION_FIRST : line[2] == 'L' ? SECTION_LAST : SECTION_MIDDLE;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *p = (const char *)data, *const end = p + size;
	struct sections s;
	enum row_section now = SECTION_FIRST;
	bool begun = false, one_column = false, open = true;
	int64_t left = 0, announced = 0;

	while (p < end) {
		const char *stop = memchr(p, '\n', (size_t)(end - p));
		struct text line = {p, (size_t)((stop != NULL ? stop : end) - p)};
		const char *tab = memchr(line.p, '\t', line.n);
		struct text cells[2] = {line, {NULL, 0}};
		const size_t n = tab != NULL ? 2 : 1;

		p += line.n + 1;
		if (tab != NULL) {
			cells[0].n = (size_t)(tab - line.p);
			cells[1] = (struct text){tab + 1, line.n - cells[0].n - 1};
		}
		if (!begun) {
			begun = true;
			one_column = n == 1;
			sections_init(&s, n);
			continue;
		}
		/* In one column only as the first line, or after as many rows as the one before announced. */
		enum row_section is =
		    n == 1 && (!one_column || (open && left == 0)) ? match(line, &announced) : SECTION_NONE;
		HOLDS(sections_take(&s, cells, n) == (is != SECTION_NONE));
		if (is != SECTION_NONE) {
			now = is;
			left = announced;
		} else if (left-- == 0) {
			open = false;
		}
		HOLDS(s.now == now);
	}
	return 0;
}
