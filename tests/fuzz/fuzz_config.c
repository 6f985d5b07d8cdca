/*
 * options*.c and rate.c's --rate: a config file, or a command line (the first line is "argv", each other one a word).
 *
 * - What is accepted lies within the bounds of the table, and reads the same again, and the same as options of a
 * command line; what is refused is refused with a sentence, for a config file with its place.
 */
#include "fuzz.h"
#include "options.h"
#include "options_given.h"
#include "rate.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#define MAX_ARGS 64

static const void *value_of(const struct options *o, const struct option_def *def)
{
	return (const char *)o + def->offset;
}

static bool is_choice(const struct option_def *def, const char *word)
{
	const size_t n = strlen(word);

	for (const char *p = def->arg; p != NULL; p = strchr(p, '|') != NULL ? strchr(p, '|') + 1 : NULL)
		if (strncmp(p, word, n) == 0 && (p[n] == '|' || p[n] == '\0'))
			return true;
	return false;
}

/* The value as text, after a look at its bounds. */
static void note_value(struct buf *said, const struct options *o, const struct option_def *def)
{
	const void *at = value_of(o, def);

	switch (def->type) {
	case OPTION_FLAG:
		note(said, def->name, *(const bool *)at);
		return;
	case OPTION_TEXT:
	case OPTION_CHOICE:
		note_text(said, def->name, text_of(*(const char *const *)at));
		if (def->type == OPTION_CHOICE)
			HOLDS(is_choice(def, *(const char *const *)at));
		return;
	case OPTION_LIST:
		for (size_t i = 0; i < ((const struct option_list *)at)->n; i++)
			note_text(said, def->name, text_of(((const struct option_list *)at)->at[i]));
		return;
	case OPTION_HELP:
	case OPTION_VERSION:
		return;
	default:
		note(said, def->name, *(const int64_t *)at);
		/* not given and without a default: whatever says that */
		HOLDS(def->def == NULL || def->type == OPTION_SIZE ||
		      (*(const int64_t *)at >= def->min && *(const int64_t *)at <= def->max));
	}
}

static bool read_options(int argc, char **argv, struct options *o, struct buf *said, struct err *err)
{
	*err = (struct err){.kind = ERR_NONE};
	buf_clear(said);
	if (options_read(argc, argv, FOR_RUN, o, err) != 0) {
		HOLDS(err->kind != ERR_NONE && strnlen(err->msg, sizeof(err->msg)) < sizeof(err->msg) &&
		      err->msg[0] != '\0');
		return false;
	}
	note(said, "help", o->help);
	note(said, "version", o->version);
	if (o->help || o->version)
		return true;
	for (const struct option_def *def = option_table; def->name != NULL; def++)
		if ((def->commands & FOR_RUN) != 0 && strcmp(def->name, "config") != 0)
			note_value(said, o, def);
	return true;
}

/* The same as a command line. */
static void check_as_argv(const struct options *o, const struct buf *said)
{
	const struct options_memory *mem = o->memory;
	static char empty[] = "/dev/null", config[] = "--config", run[] = "run";
	char *argv[MAX_ARGS + 1] = {run, config, empty};
	int argc = 3;
	struct options again;
	struct buf other;
	struct err err;

	for (size_t i = 0; option_table[i].name != NULL; i++) {
		for (size_t k = 0; k < mem->given[i].n && mem->given[i].source == SOURCE_CONFIG && argc < MAX_ARGS; k++)
			if (asprintf(&argv[argc++], "--%s=%s", option_table[i].name, mem->given[i].values[k]) < 0)
				abort();
	}
	buf_init(&other, SIZE_MAX / 2);
	if (argc < MAX_ARGS)
		HOLDS(read_options(argc, argv, &again, &other, &err) && same(said, &other));
	if (argc < MAX_ARGS)
		options_free(&again);
	/* getopt_long may have put them in another order */
	for (int i = 0; i < argc; i++)
		if (argv[i] != run && argv[i] != config && argv[i] != empty)
			free(argv[i]);
	buf_free(&other);
}

static void check_rate(const char *text)
{
	struct rate_limit limit = {-1, -1};
	struct err err;

	if (text == NULL)
		return;
	if (rate_parse(text, &limit, &err) != 0)
		HOLDS(err.kind == ERR_FATAL && err.msg[0] != '\0' && limit.n == -1);
	else
		HOLDS(limit.n >= 0 && limit.n <= RATE_MAX && limit.window_ns >= 1000000000 &&
		      strspn(text, "0123456789/smh") == strlen(text));
}

static void check(int argc, char **argv, bool is_config)
{
	char **copy = (char **)calloc((size_t)argc + 1, sizeof(*copy));
	struct options o, again;
	struct buf said, other;
	struct err err, err2;
	bool good;

	buf_init(&said, SIZE_MAX / 2);
	buf_init(&other, SIZE_MAX / 2);
	memcpy((void *)copy, (const void *)argv, (size_t)argc * sizeof(*copy)); /* they may be put in another order */
	good = read_options(argc, argv, &o, &said, &err);
	HOLDS(read_options(argc, copy, &again, &other, &err2) == good && same(&said, &other));
	HOLDS(good || strcmp(err.msg, err2.msg) == 0);
	if (!good && is_config)
		HOLDS(strstr(err.msg, "/proc/self/fd/") != NULL);
	if (good)
		check_rate(o.rate);
	if (good && is_config)
		check_as_argv(&o, &said);
	options_free(&o);
	options_free(&again);
	buf_free(&said);
	buf_free(&other);
	free((void *)copy);
}

static void check_argv(char *text)
{
	static char run[] = "run", config[] = "--config", empty[] = "/dev/null";
	char *argv[MAX_ARGS + 1] = {run, config, empty};
	int argc = 3;

	for (char *word = strtok(text, "\n"); word != NULL && argc < MAX_ARGS; word = strtok(NULL, "\n")) {
		/* no file of this machine is to be read */
		if (strncmp(word, "--c", 3) != 0)
			argv[argc++] = word;
	}
	check(argc, argv, false);
}

static void check_config(const void *p, size_t n)
{
	static char run[] = "run", config[] = "--config", path[64];
	static int fd = -1;
	char *argv[] = {run, config, path, NULL};

	if (fd < 0) {
		fd = memfd_create("config", MFD_CLOEXEC);
		(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	}
	HOLDS(fd >= 0 && ftruncate(fd, 0) == 0 && pwrite(fd, p, n, 0) == (ssize_t)n);
	check(3, argv, true);
}

static void forget_environment(void)
{
	char name[64];

	for (const struct option_def *def = option_table; def->name != NULL; def++) {
		options_environment_name(def->name, name, sizeof(name));
		(void)unsetenv(name);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static bool begun;
	char *text = strndup((const char *)data, size);

	HOLDS(text != NULL);
	if (!begun)
		forget_environment();
	begun = true;
	if (strncmp(text, "argv\n", 5) == 0)
		check_argv(text + 5);
	else
		check_config(data, size);
	free(text);
	return 0;
}
