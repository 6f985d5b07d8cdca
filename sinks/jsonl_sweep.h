/*
 * jsonl_sweep.h: what a sink of parts does at opening: clears away what an earlier run left that no line of the
 * manifest speaks of. int functions return 0, or -1 with *err (ERR_FATAL).
 */
#ifndef OMNI_JSONL_SWEEP_H
#define OMNI_JSONL_SWEEP_H

#include "jsonl_parts.h"
#include "manifest.h"

/* Before the manifest is opened: are there parts without one? Somebody took it away, and to go on would be to remove
 * them all: -1. */
int jsonl_sweep_look(struct flatdir *, struct err *);

/* Does what a note says (jsonl_settle.h); removes what was being written, parts that nobody names, and unreadable
 * bodies that do not count. Only what bears a name of ours. Tells parts which names are taken. */
int jsonl_sweep(struct flatdir *, const struct manifest *, struct jsonl_parts *, struct err *);

/* Calls each with every part in the folders of the tables, whether it is named or not: its path under DIR, and the last
 * step of that. Stops at what is not 0 and returns it. */
typedef int (*jsonl_sweep_each)(void *ctx, const char *path, const char *name, struct err *);
int jsonl_sweep_parts(struct flatdir *, jsonl_sweep_each, void *ctx, struct err *);

/* Where an unreadable body is kept: unreadable/<job_id>.json.zst. Returns path. */
#define JSONL_UNREADABLE     "unreadable"
#define JSONL_SWEEP_BODY_MAX (sizeof(JSONL_UNREADABLE) + UUID_TEXT_LEN + 16)
char *jsonl_sweep_body(const struct uuid *, char path[JSONL_SWEEP_BODY_MAX]);

#endif
