/*
 * spool.h: an append-only store of bytes, in memory while it is small, in an unlinked file in $TMPDIR, else /var/tmp,
 * beyond that.
 *
 * /var/tmp and not /tmp, since a tmpfs is memory (architecture, "How the work flows"). The file has no name from the
 * beginning (O_TMPFILE, or made and unlinked), so it is gone with the process however that ends.
 * The caller owns the struct spool; spool_free releases what it holds, and leaves an empty spool that may be used
 * again. Not thread-safe, but may be handed from thread to thread.
 */
#ifndef OMNI_SPOOL_H
#define OMNI_SPOOL_H

#include "buf.h"
#include "err.h"

#include <stdint.h>

struct spool {
	struct buf mem;   /* everything while fd < 0; else what is not yet written to the file */
	size_t mem_limit; /* memory holds fewer bytes than this, with or without a file */
	int fd;           /* -1: no file yet */
	uint64_t len;     /* all bytes */
};

void spool_init(struct spool *, size_t mem_limit);
void spool_free(struct spool *);
/* Empties it; keeps memory and file (cut to nothing, so that the disk is free again) for the next use. */
void spool_clear(struct spool *);
/* 0, or -1 with *err (ERR_FATAL: the disk is full, no folder can be written …). After -1 only spool_clear or spool_free
 * may follow. */
int spool_add(struct spool *, const void *, size_t n, struct err *);
/* Reads n bytes at offset off, fewer only where the spool ends; returns how many, or -1 with *err (ERR_FATAL). */
long spool_read(struct spool *, uint64_t off, void *out, size_t n, struct err *);

#endif
