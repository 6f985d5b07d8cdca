/* limit.c: see limit.h. */
#include "limit.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* The times of one key's requests in the last window: a ring, oldest at head. */
struct limit_key {
	struct limit_key *next;
	char *name;
	int64_t *at;
	size_t head, n, cap;
};

struct limit {
	int64_t most;
	int64_t window_ns;
	int64_t violations;
	int64_t max_in_window;
	struct limit_key *keys;
};

struct limit *limit_new(const char *s, struct err *err)
{
	static const struct {
		const char *name;
		int64_t ns;
	} units[] = {{"/s", 1000000000}, {"/m", 60000000000}, {"/h", 3600000000000}};
	struct limit *l = calloc(1, sizeof(*l));
	if (l == NULL) {
		err_set(err, ERR_FATAL, "out of memory");
		return NULL;
	}
	char *end;
	errno = 0;
	l->most = strtoll(s, &end, 10);
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (end != s && strcmp(end, units[i].name) == 0)
			l->window_ns = units[i].ns;
	if (errno != 0 || l->most < 1 || l->window_ns == 0) {
		err_set(err, ERR_FATAL, "not a limit like 60/m: '%s'", s);
		free(l);
		return NULL;
	}
	return l;
}

void limit_free(struct limit *l)
{
	if (l == NULL)
		return;
	while (l->keys != NULL) {
		struct limit_key *next = l->keys->next;
		free(l->keys->name);
		free(l->keys->at);
		free(l->keys);
		l->keys = next;
	}
	free(l);
}

static struct limit_key *limit_key(struct limit *l, const char *name)
{
	struct limit_key *k = l->keys;
	while (k != NULL && strcmp(k->name, name) != 0)
		k = k->next;
	if (k != NULL)
		return k;
	k = calloc(1, sizeof(*k));
	if (k == NULL || (k->name = strdup(name)) == NULL) {
		free(k);
		return NULL;
	}
	k->next = l->keys;
	l->keys = k;
	return k;
}

static int limit_grow(struct limit_key *k)
{
	size_t cap = k->cap == 0 ? 64 : 2 * k->cap;
	int64_t *at = calloc(cap, sizeof(*at));
	if (at == NULL)
		return -1;
	for (size_t i = 0; i < k->n; i++)
		at[i] = k->at[(k->head + i) % k->cap];
	free(k->at);
	k->at = at;
	k->head = 0;
	k->cap = cap;
	return 0;
}

bool limit_count(struct limit *l, const char *key, int64_t now_ns)
{
	struct limit_key *k = limit_key(l, key);
	if (k == NULL)
		return false;
	while (k->n > 0 && k->at[k->head] <= now_ns - l->window_ns) {
		k->head = (k->head + 1) % k->cap;
		k->n--;
	}
	if (k->n == k->cap && limit_grow(k) != 0)
		return false;
	k->at[(k->head + k->n) % k->cap] = now_ns;
	k->n++;
	if ((int64_t)k->n > l->max_in_window)
		l->max_in_window = (int64_t)k->n;
	if ((int64_t)k->n <= l->most)
		return true;
	l->violations++;
	return false;
}

int64_t limit_violations(const struct limit *l)
{
	return l->violations;
}

int64_t limit_max_in_window(const struct limit *l)
{
	return l->max_in_window;
}
