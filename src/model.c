#include "model.h"

#include <string.h>

/* rank: from best to worst, what is lost being worse than what is open. */
static const struct {
	const char *name;
	int rank;
	bool lost;
} states[JOB_STATES] = {
    [JOB_NONE] = {"", 0, false},
    [JOB_STORED] = {"stored", 1, false},
    [JOB_UNASKED] = {"unasked", 2, false},
    [JOB_PENDING] = {"pending", 3, false},
    [JOB_DENIED] = {"denied", 4, false},
    [JOB_UNREADABLE] = {"unreadable", 5, false},
    [JOB_FAILED] = {"failed", 6, false},
    [JOB_REJECTED] = {"rejected", 7, true},
    [JOB_NO_RESULT] = {"no_result", 8, true},
    [JOB_NOT_FOUND] = {"not_found", 9, true},
    [JOB_EXPIRED] = {"expired", 10, true},
};

const char *state_name(enum job_state state)
{
	return states[state].name;
}

enum job_state state_of_name(const char *name, size_t n)
{
	for (unsigned i = JOB_NONE + 1; i < JOB_STATES; i++) {
		if (strlen(states[i].name) == n && memcmp(states[i].name, name, n) == 0)
			return (enum job_state)i;
	}
	return JOB_NONE;
}

bool state_is_lost(enum job_state state)
{
	return states[state].lost;
}

enum job_state state_worse(enum job_state a, enum job_state b)
{
	return states[a].rank >= states[b].rank ? a : b;
}

const char *section_name(enum row_section section)
{
	static const char *const names[] = {NULL, "first", "middle", "last"};

	return names[section];
}

bool section_of_name(struct text name, enum row_section *out)
{
	for (int i = SECTION_NONE; i <= SECTION_LAST; i++)
		if (text_eq(name, text_of(section_name((enum row_section)i)))) {
			*out = (enum row_section)i;
			return true;
		}
	return false;
}
