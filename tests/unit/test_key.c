#include "key.h"

#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char folder[] = "/tmp/test_key.XXXXXX";
static char path[64];

static int set_up(void **state)
{
	(void)state;
	if (mkdtemp(folder) == NULL)
		return -1;
	(void)snprintf(path, sizeof(path), "%s/omni-api-key", folder);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	(void)unlink(path);
	return rmdir(folder);
}

static void write_file(const char *text)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
}

static void assert_key(const char *file, const char *expected)
{
	struct buf key;
	struct err err = {0};

	buf_init(&key, KEY_MAX);
	if (key_load(file, &key, &err) != 0)
		fail_msg("%s", err.msg);
	assert_string_equal(buf_cstr(&key), expected);
	key_free(&key);
}

static void refuse(const char *file, const char *expected)
{
	struct buf key;
	struct err err = {0};

	buf_init(&key, KEY_MAX);
	assert_int_equal(key_load(file, &key, &err), -1);
	if (strstr(err.msg, expected) == NULL || strstr(err.msg, "s3cret") != NULL)
		fail_msg("said '%s', not '%s'", err.msg, expected);
	key_free(&key);
}

static void test_order_of_sources(void **state)
{
	(void)state;
	write_file("from-file\r\nsecond line\n");
	(void)setenv("CREDENTIALS_DIRECTORY", folder, 1);
	(void)setenv("OMNI_API_KEY", "", 1);
	assert_key(NULL, "from-file");
	(void)setenv("OMNI_API_TOKEN", " token ", 1);
	assert_key(NULL, "token");
	assert_null(getenv("OMNI_API_TOKEN")); /* nothing inherits it */
	(void)setenv("OMNI_API_TOKEN", "token", 1);
	(void)setenv("OMNI_API_KEY", "key", 1);
	assert_key(NULL, "key");
	assert_null(getenv("OMNI_API_TOKEN"));
	(void)setenv("OMNI_API_KEY", "key", 1);
	assert_key(path, "from-file");
	(void)unsetenv("CREDENTIALS_DIRECTORY");
	refuse(NULL, "no API key: set OMNI_API_KEY");
}

static void test_bad_keys_are_never_quoted(void **state)
{
	char *longer = malloc(KEY_MAX + 2);

	(void)state;
	refuse("/nonexistent/key", "cannot open the API key file '/nonexistent/key'");
	refuse("/tmp", "cannot read the API key file '/tmp'");
	write_file("\n s3cret\n");
	refuse(path, "no API key in");
	write_file("s3cret s3cret\n");
	refuse(path, "has a blank");
	write_file("s3cret\x01\n");
	refuse(path, "has a blank or a character");
	memset(longer, 'k', KEY_MAX + 1);
	longer[KEY_MAX + 1] = '\0';
	write_file(longer);
	refuse(path, "too long");
	free(longer);
}

/* /proc/PID/environ shows the memory, not what unsetenv leaves of the list; a name may stand in it twice. */
static void test_environment_is_overwritten(void **state)
{
	char first[] = "OMNI_API_KEY=one", other[] = "OMNI_API_KEY_FILE=kept", second[] = "OMNI_API_KEY=two",
	     token[] = "OMNI_API_TOKEN=three";
	char *list[] = {first, other, second, token, NULL}, **before = environ;

	(void)state;
	environ = list;
	key_take_environment();
	assert_memory_equal(first, "OMNI_API_KEY=\0\0\0", sizeof(first));
	assert_memory_equal(second, "OMNI_API_KEY=\0\0\0", sizeof(second));
	assert_memory_equal(token, "OMNI_API_TOKEN=\0\0\0\0\0", sizeof(token));
	assert_string_equal(other, "OMNI_API_KEY_FILE=kept");
	assert_ptr_equal(environ[0], other);
	assert_null(environ[1]);
	environ = before;
	assert_key(NULL, "one");
	key_take_environment();
	refuse(NULL, "no API key");
	/* What is forgotten is not had again. */
	(void)setenv("OMNI_API_KEY", "key", 1);
	key_take_environment();
	key_forget_environment();
	refuse(NULL, "no API key");
}

static void test_a_key_instead_of_a_file(void **state)
{
	(void)state;
	refuse("omni_osk_s3crets3crets3crets3cret", "the name of a file, not the key itself");
	refuse("no-such-file", "cannot open the API key file 'no-such-file'");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_order_of_sources),
	    cmocka_unit_test(test_bad_keys_are_never_quoted),
	    cmocka_unit_test(test_environment_is_overwritten),
	    cmocka_unit_test(test_a_key_instead_of_a_file),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
