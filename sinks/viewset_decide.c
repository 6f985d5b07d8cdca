/* viewset_decide.c: what each view is called, and what its columns are (viewset.h). */
#include "viewset_own.h"

#include <stdlib.h>
#include <string.h>

static int no_memory(struct err *err)
{
	return err_set(err, ERR_FATAL, "out of memory");
}

/* By the time of their first results: of two that would have the same name the earlier one has it. */
static int by_age(const void *a, const void *b)
{
	const struct viewset_view *x = *(struct viewset_view *const *)a, *y = *(struct viewset_view *const *)b;
	int order = x->first_us < y->first_us ? -1 : x->first_us > y->first_us;

	if (order == 0)
		order = uuid_cmp(&x->first_job, &y->first_job);
	if (order == 0)
		order = x->first_action < y->first_action ? -1 : x->first_action > y->first_action;
	return order ? order : strcmp(x->shape, y->shape);
}

static int by_name(const void *a, const void *b)
{
	const struct viewset_view *x = *(struct viewset_view *const *)a, *y = *(struct viewset_view *const *)b;
	const int order = strcmp(x->name, y->name);

	return order ? order : strcmp(x->shape, y->shape);
}

static int name_view(struct viewset *s, struct viewset_view *v, struct err *err)
{
	if (!v->kept) {
		v->query_name = text_of(v->first_name);
		v->first_name = NULL; /* it is owned there now */
	}
	if (v->too_large)
		return 0;
	if (viewname_of_query(v->query_name, v->name))
		return no_memory(err);
	for (unsigned nth = 0; viewname_set_has(s->taken, text_of(v->name)); nth++)
		if (viewname_apart(v->query_name, v->labels, nth, v->name))
			return no_memory(err);
	v->changed = true;
	return viewname_set_add(s->taken, text_of(v->name)) ? no_memory(err) : 0;
}

static void type_columns(struct viewset_view *v)
{
	for (size_t i = 0; i < v->n && v->now_n > 0; i++) {
		struct viewset_column *c = &v->columns[i];
		const enum coltype_kind kind = c->kind;
		const bool from_api = c->from_api;

		c->kind =
		    coltype_decide(&c->seen, *c->api && !c->api_mixed ? text_of(c->api) : TEXT_NULL, &c->from_api);
		v->changed = v->changed || kind != c->kind || from_api != c->from_api;
	}
}

int viewset_decide(struct viewset *s, struct err *err)
{
	/* Names that are ours stay ours, unless somebody else's thing is there now. */
	for (size_t i = 0; i < s->n; i++) {
		struct viewset_view *v = s->views[i];

		if (!v->is_there)
			memset(v->definition, 0, sizeof(v->definition));
		if (v->kept && viewname_set_has(s->taken, text_of(v->name)))
			v->name[0] = '\0';
	}
	for (size_t i = 0; i < s->n; i++) {
		const char *name = s->views[i]->name;
		if (*name && viewname_set_add(s->taken, text_of(name)))
			return no_memory(err);
	}
	if (s->n > 0)
		qsort(s->views, s->n, sizeof(struct viewset_view *), by_age);
	for (size_t i = 0; i < s->n; i++) {
		struct viewset_view *v = s->views[i];

		v->results = v->now_n;
		type_columns(v);
		if (!*v->name && name_view(s, v, err))
			return -1;
		v->seen_no = v->now_no;
		v->seen_n = v->now_n;
		v->seen_sum = v->now_sum;
	}
	if (s->n > 0)
		qsort(s->views, s->n, sizeof(struct viewset_view *), by_name);
	return 0;
}

struct viewset_view *viewset_at(struct viewset *s, size_t i)
{
	return i < s->n ? s->views[i] : NULL;
}

int viewset_plan(struct viewset *s, viewset_sql_fn sql, void *ctx, bool *write, struct err *err)
{
	*write = false;
	for (size_t i = 0; i < s->n; i++) {
		struct viewset_view *v = s->views[i];

		if (v->too_large) {
			v->state = SINK_VIEW_NONE;
			(void)err_set(&v->why, ERR_JOB,
				      "its columns are more, or have longer labels, than a view can have");
			continue;
		}
		buf_clear(&s->scratch);
		if (sql(ctx, v, &s->scratch))
			return no_memory(err);
		if (viewset_mark(&s->scratch, v->mark, err))
			return -1;
		v->state = strcmp(v->mark, v->definition) == 0 ? SINK_VIEW_SAME
			   : *v->definition                    ? SINK_VIEW_CHANGED
							       : SINK_VIEW_MADE;
		*write = *write || v->changed || v->state != SINK_VIEW_SAME;
	}
	return 0;
}

static int tell_one(const struct viewset_view *v, sink_view_fn tell, void *ctx, struct err *err)
{
	struct sink_view told = {.name = v->name,
				 .query_name = v->query_name,
				 .results = v->results,
				 .state = v->state,
				 .why = v->why.msg,
				 .n = v->too_large ? 0 : v->n};
	struct sink_view_column *columns = calloc(told.n + 1, sizeof(*columns));
	int rc;

	if (!columns)
		return no_memory(err);
	for (size_t i = 0; i < told.n; i++) {
		const struct viewset_column *c = &v->columns[i];

		columns[i] = (struct sink_view_column){.name = c->name,
						       .type = coltype_name(c->kind),
						       .label = c->label,
						       .from_api = c->from_api,
						       .cells = c->seen.cells,
						       .empty = c->seen.empty,
						       .misfits = coltype_misfits(&c->seen, c->kind)};
	}
	told.columns = columns;
	rc = tell(ctx, &told, err);
	free(columns);
	return rc;
}

int viewset_tell(const struct viewset *s, sink_view_fn tell, void *ctx, struct err *err)
{
	int failed = 0;

	for (size_t i = 0; i < s->n; i++) {
		failed |= s->views[i]->state == SINK_VIEW_FAILED;
		if (tell_one(s->views[i], tell, ctx, err))
			return -1;
	}
	return failed;
}
