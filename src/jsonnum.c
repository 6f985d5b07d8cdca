#include "jsonnum.h"

/* *value * 10^n, exactly. */
static bool shift_left(uint64_t *value, long n)
{
	for (; n > 0 && *value != 0; n--) {
		if (*value > UINT64_MAX / 10)
			return false;
		*value *= 10;
	}
	return true;
}

/* The digits up to an exponent: value * 10^shift, where value does not end in 0 unless it is 0. False when value is
 * beyond 64 bits, and the number thus either beyond int64 or not whole. */
static bool read_digits(const char **at, const char *end, uint64_t *value, long *shift)
{
	const char *p = *at;
	long zeros = 0, decimals = 0;
	bool point = false;

	for (*value = 0; p < end && *p != 'e' && *p != 'E'; p++) {
		if (*p == '.') {
			point = true;
			continue;
		}
		decimals += point;
		if (*p == '0') {
			zeros++; /* counts only when another digit follows */
			continue;
		}
		uint64_t digit = (uint64_t)(*p - '0');
		if (!shift_left(value, zeros + 1) || *value > UINT64_MAX - digit)
			return false;
		*value += digit;
		zeros = 0;
	}
	*at = p;
	*shift = zeros - decimals;
	return true;
}

/* What follows the e. */
static long read_exponent(const char *p, const char *end)
{
	const long cap = 1000000000; /* no number that fits in memory has so many digits to make up for it */
	bool negative = false;
	long e = 0;

	if (p < end && (*p == '-' || *p == '+'))
		negative = *p++ == '-';
	for (; p < end && e < cap; p++)
		e = e * 10 + (*p - '0');
	if (e > cap)
		e = cap;
	return negative ? -e : e;
}

bool jsonnum_int64(const char *p, size_t n, int64_t *out)
{
	const char *const end = p + n;
	const bool negative = n > 0 && *p == '-';
	uint64_t value;
	long shift;

	p += negative;
	if (!read_digits(&p, end, &value, &shift))
		return false;
	if (p < end)
		shift += read_exponent(p + 1, end);
	if (value != 0 && (shift < 0 || !shift_left(&value, shift)))
		return false;
	if (value > (uint64_t)INT64_MAX + negative)
		return false;
	/* Not -(int64_t)value: the lowest number has no positive. */
	*out = negative && value > 0 ? -(int64_t)(value - 1) - 1 : (int64_t)value;
	return true;
}
