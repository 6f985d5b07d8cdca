#include "jsonl_codec.h"

#include "jsonl_gzip.h"

#include <stdlib.h>
#include <string.h>

#define ZSTD_LEVEL 3

static const struct {
	const char *name, *suffix;
} codecs[JSONL_CODECS] = {
    [JSONL_ZSTD] = {"zstd", ".jsonl.zst"},
    [JSONL_GZIP] = {"gzip", ".jsonl.gz"},
    [JSONL_NONE] = {"none", ".jsonl"},
};

struct jsonl_enc {
	enum jsonl_codec codec;
	struct zst_enc *zst;
	struct jsonl_gzip_enc *gzip;
};

struct jsonl_dec {
	enum jsonl_codec codec;
	struct zst_dec *zst;
	struct jsonl_gzip_dec *gzip;
};

const char *jsonl_codec_name(enum jsonl_codec codec)
{
	return codecs[codec].name;
}

enum jsonl_codec jsonl_codec_of_name(struct text name)
{
	unsigned i = 0;

	while (i < JSONL_CODECS && !text_eq(name, text_of(codecs[i].name)))
		i++;
	return (enum jsonl_codec)i;
}

const char *jsonl_codec_suffix(enum jsonl_codec codec)
{
	return codecs[codec].suffix;
}

enum jsonl_codec jsonl_codec_of_file(const char *name)
{
	unsigned i = 0;

	for (; i < JSONL_CODECS; i++) {
		size_t n = strlen(name), k = strlen(codecs[i].suffix);
		if (n > k && strcmp(name + n - k, codecs[i].suffix) == 0)
			break;
	}
	return (enum jsonl_codec)i;
}

struct jsonl_enc *jsonl_enc_new(enum jsonl_codec codec)
{
	struct jsonl_enc *e = calloc(1, sizeof(*e));

	if (!e)
		return NULL;
	e->codec = codec;
	if (codec == JSONL_ZSTD)
		e->zst = zst_enc_new(ZSTD_LEVEL);
	else if (codec == JSONL_GZIP)
		e->gzip = jsonl_gzip_enc_new();
	if (codec != JSONL_NONE && !e->zst && !e->gzip) {
		free(e);
		return NULL;
	}
	return e;
}

void jsonl_enc_free(struct jsonl_enc *e)
{
	if (!e)
		return;
	zst_enc_free(e->zst);
	jsonl_gzip_enc_free(e->gzip);
	free(e);
}

void jsonl_enc_reset(struct jsonl_enc *e)
{
	if (e->zst)
		zst_enc_reset(e->zst);
	if (e->gzip)
		jsonl_gzip_enc_reset(e->gzip);
}

int jsonl_enc_add(struct jsonl_enc *e, const void *p, size_t n, zst_out out, void *ctx, struct err *err)
{
	switch (e->codec) {
	case JSONL_ZSTD:
		return zst_enc_add(e->zst, p, n, out, ctx, err);
	case JSONL_GZIP:
		return jsonl_gzip_enc_add(e->gzip, p, n, out, ctx, err);
	default:
		return n > 0 ? out(ctx, p, n, err) : 0;
	}
}

int jsonl_enc_end(struct jsonl_enc *e, zst_out out, void *ctx, struct err *err)
{
	switch (e->codec) {
	case JSONL_ZSTD:
		return zst_enc_end(e->zst, out, ctx, err);
	case JSONL_GZIP:
		return jsonl_gzip_enc_end(e->gzip, out, ctx, err);
	default:
		return 0;
	}
}

struct jsonl_dec *jsonl_dec_new(enum jsonl_codec codec)
{
	struct jsonl_dec *d = calloc(1, sizeof(*d));

	if (!d)
		return NULL;
	d->codec = codec;
	if (codec == JSONL_ZSTD)
		d->zst = zst_dec_new();
	else if (codec == JSONL_GZIP)
		d->gzip = jsonl_gzip_dec_new();
	if (codec != JSONL_NONE && !d->zst && !d->gzip) {
		free(d);
		return NULL;
	}
	return d;
}

void jsonl_dec_free(struct jsonl_dec *d)
{
	if (!d)
		return;
	zst_dec_free(d->zst);
	jsonl_gzip_dec_free(d->gzip);
	free(d);
}

int jsonl_dec_add(struct jsonl_dec *d, const void *p, size_t n, zst_out out, void *ctx, struct err *err)
{
	switch (d->codec) {
	case JSONL_ZSTD:
		return zst_dec_add(d->zst, p, n, out, ctx, err);
	case JSONL_GZIP:
		return jsonl_gzip_dec_add(d->gzip, p, n, out, ctx, err);
	default:
		return n > 0 ? out(ctx, p, n, err) : 0;
	}
}

int jsonl_dec_end(struct jsonl_dec *d, struct err *err)
{
	switch (d->codec) {
	case JSONL_ZSTD:
		return zst_dec_end(d->zst, err);
	case JSONL_GZIP:
		return jsonl_gzip_dec_end(d->gzip, err);
	default:
		return 0;
	}
}
