/*
 * idset.h: which 128-bit IDs were seen: job IDs, or the digests of longer names.
 *
 * A struct idset owns its table. The hash is no secret: who chooses the IDs can make it slow, not wrong.
 */
#ifndef OMNI_IDSET_H
#define OMNI_IDSET_H

#include "uuid.h"

struct idset {
	struct uuid *at; /* a power of two of places, more than half of them free */
	bool *taken;
	size_t places, n;
};

void idset_init(struct idset *);
void idset_free(struct idset *);
/* 1: it is new, and now in the set; 0: it was there; -1: out of memory. */
int idset_add(struct idset *, const struct uuid *);

#endif
