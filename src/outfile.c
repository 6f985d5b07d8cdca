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

/* What is there and is no ordinary file (NULL: standard output). */
static int begin_through(struct outfile *f, const char *path, struct err *err)
{
	struct stat st;

	if (path == NULL) {
		f->fd = STDOUT_FILENO;
		return 0;
	}
	f->fd = sys_open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY, 0);
	if (f->fd < 0)
		return err_sys(err, ERR_FATAL, errno, "cannot open '%s'", path);
	if (fstat(f->fd, &st) == 0 && !S_ISREG(st.st_mode))
		return 0;
	return err_set(err, ERR_FATAL, "cannot write '%s': it was exchanged", path);
}

static int begin_beside(struct outfile *f, struct err *err)
{
	if (asprintf(&f->beside, "%s.XXXXXX", f->path) < 0) {
		f->beside = NULL;
		return err_set(err, ERR_FATAL, "out of memory");
	}
	f->fd = mkostemp(f->beside, O_CLOEXEC);
	if (f->fd >= 0)
		return 0;
	(void)err_sys(err, ERR_FATAL, errno, "cannot create '%s'", f->beside);
	free(f->beside);
	f->beside = NULL;
	return -1;
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

int outfile_begin(struct outfile *f, const char *path, struct err *err)
{
	struct stat st;
	bool special;
	int result;

	*f = (struct outfile){.fd = -1};
	if (strcmp(path, "-") == 0)
		return begin_through(f, NULL, err);
	if (foreign_check(path, err) != 0)
		return -1;
	special = stat(path, &st) == 0 && !S_ISREG(st.st_mode);
	f->path = special ? NULL : real_name(path);
	if (f->path == NULL && (f->path = strdup(path)) == NULL)
		return err_set(err, ERR_FATAL, "out of memory");
	result = special ? begin_through(f, path, err) : begin_beside(f, err);
	if (result != 0)
		outfile_drop(f);
	return result;
}

int outfile_add(struct outfile *f, const void *p, size_t n, struct err *err)
{
	if (sys_write(f->fd, p, n) == 0)
		return 0;
	return err_sys(err, ERR_FATAL, errno, "cannot write '%s'",
		       f->path == NULL     ? "standard output"
		       : f->beside != NULL ? f->beside
					   : f->path);
}

int outfile_end(struct outfile *f, mode_t mode, struct err *err)
{
	const int fd = f->fd;
	int result = 0;

	if (f->beside != NULL && (fchmod(fd, mode) != 0 || sys_sync(fd) != 0))
		result = err_sys(err, ERR_FATAL, errno, "cannot write '%s'", f->beside);
	f->fd = -1;
	if (f->path != NULL && sys_close(fd) != 0 && result == 0)
		result = err_sys(err, ERR_FATAL, errno, "cannot write '%s'", f->beside != NULL ? f->beside : f->path);
	if (f->beside != NULL && result == 0 && rename(f->beside, f->path) != 0)
		result = err_sys(err, ERR_FATAL, errno, "cannot rename '%s' to '%s'", f->beside, f->path);
	if (result == 0) {
		free(f->beside);
		f->beside = NULL;
	}
	outfile_drop(f);
	return result;
}

void outfile_drop(struct outfile *f)
{
	if (f->fd >= 0 && f->path != NULL)
		(void)sys_close(f->fd);
	if (f->beside != NULL)
		(void)unlink(f->beside);
	free(f->beside);
	free(f->path);
	*f = (struct outfile){.fd = -1};
}

int outfile_write(const char *path, struct text text, mode_t mode, struct err *err)
{
	struct outfile f;

	if (outfile_begin(&f, path, err) != 0)
		return -1;
	if (outfile_add(&f, text.p, text.n, err) == 0)
		return outfile_end(&f, mode, err);
	outfile_drop(&f);
	return -1;
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
