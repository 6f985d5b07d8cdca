/*
 * body.h: a response body while it arrives, of any size in little memory.
 *
 * One linear scan validates the bytes (jsonscan.h). Strings beyond 64 KiB (raw) move to an unlinked spool; what is left
 * is the skeleton, with a marked hole for each of them (json.h), and that is what jsmn sees. Runs of more than 1 KiB of
 * blanks outside of strings are shortened. The exact bytes are digested, counted and, where the body is to be kept,
 * compressed as they come. Invalid JSON does not stop the rest: the bytes are still counted, digested and kept.
 *
 * A struct body owns everything in it. It is made by one thread and may be handed to another. body_reset lets it be
 * used again, keeping what it allocated as far as that is little. While a body arrives it takes about 2 MiB at most
 * (1 MiB of which for compressing), beside the skeleton, which is rarely more than a few KiB; once it has ended,
 * 1 MiB.
 */
#ifndef OMNI_BODY_H
#define OMNI_BODY_H

#include "err.h"
#include "json.h"
#include "sha256.h"

#include <stdbool.h>
#include <stdint.h>

#define BODY_LARGE_STRING ((size_t)64 << 10)

struct body;

/* max_size: the most bytes accepted. NULL: out of memory. A new body is as after body_reset(b, false). */
struct body *body_new(uint64_t max_size);
void body_free(struct body *);
/* Empties it. keep: compress and keep the bytes that come next, so that body_zst_read works. Needed also after -1 from
 * body_add or body_end, before anything else but body_size, body_head and body_free. */
void body_reset(struct body *, bool keep);
/* Strings of more than n raw bytes go to the spool: BODY_LARGE_STRING, unless a test says less to see that it changes
 * nothing else. Holds until body_free. */
void body_spool_beyond(struct body *, size_t n);

/* Takes the next bytes. 0, or -1 with *err: ERR_JOB beyond max_size, ERR_FATAL when the spool cannot be written. */
int body_add(struct body *, const void *, size_t n, struct err *);
/* No more bytes will come. 0 also when they are no JSON: ask body_problem. -1 with *err as above. */
int body_end(struct body *, struct err *);

uint64_t body_size(const struct body *);         /* exact bytes, decompressed */
const uint8_t *body_sha256(const struct body *); /* after body_end */
/* After body_end: NULL when the bytes were one whole JSON document; else a sentence that says what is wrong and at
 * which byte (from 0). Before it: NULL as long as nothing is wrong. Owned by the body. */
const char *body_problem(const struct body *);
/* After body_end: tokenises the skeleton into doc; the body must outlive the walk. 0, or -1 with *err: ERR_JOB when
 * there is a problem or the skeleton is beyond json.h's limits, ERR_FATAL when memory is short. */
int body_parse(struct body *, struct json_doc *, struct err *);
/* The first bytes (up to 64 KiB) as they came, for messages. */
struct text body_head(const struct body *);
/* The compressed bytes: one zstd frame. Only after body_end, and only where keep was set. Total length, and reading at
 * an offset (see spool_read). */
bool body_kept(const struct body *);
uint64_t body_zst_len(const struct body *);
long body_zst_read(struct body *, uint64_t off, void *out, size_t n, struct err *);

#endif
