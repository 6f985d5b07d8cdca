/*
 * zst.c, and sinks/jsonl_gzip.c behind jsonl_codec.c: kept bodies and parts, damaged in any way. The input is what is
 * read back, and also what is written.
 *
 * - How the bytes are split changes nothing: verdict and output.
 * - What was written is read back; one that was cut is refused, one in which a bit fell over is refused or unharmed.
 */
#include "fuzz.h"
#include "jsonl_codec.h"

#define MAX_OUT ((size_t)1 << 20)

static int take(void *ctx, const void *p, size_t n, struct err *err)
{
	struct buf *out = ctx;

	(void)err;
	HOLDS(n > 0);
	return buf_add(out, p, n) == 0 ? 0 : 42; /* a small file may become a very large one */
}

static int decode(enum jsonl_codec codec, const char *p, size_t n, enum split how, struct dice dice, struct buf *out)
{
	struct jsonl_dec *d = jsonl_dec_new(codec);
	struct err err = {.kind = ERR_NONE};
	int rc = 0;

	HOLDS(d != NULL);
	buf_clear(out);
	for (size_t k; n > 0 && rc == 0; p += k, n -= k) {
		k = split_next(how, &dice, n);
		rc = jsonl_dec_add(d, p, k, take, out, &err);
	}
	if (rc == 0)
		rc = jsonl_dec_end(d, &err);
	HOLDS(rc != -1 || (err.kind == ERR_JOB && fuzz_is_message(err.msg, sizeof(err.msg))));
	jsonl_dec_free(d);
	return rc;
}

static void encode(enum jsonl_codec codec, const char *p, size_t n, struct dice dice, struct buf *out)
{
	static struct jsonl_enc *encoders[JSONL_CODECS];
	struct jsonl_enc *e = encoders[codec];
	struct err err;

	if (e == NULL)
		e = encoders[codec] = jsonl_enc_new(codec);
	HOLDS(e != NULL);
	buf_clear(out);
	jsonl_enc_reset(e);
	for (size_t k; n > 0; p += k, n -= k) {
		k = split_next(SPLIT_LARGE, &dice, n);
		HOLDS(jsonl_enc_add(e, p, k, take, out, &err) == 0);
	}
	HOLDS(jsonl_enc_end(e, take, out, &err) == 0);
}

static void check_codec(enum jsonl_codec codec, const char *p, size_t n, struct dice dice)
{
	static struct buf first, other, file;
	int rc;

	if (first.max == 0) {
		buf_init(&first, MAX_OUT);
		buf_init(&other, MAX_OUT);
		buf_init(&file, MAX_OUT);
	}
	rc = decode(codec, p, n, SPLIT_NOT, dice, &first);
	for (int how = SPLIT_NOT + 1; how < SPLITS; how++) {
		const int again = decode(codec, p, n, (enum split)how, dice, &other);

		/* Where it stops, a piece more or less may have come out. */
		HOLDS(again == rc && (rc != 0 || same(&first, &other)));
	}

	encode(codec, p, n, dice, &file);
	HOLDS(decode(codec, buf_cstr(&file), file.len, SPLIT_SMALL, dice, &other) == 0);
	HOLDS(other.len == n && (n == 0 || memcmp(other.data, p, n) == 0));
	if (file.len == 0)
		return;
	HOLDS(decode(codec, file.data, dice_roll(&dice, file.len), SPLIT_NOT, dice, &other) != 0);
	file.data[dice_roll(&dice, file.len)] ^= (char)(1 << dice_roll(&dice, 8));
	if (decode(codec, file.data, file.len, SPLIT_NOT, dice, &other) == 0)
		HOLDS(other.len == n && (n == 0 || memcmp(other.data, p, n) == 0));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct dice dice = dice_of(data, size);

	if (size > 100000)
		return 0;
	check_codec(JSONL_ZSTD, (const char *)data, size, dice);
	check_codec(JSONL_GZIP, (const char *)data, size, dice);
	return 0;
}
