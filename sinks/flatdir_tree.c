/* flatdir_tree.c: what looks at all of a folder: listing it, removing it. */
#include "flatdir_own.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#define NAMES_MAX ((size_t)1 << 30)

static bool is_dots(const char *name)
{
	return name[0] == '.' && (name[1] == '\0' || (name[1] == '.' && name[2] == '\0'));
}

static DIR *open_folder(const struct flatdir *d, const char *path, bool *there, struct err *err)
{
	const int fd = flatdir_folder(d, path, err);
	DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;

	*there = fd != FLATDIR_NONE;
	if (fd >= 0 && !dir) {
		flatdir_fail(d, "read", path, err);
		close(fd);
	}
	return dir;
}

static int read_names(const struct flatdir *d, const char *path, const char *prefix, struct buf *names, struct err *err)
{
	const size_t n = strlen(prefix);
	const struct dirent *entry;
	bool there;
	DIR *dir = open_folder(d, path, &there, err);
	int rc = 0;

	if (!dir)
		return there ? -1 : 0;
	while (rc == 0 && (errno = 0, entry = readdir(dir)) != NULL) {
		if (is_dots(entry->d_name) || strncmp(entry->d_name, prefix, n) != 0)
			continue;
		if (buf_add(names, entry->d_name, strlen(entry->d_name) + 1))
			rc = err_set(err, ERR_FATAL, "out of memory");
	}
	if (rc == 0 && errno)
		rc = flatdir_fail(d, "read", path, err);
	closedir(dir);
	return rc;
}

int flatdir_list(struct flatdir *d, const char *path, const char *prefix, flatdir_each each, void *ctx, struct err *err)
{
	struct buf names;
	int rc;

	buf_init(&names, NAMES_MAX);
	rc = read_names(d, path, prefix, &names, err);
	for (size_t at = 0; rc == 0 && at < names.len; at += strlen(names.data + at) + 1)
		rc = each(ctx, names.data + at, err);
	buf_free(&names);
	return rc;
}

/* Removes what is no folder. 1: a folder is left, and its name appended to path. */
static int empty_folder(const struct flatdir *d, struct buf *path, struct err *err)
{
	const struct dirent *entry;
	bool there;
	DIR *dir = open_folder(d, buf_cstr(path), &there, err);
	int rc = 0;

	if (!dir)
		return there ? -1 : 0;
	while (rc == 0 && (errno = 0, entry = readdir(dir)) != NULL) {
		if (is_dots(entry->d_name) || unlinkat(dirfd(dir), entry->d_name, 0) == 0 || errno == ENOENT)
			continue;
		if (errno == EISDIR)
			rc = 1;
		else
			rc = flatdir_fail(d, "empty", buf_cstr(path), err);
		if (rc == 1 && (buf_addc(path, '/') || buf_adds(path, entry->d_name)))
			rc = err_set(err, ERR_FATAL, "cannot remove '%s/%s': %s", d->path, buf_cstr(path),
				     path->starved ? "out of memory" : "too deep");
	}
	if (rc == 0 && errno)
		rc = flatdir_fail(d, "read", buf_cstr(path), err);
	closedir(dir);
	return rc;
}

/* 0, 1: it is a folder, -1. */
static int unlink_one(const struct flatdir *d, const char *path, int flags, struct err *err)
{
	struct flatdir_at at = flatdir_walk(d, path, err);
	int rc = 0;

	if (at.fd < 0)
		return at.fd == FLATDIR_NONE ? 0 : -1;
	if (unlinkat(at.fd, at.name, flags) < 0 && errno != ENOENT)
		rc = errno == EISDIR ? 1 : flatdir_fail(d, "remove", path, err);
	flatdir_walked(&at);
	return rc;
}

/* Goes down into the first folder that it meets, and up again when one is empty. */
int flatdir_remove(struct flatdir *d, const char *path, struct err *err)
{
	const size_t top = strlen(path);
	struct buf at;
	int rc = unlink_one(d, path, 0, err);

	if (rc <= 0)
		return rc;
	buf_init(&at, 16 * PATH_MAX);
	rc = buf_adds(&at, path) ? err_set(err, ERR_FATAL, "out of memory") : 0;
	while (rc == 0) {
		rc = empty_folder(d, &at, err);
		if (rc != 0) {
			rc = rc > 0 ? 0 : -1;
			continue;
		}
		rc = unlink_one(d, buf_cstr(&at), AT_REMOVEDIR, err);
		if (rc != 0 || at.len == top)
			break;
		buf_cut(&at, (size_t)(strrchr(at.data, '/') - at.data));
	}
	buf_free(&at);
	return rc;
}
