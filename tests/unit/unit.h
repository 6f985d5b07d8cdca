/*
 * unit.h: what every unit test includes: cmocka with what it needs.
 */
#ifndef OMNI_TEST_UNIT_H
#define OMNI_TEST_UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#endif
