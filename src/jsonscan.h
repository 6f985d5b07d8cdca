/*
 * jsonscan.h: everything that RFC 8259 says about a document's validity, in one linear pass over bytes that arrive in
 * pieces.
 *
 * jsmn (json.h) accepts much that is not JSON (architecture, "what was measured"), so nothing reaches jsmn that has not
 * been through here: one root, literals, numbers, separators, control characters in strings, escapes, UTF-8, NUL,
 * depth. A byte order mark at the beginning is no JSON (RFC 8259 section 8.1 lets a parser ignore it: we do, and say so
 * in bom). Unpaired surrogate escapes are valid JSON. Pure: owns a fixed amount of memory, does no I/O; the cost is
 * linear and independent of depth. How the bytes are split into pieces changes nothing.
 */
#ifndef OMNI_JSONSCAN_H
#define OMNI_JSONSCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define JSONSCAN_MAX_DEPTH 512 /* levels of [ and {; jsmn's parent links are quadratic in depth */

/* Receives the document in its order, split into what is outside of strings (with the quotes on both sides) and what is
 * between two quotes, still escaped: all that comes before a problem, but for a byte order mark. Each is called with
 * pieces of any length >= 1; between two strings outside is always called. Non-zero stops the scan for good: it becomes
 * the return value of jsonscan_feed. NULL members are skipped. */
struct jsonscan_events {
	int (*outside)(void *ctx, const char *p, size_t n);
	int (*inside)(void *ctx, const char *p, size_t n);
};

struct jsonscan {
	const struct jsonscan_events *events;
	void *ctx;
	/* Bytes seen; with a problem: those before the byte that cannot be (the first one is byte 0). */
	uint64_t offset;
	/* NULL, or what is wrong in a few words, a constant string: "a number that begins with 0". */
	const char *problem;
	bool bom;
	unsigned depth;
	/* The rest is jsonscan.c's own. */
	unsigned char state;
	unsigned char left;             /* bytes still to come of a UTF-8 sequence, or of the digits of \uXXXX */
	unsigned char utf8_lo, utf8_hi; /* what the next one of a UTF-8 sequence may be */
	bool key;                       /* the string under way is a key */
	bool ended;                     /* jsonscan_finish was called: the problem is that the bytes ended */
	const char *literal;            /* what is still to come of true, false, null */
	unsigned char is_object[JSONSCAN_MAX_DEPTH / 8]; /* a bit for each level */
};

void jsonscan_init(struct jsonscan *, const struct jsonscan_events *, void *ctx); /* events may be NULL */
/* 0; -1 when the document is invalid (problem and offset say what and where; further calls return -1 too); else what an
 * event returned. */
int jsonscan_feed(struct jsonscan *, const char *p, size_t n);
/* The bytes have ended: 0 when exactly one whole document was seen, else -1 with problem. */
int jsonscan_finish(struct jsonscan *);
/* True once a whole root value was seen (only blanks may follow). A number at the root has no end of its own: it is
 * whole when a blank or jsonscan_finish says so. */
bool jsonscan_complete(const struct jsonscan *);
/* The problem as a sentence: "not JSON at byte 17: a comma before a closing bracket", "the JSON document ends too
 * early, after 1234 bytes". Empty when there is none. */
void jsonscan_say(const struct jsonscan *, char *out, size_t size);

#endif
