/*
 * jsonl_part.h: one file of JSON Lines while it is written, from which the lines of the last job can be taken back
 * however many there were, at constant memory.
 *
 * Lines are gathered in a buffer. When those of one job outgrow it they go to the file early, in a frame of their own
 * (jsonl_codec.h): to take the job back, the file is cut to where that frame begins. Small jobs share a frame, since
 * they compress better together.
 *
 * struct jsonl_part owns its descriptor, its encoder and its buffer. int functions return 0, or -1 with *err
 * (ERR_FATAL), after which only jsonl_part_free may follow.
 */
#ifndef OMNI_JSONL_PART_H
#define OMNI_JSONL_PART_H

#include "jsonl_codec.h"
#include "sha256.h"

#include <stdbool.h>

struct jsonl_part;

/* fd: an empty file, open to be written; taken over, also on failure. path: as a person knows it. NULL: out of
 * memory. */
struct jsonl_part *jsonl_part_new(int fd, enum jsonl_codec, const char *path);
void jsonl_part_free(struct jsonl_part *); /* closes the file as it is */

/* Where the next line goes: append whole lines, nothing else, then call jsonl_part_added. */
struct buf *jsonl_part_lines(struct jsonl_part *);
int jsonl_part_added(struct jsonl_part *, struct err *);
/* Does the job under way have lines here? */
bool jsonl_part_has(const struct jsonl_part *);
/* The job under way stays; the next line begins another. */
int jsonl_part_keep(struct jsonl_part *, struct err *);
/* Takes the lines of the job under way back. */
int jsonl_part_undo(struct jsonl_part *, struct err *);
/* From here on the lines of each job are digested: before the first line, 0 or -1 with *err. */
int jsonl_part_digests(struct jsonl_part *, struct err *);
/* The SHA-256 of the lines of the job under way, once, when all were added. */
void jsonl_part_digest(struct jsonl_part *, uint8_t out[SHA256_LEN]);
/* Bytes of the lines that stay, uncompressed. */
uint64_t jsonl_part_size(const struct jsonl_part *);
/* Writes what is left and makes it durable. */
int jsonl_part_finish(struct jsonl_part *, struct err *);

#endif
