#include "sys.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <sys/file.h>
#include <unistd.h>

/* Again, while a signal is all that came of it. */
#define AGAIN(rc, call)                                                                                                \
	do                                                                                                             \
		(rc) = (call);                                                                                         \
	while ((rc) < 0 && errno == EINTR)

int sys_open(const char *path, int flags, mode_t mode)
{
	return sys_openat(AT_FDCWD, path, flags, mode);
}

int sys_openat(int at, const char *name, int flags, mode_t mode)
{
	int fd;

	AGAIN(fd, openat(at, name, flags, mode));
	return fd;
}

int sys_close(int fd)
{
	/* Linux has closed it when it says EINTR: once more would close another one. */
	return close(fd) == 0 || errno == EINTR ? 0 : -1;
}

int sys_sync(int fd)
{
	int rc;

	AGAIN(rc, fsync(fd));
	return rc;
}

int sys_truncate(int fd, off_t n)
{
	int rc;

	AGAIN(rc, ftruncate(fd, n));
	return rc;
}

int sys_flock(int fd, int op)
{
	int rc;

	AGAIN(rc, flock(fd, op));
	return rc;
}

ssize_t sys_read(int fd, void *p, size_t n)
{
	ssize_t k;

	AGAIN(k, read(fd, p, n));
	return k;
}

/* Takes n bytes off the vectors; false when nothing is left of them. */
static bool advance(struct iovec **v, int *n, size_t done)
{
	while (*n > 0 && done >= (*v)->iov_len) {
		done -= (*v)->iov_len;
		++*v;
		--*n;
	}
	if (*n > 0) {
		(*v)->iov_base = (char *)(*v)->iov_base + done;
		(*v)->iov_len -= done;
	}
	return *n > 0;
}

ssize_t sys_readv_at(int fd, struct iovec *v, int n, off_t off)
{
	ssize_t k, all = 0;

	while (advance(&v, &n, 0)) {
		AGAIN(k, n == 1 ? pread(fd, v->iov_base, v->iov_len, off + all) : preadv(fd, v, n, off + all));
		if (k < 0)
			return -1;
		if (k == 0)
			break;
		all += k;
		(void)advance(&v, &n, (size_t)k);
	}
	return all;
}

ssize_t sys_read_at(int fd, void *p, size_t n, off_t off)
{
	struct iovec v = {p, n};

	return sys_readv_at(fd, &v, 1, off);
}

/* What a write returned: false with errno when that is the end of it. */
static bool wrote(int fd, ssize_t k)
{
	if (k > 0 || (k < 0 && errno == EINTR))
		return true;
	if (k < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
		struct pollfd full = {.fd = fd, .events = POLLOUT};

		return poll(&full, 1, -1) >= 0 || errno == EINTR;
	}
	if (k == 0)
		errno = EIO; /* nothing was written, and no reason given: not to be tried for ever */
	return false;
}

int sys_writev_at(int fd, struct iovec *v, int n, off_t off)
{
	while (advance(&v, &n, 0)) {
		ssize_t k = n == 1 ? pwrite(fd, v->iov_base, v->iov_len, off) : pwritev(fd, v, n, off);

		if (!wrote(fd, k))
			return -1;
		if (k > 0) {
			off += k;
			(void)advance(&v, &n, (size_t)k);
		}
	}
	return 0;
}

int sys_write_at(int fd, const void *p, size_t n, off_t off)
{
	struct iovec v = {(void *)p, n};

	return sys_writev_at(fd, &v, 1, off);
}

int sys_write(int fd, const void *p, size_t n)
{
	const char *from = p;

	while (n > 0) {
		ssize_t k = write(fd, from, n);

		if (!wrote(fd, k))
			return -1;
		if (k > 0) {
			from += k;
			n -= (size_t)k;
		}
	}
	return 0;
}

int sys_standard_descriptors(void)
{
	for (int fd = 0; fd <= 2; fd++) {
		if (fcntl(fd, F_GETFD) >= 0 || errno != EBADF)
			continue;
		/* The lowest that is free is this one; the wrong way round, so that it cannot be used. */
		if (sys_open("/dev/null", fd == 0 ? O_WRONLY : O_RDONLY, 0) < 0)
			return -1;
	}
	return 0;
}
