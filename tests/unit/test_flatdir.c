#include "flatdir.h"

#include "flat_test.h"

static struct flatdir *open_dir(const char *path)
{
	struct flatdir *d = flatdir_open(path, &options, &err);

	if (!d)
		fail_msg("%s", err.msg);
	return d;
}

static void write_file(struct flatdir *d, const char *path, const char *text)
{
	struct flatfile f;

	WORKS(flatfile_begin(&f, d, path, &err));
	WORKS(flatfile_add(&f, text, strlen(text), &err));
	assert_int_equal(f.size, strlen(text));
	WORKS(flatfile_end(&f, &err));
}

static void opening(void **state)
{
	struct sink_options reading = options;
	struct flatdir *d = open_dir("a//");
	struct flatdir *second;

	(void)state;
	assert_string_equal(flatdir_path(d), "a");
	assert_int_equal(mode_of("a"), 0750);
	second = flatdir_open("a", &options, &err);
	assert_null(second);
	assert_int_equal(err.kind, ERR_BUSY);
	reading.read_only = true;
	second = flatdir_open("a", &reading, &err);
	assert_non_null(second);
	flatdir_close(second);
	flatdir_close(d);
	assert_int_equal(symlink("a", "link"), 0);
	flatdir_close(open_dir("link"));
	second = flatdir_open("none", &reading, &err);
	assert_non_null(second);
	assert_int_equal(flatdir_read(second, "x", false, &err), FLATDIR_NONE);
	assert_int_equal(flatdir_sync(second, "", &err), 0);
	flatdir_close(second);
	assert_false(exists("none"));
	put_file("file", "");
	assert_null(flatdir_open("file", &options, &err));
	assert_non_null(strstr(err.msg, "not a folder"));
	assert_null(flatdir_open("x/y/z", &options, &err));
	flatdir_close(NULL);
}

static void files_and_folders(void **state)
{
	const mode_t before = umask(0177);
	struct flatdir *d = open_dir("a");
	char big[3 * FLATFILE_BLOCK / 2];
	struct flatfile f;
	int fd;

	(void)state;
	memset(big, 'x', sizeof(big));
	WORKS(flatdir_make(d, "b/c", &err));
	WORKS(flatdir_make(d, "b/c", &err));
	assert_int_equal(mode_of("a/b"), 0750);
	assert_int_equal(mode_of("a/b/c"), 0750);
	WORKS(flatfile_begin(&f, d, "b/c/f", &err));
	assert_int_equal(mode_of("a/b/c/f"), 0640);
	WORKS(flatfile_add(&f, "1", 1, &err));
	WORKS(flatfile_add(&f, big, sizeof(big), &err));
	WORKS(flatfile_add(&f, big, sizeof(big), &err));
	WORKS(flatfile_end(&f, &err));
	flatfile_drop(&f);
	fd = flatdir_read(d, "b/c/f", false, &err);
	assert_true(fd >= 0);
	assert_int_equal(lseek(fd, 0, SEEK_END), 1 + 2 * sizeof(big));
	(void)close(fd);
	FAILS(flatfile_begin(&f, d, "b/c/f", &err), "exists");
	FAILS(flatfile_begin(&f, d, "no/f", &err), "a/no/f");
	FAILS(flatdir_create(d, "b/c", &err), "exists");
	FAILS(flatdir_read(d, "b", false, &err), "not a file");
	assert_int_equal(flatdir_read(d, "b/none", false, &err), FLATDIR_NONE);
	assert_int_equal(mkfifo("a/pipe", 0600), 0);
	FAILS(flatdir_read(d, "pipe", false, &err), "not a file");
	flatdir_close(d);
	(void)umask(before);
}

/* What a damaged manifest might ask for. */
static void bad_paths(void **state)
{
	static const char *const paths[] = {"",     ".",     "..", "/",   "/etc/passwd", "../x", "a/../x",
					    "a//b", "a/./b", "a/", "./a", "a/..",        "//"};
	struct flatdir *d = open_dir("a");
	enum flatdir_kind kind;
	char long_name[400];

	(void)state;
	WORKS(flatdir_make(d, "a", &err));
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		FAILS(flatdir_read(d, paths[i], false, &err), "path");
		FAILS(flatdir_create(d, paths[i], &err), "path");
		FAILS(flatdir_make(d, paths[i], &err), "path");
		FAILS(flatdir_remove(d, paths[i], &err), "path");
		FAILS(flatdir_look(d, paths[i], &kind, &err), "path");
		FAILS(flatdir_rename(d, "a", paths[i], &err), "path");
	}
	memset(long_name, 'x', sizeof(long_name) - 1);
	long_name[sizeof(long_name) - 1] = '\0';
	FAILS(flatdir_create(d, long_name, &err), "path");
	assert_true(exists("a/a"));
	flatdir_close(d);
}

/* Links in every place: nothing outside is read, written or removed. */
static void links(void **state)
{
	struct flatdir *d = open_dir("a");
	enum flatdir_kind kind;

	(void)state;
	assert_int_equal(mkdir("out", 0700), 0);
	put_file("out/f", "precious");
	assert_int_equal(symlink("../out", "a/dir"), 0);
	assert_int_equal(symlink("../out/f", "a/file"), 0);
	assert_int_equal(symlink("../out/new", "a/dangling"), 0);
	FAILS(flatdir_read(d, "dir/f", false, &err), "symbolic link");
	FAILS(flatdir_read(d, "file", true, &err), "symbolic link");
	FAILS(flatdir_create(d, "dir/x", &err), "symbolic link");
	FAILS(flatdir_create(d, "dangling", &err), "exists");
	FAILS(flatdir_make(d, "dir/x", &err), "symbolic link");
	FAILS(flatdir_make(d, "dir", &err), "symbolic link");
	FAILS(flatdir_remove(d, "dir/f", &err), "symbolic link");
	FAILS(flatdir_sync(d, "dir", &err), "symbolic link");
	WORKS(flatdir_look(d, "dir", &kind, &err));
	assert_int_equal(kind, FLATDIR_OTHER);
	write_file(d, "mine", "mine");
	WORKS(flatdir_rename(d, "mine", "file", &err));
	WORKS(flatdir_make(d, "tree/deep", &err));
	assert_int_equal(symlink("../../../out", "a/tree/deep/link"), 0);
	WORKS(flatdir_remove(d, "tree", &err));
	WORKS(flatdir_remove(d, "dir", &err));
	assert_string_equal(file_text("out/f"), "precious");
	assert_string_equal(file_text("a/file"), "mine");
	assert_false(exists("out/new"));
	flatdir_close(d);
}

static void exchanging(void **state)
{
	struct flatdir *d = open_dir("a");

	(void)state;
	WORKS(flatdir_make(d, "new", &err));
	write_file(d, "new/f", "1");
	WORKS(flatdir_swap(d, "new", "it", "aside", &err));
	assert_string_equal(file_text("a/it/f"), "1");
	assert_false(exists("a/new"));
	WORKS(flatdir_make(d, "new", &err));
	write_file(d, "new/f", "2");
	WORKS(flatdir_swap(d, "new", "it", "aside", &err));
	assert_string_equal(file_text("a/it/f"), "2");
	assert_string_equal(file_text("a/new/f"), "1");
	assert_false(exists("a/aside"));
	FAILS(flatdir_swap(d, "none", "it", "aside", &err), "cannot rename");
	assert_string_equal(file_text("a/it/f"), "2");
	flatdir_close(d);
}

static int count_names(void *ctx, const char *name, struct err *e)
{
	(void)e;
	*(int *)ctx += name[0] == '.' ? 100 : 1;
	return 0;
}

static int stop_at_once(void *ctx, const char *name, struct err *e)
{
	(void)ctx, (void)name, (void)e;
	return 7;
}

static void trees(void **state)
{
	struct flatdir *d = open_dir("a");
	char path[512] = "t";
	int n = 0;

	(void)state;
	for (int i = 0; i < 100; i++)
		(void)strcat(path, "/d");
	WORKS(flatdir_make(d, path, &err));
	write_file(d, "t/f", "x");
	write_file(d, "t/d/d/.g", "x");
	write_file(d, ".hidden", "x");
	WORKS(flatdir_list(d, "", "", count_names, &n, &err));
	assert_int_equal(n, 101);
	n = 0;
	WORKS(flatdir_list(d, "", ".h", count_names, &n, &err));
	WORKS(flatdir_list(d, "none", "", count_names, &n, &err));
	assert_int_equal(n, 100);
	assert_int_equal(flatdir_list(d, "t", "", stop_at_once, NULL, &err), 7);
	WORKS(flatdir_remove(d, "t", &err));
	WORKS(flatdir_remove(d, "t", &err));
	WORKS(flatdir_remove(d, ".hidden", &err));
	flatdir_close(d);
	assert_int_equal(rmdir("a"), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(opening), TEST(files_and_folders), TEST(bad_paths), TEST(links), TEST(exchanging), TEST(trees),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
