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
	return options_read(argc, argv, strcmp(argv[0], "load") == 0 ? FOR_LOAD : FOR_RUN, o, err);
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
	    {"run --concurency 3", "no option '--concurency'; did you mean '--concurrency'?"},
	    {"run --reftech=secret", "no option '--reftech'; did you mean '--refetch'?"},
	    {"run --wholly-unlike", "no option '--wholly-unlike'; see 'omni-export help'"},
	    {"run --retr 3", "option '--retr' could be any of --retry-lost, --retries, --retry-wait, --retry-max-wait"},
	    {"run -Z", "no option '-Z'; see 'omni-export help'"},
	    {"run -qZq", "no option '-Z'; see 'omni-export help'"},
	    {"run -rate 5", "no option '-r'; did you mean '--rate'?"},
	    {"run -r -rate", "no option '-r'; see 'omni-export help'"},
	    {"run -rate=5", "no option '-r'; did you mean '--rate'?"},
	    {"run -q\303\244", "no option with such a letter: '-q\303\244'"},
	    {"run --rate", "option '--rate' needs a value: N/UNIT"},
	    {"run -t", "option '-t' needs a value: SINK"},
	    {"run -qt", "option '-t' needs a value: SINK"},
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
	    {"run --progress sometimes", "'sometimes' will not do: it takes auto|always|never"},
	    {"run --progress alwys", "it takes auto|always|never; did you mean 'always'?"},
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

/* An option of another command is told as such, also where its name is the beginning of one of ours. */
static void test_options_of_other_commands(void **state)
{
	static const struct {
		const char *words, *option, *msg;
	} cases[] = {
	    {"load --refetch", "refetch", "option '--refetch' is none of 'load'"},
	    {"load x --rate=5/s", "rate", "option '--rate' is none of 'load'"},
	    {"load -n", "dry-run", "option '-n' is none of 'load'"},
	    {"load -qn", "dry-run", "option '-n' is none of 'load'"},
	    {"run --from x", "from", "option '--from' is none of 'run'"},
	    {"run --all", "all", "option '--all' is none of 'run'"},
	    {"run --all=yes", "all", "option '--all' is none of 'run'"},
	};
	struct options o;
	struct err err;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(read_words(cases[i].words, &o, &err), -1);
		assert_string_equal(err.msg, cases[i].msg);
		assert_non_null(o.foreign);
		assert_string_equal(o.foreign->name, cases[i].option);
		options_free(&o);
	}
	assert_int_equal(read_words("run --allow --to --all", &o, &err), 0); /* a beginning, and a value */
	assert_true(o.allow_http);
	assert_string_equal(o.to.at[0], "--all");
	assert_null(o.foreign);
	options_free(&o);
	assert_int_equal(read_words("run --wholly-unlike", &o, &err), -1);
	assert_null(o.foreign);
	options_free(&o);
}

/* A value that an option takes, and that is not its default. */
static const char *a_value(const struct option_def *d)
{
	switch (d->type) {
	case OPTION_FLAG:
		return "yes";
	case OPTION_COUNT:
	case OPTION_SECONDS:
	case OPTION_SIZE:
		return "17";
	case OPTION_MODE:
		return "0604";
	case OPTION_CHOICE:
		return strrchr(d->arg, '|') + 1;
	default:
		return "value.db";
	}
}

/* Did this option, and no other, get another value than by default? */
static void only_this_changed(const struct option_def *d, const struct options *o, const struct options *plain)
{
	for (const struct option_def *e = option_table; e->name != NULL; e++) {
		const char *a = (const char *)o + e->offset, *b = (const char *)plain + e->offset;
		size_t n = e->type == OPTION_FLAG || e->type == OPTION_HELP || e->type == OPTION_VERSION
			       ? sizeof(bool)
			       : sizeof(int64_t);
		bool changed;

		if (e->type == OPTION_TEXT || e->type == OPTION_CHOICE) {
			const char *s = *(const char *const *)(const void *)a,
				   *t = *(const char *const *)(const void *)b;

			changed = s != t && (s == NULL || t == NULL || strcmp(s, t) != 0);
		} else if (e->type == OPTION_LIST) {
			const struct option_list *s = (const void *)a, *t = (const void *)b;

			changed = s->n != t->n || (s->n > 0 && strcmp(s->at[0], t->at[0]) != 0);
		} else {
			changed = memcmp(a, b, n) != 0;
		}
		if (changed != (e == d))
			fail_msg("'%s' was given, and '%s' %s", d->name, e->name, changed ? "changed" : "did not");
	}
}

/* Each option, of each command that knows it, by the rule: in the environment, and in the config file, where those that
 * only other commands know are passed over. */
static void test_every_option_from_environment_and_config(void **state)
{
	char *argv[] = {"command", NULL};
	char name[64], line[200];

	(void)state;
	for (const struct option_def *d = option_table; d->name != NULL; d++)
		for (unsigned command = 1; command != FOR_ITSELF; command <<= 1) {
			struct options plain, o;
			struct err err = {0};
			bool known = (d->commands & command) != 0;

			if (d->commands == FOR_ALL && (command != FOR_RUN || !options_from_environment(d)))
				continue;
			assert_int_equal(options_read(1, argv, command, &plain, &err), 0);
			options_environment_name(d->name, name, sizeof(name));
			write_config("");
			(void)setenv(name, strcmp(d->name, "config") == 0 ? config_path : a_value(d), 1);
			assert_int_equal(options_read(1, argv, command, &o, &err), 0);
			if (known)
				only_this_changed(d, &o, &plain);
			options_free(&o);
			(void)unsetenv(name);
			if (options_from_config(d)) {
				(void)snprintf(line, sizeof(line), "%s = %s\n", d->name, a_value(d));
				write_config(line);
				if (options_read(1, argv, command, &o, &err) != 0)
					fail_msg("%s", err.msg);
				if (known)
					only_this_changed(d, &o, &plain);
				options_free(&o);
			}
			options_free(&plain);
			(void)unlink(config_path);
		}
}

/* Neither a broken config file nor the environment keeps help and completion from working. */
static void test_itself(void **state)
{
	char *argv[] = {"help", "run", NULL}, *bad[] = {"help", "--quiet", NULL};
	struct options o;
	struct err err;

	(void)state;
	write_config("nonsense\n");
	assert_int_equal(options_read(2, argv, FOR_ITSELF, &o, &err), 0);
	assert_int_equal(o.n_operands, 1);
	options_free(&o);
	assert_int_equal(options_read(2, bad, FOR_ITSELF, &o, &err), -1);
	assert_string_equal(err.msg, "option '--quiet' is none of 'help'");
	options_free(&o);
	(void)unlink(config_path);
}

static void test_bad_config_names_its_line(void **state)
{
	static const char *const bad[][2] = {
	    {"rate = 60/m\n\nretires = 3\n", "config.ini:3: no option 'retires'; did you mean 'retries'?"},
	    {"alll = yes\n", "config.ini:1: no option 'alll'; did you mean 'all'?"},
	    {"--rate = 60/m\n", "config.ini:1: no option '--rate'; did you mean 'rate'?"},
	    {"confg = x\n", "config.ini:1: no option 'confg'; see 'omni-export help'"},
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
	for (unsigned command = 1; command != 0; command <<= 1)
		help_is_complete(command);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_defaults),
	    cmocka_unit_test(test_command_line),
	    cmocka_unit_test(test_precedence),
	    cmocka_unit_test(test_bad_usage_says_what_would_be_right),
	    cmocka_unit_test(test_options_of_other_commands),
	    cmocka_unit_test(test_every_option_from_environment_and_config),
	    cmocka_unit_test(test_itself),
	    cmocka_unit_test(test_bad_config_names_its_line),
	    cmocka_unit_test(test_help_wins_over_a_broken_config),
	    cmocka_unit_test(test_help_is_complete),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
