#include "spool.h"

#include "sys.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *spool_dir(void)
{
	const char *dir = getenv("TMPDIR");

	return dir != NULL && *dir != '\0' ? dir : "/var/tmp";
}

static int open_file(const char *dir)
{
	char path[PATH_MAX];
	int fd = sys_open(dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

	if (fd >= 0)
		return fd;
	/* Not every file system can do that (NFS, overlayfs of old kernels), and each says so in its own way. */
	if (snprintf(path, sizeof(path), "%s/omni-export-XXXXXX", dir) >= (int)sizeof(path)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	fd = mkostemp(path, O_CLOEXEC);
	if (fd >= 0)
		(void)unlink(path);
	return fd;
}

static int write_all(struct spool *s, const char *p, size_t n, struct err *err)
{
	if (sys_write(s->fd, p, n) != 0)
		return err_sys(err, ERR_FATAL, errno, "cannot write a spool file in '%s'", spool_dir());
	return 0;
}

void spool_init(struct spool *s, size_t mem_limit)
{
	*s = (struct spool){.mem_limit = mem_limit, .fd = -1};
	buf_init(&s->mem, mem_limit);
}

void spool_free(struct spool *s)
{
	buf_free(&s->mem);
	if (s->fd >= 0)
		(void)sys_close(s->fd);
	s->fd = -1;
	s->len = 0;
}

void spool_clear(struct spool *s)
{
	buf_clear(&s->mem);
	s->len = 0;
	if (s->fd >= 0 && (sys_truncate(s->fd, 0) != 0 || lseek(s->fd, 0, SEEK_SET) != 0)) {
		(void)sys_close(s->fd);
		s->fd = -1;
	}
}

int spool_add(struct spool *s, const void *p, size_t n, struct err *err)
{
	if (n == 0)
		return 0;
	if (s->mem.len + n >= s->mem_limit) {
		if (s->fd < 0) {
			s->fd = open_file(spool_dir());
			if (s->fd < 0)
				return err_sys(err, ERR_FATAL, errno, "cannot make a spool file in '%s'", spool_dir());
		}
		if (write_all(s, s->mem.data, s->mem.len, err) != 0)
			return -1;
		buf_clear(&s->mem);
	}
	if (n >= s->mem_limit) {
		if (write_all(s, p, n, err) != 0)
			return -1;
	} else if (buf_add(&s->mem, p, n) != 0) {
		return err_set(err, ERR_FATAL, "out of memory");
	}
	s->len += n;
	return 0;
}

/* Exactly n bytes, which are in the file. */
static int read_all(struct spool *s, uint64_t off, char *out, size_t n, struct err *err)
{
	ssize_t done = sys_read_at(s->fd, out, n, (off_t)off);

	if (done < 0)
		return err_sys(err, ERR_FATAL, errno, "cannot read a spool file in '%s'", spool_dir());
	if ((size_t)done < n)
		return err_set(err, ERR_FATAL, "a spool file in '%s' is shorter than what was written to it",
			       spool_dir());
	return 0;
}

long spool_read(struct spool *s, uint64_t off, void *out, size_t n, struct err *err)
{
	const uint64_t in_file = s->len - s->mem.len;
	size_t from_file = 0;

	if (off >= s->len)
		return 0;
	if (n > s->len - off)
		n = (size_t)(s->len - off);
	if (n > LONG_MAX)
		n = LONG_MAX;
	if (off < in_file) {
		from_file = n < in_file - off ? n : (size_t)(in_file - off);
		if (read_all(s, off, out, from_file, err) != 0)
			return -1;
	}
	if (from_file < n)
		memcpy((char *)out + from_file, s->mem.data + (off + from_file - in_file), n - from_file);
	return (long)n;
}
