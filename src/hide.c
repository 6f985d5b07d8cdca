#include "hide.h"

#include <string.h>

#define LEAST_SHOWN ((size_t)8) /* a shorter beginning gives nothing away: keys begin alike */

void hide_secret(char *p, size_t n, const char *secret)
{
	size_t k = secret != NULL ? strlen(secret) : 0;
	char *at = p;

	if (k == 0 || p == NULL)
		return;
	for (; (at = memmem(at, n - (size_t)(at - p), secret, k)) != NULL; at += k)
		memset(at, '*', k);
	for (size_t tail = k - 1 < n ? k - 1 : n; tail > LEAST_SHOWN; tail--)
		if (memcmp(p + n - tail, secret, tail) == 0) {
			memset(p + n - tail, '*', tail);
			return;
		}
}

void hide_credentials(char *s)
{
	char *quote = strchr(s, '\''), *at = strrchr(s, '@');

	if (quote != NULL && at != NULL && quote < at)
		memset(quote + 1, '*', (size_t)(at - quote - 1));
}
