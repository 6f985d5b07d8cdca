#include "flatdir_own.h"

#include "foreign.h"
#include "sys.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define FOLDER_FLAGS (O_RDONLY | O_DIRECTORY | O_CLOEXEC)

int flatdir_fail(const struct flatdir *d, const char *what, const char *path, struct err *err)
{
	const int errnum = errno;
	const char *slash = *path ? "/" : "";

	if (errnum == ELOOP)
		return err_set(err, ERR_FATAL, "cannot %s '%s%s%s': it is a symbolic link", what, d->path, slash, path);
	return err_sys(err, ERR_FATAL, errnum, "cannot %s '%s%s%s'", what, d->path, slash, path);
}

static mode_t folder_mode(const struct flatdir *d)
{
	return d->file_mode | (d->file_mode & 0444) >> 2;
}

/* opening */

static int make_root(const struct flatdir *d, struct err *err)
{
	int fd, rc;

	if (mkdir(d->path, folder_mode(d)) < 0)
		return errno == EEXIST ? 0 : flatdir_fail(d, "create", "", err);
	fd = sys_open(d->path, FOLDER_FLAGS | O_NOFOLLOW, 0);
	if (fd < 0)
		return flatdir_fail(d, "open", "", err);
	rc = fchmod(fd, folder_mode(d)) < 0 ? flatdir_fail(d, "create", "", err) : 0;
	close(fd);
	return rc;
}

/* Makes the folder's own name durable; each time, since the run that made it may have been killed before this. A parent
 * that we may not read is left to itself. */
static int sync_parent(const struct flatdir *d, struct err *err)
{
	const int parent = sys_openat(d->fd, "..", FOLDER_FLAGS, 0);
	int rc = 0;

	if (parent < 0)
		return 0;
	if (sys_sync(parent) < 0 && errno != EINVAL && errno != EROFS)
		rc = flatdir_fail(d, "sync the folder of", "", err);
	close(parent);
	return rc;
}

static int open_root(struct flatdir *d, bool read_only, struct err *err)
{
	if (foreign_check(d->path, err))
		return -1;
	d->fd = sys_open(d->path, FOLDER_FLAGS, 0);
	if (d->fd < 0 && errno == ENOENT) {
		if (read_only)
			return 0;
		if (make_root(d, err))
			return -1;
		d->fd = sys_open(d->path, FOLDER_FLAGS, 0);
	}
	if (d->fd < 0 && errno == ENOTDIR)
		return err_set(err, ERR_FATAL, "'%s' is not a folder", d->path);
	if (d->fd < 0)
		return flatdir_fail(d, "open", "", err);
	if (read_only)
		return 0;
	if (sys_flock(d->fd, LOCK_EX | LOCK_NB) == 0)
		return sync_parent(d, err);
	if (errno == EWOULDBLOCK)
		return err_set(err, ERR_BUSY, "another run holds '%s'", d->path);
	return flatdir_fail(d, "lock", "", err);
}

struct flatdir *flatdir_open(const char *path, const struct sink_options *options, struct err *err)
{
	struct flatdir *d = calloc(1, sizeof(*d));

	if (!d || !(d->path = strdup(path))) {
		err_set(err, ERR_FATAL, "out of memory");
		free(d);
		return NULL;
	}
	/* "DIR/" is DIR, in messages too. */
	for (size_t n = strlen(d->path); n > 1 && d->path[n - 1] == '/'; n--)
		d->path[n - 1] = '\0';
	d->fd = -1;
	d->file_mode = options->file_mode;
	if (open_root(d, options->read_only, err)) {
		flatdir_close(d);
		return NULL;
	}
	return d;
}

void flatdir_close(struct flatdir *d)
{
	if (!d)
		return;
	if (d->fd >= 0)
		close(d->fd);
	free(d->path);
	free(d);
}

const char *flatdir_path(const struct flatdir *d)
{
	return d->path;
}

/* paths, step by step */

static bool is_step(const char *p, size_t n)
{
	return n > 0 && n <= NAME_MAX && !(p[0] == '.' && (n == 1 || (n == 2 && p[1] == '.')));
}

/* Opens the folder of this name in another one. */
static int open_step(int at, const char *name)
{
	const int fd = sys_openat(at, name, FOLDER_FLAGS | O_NOFOLLOW, 0);
	struct stat st;

	/* Of a link Linux says that it is no folder. */
	if (fd < 0 && errno == ENOTDIR)
		errno = fstatat(at, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISLNK(st.st_mode) ? ELOOP : ENOTDIR;
	return fd;
}

/* Makes it first, where it is not there. */
static int make_step(const struct flatdir *d, int at, const char *name)
{
	int fd;

	if (mkdirat(at, name, folder_mode(d)) < 0)
		return errno == EEXIST ? open_step(at, name) : -1;
	fd = open_step(at, name);
	if (fd >= 0 && fchmod(fd, folder_mode(d)) < 0) {
		const int errnum = errno;
		close(fd);
		errno = errnum;
		return -1;
	}
	return fd;
}

static struct flatdir_at walk(const struct flatdir *d, const char *path, bool make, struct err *err)
{
	struct flatdir_at at = {.fd = d->fd, .name = path, .borrowed = true};
	char step[NAME_MAX + 1];

	if (d->fd < 0)
		return (struct flatdir_at){.fd = FLATDIR_NONE};
	for (;;) {
		const size_t n = strcspn(at.name, "/");
		int next;
		if (!is_step(at.name, n)) {
			flatdir_walked(&at);
			err_set(err, ERR_FATAL, "'%s/%s' is not a path that a sink can have", d->path, path);
			return (struct flatdir_at){.fd = -1};
		}
		if (at.name[n] == '\0')
			return at;
		memcpy(step, at.name, n);
		step[n] = '\0';
		next = make ? make_step(d, at.fd, step) : open_step(at.fd, step);
		if (next < 0) {
			const int errnum = errno;
			flatdir_walked(&at);
			errno = errnum;
			if (errnum == ENOENT && !make)
				return (struct flatdir_at){.fd = FLATDIR_NONE};
			flatdir_fail(d, make ? "create" : "open", path, err);
			return (struct flatdir_at){.fd = -1};
		}
		flatdir_walked(&at);
		at = (struct flatdir_at){.fd = next, .name = at.name + n + 1};
	}
}

struct flatdir_at flatdir_walk(const struct flatdir *d, const char *path, struct err *err)
{
	return walk(d, path, false, err);
}

void flatdir_walked(struct flatdir_at *at)
{
	if (at->fd >= 0 && !at->borrowed)
		close(at->fd);
	at->fd = -1;
}

int flatdir_folder(const struct flatdir *d, const char *path, struct err *err)
{
	struct flatdir_at at;
	int fd;

	if (!*path) {
		if (d->fd < 0)
			return FLATDIR_NONE;
		fd = sys_openat(d->fd, ".", FOLDER_FLAGS, 0);
		return fd < 0 ? flatdir_fail(d, "open", path, err) : fd;
	}
	at = walk(d, path, false, err);
	if (at.fd < 0)
		return at.fd;
	fd = open_step(at.fd, at.name);
	if (fd < 0)
		fd = errno == ENOENT ? FLATDIR_NONE : flatdir_fail(d, "open", path, err);
	flatdir_walked(&at);
	return fd;
}

/* names */

int flatdir_make(struct flatdir *d, const char *path, struct err *err)
{
	struct flatdir_at at = walk(d, path, true, err);
	int fd;

	if (at.fd < 0)
		return -1;
	fd = make_step(d, at.fd, at.name);
	if (fd < 0)
		flatdir_fail(d, "create", path, err);
	flatdir_walked(&at);
	if (fd < 0)
		return -1;
	close(fd);
	return 0;
}

/* The folder that a new name goes into must be there. */
static int walk_there(const struct flatdir *d, const char *path, struct flatdir_at *at, struct err *err)
{
	*at = walk(d, path, false, err);
	if (at->fd != FLATDIR_NONE)
		return at->fd < 0 ? -1 : 0;
	errno = ENOENT;
	return flatdir_fail(d, "open", path, err);
}

int flatdir_create(struct flatdir *d, const char *path, struct err *err)
{
	struct flatdir_at at;
	int fd;

	if (walk_there(d, path, &at, err))
		return -1;
	fd = sys_openat(at.fd, at.name, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, d->file_mode);
	if (fd < 0) {
		flatdir_fail(d, "create", path, err);
	} else if (fchmod(fd, d->file_mode) < 0) {
		flatdir_fail(d, "set the mode of", path, err);
		close(fd);
		fd = -1;
	}
	flatdir_walked(&at);
	return fd;
}

int flatdir_read(struct flatdir *d, const char *path, bool write, struct err *err)
{
	struct flatdir_at at = walk(d, path, false, err);
	struct stat st;
	int fd;

	if (at.fd < 0)
		return at.fd;
	/* Not to wait for the other end of a pipe. */
	fd =
	    sys_openat(at.fd, at.name, (write ? O_RDWR : O_RDONLY) | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC, 0);
	if (fd < 0) {
		if (errno == EISDIR || errno == ENXIO)
			err_set(err, ERR_FATAL, "'%s/%s' is not a file", d->path, path);
		else if (errno == ENOENT)
			fd = FLATDIR_NONE;
		else
			flatdir_fail(d, "open", path, err);
	} else if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode)) {
		err_set(err, ERR_FATAL, "'%s/%s' is not a file", d->path, path);
		close(fd);
		fd = -1;
	}
	flatdir_walked(&at);
	return fd;
}

int flatdir_look(struct flatdir *d, const char *path, enum flatdir_kind *kind, struct err *err)
{
	struct flatdir_at at = walk(d, path, false, err);
	struct stat st;
	int rc = 0;

	*kind = FLATDIR_NOTHING;
	if (at.fd < 0)
		return at.fd == FLATDIR_NONE ? 0 : -1;
	if (fstatat(at.fd, at.name, &st, AT_SYMLINK_NOFOLLOW) == 0)
		*kind = S_ISREG(st.st_mode) ? FLATDIR_FILE : S_ISDIR(st.st_mode) ? FLATDIR_FOLDER : FLATDIR_OTHER;
	else if (errno != ENOENT)
		rc = flatdir_fail(d, "examine", path, err);
	flatdir_walked(&at);
	return rc;
}

static int rename_with(struct flatdir *d, const char *from, const char *to, unsigned flags, int *errnum,
		       struct err *err)
{
	struct flatdir_at a, b;
	int rc;

	*errnum = 0;
	if (walk_there(d, from, &a, err))
		return -1;
	if (walk_there(d, to, &b, err)) {
		flatdir_walked(&a);
		return -1;
	}
	rc = flags ? renameat2(a.fd, a.name, b.fd, b.name, flags) : renameat(a.fd, a.name, b.fd, b.name);
	if (rc < 0) {
		*errnum = errno;
		err_sys(err, ERR_FATAL, errno, "cannot rename '%s/%s' to '%s'", d->path, from, to);
	}
	flatdir_walked(&a);
	flatdir_walked(&b);
	return rc;
}

int flatdir_rename(struct flatdir *d, const char *from, const char *to, struct err *err)
{
	int errnum;

	return rename_with(d, from, to, 0, &errnum, err);
}

int flatdir_swap(struct flatdir *d, const char *from, const char *to, const char *aside, struct err *err)
{
	enum flatdir_kind kind;
	int errnum;

	if (flatdir_look(d, to, &kind, err))
		return -1;
	if (kind == FLATDIR_NOTHING)
		return flatdir_rename(d, from, to, err);
	if (rename_with(d, from, to, RENAME_EXCHANGE, &errnum, err) == 0)
		return 0;
	if (errnum != EINVAL && errnum != ENOSYS && errnum != EOPNOTSUPP)
		return -1;
	if (flatdir_rename(d, to, aside, err) || flatdir_rename(d, from, to, err))
		return -1;
	return flatdir_rename(d, aside, from, err);
}

int flatdir_sync(struct flatdir *d, const char *path, struct err *err)
{
	const int fd = flatdir_folder(d, path, err);
	int rc = 0;

	if (fd < 0)
		return fd == FLATDIR_NONE ? 0 : -1;
	if (sys_sync(fd) < 0)
		rc = flatdir_fail(d, "sync", path, err);
	close(fd);
	return rc;
}
