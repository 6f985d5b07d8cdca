/*
 * outfile.h: files for other programs and for people (summary, error file, report), written whole: readers see the old
 * one or the new one.
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

/* The same in pieces: begin, add as often as needed, and end, or drop: then it is as it was. After -1 from begin or end
 * there is nothing to drop. */
struct outfile {
	int fd;       /* -1: none */
	char *path;   /* NULL: standard output */
	char *beside; /* the temporary file; NULL: it is written to as it is */
};

int outfile_begin(struct outfile *, const char *path, struct err *);
int outfile_add(struct outfile *, const void *, size_t n, struct err *);
int outfile_end(struct outfile *, mode_t mode, struct err *);
void outfile_drop(struct outfile *);

#endif
