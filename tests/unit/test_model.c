#include "model.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* The contract's words and its exit code 4, in the order from best to worst. */
static const struct {
	enum job_state state;
	const char *name;
	bool lost;
} ladder[] = {
    {JOB_NONE, "", false},
    {JOB_STORED, "stored", false},
    {JOB_UNASKED, "unasked", false},
    {JOB_PENDING, "pending", false},
    {JOB_DENIED, "denied", false},
    {JOB_UNREADABLE, "unreadable", false},
    {JOB_FAILED, "failed", false},
    {JOB_REJECTED, "rejected", true},
    {JOB_NO_RESULT, "no_result", true},
    {JOB_NOT_FOUND, "not_found", true},
    {JOB_EXPIRED, "expired", true},
};

#define RUNGS (sizeof(ladder) / sizeof(ladder[0]))

static void names_go_both_ways(void **state)
{
	(void)state;
	assert_int_equal(RUNGS, JOB_STATES);
	for (size_t i = 0; i < RUNGS; i++) {
		assert_string_equal(state_name(ladder[i].state), ladder[i].name);
		assert_int_equal(state_of_name(ladder[i].name, strlen(ladder[i].name)), ladder[i].state);
		assert_int_equal(state_is_lost(ladder[i].state), ladder[i].lost);
	}
}

static void other_names_are_none(void **state)
{
	(void)state;
	assert_int_equal(state_of_name("store", 5), JOB_NONE);
	assert_int_equal(state_of_name("stored ", 7), JOB_NONE);
	assert_int_equal(state_of_name("stored\0", 7), JOB_NONE);
	assert_int_equal(state_of_name("Stored", 6), JOB_NONE);
	assert_int_equal(state_of_name("storedandmore", 6), JOB_STORED);
	assert_int_equal(state_of_name("", 0), JOB_NONE);
}

static void the_worse_of_two(void **state)
{
	(void)state;
	for (size_t i = 0; i < RUNGS; i++) {
		for (size_t k = 0; k < RUNGS; k++) {
			enum job_state worse = ladder[i > k ? i : k].state;
			assert_int_equal(state_worse(ladder[i].state, ladder[k].state), worse);
		}
	}
}

static void sections(void **state)
{
	(void)state;
	assert_null(section_name(SECTION_NONE));
	assert_string_equal(section_name(SECTION_FIRST), "first");
	assert_string_equal(section_name(SECTION_MIDDLE), "middle");
	assert_string_equal(section_name(SECTION_LAST), "last");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(names_go_both_ways),
	    cmocka_unit_test(other_names_are_none),
	    cmocka_unit_test(the_worse_of_two),
	    cmocka_unit_test(sections),
	};
	return cmocka_run_group_tests_name("model", tests, NULL, NULL);
}
