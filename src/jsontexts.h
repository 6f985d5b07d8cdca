/*
 * jsontexts.h: a JSON array of strings, read exactly and fast: a row's cells, a result's labels, the paths of a
 * manifest's line. Pure. Strings without escapes are borrowed from the text; others lie in a buffer of the struct,
 * which is used again.
 */
#ifndef OMNI_JSONTEXTS_H
#define OMNI_JSONTEXTS_H

#include "buf.h"
#include "err.h"

struct jsontexts {
	struct text *at; /* never NULL once something was read, also where n is 0 */
	size_t n, cap;
	struct buf plain; /* strings that had escapes */
};

void jsontexts_init(struct jsontexts *);
void jsontexts_free(struct jsontexts *);
/* Reads one array. nulls: an element may be null (null text). The texts live as long as json, and until the next read.
 * Bytes that are no UTF-8 stay as they are. 0, or -1 with *err: ERR_JOB: it is no such array; ERR_FATAL: memory. */
int jsontexts_read(struct jsontexts *, struct text json, bool nulls, struct err *);

#endif
