/*
 * jsonnum.h: a JSON number as an integer, exactly: nothing goes through a double. Pure.
 */
#ifndef OMNI_JSONNUM_H
#define OMNI_JSONNUM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* p, n: a valid JSON number (jsonscan.h). True when it is a whole one within int64, however it is written (5, 5.0, 1e3,
 * 10e-1, -0); *out is then set. Else *out is untouched. */
bool jsonnum_int64(const char *p, size_t n, int64_t *out);

#endif
