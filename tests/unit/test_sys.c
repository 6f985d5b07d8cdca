/*
 * sys.h over system calls that do as they are told: the program is linked with ld's --wrap, and each call of sys.c
 * takes the next step of a script. Without a step it is the system's own.
 */
#include "sys.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define ERROR(e) (-(long)(e))
#define MOST(n)  ((long)(n))
#define ZERO     0L

static const long *step, *end; /* an error, or the most that is transferred */
static int calls;

#define PLAY(...)                                                                                                      \
	do {                                                                                                           \
		static const long script[] = {__VA_ARGS__};                                                            \
		step = script;                                                                                         \
		end = script + sizeof(script) / sizeof(script[0]);                                                     \
		calls = 0;                                                                                             \
	} while (0)

static void play_nothing(void)
{
	step = end = NULL;
	calls = 0;
}

static void expect_played(int n)
{
	assert_ptr_equal(step, end);
	assert_int_equal(calls, n);
}

/* True: the call fails. Else *most is what it may do. */
static bool turn(long *most)
{
	calls++;
	*most = LONG_MAX;
	if (step == end)
		return false;
	*most = *step++;
	if (*most >= 0)
		return false;
	errno = (int)-*most;
	return true;
}

#define CUT(n) ((n) < (size_t)most ? (n) : (size_t)most)

ssize_t __real_read(int, void *, size_t);
ssize_t __real_write(int, const void *, size_t);
ssize_t __real_pread(int, void *, size_t, off_t);
ssize_t __real_pwrite(int, const void *, size_t, off_t);
ssize_t __real_preadv(int, const struct iovec *, int, off_t);
ssize_t __real_pwritev(int, const struct iovec *, int, off_t);
int __real_openat(int, const char *, int, mode_t);
int __real_close(int);
int __real_fsync(int);
int __real_ftruncate(int, off_t);
int __real_flock(int, int);
int __real_poll(struct pollfd *, nfds_t, int);

ssize_t __wrap_read(int fd, void *p, size_t n);
ssize_t __wrap_write(int fd, const void *p, size_t n);
ssize_t __wrap_pread(int fd, void *p, size_t n, off_t off);
ssize_t __wrap_pwrite(int fd, const void *p, size_t n, off_t off);
ssize_t __wrap_preadv(int fd, const struct iovec *v, int n, off_t off);
ssize_t __wrap_pwritev(int fd, const struct iovec *v, int n, off_t off);
int __wrap_openat(int at, const char *name, int flags, mode_t mode);
int __wrap_close(int fd);
int __wrap_fsync(int fd);
int __wrap_ftruncate(int fd, off_t n);
int __wrap_flock(int fd, int op);
int __wrap_poll(struct pollfd *p, nfds_t n, int ms);

#define WRAP_ALL(call, ...)                                                                                            \
	long most;                                                                                                     \
	return turn(&most) ? -1 : __real_##call(__VA_ARGS__)
#define WRAP_SOME(call, ...)                                                                                           \
	long most;                                                                                                     \
	return turn(&most) ? -1 : most == 0 ? 0 : __real_##call(__VA_ARGS__)

ssize_t __wrap_read(int fd, void *p, size_t n)
{
	WRAP_SOME(read, fd, p, CUT(n));
}
ssize_t __wrap_write(int fd, const void *p, size_t n)
{
	WRAP_SOME(write, fd, p, CUT(n));
}
ssize_t __wrap_pread(int fd, void *p, size_t n, off_t off)
{
	WRAP_SOME(pread, fd, p, CUT(n), off);
}
ssize_t __wrap_pwrite(int fd, const void *p, size_t n, off_t off)
{
	WRAP_SOME(pwrite, fd, p, CUT(n), off);
}

/* As many bytes of the vectors. */
static ssize_t some_of(const struct iovec *v, int n, long most, struct iovec *out)
{
	int k = 0;

	for (; k < n && most > 0; k++) {
		out[k] = (struct iovec){v[k].iov_base, CUT(v[k].iov_len)};
		most -= (long)out[k].iov_len;
	}
	return k;
}
ssize_t __wrap_preadv(int fd, const struct iovec *v, int n, off_t off)
{
	struct iovec some[8];
	WRAP_SOME(preadv, fd, some, (int)some_of(v, n, most, some), off);
}
ssize_t __wrap_pwritev(int fd, const struct iovec *v, int n, off_t off)
{
	struct iovec some[8];
	WRAP_SOME(pwritev, fd, some, (int)some_of(v, n, most, some), off);
}
int __wrap_openat(int at, const char *name, int flags, mode_t mode)
{
	WRAP_ALL(openat, at, name, flags, mode);
}
/* What Linux does: also a close that fails has closed. */
int __wrap_close(int fd)
{
	long most;
	int rc = __real_close(fd);

	return turn(&most) ? -1 : rc;
}
int __wrap_fsync(int fd)
{
	WRAP_ALL(fsync, fd);
}
int __wrap_ftruncate(int fd, off_t n)
{
	WRAP_ALL(ftruncate, fd, n);
}
int __wrap_flock(int fd, int op)
{
	WRAP_ALL(flock, fd, op);
}
int __wrap_poll(struct pollfd *p, nfds_t n, int ms)
{
	WRAP_ALL(poll, p, n, ms);
}

/* --- a file of ten bytes --- */

static char path[256];
static int fd = -1;

static int setup(void **state)
{
	const char *tmp = getenv("TMPDIR");

	(void)state;
	step = end = NULL;
	(void)snprintf(path, sizeof(path), "%s/test-sys-XXXXXX", tmp != NULL && *tmp != '\0' ? tmp : "/tmp");
	fd = mkstemp(path);
	return fd >= 0 && __real_pwrite(fd, "0123456789", 10, 0) == 10 ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	step = end = NULL;
	(void)__real_close(fd);
	return unlink(path);
}

static void expect_file(const char *expected)
{
	char got[64];
	ssize_t n = __real_pread(fd, got, sizeof(got), 0);

	assert_int_equal(n, strlen(expected));
	assert_memory_equal(got, expected, (size_t)n);
}

static void interrupted(void **state)
{
	int other;

	(void)state;
	PLAY(ERROR(EINTR), ERROR(EINTR), MOST(1));
	other = sys_open(path, O_RDWR, 0);
	assert_true(other >= 0);
	expect_played(3);
	PLAY(ERROR(EINTR), ERROR(EINTR), MOST(1));
	assert_int_equal(sys_sync(other), 0);
	expect_played(3);
	PLAY(ERROR(EINTR), MOST(1));
	assert_int_equal(sys_truncate(other, 4), 0);
	expect_played(2);
	expect_file("0123");
	PLAY(ERROR(EINTR), MOST(1));
	assert_int_equal(sys_flock(other, LOCK_EX), 0);
	expect_played(2);
	/* Once, since the number may be another file's by then. */
	PLAY(ERROR(EINTR));
	assert_int_equal(sys_close(other), 0);
	expect_played(1);
	assert_int_equal(fcntl(other, F_GETFD), -1);
}

static void fails(void **state)
{
	struct iovec v[2] = {{(char[]){'a', 'b'}, 2}, {(char[]){'c'}, 1}};
	char p[4];

	(void)state;
#define EXPECT(call, e)                                                                                                \
	PLAY(ERROR(EINTR), ERROR(e));                                                                                  \
	errno = 0;                                                                                                     \
	assert_int_equal(call, -1);                                                                                    \
	assert_int_equal(errno, e);                                                                                    \
	expect_played(2)
	EXPECT(sys_open(path, O_RDONLY, 0), EMFILE);
	EXPECT(sys_sync(fd), EIO);
	EXPECT(sys_truncate(fd, 0), EIO);
	EXPECT(sys_flock(fd, LOCK_EX), ENOLCK);
	EXPECT(sys_read(fd, p, 1), EIO);
	EXPECT(sys_read_at(fd, p, 1, 0), EIO);
	EXPECT(sys_readv_at(fd, v, 2, 0), EIO);
	EXPECT(sys_write(fd, "x", 1), ENOSPC);
	EXPECT(sys_write_at(fd, "x", 1, 0), EDQUOT);
	EXPECT(sys_writev_at(fd, v, 2, 0), EFBIG);
	PLAY(ERROR(EIO));
	assert_int_equal(sys_close(dup(fd)), -1);
	assert_int_equal(errno, EIO);
	expect_file("0123456789");
}

static void reads(void **state)
{
	char p[16], a[3], b[3];
	struct iovec v[] = {{a, 0}, {a, 3}, {b, 0}, {b, 3}};
	struct iovec more[] = {{a, 3}, {b, 3}};

	(void)state;
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	PLAY(ERROR(EINTR), MOST(2));
	assert_int_equal(sys_read(fd, p, 5), 2);
	expect_played(2);
	PLAY(MOST(1), ERROR(EINTR), MOST(2), MOST(9));
	assert_int_equal(sys_read_at(fd, p, 5, 1), 5);
	assert_memory_equal(p, "12345", 5);
	expect_played(4);
	/* What is there, and no more. */
	PLAY(MOST(1));
	assert_int_equal(sys_read_at(fd, p, 5, 7), 3);
	assert_memory_equal(p, "789", 3);
	assert_int_equal(sys_read_at(fd, p, 5, 10), 0);
	/* Across the border between two vectors, and exactly at it. */
	PLAY(MOST(1), MOST(3), ERROR(EINTR), MOST(1), MOST(1));
	assert_int_equal(sys_readv_at(fd, v, 4, 2), 6);
	assert_memory_equal(a, "234", 3);
	assert_memory_equal(b, "567", 3);
	expect_played(5);
	PLAY(MOST(3));
	assert_int_equal(sys_readv_at(fd, more, 2, 6), 4);
	assert_memory_equal(a, "678", 3);
	assert_memory_equal(b, "9", 1);
}

static void writes(void **state)
{
	struct iovec v[] = {{(char[]){'a', 'b', 'c'}, 3}, {NULL, 0}, {(char[]){'d', 'e', 'f'}, 3}};
	struct iovec whole[] = {{(char[]){'x', 'y'}, 2}, {(char[]){'z'}, 1}};

	(void)state;
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	PLAY(MOST(1), ERROR(EINTR), MOST(1), MOST(9));
	assert_int_equal(sys_write(fd, "write", 5), 0);
	expect_played(4);
	expect_file("write56789");
	PLAY(MOST(2), ERROR(EINTR), MOST(1));
	assert_int_equal(sys_write_at(fd, "ABC", 3, 7), 0);
	expect_played(3);
	expect_file("write56ABC");
	PLAY(MOST(2), MOST(2), ERROR(EINTR), MOST(9));
	assert_int_equal(sys_writev_at(fd, v, 3, 1), 0);
	expect_played(4);
	expect_file("wabcdefABC");
	/* No more calls than it takes. */
	PLAY(MOST(3));
	assert_int_equal(sys_writev_at(fd, whole, 2, 0), 0);
	expect_played(1);
	expect_file("xyzcdefABC");
	play_nothing();
	assert_int_equal(sys_write(fd, "", 0), 0);
	expect_played(0);
}

/* Nothing written and no reason given: an error, and not for ever. */
static void writes_nothing(void **state)
{
	struct iovec v[] = {{(char[]){'a'}, 1}, {(char[]){'b'}, 1}};

	(void)state;
	PLAY(ZERO);
	assert_int_equal(sys_write(fd, "a", 1), -1);
	assert_int_equal(errno, EIO);
	PLAY(MOST(1), ZERO);
	errno = 0;
	assert_int_equal(sys_write_at(fd, "ab", 2, 0), -1);
	assert_int_equal(errno, EIO);
	PLAY(ZERO);
	errno = 0;
	assert_int_equal(sys_writev_at(fd, v, 2, 0), -1);
	assert_int_equal(errno, EIO);
	expect_played(1);
}

/* A pipe that does not block and is full: another process reads it, once all of this one's tries have failed. */
static void waits_for_room(void **state)
{
	static char much[1 << 18], got[1 << 18];
	int ends[2], status;
	pid_t reader;

	(void)state;
	memset(much, 'm', sizeof(much));
	assert_int_equal(pipe2(ends, O_CLOEXEC | O_NONBLOCK), 0);
	reader = fork();
	assert_true(reader >= 0);
	if (reader == 0) {
		size_t n = 0;
		ssize_t k;

		(void)__real_close(ends[1]);
		(void)fcntl(ends[0], F_SETFL, 0);
		while ((k = __real_read(ends[0], got + n, sizeof(got) - n)) > 0)
			n += (size_t)k;
		_exit(n == sizeof(got) && memcmp(got, much, n) == 0 ? 0 : 1);
	}
	play_nothing();
	assert_int_equal(sys_write(ends[1], much, sizeof(much)), 0);
	(void)__real_close(ends[0]);
	(void)__real_close(ends[1]);
	assert_int_equal(waitpid(reader, &status, 0), reader);
	assert_int_equal(status, 0);
	/* By the script: full (the wait is interrupted), full, one byte, full and no waiting. */
	PLAY(ERROR(EAGAIN), ERROR(EINTR), ERROR(EAGAIN), MOST(1), MOST(1), ERROR(EAGAIN), ERROR(ENOMEM));
	assert_int_equal(sys_write(fd, "ab", 2), -1);
	assert_int_equal(errno, ENOMEM);
	expect_played(7);
}

/* In a child, whose descriptors these are. */
static void standard_descriptors(void **state)
{
	(void)state;
	for (unsigned closed = 0; closed < 8; closed++) {
		int status;
		pid_t child = fork();

		assert_true(child >= 0);
		if (child == 0) {
			char c;
			int bad = 0, other;

			for (int i = 0; i <= 2; i++)
				if (closed >> i & 1)
					(void)__real_close(i);
			bad |= sys_standard_descriptors() != 0;
			other = __real_openat(AT_FDCWD, path, O_RDWR, 0);
			bad |= other <= 2;
			/* Those that were closed are of no use still. */
			if (closed & 1)
				bad |= __real_read(0, &c, 1) != -1 || errno != EBADF;
			for (int i = 1; i <= 2; i++)
				if (closed >> i & 1)
					bad |= __real_write(i, "x", 1) != -1 || errno != EBADF;
			_exit(bad);
		}
		assert_int_equal(waitpid(child, &status, 0), child);
		assert_int_equal(status, 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(interrupted, setup, teardown),
	    cmocka_unit_test_setup_teardown(fails, setup, teardown),
	    cmocka_unit_test_setup_teardown(reads, setup, teardown),
	    cmocka_unit_test_setup_teardown(writes, setup, teardown),
	    cmocka_unit_test_setup_teardown(writes_nothing, setup, teardown),
	    cmocka_unit_test_setup_teardown(waits_for_room, setup, teardown),
	    cmocka_unit_test_setup_teardown(standard_descriptors, setup, teardown),
	};

	return cmocka_run_group_tests_name("sys", tests, NULL, NULL);
}
