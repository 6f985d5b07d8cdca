/*
 * generate.c: the bodies of a data set, as files that a web server hands out, and the list of their jobs.
 *
 *     generate DIR JOBS RESULTS ROWS COLS SEED
 *
 * makes DIR/<job_id>.json and DIR/jobs.txt. The same arguments give the same bytes on every machine.
 */
#include "gentable.h"
#include "uuid.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define PIECE ((size_t)256 << 10)

static int fail(const char *what, const char *path)
{
	(void)fprintf(stderr, "generate: cannot %s '%s': %s\n", what, path, strerror(errno));
	return -1;
}

static void job_id(uint64_t seed, uint64_t i, char out[UUID_TEXT_LEN + 1])
{
	(void)snprintf(out, UUID_TEXT_LEN + 1, "%08" PRIx64 "-0000-4000-8000-%012" PRIx64, seed & 0xffffffff, i);
}

static int write_body(const char *path, const struct gentable_shape *shape)
{
	static char piece[PIECE];
	struct gentable *g = gentable_new(shape);
	FILE *f = fopen(path, "we");
	long n = 0;
	int rc = 0;

	if (g == NULL || f == NULL)
		rc = fail("create", path);
	while (rc == 0 && (n = gentable_read(g, piece, sizeof(piece))) > 0)
		if (fwrite(piece, 1, (size_t)n, f) != (size_t)n)
			rc = fail("write", path);
	if (n < 0)
		rc = fail("make", path);
	if (f != NULL && fclose(f) != 0 && rc == 0)
		rc = fail("write", path);
	gentable_free(g);
	return rc;
}

static int generate(const char *dir, uint64_t jobs, struct gentable_shape *shape)
{
	const uint64_t seed = shape->seed;
	char path[4096], id[UUID_TEXT_LEN + 1];
	FILE *list;
	int rc = 0;

	if (mkdir(dir, 0755) != 0 && errno != EEXIST)
		return fail("create", dir);
	(void)snprintf(path, sizeof(path), "%s/jobs.txt", dir);
	list = fopen(path, "we");
	if (list == NULL)
		return fail("create", path);
	for (uint64_t i = 0; i < jobs && rc == 0; i++) {
		job_id(seed, i, id);
		shape->seed = (seed << 32) + i;
		(void)snprintf(path, sizeof(path), "%s/%s.json", dir, id);
		rc = write_body(path, shape);
		(void)fprintf(list, "%s\n", id);
	}
	if (fclose(list) != 0 && rc == 0)
		rc = fail("write", dir);
	return rc;
}

int main(int argc, char **argv)
{
	uint64_t n[5];

	if (argc != 7) {
		(void)fputs("usage: generate DIR JOBS RESULTS ROWS COLS SEED\n", stderr);
		return 2;
	}
	for (int i = 0; i < 5; i++)
		n[i] = strtoull(argv[i + 2], NULL, 10);
	struct gentable_shape shape = {.results = n[1], .rows = n[2], .cols = n[3], .seed = n[4]};
	if (shape.results < 1 || shape.results > GENTABLE_MAX_RESULTS || shape.cols < 1 ||
	    shape.cols > GENTABLE_MAX_COLS) {
		(void)fprintf(stderr, "generate: 1 to %d results, 1 to %d columns\n", GENTABLE_MAX_RESULTS,
			      GENTABLE_MAX_COLS);
		return 2;
	}
	return generate(argv[1], n[0], &shape) == 0 ? 0 : 1;
}
