#include "result_columns.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define KEEP       ((size_t)1 << 20)   /* bytes that trim does not give back */
#define MAX_TYPE   64                  /* bytes of a data_type; a longer one is none that anybody knows */
#define MAX_LABELS ((size_t)128 << 20) /* bytes; a row of a CSV is smaller (csv.h) */
#define MAX_REF    ((size_t)4 << 10)   /* bytes of a field reference */

void result_columns_init(struct result_columns *c)
{
	memset(c, 0, sizeof(*c));
	buf_init(&c->label_bytes, MAX_LABELS);
	buf_init(&c->type_bytes, MAX_LABELS);
	buf_init(&c->scratch, MAX_REF * 4);
	result_obj_init(&c->fields);
}

void result_columns_free(struct result_columns *c)
{
	buf_free(&c->label_bytes);
	buf_free(&c->type_bytes);
	buf_free(&c->scratch);
	free(c->labels);
	free(c->types);
	c->labels = c->types = NULL;
	c->max = 0;
	result_obj_free(&c->fields);
}

void result_columns_trim(struct result_columns *c)
{
	result_obj_trim(&c->fields);
	if (c->label_bytes.cap > KEEP || c->type_bytes.cap > KEEP || c->max > KEEP / sizeof(struct text))
		result_columns_free(c);
}

static int no_memory(struct err *err)
{
	return err_set(err, ERR_FATAL, "out of memory for the columns of a result");
}

static int make_room(struct result_columns *c, size_t n, struct err *err)
{
	size_t max = n > 16 ? n : 16;
	struct text *p;

	/* There is always room: labels that are not there would say that there is no CSV. */
	if (c->labels != NULL && n <= c->max)
		return 0;
	p = realloc(c->labels, max * sizeof(*p));
	if (p == NULL)
		return no_memory(err);
	c->labels = p;
	p = realloc(c->types, max * sizeof(*p));
	if (p == NULL)
		return no_memory(err);
	c->types = p;
	c->max = max;
	return 0;
}

/* Points texts whose lengths are known at their bytes, now that these lie still. Null texts (n = 0, p = NULL) stay. */
static void point(struct text *texts, size_t n, const struct buf *bytes)
{
	const char *p = buf_cstr(bytes);

	for (size_t i = 0; i < n; i++) {
		if (texts[i].p == NULL)
			continue;
		texts[i].p = p;
		p += texts[i].n;
	}
}

static int read_labels(struct result_columns *c, const struct text *cells, size_t n, struct err *err)
{
	buf_clear(&c->label_bytes);
	for (size_t i = 0; i < n; i++) {
		c->labels[i] = cells[i];
		if (buf_add(&c->label_bytes, cells[i].p, cells[i].n) != 0)
			return no_memory(err);
	}
	point(c->labels, n, &c->label_bytes);
	return 0;
}

/* The data_type of a field. Columns may share a field, so each is searched once, however many members it has. */
static json_ref find_type(const struct result_columns *c, const struct json_doc *doc, struct text name)
{
	struct result_member *field = result_members_find(&c->fields.members, name.p, name.n);

	if (field == NULL)
		return -1;
	if (!field->looked_into) {
		field->looked_into = true;
		field->detail = json_member(doc, field->value, "data_type", NULL);
	}
	return field->detail;
}

/* The type of one field reference; null text where it is not known. */
static int read_type(struct result_columns *c, const struct json_doc *doc, json_ref ref, struct text *type,
		     struct err *err)
{
	unsigned flags = 0;
	size_t before = c->type_bytes.len;
	json_ref found;

	*type = TEXT_NULL;
	buf_clear(&c->scratch);
	if (json_type_of(doc, ref) != JSON_STRING || json_raw_len(doc, ref) > MAX_REF)
		return 0;
	if (json_string(doc, ref, MAX_REF, &c->scratch, &flags, err) != 0)
		return -1;
	found = find_type(c, doc, buf_text(&c->scratch));
	if (json_type_of(doc, found) != JSON_STRING || json_raw_len(doc, found) > MAX_TYPE)
		return 0;
	if (json_string(doc, found, MAX_TYPE, &c->type_bytes, &flags, err) != 0)
		return -1;
	*type = (struct text){"", c->type_bytes.len - before};
	return 0;
}

/* The list of field references: the query's own, or its model_job's. */
static json_ref references(const struct json_doc *doc, json_ref query)
{
	json_ref refs = json_member(doc, query, "fields", NULL);

	if (json_type_of(doc, refs) != JSON_ARRAY)
		refs = json_member(doc, json_member(doc, query, "model_job", NULL), "fields", NULL);
	return json_type_of(doc, refs) == JSON_ARRAY ? refs : -1;
}

int result_columns_read(struct result_columns *c, const struct text *cells, size_t n, const struct json_doc *doc,
			json_ref query, json_ref fields, struct result_warn *warn, const char *of,
			struct query_result *q, struct err *err)
{
	json_ref refs = references(doc, query), ref;
	char of_fields[RESULT_OBJ_OF_MAX + 32];
	bool any = false;

	if (make_room(c, n, err) != 0 || read_labels(c, cells, n, err) != 0)
		return -1;
	q->columns = c->labels;
	q->n_columns = n;
	if (json_type_of(doc, fields) != JSON_OBJECT || json_count(doc, refs) != n)
		return 0;

	(void)snprintf(of_fields, sizeof(of_fields), " in 'csvResultFields'%s", of);
	if (result_obj_open(&c->fields, doc, fields, warn, of_fields, err) != 0)
		return -1;
	buf_clear(&c->type_bytes);
	ref = json_first(doc, refs);
	for (size_t i = 0; i < n; i++, ref = json_next(doc, ref)) {
		if (read_type(c, doc, ref, &c->types[i], err) != 0)
			return -1;
		any = any || c->types[i].p != NULL;
	}
	point(c->types, n, &c->type_bytes);
	if (any)
		q->column_types = c->types;
	return 0;
}
