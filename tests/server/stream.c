/* stream.c: see stream.h. */
#include "stream.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#define STREAM_SMALL   ((size_t)1 << 20)  /* made once, when the script is read */
#define STREAM_BLOCK   ((size_t)64 << 10) /* short texts that are repeated are copied in blocks of this size */
#define STREAM_PIECE   ((size_t)64 << 10)
#define GZIP_WINDOW    (MAX_WBITS + 16)
#define DEFLATE_WINDOW MAX_WBITS

struct stream {
	const struct content *content;
	uint64_t at, plain; /* given and all bytes of the texts */
	struct buf block;   /* the unit, several times over */
	struct gentable *table;
	z_stream z;
	bool z_ready, z_last, z_end;
	char in[STREAM_PIECE];
};

void content_init(struct content *c)
{
	memset(c, 0, sizeof(*c));
	c->repeat = 1;
	buf_init(&c->before, STREAM_MAX_TEXT);
	buf_init(&c->unit, STREAM_MAX_TEXT);
	buf_init(&c->after, STREAM_MAX_TEXT);
}

void content_free(struct content *c)
{
	buf_free(&c->before);
	buf_free(&c->unit);
	buf_free(&c->after);
}

static uint64_t content_plain(const struct content *c)
{
	return c->before.len + c->unit.len * c->repeat + c->after.len;
}

/* Runs through the stream, keeping what comes while it is little; *kept: that was all of it. */
static int content_run(const struct content *c, bool count, struct buf *small, bool *kept, int64_t *length)
{
	struct stream *s = stream_new(c);
	char *piece = malloc(STREAM_PIECE);
	int64_t total = 0;
	long n = s == NULL || piece == NULL ? -1 : 1;
	*kept = true;
	*length = -1;
	while (n > 0 && (*kept || count)) {
		n = stream_read(s, piece, STREAM_PIECE);
		if (n > 0)
			total += n;
		if (n > 0 && *kept && buf_add(small, piece, (size_t)n) != 0)
			*kept = false;
	}
	if (n == 0)
		*length = total;
	free(piece);
	stream_free(s);
	return n < 0 ? -1 : 0;
}

int content_settle(struct content *c, bool count, int64_t *length)
{
	struct buf small;
	bool kept = false;
	int rc = 0;

	buf_init(&small, STREAM_SMALL);
	*length = -1;
	bool large = !c->generated && content_plain(c) > STREAM_SMALL;
	if (large && c->coding == STREAM_IDENTITY)
		*length = (int64_t)content_plain(c);
	else if (!large || count)
		rc = content_run(c, count, &small, &kept, length);
	/* A large text that compresses to little would be kept too: that is what a compression bomb should cost here.
	 */
	if (rc == 0 && kept) {
		content_free(c);
		content_init(c);
		c->unit = small;
	} else {
		buf_free(&small);
	}
	return rc;
}

struct stream *stream_new(const struct content *c)
{
	struct stream *s = calloc(1, sizeof(*s));
	if (s == NULL)
		return NULL;
	s->content = c;
	buf_init(&s->block, STREAM_BLOCK);
	if (c->generated) {
		s->table = gentable_new(&c->table);
		if (s->table == NULL)
			goto fail;
	} else {
		s->plain = content_plain(c);
		/* As many units as fit; none when one is large enough by itself. */
		for (uint64_t i = 0; c->unit.len > 0 && i < c->repeat && s->block.len + c->unit.len <= STREAM_BLOCK;
		     i++)
			if (buf_add(&s->block, c->unit.data, c->unit.len) != 0)
				goto fail;
	}
	if (c->coding != STREAM_IDENTITY) {
		int window = c->coding == STREAM_GZIP ? GZIP_WINDOW : DEFLATE_WINDOW;
		if (deflateInit2(&s->z, Z_BEST_SPEED, Z_DEFLATED, window, 8, Z_DEFAULT_STRATEGY) != Z_OK)
			goto fail;
		s->z_ready = true;
	}
	return s;
fail:
	stream_free(s);
	return NULL;
}

void stream_free(struct stream *s)
{
	if (s == NULL)
		return;
	if (s->z_ready)
		deflateEnd(&s->z);
	gentable_free(s->table);
	buf_free(&s->block);
	free(s);
}

/* The bytes at s->at that lie together in memory. */
static struct text stream_at(const struct stream *s)
{
	const struct content *c = s->content;
	uint64_t at = s->at;
	uint64_t units = c->unit.len * c->repeat;
	if (at < c->before.len)
		return (struct text){c->before.data + at, c->before.len - at};
	at -= c->before.len;
	if (at < units) {
		const struct buf *from = s->block.len > 0 ? &s->block : &c->unit;
		size_t off = (size_t)(at % c->unit.len);
		size_t n = from->len - off;
		return (struct text){from->data + off, n < units - at ? n : units - at};
	}
	at -= units;
	return (struct text){c->after.data + at, c->after.len - at};
}

static long stream_plain(struct stream *s, char *out, size_t max)
{
	if (s->table != NULL)
		return gentable_read(s->table, out, max);
	size_t done = 0;
	while (done < max && s->at < s->plain) {
		struct text t = stream_at(s);
		size_t n = t.n < max - done ? t.n : max - done;
		memcpy(out + done, t.p, n);
		done += n;
		s->at += n;
	}
	return (long)done;
}

static long stream_deflate(struct stream *s, char *out, size_t max)
{
	s->z.next_out = (Bytef *)out;
	s->z.avail_out = (uInt)max;
	while (s->z.avail_out == max && !s->z_end) {
		if (s->z.avail_in == 0 && !s->z_last) {
			long n = stream_plain(s, s->in, sizeof(s->in));
			if (n < 0)
				return -1;
			s->z_last = n == 0;
			s->z.next_in = (Bytef *)s->in;
			s->z.avail_in = (uInt)n;
		}
		int rc = deflate(&s->z, s->z_last ? Z_FINISH : Z_NO_FLUSH);
		if (rc == Z_STREAM_END)
			s->z_end = true;
		else if (rc != Z_OK && rc != Z_BUF_ERROR)
			return -1;
	}
	return (long)(max - s->z.avail_out);
}

long stream_read(struct stream *s, char *out, size_t max)
{
	if (max > STREAM_PIECE)
		max = STREAM_PIECE;
	return s->z_ready ? stream_deflate(s, out, max) : stream_plain(s, out, max);
}
