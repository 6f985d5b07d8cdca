#include "lines.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define BLOCK_SIZE ((size_t)64 << 10)

struct lines {
	FILE *file;
	size_t max;
	int64_t number;
	int error;         /* errno of the read that failed */
	bool after_cr;     /* a LF that comes next belongs to the end of the last line */
	size_t at, end;    /* what is unread of block */
	struct buf joined; /* a line that lies in several blocks */
	char block[BLOCK_SIZE];
};

struct lines *lines_new(FILE *file, size_t max)
{
	struct lines *l = malloc(sizeof(*l));

	if (!l)
		return NULL;
	memset(l, 0, offsetof(struct lines, block));
	l->file = file;
	l->max = max;
	buf_init(&l->joined, max);
	return l;
}

void lines_free(struct lines *l)
{
	if (!l)
		return;
	buf_free(&l->joined);
	free(l);
}

/* False when nothing is left to read, or reading failed. */
static bool fill(struct lines *l)
{
	if (l->at < l->end)
		return true;
	if (l->error)
		return false;
	errno = 0;
	l->at = 0;
	l->end = fread(l->block, 1, sizeof(l->block), l->file);
	if (l->end < sizeof(l->block) && ferror(l->file))
		l->error = errno ? errno : EIO;
	return l->end > 0;
}

/* The unread part of the block up to the end of the line, which is then behind us; *whole: there was one. */
static struct text take_piece(struct lines *l, bool *whole)
{
	const char *p = l->block + l->at, *end = l->block + l->end, *stop = p;

	while (stop < end && *stop != '\n' && *stop != '\r')
		stop++;
	*whole = stop < end;
	l->after_cr = *whole && *stop == '\r';
	l->at += (size_t)(stop - p) + *whole;
	return (struct text){p, (size_t)(stop - p)};
}

enum lines_kind lines_next(struct lines *l, struct text *line, struct err *err)
{
	bool whole = false, too_long = false, any = false;

	/* The memory of a long line is not kept for the sake of short ones. */
	if (l->joined.cap > BLOCK_SIZE)
		buf_free(&l->joined);
	buf_clear(&l->joined);
	while (!whole && fill(l)) {
		if (l->after_cr && l->block[l->at] == '\n')
			l->at++;
		l->after_cr = false;
		if (l->at == l->end)
			continue;

		struct text piece = take_piece(l, &whole);
		if (whole && !any && piece.n <= l->max) {
			l->number++;
			*line = piece;
			return LINES_LINE;
		}
		any = true;
		if (too_long || piece.n > l->max - l->joined.len) {
			too_long = true;
			buf_free(&l->joined);
		} else if (buf_add(&l->joined, piece.p, piece.n)) {
			l->error = ENOMEM;
			l->at = l->end;
			whole = false;
		}
	}
	if (!whole && l->error) {
		err_sys(err, ERR_FATAL, l->error, "cannot read on after line %lld", (long long)l->number);
		return LINES_ERROR;
	}
	if (!any)
		return LINES_END;
	l->number++;
	*line = buf_text(&l->joined);
	return too_long ? LINES_TOO_LONG : LINES_LINE;
}

int64_t lines_number(const struct lines *l)
{
	return l->number;
}
