/*
 * gentable.h: a generated job result with a CSV of any size, in constant memory. Deterministic: the same shape and
 * seed give the same bytes.
 *
 * The cells look like an order book: IDs, dates, names (some with commas, quotes, line breaks and letters beyond
 * ASCII), money formatted for people.
 */
#ifndef OMNI_TEST_GENTABLE_H
#define OMNI_TEST_GENTABLE_H

#include <stddef.h>
#include <stdint.h>

#define GENTABLE_MAX_COLS    1000
#define GENTABLE_MAX_RESULTS 1000

struct gentable_shape {
	uint64_t rows;    /* of each query result, without the header */
	uint64_t cols;    /* 1 to GENTABLE_MAX_COLS */
	uint64_t results; /* 1 to GENTABLE_MAX_RESULTS: generate_query actions */
	uint64_t seed;    /* of the cells */
};

struct gentable;

struct gentable *gentable_new(const struct gentable_shape *); /* NULL: out of memory */
void gentable_free(struct gentable *);
/* The next bytes of the JSON document: how many, 0 at the end, -1 when out of memory. */
long gentable_read(struct gentable *, char *out, size_t max);

#endif
