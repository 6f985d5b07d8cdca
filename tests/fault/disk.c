/*
 * disk.c: disk names|bytes|nothing ROOT DISK OUT: makes OUT, which must not be there, as a disk has ROOT after the
 * power went (forget.c keeps what was synced, in DISK). What was not synced:
 *
 *     nothing  is gone: names, and bytes
 *     names    is gone, but for names: the new name of a file whose bytes never came
 *     bytes    is gone, but for bytes: a file that is whole and has its old name, or none
 */
#include "disk.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *disk;
static bool live_names, live_bytes;

/* The files that are in ROOT now. */
static struct live {
	char key[DISK_KEY];
	char *path;
} * files;
static size_t n_files;

static void fail(const char *what)
{
	(void)fprintf(stderr, "disk: %s: %s\n", what, strerror(errno));
	exit(1);
}

static char *join(const char *a, const char *b)
{
	char *path;

	if (asprintf(&path, "%s/%s", a, b) < 0)
		fail(a);
	return path;
}

static void copy(const char *from, const char *to)
{
	char block[65536];
	const int in = open(from, O_RDONLY | O_CLOEXEC), out = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	ssize_t n;

	if (out < 0 || (in < 0 && errno != ENOENT))
		fail(to);
	while (in >= 0 && (n = read(in, block, sizeof(block))) > 0)
		if (write(out, block, (size_t)n) != n)
			fail(to);
	if (in >= 0)
		(void)close(in);
	(void)close(out);
}

static void find_files(const char *folder)
{
	DIR *dir = opendir(folder);
	const struct dirent *e;
	char key[DISK_KEY];

	if (!dir)
		fail(folder);
	while ((e = readdir(dir)) != NULL) {
		const int is = disk_key(dirfd(dir), e->d_name, key);
		if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
			continue;
		if (is == 'd') {
			char *path = join(folder, e->d_name);
			find_files(path);
			free(path);
		} else if (is == 'f') {
			files = reallocarray(files, n_files + 1, sizeof(*files));
			if (!files)
				fail(folder);
			memcpy(files[n_files].key, key, sizeof(key));
			files[n_files++].path = join(folder, e->d_name);
		}
	}
	(void)closedir(dir);
}

static void make_file(const char *key, const char *to)
{
	char *kept = join(disk, key);

	for (size_t i = 0; i < n_files && live_bytes; i++)
		if (strcmp(files[i].key, key) == 0) {
			copy(files[i].path, to);
			free(kept);
			return;
		}
	copy(kept, to);
	free(kept);
}

static void make_folder(const char *key, const char *from, const char *to);

static void make_one(int is, const char *key, const char *name, const char *from, const char *to)
{
	char *a = from ? join(from, name) : NULL, *b = join(to, name);

	if (is == 'd')
		make_folder(key, a, b);
	else
		make_file(key, b);
	free(a);
	free(b);
}

static void make_live(const char *from, const char *to)
{
	DIR *dir = opendir(from);
	const struct dirent *e;
	char key[DISK_KEY];

	if (!dir)
		fail(from);
	while ((e = readdir(dir)) != NULL) {
		const int is = disk_key(dirfd(dir), e->d_name, key);
		if (is && strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
			make_one(is, key, e->d_name, from, to);
	}
	(void)closedir(dir);
}

static void make_kept(const char *key, const char *to)
{
	char *path = join(disk, key), child[DISK_KEY], name[NAME_MAX + 1], is;
	FILE *f = fopen(path, "r");

	/* Never synced: nothing is in it. */
	while (f && fscanf(f, " %c %79s %255[^\n]", &is, child, name) == 3)
		make_one(is, child, name, NULL, to);
	if (f)
		(void)fclose(f);
	free(path);
}

static void make_folder(const char *key, const char *from, const char *to)
{
	if (mkdir(to, 0700) < 0)
		fail(to);
	if (live_names)
		make_live(from, to);
	else
		make_kept(key, to);
}

int main(int argc, char **argv)
{
	char key[DISK_KEY];

	if (argc != 5)
		return 2;
	live_names = strcmp(argv[1], "names") == 0;
	live_bytes = strcmp(argv[1], "bytes") == 0;
	disk = argv[3];
	if (live_bytes)
		find_files(argv[2]);
	if (disk_key(AT_FDCWD, argv[2], key) != 'd')
		fail(argv[2]);
	make_folder(key, argv[2], argv[4]);
	for (size_t i = 0; i < n_files; i++)
		free(files[i].path);
	free(files);
	return 0;
}
