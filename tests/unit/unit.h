/*
 * unit.h: what every unit test includes: cmocka with what it needs.
 */
#ifndef OMNI_TEST_UNIT_H
#define OMNI_TEST_UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

/* In valgrind, where all goes thirty times slower: less of what is only more of the same. */
static inline bool unit_light(void)
{
	return getenv("OMNI_LIGHT") != NULL;
}

#endif
