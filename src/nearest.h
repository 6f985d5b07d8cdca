/*
 * nearest.h: which of the words that there are somebody may have meant ("did you mean 'run'?").
 *
 *     nearest_begin  nearest_offer*  nearest_hint
 *
 * Nothing is allocated: the words are borrowed until the hint is written.
 */
#ifndef OMNI_NEAREST_H
#define OMNI_NEAREST_H

#include <stddef.h>

#define NEAREST_MAX 63 /* bytes of a word; a longer one is near to nothing */

struct nearest {
	const char *said, *best; /* best: NULL as long as nothing is near */
	size_t n_said, n_best;
	size_t least; /* changes that make the best one of what was said; before there is one: one more than are allowed
		       */
};

/* How many letters are to be changed, added, left out or exchanged with their neighbour to make b of a; upper and lower
 * case (ASCII) are the same. SIZE_MAX where one of them is longer than NEAREST_MAX. */
size_t nearest_distance(const char *a, size_t na, const char *b, size_t nb);

void nearest_begin(struct nearest *, const char *said, size_t n);
/* One of the words that there are. Of those that are equally near the first one is kept. A word that begins with what
 * was said (three letters or more) is one change away. */
void nearest_offer(struct nearest *, const char *word, size_t n);
/* The same for each of the words in "auto|always|never". */
void nearest_offer_words(struct nearest *, const char *words, size_t n);
/* "; did you mean 'BEFOREwordAFTER'?", or "" when no word is near. */
void nearest_hint(const struct nearest *, const char *before, const char *after, char *out, size_t size);

#endif
