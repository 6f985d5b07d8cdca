/*
 * postgres_tuple.h: values as PostgreSQL's binary format has them: each field is its length in four bytes (-1: null)
 * and then its bytes; numbers are big-endian. COPY and the parameters of a statement take the same, so that what is
 * staged for either is one struct buf of fields. Pure.
 *
 * A struct postgres_tuple borrows the buf. A failure (memory, the buf's maximum, a number out of range) sticks in
 * failed, so that only the end needs a check.
 */
#ifndef OMNI_POSTGRES_TUPLE_H
#define OMNI_POSTGRES_TUPLE_H

#include "buf.h"
#include "timeutil.h"
#include "uuid.h"

#include <stdbool.h>

struct postgres_tuple {
	struct buf *out;
	bool failed;
};

struct postgres_tuple postgres_tuple_to(struct buf *out);
/* What a tuple of COPY begins with: how many fields it has. */
void postgres_tuple_count(struct postgres_tuple *, int fields);
void postgres_tuple_null(struct postgres_tuple *);
void postgres_tuple_text(struct postgres_tuple *, struct text);           /* text, json; null text: null */
void postgres_tuple_bytes(struct postgres_tuple *, const void *, size_t); /* bytea */
void postgres_tuple_int(struct postgres_tuple *, int64_t);                /* integer: fails beyond 32 bits */
void postgres_tuple_bigint(struct postgres_tuple *, int64_t);
void postgres_tuple_bool(struct postgres_tuple *, int); /* -1: null */
void postgres_tuple_uuid(struct postgres_tuple *, const struct uuid *);
void postgres_tuple_time(struct postgres_tuple *, const struct stamp *); /* timestamptz; no time: null */
/* Arrays of one dimension, their first element numbered 1. */
void postgres_tuple_texts(struct postgres_tuple *, const struct text *, size_t n); /* text[] */
void postgres_tuple_uuids(struct postgres_tuple *, const struct uuid *, size_t n); /* uuid[] */
void postgres_tuple_ints(struct postgres_tuple *, const int32_t *, size_t n);      /* integer[] */

/* The field at *at of n bytes of fields: *at moves behind it. False at the end, or where it is cut. A null field has
 * p == NULL. */
bool postgres_tuple_next(const char *fields, size_t n, size_t *at, struct text *field);

/* What a text[] begins with, as the server gives it: *n elements follow from *at on, for postgres_tuple_next. False: it
 * is none of those that are written here (several dimensions, nulls, numbered otherwise). */
bool postgres_tuple_array(struct text field, size_t *n, size_t *at);
/* A big-endian number of four bytes; of fewer: 0. */
int64_t postgres_tuple_get_int(struct text field);

#endif
