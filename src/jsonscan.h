/*
 * jsonscan.h: everything that RFC 8259 says about a document's validity, in one linear pass over bytes that arrive in
 * pieces.
 *
 * jsmn (json.h) accepts much that is not JSON (architecture, "what was measured"), so nothing reaches jsmn that has not
 * been through here: one root, literals, numbers, separators, control characters in strings, escapes, UTF-8, NUL,
 * depth. A byte order mark at the beginning is no JSON (RFC 8259 section 8.1 lets a parser ignore it: we do, and say so
 * in bom). Unpaired surrogate escapes are valid JSON. Pure: owns a fixed amount of memory, does no I/O; the cost is
 * linear and independent of depth.
 */
#ifndef OMNI_JSONSCAN_H
#define OMNI_JSONSCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define JSONSCAN_MAX_DEPTH 512 /* levels of [ and {; jsmn's parent links are quadratic in depth */

/* Receives the document in its order, split into what is outside of strings (with the quotes on both sides) and what is
 * between two quotes, still escaped. Each is called with pieces of any length >= 1. Non-zero stops the scan: it becomes
 * the return value of jsonscan_feed. NULL members are skipped. */
struct jsonscan_events {
	int (*outside)(void *ctx, const char *p, size_t n);
	int (*inside)(void *ctx, const char *p, size_t n);
};

struct jsonscan {
	const struct jsonscan_events *events;
	void *ctx;
	uint64_t offset; /* bytes seen */
	const char
	    *problem; /* NULL, or what is wrong in a few words, a constant string: "a number that begins with 0" */
	bool bom;
	unsigned depth;
	/* The rest is jsonscan.c's own. */
	unsigned char state;
	unsigned char utf8_need, utf8_lo, utf8_hi;
	unsigned char literal, literal_pos;
	unsigned char kind[JSONSCAN_MAX_DEPTH / 8];
};

void jsonscan_init(struct jsonscan *, const struct jsonscan_events *, void *ctx); /* events may be NULL */
/* 0; -1 when the document is invalid (problem and offset say what and where; further calls return -1 too); else what an
 * event returned. */
int jsonscan_feed(struct jsonscan *, const char *p, size_t n);
/* The bytes have ended: 0 when exactly one whole document was seen, else -1 with problem. */
int jsonscan_finish(struct jsonscan *);
/* True once a whole root value was seen (only blanks may follow). */
bool jsonscan_complete(const struct jsonscan *);

#endif
