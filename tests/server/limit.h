/*
 * limit.h: the firewall in front of the API: a sliding window of requests for each Authorization header.
 *
 * Every request counts, also one that is refused: so the largest count seen is what a client really did. A struct limit
 * owns its keys and their times.
 */
#ifndef OMNI_TEST_LIMIT_H
#define OMNI_TEST_LIMIT_H

#include "err.h"

#include <stdbool.h>
#include <stdint.h>

struct limit;

/* "60/m": N requests in any window of a second, minute or hour. NULL with *err. */
struct limit *limit_new(const char *s, struct err *);
void limit_free(struct limit *);
/* Counts a request made now with that key (a digest in text). True: within the limit. Out of memory: false. */
bool limit_count(struct limit *, const char *key, int64_t now_ns);
int64_t limit_violations(const struct limit *);    /* how many requests were beyond it */
int64_t limit_max_in_window(const struct limit *); /* the most requests of one key in any window */

#endif
