#include "nearest.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static size_t least_of(size_t a, size_t b)
{
	return a < b ? a : b;
}

size_t nearest_distance(const char *a, size_t na, const char *b, size_t nb)
{
	/* Rows of the table of distances between the beginnings of a and of b: this one and the two before it. */
	size_t rows[3][NEAREST_MAX + 1];

	if (na > NEAREST_MAX || nb > NEAREST_MAX)
		return SIZE_MAX;
	for (size_t j = 0; j <= nb; j++)
		rows[0][j] = j;
	for (size_t i = 1; i <= na; i++) {
		size_t *row = rows[i % 3], *above = rows[(i - 1) % 3], *higher = rows[(i + 1) % 3];

		row[0] = i;
		for (size_t j = 1; j <= nb; j++) {
			char x = lower(a[i - 1]), y = lower(b[j - 1]);

			row[j] = least_of(least_of(row[j - 1], above[j]) + 1, above[j - 1] + (x != y));
			if (i > 1 && j > 1 && x == lower(b[j - 2]) && y == lower(a[i - 2]))
				row[j] = least_of(row[j], higher[j - 2] + 1);
		}
	}
	return rows[na % 3][nb];
}

void nearest_begin(struct nearest *w, const char *said, size_t n)
{
	/* A third of the letters may be wrong, and one of a short word; what shares no letter is not near. */
	size_t allowed = n > 0 ? least_of(n - 1, 1 + (n - 1) / 3) : 0;

	*w = (struct nearest){.said = said, .n_said = n, .least = allowed + 1};
}

void nearest_offer(struct nearest *w, const char *word, size_t n)
{
	size_t d = nearest_distance(w->said, w->n_said, word, n);

	if (d > 1 && w->n_said >= 3 && n > w->n_said && nearest_distance(w->said, w->n_said, word, w->n_said) == 0)
		d = 1;
	if (d >= w->least)
		return;
	w->least = d;
	w->best = word;
	w->n_best = n;
}

void nearest_offer_words(struct nearest *w, const char *words, size_t n)
{
	for (const char *end = words + n; words < end;) {
		const char *bar = memchr(words, '|', (size_t)(end - words));
		size_t k = bar != NULL ? (size_t)(bar - words) : (size_t)(end - words);

		nearest_offer(w, words, k);
		words += k + 1;
	}
}

void nearest_hint(const struct nearest *w, const char *before, const char *after, char *out, size_t size)
{
	out[0] = '\0';
	if (w->best != NULL)
		(void)snprintf(out, size, "; did you mean '%s%.*s%s'?", before, (int)w->n_best, w->best, after);
}
