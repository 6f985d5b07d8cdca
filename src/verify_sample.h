/*
 * verify_sample.h: --sample N% or N%:SEED: so many jobs by chance; by the same seed the same ones, as long as the
 * ledger has the same. Pure.
 */
#ifndef OMNI_VERIFY_SAMPLE_H
#define OMNI_VERIFY_SAMPLE_H

#include "err.h"
#include "uuid.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct verify_sample {
	bool all;       /* not given */
	double percent; /* above 0, at most 100 */
	uint64_t seed;
	uint64_t limit; /* verify_sample_wants: what is not above it */
};

/* text NULL: all. seed: where the text names none. 0, or -1 with *err (ERR_USAGE). */
int verify_sample_parse(const char *text, uint64_t seed, struct verify_sample *, struct err *);
/* A number that goes with a job, the same each time. */
uint64_t verify_sample_number(const struct verify_sample *, const struct uuid *);
/* Takes the numbers of all n jobs, and puts them in another order: sets limit, so that at least one is wanted. */
void verify_sample_limit(struct verify_sample *, uint64_t *numbers, size_t n);
bool verify_sample_wants(const struct verify_sample *, const struct uuid *);

#endif
