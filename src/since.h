/*
 * since.h: --since: how far back to look: a time (ISO 8601; a bare date is its beginning, in UTC), or a span before
 * now: 14d, 36h, 90m, 2w, 30s.
 */
#ifndef OMNI_SINCE_H
#define OMNI_SINCE_H

#include "err.h"

#include <stdint.h>

/* Microseconds since 1970. 0, or -1 with *err (ERR_USAGE) that says what would be right. */
int since_parse(const char *, int64_t now_us, int64_t *us, struct err *);

#endif
