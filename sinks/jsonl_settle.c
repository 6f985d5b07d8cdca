#include "jsonl_settle.h"

#include "jsonl_sift.h"
#include "log.h"
#include "sys.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define NEW_NOTE JSONL_NEW "/note"
#define NOTE_MAX ((size_t)64 << 20)

/* --- the paths of a place --- */

int jsonl_settle_each(struct text place, int (*each)(void *ctx, const char *path, size_t n), void *ctx)
{
	const char *p = place.p, *end = place.p + place.n, *close_quote;

	while ((p = memchr(p, '"', (size_t)(end - p))) != NULL) {
		p++;
		close_quote = memchr(p, '"', (size_t)(end - p));
		if (!close_quote)
			break;
		if (each(ctx, p, (size_t)(close_quote - p)))
			return -1;
		p = close_quote + 1;
	}
	return 0;
}

/* Appends a path, unless it is there. */
static int add_path(void *ctx, const char *path, size_t n)
{
	struct buf *paths = ctx;
	const size_t before = paths->len;
	const char *p, *start;

	if (buf_add(paths, path, n) || buf_addc(paths, '\n'))
		return -1;
	for (p = start = paths->data; (p = memmem(p, before - (size_t)(p - start), start + before, n + 1)) != NULL; p++)
		if (p == start || p[-1] == '\n') {
			buf_cut(paths, before);
			return 0;
		}
	return 0;
}

int jsonl_settle_add(struct buf *paths, struct text place)
{
	return jsonl_settle_each(place, add_path, paths);
}

/* --- what counts --- */

struct question {
	const struct manifest *manifest;
	const char *path;
	size_t place; /* the last one that was looked at, and whether it names path */
	bool names;
};

/* Does a JSON array of paths name this one? Our paths hold nothing that JSON escapes. */
static bool place_names(struct text place, const char *path)
{
	const size_t n = strlen(path);
	const char *p = place.p, *end = place.p + place.n;

	while ((p = memmem(p, (size_t)(end - p), path, n)) != NULL) {
		if (p > place.p && p[-1] == '"' && p + n < end && p[n] == '"')
			return true;
		p++;
	}
	return false;
}

static bool counts(void *ctx, const struct uuid *id)
{
	struct question *q = ctx;
	struct manifest_held held;
	size_t jobs;

	if (!manifest_held(q->manifest, id, &held) || held.state != JOB_STORED || held.place == MANIFEST_NO_PLACE)
		return false;
	if (held.place != q->place) {
		q->place = held.place;
		q->names = place_names(manifest_place(q->manifest, held.place, &jobs), q->path);
	}
	return q->names;
}

static int settle_part(struct flatdir *dir, const struct manifest *m, const char *path, struct err *err)
{
	struct question q = {.manifest = m, .path = path, .place = MANIFEST_NO_PLACE};

	if (jsonl_sift(dir, path, counts, &q, err) == 0)
		return 0;
	if (err->kind != ERR_JOB)
		return -1;
	log_line(LOG_WARNING, NULL,
		 "%s: jobs that were replaced stay in a part, where the manifest does not count them: %s",
		 flatdir_path(dir), err->msg);
	return 0;
}

int jsonl_settle_parts(struct flatdir *dir, const struct manifest *m, struct text paths, struct err *err)
{
	const char *p = paths.p, *end = paths.p + paths.n;

	while (p < end) {
		const char *line_end = memchr(p, '\n', (size_t)(end - p));
		size_t n = (size_t)((line_end ? line_end : end) - p);
		char *path = strndup(p, n);
		int rc = path ? settle_part(dir, m, path, err) : err_set(err, ERR_FATAL, "out of memory");
		free(path);
		if (rc)
			return -1;
		p += n + 1;
	}
	return flatdir_remove(dir, JSONL_NOTE, err);
}

/* --- the note --- */

int jsonl_settle_note(struct flatdir *dir, struct text paths, struct err *err)
{
	struct flatfile file = {.fd = -1};

	if (flatdir_make(dir, JSONL_NEW, err) || flatdir_remove(dir, NEW_NOTE, err) ||
	    flatfile_begin(&file, dir, NEW_NOTE, err))
		return -1;
	if (flatfile_add(&file, paths.p, paths.n, err)) {
		flatfile_drop(&file);
		return -1;
	}
	if (flatfile_end(&file, err) || flatdir_rename(dir, NEW_NOTE, JSONL_NOTE, err))
		return -1;
	return flatdir_sync(dir, "", err);
}

static int read_all(int fd, struct buf *out, struct err *err)
{
	for (;;) {
		char *to = buf_room(out, 4096);
		ssize_t n = to ? sys_read(fd, to, 4096) : 0;
		if (!to)
			return err_set(err, ERR_FATAL,
				       out->starved ? "out of memory" : "'" JSONL_NOTE "' is too large");
		if (n < 0)
			return err_sys(err, ERR_FATAL, errno, "cannot read '" JSONL_NOTE "'");
		if (n == 0)
			return 0;
		buf_cut(out, out->len + (size_t)n);
	}
}

int jsonl_settle_left(struct flatdir *dir, const struct manifest *m, struct err *err)
{
	int fd = flatdir_read(dir, JSONL_NOTE, false, err);
	struct buf paths;
	int rc;

	if (fd < 0)
		return fd == FLATDIR_NONE ? 0 : -1;
	buf_init(&paths, NOTE_MAX);
	rc = read_all(fd, &paths, err);
	close(fd);
	if (rc == 0)
		rc = jsonl_settle_parts(dir, m, buf_text(&paths), err);
	buf_free(&paths);
	return rc;
}
