#include "amount.h"

#include "unit.h"

static void test_bytes(void **state)
{
	static const struct {
		uint64_t n;
		const char *text;
	} cases[] = {{0, "0 B"},
		     {1023, "1023 B"},
		     {1024, "1.0 KiB"},
		     {1536, "1.5 KiB"},
		     {1048575, "1.0 MiB"}, /* and not 1024.0 KiB */
		     {UINT64_C(3) << 30, "3.0 GiB"},
		     {UINT64_MAX, "16777216.0 TiB"}};
	char out[AMOUNT_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_string_equal(amount_bytes(cases[i].n, out), cases[i].text);
}

static void test_count(void **state)
{
	static const struct {
		uint64_t n;
		const char *text;
	} cases[] = {{0, "0"},
		     {999, "999"},
		     {1000, "1,000"},
		     {1234567, "1,234,567"},
		     {UINT64_MAX, "18,446,744,073,709,551,615"}};
	char out[AMOUNT_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_string_equal(amount_count(cases[i].n, out), cases[i].text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_bytes), cmocka_unit_test(test_count)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
