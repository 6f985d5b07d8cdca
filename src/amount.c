#include "amount.h"

#include <stdio.h>

const char *amount_count(uint64_t n, char out[AMOUNT_MAX])
{
	char digits[24];
	int len = snprintf(digits, sizeof(digits), "%llu", (unsigned long long)n), k = 0;

	for (int i = 0; i < len; i++) {
		if (i > 0 && (len - i) % 3 == 0)
			out[k++] = ',';
		out[k++] = digits[i];
	}
	out[k] = '\0';
	return out;
}

const char *amount_bytes(uint64_t n, char out[AMOUNT_MAX])
{
	static const char *const units[] = {"KiB", "MiB", "GiB", "TiB"};
	double v = (double)n / 1024;
	unsigned u = 0;

	if (n < 1024) {
		(void)snprintf(out, AMOUNT_MAX, "%llu B", (unsigned long long)n);
		return out;
	}
	for (; v >= 1023.95 && u < sizeof(units) / sizeof(units[0]) - 1; u++)
		v /= 1024;
	(void)snprintf(out, AMOUNT_MAX, "%.1f %s", v, units[u]);
	return out;
}

const char *amount_plural(int64_t n)
{
	return n == 1 ? "" : "s";
}
