#include "options.h"

#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[] = "/tmp/test_options.XXXXXX";
static char config_folder[64], config_path[64];

static int set_up(void **state)
{
	(void)state;
	if (mkdtemp(folder) == NULL)
		return -1;
	(void)snprintf(config_folder, sizeof(config_folder), "%s/omni-export", folder);
	(void)snprintf(config_path, sizeof(config_path), "%s/omni-export/config.ini", folder);
	if (mkdir(config_folder, 0700) != 0)
		return -1;
	(void)setenv("HOME", folder, 1);
	(void)setenv("XDG_CONFIG_HOME", folder, 1);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	(void)unlink(config_path);
	(void)rmdir(config_folder);
	return rmdir(folder);
}

static void write_config(const char *text)
{
	FILE *f = fopen(config_path, "w");

	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
}

/* words: "run --rate 5/s", split at blanks. */
static int read_words(const char *words, struct options *o, struct err *err)
{
	static char copy[1000];
	static char *argv[50];
	int argc = 0;

	(void)snprintf(copy, sizeof(copy), "%s", words);
	for (char *p = strtok(copy, " "); p != NULL; p = strtok(NULL, " "))
		argv[argc++] = p;
	argv[argc] = NULL;
	return options_read(argc, argv, FOR_RUN, o, err);
}

static void test_defaults(void **state)
{
	struct options o;
	struct err err;

	(void)state;
	assert_int_equal(read_words("run", &o, &err), 0);
	assert_int_equal(o.to.n, 1);
	assert_string_equal(o.to.at[0], "sqlite:omni-export.db");
	assert_string_equal(o.rate, "60/m");
	assert_int_equal(o.concurrency, 4);
	assert_int_equal(o.retries, 8);
	assert_int_equal(o.retry_wait_ms, 1000);
	assert_int_equal(o.retry_max_wait_ms, 120000);
	assert_int_equal(o.give_up_after_ms, 300000);
	assert_int_equal(o.max_time_ms, -1);
	assert_int_equal(o.timeout_ms, 60000);
	assert_int_equal(o.connect_timeout_ms, 15000);
	assert_true(o.max_size == UINT64_C(4) << 30);
	assert_int_equal(o.file_mode, 0600);
	assert_string_equal(o.progress, "auto");
	assert_null(o.base_url);
	assert_false(o.refetch);
	options_free(&o);
}

static void test_command_line(void **state)
{
	struct options o;
	struct err err;

	(void)state;
	assert_int_equal(read_words("run a.txt -t x.db --to=null: b.txt -nq --retry-wait .25 --max-size 10M -e err "
				    "--file-mode 0640 -- -c.txt",
				    &o, &err),
			 0);
	assert_int_equal(o.to.n, 2);
	assert_string_equal(o.to.at[1], "null:");
	assert_int_equal(o.n_operands, 3);
	assert_string_equal(o.operands[0], "a.txt");
	assert_string_equal(o.operands[2], "-c.txt");
	assert_true(o.dry_run && o.quiet);
	assert_int_equal(o.retry_wait_ms, 250);
	assert_true(o.max_size == 10 << 20);
	assert_int_equal(o.file_mode, 0640);
	options_free(&o);
}

/* Command line, environment, config file, default: the first that speaks wins, and speaks alone. */
static void test_precedence(void **state)
{
	struct options o;
	struct err err;

	(void)state;
	write_config("; a comment\nrate = 1/h\nconcurrency=7\nto = one.db\nto = two.db\nrefetch = yes\nretries = 3\n");
	(void)setenv("OMNI_EXPORT_RATE", "2/m", 1);
	(void)setenv("OMNI_EXPORT_TO", "three.db\npg:host=a dbname=b\n", 1);
	(void)setenv("OMNI_EXPORT_CONCURRENCY", "9", 1);
	(void)setenv("OMNI_EXPORT_RETRIES", "", 1);
	assert_int_equal(read_words("run --concurrency 11 --refetch=no", &o, &err), 0);
	assert_int_equal(o.concurrency, 11);
	assert_string_equal(o.rate, "2/m");
	assert_int_equal(o.to.n, 2);
	assert_string_equal(o.to.at[0], "three.db");
	assert_string_equal(o.to.at[1], "pg:host=a dbname=b");
	assert_false(o.refetch);
	assert_int_equal(o.retries, 3);
	options_free(&o);
	(void)unsetenv("OMNI_EXPORT_RATE");
	(void)unsetenv("OMNI_EXPORT_TO");
	(void)unsetenv("OMNI_EXPORT_CONCURRENCY");
	(void)unsetenv("OMNI_EXPORT_RETRIES");
	assert_int_equal(read_words("run", &o, &err), 0);
	assert_int_equal(o.to.n, 2);
	assert_string_equal(o.to.at[0], "one.db");
	assert_true(o.refetch);
	options_free(&o);
	(void)unlink(config_path);
}

static void refuse(const char *words, const char *expected)
{
	struct options o;
	struct err err = {0};

	assert_int_equal(read_words(words, &o, &err), -1);
	if (strstr(err.msg, expected) == NULL)
		fail_msg("'%s' said '%s', not '%s'", words, err.msg, expected);
	options_free(&o);
}

static void test_bad_usage_says_what_would_be_right(void **state)
{
	static const char *const bad[][2] = {
	    {"run --concurency 3", "no option 'concurency'; did you mean 'concurrency'?"},
	    {"run --wholly-unlike", "no option 'wholly-unlike'; see"},
	    {"run -Z", "no option '-Z'"},
	    {"run --rate", "option '--rate' needs a value"},
	    {"run -t", "option '-t' needs a value"},
	    {"run --concurrency 0", "a whole number from 1 to 256"},
	    {"run --concurrency 4x", "'4x' will not do"},
	    {"run --concurrency -1", "'-1' will not do"},
	    {"run --concurrency 99999999999999999999", "will not do"},
	    {"run --retry-wait 1e3", "seconds from 0"},
	    {"run --retry-wait .", "will not do"},
	    {"run --timeout 0", "seconds from 1"},
	    {"run --max-size 0", "a number of bytes"},
	    {"run --max-size 4X", "will not do"},
	    {"run --max-size 99999999999G", "will not do"},
	    {"run --file-mode 0888", "octal"},
	    {"run --file-mode 7777", "octal"},
	    {"run --progress sometimes", "auto|always|never"},
	    {"run --log-format xml", "text|json"},
	    {"run --refetch=perhaps", "yes or no"},
	    {"run --to=", "will not do"},
	    {"run --config /nonexistent/omni.ini", "cannot open '/nonexistent/omni.ini': No such file"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		refuse(bad[i][0], bad[i][1]);
	(void)setenv("OMNI_EXPORT_RETRY_WAIT", "soon", 1);
	refuse("run", "OMNI_EXPORT_RETRY_WAIT: 'soon' will not do");
	(void)unsetenv("OMNI_EXPORT_RETRY_WAIT");
}

static void test_bad_config_names_its_line(void **state)
{
	static const char *const bad[][2] = {
	    {"rate = 60/m\n\nretires = 3\n", "config.ini:3: no option 'retires'; did you mean 'retries'?"},
	    {"# comment\nconcurrency = many\n", "config.ini:2: concurrency: 'many' will not do"},
	    {"[run]\nrate = 1/s\n", "config.ini:2: a section '[run]'"},
	    {"just words\n", "config.ini:1: not a line 'name = value'"},
	    {"config = other.ini\n", "config.ini:1: no option 'config'"},
	    {"help = yes\n", "config.ini:1: no option 'help'"},
	};
	char longer[20000];

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		write_config(bad[i][0]);
		refuse("run", bad[i][1]);
	}
	(void)snprintf(longer, sizeof(longer), "rate = 60/m\nbase-url = https://%019000d\n", 1);
	write_config(longer);
	refuse("run", "config.ini:2: the line is too long");
	(void)unlink(config_path);
}

static void test_help_wins_over_a_broken_config(void **state)
{
	struct options o;
	struct err err;

	(void)state;
	write_config("nonsense\n");
	assert_int_equal(read_words("run --help", &o, &err), 0);
	assert_true(o.help);
	options_free(&o);
	(void)unlink(config_path);
}

/* Every option of a command is told, and no other, in lines that fit a terminal. */
static void help_is_complete(unsigned command)
{
	char *text = NULL;
	size_t n = 0;
	FILE *f = open_memstream(&text, &n);

	options_help(f, command);
	assert_int_equal(fclose(f), 0);
	for (const struct option_def *o = option_table; o->name != NULL; o++) {
		char dashed[64];
		const char *at;
		bool told = false;

		(void)snprintf(dashed, sizeof(dashed), " --%s", o->name);
		for (at = text; !told && (at = strstr(at, dashed)) != NULL; at++)
			told = strchr(" \n", at[strlen(dashed)]) != NULL;
		if (told != ((o->commands & command) != 0))
			fail_msg("--help of command %u and '%s'", command, dashed);
	}
	for (char *line = strtok(text, "\n"); line != NULL; line = strtok(NULL, "\n"))
		assert_true(strlen(line) <= 79);
	free(text);
}

static void test_help_is_complete(void **state)
{
	(void)state;
	help_is_complete(FOR_RUN);
	help_is_complete(FOR_LOAD);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_defaults),
	    cmocka_unit_test(test_command_line),
	    cmocka_unit_test(test_precedence),
	    cmocka_unit_test(test_bad_usage_says_what_would_be_right),
	    cmocka_unit_test(test_bad_config_names_its_line),
	    cmocka_unit_test(test_help_wins_over_a_broken_config),
	    cmocka_unit_test(test_help_is_complete),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
