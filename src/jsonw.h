/*
 * jsonw.h: writing JSON (RFC 8259) into a struct buf, by hand but never wrong: the writer puts the commas.
 *
 * A struct jsonw borrows the buf. Errors of the buf stick in failed and make later calls do nothing, so only the
 * end needs a check. Several values at the root need a jsonw_init before each: a line of JSON lines is one document.
 */
#ifndef OMNI_JSONW_H
#define OMNI_JSONW_H

#include "buf.h"

#include <stdbool.h>
#include <stdint.h>

struct jsonw {
	struct buf *out;
	bool lines;  /* each key but the first on a line of its own; set it after jsonw_init */
	bool comma;  /* the next value or key is preceded by one */
	bool failed; /* the buffer was full or memory short */
};

void jsonw_init(struct jsonw *, struct buf *out);
void jsonw_object(struct jsonw *);     /* { */
void jsonw_object_end(struct jsonw *); /* } */
void jsonw_array(struct jsonw *);      /* [ */
void jsonw_array_end(struct jsonw *);  /* ] */
void jsonw_key(struct jsonw *, const char *key);
void jsonw_key_text(struct jsonw *, struct text key);
void jsonw_string(struct jsonw *, struct text); /* null text: null. Invalid UTF-8 becomes U+FFFD */
void jsonw_cstr(struct jsonw *, const char *);  /* NULL: null */
/* An array of strings: the fast path of the sinks' cells. */
void jsonw_texts(struct jsonw *, const struct text *, size_t n);
void jsonw_int(struct jsonw *, int64_t);
void jsonw_bool(struct jsonw *, bool);
void jsonw_null(struct jsonw *);
void jsonw_raw(struct jsonw *, struct text); /* JSON text that is already valid, as it is; null text: null */
/* Appends the text as one JSON string with its quotes. Escaped is only what must be (", \, controls below U+0020); each
 * byte that is no UTF-8 becomes one U+FFFD. 0, or -1 and the buffer is as it was. */
int jsonw_quote(struct buf *out, const char *p, size_t n);

#endif
