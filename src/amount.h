/*
 * amount.h: numbers as a person reads them.
 */
#ifndef OMNI_AMOUNT_H
#define OMNI_AMOUNT_H

#include <stdint.h>

#define AMOUNT_MAX 32

/* 1234567 -> "1,234,567". Both return out. */
const char *amount_count(uint64_t n, char out[AMOUNT_MAX]);
/* "512 B", "1.5 KiB", "12.0 MiB"; never "1024.0" of a unit that has a larger one. */
const char *amount_bytes(uint64_t n, char out[AMOUNT_MAX]);
/* The end of a word of which there are n: "" or "s". */
const char *amount_plural(int64_t n);

#endif
