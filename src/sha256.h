/*
 * sha256.h: SHA-256 over OpenSSL's EVP. The only file that includes OpenSSL.
 * sha256_new allocates, sha256_free gives back (NULL is fine); one context serves many digests.
 */
#ifndef OMNI_SHA256_H
#define OMNI_SHA256_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SHA256_LEN     32
#define SHA256_HEX_LEN 64

struct sha256;

struct sha256 *sha256_new(void); /* NULL: out of memory; ready for the first sha256_add */
void sha256_free(struct sha256 *);
void sha256_reset(struct sha256 *);
void sha256_add(struct sha256 *, const void *, size_t n);
/* Gives the digest; call sha256_reset before the next one. */
void sha256_end(struct sha256 *, uint8_t out[SHA256_LEN]);
/* 64 lower-case hex digits and a NUL; returns out. */
char *sha256_hex(const uint8_t digest[SHA256_LEN], char out[SHA256_HEX_LEN + 1]);

/* The reverse: true when the n bytes are 64 hex digits; *out is then set. */
bool sha256_parse(const char *hex, size_t n, uint8_t out[SHA256_LEN]);

#endif
