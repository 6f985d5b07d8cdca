/* viewset_shape.c: labels, and the view of those that are the same (viewset.h). */
#include "json.h"
#include "viewset_own.h"

#include <stdlib.h>
#include <string.h>

static int no_memory(struct err *err)
{
	return err_set(err, ERR_FATAL, "out of memory");
}

int viewset_mark(const struct buf *sql, char mark[SHA256_HEX_LEN + 1], struct err *err)
{
	struct sha256 *sha = sha256_new();
	uint8_t digest[SHA256_LEN];

	if (!sha)
		return no_memory(err);
	sha256_add(sha, sql->data, sql->len);
	sha256_end(sha, digest);
	sha256_free(sha);
	(void)sha256_hex(digest, mark);
	return 0;
}

/* FNV-1a. */
static size_t slot_of(struct text labels)
{
	uint64_t h = UINT64_C(14695981039346656037);

	for (size_t i = 0; i < labels.n; i++)
		h = (h ^ (unsigned char)labels.p[i]) * UINT64_C(1099511628211);
	return (size_t)(h % VIEWSET_SLOTS);
}

int viewset_copy(struct text *to, struct text from)
{
	char *p = from.p ? malloc(from.n + 1) : NULL;

	if (from.p && !p)
		return -1;
	if (p) {
		memcpy(p, from.p, from.n);
		p[from.n] = '\0';
	}
	*to = (struct text){p, from.n};
	return 0;
}

/* The labels of JSON, one after the other in v->texts, as the columns have them. 1, 0: that is no array of strings. */
static int read_labels(struct viewset *s, struct viewset_view *v, struct err *err)
{
	json_ref label;
	size_t at = 0;

	buf_clear(&s->scratch);
	if (json_parse(s->doc, v->labels.p, v->labels.n, err) || json_type_of(s->doc, json_root(s->doc)) != JSON_ARRAY)
		return err->kind == ERR_FATAL ? -1 : 0;
	v->n = json_count(s->doc, json_root(s->doc));
	v->columns = calloc(v->n + 1, sizeof(*v->columns));
	if (!v->columns)
		return no_memory(err);
	label = json_first(s->doc, json_root(s->doc));
	for (size_t i = 0; i < v->n; i++, label = json_next(s->doc, label)) {
		const size_t before = s->scratch.len;
		unsigned flags = 0;

		if (json_type_of(s->doc, label) != JSON_STRING)
			return 0;
		if (json_string(s->doc, label, VIEWSET_LABELS_MAX, &s->scratch, &flags, err))
			return -1;
		v->columns[i].label.n = s->scratch.len - before;
	}
	v->texts = malloc(s->scratch.len + 1);
	if (!v->texts)
		return no_memory(err);
	memcpy(v->texts, buf_cstr(&s->scratch), s->scratch.len + 1);
	for (size_t i = 0; i < v->n; at += v->columns[i++].label.n)
		v->columns[i].label.p = v->texts + at;
	return 1;
}

static int name_columns(struct viewset_view *v, struct err *err)
{
	struct viewname_set *names = viewname_set_new();
	int rc = names ? 0 : -1;

	for (size_t i = 0; i < VIEWSET_FIXED && rc == 0; i++)
		rc = viewname_set_add(names, text_of(viewset_fixed[i]));
	for (size_t i = 0; i < v->n && rc == 0; i++) {
		rc = viewname_of_column(v->columns[i].label, i + 1, names, v->columns[i].name);
		v->columns[i].kind = COLTYPE_TEXT;
	}
	viewname_set_free(names);
	return rc ? no_memory(err) : 0;
}

static int keep(struct viewset *s, struct viewset_view *v, size_t slot, struct err *err)
{
	if (s->n == s->cap) {
		const size_t cap = s->cap ? s->cap * 2 : 64;
		struct viewset_view **grown = reallocarray(s->views, cap, sizeof(struct viewset_view *));
		if (!grown)
			return no_memory(err);
		s->views = grown;
		s->cap = cap;
	}
	s->views[s->n++] = v;
	v->next = s->slots[slot];
	s->slots[slot] = v;
	return 0;
}

struct viewset_view *viewset_shape(struct viewset *s, struct text labels, struct err *err)
{
	const size_t slot = slot_of(labels);
	struct buf json = {.data = (char *)(uintptr_t)labels.p, .len = labels.n};
	struct viewset_view *v = s->slots[slot];
	int rc;

	err->kind = ERR_NONE;
	while (v && !text_eq(v->labels, labels))
		v = v->next;
	if (v)
		return v;
	v = calloc(1, sizeof(*v));
	if (!v || viewset_copy(&v->labels, labels)) {
		free(v);
		(void)no_memory(err);
		return NULL;
	}
	v->too_large = labels.n > VIEWSET_LABELS_MAX;
	rc = v->too_large ? 1 : read_labels(s, v, err);
	if (rc == 1 && v->n > VIEWSET_COLUMNS_MAX)
		v->too_large = true;
	if (rc == 1 &&
	    (viewset_mark(&json, v->shape, err) || (!v->too_large && name_columns(v, err)) || keep(s, v, slot, err)))
		rc = -1;
	if (rc == 1)
		return v;
	if (rc == 0)
		err->kind = ERR_NONE;
	viewset_free_view(v);
	return NULL;
}
