/*
 * forget.c: a disk that forgets, to be preloaded (LD_PRELOAD) into a program that is to be killed.
 *
 * It keeps, beside the real folder, what a disk would hold that loses whatever was not synced: fsync or fdatasync of a
 * file keeps its bytes, of a folder its names. At a call of one's choice it ends the process with SIGKILL; disk.c then
 * makes the folder as the disk has it. Only calls that concern what is in FORGET_ROOT count. From the environment:
 *
 *     FORGET_ROOT  the folder, as an absolute path without links; all that is tested happens in it
 *     FORGET_DISK  a folder for what is kept (disk.h), outside of it; may be used by several processes in turn
 *     FORGET_KILL  the number of the call that is not made any more, from 1; a write counts twice: half of it is made
 *                  at the second. 0: none
 *     FORGET_EXCHANGE=no  renames that exchange fail, as where the file system cannot; also without the others
 *
 * At its end the process writes the number of calls to FORGET_DISK/calls; one that was killed the call's name to
 * FORGET_DISK/died.
 */
#include "disk.h"

#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static const char *root, *disk;
static long calls, kill_at;

/* The function of this name that ours stands before. */
#define NEXT(name)                                                                                                     \
	static __typeof__(name) *next;                                                                                 \
	if (!next)                                                                                                     \
	*(void **)&next = dlsym(RTLD_NEXT, #name)

static void note(const char *name, const char *text)
{
	char path[PATH_MAX];
	FILE *f;

	(void)snprintf(path, sizeof(path), "%s/%s", disk, name);
	f = fopen(path, "w");
	if (f) {
		(void)fprintf(f, "%s\n", text);
		(void)fclose(f);
	}
}

__attribute__((constructor)) static void begin(void)
{
	const char *n = getenv("FORGET_KILL");

	root = getenv("FORGET_ROOT");
	disk = getenv("FORGET_DISK");
	if (!disk)
		root = NULL;
	kill_at = n ? strtol(n, NULL, 10) : 0;
}

__attribute__((destructor)) static void end(void)
{
	char text[32];

	if (!root)
		return;
	(void)snprintf(text, sizeof(text), "%ld", calls);
	note("calls", text);
}

/* --- what concerns us --- */

static bool within(const char *path)
{
	const size_t n = root ? strlen(root) : 0;

	return n > 0 && strncmp(path, root, n) == 0 && (path[n] == '\0' || path[n] == '/');
}

static bool ours_fd(int fd)
{
	char link[64], path[PATH_MAX];
	ssize_t n;

	if (!root)
		return false;
	(void)snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = readlink(link, path, sizeof(path) - 1);
	if (n < 0)
		return false;
	path[n] = '\0';
	return within(path);
}

static bool ours_at(int at, const char *path)
{
	return path[0] == '/' ? within(path) : at != AT_FDCWD && ours_fd(at);
}

static void die(const char *name)
{
	note("died", name);
	(void)kill(getpid(), SIGKILL);
	for (;;)
		(void)pause();
}

/* A call of ours comes. */
static void count(const char *name)
{
	const int errnum = errno;

	(void)pthread_mutex_lock(&lock);
	if (++calls == kill_at)
		die(name);
	(void)pthread_mutex_unlock(&lock);
	errno = errnum;
}

/* A write may be cut short by the kill. True: half of it, then die. */
static bool count_half(void)
{
	bool half;

	(void)pthread_mutex_lock(&lock);
	half = ++calls == kill_at;
	(void)pthread_mutex_unlock(&lock);
	return half;
}

/* --- what is kept --- */

static int raw_open(const char *path, int flags)
{
	NEXT(open);
	return next(path, flags | O_CLOEXEC, 0600);
}

static void keep_bytes(int fd, const char *path)
{
	char link[64], block[65536];
	int in, out;
	ssize_t n;

	NEXT(write);
	(void)snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	in = raw_open(link, O_RDONLY);
	out = raw_open(path, O_WRONLY | O_CREAT | O_TRUNC);
	while (in >= 0 && out >= 0 && (n = read(in, block, sizeof(block))) > 0)
		if (next(out, block, (size_t)n) != n)
			abort();
	if (in < 0 || out < 0)
		abort();
	(void)close(in);
	(void)close(out);
}

static void keep_names(int fd, const char *path)
{
	const int copy = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = copy >= 0 ? fdopendir(copy) : NULL;
	FILE *out = fopen(path, "w");
	const struct dirent *entry;
	char key[DISK_KEY];

	if (!dir || !out)
		abort();
	while ((entry = readdir(dir)) != NULL) {
		const int is = disk_key(dirfd(dir), entry->d_name, key);
		if (is && strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			(void)fprintf(out, "%c %s %s\n", is, key, entry->d_name);
	}
	(void)closedir(dir);
	(void)fclose(out);
}

static void keep(int fd)
{
	const int errnum = errno;
	char key[DISK_KEY], path[PATH_MAX];
	const int is = disk_key(fd, "", key);

	(void)pthread_mutex_lock(&lock);
	(void)snprintf(path, sizeof(path), "%s/%s", disk, key);
	if (is == 'f')
		keep_bytes(fd, path);
	else if (is == 'd')
		keep_names(fd, path);
	(void)pthread_mutex_unlock(&lock);
	errno = errnum;
}

/* Made new: what was kept of another one with the same key is not of this one. */
static void forget(int at, const char *name)
{
	const int errnum = errno;
	char key[DISK_KEY], path[PATH_MAX];

	if (disk_key(at, name, key)) {
		(void)snprintf(path, sizeof(path), "%s/%s", disk, key);
		(void)remove(path);
	}
	errno = errnum;
}

/* --- the calls --- */

int fsync(int fd)
{
	const bool ours = ours_fd(fd);
	int rc;

	NEXT(fsync);
	if (ours)
		count("fsync");
	rc = next(fd);
	if (rc == 0 && ours)
		keep(fd);
	return rc;
}

int fdatasync(int fd)
{
	const bool ours = ours_fd(fd);
	int rc;

	NEXT(fdatasync);
	if (ours)
		count("fdatasync");
	rc = next(fd);
	if (rc == 0 && ours)
		keep(fd);
	return rc;
}

ssize_t write(int fd, const void *p, size_t n)
{
	NEXT(write);
	if (!ours_fd(fd))
		return next(fd, p, n);
	count("write");
	if (count_half()) {
		(void)!next(fd, p, n / 2);
		die("half a write");
	}
	return next(fd, p, n);
}

ssize_t pwrite64(int fd, const void *p, size_t n, off64_t at)
{
	NEXT(pwrite64);
	if (!ours_fd(fd))
		return next(fd, p, n, at);
	count("pwrite");
	if (count_half()) {
		(void)!next(fd, p, n / 2, at);
		die("half a pwrite");
	}
	return next(fd, p, n, at);
}

ssize_t pwrite(int fd, const void *p, size_t n, off_t at)
{
	return pwrite64(fd, p, n, at);
}

int ftruncate64(int fd, off64_t size)
{
	NEXT(ftruncate64);
	if (ours_fd(fd))
		count("ftruncate");
	return next(fd, size);
}

int ftruncate(int fd, off_t size)
{
	return ftruncate64(fd, size);
}

int fchmod(int fd, mode_t mode)
{
	NEXT(fchmod);
	if (ours_fd(fd))
		count("fchmod");
	return next(fd, mode);
}

static int openat_mode(int at, const char *path, int flags, mode_t mode)
{
	const bool makes = (flags & O_CREAT) && ours_at(at, path);
	struct stat st;
	int fd;

	NEXT(openat64);
	if (makes)
		count("open");
	fd = next(at, path, flags, mode);
	if (fd >= 0 && makes && fstat(fd, &st) == 0 && st.st_size == 0)
		forget(fd, "");
	return fd;
}

#define OPEN_MODE(last)                                                                                                \
	mode_t mode = 0;                                                                                               \
	if (flags & (O_CREAT | O_TMPFILE)) {                                                                           \
		va_list args;                                                                                          \
		va_start(args, last);                                                                                  \
		mode = va_arg(args, mode_t);                                                                           \
		va_end(args);                                                                                          \
	}

int openat64(int at, const char *path, int flags, ...)
{
	OPEN_MODE(flags)
	return openat_mode(at, path, flags, mode);
}

int openat(int at, const char *path, int flags, ...)
{
	OPEN_MODE(flags)
	return openat_mode(at, path, flags, mode);
}

int open64(const char *path, int flags, ...)
{
	OPEN_MODE(flags)
	return openat_mode(AT_FDCWD, path, flags, mode);
}

int open(const char *path, int flags, ...)
{
	OPEN_MODE(flags)
	return openat_mode(AT_FDCWD, path, flags, mode);
}

int mkdirat(int at, const char *path, mode_t mode)
{
	const bool ours = ours_at(at, path);
	int rc;

	NEXT(mkdirat);
	if (ours)
		count("mkdir");
	rc = next(at, path, mode);
	if (rc == 0 && ours)
		forget(at, path);
	return rc;
}

int mkdir(const char *path, mode_t mode)
{
	return mkdirat(AT_FDCWD, path, mode);
}

int unlinkat(int at, const char *path, int flags)
{
	NEXT(unlinkat);
	if (ours_at(at, path))
		count("unlink");
	return next(at, path, flags);
}

int unlink(const char *path)
{
	return unlinkat(AT_FDCWD, path, 0);
}

int renameat2(int a, const char *from, int b, const char *to, unsigned flags)
{
	NEXT(renameat2);
	if ((flags & RENAME_EXCHANGE) && getenv("FORGET_EXCHANGE")) {
		errno = EINVAL;
		return -1;
	}
	if (ours_at(a, from) || ours_at(b, to))
		count("rename");
	return next(a, from, b, to, flags);
}

int renameat(int a, const char *from, int b, const char *to)
{
	return renameat2(a, from, b, to, 0);
}

int rename(const char *from, const char *to)
{
	return renameat2(AT_FDCWD, from, AT_FDCWD, to, 0);
}
