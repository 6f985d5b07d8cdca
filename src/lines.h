/*
 * lines.h: a FILE as lines, of bounded length, at the cost of one look at each byte.
 *
 * A line ends with LF, CRLF or, as very old files have it, CR; the last one needs no end. What a line holds is nobody's
 * business here: NUL bytes and what is no UTF-8 are handed on.
 *
 * struct lines owns its buffers; lines_free releases them, the FILE stays the caller's (and is read ahead).
 */
#ifndef OMNI_LINES_H
#define OMNI_LINES_H

#include "buf.h"
#include "err.h"

#include <stdint.h>
#include <stdio.h>

enum lines_kind {
	LINES_END = 0,
	LINES_LINE,
	LINES_TOO_LONG, /* this line is passed over; its beginning is not kept */
	LINES_ERROR     /* reading failed, or memory is short: *err is filled in, nothing more will come */
};

struct lines;

struct lines *lines_new(FILE *, size_t max); /* max: bytes in a line. NULL: out of memory */
void lines_free(struct lines *);
/* The next line without its end, borrowed until the next call; never null text where LINES_LINE is returned. A line
 * that a failure broke off is not given out. */
enum lines_kind lines_next(struct lines *, struct text *, struct err *);
int64_t lines_number(const struct lines *); /* of the last line, from 1; 0: there was none yet */

#endif
