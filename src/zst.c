#include "zst.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <zstd.h>
#include <zstd_errors.h>

#define WINDOW_LOG 19 /* 512 KiB; see zst.h */
#define OUT_SIZE   ((size_t)32 << 10)
#define IDLE_MAX   2 /* encoders that stay: as many as are idle for a moment between two bodies */

struct zst_enc {
	ZSTD_CCtx *ctx;
	char out[OUT_SIZE];
};

struct zst_dec {
	ZSTD_DCtx *ctx;
	bool any;   /* a byte came since the last reset */
	bool whole; /* the last frame is at its end */
	char out[OUT_SIZE];
};

static int zst_fail(struct err *err, const char *what, size_t code)
{
	if (ZSTD_getErrorCode(code) == ZSTD_error_memory_allocation)
		return err_set(err, ERR_FATAL, "out of memory");
	return err_set(err, ERR_JOB, "%s: %s", what, ZSTD_getErrorName(code));
}

static pthread_mutex_t idle_lock = PTHREAD_MUTEX_INITIALIZER;
static struct zst_enc *idle[IDLE_MAX];
static size_t idle_n;

static struct zst_enc *take_idle(void)
{
	struct zst_enc *e = NULL;

	(void)pthread_mutex_lock(&idle_lock);
	if (idle_n > 0)
		e = idle[--idle_n];
	(void)pthread_mutex_unlock(&idle_lock);
	return e;
}

/* True: it stays. */
static bool give_idle(struct zst_enc *e)
{
	bool stays;

	(void)pthread_mutex_lock(&idle_lock);
	stays = idle_n < IDLE_MAX;
	if (stays)
		idle[idle_n++] = e;
	(void)pthread_mutex_unlock(&idle_lock);
	return stays;
}

static struct zst_enc *enc_make(void)
{
	struct zst_enc *e = malloc(sizeof(*e));

	if (e == NULL)
		return NULL;
	e->ctx = ZSTD_createCCtx();
	if (e->ctx == NULL || ZSTD_isError(ZSTD_CCtx_setParameter(e->ctx, ZSTD_c_windowLog, WINDOW_LOG)) ||
	    ZSTD_isError(ZSTD_CCtx_setParameter(e->ctx, ZSTD_c_checksumFlag, 1))) {
		ZSTD_freeCCtx(e->ctx);
		free(e);
		return NULL;
	}
	return e;
}

struct zst_enc *zst_enc_new(int level)
{
	struct zst_enc *e = take_idle();

	if (e == NULL)
		e = enc_make();
	if (e == NULL)
		return NULL;
	zst_enc_reset(e);
	/* Only a level that there is not fails, and zstd takes the nearest one then. */
	(void)ZSTD_CCtx_setParameter(e->ctx, ZSTD_c_compressionLevel, level);
	return e;
}

void zst_enc_free(struct zst_enc *e)
{
	if (e == NULL || give_idle(e))
		return;
	ZSTD_freeCCtx(e->ctx);
	free(e);
}

void zst_enc_reset(struct zst_enc *e)
{
	(void)ZSTD_CCtx_reset(e->ctx, ZSTD_reset_session_only); /* this kind of reset never fails */
}

void zst_enc_pledge(struct zst_enc *e, size_t n)
{
	(void)ZSTD_CCtx_setPledgedSrcSize(e->ctx, n); /* fails within a frame alone */
}

/* Until the input is taken and, at the end, all of the output is out. */
static int enc_run(struct zst_enc *e, ZSTD_inBuffer in, ZSTD_EndDirective how, zst_out out, void *ctx, struct err *err)
{
	size_t left;

	do {
		ZSTD_outBuffer to = {e->out, sizeof(e->out), 0};

		left = ZSTD_compressStream2(e->ctx, &to, &in, how);
		if (ZSTD_isError(left))
			return zst_fail(err, "cannot compress", left);
		if (to.pos > 0) {
			int rc = out(ctx, e->out, to.pos, err);

			if (rc != 0)
				return rc;
		}
	} while (how == ZSTD_e_end ? left > 0 : in.pos < in.size);
	return 0;
}

int zst_enc_add(struct zst_enc *e, const void *p, size_t n, zst_out out, void *ctx, struct err *err)
{
	return enc_run(e, (ZSTD_inBuffer){p, n, 0}, ZSTD_e_continue, out, ctx, err);
}

int zst_enc_end(struct zst_enc *e, zst_out out, void *ctx, struct err *err)
{
	return enc_run(e, (ZSTD_inBuffer){NULL, 0, 0}, ZSTD_e_end, out, ctx, err);
}

struct zst_dec *zst_dec_new(void)
{
	struct zst_dec *d = malloc(sizeof(*d));

	if (d == NULL)
		return NULL;
	d->any = d->whole = false;
	d->ctx = ZSTD_createDCtx();
	if (d->ctx == NULL) {
		free(d);
		return NULL;
	}
	return d;
}

void zst_dec_free(struct zst_dec *d)
{
	if (d == NULL)
		return;
	ZSTD_freeDCtx(d->ctx);
	free(d);
}

void zst_dec_reset(struct zst_dec *d)
{
	(void)ZSTD_DCtx_reset(d->ctx, ZSTD_reset_session_only);
	d->any = d->whole = false;
}

int zst_dec_add(struct zst_dec *d, const void *p, size_t n, zst_out out, void *ctx, struct err *err)
{
	ZSTD_inBuffer in = {p, n, 0};
	bool full = false; /* the output had no room to spare: there may be more of it */

	while (in.pos < in.size || full) {
		ZSTD_outBuffer to = {d->out, sizeof(d->out), 0};
		size_t hint = ZSTD_decompressStream(d->ctx, &to, &in);

		if (ZSTD_isError(hint))
			return zst_fail(err, "damaged zstd data", hint);
		d->any = true;
		d->whole = hint == 0;
		full = to.pos == to.size && hint != 0;
		if (to.pos > 0) {
			int rc = out(ctx, d->out, to.pos, err);

			if (rc != 0)
				return rc;
		}
	}
	return 0;
}

int zst_dec_end(struct zst_dec *d, struct err *err)
{
	if (!d->any)
		return err_set(err, ERR_JOB, "no zstd data");
	if (!d->whole)
		return err_set(err, ERR_JOB, "the zstd data ends too early");
	return 0;
}
