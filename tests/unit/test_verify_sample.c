/* test_verify_sample.c: --sample: how many, which, and the same each time. */
#include "unit.h"
#include "verify_sample.h"

#include <string.h>

#define JOBS 1000

static struct uuid id_of(unsigned i)
{
	struct uuid id = {{0}};

	id.b[2] = (uint8_t)(i >> 8);
	id.b[3] = (uint8_t)i;
	return id;
}

/* Which of the jobs are wanted, one bit each. */
static size_t chosen(const char *text, uint64_t seed, size_t n, unsigned char *bits)
{
	static uint64_t numbers[JOBS];
	struct verify_sample s;
	struct err err = {0};
	size_t wanted = 0;

	assert_int_equal(verify_sample_parse(text, seed, &s, &err), 0);
	for (unsigned i = 0; i < n; i++) {
		const struct uuid id = id_of(i);

		numbers[i] = verify_sample_number(&s, &id);
	}
	verify_sample_limit(&s, numbers, n);
	for (unsigned i = 0; i < n; i++) {
		const struct uuid id = id_of(i);

		bits[i] = verify_sample_wants(&s, &id);
		wanted += bits[i];
	}
	return wanted;
}

static void shares(void **state)
{
	unsigned char a[JOBS], b[JOBS];

	(void)state;
	assert_int_equal(chosen("10%", 1, JOBS, a), 100);
	assert_int_equal(chosen("0.5%", 1, JOBS, a), 5);
	assert_int_equal(chosen("100%", 1, JOBS, a), JOBS);
	assert_int_equal(chosen(NULL, 1, JOBS, a), JOBS);
	assert_int_equal(chosen("0.001%", 1, JOBS, a), 1); /* never none */
	assert_int_equal(chosen("1%", 1, 1, a), 1);
	assert_int_equal(chosen("50%", 1, 0, a), 0);
	/* By the seed, and that of the text before the other. */
	assert_int_equal(chosen("50%", 7, JOBS, a), 500);
	assert_int_equal(chosen("50%:7", 9, JOBS, b), 500);
	assert_memory_equal(a, b, JOBS);
	(void)chosen("50%", 8, JOBS, b);
	assert_int_not_equal(memcmp(a, b, JOBS), 0);
	/* A larger share has all of the smaller one. */
	(void)chosen("60%", 7, JOBS, b);
	for (int i = 0; i < JOBS; i++)
		assert_true(b[i] >= a[i]);
}

static void refused(void **state)
{
	static const char *const bad[] = {
	    "",     "%",     "5",    "0%",   "101%", "-1%", "5%%",    "5%:",
	    "5%:x", "5%:-1", "1e1%", "0x5%", "nan%", " 5%", "1.2.3%", "5%:99999999999999999999"};
	struct verify_sample s;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct err err = {0};

		if (verify_sample_parse(bad[i], 1, &s, &err) != -1 || err.kind != ERR_USAGE)
			fail_msg("'%s' is taken", bad[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(shares), cmocka_unit_test(refused)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
