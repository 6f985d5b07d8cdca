#include "result_plain.h"

#include "result_rows.h"
#include "utf8.h"
#include "zst.h"

#include <stdlib.h>
#include <string.h>

#define PIECE ((size_t)64 << 10)

typedef int (*piece_fn)(void *ctx, const char *p, size_t n, struct err *);

struct result_plain {
	struct result_rows *rows;
	struct json_doc *doc; /* an empty one: there are no fields with types */
	struct zst_dec *dec;
	struct body *body;
	char *compressed; /* PIECE of it */
	/* The text on its way. */
	struct buf text; /* a piece, behind the bytes of a character that was cut */
	piece_fn piece;
	void *ctx;
	unsigned *flags;
	uint64_t at; /* bytes before text */
};

struct result_plain *result_plain_new(void)
{
	struct result_plain *p = calloc(1, sizeof(*p));

	if (p == NULL)
		return NULL;
	buf_init(&p->text, SIZE_MAX / 2);
	p->rows = result_rows_new();
	p->doc = json_new();
	p->dec = zst_dec_new();
	p->compressed = malloc(PIECE);
	if (p->rows != NULL && p->doc != NULL && p->dec != NULL && p->compressed != NULL)
		return p;
	result_plain_free(p);
	return NULL;
}

void result_plain_free(struct result_plain *p)
{
	if (p == NULL)
		return;
	result_rows_free(p->rows);
	json_free(p->doc);
	zst_dec_free(p->dec);
	free(p->compressed);
	buf_free(&p->text);
	free(p);
}

/* The whole characters of p->text are handed on, what is cut stays; last: nothing may be. */
static int hand_on(struct result_plain *p, bool last, struct err *err)
{
	const char *s = buf_cstr(&p->text);
	const size_t n = p->text.len;
	size_t from = 0, i = 0;
	int rc = 0;

	while (i < n && rc == 0) {
		const size_t len = (signed char)s[i] > 0 ? 1 : s[i] == '\0' ? 0 : utf8_len(s + i, n - i);

		if (len > 0) {
			i += len;
			continue;
		}
		if (s[i] != '\0' && n - i < 4 && !last)
			break;
		if (s[i] != '\0')
			return err_set(err, ERR_JOB, "byte %llu is no UTF-8", (unsigned long long)(p->at + i));
		rc = i > from ? p->piece(p->ctx, s + from, i - from, err) : 0;
		rc = rc != 0 ? rc : p->piece(p->ctx, "\xef\xbf\xbd", 3, err);
		*p->flags |= JSON_REPLACED;
		from = ++i;
	}
	if (rc == 0 && i > from)
		rc = p->piece(p->ctx, s + from, i - from, err);
	if (rc == 0) {
		memmove(p->text.data, p->text.data + i, n - i);
		buf_cut(&p->text, n - i);
		p->at += i;
	}
	return rc;
}

static int take_text(void *ctx, const void *piece, size_t n, struct err *err)
{
	struct result_plain *p = ctx;

	if (buf_add(&p->text, piece, n) != 0)
		return err_set(err, ERR_FATAL, "out of memory");
	return hand_on(p, false, err);
}

static int hand_all(void *from, piece_fn piece, void *ctx, unsigned *flags, struct err *err)
{
	struct result_plain *p = from;
	const uint64_t len = body_zst_len(p->body);
	int rc = 0;

	p->piece = piece;
	p->ctx = ctx;
	p->flags = flags;
	p->at = 0;
	buf_clear(&p->text);
	zst_dec_reset(p->dec);
	for (uint64_t off = 0; off < len && rc == 0;) {
		const long n = body_zst_read(p->body, off, p->compressed, PIECE, err);

		if (n <= 0)
			return n < 0 ? -1 : err_set(err, ERR_FATAL, "the kept answer ends too early");
		rc = zst_dec_add(p->dec, p->compressed, (size_t)n, take_text, p, err);
		off += (uint64_t)n;
	}
	if (rc == 0)
		rc = zst_dec_end(p->dec, err);
	return rc == 0 && p->text.len > 0 ? hand_on(p, true, err) : rc;
}

int result_plain_read(struct result_plain *p, struct body *body, struct query_result *q, const struct result_visitor *v,
		      void *ctx, struct result_warn *warn, struct err *err)
{
	const struct result_csv csv = {
	    .doc = p->doc, .csv = -1, .pieces = hand_all, .from = p, .query = -1, .fields = -1, .of = ""};
	bool broken;
	int rc;

	p->body = body;
	q->csv_truncated = 0;
	q->has_total = false;
	rc = result_rows_read(p->rows, &csv, q, v, ctx, warn, &broken, err);
	return rc == 0 && broken ? RESULT_PLAIN_BROKEN : rc;
}
