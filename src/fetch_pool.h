/*
 * fetch_pool.h: bodies to be used again. A body is taken by the thread that fetches and given back by the one that
 * loads: any thread may call, a mutex guards the pool.
 *
 * The pool owns the bodies that lie in it; what is taken is the taker's.
 */
#ifndef OMNI_FETCH_POOL_H
#define OMNI_FETCH_POOL_H

#include "body.h"

#include <pthread.h>

struct fetch_pool {
	pthread_mutex_t lock;
	struct body **idle;
	size_t n, cap; /* more than cap are not kept */
	uint64_t max_size;
};

/* cap >= 1; max_size: of each body. 0, or -1 when memory is short. */
int fetch_pool_init(struct fetch_pool *, size_t cap, uint64_t max_size);
void fetch_pool_destroy(struct fetch_pool *);
/* An empty body (body_reset), or NULL when memory is short. */
struct body *fetch_pool_take(struct fetch_pool *, bool keep);
/* NULL is fine. What the body holds is released at once. */
void fetch_pool_give(struct fetch_pool *, struct body *);

#endif
