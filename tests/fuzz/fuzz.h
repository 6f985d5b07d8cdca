/*
 * fuzz.h: what the fuzz targets share.
 *
 * A target is LLVMFuzzerTestOneInput: one input, and what must hold whatever it is. Configured with --enable-fuzz it is
 * linked with libFuzzer (`make fuzz`); without, with replay.c, which runs it over the corpus (`make check`).
 *
 * Inputs are what the program would read, as it would read it, so that a person can write and read them: what a target
 * decides on top (where to split) comes from a hash of the input.
 */
#ifndef OMNI_FUZZ_H
#define OMNI_FUZZ_H

#include "buf.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Fails the input: says what does not hold, and aborts. */
#define HOLDS(condition)                                                                                               \
	((condition) ? (void)0                                                                                         \
		     : ((void)fprintf(stderr, "%s:%d: does not hold: %s\n", __FILE__, __LINE__, #condition), abort()))

/* A fixed sequence of numbers for each input. */
struct dice {
	uint64_t state;
};

static inline struct dice dice_of(const uint8_t *p, size_t n)
{
	uint64_t h = UINT64_C(0xcbf29ce484222325); /* FNV-1a */

	for (size_t i = 0; i < n; i++)
		h = (h ^ p[i]) * UINT64_C(0x100000001b3);
	return (struct dice){h};
}

/* 0 … below - 1 */
static inline size_t dice_roll(struct dice *d, size_t below)
{
	d->state = d->state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (size_t)(d->state >> 33) % below;
}

/* How an input is split into pieces: all the ways that a target tries. */
enum split { SPLIT_NOT, SPLIT_BYTES, SPLIT_SMALL, SPLIT_LARGE, SPLITS };

/* The length of the next piece, of n > 0 bytes that are left. */
static inline size_t split_next(enum split how, struct dice *d, size_t n)
{
	size_t k = n;

	if (how == SPLIT_BYTES)
		k = 1;
	else if (how == SPLIT_SMALL)
		k = 1 + dice_roll(d, 12);
	else if (how == SPLIT_LARGE)
		k = 1 + dice_roll(d, 5000);
	return k < n ? k : n;
}

/* May this text stand in a table: UTF-8 without U+0000? */
bool fuzz_is_text(const char *p, size_t n);
/* May this stand in a message to a person: not empty, UTF-8, and ended within size bytes? */
bool fuzz_is_message(const char *msg, size_t size);

/* An empty folder for the targets that read files, the same at each call: in $TMPDIR, else where memory is the disk,
 * since they sync. Removed at exit. */
const char *fuzz_folder(void);
void fuzz_write_file(const char *path, const void *p, size_t n);
bool fuzz_file_is(const char *path, const void *p, size_t n);

/* A buffer that is never full. */
static inline void add(struct buf *b, const void *p, size_t n)
{
	if (buf_add(b, p, n) != 0)
		abort();
}

/* Numbers and texts of any kind so that no two records look the same: for transcripts that are compared. */
static inline void note(struct buf *b, const char *what, int64_t number)
{
	if (buf_addf(b, "%s %lld\n", what, (long long)number) != 0)
		abort();
}

static inline void note_text(struct buf *b, const char *what, struct text t)
{
	note(b, what, t.p == NULL ? -1 : (int64_t)t.n);
	add(b, t.p, t.n);
	add(b, "\n", 1);
}

static inline bool same(const struct buf *a, const struct buf *b)
{
	return text_eq(buf_text(a), buf_text(b)) != 0;
}

#endif
