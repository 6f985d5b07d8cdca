#include "spool.h"

#include <dirent.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define LIMIT 1000 /* bytes in memory */

static char dir[256], saved[256];

/* Each test spools into an empty folder of its own, and leaves it empty. */
static int setup(void **state)
{
	const char *tmp = getenv("TMPDIR");

	(void)state;
	(void)snprintf(saved, sizeof(saved), "%s", tmp != NULL ? tmp : "");
	(void)snprintf(dir, sizeof(dir), "%s/test-spool-XXXXXX", tmp != NULL && *tmp != '\0' ? tmp : "/tmp");
	return mkdtemp(dir) != NULL ? setenv("TMPDIR", dir, 1) : -1;
}

static int teardown(void **state)
{
	(void)state;
	if (*saved != '\0')
		(void)setenv("TMPDIR", saved, 1);
	else
		(void)unsetenv("TMPDIR");
	return rmdir(dir);
}

/* Byte number i of what the tests write: no period that is a power of two. */
static char pattern(uint64_t i)
{
	return (char)(i * 31 % 251);
}

static void add(struct spool *s, size_t n)
{
	struct err err;
	char *p = malloc(n + 1);

	assert_non_null(p);
	for (size_t i = 0; i < n; i++)
		p[i] = pattern(s->len + i);
	assert_int_equal(spool_add(s, p, n, &err), 0);
	free(p);
}

static void check(struct spool *s, uint64_t off, size_t n)
{
	struct err err;
	char *p = malloc(n + 1);
	size_t expect = off >= s->len ? 0 : s->len - off < n ? (size_t)(s->len - off) : n;

	assert_non_null(p);
	memset(p, '#', n + 1);
	assert_int_equal(spool_read(s, off, p, n, &err), expect);
	for (size_t i = 0; i < expect; i++)
		assert_int_equal(p[i], pattern(off + i));
	for (size_t i = expect; i <= n; i++)
		assert_int_equal(p[i], '#');
	free(p);
}

static void small_stays_in_memory(void **state)
{
	struct spool s;
	struct err err;

	(void)state;
	spool_init(&s, LIMIT);
	check(&s, 0, 10);
	assert_int_equal(spool_add(&s, NULL, 0, &err), 0);
	add(&s, LIMIT - 1);
	assert_int_equal(s.fd, -1);
	assert_int_equal(s.len, LIMIT - 1);
	check(&s, 0, LIMIT);
	check(&s, LIMIT - 2, 1);
	spool_free(&s);
}

static void large_goes_to_a_file(void **state)
{
	static const size_t sizes[] = {1, 999, 1, 1, 500, 499, 1, 1000, 5000, 3, 123456, 998, 2};
	struct spool s;

	(void)state;
	spool_init(&s, LIMIT);
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		add(&s, sizes[i]);
		/* At every moment all of it can be read, also across the border of file and memory. */
		check(&s, 0, (size_t)s.len);
		check(&s, s.len / 2, (size_t)s.len);
		check(&s, s.len - 1, 2);
		check(&s, s.len, 1);
		check(&s, s.len + 5, 1);
		assert_true(s.mem.cap <= 1024);
	}
	assert_true(s.fd >= 0);
	spool_free(&s);
}

static size_t count_files(void)
{
	DIR *d = opendir(dir);
	size_t n = 0;

	assert_non_null(d);
	while (readdir(d) != NULL)
		n++;
	closedir(d);
	return n - 2; /* . and .. */
}

static void file_has_no_name(void **state)
{
	struct spool s;
	struct stat st;

	(void)state;
	spool_init(&s, LIMIT);
	add(&s, 2 * LIMIT);
	assert_int_equal(fstat(s.fd, &st), 0);
	assert_int_equal(st.st_nlink, 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(count_files(), 0);
	spool_free(&s);
	assert_int_equal(s.fd, -1);
}

static void clear_gives_the_disk_back(void **state)
{
	struct spool s;
	struct stat st;

	(void)state;
	spool_init(&s, LIMIT);
	for (int round = 0; round < 3; round++) {
		add(&s, 10 * LIMIT);
		add(&s, 10);
		check(&s, 0, 10 * LIMIT + 10);
		spool_clear(&s);
		assert_int_equal(s.len, 0);
		check(&s, 0, 1);
		assert_true(s.fd >= 0);
		assert_int_equal(fstat(s.fd, &st), 0);
		assert_int_equal(st.st_size, 0);
	}
	spool_free(&s);
	add(&s, 3 * LIMIT); /* after a free it is as new */
	check(&s, 0, 3 * LIMIT);
	spool_free(&s);
}

static void bad_folder_is_named(void **state)
{
	struct spool s;
	struct err err = {0};
	char big[LIMIT] = {0};

	(void)state;
	(void)setenv("TMPDIR", "/nonexistent/spool", 1);
	spool_init(&s, LIMIT);
	assert_int_equal(spool_add(&s, big, LIMIT, &err), -1);
	assert_int_equal(err.kind, ERR_FATAL);
	assert_string_equal(err.msg, "cannot make a spool file in '/nonexistent/spool': No such file or directory");
	spool_free(&s);
}

static void no_tmpdir_means_var_tmp(void **state)
{
	struct spool s;

	(void)state;
	(void)setenv("TMPDIR", "", 1);
	spool_init(&s, LIMIT);
	add(&s, LIMIT);
	check(&s, 0, LIMIT);
	spool_free(&s);
}

/* A limit on the size of files stands in for a full disk: write then takes a part, and then nothing. */
static void full_disk_is_an_error(void **state)
{
	struct rlimit before, low;
	struct spool s;
	struct err err = {0};
	char big[4 * LIMIT] = {0}, expect[400];

	(void)state;
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	low = before;
	low.rlim_cur = 10 * LIMIT;
	void (*handler)(int) = signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &low), 0);
	spool_init(&s, LIMIT);
	int first = spool_add(&s, big, sizeof(big), &err), second = spool_add(&s, big, sizeof(big), &err);
	int third = spool_add(&s, big, sizeof(big), &err);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
	(void)signal(SIGXFSZ, handler);

	assert_int_equal(first, 0);
	assert_int_equal(second, 0);
	assert_int_equal(third, -1);
	assert_int_equal(err.kind, ERR_FATAL);
	(void)snprintf(expect, sizeof(expect), "cannot write a spool file in '%s': File too large", dir);
	assert_string_equal(err.msg, expect);
	spool_clear(&s); /* and it can be used again */
	add(&s, 20 * LIMIT);
	check(&s, 0, 20 * LIMIT);
	spool_free(&s);
}

static void short_file_is_an_error(void **state)
{
	struct spool s;
	struct err err = {0};
	char out[LIMIT];

	(void)state;
	spool_init(&s, LIMIT);
	add(&s, 4 * LIMIT);
	assert_int_equal(ftruncate(s.fd, LIMIT), 0);
	assert_int_equal(spool_read(&s, LIMIT / 2, out, LIMIT, &err), -1);
	assert_int_equal(err.kind, ERR_FATAL);
	spool_free(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(small_stays_in_memory, setup, teardown),
	    cmocka_unit_test_setup_teardown(large_goes_to_a_file, setup, teardown),
	    cmocka_unit_test_setup_teardown(file_has_no_name, setup, teardown),
	    cmocka_unit_test_setup_teardown(clear_gives_the_disk_back, setup, teardown),
	    cmocka_unit_test_setup_teardown(bad_folder_is_named, setup, teardown),
	    cmocka_unit_test_setup_teardown(no_tmpdir_means_var_tmp, setup, teardown),
	    cmocka_unit_test_setup_teardown(full_disk_is_an_error, setup, teardown),
	    cmocka_unit_test_setup_teardown(short_file_is_an_error, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
