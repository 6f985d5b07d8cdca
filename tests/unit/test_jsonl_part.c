#include "jsonl_part.h"

#include "unit.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

static struct err err;
static char path[256];

/* An empty file that has no name any more. */
static int new_file(void)
{
	const char *tmp = getenv("TMPDIR");
	int fd;

	(void)snprintf(path, sizeof(path), "%s/test_jsonl_part.XXXXXX", tmp && *tmp ? tmp : "/tmp");
	fd = mkstemp(path);
	assert_true(fd >= 0);
	assert_int_equal(unlink(path), 0);
	return fd;
}

static int to_buf(void *ctx, const void *p, size_t n, struct err *e)
{
	(void)e;
	return buf_add(ctx, p, n);
}

static void read_back(int fd, enum jsonl_codec codec, struct buf *out)
{
	struct jsonl_dec *d = jsonl_dec_new(codec);
	char block[4096];
	ssize_t n;
	off_t at = 0;

	assert_non_null(d);
	buf_clear(out);
	for (; (n = pread(fd, block, sizeof(block), at)) > 0; at += n)
		assert_int_equal(jsonl_dec_add(d, block, (size_t)n, to_buf, out, &err), 0);
	assert_int_equal(jsonl_dec_end(d, &err), 0);
	jsonl_dec_free(d);
}

/* One job: lines of these many bytes in all, to the part and, when it is to stay, to what is expected. */
static void put(struct jsonl_part *p, struct buf *expected, char tag, size_t bytes, bool stays)
{
	const uint64_t before = jsonl_part_size(p);

	assert_false(jsonl_part_has(p));
	for (size_t i = 0; i < bytes; i += 100) {
		char line[100];
		memset(line, tag, sizeof(line));
		(void)snprintf(line, sizeof(line), "%c%zu", tag, i);
		line[99] = '\n';
		assert_int_equal(buf_add(jsonl_part_lines(p), line, sizeof(line)), 0);
		assert_int_equal(jsonl_part_added(p, &err), 0);
		assert_true(jsonl_part_has(p));
		if (stays)
			assert_int_equal(buf_add(expected, line, sizeof(line)), 0);
	}
	assert_int_equal(jsonl_part_size(p), before);
	assert_int_equal(stays ? jsonl_part_keep(p, &err) : jsonl_part_undo(p, &err), 0);
	assert_int_equal(jsonl_part_size(p), expected->len);
}

/* Jobs of all sizes that stay or go, in an order in which each follows each. */
static void keep_and_undo(void **state)
{
	static const size_t sizes[] = {100, 900000, 200000, 0, 262144, 3000000};
	struct buf expected, found;

	(void)state;
	buf_init(&expected, SIZE_MAX / 2);
	buf_init(&found, SIZE_MAX / 2);
	for (unsigned c = 0; c < JSONL_CODECS; c++) {
		const int fd = new_file(), look = dup(fd);
		struct jsonl_part *p = jsonl_part_new(fd, (enum jsonl_codec)c, "the part");
		uint32_t seed = 7;
		assert_non_null(p);
		assert_true(look >= 0);
		buf_clear(&expected);
		for (unsigned i = 0; i < (unit_light() ? 15 : 60); i++) {
			seed = seed * 1664525 + 1013904223;
			put(p, &expected, (char)('a' + i % 26), sizes[(seed >> 16) % 6], (seed >> 24) % 3 != 0);
		}
		assert_int_equal(jsonl_part_finish(p, &err), 0);
		read_back(look, (enum jsonl_codec)c, &found);
		assert_true(expected.len > 1000000);
		assert_int_equal(found.len, expected.len);
		assert_memory_equal(found.data, expected.data, expected.len);
		jsonl_part_free(p);
		assert_int_equal(fcntl(fd, F_GETFD), -1);
		(void)close(look);
	}
	buf_free(&expected);
	buf_free(&found);
}

/* Only jobs that were taken back: nothing of them is in the file. */
static void nothing_stays(void **state)
{
	struct buf expected;

	(void)state;
	buf_init(&expected, 64);
	for (unsigned c = 0; c < JSONL_CODECS; c++) {
		const int fd = new_file();
		struct jsonl_part *p = jsonl_part_new(fd, (enum jsonl_codec)c, "the part");
		struct stat st;
		assert_non_null(p);
		put(p, &expected, 'a', 5000000, false);
		put(p, &expected, 'b', 100, false);
		assert_int_equal(jsonl_part_finish(p, &err), 0);
		assert_int_equal(fstat(fd, &st), 0);
		assert_int_equal(st.st_size, 0);
		jsonl_part_free(p);
	}
	jsonl_part_free(NULL);
}

/* A disk that is full is the end of the sink, not of the job. */
static void no_room(void **state)
{
	const struct rlimit small = {100000, RLIM_INFINITY};
	struct rlimit before;
	struct jsonl_part *p = jsonl_part_new(new_file(), JSONL_NONE, "jobs/x.jsonl");
	int rc = 0;

	(void)state;
	assert_non_null(p);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	(void)signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	for (int i = 0; i < 4 && rc == 0; i++) {
		char *to = buf_room(jsonl_part_lines(p), 100000);
		assert_non_null(to);
		memset(to, 'x', 100000);
		buf_cut(jsonl_part_lines(p), jsonl_part_lines(p)->len + 100000);
		rc = jsonl_part_added(p, &err);
	}
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
	assert_int_equal(rc, -1);
	assert_int_equal(err.kind, ERR_FATAL);
	assert_string_equal(err.msg, "cannot write 'jobs/x.jsonl': File too large");
	jsonl_part_free(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(keep_and_undo),
	    cmocka_unit_test(nothing_stays),
	    cmocka_unit_test(no_room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
