#include "viewset.h"

#include "json.h"
#include "viewset_own.h"

#include <stdlib.h>
#include <string.h>

const char *const viewset_fixed[VIEWSET_FIXED] = {"job_id",       "topic",   "query_name", "asked_at",
						  "action_index", "section", "row_index"};

static int no_memory(struct err *err)
{
	return err_set(err, ERR_FATAL, "out of memory");
}

struct viewset *viewset_new(void)
{
	struct viewset *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->taken = viewname_set_new();
	s->doc = json_new();
	buf_init(&s->scratch, SIZE_MAX / 2);
	if (s->taken && s->doc)
		return s;
	viewset_free(s);
	return NULL;
}

void viewset_free_view(struct viewset_view *v)
{
	if (!v)
		return;
	free(v->columns);
	free(v->texts);
	free(v->first_name);
	free(v->last_types);
	free((void *)(uintptr_t)v->labels.p);
	free((void *)(uintptr_t)v->query_name.p);
	free(v);
}

void viewset_free(struct viewset *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < s->n; i++)
		viewset_free_view(s->views[i]);
	free(s->views);
	free(s->results);
	viewname_set_free(s->taken);
	json_free(s->doc);
	buf_free(&s->scratch);
	free(s);
}

/* --- what the catalogue knows --- */

struct viewset_view *viewset_known(struct viewset *s, const struct viewset_view *row, struct err *err)
{
	struct viewset_view *v = viewset_shape(s, row->labels, err);

	if (!v) {
		if (err->kind == ERR_NONE)
			(void)err_set(err, ERR_FATAL, "the table 'views' has labels that are none of view '%s'",
				      row->name);
		return NULL;
	}
	memcpy(v->name, row->name, sizeof(v->name));
	memcpy(v->definition, row->definition, sizeof(v->definition));
	v->seen_no = row->seen_no;
	v->seen_n = row->seen_n;
	v->seen_sum = row->seen_sum;
	v->kept = true;
	if (!v->query_name.p && viewset_copy(&v->query_name, row->query_name)) {
		(void)no_memory(err);
		return NULL;
	}
	return v;
}

int viewset_known_column(struct viewset *s, struct viewset_view *v, int64_t position, const struct viewset_column *row,
			 struct err *err)
{
	struct viewset_column *c;

	(void)s;
	if (position < 1 || (uint64_t)position > v->n)
		return err_set(err, ERR_FATAL,
			       "the table 'view_columns' has a column %lld of view '%s', which has none",
			       (long long)position, v->name);
	c = &v->columns[position - 1];
	c->seen = row->seen;
	c->kind = row->kind;
	c->from_api = row->from_api;
	return 0;
}

struct viewset_view *viewset_find(const struct viewset *s, struct text name)
{
	for (size_t i = 0; i < s->n; i++)
		if (*s->views[i]->name && text_eq(name, text_of(s->views[i]->name)))
			return s->views[i];
	return NULL;
}

int viewset_object(struct viewset *s, struct text name, const char *mark, struct err *err)
{
	struct viewset_view *v = viewset_find(s, name);

	if (v && *mark && strcmp(v->definition, mark) == 0) {
		v->is_there = true;
		return 0;
	}
	/* Where somebody has put something else in the place of one of ours, that is theirs. */
	return viewname_set_add(s->taken, name) ? no_memory(err) : 0;
}

/* --- results --- */

/* What the sum over results is made of: another job's result of that number, or a later one, gives another sum. */
static int64_t mix(const struct viewset_result *r)
{
	uint64_t x = (uint64_t)r->no * UINT64_C(0x9e3779b97f4a7c15) ^ (uint64_t)r->stored_us;

	x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
	return (int64_t)((x ^ x >> 31) >> 1);
}

static int take_types(struct viewset *s, struct viewset_view *v, struct text types, struct err *err)
{
	json_ref type;
	char *copy;

	if (!types.p || (v->last_types && v->last_types_len == types.n && memcmp(v->last_types, types.p, types.n) == 0))
		return 0;
	copy = malloc(types.n + 1);
	if (!copy)
		return no_memory(err);
	memcpy(copy, types.p, types.n);
	free(v->last_types);
	v->last_types = copy;
	v->last_types_len = types.n;
	if (json_parse(s->doc, types.p, types.n, err))
		return err->kind == ERR_FATAL ? -1 : 0;
	type = json_first(s->doc, json_root(s->doc));
	for (size_t i = 0; i < v->n && type != -1; i++, type = json_next(s->doc, type)) {
		struct viewset_column *c = &v->columns[i];
		unsigned flags = 0;

		buf_clear(&s->scratch);
		if (json_type_of(s->doc, type) != JSON_STRING)
			continue;
		if (json_string(s->doc, type, sizeof(c->api) - 1, &s->scratch, &flags, err))
			return -1;
		if (!coltype_is_api(buf_text(&s->scratch)))
			continue;
		if (!*c->api)
			memcpy(c->api, buf_cstr(&s->scratch), s->scratch.len + 1);
		else if (strcmp(c->api, buf_cstr(&s->scratch)) != 0)
			c->api_mixed = true;
	}
	return 0;
}

/* Of what has no name yet, the earliest result gives it one: by the time, and then by what is the same in all sinks. */
static int take_name(struct viewset_view *v, const struct viewset_result *r, struct err *err)
{
	int order = v->now_n == 0 || r->asked_us < v->first_us ? -1 : r->asked_us > v->first_us;
	char *copy;

	if (order == 0)
		order = uuid_cmp(&r->job, &v->first_job);
	if (order == 0)
		order = r->action_index < v->first_action ? -1 : 1;
	if (order > 0)
		return 0;
	copy = r->query_name.p ? strndup(r->query_name.p, r->query_name.n) : NULL;
	if (r->query_name.p && !copy)
		return no_memory(err);
	free(v->first_name);
	v->first_name = copy;
	v->first_us = r->asked_us;
	v->first_job = r->job;
	v->first_action = r->action_index;
	return 0;
}

int viewset_result(struct viewset *s, const struct viewset_result *r, struct err *err)
{
	struct viewset_view *v = viewset_shape(s, r->columns, err);

	if (!v || (v->n == 0 && !v->too_large))
		return err->kind == ERR_NONE ? 0 : -1;
	if (take_name(v, r, err) || (!v->too_large && take_types(s, v, r->column_types, err)))
		return -1;
	v->now_n++;
	if (r->no <= v->seen_no) {
		v->old_n++;
		v->old_sum = (int64_t)((uint64_t)v->old_sum + (uint64_t)mix(r));
	}
	v->now_no = r->no;
	v->now_sum = (int64_t)((uint64_t)v->now_sum + (uint64_t)mix(r));
	if (v->too_large)
		return 0;
	if (s->n_results == s->cap_results) {
		const size_t cap = s->cap_results ? s->cap_results * 2 : 1024;
		struct viewset_unread *grown = reallocarray(s->results, cap, sizeof(*grown));
		if (!grown)
			return no_memory(err);
		s->results = grown;
		s->cap_results = cap;
	}
	s->results[s->n_results++] = (struct viewset_unread){r->no, v};
	return 0;
}

/* What was counted of a view is forgotten; without a result, what it is stays what it was. */
static void forget(struct viewset_view *v)
{
	for (size_t i = 0; i < v->n; i++) {
		struct coltype none = {0};

		if (v->now_n == 0)
			memcpy(none.currency, v->columns[i].seen.currency, sizeof(none.currency));
		v->columns[i].seen = none;
	}
	v->seen_no = 0;
}

const struct viewset_unread *viewset_settle(struct viewset *s, size_t *n)
{
	size_t left = 0;

	for (size_t i = 0; i < s->n; i++) {
		struct viewset_view *v = s->views[i];

		if (v->old_n != v->seen_n || v->old_sum != v->seen_sum)
			forget(v);
		v->changed = !v->kept || v->now_n != v->seen_n || v->now_sum != v->seen_sum || v->now_no != v->seen_no;
	}
	for (size_t i = 0; i < s->n_results; i++)
		if (s->results[i].no > s->results[i].view->seen_no)
			s->results[left++] = s->results[i];
	*n = s->n_results = left;
	return s->results;
}

struct viewset_view *viewset_unread_view(const struct viewset *s, int64_t no)
{
	size_t low = 0, high = s->n_results;

	while (low < high) {
		const size_t middle = low + (high - low) / 2;
		if (s->results[middle].no < no)
			low = middle + 1;
		else
			high = middle;
	}
	return low < s->n_results && s->results[low].no == no ? s->results[low].view : NULL;
}

void viewset_feed(struct viewset_view *v, const struct text *cells, size_t n)
{
	for (size_t i = 0; i < v->n; i++)
		coltype_feed(&v->columns[i].seen, i < n ? cells[i] : TEXT_NULL);
}
