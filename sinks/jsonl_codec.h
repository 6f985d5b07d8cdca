/*
 * jsonl_codec.h: what a part is compressed with. One shape for zstd, gzip and nothing at all.
 *
 * An encoder writes frames (zstd's frames, gzip's members): bytes added up to an end make one, and a file of several in
 * a row decodes to all of them. So a file can be cut back to where a frame begins. Both are used again with *_reset.
 */
#ifndef OMNI_JSONL_CODEC_H
#define OMNI_JSONL_CODEC_H

#include "zst.h"

enum jsonl_codec { JSONL_ZSTD, JSONL_GZIP, JSONL_NONE, JSONL_CODECS };

/* The name in ?compress=NAME: "zstd". */
const char *jsonl_codec_name(enum jsonl_codec);
/* The codec of that name, or JSONL_CODECS. */
enum jsonl_codec jsonl_codec_of_name(struct text);
/* What its files' names end in: ".jsonl.zst". */
const char *jsonl_codec_suffix(enum jsonl_codec);
/* By the end of a file's name, or JSONL_CODECS. */
enum jsonl_codec jsonl_codec_of_file(const char *name);

struct jsonl_enc;
struct jsonl_dec;

/* int functions return as those of zst.h do. */

struct jsonl_enc *jsonl_enc_new(enum jsonl_codec); /* NULL: out of memory */
void jsonl_enc_free(struct jsonl_enc *);
void jsonl_enc_reset(struct jsonl_enc *);
int jsonl_enc_add(struct jsonl_enc *, const void *, size_t n, zst_out, void *ctx, struct err *);
int jsonl_enc_end(struct jsonl_enc *, zst_out, void *ctx, struct err *);

struct jsonl_dec *jsonl_dec_new(enum jsonl_codec);
void jsonl_dec_free(struct jsonl_dec *);
int jsonl_dec_add(struct jsonl_dec *, const void *, size_t n, zst_out, void *ctx, struct err *);
int jsonl_dec_end(struct jsonl_dec *, struct err *);

#endif
