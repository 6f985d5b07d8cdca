#include "ratefile.h"

#include "sys.h"
#include "timeutil.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#define TABLE_AT   ((off_t)sizeof(struct ratefile_head))
#define RING_AT    (TABLE_AT + (off_t)(RATEFILE_SLOTS * sizeof(struct ratefile_entry)))
#define RING_SIZE  (RATEFILE_RING * sizeof(int64_t))
#define FILE_SIZE  (RING_AT + (off_t)RING_SIZE)

#define FIRST_READ 64 /* entries of the table that are read together with the head: mostly all */

/* Nobody counts up so far. A counter beyond is damage, and would reach what is refused while we count on: the window
 * would be made anew in the middle. */
#define COUNT_MAX (UINT64_MAX / 4)

/* How long, and how often, the lock must have been missed before its holder is taken for stopped. The number keeps two
 * unlucky attempts that lie far apart from being a long time. */
#define STUCK_NS    2000000000
#define STUCK_TRIES 100

_Static_assert(sizeof(struct ratefile_head) == 128 && sizeof(struct ratefile_entry) == 32, "the file's layout");

static void warn_own(struct ratefile *f, const char *why)
{
	err_set(&f->warning, ERR_JOB, "the request window is this process's own: '%s' %s", f->path, why);
}

static void warn_own_sys(struct ratefile *f, const char *what, const char *path, int errnum)
{
	err_sys(&f->warning, ERR_JOB, errnum, "the request window is this process's own: cannot %s '%s'", what, path);
}

/* Reads head and table. 1: they are a window; 0: they are not; -1 with errno. */
static int load(struct ratefile *f)
{
	const size_t first = sizeof(f->head) + FIRST_READ * sizeof(f->table[0]);
	struct iovec part[2] = {{&f->head, sizeof(f->head)}, {f->table, FIRST_READ * sizeof(f->table[0])}};
	const struct ratefile_head *h = &f->head;
	size_t rest;
	ssize_t n;

	n = sys_readv_at(f->fd, part, 2, 0);
	if (n < 0)
		return -1;
	if ((size_t)n < first || memcmp(h->magic, RATEFILE_MAGIC, sizeof(h->magic)) != 0 ||
	    h->version != RATEFILE_VERSION || h->high > RATEFILE_SLOTS || h->epoch > h->released || !h->generation ||
	    h->released > COUNT_MAX || h->serial > COUNT_MAX)
		return 0;
	f->high = h->high;
	if (h->high <= FIRST_READ)
		return 1;
	rest = (h->high - FIRST_READ) * sizeof(f->table[0]);
	n = sys_read_at(f->fd, f->table + FIRST_READ, rest, TABLE_AT + (off_t)(FIRST_READ * sizeof(f->table[0])));
	return n < 0 ? -1 : (size_t)n == rest;
}

/*
 * One write, so that a process which is killed leaves all of it or, beyond the first page, the head and some of the
 * table. The head has then counted a release whose entry is still there: the entry's owner is gone, so it is counted
 * twice, never forgotten.
 */
static void save(struct ratefile *f)
{
	uint32_t high = f->head.high > f->high ? f->head.high : f->high;
	struct iovec part[2] = {{&f->head, sizeof(f->head)}, {f->table, high * sizeof(f->table[0])}};

	if (sys_writev_at(f->fd, part, 2, 0) == 0)
		return;
	warn_own_sys(f, "write", f->path, errno);
	ratefile_detach(f, NULL);
}

void ratefile_detach(struct ratefile *f, const char *why)
{
	char *p = (char *)f->ring;
	ssize_t n;
	size_t have;

	if (f->fd < 0)
		return;
	n = sys_read_at(f->fd, p, RING_SIZE, RING_AT);
	have = n > 0 ? (size_t)n : 0;
	memset(p + have, 0, RING_SIZE - have);
	(void)sys_close(f->fd);
	f->fd = -1;
	if (why)
		warn_own(f, why);
}

void ratefile_renew(struct ratefile *f)
{
	struct ratefile_head *h = &f->head;

	memset(h, 0, sizeof(*h));
	memset(f->table, 0, sizeof(f->table));
	memcpy(h->magic, RATEFILE_MAGIC, sizeof(h->magic));
	h->version = RATEFILE_VERSION;
	memcpy(h->boot, f->boot, sizeof(h->boot));
	h->generation = ((uint64_t)time_boot_ns() << 16 ^ (uint64_t)getpid()) | 1;
	f->high = 0;
	if (f->fd < 0)
		return;
	/* to nothing first: what was there must not come back as entries and releases */
	if (sys_truncate(f->fd, 0) != 0 || sys_truncate(f->fd, FILE_SIZE) != 0) {
		warn_own_sys(f, "write", f->path, errno);
		ratefile_detach(f, NULL);
		return;
	}
	save(f);
}

static int make_folders(struct ratefile *f, const char *dir)
{
	char *path = strdup(dir);
	char *p, cut;
	int rc;

	if (!path)
		return -1;
	p = path + strspn(path, "/");
	do {
		p += strcspn(p, "/");
		cut = *p;
		*p = 0;
		/* only the last one matters: a parent may be there and yet not be ours to make */
		rc = mkdir(path, 0700) != 0 && errno != EEXIST ? errno : 0;
		*p = cut;
		p += strspn(p, "/");
	} while (*p);
	if (rc)
		warn_own_sys(f, "make the folder", dir, rc);
	free(path);
	return rc ? 1 : 0;
}

/* A file with a second name may be another file of this user's, which we would make anew. */
static bool is_ours(const struct stat *st)
{
	return S_ISREG(st->st_mode) && st->st_uid == geteuid() && st->st_nlink <= 1;
}

/* Something that is not ours in the place of our file, that may be removed. */
static bool is_foreign(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0 && !S_ISDIR(st.st_mode) && !is_ours(&st);
}

/* Opens the file by its name, or makes it. -1: it cannot be had, f->warning says why. */
static int open_name(struct ratefile *f)
{
	const int flags = O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;
	struct stat st;
	int fd, saved, tries;

	for (tries = 0;; tries++) {
		fd = sys_open(f->path, flags, 0600);
		saved = errno;
		if (fd >= 0 && fstat(fd, &st) == 0 && is_ours(&st)) {
			if (st.st_mode & 077)
				fchmod(fd, 0600);
			return fd;
		}
		if (fd >= 0) {
			(void)sys_close(fd);
			saved = EPERM;
		}
		if (tries > 0 || !is_foreign(f->path) || unlink(f->path) != 0)
			break;
		err_set(&f->warning, ERR_JOB, "'%s' was no file of this user's: made anew", f->path);
	}
	warn_own_sys(f, "open", f->path, saved);
	return -1;
}

int ratefile_open(struct ratefile *f, const char *dir, const char *name, const char *boot)
{
	size_t len = dir ? strlen(dir) + strlen(name) + 2 : 0;
	int rc;

	memset(f, 0, sizeof(*f));
	f->fd = -1;
	memcpy(f->boot, boot, strnlen(boot, PROCID_BOOT_LEN));
	/* had from the beginning, so that nothing can fail later; untouched pages cost nothing */
	f->ring = calloc(RATEFILE_RING, sizeof(f->ring[0]));
	if (!f->ring)
		return -1;
	ratefile_renew(f);
	if (!dir)
		return 0;
	f->path = malloc(len);
	if (!f->path)
		return -1;
	snprintf(f->path, len, "%s/%s", dir, name);
	rc = make_folders(f, dir);
	if (rc == 0)
		f->fd = open_name(f);
	return rc < 0 ? -1 : 0;
}

void ratefile_close(struct ratefile *f)
{
	if (f->fd >= 0)
		(void)sys_close(f->fd);
	f->fd = -1;
	free(f->path);
	f->path = NULL;
	free(f->ring);
	f->ring = NULL;
}

/* Copies the file, whose lock we hold, to another one. */
static bool copy_to(struct ratefile *f, int fd)
{
	off_t off;
	ssize_t n;

	for (off = 0; off < FILE_SIZE; off += n) {
		n = sys_read_at(f->fd, f->ring, RING_SIZE, off);
		if (n <= 0 || sys_write_at(fd, f->ring, (size_t)n, off) != 0)
			return false;
	}
	return true;
}

/*
 * The file was removed, as users do with disposable files. It gets its name back with what it holds, or, where another
 * process was quicker, we go on with that one's. False: the new one is locked, try later.
 */
static bool follow_name(struct ratefile *f)
{
	struct stat st;
	int fd = open_name(f);

	if (fd < 0) {
		if (load(f) != 1)
			ratefile_renew(f);
		ratefile_detach(f, NULL);
		return true;
	}
	if (sys_flock(fd, LOCK_EX | LOCK_NB) != 0) {
		(void)sys_close(fd);
		sys_flock(f->fd, LOCK_UN);
		return false;
	}
	if (fstat(fd, &st) == 0 && st.st_size == 0 && !copy_to(f, fd) && sys_truncate(fd, 0) != 0)
		err_sys(&f->warning, ERR_JOB, errno, "cannot write '%s'", f->path);
	(void)sys_close(f->fd);
	f->fd = fd;
	return true;
}

/* The lock was not to be had. */
static bool missed(struct ratefile *f, int64_t now_ns, int errnum)
{
	bool known;

	if (errnum == EWOULDBLOCK) {
		if (f->busy++ == 0)
			f->busy_since = now_ns;
		if (f->busy < STUCK_TRIES || now_ns - f->busy_since <= STUCK_NS)
			return false;
		errnum = 0;
	}
	/* a look without the lock may see a change half made; better than to know nothing */
	known = load(f) == 1 && memcmp(f->head.boot, f->boot, sizeof(f->boot)) == 0;
	ratefile_detach(f, NULL);
	if (!known)
		ratefile_renew(f);
	if (errnum)
		warn_own_sys(f, "lock", f->path, errnum);
	else
		warn_own(f, "has been locked for over two seconds");
	return true;
}

bool ratefile_enter(struct ratefile *f, int64_t now_ns)
{
	struct stat st;
	int rc;

	f->changed = false;
	if (f->fd < 0)
		return true;
	if (sys_flock(f->fd, LOCK_EX | LOCK_NB) != 0)
		return missed(f, now_ns, errno);
	f->busy = 0;
	if (fstat(f->fd, &st) == 0 && st.st_nlink == 0) {
		if (!follow_name(f))
			return false;
		if (f->fd < 0)
			return true;
	}
	if (fstat(f->fd, &st) != 0)
		st.st_size = -1;
	rc = st.st_size == FILE_SIZE ? load(f) : 0;
	if (rc == 1)
		return true;
	if (rc < 0) {
		warn_own_sys(f, "read", f->path, errno);
		ratefile_detach(f, NULL);
	} else if (st.st_size != 0) {
		err_set(&f->warning, ERR_JOB, "'%s' was no request window of this version: made anew", f->path);
	}
	ratefile_renew(f);
	return true;
}

void ratefile_leave(struct ratefile *f)
{
	if (f->fd >= 0 && f->changed)
		save(f);
	if (f->fd >= 0)
		sys_flock(f->fd, LOCK_UN);
}

int64_t ratefile_ring(struct ratefile *f, uint64_t number)
{
	size_t i = (size_t)(number % RATEFILE_RING);
	int64_t ns = 0;

	if (f->fd >= 0) {
		ssize_t n = sys_read_at(f->fd, &ns, sizeof(ns), RING_AT + (off_t)(i * sizeof(ns)));

		if (n == (ssize_t)sizeof(ns))
			return ns;
		warn_own_sys(f, "read", f->path, n < 0 ? errno : EIO); /* it was cut short under our hands */
		ratefile_detach(f, NULL);
	}
	return f->ring[i];
}

void ratefile_ring_set(struct ratefile *f, uint64_t number, int64_t ns)
{
	size_t i = (size_t)(number % RATEFILE_RING);

	if (f->fd >= 0) {
		if (sys_write_at(f->fd, &ns, sizeof(ns), RING_AT + (off_t)(i * sizeof(ns))) == 0)
			return;
		warn_own_sys(f, "write", f->path, errno);
		ratefile_detach(f, NULL);
	}
	f->ring[i] = ns;
}
