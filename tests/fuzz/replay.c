/*
 * replay.c: runs a fuzz target over files, in TAP: those that are named, else all of its corpus, which is
 * $srcdir/tests/fuzz/corpus/X for the program fuzz_X.
 */
#include "fuzz.h"

#include <dirent.h>
#include <errno.h>
#include <libgen.h>
#include <limits.h>

/* A copy of its own for each input, without a byte to spare, so that a sanitizer or valgrind sees who reads beyond. */
static bool run_file(const char *path)
{
	FILE *f = fopen(path, "rb");
	uint8_t *data = NULL;
	long n = -1;
	bool good;

	if (f != NULL && fseek(f, 0, SEEK_END) == 0 && (n = ftell(f)) >= 0 && fseek(f, 0, SEEK_SET) == 0)
		data = malloc(n > 0 ? (size_t)n : 1);
	good = data != NULL && fread(data, 1, (size_t)n, f) == (size_t)n;
	if (good)
		(void)LLVMFuzzerTestOneInput(data, (size_t)n);
	else
		(void)printf("# cannot read '%s': %s\n", path, strerror(errno));
	free(data);
	if (f != NULL)
		(void)fclose(f);
	return good;
}

static int is_input(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

static int replay(const char *dir)
{
	struct dirent **entry = NULL;
	int n = scandir(dir, &entry, is_input, alphasort), bad = 0;
	char path[2 * PATH_MAX];

	if (n <= 0) {
		(void)printf("1..1\nnot ok 1 - there is a corpus in '%s'\n", dir);
		free(entry);
		return 1;
	}
	(void)printf("1..%d\n", n);
	for (int i = 0; i < n; i++) {
		bool good;

		(void)snprintf(path, sizeof(path), "%s/%s", dir, entry[i]->d_name);
		/* An input that breaks the target ends the program: its name must be out by then. */
		(void)printf("# %s\n", entry[i]->d_name);
		(void)fflush(stdout);
		good = run_file(path);
		(void)printf("%s %d - %s\n", good ? "ok" : "not ok", i + 1, entry[i]->d_name);
		bad += !good;
		free(entry[i]);
	}
	free(entry);
	return bad > 0;
}

int main(int argc, char **argv)
{
	const char *srcdir = getenv("srcdir"), *name = basename(argv[0]);
	char dir[PATH_MAX];
	int bad = 0;

	for (int i = 1; i < argc; i++)
		bad += !run_file(argv[i]);
	if (argc > 1)
		return bad > 0;
	(void)snprintf(dir, sizeof(dir), "%s/tests/fuzz/corpus/%s", srcdir != NULL ? srcdir : ".",
		       strncmp(name, "fuzz_", 5) == 0 ? name + 5 : name);
	return replay(dir);
}
