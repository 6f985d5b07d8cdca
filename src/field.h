/*
 * field.h: members of a JSON object: a key and its value in one call, null where there is none.
 */
#ifndef OMNI_FIELD_H
#define OMNI_FIELD_H

#include "jsonw.h"
#include "model.h"

void field_text(struct jsonw *, const char *key, struct text);
void field_stamp(struct jsonw *, const char *key, const struct stamp *);
void field_number(struct jsonw *, const char *key, bool known, int64_t value);
void field_int(struct jsonw *, const char *key, int64_t);
/* What came from outside, for what may go to a terminal (utf8_visible). */
void field_visible(struct jsonw *, const char *key, const char *);
void field_flag(struct jsonw *, const char *key, int flag); /* -1: null */
/* JSON as it came. */
void field_json(struct jsonw *, const char *key, struct text json);
/* The same on one line: line ends in JSON text lie between its values, where a blank says the same. */
void field_json_line(struct jsonw *, const char *key, struct text json);
/* An array of strings; items NULL: null. */
void field_texts(struct jsonw *, const char *key, const struct text *items, size_t n);
/* The columns of jobs from instance to row_count, of a job that is stored. */
void field_job(struct jsonw *, const struct job *);

#endif
