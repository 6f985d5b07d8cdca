#include "idset.h"

#include <stdlib.h>

#define FIRST_PLACES 256

void idset_init(struct idset *s)
{
	*s = (struct idset){0};
}

void idset_free(struct idset *s)
{
	free(s->at);
	free(s->taken);
	idset_init(s);
}

/* Where it is, or where it would go. */
static size_t place_of(const struct idset *s, const struct uuid *id)
{
	size_t i = uuid_hash(id) & (s->places - 1);

	while (s->taken[i] && uuid_cmp(&s->at[i], id) != 0)
		i = (i + 1) & (s->places - 1);
	return i;
}

static int grow(struct idset *s)
{
	struct idset larger = {.places = s->places > 0 ? s->places * 2 : FIRST_PLACES, .n = s->n};

	larger.at = calloc(larger.places, sizeof(*larger.at));
	larger.taken = calloc(larger.places, sizeof(*larger.taken));
	if (larger.at == NULL || larger.taken == NULL) {
		idset_free(&larger);
		return -1;
	}
	for (size_t i = 0; i < s->places; i++) {
		size_t to;

		if (!s->taken[i])
			continue;
		to = place_of(&larger, &s->at[i]);
		larger.at[to] = s->at[i];
		larger.taken[to] = true;
	}
	idset_free(s);
	*s = larger;
	return 0;
}

int idset_add(struct idset *s, const struct uuid *id)
{
	size_t i;

	if (2 * (s->n + 1) > s->places && grow(s) != 0)
		return -1;
	i = place_of(s, id);
	if (s->taken[i])
		return 0;
	s->at[i] = *id;
	s->taken[i] = true;
	s->n++;
	return 1;
}
