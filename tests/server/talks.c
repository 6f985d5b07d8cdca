/* talks.c: see talks.h. */
#include "talks.h"
#include "jsonw.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TALK_JSON "application/json; charset=utf-8"

/* A cursor has what has to be escaped in an address, and says nothing to who does not know it. */
#define CURSOR_FORMAT "at/%zx+=&%%%zx"
#define CURSOR_KEY    ((size_t)0x5bd1e995)

static void talk_free(struct talk *t)
{
	if (t == NULL)
		return;
	free(t->id);
	free(t->user);
	buf_free(&t->entry);
	reply_free(&t->document);
	replies_free(&t->answers);
	free(t);
}

void talks_free(struct talks *ts)
{
	for (size_t i = 0; i < ts->n; i++)
		talk_free(ts->at[i]);
	free(ts->at);
	for (size_t i = 0; i < ts->n_lists; i++) {
		free(ts->lists[i]->user);
		replies_free(&ts->lists[i]->answers);
		free(ts->lists[i]);
	}
	free(ts->lists);
	*ts = (struct talks){.at = NULL};
}

static void field(struct jsonw *w, const char *key, const char *value)
{
	jsonw_key(w, key);
	jsonw_cstr(w, value);
}

static int write_entry(const struct talk_line *l, struct buf *out)
{
	struct jsonw w;

	jsonw_init(&w, out);
	jsonw_object(&w);
	field(&w, "id", l->id);
	field(&w, "name", l->name);
	field(&w, "lastUserPrompt", l->prompt);
	field(&w, "createdAt", l->created_at.text);
	field(&w, "updatedAt", l->updated_at.text);
	jsonw_object_end(&w);
	return w.failed ? -1 : 0;
}

static int write_document(const struct talk_line *l, struct reply *out)
{
	struct buf body;
	struct jsonw w;
	int rc;

	buf_init(&body, STREAM_MAX_TEXT);
	jsonw_init(&w, &body);
	jsonw_object(&w);
	field(&w, "id", l->id);
	field(&w, "name", l->name);
	jsonw_key(&w, "messages");
	jsonw_raw(&w, l->messages);
	jsonw_object_end(&w);
	rc = w.failed ? -1 : reply_text(out, 200, TALK_JSON, buf_text(&body));
	buf_free(&body);
	return rc;
}

struct talk *talks_add(struct talks *ts, const struct talk_line *l)
{
	struct talk *t = NULL;

	if (ts->n == ts->cap) {
		size_t cap = ts->cap > 0 ? 2 * ts->cap : 64;
		struct talk **grown = realloc(ts->at, cap * sizeof(*grown));
		if (grown == NULL)
			return NULL;
		ts->at = grown;
		ts->cap = cap;
	}
	t = calloc(1, sizeof(*t));
	if (t == NULL)
		return NULL;
	buf_init(&t->entry, STREAM_MAX_TEXT);
	reply_init(&t->document);
	t->id = strdup(l->id);
	t->user = l->user != NULL ? strdup(l->user) : NULL;
	t->updated_at = l->updated_at;
	t->number = ts->n;
	if (t->id == NULL || (l->user != NULL && t->user == NULL) || write_entry(l, &t->entry) != 0 ||
	    write_document(l, &t->document) != 0) {
		talk_free(t);
		return NULL;
	}
	ts->at[ts->n++] = t;
	ts->sorted = false;
	return t;
}

struct talk *talks_find(struct talks *ts, struct text id)
{
	for (size_t i = 0; i < ts->n; i++)
		if (strlen(ts->at[i]->id) == id.n && memcmp(ts->at[i]->id, id.p, id.n) == 0)
			return ts->at[i];
	return NULL;
}

struct talk_list *talks_list(struct talks *ts, const char *user)
{
	for (size_t i = 0; i < ts->n_lists; i++) {
		const char *of = ts->lists[i]->user;
		if (of == user || (of != NULL && user != NULL && strcmp(of, user) == 0))
			return ts->lists[i];
	}
	return NULL;
}

struct talk_list *talks_list_add(struct talks *ts, const char *user)
{
	struct talk_list **grown, *list;

	if (talks_list(ts, user) != NULL || (grown = realloc(ts->lists, (ts->n_lists + 1) * sizeof(*grown))) == NULL)
		return NULL;
	ts->lists = grown;
	list = calloc(1, sizeof(*list));
	if (list == NULL || (user != NULL && (list->user = strdup(user)) == NULL)) {
		free(list);
		return NULL;
	}
	ts->lists[ts->n_lists] = list;
	ts->n_lists++;
	return list;
}

static int newest_first(const void *a, const void *b)
{
	const struct talk *x = *(struct talk *const *)a, *y = *(struct talk *const *)b;

	if (x->updated_at.us != y->updated_at.us)
		return x->updated_at.us > y->updated_at.us ? -1 : 1;
	return x->number < y->number ? -1 : 1;
}

static int write_page(struct talks *ts, size_t page_size, size_t from, const char *user, struct buf *out)
{
	struct jsonw w;
	char cursor[80];
	size_t total = 0;

	jsonw_init(&w, out);
	jsonw_object(&w);
	jsonw_key(&w, "data");
	jsonw_array(&w);
	for (size_t i = 0; i < ts->n; i++) {
		const struct talk *t = ts->at[i];
		if (user != NULL && (t->user == NULL || strcmp(t->user, user) != 0))
			continue;
		if (total >= from && total < from + page_size)
			jsonw_raw(&w, buf_text(&t->entry));
		total++;
	}
	jsonw_array_end(&w);
	jsonw_key(&w, "pageInfo");
	jsonw_object(&w);
	jsonw_key(&w, "hasNextPage");
	jsonw_bool(&w, from + page_size < total);
	snprintf(cursor, sizeof(cursor), CURSOR_FORMAT, from + page_size, (from + page_size) ^ CURSOR_KEY);
	field(&w, "nextCursor", from + page_size < total ? cursor : NULL);
	jsonw_key(&w, "pageSize");
	jsonw_int(&w, (int64_t)page_size);
	jsonw_key(&w, "totalRecords");
	jsonw_int(&w, (int64_t)total);
	jsonw_object_end(&w);
	jsonw_object_end(&w);
	return w.failed ? -1 : 0;
}

int talks_page(struct talks *ts, size_t page_size, const char *cursor, const char *user, struct reply *out)
{
	struct buf body;
	size_t from = 0, check = 0;
	int rc;

	if (cursor != NULL && (sscanf(cursor, CURSOR_FORMAT, &from, &check) != 2 || check != (from ^ CURSOR_KEY)))
		return 0;
	if (!ts->sorted && ts->n > 0)
		qsort(ts->at, ts->n, sizeof(*ts->at), newest_first);
	ts->sorted = true;
	buf_init(&body, STREAM_MAX_TEXT);
	rc = write_page(ts, page_size, from, user, &body) != 0 ? -1 : reply_text(out, 200, TALK_JSON, buf_text(&body));
	buf_free(&body);
	return rc != 0 ? -1 : 1;
}
