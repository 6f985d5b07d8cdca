#include "outfile.h"

#include "unit.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[] = "/tmp/test_outfile.XXXXXX";

static int set_up(void **state)
{
	(void)state;
	return mkdtemp(folder) != NULL && chdir(folder) == 0 ? 0 : -1;
}

static int tear_down(void **state)
{
	(void)state;
	return chdir("/") == 0 ? rmdir(folder) : -1;
}

static void assert_content(const char *path, const char *expected)
{
	char got[100] = "";
	int fd = open(path, O_RDONLY);

	assert_true(fd >= 0);
	assert_true(read(fd, got, sizeof(got) - 1) >= 0);
	(void)close(fd);
	assert_string_equal(got, expected);
}

static int files_here(void)
{
	DIR *d = opendir(".");
	int n = 0;

	while (readdir(d) != NULL)
		n++;
	(void)closedir(d);
	return n - 2;
}

static void test_replaces_whole_with_the_mode_asked_for(void **state)
{
	struct err err;
	struct stat st;

	(void)state;
	(void)umask(077);
	assert_int_equal(outfile_check("a", &err), 0);
	assert_int_equal(outfile_write("a", text_of("one, long"), 0644, &err), 0);
	assert_int_equal(outfile_write("a", text_of("two"), 0644, &err), 0);
	assert_content("a", "two");
	assert_int_equal(stat("a", &st), 0);
	assert_int_equal(st.st_mode & 0777, 0644);
	assert_int_equal(files_here(), 1);
	(void)unlink("a");
}

static void test_keeps_a_link(void **state)
{
	struct err err;
	struct stat st;

	(void)state;
	assert_int_equal(outfile_write("real", text_of("old"), 0600, &err), 0);
	assert_int_equal(symlink("real", "link"), 0);
	assert_int_equal(outfile_write("link", text_of("new"), 0600, &err), 0);
	assert_int_equal(lstat("link", &st), 0);
	assert_true(S_ISLNK(st.st_mode));
	assert_content("real", "new");
	(void)unlink("link");
	(void)unlink("real");
}

/* A link in a folder that all may write to, of a user who is neither we nor the folder's owner. */
static void test_follows_no_link_of_another_user(void **state)
{
	struct err err;
	struct stat st;

	(void)state;
	if (geteuid() != 0)
		skip();
	assert_int_equal(mkdir("shared", 0700), 0);
	assert_int_equal(chmod("shared", 01777), 0);
	assert_int_equal(outfile_write("mine", text_of("precious"), 0600, &err), 0);
	assert_int_equal(symlink("../mine", "shared/out"), 0);
	assert_int_equal(lchown("shared/out", 65534, 65534), 0);
	assert_int_equal(outfile_check("shared/out", &err), -1);
	assert_non_null(strstr(err.msg, "cannot write 'shared/out'"));
	assert_int_equal(outfile_write("shared/out", text_of("new"), 0600, &err), -1);
	assert_content("mine", "precious");
	/* A pipe: somebody listens. */
	(void)unlink("shared/out");
	assert_int_equal(mkfifo("shared/out", 0666), 0);
	assert_int_equal(chown("shared/out", 65534, 65534), 0);
	assert_int_equal(outfile_write("shared/out", text_of("new"), 0600, &err), -1);
	/* Of the folder's owner, and where nobody else may write, a link is as good as ours. */
	(void)unlink("shared/out");
	assert_int_equal(symlink("../mine", "shared/out"), 0);
	assert_int_equal(chmod("shared", 0755), 0);
	assert_int_equal(lchown("shared/out", 65534, 65534), 0);
	assert_int_equal(outfile_write("shared/out", text_of("new"), 0600, &err), 0);
	assert_content("mine", "new");
	assert_int_equal(lstat("shared/out", &st), 0);
	assert_true(S_ISLNK(st.st_mode));
	(void)unlink("shared/out");
	(void)unlink("mine");
	(void)rmdir("shared");
}

static void test_failures(void **state)
{
	struct err err;

	(void)state;
	assert_int_equal(outfile_check("missing/a", &err), -1);
	assert_non_null(strstr(err.msg, "cannot write 'missing/a': No such file or directory"));
	assert_int_equal(outfile_check("/tmp", &err), -1);
	assert_non_null(strstr(err.msg, "Is a directory"));
	assert_int_equal(outfile_write("missing/a", text_of("x"), 0600, &err), -1);
	assert_int_equal(outfile_write("/dev/full", text_of("x"), 0600, &err), -1);
	assert_non_null(strstr(err.msg, "cannot write '/dev/full': No space left on device"));
	assert_int_equal(files_here(), 0);
}

static void test_device_is_written_to(void **state)
{
	struct err err;
	struct stat st;

	(void)state;
	assert_int_equal(outfile_write("/dev/null", text_of("x"), 0600, &err), 0);
	assert_int_equal(stat("/dev/null", &st), 0);
	assert_true(S_ISCHR(st.st_mode));
}

static void test_in_pieces(void **state)
{
	struct outfile f;
	struct err err;
	struct stat st;

	(void)state;
	assert_int_equal(outfile_begin(&f, "a", &err), 0);
	assert_int_equal(outfile_add(&f, "one", 3, &err), 0);
	assert_int_equal(access("a", F_OK), -1);
	assert_int_equal(outfile_add(&f, ", two", 5, &err), 0);
	assert_int_equal(outfile_end(&f, 0640, &err), 0);
	assert_content("a", "one, two");
	assert_int_equal(stat("a", &st), 0);
	assert_int_equal(st.st_mode & 0777, 0640);
	/* Thought better of it. */
	assert_int_equal(outfile_begin(&f, "a", &err), 0);
	assert_int_equal(outfile_add(&f, "three", 5, &err), 0);
	assert_int_equal(files_here(), 2);
	outfile_drop(&f);
	assert_content("a", "one, two");
	assert_int_equal(files_here(), 1);
	/* The place has become a folder meanwhile. */
	assert_int_equal(outfile_begin(&f, "b", &err), 0);
	assert_int_equal(mkdir("b", 0700), 0);
	assert_int_equal(outfile_end(&f, 0600, &err), -1);
	assert_int_equal(files_here(), 2);
	(void)rmdir("b");
	(void)unlink("a");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_replaces_whole_with_the_mode_asked_for),
	    cmocka_unit_test(test_keeps_a_link),
	    cmocka_unit_test(test_follows_no_link_of_another_user),
	    cmocka_unit_test(test_failures),
	    cmocka_unit_test(test_device_is_written_to),
	    cmocka_unit_test(test_in_pieces),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
