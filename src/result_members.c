#include "result_members.h"

#include <stdlib.h>
#include <string.h>

/* Bytes. Names beyond are not compared with others: no known one is so long, and so the memory for names is bounded. */
#define MAX_NAME  ((size_t)4 << 10)
#define MAX_NAMES ((size_t)128 << 20) /* bytes of all names: a body's skeleton is smaller (JSON_MAX_TEXT) */
#define KEEP      ((size_t)1 << 20)   /* bytes of names that trim does not give back */
#define KEEP_MAX  1024                /* members, likewise */

void result_members_init(struct result_members *o)
{
	memset(o, 0, sizeof(*o));
	buf_init(&o->names, MAX_NAMES);
}

void result_members_free(struct result_members *o)
{
	free(o->at);
	free(o->by_name);
	buf_free(&o->names);
	o->at = NULL;
	o->by_name = NULL;
	o->n = o->n_names = o->max = 0;
}

void result_members_trim(struct result_members *o)
{
	if (o->max > KEEP_MAX || o->names.cap > KEEP)
		result_members_free(o);
}

static int no_memory(struct err *err)
{
	return err_set(err, ERR_FATAL, "out of memory for an object of a result");
}

static int make_room(struct result_members *o, size_t n, struct err *err)
{
	struct result_member *at;
	struct result_member **by_name;

	if (n <= o->max)
		return 0;
	at = realloc(o->at, n * sizeof(*at));
	if (at == NULL)
		return no_memory(err);
	o->at = at;
	by_name = realloc(o->by_name, n * sizeof(struct result_member *));
	if (by_name == NULL)
		return no_memory(err);
	o->by_name = by_name;
	o->max = n;
	return 0;
}

static int compare_names(const char *a, size_t na, const char *b, size_t nb)
{
	int c = memcmp(a, b, na < nb ? na : nb);

	return c != 0 ? c : (na > nb) - (na < nb);
}

/* By name, and where that is the same in the order of the document. */
static int by_name(const void *pa, const void *pb)
{
	const struct result_member *a = *(struct result_member *const *)pa, *b = *(struct result_member *const *)pb;
	int c = compare_names(a->name, a->name_len, b->name, b->name_len);

	return c != 0 ? c : (a > b) - (a < b);
}

static int read_members(struct result_members *o, const struct json_doc *doc, json_ref object, struct err *err)
{
	size_t at = 0;

	for (json_ref key = json_first(doc, object); key >= 0; key = json_next(doc, key)) {
		struct result_member *m = &o->at[o->n++];
		size_t before = o->names.len;
		unsigned flags = 0;

		*m = (struct result_member){.name = "…", .name_len = strlen("…"), .key = key};
		m->value = json_value(doc, key);
		if (json_raw_len(doc, key) > MAX_NAME)
			continue;
		if (json_string(doc, key, MAX_NAME, &o->names, &flags, err) != 0)
			return -1;
		m->name_len = o->names.len - before;
		o->by_name[o->n_names++] = m;
	}
	/* Only now the names lie still. */
	for (size_t i = 0; i < o->n_names; i++) {
		o->by_name[i]->name = buf_cstr(&o->names) + at;
		at += o->by_name[i]->name_len;
	}
	return 0;
}

/* Of each name the last member stays. */
static void drop_twice(struct result_members *o, struct result_warn *warn, const char *of)
{
	char shown[RESULT_NAME_MAX];
	size_t kept = 0, same = 1;

	for (size_t i = 0; i < o->n_names; i++) {
		struct result_member *m = o->by_name[i], *next = i + 1 < o->n_names ? o->by_name[i + 1] : NULL;

		if (next != NULL && compare_names(m->name, m->name_len, next->name, next->name_len) == 0) {
			m->taken = true;
			same++;
			continue;
		}
		if (same > 1)
			result_warn(warn, "'%s'%s stands %zu times, the last one counts",
				    result_warn_name(m->name, m->name_len, shown), of, same);
		same = 1;
		o->by_name[kept++] = m;
	}
	o->n_names = kept;
}

int result_members_read(struct result_members *o, const struct json_doc *doc, json_ref object, struct result_warn *warn,
			const char *of, struct err *err)
{
	o->n = o->n_names = 0;
	buf_clear(&o->names);
	if (make_room(o, json_count(doc, object), err) != 0 || read_members(o, doc, object, err) != 0)
		return -1;
	if (o->n_names > 1)
		qsort(o->by_name, o->n_names, sizeof(struct result_member *), by_name);
	drop_twice(o, warn, of);
	return 0;
}

int result_members_look(struct result_members *o, const struct json_doc *doc, json_ref value, struct result_warn *warn,
			const char *of, struct err *err)
{
	for (json_ref r = json_next_object(doc, value, -1); r >= 0; r = json_next_object(doc, value, r)) {
		if (json_count(doc, r) > 1 && result_members_read(o, doc, r, warn, of, err) != 0)
			return -1;
	}
	return 0;
}

int result_members_wrap(struct result_members *o, const char *name, json_ref value, struct err *err)
{
	o->n = o->n_names = 0;
	if (make_room(o, 1, err) != 0)
		return -1;
	o->at[0] = (struct result_member){.name = name, .name_len = strlen(name), .key = -1, .value = value};
	o->by_name[0] = &o->at[0];
	o->n = o->n_names = 1;
	return 0;
}

struct result_member *result_members_find(const struct result_members *o, const char *name, size_t n)
{
	size_t lo = 0, hi = o->n_names;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		int c = compare_names(name, n, o->by_name[mid]->name, o->by_name[mid]->name_len);

		if (c == 0)
			return o->by_name[mid];
		if (c < 0)
			hi = mid;
		else
			lo = mid + 1;
	}
	return NULL;
}
