/*
 * json.h: a JSON document as a tree to walk, on jsmn made strict. The only file that includes jsmn.
 *
 * A struct json_doc owns its token array, which grows and is used again by the next json_parse; the text is borrowed
 * and must outlive the walk. Nodes are indexes (json_ref), valid until the next parse. Walking is iterative and takes
 * no memory. A ref of -1 is fine everywhere: it is of type JSON_NULL, has no children and no text.
 *
 * Holes: a body's large strings do not stand in its text (body.h). In their place the text has "\x01" and a decimal
 * number between the quotes: a raw control character, which no valid string holds. The number indexes struct
 * json_holes, which says where the raw (still escaped) string lies.
 */
#ifndef OMNI_JSON_H
#define OMNI_JSON_H

#include "buf.h"
#include "err.h"
#include "spool.h"

#include <stdbool.h>
#include <stdint.h>

#define JSON_MAX_TEXT   ((size_t)64 << 20) /* bytes of text (of a body: its skeleton); jsmn's offsets are int */
#define JSON_MAX_TOKENS 1000000
#define JSON_MAX_STRING ((size_t)16 << 20) /* bytes of one text value in a sink (contract); longer ones are cut */

enum json_type { JSON_NULL, JSON_FALSE, JSON_TRUE, JSON_NUMBER, JSON_STRING, JSON_ARRAY, JSON_OBJECT };

typedef int json_ref; /* -1: none */

struct json_hole {
	uint64_t off, len; /* raw bytes in the spool */
};

struct json_holes {
	struct spool *spool;
	const struct json_hole *at;
	size_t n;
};

struct json_doc;

/* What happened to a string on its way out; or-ed into *flags by the calls below. */
#define JSON_REPLACED 1u /* U+0000 or an unpaired surrogate became U+FFFD */
#define JSON_CUT      2u /* longer than the maximum: cut at a character */

struct json_doc *json_new(void); /* NULL: out of memory */
void json_free(struct json_doc *);
/* After a document of very many values: gives their memory back (20 bytes each). The document is then gone. */
void json_trim(struct json_doc *);

/* Validates (jsonscan.h) and tokenises n bytes. 0, or -1 with *err (ERR_JOB: not valid or beyond a limit; ERR_FATAL:
 * memory). */
int json_parse(struct json_doc *, const char *text, size_t n, struct err *);
/* The same for text that has been through jsonscan already and may have holes; both are borrowed. */
int json_parse_scanned(struct json_doc *, const char *text, size_t n, const struct json_holes *, struct err *);

json_ref json_root(const struct json_doc *);
enum json_type json_type_of(const struct json_doc *, json_ref);
size_t json_count(const struct json_doc *, json_ref); /* elements of an array, members of an object; else 0 */
/* Children in order: elements of an array; of an object its keys, each followed by json_value. Both -1 at the end.
 * O(1). */
json_ref json_first(const struct json_doc *, json_ref container);
json_ref json_next(const struct json_doc *, json_ref child);
json_ref json_value(const struct json_doc *, json_ref key);
/* The member's value, or -1. The last one counts when a key stands twice; *twice (may be NULL) is then set to true,
 * else left alone. Linear in the members. */
json_ref json_member(const struct json_doc *, json_ref object, const char *key, bool *twice);
/* The objects within a value, itself included, in the order of the text: the first behind the token after (-1: at all);
 * -1: no more. One walk of them all is linear in the values. */
json_ref json_next_object(const struct json_doc *, json_ref value, json_ref after);
/* A string (or key) compared with a C string, after unescaping. */
bool json_is(const struct json_doc *, json_ref string, const char *s);
/* True for a number that is a whole one within int64 (5, 5.0, 1e3); *out is then set. */
bool json_int(const struct json_doc *, json_ref number, int64_t *out);
/* Length of a string before unescaping (an upper bound of what it becomes, but for U+FFFD: three times at most). */
uint64_t json_raw_len(const struct json_doc *, json_ref string);

/* The calls below return 0, or -1 with *err: ERR_FATAL (memory, I/O), or ERR_JOB when out's own maximum is reached; out
 * is then as it was. A value that is no string has no text: nothing is appended.
 *
 * Appends a string's value as UTF-8, max bytes at most. */
int json_string(const struct json_doc *, json_ref string, size_t max, struct buf *out, unsigned *flags, struct err *);
/* Hands on a string's value in pieces of at least one byte, each ending at a character: constant memory (80 KiB of
 * stack), however long it is. Stops and returns what piece returned if that is not 0; -1 with *err on an I/O error. The
 * document may be used in piece. */
int json_string_pieces(const struct json_doc *, json_ref string,
		       int (*piece)(void *ctx, const char *p, size_t n, struct err *), void *ctx, unsigned *flags,
		       struct err *);
/* Appends any value (or key) as valid JSON text, as it came (blanks and number forms included), but: escapes that no
 * sink can store become \ufffd (JSON_REPLACED), strings whose text between the quotes is beyond max bytes are cut
 * (JSON_CUT). */
int json_copy(const struct json_doc *, json_ref value, size_t max, struct buf *out, unsigned *flags, struct err *);

#endif
