/*
 * utf8.h: UTF-8 (RFC 3629) and what may reach a terminal or a log.
 */
#ifndef OMNI_UTF8_H
#define OMNI_UTF8_H

#include "buf.h"

#include <stdbool.h>
#include <stdint.h>

/* The length (1-4) of the valid sequence at p, of which n bytes are there; 0 when it is not valid or cut. Overlong
 * forms, surrogates and what is beyond U+10FFFF are not valid. */
size_t utf8_len(const char *p, size_t n);
/* The code point of a valid sequence of len bytes (1-4). */
uint32_t utf8_decode(const char *p, size_t len);
/* Writes a code point (a scalar value) as 1-4 bytes; returns how many. */
size_t utf8_put(uint32_t cp, char out[4]);
/* The largest k <= n at which the text can be cut without splitting a sequence. */
size_t utf8_cut(const char *p, size_t n);
/*
 * Appends text from outside so that a person can see all of it and a terminal obeys none of it: C0 and C1 controls,
 * DEL, bytes that are no UTF-8, line and paragraph separators, bidi controls (U+061C, U+200E/F, U+202A-E, U+2066-9),
 * what is invisible or steers (soft hyphen, U+180E, U+200B-D, U+2060-206F, U+FEFF, U+FFF9-B, U+1D173-A) and tags
 * (U+E0000-E0FFF) become \xNN or \u{NNNN}; a backslash stays.
 * At most max_chars characters of input are shown, then "…" (0: no limit). Returns 0 or -1 (buf).
 */
int utf8_visible(struct buf *out, const char *p, size_t n, size_t max_chars);
/* Is it one of these? */
bool utf8_is_hidden(uint32_t cp);

#endif
