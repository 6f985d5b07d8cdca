/*
 * stream.h: a body as a stream of bytes, plain or compressed, of any size in constant memory. The only file of the
 * server that includes zlib.
 *
 * A struct content owns its texts and is made once, when the script is read; any number of struct stream read from it,
 * which must not outlive it.
 */
#ifndef OMNI_TEST_STREAM_H
#define OMNI_TEST_STREAM_H

#include "buf.h"
#include "gentable.h"

#include <stdbool.h>
#include <stdint.h>

#define STREAM_MAX_TEXT  ((size_t)1 << 30)   /* bytes of one text, or of a file */
#define STREAM_MAX_PLAIN ((uint64_t)1 << 60) /* bytes before compression */

enum stream_coding { STREAM_IDENTITY, STREAM_GZIP, STREAM_DEFLATE };

struct content {
	struct buf before, unit, after; /* before, unit repeat times, after */
	uint64_t repeat;
	bool generated; /* table instead of the texts */
	struct gentable_shape table;
	enum stream_coding coding;
};

struct stream;

void content_init(struct content *);
void content_free(struct content *);
/* Where the bytes, compressed if asked for, are few: makes them now, so that each request costs a copy only. count:
 * find out the length also of a large one, by a pass over it. *length: in bytes, or -1: not known. 0, or -1: out of
 * memory. */
int content_settle(struct content *, bool count, int64_t *length);

struct stream *stream_new(const struct content *); /* NULL: out of memory */
void stream_free(struct stream *);
/* The next bytes: how many, 0 at the end, -1 when out of memory. */
long stream_read(struct stream *, char *out, size_t max);

#endif
