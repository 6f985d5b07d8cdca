#include "foreign.h"

#include "unit.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define OTHER 65534
#define THIRD 65533

static char folder[] = "/tmp/test_foreign.XXXXXX";

static int set_up(void **state)
{
	(void)state;
	return mkdtemp(folder) != NULL && chdir(folder) == 0 && mkdir("d", 0700) == 0 ? 0 : -1;
}

static int tear_down(void **state)
{
	(void)state;
	(void)rmdir("d");
	return chdir("/") == 0 ? rmdir(folder) : -1;
}

/* What is said of a name of this kind, in a folder of this owner and mode. */
static int look(mode_t kind, uid_t owner, uid_t folder_owner, mode_t mode, bool also_files)
{
	struct err err = {0};
	int rc;

	if (S_ISLNK(kind))
		assert_int_equal(symlink("/nowhere", "d/x"), 0);
	else
		assert_int_equal(mknod("d/x", kind | 0600, 0), 0);
	assert_int_equal(lchown("d/x", owner, owner), 0);
	assert_int_equal(chown("d", folder_owner, folder_owner), 0);
	assert_int_equal(chmod("d", mode), 0);
	rc = also_files ? foreign_check_file("d/x", THIRD, &err) : foreign_check("d/x", &err);
	if (rc != 0)
		assert_non_null(strstr(err.msg, "cannot write 'd/x'"));
	assert_int_equal(unlink("d/x"), 0);
	return rc;
}

static void test_who_may_put_a_name_where(void **state)
{
	(void)state;
	if (geteuid() != 0)
		skip();
	assert_int_equal(look(S_IFLNK, OTHER, 0, 01777, false), -1);
	assert_int_equal(look(S_IFLNK, OTHER, 0, 01770, false), -1);
	assert_int_equal(look(S_IFIFO, OTHER, 0, 01777, false), -1);
	assert_int_equal(look(S_IFLNK, 0, OTHER, 01777, false), 0); /* ours */
	assert_int_equal(look(S_IFLNK, OTHER, OTHER, 01777, false), 0);
	assert_int_equal(look(S_IFLNK, OTHER, 0, 0777, false), 0); /* all is lost there anyway */
	assert_int_equal(look(S_IFLNK, OTHER, 0, 01755, false), 0);
	assert_int_equal(look(S_IFREG, OTHER, 0, 01777, false), 0);
	assert_int_equal(look(S_IFREG, OTHER, 0, 01777, true), -1);
	assert_int_equal(look(S_IFREG, THIRD, 0, 01777, true), 0);
	assert_int_equal(look(S_IFREG, OTHER, 0, 0755, true), 0);
}

static void test_nothing_there(void **state)
{
	struct err err;

	(void)state;
	assert_int_equal(foreign_check("nowhere/x", &err), 0);
	assert_int_equal(foreign_check("/dev/stderr", &err), 0);
	assert_int_equal(foreign_check_file("d/x", 0, &err), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_who_may_put_a_name_where),
	    cmocka_unit_test(test_nothing_there),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
