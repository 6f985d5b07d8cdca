/*
 * spool.h: an append-only store of bytes, in memory while it is small, in an unlinked file in $TMPDIR, else /var/tmp,
 * beyond that.
 *
 * /var/tmp and not /tmp, since a tmpfs is memory (architecture, "How the work flows"). The file has no name from the
 * beginning (O_TMPFILE, or made and unlinked), so it is gone with the process however that ends.
 * The caller owns the struct spool; spool_free releases what it holds. Not thread-safe, but may be handed from thread
 * to thread.
 */
#ifndef OMNI_SPOOL_H
#define OMNI_SPOOL_H

#include "buf.h"
#include "err.h"

#include <stdint.h>

struct spool {
	struct buf mem;   /* everything while fd < 0; else what is not yet written to the file */
	size_t mem_limit; /* bytes kept in memory before a file is made */
	int fd;           /* -1: no file yet */
	uint64_t len;     /* all bytes */
};

void spool_init(struct spool *, size_t mem_limit);
void spool_free(struct spool *);
/* Empties it; keeps memory and file for the next use. */
void spool_clear(struct spool *);
/* 0, or -1 with *err (ERR_FATAL: the disk is full, no folder can be written …). */
int spool_add(struct spool *, const void *, size_t n, struct err *);
/* Reads up to n bytes at offset off; returns how many (0 only at the end), or -1 with *err. */
long spool_read(struct spool *, uint64_t off, void *out, size_t n, struct err *);

#endif
