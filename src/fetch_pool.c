#include "fetch_pool.h"

#include <stdlib.h>

int fetch_pool_init(struct fetch_pool *p, size_t cap, uint64_t max_size)
{
	*p = (struct fetch_pool){.cap = cap, .max_size = max_size};
	p->idle = calloc(cap, sizeof(struct body *));
	if (!p->idle)
		return -1;
	if (pthread_mutex_init(&p->lock, NULL)) {
		free(p->idle);
		p->idle = NULL;
		return -1;
	}
	return 0;
}

void fetch_pool_destroy(struct fetch_pool *p)
{
	if (!p->idle)
		return;
	while (p->n > 0)
		body_free(p->idle[--p->n]);
	free(p->idle);
	p->idle = NULL;
	pthread_mutex_destroy(&p->lock);
}

struct body *fetch_pool_take(struct fetch_pool *p, bool keep)
{
	struct body *body = NULL;

	pthread_mutex_lock(&p->lock);
	if (p->n > 0)
		body = p->idle[--p->n];
	pthread_mutex_unlock(&p->lock);
	if (!body)
		body = body_new(p->max_size);
	if (body)
		body_reset(body, keep);
	return body;
}

void fetch_pool_give(struct fetch_pool *p, struct body *body)
{
	if (!body)
		return;
	body_reset(body, false);
	pthread_mutex_lock(&p->lock);
	if (p->n < p->cap) {
		p->idle[p->n++] = body;
		body = NULL;
	}
	pthread_mutex_unlock(&p->lock);
	body_free(body);
}
