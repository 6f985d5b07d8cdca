/*
 * outfile.h: small files for other programs (summary, error file), written whole: readers see the old one or the new
 * one.
 */
#ifndef OMNI_OUTFILE_H
#define OMNI_OUTFILE_H

#include "buf.h"
#include "err.h"

#include <sys/types.h>

/* Whether path can probably be written, before the work is done. "-" is standard output. 0, or -1 with *err. */
int outfile_check(const char *path, struct err *);
/* What an ordinary file holds, appended to out as far as out takes it; nothing where there is none. */
void outfile_read(const char *path, struct buf *out);
/* Writes text to path: a temporary file beside it, fsync, rename. What is there and is no ordinary file (/dev/stderr, a
 * pipe) is written to as it is. mode: of a new file, whatever the umask. 0, or -1 with *err. */
int outfile_write(const char *path, struct text, mode_t mode, struct err *);

#endif
