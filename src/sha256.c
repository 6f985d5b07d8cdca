#include "sha256.h"

#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

struct sha256 {
	EVP_MD_CTX *ctx;
};

/* A digest that was once begun cannot fail; were it to, a wrong SHA-256 in somebody's archive would be worse than an
 * end. */
static void must(int ok)
{
	if (!ok)
		abort();
}

struct sha256 *sha256_new(void)
{
	struct sha256 *s = malloc(sizeof(*s));

	if (s == NULL)
		return NULL;
	s->ctx = EVP_MD_CTX_new();
	if (s->ctx == NULL || !EVP_DigestInit_ex(s->ctx, EVP_sha256(), NULL)) {
		sha256_free(s);
		return NULL;
	}
	return s;
}

void sha256_free(struct sha256 *s)
{
	if (s == NULL)
		return;
	EVP_MD_CTX_free(s->ctx);
	free(s);
}

void sha256_reset(struct sha256 *s)
{
	/* NULL: the digest that it has already; looking it up again costs more than a small body. */
	must(EVP_DigestInit_ex(s->ctx, NULL, NULL));
}

void sha256_add(struct sha256 *s, const void *p, size_t n)
{
	must(EVP_DigestUpdate(s->ctx, p, n));
}

void sha256_end(struct sha256 *s, uint8_t out[SHA256_LEN])
{
	must(EVP_DigestFinal_ex(s->ctx, out, NULL));
}

char *sha256_hex(const uint8_t digest[SHA256_LEN], char out[SHA256_HEX_LEN + 1])
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < SHA256_LEN; i++) {
		out[2 * i] = digits[digest[i] >> 4];
		out[2 * i + 1] = digits[digest[i] & 0xf];
	}
	out[SHA256_HEX_LEN] = '\0';
	return out;
}

static int digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

bool sha256_parse(const char *hex, size_t n, uint8_t out[SHA256_LEN])
{
	uint8_t digest[SHA256_LEN];

	if (n != SHA256_HEX_LEN)
		return false;
	for (size_t i = 0; i < SHA256_LEN; i++) {
		int high = digit(hex[2 * i]), low = digit(hex[2 * i + 1]);

		if (high < 0 || low < 0)
			return false;
		digest[i] = (uint8_t)(high << 4 | low);
	}
	memcpy(out, digest, SHA256_LEN);
	return true;
}
