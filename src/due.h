/*
 * due.h: things that wait for a time: a binary heap, the earliest first, and what was put in first where two are equal.
 *
 * struct due owns its array, not the things. Room is reserved beforehand, so that putting something in never fails.
 */
#ifndef OMNI_DUE_H
#define OMNI_DUE_H

#include <stddef.h>
#include <stdint.h>

struct due_item {
	int64_t at_ns;
	uint64_t order;
	void *thing;
};

struct due {
	struct due_item *items;
	size_t n, cap;
	uint64_t order; /* how many were ever put in */
};

void due_init(struct due *);
void due_free(struct due *);
/* Makes room for n things in all. 0, or -1 when memory is short. */
int due_reserve(struct due *, size_t n);
/* There must be room for it: due_reserve. */
void due_put(struct due *, int64_t at_ns, void *thing);
/* The earliest thing, or NULL; when it is due in *at_ns (which may be NULL). It stays in. */
void *due_first(const struct due *, int64_t *at_ns);
/* The same, taken out. */
void *due_take(struct due *);

#endif
