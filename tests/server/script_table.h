/* script_table.h: the inside of a script, for script.c and script_read.c alone. */
#ifndef OMNI_TEST_SCRIPT_TABLE_H
#define OMNI_TEST_SCRIPT_TABLE_H

#include "script.h"

struct script {
	struct script_job **slots; /* a power of two of them, half empty; owned */
	size_t n_slots, n_jobs;
	struct script_job *any; /* "*"; NULL: none */
	struct replies others[OTHER_ENDPOINTS];
	struct talks talks;
	int64_t now_us;
};

#endif
