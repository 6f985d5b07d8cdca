#include "jsonl_sweep.h"

#include "jsonl_settle.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DATE_FOLDER     "stored_date="
#define UNREADABLE_TAIL ".json.zst"

char *jsonl_sweep_body(const struct uuid *id, char path[JSONL_SWEEP_BODY_MAX])
{
	char text[UUID_TEXT_LEN + 1];

	(void)snprintf(path, JSONL_SWEEP_BODY_MAX, JSONL_UNREADABLE "/%s" UNREADABLE_TAIL, uuid_format(id, text));
	return path;
}

struct sweep {
	struct flatdir *dir;
	const struct manifest *manifest;
	struct jsonl_parts *parts;
	char **named; /* the paths that the manifest names, sorted */
	size_t n, cap;
};

struct walk {
	struct flatdir *dir;
	jsonl_sweep_each each;
	void *ctx;
	const char *table;
	char folder[128]; /* of the date */
};

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static int add_name(void *ctx, const char *p, size_t n)
{
	struct sweep *s = ctx;

	if (s->n == s->cap) {
		size_t cap = s->cap ? 2 * s->cap : 64;
		char **named = reallocarray(s->named, cap, sizeof(*named));
		if (!named)
			return -1;
		s->named = named;
		s->cap = cap;
	}
	s->named[s->n] = strndup(p, n);
	return s->named[s->n] ? (s->n++, 0) : -1;
}

/* <run_id>-0001.jsonl.zst: what lies there under another name is not ours to remove. */
static bool is_part_name(const char *name)
{
	const enum jsonl_codec codec = jsonl_codec_of_file(name);
	const char *dash = strrchr(name, '-');
	size_t digits;

	if (codec == JSONL_CODECS || !dash)
		return false;
	digits = strspn(dash + 1, "0123456789");
	return digits >= 4 && strcmp(dash + 1 + digits, jsonl_codec_suffix(codec)) == 0;
}

static int walk_file(void *ctx, const char *name, struct err *err)
{
	struct walk *w = ctx;
	char path[512];

	if (!is_part_name(name) || snprintf(path, sizeof(path), "%s/%s", w->folder, name) >= (int)sizeof(path))
		return 0;
	return w->each(w->ctx, path, name, err);
}

static int walk_date(void *ctx, const char *name, struct err *err)
{
	struct walk *w = ctx;
	enum flatdir_kind kind;

	if (snprintf(w->folder, sizeof(w->folder), "%s/%s", w->table, name) >= (int)sizeof(w->folder))
		return 0;
	if (flatdir_look(w->dir, w->folder, &kind, err))
		return -1;
	return kind == FLATDIR_FOLDER ? flatdir_list(w->dir, w->folder, "", walk_file, w, err) : 0;
}

int jsonl_sweep_parts(struct flatdir *dir, jsonl_sweep_each each, void *ctx, struct err *err)
{
	struct walk w = {.dir = dir, .each = each, .ctx = ctx};
	int rc = 0;

	for (unsigned t = 0; t < JSONL_TABLES && rc == 0; t++) {
		w.table = jsonl_table_name((enum jsonl_table)t);
		rc = flatdir_list(dir, w.table, DATE_FOLDER, walk_date, &w, err);
	}
	return rc;
}

static int sweep_file(void *ctx, const char *path, const char *name, struct err *err)
{
	struct sweep *s = ctx;

	jsonl_parts_taken(s->parts, name);
	if (s->n > 0 && bsearch(&path, s->named, s->n, sizeof(*s->named), by_text))
		return 0;
	return flatdir_remove(s->dir, path, err);
}

static int sweep_body(void *ctx, const char *name, struct err *err)
{
	struct sweep *s = ctx;
	struct manifest_held held;
	struct uuid id;
	char path[JSONL_SWEEP_BODY_MAX];

	if (strlen(name) < UUID_TEXT_LEN || strcmp(name + UUID_TEXT_LEN, UNREADABLE_TAIL) != 0 ||
	    !uuid_parse(name, UUID_TEXT_LEN, &id) || (manifest_held(s->manifest, &id, &held) && held.has_body))
		return 0;
	return flatdir_remove(s->dir, jsonl_sweep_body(&id, path), err);
}

static int sweep_all(struct sweep *s, struct err *err)
{
	size_t jobs;

	for (size_t i = 0; i < manifest_places(s->manifest); i++) {
		struct text place = manifest_place(s->manifest, i, &jobs);
		if (jobs > 0 && jsonl_settle_each(place, add_name, s))
			return err_set(err, ERR_FATAL, "out of memory");
	}
	if (s->n > 0)
		qsort(s->named, s->n, sizeof(*s->named), by_text);
	if (jsonl_sweep_parts(s->dir, sweep_file, s, err))
		return -1;
	return flatdir_list(s->dir, JSONL_UNREADABLE, "", sweep_body, s, err);
}

int jsonl_sweep(struct flatdir *dir, const struct manifest *m, struct jsonl_parts *parts, struct err *err)
{
	struct sweep s = {.dir = dir, .manifest = m, .parts = parts};
	int rc;

	if (flatdir_remove(dir, JSONL_NEW, err) || jsonl_settle_left(dir, m, err))
		return -1;
	rc = sweep_all(&s, err);
	for (size_t i = 0; i < s.n; i++)
		free(s.named[i]);
	free(s.named);
	return rc;
}

static int see_date(void *ctx, const char *name, struct err *err)
{
	(void)ctx, (void)name, (void)err;
	return 1;
}

int jsonl_sweep_look(struct flatdir *dir, struct err *err)
{
	enum flatdir_kind kind;
	int dates;

	if (flatdir_look(dir, MANIFEST_NAME, &kind, err))
		return -1;
	if (kind != FLATDIR_NOTHING)
		return 0;
	dates = flatdir_list(dir, jsonl_table_name(JSONL_JOBS), DATE_FOLDER, see_date, NULL, err);
	if (dates > 0)
		return err_set(err, ERR_FATAL, "'%s' has parts, but no " MANIFEST_NAME " that says what is in them",
			       flatdir_path(dir));
	return dates;
}
