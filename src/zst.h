/*
 * zst.h: zstd streams. The only file that includes zstd.
 *
 * A struct zst_enc or zst_dec owns its zstd context and is used again with *_reset, also after an error. An encoder's
 * window is 512 KiB, so that it costs 2 MiB at most (3.5 with zstd's own choice for level 3), and four transfers at
 * a time stay within the memory goal. The output is one ordinary zstd frame with a checksum: `zstd -d` gives back the
 * bytes. The decoder takes whatever `zstd -d` does, several frames in a row included.
 *
 * Of the encoders that are freed a few stay for the next zst_enc_new, whichever thread calls it: to make one takes
 * longer than to compress a small body, since its memory is handed back and asked for anew each time (2,000 bodies of
 * 8 KB: 7.4 s where one that is there takes 0.7, most of it page faults).
 */
#ifndef OMNI_ZST_H
#define OMNI_ZST_H

#include "buf.h"
#include "err.h"

struct zst_enc;
struct zst_dec;

/* Where output goes, in pieces of at least one byte; 0 or not: what is not 0 stops, and is returned by the call. -1
 * with *err. */
typedef int (*zst_out)(void *ctx, const void *piece, size_t n, struct err *);

/* All int functions: 0; -1 with *err (ERR_FATAL: memory is short; ERR_JOB: the bytes are no zstd frame or damaged); or
 * what out returned. After anything but 0 only *_reset and *_free may follow. */

struct zst_enc *zst_enc_new(int level); /* NULL: out of memory */
void zst_enc_free(struct zst_enc *);
void zst_enc_reset(struct zst_enc *);
/* After new or reset: exactly n bytes will come, else the end fails. A small frame is then made in small tables. */
void zst_enc_pledge(struct zst_enc *, size_t n);
int zst_enc_add(struct zst_enc *, const void *, size_t n, zst_out, void *ctx, struct err *);
int zst_enc_end(struct zst_enc *, zst_out, void *ctx, struct err *); /* closes the frame */

struct zst_dec *zst_dec_new(void);
void zst_dec_free(struct zst_dec *);
void zst_dec_reset(struct zst_dec *);
int zst_dec_add(struct zst_dec *, const void *, size_t n, zst_out, void *ctx, struct err *);
/* 0 when a whole frame was read to its end, -1 with *err when it was cut or nothing came. */
int zst_dec_end(struct zst_dec *, struct err *);

#endif
