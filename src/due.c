#include "due.h"

#include <stdbool.h>
#include <stdlib.h>

void due_init(struct due *d)
{
	*d = (struct due){0};
}

void due_free(struct due *d)
{
	free(d->items);
	due_init(d);
}

int due_reserve(struct due *d, size_t n)
{
	size_t cap = d->cap ? d->cap : 16;
	struct due_item *items;

	if (n <= d->cap)
		return 0;
	while (cap < n) {
		if (cap > SIZE_MAX / 2 / sizeof *items)
			return -1;
		cap *= 2;
	}
	items = realloc(d->items, cap * sizeof *items);
	if (!items)
		return -1;
	d->items = items;
	d->cap = cap;
	return 0;
}

static bool before(const struct due_item *a, const struct due_item *b)
{
	return a->at_ns != b->at_ns ? a->at_ns < b->at_ns : a->order < b->order;
}

void due_put(struct due *d, int64_t at_ns, void *thing)
{
	struct due_item item = {at_ns, d->order++, thing};
	size_t i = d->n++;

	for (; i > 0 && before(&item, &d->items[(i - 1) / 2]); i = (i - 1) / 2)
		d->items[i] = d->items[(i - 1) / 2];
	d->items[i] = item;
}

void *due_first(const struct due *d, int64_t *at_ns)
{
	if (d->n == 0)
		return NULL;
	if (at_ns)
		*at_ns = d->items[0].at_ns;
	return d->items[0].thing;
}

void *due_take(struct due *d)
{
	struct due_item last;
	void *thing;
	size_t i = 0, child;

	if (d->n == 0)
		return NULL;
	thing = d->items[0].thing;
	last = d->items[--d->n];
	while ((child = 2 * i + 1) < d->n) {
		if (child + 1 < d->n && before(&d->items[child + 1], &d->items[child]))
			child++;
		if (!before(&d->items[child], &last))
			break;
		d->items[i] = d->items[child];
		i = child;
	}
	d->items[i] = last;
	return thing;
}
