#include "jsonl_gzip.h"

#define ZLIB_CONST /* zlib.h: input that is only read is const */

#include <stdbool.h>
#include <stdlib.h>
#include <zlib.h>

#define LEVEL    4
#define GZIP     (15 + 16) /* window bits, and gzip's header and trailer in place of zlib's */
#define OUT_SIZE ((size_t)32 << 10)
#define IN_MAX   ((size_t)1 << 30) /* zlib counts a piece of input in an unsigned int */

struct jsonl_gzip_enc {
	z_stream z;
	unsigned char out[OUT_SIZE];
};

struct jsonl_gzip_dec {
	z_stream z;
	bool any;   /* a byte came since the last reset */
	bool whole; /* the last member is at its end */
	unsigned char out[OUT_SIZE];
};

struct jsonl_gzip_enc *jsonl_gzip_enc_new(void)
{
	struct jsonl_gzip_enc *e = calloc(1, sizeof(*e));

	if (e && deflateInit2(&e->z, LEVEL, Z_DEFLATED, GZIP, 8, Z_DEFAULT_STRATEGY) != Z_OK) {
		free(e);
		e = NULL;
	}
	return e;
}

void jsonl_gzip_enc_free(struct jsonl_gzip_enc *e)
{
	if (!e)
		return;
	(void)deflateEnd(&e->z);
	free(e);
}

void jsonl_gzip_enc_reset(struct jsonl_gzip_enc *e)
{
	(void)deflateReset(&e->z);
}

/* Until zlib has no more to say about its input. A full output means that there may be more. */
static int run(struct jsonl_gzip_enc *e, int how, zst_out out, void *ctx, struct err *err)
{
	do {
		size_t n;
		int rc;

		e->z.next_out = e->out;
		e->z.avail_out = OUT_SIZE;
		if (deflate(&e->z, how) == Z_STREAM_ERROR)
			return err_set(err, ERR_FATAL, "cannot compress");
		n = OUT_SIZE - e->z.avail_out;
		rc = n > 0 ? out(ctx, e->out, n, err) : 0;
		if (rc)
			return rc;
	} while (e->z.avail_out == 0);
	return 0;
}

int jsonl_gzip_enc_add(struct jsonl_gzip_enc *e, const void *piece, size_t n, zst_out out, void *ctx, struct err *err)
{
	const unsigned char *p = piece;

	while (n > 0) {
		size_t k = n < IN_MAX ? n : IN_MAX;
		int rc;
		e->z.next_in = p;
		e->z.avail_in = (uInt)k;
		rc = run(e, Z_NO_FLUSH, out, ctx, err);
		if (rc)
			return rc;
		p += k;
		n -= k;
	}
	return 0;
}

int jsonl_gzip_enc_end(struct jsonl_gzip_enc *e, zst_out out, void *ctx, struct err *err)
{
	int rc;

	e->z.next_in = NULL;
	e->z.avail_in = 0;
	rc = run(e, Z_FINISH, out, ctx, err);
	(void)deflateReset(&e->z);
	return rc;
}

struct jsonl_gzip_dec *jsonl_gzip_dec_new(void)
{
	struct jsonl_gzip_dec *d = calloc(1, sizeof(*d));

	if (d && inflateInit2(&d->z, GZIP) != Z_OK) {
		free(d);
		d = NULL;
	}
	return d;
}

void jsonl_gzip_dec_free(struct jsonl_gzip_dec *d)
{
	if (!d)
		return;
	(void)inflateEnd(&d->z);
	free(d);
}

void jsonl_gzip_dec_reset(struct jsonl_gzip_dec *d)
{
	(void)inflateReset(&d->z);
	d->any = d->whole = false;
}

static int damaged(int code, struct err *err)
{
	if (code == Z_MEM_ERROR)
		return err_set(err, ERR_FATAL, "out of memory");
	return err_set(err, ERR_JOB, "damaged gzip data");
}

/* One piece of input that zlib can count, through as many members as lie in it. */
static int inflate_piece(struct jsonl_gzip_dec *d, zst_out out, void *ctx, struct err *err)
{
	bool full = false; /* the output had no room to spare: there may be more of it */

	while (d->z.avail_in > 0 || full) {
		size_t n;
		int rc, code;

		if (d->whole && inflateReset(&d->z) != Z_OK)
			return damaged(Z_STREAM_ERROR, err);
		d->z.next_out = d->out;
		d->z.avail_out = OUT_SIZE;
		code = inflate(&d->z, Z_NO_FLUSH);
		if (code != Z_OK && code != Z_STREAM_END && code != Z_BUF_ERROR)
			return damaged(code, err);
		d->any = true;
		d->whole = code == Z_STREAM_END;
		full = d->z.avail_out == 0 && !d->whole;
		n = OUT_SIZE - d->z.avail_out;
		rc = n > 0 ? out(ctx, d->out, n, err) : 0;
		if (rc)
			return rc;
	}
	return 0;
}

int jsonl_gzip_dec_add(struct jsonl_gzip_dec *d, const void *piece, size_t n, zst_out out, void *ctx, struct err *err)
{
	const unsigned char *p = piece;

	while (n > 0) {
		size_t k = n < IN_MAX ? n : IN_MAX;
		int rc;
		d->z.next_in = p;
		d->z.avail_in = (uInt)k;
		rc = inflate_piece(d, out, ctx, err);
		if (rc)
			return rc;
		p += k;
		n -= k;
	}
	return 0;
}

int jsonl_gzip_dec_end(struct jsonl_gzip_dec *d, struct err *err)
{
	if (!d->any)
		return err_set(err, ERR_JOB, "no gzip data");
	if (!d->whole)
		return err_set(err, ERR_JOB, "the gzip data ends too early");
	return 0;
}
