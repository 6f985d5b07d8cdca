/*
 * buf.h: growing byte buffers with a maximum from birth (as curl's dynbuf has it), and borrowed text.
 *
 * struct buf owns its memory; buf_free gives it back and leaves an empty buffer that may be used again.
 * The bytes are always followed by a NUL that is not counted, so that data may be used as a C string where the
 * content has no NUL of its own. An empty buffer that never held anything has data == NULL: use buf_cstr.
 */
#ifndef OMNI_BUF_H
#define OMNI_BUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf {
	char *data;
	size_t len;
	size_t cap;
	size_t max;   /* bytes; a call that would go beyond fails and changes nothing */
	bool starved; /* the last call that failed did so for want of memory, not for max */
};

/* Borrowed bytes, UTF-8 unless said otherwise. p == NULL is null (no value), which is not the empty text. */
struct text {
	const char *p;
	size_t n;
};

#define TEXT_NULL ((struct text){NULL, 0})

void buf_init(struct buf *, size_t max);
void buf_free(struct buf *);
/* Empties it, keeps the memory. */
void buf_clear(struct buf *);
/* All of these return 0, or -1 when the maximum is reached or memory is short; the buffer is then as it was. */
int buf_add(struct buf *, const void *, size_t n);
int buf_addc(struct buf *, char c);
int buf_adds(struct buf *, const char *s);
int buf_addf(struct buf *, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* buf_room, where there is none yet. */
char *buf_grow(struct buf *, size_t n);
/* Makes room for n more bytes without counting them. Returns where they go, or NULL. Follow with len += k, k <= n, and
 * data[len] = 0. */
static inline char *buf_room(struct buf *b, size_t n)
{
	return n < b->cap - b->len && n <= b->max - b->len ? b->data + b->len : buf_grow(b, n);
}
/* Cuts back to n bytes; n <= len. */
void buf_cut(struct buf *, size_t n);
/* Never NULL. */
const char *buf_cstr(const struct buf *);
/* Borrowed view; never null text (an empty buffer is the empty text). */
struct text buf_text(const struct buf *);

struct text text_of(const char *s);        /* s may be NULL: null text */
int text_eq(struct text a, struct text b); /* 1 when equal; null equals null alone */

#endif
