#include "sqlite_file.h"

#include "foreign.h"
#include "sys.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

_Static_assert(sizeof(off_t) == 8, "the lock lies beyond 4 GiB");
#define LOCK_BYTE ((off_t)1 << 62)

/* How often the file may be exchanged under our hands before that is an error. */
#define TRIES 8

#define AGAIN (-2)

/* The smallest page, and so the smallest database that is not empty. SQLite itself takes a file of one byte for an
 * empty database, and writes over it. */
#define SMALLEST 512

/* Returns a descriptor, AGAIN when someone else made the file in between, or -1 with *err. */
static int open_or_make(const char *path, mode_t mode, struct err *err)
{
	struct stat st;
	int fd = sys_open(path, O_RDWR | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0);

	if (fd >= 0)
		return fd;
	if (errno == ENXIO || (errno != ENOENT && stat(path, &st) == 0 && !S_ISREG(st.st_mode)))
		return err_set(err, ERR_FATAL, "'%s' is not a file", path);
	if (errno != ENOENT)
		return err_sys(err, ERR_FATAL, errno, "cannot open '%s'", path);
	fd = sys_open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, mode);
	if (fd < 0 && errno == EEXIST)
		return AGAIN;
	if (fd < 0)
		return err_sys(err, ERR_FATAL, errno, "cannot create '%s'", path);
	if (fchmod(fd, mode) < 0) { /* the umask has no say */
		err_sys(err, ERR_FATAL, errno, "cannot set the mode of '%s'", path);
		close(fd);
		return -1;
	}
	return fd;
}

static int check_size(const struct stat *st, const char *path, struct err *err)
{
	if (st->st_size > 0 && st->st_size < SMALLEST)
		return err_set(err, ERR_FATAL, "'%s' is not an SQLite database", path);
	return 0;
}

/* SQLite believes what it finds beside a database: a journal of somebody else's would be played back into ours. It lies
 * beside the file itself, not beside a link to it. */
static int check_beside(int fd, const struct stat *ours, struct err *err)
{
	static const char *const ends[] = {"-journal", "-wal", "-shm"};
	char link[32], name[PATH_MAX], beside[PATH_MAX + 16];
	ssize_t n;

	(void)snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = readlink(link, name, sizeof(name) - 1);
	for (size_t i = 0; n > 0 && i < sizeof(ends) / sizeof(ends[0]); i++) {
		(void)snprintf(beside, sizeof(beside), "%.*s%s", (int)n, name, ends[i]);
		if (foreign_check_file(beside, ours->st_uid, err))
			return -1;
	}
	return 0;
}

/* Takes the lock, and makes sure that what is locked is what the path names, and may be a database. 0, AGAIN, or -1
 * with *err. */
static int lock(int fd, const char *path, struct err *err)
{
	struct flock byte = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = LOCK_BYTE, .l_len = 1};
	struct stat ours, named;

	if (fstat(fd, &ours) < 0)
		return err_sys(err, ERR_FATAL, errno, "cannot examine '%s'", path);
	if (!S_ISREG(ours.st_mode))
		return err_set(err, ERR_FATAL, "'%s' is not a file", path);
	if (fcntl(fd, F_OFD_SETLK, &byte) < 0) {
		if (errno == EAGAIN || errno == EACCES)
			return err_set(err, ERR_BUSY, "another run holds '%s'", path);
		return err_sys(err, ERR_FATAL, errno, "cannot lock '%s'", path);
	}
	if (stat(path, &named) < 0 || named.st_dev != ours.st_dev || named.st_ino != ours.st_ino)
		return AGAIN;
	return check_size(&named, path, err) || check_beside(fd, &ours, err) ? -1 : 0;
}

int sqlite_file_hold(const char *path, mode_t mode, struct err *err)
{
	if (foreign_check(path, err))
		return -1;
	for (int i = 0; i < TRIES; i++) {
		int fd = open_or_make(path, mode, err);
		int rc = fd < 0 ? fd : lock(fd, path, err);
		if (rc == 0)
			return fd;
		if (fd >= 0)
			close(fd);
		if (rc != AGAIN)
			return -1;
	}
	return err_set(err, ERR_FATAL, "cannot open '%s': it is a link to nothing, or is replaced all the time", path);
}

int sqlite_file_look(const char *path, struct err *err)
{
	struct stat st;

	if (stat(path, &st) < 0)
		return errno == ENOENT ? 0 : err_sys(err, ERR_FATAL, errno, "cannot open '%s'", path);
	if (!S_ISREG(st.st_mode))
		return err_set(err, ERR_FATAL, "'%s' is not a file", path);
	return check_size(&st, path, err) ? -1 : 1;
}
