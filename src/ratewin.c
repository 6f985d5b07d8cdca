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

int64_t ratewin_room(struct ratefile *f, int64_t n, int64_t window_ns)
{
	const struct ratefile_head *h = &f->head;
	int64_t places = n - ratewin_under_way(f);
	uint64_t number;
	int64_t ns;

	if (places <= 0)
		return INT64_MAX;
	if (h->released < (uint64_t)places)
		return INT64_MIN;
	number = h->released - (uint64_t)places;
	ns = number < h->epoch ? h->epoch_ns : ratefile_ring(f, number);
	if (ns > h->newest_ns) /* damaged: they are in order */
		ns = h->newest_ns;
	return ns + window_ns;
}
