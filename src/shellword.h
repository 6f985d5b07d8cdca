/*
 * shellword.h: words for a shell (POSIX.1-2017, Shell Command Language, 2.2 Quoting), for commands that a person is to
 * copy.
 */
#ifndef OMNI_SHELLWORD_H
#define OMNI_SHELLWORD_H

#include "buf.h"

/* Appends s as one word, quoted where it has to be. 0 or -1 (buf). */
int shellword_add(struct buf *out, const char *s);

#endif
