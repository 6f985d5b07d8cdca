#include "uuid.h"

#include <string.h>

/* Where the dashes are; the bytes of the ID lie between them. */
static bool is_dash_at(size_t i)
{
	return i == 8 || i == 13 || i == 18 || i == 23;
}

/* The value of a hex digit in either case, -1 for any other character. A table, since random digits make branches slow:
 * it holds the value plus one. */
static int hex_value(char c)
{
	static const uint8_t plus_one[256] = {
	    ['0'] = 1,  ['1'] = 2,  ['2'] = 3,  ['3'] = 4,  ['4'] = 5,  ['5'] = 6,  ['6'] = 7,  ['7'] = 8,
	    ['8'] = 9,  ['9'] = 10, ['a'] = 11, ['b'] = 12, ['c'] = 13, ['d'] = 14, ['e'] = 15, ['f'] = 16,
	    ['A'] = 11, ['B'] = 12, ['C'] = 13, ['D'] = 14, ['E'] = 15, ['F'] = 16,
	};
	return plus_one[(unsigned char)c] - 1;
}

bool uuid_parse(const char *s, size_t n, struct uuid *out)
{
	if (n != UUID_TEXT_LEN)
		return false;

	struct uuid id;
	size_t k = 0;
	for (size_t i = 0; i < UUID_TEXT_LEN;) {
		if (is_dash_at(i)) {
			if (s[i] != '-')
				return false;
			i++;
			continue;
		}
		int hi = hex_value(s[i]);
		int lo = hex_value(s[i + 1]);
		if (hi < 0 || lo < 0)
			return false;
		id.b[k++] = (uint8_t)(hi << 4 | lo);
		i += 2;
	}
	*out = id;
	return true;
}

char *uuid_format(const struct uuid *id, char out[UUID_TEXT_LEN + 1])
{
	static const char digits[] = "0123456789abcdef";
	char *to = out;

	for (size_t k = 0; k < sizeof(id->b); k++) {
		if (is_dash_at((size_t)(to - out)))
			*to++ = '-';
		*to++ = digits[id->b[k] >> 4];
		*to++ = digits[id->b[k] & 15];
	}
	*to = '\0';
	return out;
}

int uuid_cmp(const struct uuid *a, const struct uuid *b)
{
	return memcmp(a->b, b->b, sizeof(a->b));
}

size_t uuid_hash(const struct uuid *id)
{
	uint64_t a, b;

	memcpy(&a, id->b, sizeof(a));
	memcpy(&b, id->b + sizeof(a), sizeof(b));
	a ^= b * UINT64_C(0x9e3779b97f4a7c15);
	a ^= a >> 32;
	a *= UINT64_C(0xd6e8feb86659fd93);
	return (size_t)(a ^ (a >> 32));
}
