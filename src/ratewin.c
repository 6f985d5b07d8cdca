#include "ratewin.h"

#include <string.h>

void ratewin_release(struct ratefile *f, int64_t at_ns)
{
	struct ratefile_head *h = &f->head;

	/* another process may have been told a later time and come first: the ring stays in order, to the safe side */
	if (at_ns < h->newest_ns)
		at_ns = h->newest_ns;
	ratefile_ring_set(f, h->released, at_ns);
	h->released++;
	h->newest_ns = at_ns;
	f->changed = true;
}

int ratewin_add(struct ratefile *f, const struct procid *owner, int64_t taken_ns)
{
	struct ratefile_head *h = &f->head;
	struct ratefile_entry *e;
	uint32_t i;

	for (i = 0; i < h->high && f->table[i].serial; i++)
		;
	if (i == RATEFILE_SLOTS)
		return -1;
	if (i == h->high)
		h->high++;
	e = &f->table[i];
	e->owner = *owner;
	e->taken_ns = taken_ns;
	e->serial = ++h->serial;
	f->changed = true;
	return (int)i;
}

void ratewin_remove(struct ratefile *f, uint32_t index, int64_t at_ns)
{
	struct ratefile_head *h = &f->head;

	ratewin_release(f, at_ns);
	memset(&f->table[index], 0, sizeof(f->table[index]));
	while (h->high > 0 && !f->table[h->high - 1].serial)
		h->high--;
}

uint32_t ratewin_under_way(const struct ratefile *f)
{
	uint32_t i, n = 0;

	for (i = 0; i < f->head.high; i++)
		n += f->table[i].serial != 0;
	return n;
}

void ratewin_begin_epoch(struct ratefile *f, int64_t ns)
{
	struct ratefile_head *h = &f->head;

	h->epoch = h->released;
	h->epoch_ns = ns;
	h->newest_ns = ns;
	f->changed = true;
}

void ratewin_reboot(struct ratefile *f)
{
	struct ratefile_head *h = &f->head;

	h->released += ratewin_under_way(f);
	h->high = 0;
	h->pause_ns = 0;
	memcpy(h->boot, f->boot, sizeof(h->boot));
	ratewin_begin_epoch(f, 0);
}

/* When release i was. It is not older than the ring. */
static int64_t released_ns(struct ratefile *f, uint64_t i)
{
	int64_t ns = i < f->head.epoch ? f->head.epoch_ns : ratefile_ring(f, i);

	return ns < f->head.newest_ns ? ns : f->head.newest_ns; /* damaged where it is not: they are in order */
}

int64_t ratewin_room(struct ratefile *f, int64_t n, int64_t window_ns)
{
	const struct ratefile_head *h = &f->head;
	int64_t places = n - ratewin_under_way(f);

	if (places <= 0)
		return INT64_MAX;
	if (h->released < (uint64_t)places)
		return INT64_MIN;
	return released_ns(f, h->released - (uint64_t)places) + window_ns;
}

int64_t ratewin_when(struct ratefile *f, int64_t n, int64_t window_ns, uint64_t k, int64_t now_ns)
{
	/* It goes when the n-th before it is a window old: one of those in the ring, one that is under way now, or
	 * another of the k, whole windows later. */
	uint64_t places = (uint64_t)(n > ratewin_under_way(f) ? n - ratewin_under_way(f) : 0);
	uint64_t windows = (k - 1) / (uint64_t)n, i = (k - 1) % (uint64_t)n;
	int64_t at = now_ns, more;

	if (i >= places)
		at = now_ns + window_ns;
	else if (f->head.released + i >= places)
		at = released_ns(f, f->head.released + i - places) + window_ns;
	if (at < now_ns)
		at = now_ns;
	if (windows > INT64_MAX || __builtin_mul_overflow((int64_t)windows, window_ns, &more) ||
	    __builtin_add_overflow(at, more, &at))
		return INT64_MAX;
	return at;
}
