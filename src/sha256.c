#include "sha256.h"

#include <openssl/evp.h>
#include <stdlib.h>

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
