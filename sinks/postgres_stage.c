/* postgres_stage.c: the buffers in which jobs wait until they go out (postgres_sink.h). */
#include "postgres_sink.h"

#include <string.h>

#define KEPT ((size_t)8 << 20) /* what a buffer keeps of its memory */

struct postgres_mark postgres_stage_mark(const struct postgres *s)
{
	struct postgres_mark m = {.calls = s->calls.len, .replaced = s->replaced.len, .ids = s->ids.len};

	for (int t = 0; t < POSTGRES_TABLES; t++)
		m.tuples[t] = s->tuples[t].len;
	return m;
}

size_t postgres_stage_bytes(const struct postgres *s)
{
	size_t n = s->calls.len;

	for (int t = 0; t < POSTGRES_TABLES; t++)
		n += s->tuples[t].len;
	return n;
}

void postgres_stage_empty(struct buf *b)
{
	buf_cut(b, 0);
	if (b->cap > KEPT)
		buf_free(b);
}

static void drop(struct buf *b, size_t n)
{
	if (n == b->len) {
		postgres_stage_empty(b);
	} else if (n > 0) {
		memmove(b->data, b->data + n, b->len - n);
		buf_cut(b, b->len - n);
	}
}

void postgres_stage_drop(struct postgres *s, const struct postgres_mark *m)
{
	for (int t = 0; t < POSTGRES_TABLES; t++)
		drop(&s->tuples[t], m->tuples[t]);
	drop(&s->calls, m->calls);
	drop(&s->replaced, m->replaced);
	drop(&s->ids, m->ids);
	s->mark = (struct postgres_mark){0};
}

void postgres_stage_cut(struct postgres *s)
{
	for (int t = 0; t < POSTGRES_TABLES; t++)
		buf_cut(&s->tuples[t], s->mark.tuples[t]);
	buf_cut(&s->calls, s->mark.calls);
	buf_cut(&s->replaced, s->mark.replaced);
	buf_cut(&s->ids, s->mark.ids);
}

bool postgres_stage_has(const struct postgres *s, const struct uuid *id)
{
	for (size_t at = 0; at < s->ids.len; at += sizeof(*id))
		if (memcmp(s->ids.data + at, id, sizeof(*id)) == 0)
			return true;
	return false;
}
