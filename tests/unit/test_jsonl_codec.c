#include "jsonl_codec.h"

#include "jsonl_gzip.h"
#include "unit.h"

#include <stdlib.h>
#include <string.h>

static struct err err;

static int to_buf(void *ctx, const void *p, size_t n, struct err *e)
{
	(void)e;
	assert_true(n > 0);
	return buf_add(ctx, p, n);
}

static int refuse(void *ctx, const void *p, size_t n, struct err *e)
{
	(void)ctx, (void)p, (void)n, (void)e;
	return 7;
}

/* Compressible to begin with, then not. */
static char *sample(size_t n)
{
	char *p = malloc(n);
	uint32_t seed = 1;

	assert_non_null(p);
	for (size_t i = 0; i < n; i++) {
		seed = seed * 1664525 + 1013904223;
		p[i] = i < n / 2 ? "line of text\n"[i % 13] : (char)(seed >> 24);
	}
	return p;
}

static void decode(enum jsonl_codec codec, struct text in, size_t step, struct buf *out, int expected)
{
	struct jsonl_dec *d = jsonl_dec_new(codec);
	int rc = 0;

	assert_non_null(d);
	buf_clear(out);
	for (size_t at = 0; at < in.n && rc == 0; at += step)
		rc = jsonl_dec_add(d, in.p + at, step < in.n - at ? step : in.n - at, to_buf, out, &err);
	if (rc == 0)
		rc = jsonl_dec_end(d, &err);
	assert_int_equal(rc, expected);
	jsonl_dec_free(d);
}

/* Several frames of several sizes, read back in pieces that fit none. */
static void round_trips(void **state)
{
	static const size_t frames[] = {1, 300000, 0, 70000, 32768};
	const size_t total = 402769;
	char *data = sample(total);
	struct buf packed, plain;

	(void)state;
	buf_init(&packed, SIZE_MAX / 2);
	buf_init(&plain, SIZE_MAX / 2);
	for (unsigned c = 0; c < JSONL_CODECS; c++) {
		struct jsonl_enc *e = jsonl_enc_new((enum jsonl_codec)c);
		size_t at = 0;
		assert_non_null(e);
		buf_clear(&packed);
		for (size_t i = 0; i < 5; i++) {
			/* what was begun and reset leaves nothing behind */
			struct buf dropped;
			buf_init(&dropped, SIZE_MAX / 2);
			assert_int_equal(jsonl_enc_add(e, data, 200000, to_buf, &dropped, &err), 0);
			jsonl_enc_reset(e);
			buf_free(&dropped);
			assert_int_equal(jsonl_enc_add(e, data + at, frames[i], to_buf, &packed, &err), 0);
			assert_int_equal(jsonl_enc_end(e, to_buf, &packed, &err), 0);
			at += frames[i];
		}
		jsonl_enc_free(e);
		if (c != JSONL_NONE)
			assert_true(packed.len < total);
		for (size_t step = 1; step < 1000000; step = step * 11 + 2) {
			decode((enum jsonl_codec)c, buf_text(&packed), step, &plain, 0);
			assert_int_equal(plain.len, total);
			assert_memory_equal(plain.data, data, total);
		}
		if (c != JSONL_NONE) {
			decode((enum jsonl_codec)c, (struct text){packed.data, packed.len - 1}, 4096, &plain, -1);
			assert_int_equal(err.kind, ERR_JOB);
			decode((enum jsonl_codec)c, (struct text){"", 0}, 1, &plain, -1);
			packed.data[packed.len / 3] = (char)(packed.data[packed.len / 3] ^ 0x10);
			decode((enum jsonl_codec)c, buf_text(&packed), 4096, &plain, -1);
			assert_int_equal(err.kind, ERR_JOB);
			decode((enum jsonl_codec)c, text_of("no such thing"), 4096, &plain, -1);
		}
	}
	buf_free(&packed);
	buf_free(&plain);
	free(data);
}

/* A reader that stops gets its own answer back. */
static void refused(void **state)
{
	const char noise[] = "0123456789";

	(void)state;
	for (unsigned c = 0; c < JSONL_CODECS; c++) {
		struct jsonl_enc *e = jsonl_enc_new((enum jsonl_codec)c);
		struct jsonl_dec *d = jsonl_dec_new((enum jsonl_codec)c);
		struct buf packed;
		int rc = 0;
		buf_init(&packed, 4096);
		assert_true(e && d);
		rc = jsonl_enc_add(e, noise, 10, refuse, NULL, &err);
		if (c != JSONL_NONE)
			rc = rc ? rc : jsonl_enc_end(e, refuse, NULL, &err);
		assert_int_equal(rc, 7);
		jsonl_enc_reset(e);
		assert_int_equal(jsonl_enc_add(e, noise, 10, to_buf, &packed, &err), 0);
		assert_int_equal(jsonl_enc_end(e, to_buf, &packed, &err), 0);
		assert_int_equal(jsonl_dec_add(d, packed.data, packed.len, refuse, NULL, &err), 7);
		buf_free(&packed);
		jsonl_enc_free(e);
		jsonl_dec_free(d);
	}
	jsonl_enc_free(NULL);
	jsonl_dec_free(NULL);
	jsonl_gzip_enc_free(NULL);
	jsonl_gzip_dec_free(NULL);
}

static void gzip_again_after_damage(void **state)
{
	static const char hello[] =
	    "\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\x03\xcbH\xcd\xc9\xc9\x07\x00\x86\xa6\x10\x36\x05"
	    "\x00\x00\x00";
	struct jsonl_gzip_dec *d = jsonl_gzip_dec_new();
	struct buf out;

	(void)state;
	buf_init(&out, 64);
	assert_non_null(d);
	assert_int_equal(jsonl_gzip_dec_add(d, "garbage", 7, to_buf, &out, &err), -1);
	jsonl_gzip_dec_reset(d);
	for (int i = 0; i < 2; i++)
		assert_int_equal(jsonl_gzip_dec_add(d, hello, sizeof(hello) - 1, to_buf, &out, &err), 0);
	assert_int_equal(jsonl_gzip_dec_end(d, &err), 0);
	assert_string_equal(buf_cstr(&out), "hellohello");
	buf_free(&out);
	jsonl_gzip_dec_free(d);
}

static void names(void **state)
{
	static const struct {
		const char *file;
		enum jsonl_codec codec;
	} files[] = {{"a-0001.jsonl.zst", JSONL_ZSTD},
		     {"a.jsonl.gz", JSONL_GZIP},
		     {"a.jsonl", JSONL_NONE},
		     {".jsonl", JSONL_CODECS},
		     {"a.json", JSONL_CODECS},
		     {"a.jsonl.zst.tmp", JSONL_CODECS},
		     {"", JSONL_CODECS}};

	(void)state;
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		assert_int_equal(jsonl_codec_of_file(files[i].file), files[i].codec);
	for (unsigned c = 0; c < JSONL_CODECS; c++) {
		assert_int_equal(jsonl_codec_of_name(text_of(jsonl_codec_name((enum jsonl_codec)c))), c);
		assert_non_null(jsonl_codec_suffix((enum jsonl_codec)c));
	}
	assert_int_equal(jsonl_codec_of_name(text_of("zst")), JSONL_CODECS);
	assert_int_equal(jsonl_codec_of_name(TEXT_NULL), JSONL_CODECS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(round_trips),
	    cmocka_unit_test(refused),
	    cmocka_unit_test(gzip_again_after_damage),
	    cmocka_unit_test(names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
