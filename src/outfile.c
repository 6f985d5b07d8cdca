#include "outfile.h"

#include "foreign.h"
#include "sys.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The folder of a path, as a path; the caller frees it. */
static char *folder_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	if (slash == NULL)
		return strdup(".");
	return slash == path ? strdup("/") : strndup(path, (size_t)(slash - path));
}

int outfile_check(const char *path, struct err *err)
{
	struct stat st;
	char *folder;
	int result = 0;

	if (strcmp(path, "-") == 0)
		return 0;
	if (foreign_check(path, err) != 0)
		return -1;
	if (stat(path, &st) == 0 && S_ISDIR(st.st_mode))
		return err_sys(err, ERR_FATAL, EISDIR, "cannot write '%s'", path);
	if (access(path, F_OK) == 0 && access(path, W_OK) != 0)
		return err_sys(err, ERR_FATAL, errno, "cannot write '%s'", path);
	folder = folder_of(path);
	if (folder == NULL)
		return err_set(err, ERR_FATAL, "out of memory");
	if (access(folder, F_OK) != 0)
		result = err_sys(err, ERR_FATAL, errno, "cannot write '%s'", path);
	free(folder);
	return result;
}

static int write_through(const char *path, struct text text, struct err *err)
{
	bool out = strcmp(path, "-") == 0;
	struct stat st;
	int result, fd = out ? STDOUT_FILENO : sys_open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY, 0);

	if (fd < 0)
		return err_sys(err, ERR_FATAL, errno, "cannot open '%s'", path);
	if (!out && (fstat(fd, &st) != 0 || S_ISREG(st.st_mode))) {
		(void)sys_close(fd);
		return err_set(err, ERR_FATAL, "cannot write '%s': it was exchanged", path);
	}
	result = sys_write(fd, text.p, text.n);
	if (result != 0)
		(void)err_sys(err, ERR_FATAL, errno, "cannot write '%s'", out ? "standard output" : path);
	if (!out && sys_close(fd) != 0 && result == 0)
		result = err_sys(err, ERR_FATAL, errno, "cannot write '%s'", path);
	return result;
}

static int write_beside(const char *path, struct text text, mode_t mode, struct err *err)
{
	char *beside = NULL;
	int fd, result = -1;

	if (asprintf(&beside, "%s.XXXXXX", path) < 0)
		return err_set(err, ERR_FATAL, "out of memory");
	fd = mkostemp(beside, O_CLOEXEC);
	if (fd < 0) {
		(void)err_sys(err, ERR_FATAL, errno, "cannot create '%s'", beside);
		free(beside);
		return -1;
	}
	if (sys_write(fd, text.p, text.n) == 0 && fchmod(fd, mode) == 0 && sys_sync(fd) == 0)
		result = 0;
	else
		(void)err_sys(err, ERR_FATAL, errno, "cannot write '%s'", beside);
	if (sys_close(fd) != 0 && result == 0)
		result = err_sys(err, ERR_FATAL, errno, "cannot write '%s'", beside);
	if (result == 0 && rename(beside, path) != 0)
		result = err_sys(err, ERR_FATAL, errno, "cannot rename '%s' to '%s'", beside, path);
	if (result != 0)
		(void)unlink(beside);
	free(beside);
	return result;
}

/* What a path names in the end, so that the file is replaced and not a link to it. The kernel follows, by its rules for
 * what other users' links may do; realpath() would follow them all. NULL: path itself. */
static char *real_name(const char *path)
{
	char link[32], target[PATH_MAX] = "";
	int fd = sys_open(path, O_PATH | O_CLOEXEC, 0);
	ssize_t n = -1;

	if (fd >= 0) {
		(void)snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
		n = readlink(link, target, sizeof(target));
		(void)close(fd);
	}
	/* Of what is removed meanwhile it says so behind the name. */
	if (n <= 0 || n == (ssize_t)sizeof(target) || target[0] != '/')
		return NULL;
	target[n] = '\0';
	return access(target, F_OK) == 0 ? strdup(target) : NULL;
}

int outfile_write(const char *path, struct text text, mode_t mode, struct err *err)
{
	struct stat st;
	char *real;
	int result;

	if (strcmp(path, "-") != 0 && foreign_check(path, err) != 0)
		return -1;
	if (strcmp(path, "-") == 0 || (stat(path, &st) == 0 && !S_ISREG(st.st_mode)))
		return write_through(path, text, err);
	real = real_name(path);
	result = write_beside(real != NULL ? real : path, text, mode, err);
	free(real);
	return result;
}

void outfile_read(const char *path, struct buf *out)
{
	struct stat st;
	char piece[4096];
	ssize_t n;
	int fd = sys_open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, 0);

	if (fd < 0)
		return;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode))
		while ((n = sys_read(fd, piece, sizeof(piece))) > 0 && buf_add(out, piece, (size_t)n) == 0)
			;
	(void)sys_close(fd);
}
