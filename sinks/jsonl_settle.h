/*
 * jsonl_settle.h: how a folder of parts comes to hold each job once, whatever cut a run short.
 *
 * The manifest says which part counts for a job, so a query that joins on it is exact at every moment. What else lies
 * in the parts is waste, which comes about in two ways: a job was replaced, or a group's manifest lines were cut short.
 * Both are foreseen in a note, written before the manifest lines: the paths of the parts that may hold waste after
 * them. When it is cleared away, in the same flush or at the next opening, the note goes.
 */
#ifndef OMNI_JSONL_SETTLE_H
#define OMNI_JSONL_SETTLE_H

#include "jsonl_parts.h"
#include "manifest.h"

#define JSONL_NOTE ".unsettled"

/* int functions return 0, or -1 with *err (ERR_FATAL), unless said otherwise. */

/* Calls each with every path of a place, a JSON array; stops at what is not 0 and returns -1. */
int jsonl_settle_each(struct text place, int (*each)(void *ctx, const char *path, size_t n), void *ctx);
/* Appends the paths of a place, each once and with a line end. 0, or -1 (buf). */
int jsonl_settle_add(struct buf *paths, struct text place);

/* Writes the note, durably. paths: each with a line end. */
int jsonl_settle_note(struct flatdir *, struct text paths, struct err *);
/* Removes from these parts what does not count, then the note. A part that is damaged stays as it is, with a warning.
 */
int jsonl_settle_parts(struct flatdir *, const struct manifest *, struct text paths, struct err *);
/* Does what a note says that an earlier run left. */
int jsonl_settle_left(struct flatdir *, const struct manifest *, struct err *);

#endif
