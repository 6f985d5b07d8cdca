#include "uuid.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const char lower[] = "00112233-4455-6677-8899-aabbccddeeff";

static void reads_and_writes(void **state)
{
	static const char *const same[] = {
	    "00112233-4455-6677-8899-aabbccddeeff",
	    "00112233-4455-6677-8899-AABBCCDDEEFF",
	    "00112233-4455-6677-8899-AaBbCcDdEeFf",
	};
	struct uuid id;
	char text[UUID_TEXT_LEN + 1];

	(void)state;
	for (size_t i = 0; i < sizeof(same) / sizeof(same[0]); i++) {
		memset(&id, 0x5a, sizeof(id));
		assert_true(uuid_parse(same[i], UUID_TEXT_LEN, &id));
		for (unsigned k = 0; k < 16; k++)
			assert_int_equal(id.b[k], k * 0x11);
		assert_ptr_equal(uuid_format(&id, text), text);
		assert_string_equal(text, lower);
	}
	/* Neither version nor variant is looked at. */
	assert_true(uuid_parse("00000000-0000-0000-0000-000000000000", UUID_TEXT_LEN, &id));
	assert_true(uuid_parse("ffffffff-ffff-ffff-ffff-ffffffffffff", UUID_TEXT_LEN, &id));
	assert_string_equal(uuid_format(&id, text), "ffffffff-ffff-ffff-ffff-ffffffffffff");
}

static void refuses_any_other_character(void **state)
{
	struct uuid id, untouched;

	(void)state;
	memset(&id, 0x5a, sizeof(id));
	untouched = id;
	for (size_t at = 0; at < UUID_TEXT_LEN; at++) {
		for (int c = 0; c < 256; c++) {
			char text[UUID_TEXT_LEN + 1];
			bool dash = lower[at] == '-';
			bool hex = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');

			memcpy(text, lower, sizeof(text));
			text[at] = (char)c;
			if (dash ? c == '-' : hex)
				continue;
			assert_false(uuid_parse(text, UUID_TEXT_LEN, &id));
			assert_memory_equal(&id, &untouched, sizeof(id));
		}
	}
}

static void refuses_any_other_length(void **state)
{
	static const char longer[] = "00112233-4455-6677-8899-aabbccddeeff0";
	struct uuid id;

	(void)state;
	for (size_t n = 0; n < sizeof(longer); n++)
		assert_int_equal(uuid_parse(longer, n, &id), n == UUID_TEXT_LEN);
	assert_false(uuid_parse("{0112233-4455-6677-8899-aabbccddeef}", UUID_TEXT_LEN, &id));
	assert_false(uuid_parse("00112233445566778899aabbccddeeff", 32, &id));
	assert_false(uuid_parse(NULL, 0, &id));
}

static void compares_like_memcmp(void **state)
{
	struct uuid a = {{0}}, b = {{0}};

	(void)state;
	assert_int_equal(uuid_cmp(&a, &b), 0);
	b.b[15] = 1;
	assert_true(uuid_cmp(&a, &b) < 0);
	a.b[0] = 0x80; /* as unsigned bytes */
	assert_true(uuid_cmp(&a, &b) > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(reads_and_writes),
	    cmocka_unit_test(refuses_any_other_character),
	    cmocka_unit_test(refuses_any_other_length),
	    cmocka_unit_test(compares_like_memcmp),
	};
	return cmocka_run_group_tests_name("uuid", tests, NULL, NULL);
}
