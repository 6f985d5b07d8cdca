/*
 * waits.h: connections that are to be silent for a while, or until their client goes away. They cost no thread: one
 * thread wakes them all.
 *
 * A struct wait lies in the request that it belongs to and must stay there until it was woken. wake is called from the
 * thread of waits, once for each; after it the wait may be used again or freed.
 */
#ifndef OMNI_TEST_WAITS_H
#define OMNI_TEST_WAITS_H

#include "err.h"

#include <stdbool.h>
#include <stdint.h>

struct wait {
	struct wait *next, **at; /* waits.c's own */
	int64_t until_ns;        /* boot time; INT64_MAX: until the client is gone */
	int fd;                  /* the client's socket */
	void *ctx;               /* for wake */
};

struct waits;

/* Starts the thread. NULL with *err. */
struct waits *waits_new(void (*wake)(void *ctx), struct err *);
/* False: the server is stopping, nothing waits any more. */
bool waits_add(struct waits *, struct wait *);
bool waits_stopping(struct waits *);
/* Wakes everything and ends the thread; waits_add then refuses. */
void waits_stop(struct waits *);
void waits_free(struct waits *); /* after waits_stop */

#endif
