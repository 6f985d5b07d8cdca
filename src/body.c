#include "body.h"

#include "jsonscan.h"
#include "spool.h"
#include "zst.h"

#include <stdio.h>
#include <stdlib.h>

#define HEAD_SIZE     (((size_t)64 << 10) - 1) /* its buffer ends with a NUL: 64 KiB in all */
#define SPOOL_MEMORY  ((size_t)256 << 10)
#define MAX_BLANKS    ((size_t)1 << 10) /* in a row, outside of strings */
#define SMALL_LEVEL   3                 /* of zstd, for what fits into the head */
#define LARGE_LEVEL   1 /* for the rest: for CSV a third quicker than 3 and no larger (bench/README.md) */
#define KEEP_SKELETON ((size_t)256 << 10) /* memory that a used body may hold on to */
#define KEEP_HOLES    ((size_t)1 << 10)

struct body {
	uint64_t max_size, size;
	size_t large_string; /* a string of more bytes goes to the spool */
	bool keep, ended;
	struct buf head;
	struct sha256 *sha;
	uint8_t digest[SHA256_LEN];

	struct zst_enc *enc; /* only while a body arrives that is larger than the head: it is large itself */
	struct spool zst;

	struct jsonscan scan;
	char problem[256]; /* empty: none */
	struct buf skeleton;
	size_t blanks;        /* the skeleton ends in so many */
	size_t string_at;     /* where the string under way begins in the skeleton */
	uint64_t string_len;  /* its bytes so far */
	bool string_spooled;  /* it is a large one: the last of holes */
	struct spool strings; /* the large ones, one after the other */
	struct json_hole *hole;
	size_t holes_cap;
	struct json_holes holes; /* what json.h sees of them */
	struct err *err;         /* of the body_add under way, for what the scan's events meet */
};

/* The scan: skeleton and large strings. Events return 0, -1 with *b->err, or SPOILT: there is a problem now. */

#define SPOILT 1

static int out_of_memory(struct err *err)
{
	return err_set(err, ERR_FATAL, "out of memory");
}

static int skeleton_add(struct body *b, const char *p, size_t n)
{
	if (buf_add(&b->skeleton, p, n) == 0)
		return 0;
	if (n <= b->skeleton.max - b->skeleton.len)
		return out_of_memory(b->err);
	(void)snprintf(b->problem, sizeof(b->problem),
		       "the document has more than %zu MiB outside of its large strings", JSON_MAX_TEXT >> 20);
	return SPOILT;
}

/* The string under way turns out to be large: what there is of it moves to the spool. */
static int begin_hole(struct body *b)
{
	const size_t n = b->skeleton.len - b->string_at;

	if (b->holes.n == b->holes_cap) {
		size_t cap = b->holes_cap == 0 ? 16 : b->holes_cap * 2;
		struct json_hole *hole = realloc(b->hole, cap * sizeof(*hole));

		if (hole == NULL)
			return out_of_memory(b->err);
		b->holes.at = b->hole = hole;
		b->holes_cap = cap;
	}
	b->hole[b->holes.n++] = (struct json_hole){.off = b->strings.len};
	b->string_spooled = true;
	if (spool_add(&b->strings, b->skeleton.data + b->string_at, n, b->err) != 0)
		return -1;
	buf_cut(&b->skeleton, b->string_at);
	return 0;
}

static int end_string(struct body *b)
{
	char mark[32];

	if (b->string_spooled) {
		size_t index = b->holes.n - 1;
		int n = snprintf(mark, sizeof(mark), "\x01%zu", index);
		int rc = skeleton_add(b, mark, (size_t)n);

		if (rc != 0)
			return rc;
		b->hole[index].len = b->string_len;
	}
	b->string_len = 0;
	b->string_spooled = false;
	return 0;
}

static int inside_string(void *ctx, const char *p, size_t n)
{
	struct body *b = ctx;

	if (b->string_len == 0)
		b->string_at = b->skeleton.len;
	b->string_len += n;
	if (b->string_len <= b->large_string)
		return skeleton_add(b, p, n);
	if (!b->string_spooled && begin_hole(b) != 0)
		return -1;
	return spool_add(&b->strings, p, n, b->err);
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

static int outside_strings(void *ctx, const char *p, size_t n)
{
	struct body *b = ctx;
	size_t from = 0; /* [from, i) is to be copied */
	int rc = end_string(b);

	for (size_t i = 0; i < n && rc == 0; i++) {
		b->blanks = is_blank(p[i]) ? b->blanks + 1 : 0;
		if (b->blanks <= MAX_BLANKS)
			continue;
		rc = skeleton_add(b, p + from, i - from);
		from = i + 1;
	}
	return rc != 0 ? rc : skeleton_add(b, p + from, n - from);
}

static const struct jsonscan_events events = {outside_strings, inside_string};

/* Nobody will ask for the parts of what is no JSON. */
static void drop_parts(struct body *b)
{
	buf_free(&b->skeleton);
	spool_free(&b->strings);
	b->holes.n = 0;
}

static int scan_add(struct body *b, const char *p, size_t n, struct err *err)
{
	b->err = err;
	int rc = jsonscan_feed(&b->scan, p, n);
	b->err = NULL;
	if (b->scan.problem != NULL)
		jsonscan_say(&b->scan, b->problem, sizeof(b->problem));
	if (b->problem[0] == '\0')
		return rc;
	drop_parts(b);
	return 0;
}

/* What is kept */

static int zst_to_spool(void *ctx, const void *p, size_t n, struct err *err)
{
	return spool_add(ctx, p, n, err);
}

/* The next bytes, which are not yet in the head. Where they all fit into that, it is compressed at the end, as a whole:
 * most bodies are that small, and for those it takes little memory. */
static int keep_add(struct body *b, const void *p, size_t n, struct err *err)
{
	if (b->enc == NULL) {
		if (n <= HEAD_SIZE - b->head.len)
			return 0;
		b->enc = zst_enc_new(LARGE_LEVEL);
		if (b->enc == NULL)
			return out_of_memory(err);
		if (zst_enc_add(b->enc, b->head.data, b->head.len, zst_to_spool, &b->zst, err) != 0)
			return -1;
	}
	return zst_enc_add(b->enc, p, n, zst_to_spool, &b->zst, err);
}

static int keep_head(struct body *b, struct err *err)
{
	b->enc = zst_enc_new(SMALL_LEVEL);
	if (b->enc == NULL)
		return out_of_memory(err);
	zst_enc_pledge(b->enc, b->head.len);
	return zst_enc_add(b->enc, b->head.data, b->head.len, zst_to_spool, &b->zst, err);
}

static int keep_end(struct body *b, struct err *err)
{
	int rc = b->enc == NULL ? keep_head(b, err) : 0;

	if (rc == 0)
		rc = zst_enc_end(b->enc, zst_to_spool, &b->zst, err);
	zst_enc_free(b->enc);
	b->enc = NULL;
	return rc;
}

/* The body */

struct body *body_new(uint64_t max_size)
{
	struct body *b = calloc(1, sizeof(*b));

	if (b == NULL)
		return NULL;
	b->max_size = max_size;
	b->large_string = BODY_LARGE_STRING;
	buf_init(&b->head, HEAD_SIZE);
	buf_init(&b->skeleton, JSON_MAX_TEXT);
	spool_init(&b->zst, SPOOL_MEMORY);
	spool_init(&b->strings, SPOOL_MEMORY);
	b->holes.spool = &b->strings;
	b->sha = sha256_new();
	if (b->sha == NULL) {
		body_free(b);
		return NULL;
	}
	body_reset(b, false);
	return b;
}

void body_free(struct body *b)
{
	if (b == NULL)
		return;
	buf_free(&b->head);
	sha256_free(b->sha);
	zst_enc_free(b->enc);
	spool_free(&b->zst);
	buf_free(&b->skeleton);
	spool_free(&b->strings);
	free(b->hole);
	free(b);
}

void body_reset(struct body *b, bool keep)
{
	b->size = 0;
	b->keep = keep;
	b->ended = false;
	buf_clear(&b->head);
	sha256_reset(b->sha);
	zst_enc_free(b->enc);
	b->enc = NULL;
	spool_clear(&b->zst);

	jsonscan_init(&b->scan, &events, b);
	b->problem[0] = '\0';
	if (b->skeleton.cap > KEEP_SKELETON)
		buf_free(&b->skeleton);
	buf_clear(&b->skeleton);
	b->blanks = b->string_at = 0;
	b->string_len = 0;
	b->string_spooled = false;
	spool_clear(&b->strings);
	if (b->holes_cap > KEEP_HOLES) {
		free(b->hole);
		b->hole = NULL;
		b->holes_cap = 0;
	}
	b->holes.at = b->hole;
	b->holes.n = 0;
}

void body_spool_beyond(struct body *b, size_t n)
{
	b->large_string = n;
}

int body_add(struct body *b, const void *p, size_t n, struct err *err)
{
	size_t head = HEAD_SIZE - b->head.len;

	if (n == 0)
		return 0;
	if (n > b->max_size - b->size)
		return err_set(err, ERR_JOB, "the body is larger than %llu bytes", (unsigned long long)b->max_size);
	b->size += n;
	if (b->keep && keep_add(b, p, n, err) != 0)
		return -1;
	if (head > 0 && buf_add(&b->head, p, n < head ? n : head) != 0)
		return out_of_memory(err);
	sha256_add(b->sha, p, n);
	return b->problem[0] == '\0' ? scan_add(b, p, n, err) : 0;
}

int body_end(struct body *b, struct err *err)
{
	sha256_end(b->sha, b->digest);
	if (b->keep && keep_end(b, err) != 0)
		return -1;
	b->ended = true;
	if (b->problem[0] != '\0' || jsonscan_finish(&b->scan) == 0)
		return 0;
	if (b->size == 0)
		(void)snprintf(b->problem, sizeof(b->problem), "the body is empty");
	else
		jsonscan_say(&b->scan, b->problem, sizeof(b->problem));
	drop_parts(b);
	return 0;
}

uint64_t body_size(const struct body *b)
{
	return b->size;
}

const uint8_t *body_sha256(const struct body *b)
{
	return b->digest;
}

const char *body_problem(const struct body *b)
{
	return b->problem[0] != '\0' ? b->problem : NULL;
}

int body_parse(struct body *b, struct json_doc *doc, struct err *err)
{
	if (b->problem[0] != '\0')
		return err_set(err, ERR_JOB, "%s", b->problem);
	return json_parse_scanned(doc, b->skeleton.data, b->skeleton.len, &b->holes, err);
}

struct text body_head(const struct body *b)
{
	return buf_text(&b->head);
}

bool body_kept(const struct body *b)
{
	return b->keep && b->ended;
}

uint64_t body_zst_len(const struct body *b)
{
	return b->zst.len;
}

long body_zst_read(struct body *b, uint64_t off, void *out, size_t n, struct err *err)
{
	return spool_read(&b->zst, off, out, n, err);
}
