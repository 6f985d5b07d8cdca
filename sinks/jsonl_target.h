/* jsonl_target.h: what follows "jsonl:": DIR, or DIR?compress=zstd|gzip|none. Pure. */
#ifndef OMNI_JSONL_TARGET_H
#define OMNI_JSONL_TARGET_H

#include "err.h"
#include "jsonl_codec.h"

struct jsonl_target {
	char *dir; /* owned: jsonl_target_free */
	enum jsonl_codec codec;
};

/* What is not said is zstd. 0, or -1 with *err: ERR_USAGE that names what there is, ERR_FATAL (memory). A DIR with a
 * question mark in its name needs another one at its end. */
int jsonl_target_parse(const char *target, struct jsonl_target *, struct err *);
void jsonl_target_free(struct jsonl_target *);

#endif
