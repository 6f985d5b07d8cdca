/*
 * uuid.h: 128-bit job IDs. Any 8-4-4-4-12 hex text is one (RFC 9562 section 4; versions and variants are the API's
 * business). Upper case is accepted, lower case is written.
 */
#ifndef OMNI_UUID_H
#define OMNI_UUID_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define UUID_TEXT_LEN 36

struct uuid {
	uint8_t b[16];
};

/* True when the n bytes are exactly one UUID; *out is then set. Else *out is untouched. */
bool uuid_parse(const char *s, size_t n, struct uuid *out);
/* Writes 36 lower-case characters and a NUL; returns out. */
char *uuid_format(const struct uuid *, char out[UUID_TEXT_LEN + 1]);
/* memcmp order: <0, 0, >0. */
int uuid_cmp(const struct uuid *, const struct uuid *);

/* For hash tables. */
size_t uuid_hash(const struct uuid *);

#endif
