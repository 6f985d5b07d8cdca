/*
 * when.h: times in a script: ISO 8601, or relative to the server's start, so that a script does not age.
 *
 * Relative: "now" and one or more signed offsets in s, m, h or d: "now-3d", "now-3d+42s", "now+1h". Pure.
 */
#ifndef OMNI_TEST_WHEN_H
#define OMNI_TEST_WHEN_H

#include "buf.h"
#include "timeutil.h"

#include <stdbool.h>

/* False when it is neither; *out is then untouched. now_us: microseconds since 1970. */
bool when_parse(const char *s, size_t n, int64_t now_us, struct stamp *out);
/* Appends JSON text in which every string that is a relative time, and nothing else, became an ISO 8601 one. 0, or -1
 * (buf). */
int when_expand(struct text json, int64_t now_us, struct buf *out);

#endif
