#include "sha256.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const char million_a[] = "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0";

/* FIPS 180-4's examples. */
static const struct {
	const char *text, *hex;
} known[] = {
    {"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
    {"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
    {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
     "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
};

static void known_digests(void **state)
{
	struct sha256 *s = sha256_new();
	uint8_t digest[SHA256_LEN];
	char hex[SHA256_HEX_LEN + 1];

	(void)state;
	assert_non_null(s);
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		sha256_reset(s);
		sha256_add(s, known[i].text, strlen(known[i].text));
		sha256_end(s, digest);
		assert_ptr_equal(sha256_hex(digest, hex), hex);
		assert_string_equal(hex, known[i].hex);
	}
	sha256_free(s);
}

static void pieces_make_no_difference(void **state)
{
	struct sha256 *s = sha256_new(); /* ready without a reset */
	uint8_t digest[SHA256_LEN];
	char hex[SHA256_HEX_LEN + 1], as[1000];

	(void)state;
	assert_non_null(s);
	memset(as, 'a', sizeof(as));
	for (size_t left = 1000000, n = 1; left > 0; left -= n, n = n % sizeof(as) + 1) {
		if (n > left)
			n = left;
		sha256_add(s, as, n);
	}
	sha256_end(s, digest);
	assert_string_equal(sha256_hex(digest, hex), million_a);
	sha256_free(s);
}

static void reset_forgets(void **state)
{
	struct sha256 *s = sha256_new();
	uint8_t digest[SHA256_LEN];
	char hex[SHA256_HEX_LEN + 1];

	(void)state;
	assert_non_null(s);
	sha256_add(s, "half a body", 11);
	sha256_reset(s);
	sha256_add(s, "abc", 3);
	sha256_end(s, digest);
	assert_string_equal(sha256_hex(digest, hex), known[1].hex);
	sha256_free(s);
	sha256_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(known_digests),
	    cmocka_unit_test(pieces_make_no_difference),
	    cmocka_unit_test(reset_forgets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
