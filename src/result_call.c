#include "result_call.h"

#include <string.h>

static struct text copy_text(char **at, struct text t)
{
	struct text copy = {t.p != NULL ? *at : NULL, t.n};

	if (t.n > 0)
		memcpy(*at, t.p, t.n);
	*at += t.n;
	return copy;
}

static size_t size_of(const struct text *texts, size_t n)
{
	size_t size = n * sizeof(struct text);

	for (size_t i = 0; i < n; i++)
		size += texts[i].n;
	return size;
}

/* The list at the beginning of what is at *at (so it is aligned), its texts behind *to. */
static const struct text *copy_list(struct text **at, char **to, const struct text *texts, size_t n)
{
	struct text *list = *at;

	*at += n;
	for (size_t i = 0; i < n; i++)
		list[i] = copy_text(to, texts[i]);
	return list;
}

static size_t list_size(const struct text *list, size_t n)
{
	return list != NULL ? size_of(list, n) : 0;
}

size_t result_call_action_size(const struct action *a)
{
	return a->type.n + a->message.n + a->status.n + a->extra.n;
}

void result_call_action(struct result_call *c, const struct action *in, bool copy)
{
	char *at = (char *)(c + 1);
	struct action *out = &c->of.action;

	*out = *in;
	if (!copy)
		return;
	out->type = copy_text(&at, in->type);
	out->message = copy_text(&at, in->message);
	out->status = copy_text(&at, in->status);
	out->extra = copy_text(&at, in->extra);
}

size_t result_call_result_size(const struct query_result *q)
{
	return q->result_id.n + q->query_name.n + q->status.n + q->query.n + q->error_message.n + q->error_detail.n +
	       q->extra.n + list_size(q->columns, q->n_columns) + list_size(q->column_types, q->n_columns);
}

void result_call_result(struct result_call *c, const struct query_result *in, bool copy)
{
	const size_t lists = (size_t)(in->columns != NULL) + (in->column_types != NULL);
	struct text *list = (struct text *)(void *)(c + 1);
	char *at = (char *)(list + lists * in->n_columns);
	struct query_result *out = &c->of.result;

	*out = *in;
	if (!copy)
		return;
	out->result_id = copy_text(&at, in->result_id);
	out->query_name = copy_text(&at, in->query_name);
	out->status = copy_text(&at, in->status);
	out->query = copy_text(&at, in->query);
	out->error_message = copy_text(&at, in->error_message);
	out->error_detail = copy_text(&at, in->error_detail);
	out->extra = copy_text(&at, in->extra);
	if (in->columns != NULL)
		out->columns = copy_list(&list, &at, in->columns, in->n_columns);
	if (in->column_types != NULL)
		out->column_types = copy_list(&list, &at, in->column_types, in->n_columns);
}

size_t result_call_row_size(const struct row *row)
{
	return size_of(row->cells, row->n);
}

void result_call_row(struct result_call *c, const struct row *in, bool copy)
{
	struct text *list = (struct text *)(void *)(c + 1);
	char *at = (char *)(list + in->n);

	c->of.row = *in;
	if (copy)
		c->of.row.cells = copy_list(&list, &at, in->cells, in->n);
}
