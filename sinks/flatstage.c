#include "flatstage.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PREFIX ".new-"

char *flatstage_name(const struct uuid *id, uint64_t content, char out[FLATSTAGE_PATH])
{
	char text[UUID_TEXT_LEN + 1];

	(void)snprintf(out, FLATSTAGE_PATH, PREFIX "%s-%016llx", uuid_format(id, text), (unsigned long long)content);
	return out;
}

char *flatstage_unreadable(const struct uuid *id, char out[FLATSTAGE_PATH])
{
	char text[UUID_TEXT_LEN + 1];

	(void)snprintf(out, FLATSTAGE_PATH, FLATSTAGE_UNREADABLE "/%s.json.zst", uuid_format(id, text));
	return out;
}

/* Is this one of our staged names? Exactly so, or it is somebody else's. */
static bool parse_name(const char *name, struct flatstage_item *item)
{
	char again[FLATSTAGE_PATH];
	const size_t at = strlen(PREFIX);

	if (strlen(name) != at + UUID_TEXT_LEN + 17 || !uuid_parse(name + at, UUID_TEXT_LEN, &item->id))
		return false;
	item->content = strtoull(name + at + UUID_TEXT_LEN + 1, NULL, 16);
	return strcmp(flatstage_name(&item->id, item->content, again), name) == 0;
}

static int settle(struct flatstage *s, const struct flatstage_item *item, struct err *err)
{
	char staged[FLATSTAGE_PATH], unreadable[FLATSTAGE_PATH];
	struct manifest_held held;

	flatstage_name(&item->id, item->content, staged);
	flatstage_unreadable(&item->id, unreadable);
	if (!manifest_held(s->manifest, &item->id, &held) || held.content != item->content)
		return flatdir_remove(s->dir, staged, err);
	if (held.state == JOB_STORED) {
		if (s->place(s->ctx, &item->id, staged, held.has_body, err))
			return -1;
		return flatdir_remove(s->dir, unreadable, err);
	}
	if (!held.has_body)
		return 0;
	if (flatdir_make(s->dir, FLATSTAGE_UNREADABLE, err) || flatdir_rename(s->dir, staged, unreadable, err))
		return -1;
	return flatdir_sync(s->dir, FLATSTAGE_UNREADABLE, err);
}

/* recovery */

static int recover_one(void *ctx, const char *name, struct err *err)
{
	struct flatstage_item item;

	return parse_name(name, &item) ? settle(ctx, &item, err) : 0;
}

/* What is left of a crash between the move of a result and the removal of the unreadable body before it. */
static int look_at_unreadable(void *ctx, const char *name, struct err *err)
{
	struct flatstage *s = ctx;
	struct manifest_held held;
	struct uuid id;
	char path[FLATSTAGE_PATH];

	if (strlen(name) < UUID_TEXT_LEN || !uuid_parse(name, UUID_TEXT_LEN, &id) ||
	    strcmp(name + UUID_TEXT_LEN, ".json.zst") != 0)
		return 0;
	if (!manifest_held(s->manifest, &id, &held) || held.state != JOB_STORED)
		return 0;
	return flatdir_remove(s->dir, flatstage_unreadable(&id, path), err);
}

int flatstage_recover(struct flatstage *s, struct err *err)
{
	if (flatdir_list(s->dir, "", PREFIX, recover_one, s, err))
		return -1;
	return flatdir_list(s->dir, FLATSTAGE_UNREADABLE, "", look_at_unreadable, s, err);
}

/* groups */

bool flatstage_fresh(const struct flatstage *s, const struct uuid *id)
{
	struct manifest_held held;

	return !manifest_held(s->manifest, id, &held) || (held.state != JOB_STORED && !held.has_body);
}

int flatstage_add(struct flatstage *s, const struct uuid *id, uint64_t content, bool fresh, struct err *err)
{
	if (s->n == s->cap) {
		const size_t cap = s->cap ? 2 * s->cap : 64;
		struct flatstage_item *more = reallocarray(s->items, cap, sizeof(*more));
		if (!more)
			return err_set(err, ERR_FATAL, "out of memory");
		s->items = more;
		s->cap = cap;
	}
	s->items[s->n++] = (struct flatstage_item){*id, content, fresh};
	return 0;
}

static int settle_all(struct flatstage *s, bool fresh, struct err *err)
{
	for (size_t i = 0; i < s->n; i++)
		if (s->items[i].fresh == fresh && settle(s, &s->items[i], err))
			return -1;
	return 0;
}

int flatstage_flush(struct flatstage *s, struct err *err)
{
	s->lost = true;
	if (s->n > 0 && flatdir_sync(s->dir, "", err))
		return -1;
	if (settle_all(s, true, err) || manifest_flush(s->manifest, err) || settle_all(s, false, err))
		return -1;
	s->n = 0;
	s->lost = false;
	return 0;
}

void flatstage_close(struct flatstage *s)
{
	char name[FLATSTAGE_PATH];
	struct err ignored;

	for (size_t i = 0; i < s->n && !s->lost; i++)
		(void)flatdir_remove(s->dir, flatstage_name(&s->items[i].id, s->items[i].content, name), &ignored);
	free(s->items);
	s->items = NULL;
	s->n = s->cap = 0;
}

/* reading */

int flatstage_has_body(struct flatstage *s, const struct uuid *id, const char *path, struct err *err)
{
	char staged[FLATSTAGE_PATH], unreadable[FLATSTAGE_PATH];
	struct manifest_held held;
	enum flatdir_kind kind;

	if (!manifest_held(s->manifest, id, &held) || !held.has_body)
		return 1;
	if (held.state != JOB_STORED)
		path = flatstage_unreadable(id, unreadable);
	if (flatdir_look(s->dir, flatstage_name(id, held.content, staged), &kind, err))
		return -1;
	if (kind == FLATDIR_NOTHING && path && flatdir_look(s->dir, path, &kind, err))
		return -1;
	return kind != FLATDIR_NOTHING;
}

int flatstage_read_body(struct flatstage *s, const struct uuid *id, const char *path, sink_piece_fn piece, void *ctx,
			struct err *err)
{
	char staged[FLATSTAGE_PATH], unreadable[FLATSTAGE_PATH];
	struct manifest_held held;
	int rc;

	if (!manifest_held(s->manifest, id, &held) || !held.has_body)
		return 0;
	if (held.state != JOB_STORED)
		path = flatstage_unreadable(id, unreadable);
	rc = flatfile_read(s->dir, flatstage_name(id, held.content, staged), piece, ctx, err);
	if (rc == 0 && path)
		rc = flatfile_read(s->dir, path, piece, ctx, err);
	if (rc == 0)
		return err_set(err, ERR_JOB, "'%s/%s' is not there, and the manifest says that it is",
			       flatdir_path(s->dir), path ? path : staged);
	return rc;
}
