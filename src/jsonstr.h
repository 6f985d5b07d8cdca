/*
 * jsonstr.h: the inside of a JSON string (what is between the quotes, valid, still escaped), slice by slice, as what a
 * sink can store: as UTF-8, or as JSON text again. U+0000 and unpaired surrogates become U+FFFD on the way (contract,
 * "Tables").
 *
 * A struct jsonstr is plain memory, made for one string; nothing in it is allocated. It holds no part of the input
 * between slices: what it cannot yet judge (half a sequence, half an escape, half a pair) it leaves to the caller, who
 * gives it again with what follows. Output is batched, since a CSV has an escape every few dozen bytes.
 */
#ifndef OMNI_JSONSTR_H
#define OMNI_JSONSTR_H

#include "err.h"
#include "spool.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define JSONSTR_LEFT_MAX 11 /* bytes of a slice that may be left to the caller: one less than a surrogate pair's */

typedef int (*jsonstr_piece)(void *ctx, const char *p, size_t n, struct err *);

struct jsonstr {
	jsonstr_piece piece; /* n >= 1; never ends inside of a character or an escape. What is not 0 stops */
	void *ctx;
	bool as_json;  /* give escapes as they came */
	bool replaced; /* something became U+FFFD */
	bool cut;      /* it was longer than the maximum: no more will be taken */
	uint64_t room; /* bytes that may still be given */
	size_t n;
	char out[(size_t)16 << 10];
};

void jsonstr_init(struct jsonstr *, bool as_json, uint64_t max, jsonstr_piece, void *ctx);
/* The next slice. last: nothing follows; all that is held back is then given. *used: how many bytes were taken; without
 * last and cut, all but JSONSTR_LEFT_MAX at least. Returns 0, or what piece returned. */
int jsonstr_feed(struct jsonstr *, const char *p, size_t n, bool last, size_t *used, struct err *);
/* A whole string that lies in a spool, by slices of 64 KiB; -1 with *err also when it cannot be read. */
int jsonstr_spool(struct jsonstr *, struct spool *, uint64_t off, uint64_t len, struct err *);

#endif
