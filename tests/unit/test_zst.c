#include "zst.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define MIB ((size_t)1 << 20)

static int to_buf(void *ctx, const void *p, size_t n, struct err *err)
{
	assert_true(n > 0);
	return buf_add(ctx, p, n) == 0 ? 0 : err_set(err, ERR_FATAL, "test buffer full");
}

static int refuse(void *ctx, const void *p, size_t n, struct err *err)
{
	(void)ctx;
	(void)p;
	(void)n;
	return err_set(err, ERR_JOB, "refused");
}

/* Text that compresses, or noise that does not. */
static char *make_data(size_t n, bool noise)
{
	char *p = malloc(n + 1);
	uint32_t x = 1;

	assert_non_null(p);
	for (size_t i = 0; i < n; i++) {
		x = x * 1664525 + 1013904223;
		p[i] = noise ? (char)(x >> 24) : "0123456789,\n"[(x >> 29) + i % 5];
	}
	return p;
}

static void encode(struct zst_enc *e, const char *p, size_t n, size_t piece, struct buf *out)
{
	struct err err;

	zst_enc_reset(e);
	for (size_t i = 0; i < n; i += piece)
		assert_int_equal(zst_enc_add(e, p + i, n - i < piece ? n - i : piece, to_buf, out, &err), 0);
	assert_int_equal(zst_enc_end(e, to_buf, out, &err), 0);
}

static void decode(struct zst_dec *d, const struct buf *in, size_t piece, struct buf *out)
{
	struct err err;

	zst_dec_reset(d);
	for (size_t i = 0; i < in->len; i += piece) {
		assert_int_equal(
		    zst_dec_add(d, in->data + i, in->len - i < piece ? in->len - i : piece, to_buf, out, &err), 0);
	}
	assert_int_equal(zst_dec_end(d, &err), 0);
}

static void what_goes_in_comes_out(void **state)
{
	static const struct {
		size_t n, in_piece, out_piece;
		bool noise;
	} cases[] = {
	    {0, 1, 1, false},
	    {1, 1, 1, false},
	    {5000, 1, 1, false},
	    {5000, 5000, 7, true},
	    {MIB, 1000, 333, false},
	    {MIB + 1, MIB + 1, 65536, true},
	    {128 << 10, 1, MIB, true},
	    {17 * MIB, 16384, MIB, true},
	    {17 * MIB, MIB, 16384, false},
	};
	struct zst_enc *e = zst_enc_new(3);
	struct zst_dec *d = zst_dec_new();
	struct buf packed, back;

	(void)state;
	assert_non_null(e);
	assert_non_null(d);
	buf_init(&packed, 32 * MIB);
	buf_init(&back, 32 * MIB);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char *p = make_data(cases[i].n, cases[i].noise);

		buf_clear(&packed);
		buf_clear(&back);
		encode(e, p, cases[i].n, cases[i].in_piece, &packed);
		assert_memory_equal(packed.data, "\x28\xb5\x2f\xfd", 4);
		assert_true(packed.data[4] & 4); /* the frame has a checksum */
		if (!cases[i].noise && cases[i].n > 1000)
			assert_true(packed.len < cases[i].n * 3 / 4);
		decode(d, &packed, cases[i].out_piece, &back);
		assert_int_equal(back.len, cases[i].n);
		if (back.len > 0)
			assert_memory_equal(back.data, p, back.len);
		free(p);
	}
	buf_free(&packed);
	buf_free(&back);
	zst_enc_free(e);
	zst_dec_free(d);
	zst_enc_free(NULL);
	zst_dec_free(NULL);
}

/* A few bytes in can mean very many out: all of them must come, although no more input does. */
static void last_byte_brings_all_the_rest(void **state)
{
	/* 128 KiB of the letter z in one block, without a checksum (RFC 8878, section 3.1.1). */
	static const char frame[] = "\x28\xb5\x2f\xfd\xa0\x00\x00\x02\x00\x03\x00\x10z";
	struct zst_dec *d = zst_dec_new();
	struct buf back;
	struct err err;

	(void)state;
	buf_init(&back, MIB);
	assert_int_equal(zst_dec_add(d, frame, sizeof(frame) - 1, to_buf, &back, &err), 0);
	assert_int_equal(zst_dec_end(d, &err), 0);
	assert_int_equal(back.len, 128 << 10);
	assert_int_equal(strspn(back.data, "z"), back.len);
	buf_free(&back);
	zst_dec_free(d);
}

static void every_cut_is_noticed(void **state)
{
	struct zst_enc *e = zst_enc_new(3);
	struct zst_dec *d = zst_dec_new();
	struct buf packed, back;
	struct err err;
	char *p = make_data(3000, false);

	(void)state;
	buf_init(&packed, MIB);
	buf_init(&back, MIB);
	encode(e, p, 3000, 3000, &packed);
	decode(d, &packed, packed.len, &back); /* that was whole, and must not be remembered */
	for (size_t n = 0; n < packed.len; n++) {
		zst_dec_reset(d);
		buf_clear(&back);
		assert_int_equal(zst_dec_add(d, packed.data, n, to_buf, &back, &err), 0);
		assert_int_equal(zst_dec_end(d, &err), -1);
		assert_int_equal(err.kind, ERR_JOB);
		assert_string_equal(err.msg, n == 0 ? "no zstd data" : "the zstd data ends too early");
	}
	free(p);
	buf_free(&packed);
	buf_free(&back);
	zst_enc_free(e);
	zst_dec_free(d);
}

static void every_flipped_bit_of_the_data_is_noticed(void **state)
{
	struct zst_enc *e = zst_enc_new(3);
	struct zst_dec *d = zst_dec_new();
	struct buf packed, back;
	struct err err;
	char *p = make_data(300, true);

	(void)state;
	buf_init(&packed, MIB);
	buf_init(&back, MIB);
	encode(e, p, 300, 300, &packed);
	/* After the frame's header: block, content, checksum. */
	for (size_t bit = 8 * 6; bit < 8 * packed.len; bit++) {
		packed.data[bit / 8] ^= (char)(1 << bit % 8);
		zst_dec_reset(d);
		buf_clear(&back);
		if (zst_dec_add(d, packed.data, packed.len, to_buf, &back, &err) == 0)
			assert_int_equal(zst_dec_end(d, &err), -1);
		assert_int_equal(err.kind, ERR_JOB);
		packed.data[bit / 8] ^= (char)(1 << bit % 8);
	}
	decode(d, &packed, packed.len, &back); /* an error does not last beyond a reset */
	free(p);
	buf_free(&packed);
	buf_free(&back);
	zst_enc_free(e);
	zst_dec_free(d);
}

static void what_is_no_frame_is_refused(void **state)
{
	static const char *const junk[] = {"{\"actions\":[]}", "\x1f\x8b\x08 not gzip", "\x28\xb5\x2f\xfe...."};
	struct zst_dec *d = zst_dec_new();
	struct buf back;
	struct err err;

	(void)state;
	buf_init(&back, MIB);
	for (size_t i = 0; i < sizeof(junk) / sizeof(junk[0]); i++) {
		zst_dec_reset(d);
		assert_int_equal(zst_dec_add(d, junk[i], strlen(junk[i]), to_buf, &back, &err), -1);
		assert_int_equal(err.kind, ERR_JOB);
		assert_memory_equal(err.msg, "damaged zstd data: ", 19);
	}
	assert_int_equal(back.len, 0);
	buf_free(&back);
	zst_dec_free(d);
}

static void frames_in_a_row_are_one_text(void **state)
{
	struct zst_enc *e = zst_enc_new(3);
	struct zst_dec *d = zst_dec_new();
	struct buf packed, back;

	(void)state;
	buf_init(&packed, MIB);
	buf_init(&back, MIB);
	encode(e, "one ", 4, 4, &packed);
	encode(e, "two", 3, 3, &packed);
	decode(d, &packed, 5, &back);
	assert_string_equal(buf_cstr(&back), "one two");
	buf_free(&packed);
	buf_free(&back);
	zst_enc_free(e);
	zst_dec_free(d);
}

static void a_refusal_of_the_output_is_passed_on(void **state)
{
	struct zst_enc *e = zst_enc_new(3);
	struct zst_dec *d = zst_dec_new();
	struct buf packed, back;
	struct err err = {0};

	(void)state;
	buf_init(&packed, MIB);
	buf_init(&back, MIB);
	assert_int_equal(zst_enc_add(e, "half", 4, to_buf, &packed, &err), 0);
	assert_int_equal(zst_enc_end(e, refuse, NULL, &err), -1);
	assert_string_equal(err.msg, "refused");
	buf_clear(&packed);
	encode(e, "whole", 5, 5, &packed); /* resets first: nothing of the half is left */
	assert_int_equal(zst_dec_add(d, packed.data, packed.len, refuse, NULL, &err), -1);
	assert_string_equal(err.msg, "refused");
	decode(d, &packed, 100, &back);
	assert_string_equal(buf_cstr(&back), "whole");
	buf_free(&packed);
	buf_free(&back);
	zst_enc_free(e);
	zst_dec_free(d);
}

/* A freed encoder stays for the next one, which knows nothing of what the first was about: half a frame, a pledge, a
 * level, a refusal. */
static void nothing_is_left_of_a_freed_encoder(void **state)
{
	struct zst_dec *d = zst_dec_new();
	struct buf packed[2], halves, back;
	char *text = make_data(20000, false);
	struct err err;

	(void)state;
	buf_init(&packed[0], MIB);
	buf_init(&packed[1], MIB);
	buf_init(&halves, MIB);
	buf_init(&back, MIB);
	for (int round = 0; round < 8; round++) {
		struct zst_enc *e[3] = {zst_enc_new(19), zst_enc_new(1), zst_enc_new(3)};

		/* With more than stay at work at once. */
		for (int i = 0; i < 3; i++) {
			if ((round + i) % 2 == 0)
				zst_enc_pledge(e[i], 7);
			assert_int_equal(zst_enc_add(e[i], "half", 4, to_buf, &halves, &err), 0);
			if (round % 4 == 3)
				assert_int_equal(zst_enc_end(e[i], refuse, NULL, &err), -1);
		}
		for (int i = 0; i < 3; i++)
			zst_enc_free(e[i]);
		e[0] = zst_enc_new(3);
		buf_clear(&packed[round > 0]);
		assert_int_equal(zst_enc_add(e[0], text, 20000, to_buf, &packed[round > 0], &err), 0);
		assert_int_equal(zst_enc_end(e[0], to_buf, &packed[round > 0], &err), 0);
		zst_enc_free(e[0]);
		buf_clear(&back);
		decode(d, &packed[round > 0], 1000, &back);
		assert_int_equal(back.len, 20000);
		assert_memory_equal(back.data, text, 20000);
		if (round > 0) {
			assert_int_equal(packed[1].len, packed[0].len);
			assert_memory_equal(packed[1].data, packed[0].data, packed[0].len);
		}
	}
	buf_free(&packed[0]);
	buf_free(&packed[1]);
	buf_free(&halves);
	buf_free(&back);
	free(text);
	zst_dec_free(d);
}

/* What was pledged comes, in a smaller frame that says how much it is; another amount is an error, and no frame. */
static void a_pledge_is_kept(void **state)
{
	struct zst_enc *e = zst_enc_new(3);
	struct zst_dec *d = zst_dec_new();
	struct buf packed, back;
	struct err err;

	(void)state;
	buf_init(&packed, MIB);
	buf_init(&back, MIB);
	for (size_t n = 0; n <= 5; n += 5) {
		zst_enc_reset(e);
		zst_enc_pledge(e, n);
		buf_clear(&packed);
		buf_clear(&back);
		assert_int_equal(zst_enc_add(e, "whole", n, to_buf, &packed, &err), 0);
		assert_int_equal(zst_enc_end(e, to_buf, &packed, &err), 0);
		decode(d, &packed, 3, &back);
		assert_int_equal(back.len, n);
	}
	zst_enc_reset(e);
	zst_enc_pledge(e, 6);
	assert_int_equal(zst_enc_add(e, "whole", 5, to_buf, &packed, &err), 0);
	assert_int_equal(zst_enc_end(e, to_buf, &packed, &err), -1);
	assert_int_equal(err.kind, ERR_JOB);
	buf_free(&packed);
	buf_free(&back);
	zst_enc_free(e);
	zst_dec_free(d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_goes_in_comes_out),
	    cmocka_unit_test(last_byte_brings_all_the_rest),
	    cmocka_unit_test(every_cut_is_noticed),
	    cmocka_unit_test(every_flipped_bit_of_the_data_is_noticed),
	    cmocka_unit_test(what_is_no_frame_is_refused),
	    cmocka_unit_test(frames_in_a_row_are_one_text),
	    cmocka_unit_test(a_refusal_of_the_output_is_passed_on),
	    cmocka_unit_test(nothing_is_left_of_a_freed_encoder),
	    cmocka_unit_test(a_pledge_is_kept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
