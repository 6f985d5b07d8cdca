#include "verify_sample.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int verify_sample_parse(const char *text, uint64_t seed, struct verify_sample *s, struct err *err)
{
	char *end;

	*s = (struct verify_sample){.all = text == NULL, .percent = 100, .seed = seed, .limit = UINT64_MAX};
	if (text == NULL)
		return 0;
	if (text[strspn(text, "0123456789.")] != '%')
		goto bad;
	s->percent = strtod(text, &end);
	if (*end != '%' || !(s->percent > 0) || s->percent > 100)
		goto bad;
	if (end[1] == '\0')
		return 0;
	if (end[1] != ':' || end[2] == '\0' || end[2 + strspn(end + 2, "0123456789")] != '\0')
		goto bad;
	errno = 0;
	s->seed = strtoull(end + 2, NULL, 10);
	if (errno == 0)
		return 0;
bad:
	return err_set(err, ERR_USAGE, "--sample: '%.80s' is no share of the jobs (5%%, or 5%%:SEED)", text);
}

/* splitmix64's last steps: each bit of the input changes half of the output. */
static uint64_t mix(uint64_t x)
{
	x ^= x >> 30;
	x *= UINT64_C(0xbf58476d1ce4e5b9);
	x ^= x >> 27;
	x *= UINT64_C(0x94d049bb133111eb);
	return x ^ x >> 31;
}

uint64_t verify_sample_number(const struct verify_sample *s, const struct uuid *id)
{
	uint64_t halves[2];

	memcpy(halves, id->b, sizeof(halves));
	return mix(mix(mix(s->seed + UINT64_C(0x9e3779b97f4a7c15)) ^ halves[0]) ^ halves[1]);
}

static int by_number(const void *a, const void *b)
{
	const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

void verify_sample_limit(struct verify_sample *s, uint64_t *numbers, size_t n)
{
	size_t k = (size_t)((double)n * s->percent / 100 + 0.5);

	if (s->all || n == 0)
		return;
	qsort(numbers, n, sizeof(*numbers), by_number);
	s->limit = numbers[k == 0 ? 0 : k > n ? n - 1 : k - 1];
}

bool verify_sample_wants(const struct verify_sample *s, const struct uuid *id)
{
	return s->all || verify_sample_number(s, id) <= s->limit;
}
