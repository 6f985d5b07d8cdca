/*
 * What the tests of the request window have in common. Time is simulated: it begins far after the real clock, so that
 * what rate_close counts as of the real one is not later.
 */
#ifndef OMNI_RATE_TEST_H
#define OMNI_RATE_TEST_H

#include "rate.h"
#include "ratefile.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MS  ((int64_t)1000000)
#define S   ((int64_t)1000000000)
#define T0  ((int64_t)4000000 * S)
#define KEY "omni_osk_of_a_test"

static char top[256];  /* removed after each test */
static char dir[320];  /* the state folder: not there at first */
static char path[600]; /* the file, once find_file has found it */

static inline int setup(void **state)
{
	const char *tmp = getenv("TMPDIR");

	(void)state;
	snprintf(top, sizeof(top), "%s/test_rate.XXXXXX", tmp ? tmp : "/tmp");
	assert_non_null(mkdtemp(top));
	snprintf(dir, sizeof(dir), "%s/state/omni-export", top);
	path[0] = 0;
	return 0;
}

static inline int remove_one(const char *name, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st, (void)type, (void)ftw;
	return remove(name);
}

static inline int teardown(void **state)
{
	(void)state;
	return nftw(top, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static inline struct rate *open_boot(const char *where, int64_t n, int64_t window, const char *boot, int64_t now)
{
	const struct rate_limit limit = {n, window};
	struct err err;
	struct rate *r = rate_open_boot(where, KEY, &limit, boot, now, &err);

	assert_non_null(r);
	assert_string_equal(err.msg, "");
	assert_int_equal(err.kind, ERR_NONE);
	assert_int_equal(rate_shared(r), where != NULL);
	return r;
}

static inline struct rate *open_one(int64_t n, int64_t window, int64_t now)
{
	return open_boot(dir, n, window, "boot a", now);
}

static inline int take(struct rate *r, int64_t now, int64_t *until)
{
	int paused = 7;
	int slot = rate_take(r, now, until, &paused);

	assert_int_equal(paused, 0);
	assert_true(slot < 0 ? *until > now : slot >= 0);
	return slot;
}

static inline int taken(struct rate *r, int64_t now)
{
	int64_t until;
	int slot = take(r, now, &until);

	assert_true(slot >= 0);
	return slot;
}

/* Refused, and when to ask again. */
static inline int64_t refused(struct rate *r, int64_t now)
{
	int64_t until;

	assert_int_equal(take(r, now, &until), -1);
	return until;
}

static inline int64_t paused_until(struct rate *r, int64_t now)
{
	int64_t until;
	int paused = 0;

	assert_int_equal(rate_take(r, now, &until, &paused), -1);
	assert_int_equal(paused, 1);
	return until;
}

static inline const char *find_file(void)
{
	DIR *d = opendir(dir);
	struct dirent *e;

	assert_non_null(d);
	while ((e = readdir(d)) != NULL) {
		if (strncmp(e->d_name, "rate-", 5) == 0)
			snprintf(path, sizeof(path), "%s/%s", dir, e->d_name);
	}
	closedir(d);
	assert_string_not_equal(path, "");
	return path;
}

/* What another program may do to the file. */
static inline void read_head(struct ratefile_head *h)
{
	int fd = open(find_file(), O_RDONLY);

	assert_int_equal(read(fd, h, sizeof(*h)), sizeof(*h));
	close(fd);
}

static inline void write_at(const void *p, size_t n, off_t off)
{
	int fd = open(find_file(), O_WRONLY);

	assert_int_equal(pwrite(fd, p, n, off), n);
	close(fd);
}

/* ---- a log of requests ---- */

struct event {
	int64_t start, headers; /* headers 0: under way */
	int owner, slot;
};

static inline int by_time(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

static inline int64_t start_of(const struct event *e)
{
	return e->start;
}

static inline int64_t headers_of(const struct event *e)
{
	return e->headers;
}

/* No window [t, t + window) holds more than n of these times. */
static inline void check_windows(const struct event *e, size_t count, int64_t (*time_of)(const struct event *),
				 size_t n, int64_t window)
{
	int64_t *t = malloc((count + 1) * sizeof(*t));
	size_t i, k = 0;

	assert_non_null(t);
	for (i = 0; i < count; i++) {
		if (time_of(&e[i]))
			t[k++] = time_of(&e[i]);
	}
	qsort(t, k, sizeof(*t), by_time);
	for (i = 0; i + n < k; i++)
		assert_true(t[i + n] - t[i] >= window);
	free(t);
}

#define RATE_TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

#endif
