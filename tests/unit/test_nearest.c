/* test_nearest.c: how near words are, and which one is suggested. */
#include "nearest.h"

#include "unit.h"

#include <string.h>

static void test_distance(void **state)
{
	static const struct {
		const char *a, *b;
		size_t d;
	} cases[] = {
	    {"", "", 0},
	    {"", "abc", 3},
	    {"run", "run", 0},
	    {"run", "RuN", 0},
	    {"run", "rum", 1},
	    {"run", "runs", 1},
	    {"run", "un", 1},
	    {"run", "rnu", 1},
	    {"run", "nur", 2},
	    {"abcd", "badc", 2},
	    {"kitten", "sitting", 3},
	    {"ca", "abc", 3},
	    {"concurency", "concurrency", 1},
	    {"retires", "retries", 1},
	    {"@[`{", "`{@[", 4},
	};
	char longest[NEAREST_MAX + 2];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *a = cases[i].a, *b = cases[i].b;

		assert_int_equal(nearest_distance(a, strlen(a), b, strlen(b)), cases[i].d);
		assert_int_equal(nearest_distance(b, strlen(b), a, strlen(a)), cases[i].d);
	}
	memset(longest, 'x', sizeof(longest));
	assert_int_equal(nearest_distance(longest, NEAREST_MAX, longest, NEAREST_MAX), 0);
	assert_int_equal(nearest_distance(longest, NEAREST_MAX, "", 0), NEAREST_MAX);
	assert_true(nearest_distance(longest, NEAREST_MAX + 1, "x", 1) == SIZE_MAX);
	assert_true(nearest_distance("x", 1, longest, NEAREST_MAX + 1) == SIZE_MAX);
}

static void test_hint(void **state)
{
	static const struct {
		const char *said, *words, *hint;
	} cases[] = {
	    {"rnu", "run|load|help", "; did you mean '<run>'?"},
	    {"laod", "run|load|help", "; did you mean '<load>'?"},
	    {"HELP", "run|load|help", "; did you mean '<help>'?"},
	    {"xyz", "run|load|help", ""},
	    {"", "run|load|help", ""},
	    {"r", "run|load|help", ""},
	    {"p", "pg|raw", ""},
	    {"pq", "pg|raw", "; did you mean '<pg>'?"},
	    {"qp", "pg|raw", ""},
	    {"comp", "run|completion", "; did you mean '<completion>'?"},
	    {"co", "run|completion", ""},
	    {"completionist", "run|completion", "; did you mean '<completion>'?"},
	    {"retry-wiat", "retry-wait|retry-wail", "; did you mean '<retry-wait>'?"},
	    {"retry-wai", "retry-wail|retry-wait", "; did you mean '<retry-wail>'?"},
	    {"anything", "", ""},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct nearest near;
		char hint[100] = "?";

		nearest_begin(&near, cases[i].said, strlen(cases[i].said));
		nearest_offer_words(&near, cases[i].words, strlen(cases[i].words));
		nearest_hint(&near, "<", ">", hint, sizeof(hint));
		assert_string_equal(hint, cases[i].hint);
	}
}

/* Only as many bytes are looked at as there are said to be. */
static void test_lengths(void **state)
{
	struct nearest near;
	char hint[20];

	(void)state;
	nearest_begin(&near, "sqlit:x.db", 5);
	nearest_offer(&near, "sqlite:", 6);
	nearest_hint(&near, "", ":", hint, sizeof(hint));
	assert_string_equal(hint, "; did you mean 'sql"); /* cut, and ended */
	assert_int_equal(near.n_best, 6);
	assert_int_equal(near.least, 1);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_distance),
	    cmocka_unit_test(test_hint),
	    cmocka_unit_test(test_lengths),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
