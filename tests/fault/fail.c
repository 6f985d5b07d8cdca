/*
 * fail.c: a library to preload (LD_PRELOAD) in which the C library's calls to the system fail on demand, for
 * tests/fault/2x. It stands between the program and the C library, so the calls of SQLite, libcurl and libpq are in it
 * too; what the C library does within itself (a FILE's reads) is not.
 *
 *     OMNI_FAIL=CALL:N:HOW     the N-th call (in any thread) fails; N+: all from there on; several have commas between them
 *     OMNI_FAIL_COUNT=FILE     how often each call was made, "CALL COUNT" a line, is written there at exit
 *
 * HOW is the name of an error; "short", which transfers one byte and means it; "late:" and an error, which does what
 * was asked for and says that it failed. A close that fails has closed. A run that takes more than 20 seconds is ended
 * by SIGALRM. Writes to the standard descriptors are CALL
 * "say", so that what the program tells about a failure is not what fails.
 */
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#define CALLS                                                                                                          \
	X(open)                                                                                                        \
	X(fopen)                                                                                                       \
	X(mkostemp)                                                                                                    \
	X(close)                                                                                                       \
	X(read)                                                                                                        \
	X(pread)                                                                                                       \
	X(preadv)                                                                                                      \
	X(write)                                                                                                       \
	X(pwrite)                                                                                                      \
	X(pwritev)                                                                                                     \
	X(say)                                                                                                         \
	X(fsync)                                                                                                       \
	X(fdatasync)                                                                                                   \
	X(rename)                                                                                                      \
	X(renameat2)                                                                                                   \
	X(ftruncate)                                                                                                   \
	X(unlink)                                                                                                      \
	X(mkdir)                                                                                                       \
	X(flock)                                                                                                       \
	X(fcntl)                                                                                                       \
	X(fchmod)                                                                                                      \
	X(fstat)                                                                                                       \
	X(stat)                                                                                                        \
	X(access)                                                                                                      \
	X(lseek)                                                                                                       \
	X(readdir)                                                                                                     \
	X(getrandom)                                                                                                   \
	X(pipe2)                                                                                                       \
	X(thread)                                                                                                      \
	X(mmap)                                                                                                        \
	X(socket)                                                                                                      \
	X(connect)                                                                                                     \
	X(send)                                                                                                        \
	X(recv)                                                                                                        \
	X(poll)                                                                                                        \
	X(epoll_wait)

enum call {
#define X(name) CALL_##name,
	CALLS
#undef X
	    CALLS_N
};

static const char *const names[] = {
#define X(name) #name,
    CALLS
#undef X
};

static const struct {
	const char *name;
	int number;
} errors[] = {{"EIO", EIO},
	      {"ENOSPC", ENOSPC},
	      {"EDQUOT", EDQUOT},
	      {"EFBIG", EFBIG},
	      {"EINTR", EINTR},
	      {"EAGAIN", EAGAIN},
	      {"EACCES", EACCES},
	      {"EPERM", EPERM},
	      {"EROFS", EROFS},
	      {"EMFILE", EMFILE},
	      {"ENFILE", ENFILE},
	      {"ENOMEM", ENOMEM},
	      {"ENOENT", ENOENT},
	      {"ENOLCK", ENOLCK},
	      {"EXDEV", EXDEV},
	      {"ENOSYS", ENOSYS},
	      {"EINVAL", EINVAL},
	      {"ECONNREFUSED", ECONNREFUSED},
	      {"ECONNRESET", ECONNRESET},
	      {"ETIMEDOUT", ETIMEDOUT},
	      {"EPIPE", EPIPE},
	      {"EMLINK", EMLINK},
	      {"ENETUNREACH", ENETUNREACH}};

enum how { HOW_NOT, HOW_ERROR, HOW_SHORT, HOW_LATE };

struct failure {
	int call;
	long from, to;
	enum how how;
	int error;
};

static atomic_long counts[CALLS_N];
static struct failure failures[64];
static size_t n_failures;
static _Thread_local int error; /* of the call whose turn it is */

static void bad(const char *what)
{
	dprintf(2, "fail.c: cannot make sense of OMNI_FAIL='%s'\n", what);
	_exit(99);
}

static bool is(const char *name, const char *p, size_t n)
{
	return strlen(name) == n && strncmp(name, p, n) == 0;
}

static struct failure failure_of(const char *spec)
{
	struct failure f = {.call = -1, .how = HOW_ERROR};
	const char *colon = strchr(spec, ':');
	char *p;

	if (colon == NULL)
		bad(spec);
	for (int i = 0; i < CALLS_N; i++)
		if (is(names[i], spec, (size_t)(colon - spec)))
			f.call = i;
	f.from = f.to = strtol(colon + 1, &p, 10);
	if (*p == '+') {
		f.to = 0x7fffffff;
		p++;
	}
	if (f.call < 0 || *p++ != ':')
		bad(spec);
	if (strncmp(p, "late:", 5) == 0) {
		f.how = HOW_LATE;
		p += 5;
	}
	if (is("short", p, strcspn(p, ",")))
		f.how = HOW_SHORT;
	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++)
		if (is(errors[i].name, p, strcspn(p, ",")))
			f.error = errors[i].number;
	if (f.error == 0 && f.how != HOW_SHORT)
		bad(spec);
	return f;
}

__attribute__((constructor)) static void begin(void)
{
	const char *spec = getenv("OMNI_FAIL");

	(void)alarm(100); /* it is to end, on a busy machine too */
	while (spec != NULL && *spec != '\0') {
		if (n_failures == sizeof(failures) / sizeof(failures[0]))
			bad(spec);
		failures[n_failures++] = failure_of(spec);
		spec += strcspn(spec, ",");
		spec += *spec == ',';
	}
}

__attribute__((destructor)) static void finish(void)
{
	const char *path = getenv("OMNI_FAIL_COUNT");
	FILE *f;

	if (path == NULL || *path == '\0')
		return;
	n_failures = 0;
	f = fopen(path, "w");
	if (f == NULL)
		return;
	for (int i = 0; i < CALLS_N; i++)
		if (counts[i] > 0)
			fprintf(f, "%s %ld\n", names[i], (long)counts[i]);
	fclose(f);
}

static const struct failure *failure_at(enum call call, long n)
{
	for (const struct failure *f = failures; f < failures + n_failures; f++)
		if (f->call == (int)call && n >= f->from && n <= f->to)
			return f;
	return NULL;
}

/* This call's turn? */
static enum how turn(enum call call)
{
	const struct failure *f = failure_at(call, atomic_fetch_add(&counts[call], 1) + 1);

	error = f != NULL ? f->error : 0;
	return f != NULL ? f->how : HOW_NOT;
}

#define REAL(name)                                                                                                     \
	static __typeof__(name) *real;                                                                                 \
	if (real == NULL)                                                                                              \
	real = (__typeof__(name) *)dlsym(RTLD_NEXT, #name)

/* A call that returns -1. (late: after it was made) */
#define PLAIN(call, expression)                                                                                        \
	enum how h = turn(CALL_##call);                                                                                \
	if (h == HOW_LATE)                                                                                             \
		(void)(expression);                                                                                    \
	if (h == HOW_ERROR || h == HOW_LATE) {                                                                         \
		errno = error;                                                                                         \
		return -1;                                                                                             \
	}                                                                                                              \
	return expression

/* --- names that are opened --- */

static mode_t mode_of(int flags, va_list ap)
{
	return (flags & O_CREAT) != 0 || (flags & O_TMPFILE) == O_TMPFILE ? va_arg(ap, mode_t) : 0;
}

#define OPEN(name)                                                                                                     \
	int name(const char *path, int flags, ...)                                                                     \
	{                                                                                                              \
		REAL(name);                                                                                            \
		va_list ap;                                                                                            \
		va_start(ap, flags);                                                                                   \
		mode_t mode = mode_of(flags, ap);                                                                      \
		va_end(ap);                                                                                            \
		PLAIN(open, real(path, flags, mode));                                                                  \
	}
OPEN(open)
OPEN(open64)

#define OPENAT(name)                                                                                                   \
	int name(int at, const char *path, int flags, ...)                                                             \
	{                                                                                                              \
		REAL(name);                                                                                            \
		va_list ap;                                                                                            \
		va_start(ap, flags);                                                                                   \
		mode_t mode = mode_of(flags, ap);                                                                      \
		va_end(ap);                                                                                            \
		PLAIN(open, real(at, path, flags, mode));                                                              \
	}
OPENAT(openat)
OPENAT(openat64)

int __open_2(const char *path, int flags);
int __open_2(const char *path, int flags)
{
	return open(path, flags);
}
int __open64_2(const char *path, int flags);
int __open64_2(const char *path, int flags)
{
	return open(path, flags);
}
int __openat_2(int at, const char *path, int flags);
int __openat_2(int at, const char *path, int flags)
{
	return openat(at, path, flags);
}
int __openat64_2(int at, const char *path, int flags);
int __openat64_2(int at, const char *path, int flags)
{
	return openat(at, path, flags);
}

#define FOPEN(name)                                                                                                    \
	FILE *name(const char *path, const char *mode)                                                                 \
	{                                                                                                              \
		REAL(name);                                                                                            \
		if (turn(CALL_fopen) != HOW_NOT) {                                                                     \
			errno = error;                                                                                 \
			return NULL;                                                                                   \
		}                                                                                                      \
		return real(path, mode);                                                                               \
	}
FOPEN(fopen)
FOPEN(fopen64)

int mkostemp(char *path, int flags)
{
	REAL(mkostemp);
	PLAIN(mkostemp, real(path, flags));
}
int mkostemp64(char *path, int flags)
{
	return mkostemp(path, flags);
}

int close(int fd)
{
	REAL(close);
	enum how h = turn(CALL_close);
	int rc = real(fd);

	if (h == HOW_NOT)
		return rc;
	errno = error;
	return -1;
}

/* --- transfers --- */

#define TRANSFER(call, length, expression)                                                                             \
	enum how h = turn(call);                                                                                       \
	if (h == HOW_SHORT && (length) > 1)                                                                            \
		(length) = 1;                                                                                          \
	if (h == HOW_LATE)                                                                                             \
		(void)(expression);                                                                                    \
	if (h == HOW_ERROR || h == HOW_LATE) {                                                                         \
		errno = error;                                                                                         \
		return -1;                                                                                             \
	}                                                                                                              \
	return expression

ssize_t read(int fd, void *p, size_t n)
{
	REAL(read);
	TRANSFER(CALL_read, n, real(fd, p, n));
}
ssize_t __read_chk(int fd, void *p, size_t n, size_t room);
ssize_t __read_chk(int fd, void *p, size_t n, size_t room)
{
	return n <= room ? read(fd, p, n) : -1;
}
ssize_t pread(int fd, void *p, size_t n, off_t off)
{
	REAL(pread);
	TRANSFER(CALL_pread, n, real(fd, p, n, off));
}
ssize_t pread64(int fd, void *p, size_t n, off64_t off)
{
	return pread(fd, p, n, off);
}
ssize_t __pread_chk(int fd, void *p, size_t n, off_t off, size_t room);
ssize_t __pread_chk(int fd, void *p, size_t n, off_t off, size_t room)
{
	return n <= room ? pread(fd, p, n, off) : -1;
}
ssize_t write(int fd, const void *p, size_t n)
{
	REAL(write);
	TRANSFER(fd == 1 || fd == 2 ? CALL_say : CALL_write, n, real(fd, p, n));
}
ssize_t pwrite(int fd, const void *p, size_t n, off_t off)
{
	REAL(pwrite);
	TRANSFER(CALL_pwrite, n, real(fd, p, n, off));
}
ssize_t pwrite64(int fd, const void *p, size_t n, off64_t off)
{
	return pwrite(fd, p, n, off);
}
/* A connection that is said to be gone goes: libpq reads on until it is. */
static void hang_up(enum call call, int fd)
{
	const struct failure *f = failure_at(call, counts[call] + 1);

	if (f != NULL && f->how == HOW_ERROR && (f->error == EPIPE || f->error == ECONNRESET))
		(void)shutdown(fd, SHUT_RDWR);
}

ssize_t send(int fd, const void *p, size_t n, int flags)
{
	REAL(send);
	hang_up(CALL_send, fd);
	TRANSFER(CALL_send, n, real(fd, p, n, flags));
}
ssize_t recv(int fd, void *p, size_t n, int flags)
{
	REAL(recv);
	hang_up(CALL_recv, fd);
	TRANSFER(CALL_recv, n, real(fd, p, n, flags));
}

/* The vector's first byte alone. */
#define VECTOR(call, expression)                                                                                       \
	struct iovec one = {v[0].iov_base, v[0].iov_len > 0};                                                          \
	enum how h = turn(call);                                                                                       \
	if (h == HOW_SHORT) {                                                                                          \
		v = &one;                                                                                              \
		n = 1;                                                                                                 \
	}                                                                                                              \
	if (h == HOW_ERROR || h == HOW_LATE) {                                                                         \
		errno = error;                                                                                         \
		return -1;                                                                                             \
	}                                                                                                              \
	return expression

ssize_t preadv(int fd, const struct iovec *v, int n, off_t off)
{
	REAL(preadv);
	VECTOR(CALL_preadv, real(fd, v, n, off));
}
ssize_t pwritev(int fd, const struct iovec *v, int n, off_t off)
{
	REAL(pwritev);
	VECTOR(CALL_pwritev, real(fd, v, n, off));
}

/* --- files --- */

#define ONE_FD(name, call)                                                                                             \
	int name(int fd)                                                                                               \
	{                                                                                                              \
		REAL(name);                                                                                            \
		PLAIN(call, real(fd));                                                                                 \
	}
ONE_FD(fsync, fsync)
ONE_FD(fdatasync, fdatasync)

int rename(const char *a, const char *b)
{
	REAL(rename);
	PLAIN(rename, real(a, b));
}
int renameat(int at, const char *a, int bt, const char *b)
{
	REAL(renameat);
	PLAIN(rename, real(at, a, bt, b));
}
int renameat2(int at, const char *a, int bt, const char *b, unsigned flags)
{
	REAL(renameat2);
	PLAIN(renameat2, real(at, a, bt, b, flags));
}
int ftruncate(int fd, off_t n)
{
	REAL(ftruncate);
	PLAIN(ftruncate, real(fd, n));
}
int ftruncate64(int fd, off64_t n)
{
	return ftruncate(fd, n);
}
int unlink(const char *path)
{
	REAL(unlink);
	PLAIN(unlink, real(path));
}
int unlinkat(int at, const char *path, int flags)
{
	REAL(unlinkat);
	PLAIN(unlink, real(at, path, flags));
}
int mkdir(const char *path, mode_t mode)
{
	REAL(mkdir);
	PLAIN(mkdir, real(path, mode));
}
int mkdirat(int at, const char *path, mode_t mode)
{
	REAL(mkdirat);
	PLAIN(mkdir, real(at, path, mode));
}
int flock(int fd, int op)
{
	REAL(flock);
	PLAIN(flock, real(fd, op));
}
#define FCNTL(name)                                                                                                    \
	int name(int fd, int command, ...)                                                                             \
	{                                                                                                              \
		REAL(name);                                                                                            \
		va_list ap;                                                                                            \
		va_start(ap, command);                                                                                 \
		void *arg = va_arg(ap, void *);                                                                        \
		va_end(ap);                                                                                            \
		PLAIN(fcntl, real(fd, command, arg));                                                                  \
	}
FCNTL(fcntl)
FCNTL(fcntl64)
int fchmod(int fd, mode_t mode)
{
	REAL(fchmod);
	PLAIN(fchmod, real(fd, mode));
}
int fstat(int fd, struct stat *st)
{
	REAL(fstat);
	PLAIN(fstat, real(fd, st));
}
int fstat64(int fd, struct stat64 *st)
{
	REAL(fstat64);
	PLAIN(fstat, real(fd, st));
}
int stat(const char *path, struct stat *st)
{
	REAL(stat);
	PLAIN(stat, real(path, st));
}
int stat64(const char *path, struct stat64 *st)
{
	REAL(stat64);
	PLAIN(stat, real(path, st));
}
int lstat(const char *path, struct stat *st)
{
	REAL(lstat);
	PLAIN(stat, real(path, st));
}
int lstat64(const char *path, struct stat64 *st)
{
	REAL(lstat64);
	PLAIN(stat, real(path, st));
}
int fstatat(int at, const char *path, struct stat *st, int flags)
{
	REAL(fstatat);
	PLAIN(stat, real(at, path, st, flags));
}
int access(const char *path, int mode)
{
	REAL(access);
	PLAIN(access, real(path, mode));
}
off_t lseek(int fd, off_t off, int whence)
{
	REAL(lseek);
	PLAIN(lseek, real(fd, off, whence));
}
off64_t lseek64(int fd, off64_t off, int whence)
{
	return lseek(fd, off, whence);
}
struct dirent *readdir(DIR *dir)
{
	REAL(readdir);
	if (turn(CALL_readdir) == HOW_NOT)
		return real(dir);
	errno = error;
	return NULL;
}

/* --- the rest --- */

ssize_t getrandom(void *p, size_t n, unsigned flags)
{
	REAL(getrandom);
	TRANSFER(CALL_getrandom, n, real(p, n, flags));
}
int pipe2(int fds[2], int flags)
{
	REAL(pipe2);
	PLAIN(pipe2, real(fds, flags));
}
int pthread_create(pthread_t *thread, const pthread_attr_t *attr, void *(*begin_)(void *), void *arg)
{
	REAL(pthread_create);
	return turn(CALL_thread) == HOW_NOT ? real(thread, attr, begin_, arg) : error;
}
void *mmap(void *at, size_t n, int prot, int flags, int fd, off_t off)
{
	REAL(mmap);
	if (turn(CALL_mmap) == HOW_NOT)
		return real(at, n, prot, flags, fd, off);
	errno = error;
	return MAP_FAILED;
}
void *mmap64(void *at, size_t n, int prot, int flags, int fd, off64_t off)
{
	return mmap(at, n, prot, flags, fd, off);
}
int socket(int domain, int type, int protocol)
{
	REAL(socket);
	PLAIN(socket, real(domain, type, protocol));
}
int connect(int fd, const struct sockaddr *to_, socklen_t n)
{
	REAL(connect);
	PLAIN(connect, real(fd, to_, n));
}
int poll(struct pollfd *fds, nfds_t n, int ms)
{
	REAL(poll);
	PLAIN(poll, real(fds, n, ms));
}
int __poll_chk(struct pollfd *fds, nfds_t n, int ms, size_t room);
int __poll_chk(struct pollfd *fds, nfds_t n, int ms, size_t room)
{
	(void)room;
	return poll(fds, n, ms);
}
int epoll_wait(int fd, struct epoll_event *events, int n, int ms)
{
	REAL(epoll_wait);
	PLAIN(epoll_wait, real(fd, events, n, ms));
}
