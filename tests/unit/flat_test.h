/*
 * flat_test.h: what the tests of the flat sinks share: an empty folder for each test, which is the current one, and
 * small files to write and read as a stranger would.
 */
#ifndef OMNI_TEST_FLAT_TEST_H
#define OMNI_TEST_FLAT_TEST_H

#include "sink.h"

#include "unit.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[256];
static struct err err;

static const struct sink_options options = {
    .file_mode = 0640, .keep_bodies = true, .run_id = "run-1", .version = "1.0", .instance = "https://one.example"};

static inline int set_up(void **state)
{
	const char *tmp = getenv("TMPDIR");

	(void)state;
	(void)snprintf(folder, sizeof(folder), "%s/test_flat.XXXXXX", tmp && *tmp ? tmp : "/tmp");
	return mkdtemp(folder) && chdir(folder) == 0 ? 0 : -1;
}

static inline int remove_one(const char *path, const struct stat *st, int type, struct FTW *at)
{
	(void)st, (void)type, (void)at;
	return remove(path);
}

static inline int tear_down(void **state)
{
	(void)state;
	return chdir("/") == 0 ? nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS) : -1;
}

static inline void put_bytes(const char *path, const char *mode, const char *bytes, size_t n)
{
	FILE *f = fopen(path, mode);

	assert_non_null(f);
	assert_int_equal(fwrite(bytes, 1, n, f), n);
	assert_int_equal(fclose(f), 0);
}

static inline void put_file(const char *path, const char *text)
{
	put_bytes(path, "w", text, strlen(text));
}

/* The whole file, up to 64 KiB; valid until the next call. */
static inline const char *file_text(const char *path)
{
	static char text[65536];
	FILE *f = fopen(path, "r");
	size_t n;

	if (!f)
		return "(none)";
	n = fread(text, 1, sizeof(text) - 1, f);
	text[n] = '\0';
	(void)fclose(f);
	return text;
}

static inline bool exists(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0;
}

static inline mode_t mode_of(const char *path)
{
	struct stat st;

	assert_int_equal(lstat(path, &st), 0);
	return st.st_mode & 07777;
}

static inline struct job job_of(uint8_t number, enum job_state state)
{
	struct job job = {
	    .id = {{number, 1, 2, 3}}, .state = state, .http_status = 200, .attempts = 1, .body_bytes = -1};

	job.instance = text_of("https://one.example");
	return job;
}

/* Each test in its own empty folder. */
#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

#define FAILS(call, words)                                                                                             \
	do {                                                                                                           \
		memset(&err, 0, sizeof(err));                                                                          \
		assert_int_equal(call, -1);                                                                            \
		if (!strstr(err.msg, words))                                                                           \
			fail_msg("'%s' does not say '%s'", err.msg, words);                                            \
	} while (0)

#define WORKS(call)                                                                                                    \
	do {                                                                                                           \
		if ((call) != 0)                                                                                       \
			fail_msg("%s: %s", #call, err.msg);                                                            \
	} while (0)

#endif
