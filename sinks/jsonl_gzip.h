/*
 * jsonl_gzip.h: gzip streams (RFC 1952) in the shape of zst.h. jsonl_gzip.c is the only file that includes zlib.
 *
 * An encoder costs about 260 KiB, a decoder 45. Its output is one gzip member for each jsonl_gzip_enc_end; the decoder
 * takes any number of members in a row, as `gzip -d` does. Both are used again with *_reset, also after an error.
 */
#ifndef OMNI_JSONL_GZIP_H
#define OMNI_JSONL_GZIP_H

#include "zst.h"

struct jsonl_gzip_enc;
struct jsonl_gzip_dec;

/* All int functions: 0; -1 with *err (ERR_FATAL: memory is short; ERR_JOB: the bytes are no gzip member or damaged); or
 * what out returned. After anything but 0 only *_reset and *_free may follow. */

struct jsonl_gzip_enc *jsonl_gzip_enc_new(void); /* NULL: out of memory */
void jsonl_gzip_enc_free(struct jsonl_gzip_enc *);
void jsonl_gzip_enc_reset(struct jsonl_gzip_enc *);
int jsonl_gzip_enc_add(struct jsonl_gzip_enc *, const void *, size_t n, zst_out, void *ctx, struct err *);
/* Closes the member; the next jsonl_gzip_enc_add begins another. */
int jsonl_gzip_enc_end(struct jsonl_gzip_enc *, zst_out, void *ctx, struct err *);

struct jsonl_gzip_dec *jsonl_gzip_dec_new(void);
void jsonl_gzip_dec_free(struct jsonl_gzip_dec *);
void jsonl_gzip_dec_reset(struct jsonl_gzip_dec *);
int jsonl_gzip_dec_add(struct jsonl_gzip_dec *, const void *, size_t n, zst_out, void *ctx, struct err *);
/* 0 when a whole member was read to its end, -1 with *err when it was cut or nothing came. */
int jsonl_gzip_dec_end(struct jsonl_gzip_dec *, struct err *);

#endif
