#include "nearest.h"
#include "options_given.h"

#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <ini.h>
#include <stdlib.h>
#include <string.h>

static int no_memory(struct err *err)
{
	return err_set(err, ERR_FATAL, "out of memory");
}

static void given_clear(struct given *g)
{
	for (size_t i = 0; i < g->n; i++)
		free(g->values[i]);
	free((void *)g->values);
	*g = (struct given){.source = SOURCE_NONE};
}

/* A better source replaces what a worse one said; the same one adds to it. */
int options_give(struct options_reader *r, size_t i, enum source source, const char *value, size_t len)
{
	struct given *g = &r->mem->given[i];
	char **values;

	if (g->source > source)
		return 0;
	if (g->source < source || option_table[i].type != OPTION_LIST)
		given_clear(g);
	values = (char **)realloc((void *)g->values, (g->n + 1) * sizeof(*values));
	if (values == NULL)
		return no_memory(r->err);
	g->values = values;
	if ((values[g->n] = strndup(value, len)) == NULL)
		return no_memory(r->err);
	g->n++;
	g->source = source;
	g->line = r->line;
	return 0;
}

/* --- where values come from --- */

static int find_option(const char *name, size_t n)
{
	for (int i = 0; option_table[i].name != NULL; i++)
		if (strlen(option_table[i].name) == n && memcmp(option_table[i].name, name, n) == 0)
			return i;
	return -1;
}

/* --- what is no option, and what would be --- */

/* dashes: "--" on the command line, "" in the config file, where the options of all commands may stand. */
static int unknown_option(struct options_reader *r, const char *where, const char *dashes, const char *name)
{
	bool in_config = dashes[0] == '\0';
	struct nearest near;
	char hint[100];

	nearest_begin(&near, name, strlen(name));
	for (const struct option_def *o = option_table; o->name != NULL; o++)
		if (in_config ? options_from_config(o) : (o->commands & r->command) != 0)
			nearest_offer(&near, o->name, strlen(o->name));
	nearest_hint(&near, dashes, "", hint, sizeof(hint));
	return err_set(r->err, ERR_FATAL, "%sno option '%s%.100s'%s", where, dashes, name,
		       hint[0] != '\0' ? hint : "; see 'omni-export help'");
}

/* An option that there is, but of another command: of which one, our caller knows to say. */
static int foreign_option(struct options_reader *r, const struct option_def *o, const char *as, const char *command)
{
	r->out->foreign = o;
	return err_set(r->err, ERR_FATAL, "option '%s' is none of '%s'", as, command);
}

/* A beginning that several options of the command have. */
static int ambiguous_option(struct options_reader *r, const char *name)
{
	char all[300] = "";
	size_t n = 0;

	for (const struct option_def *o = option_table; o->name != NULL && n < sizeof(all); o++)
		if ((o->commands & r->command) != 0 && strncmp(o->name, name, strlen(name)) == 0)
			n += (size_t)snprintf(all + n, sizeof(all) - n, "%s--%s", n > 0 ? ", " : "", o->name);
	return err_set(r->err, ERR_FATAL, "option '--%s' could be any of %s", name, all);
}

static int bad_long_option(struct options_reader *r, const char *word, const char *command)
{
	size_t alike = 0;
	char name[64];
	int same;

	(void)snprintf(name, sizeof(name), "%s", word + 2);
	name[strcspn(name, "=")] = '\0';
	for (const struct option_def *o = option_table; o->name != NULL; o++)
		alike += (o->commands & r->command) != 0 && strncmp(o->name, name, strlen(name)) == 0;
	if (alike > 1)
		return ambiguous_option(r, name);
	same = find_option(name, strlen(name));
	if (same < 0)
		return unknown_option(r, "", "--", name);
	(void)snprintf(name, sizeof(name), "--%s", option_table[same].name);
	return foreign_option(r, &option_table[same], name, command);
}

/* Where getopt is in a word of several letters, it has not gone on to the next word yet. */
static const char *word_of_letter(char **argv, char letter)
{
	const char *before = argv[optind - 1];

	if (before[0] == '-' && before[1] != '\0' && before[strlen(before) - 1] == letter)
		return before;
	return argv[optind] != NULL ? argv[optind] : before;
}

/* A letter that is none; where the word is a long name with one dash, that is what it wants to be. */
static int bad_letter(struct options_reader *r, char letter, char **argv)
{
	const char as[] = {'-', letter, '\0'}, *word = word_of_letter(argv, letter);
	int named = word[0] == '-' ? find_option(word + 1, strcspn(word + 1, "=")) : -1;

	if (named >= 0 && (option_table[named].commands & r->command) != 0)
		return err_set(r->err, ERR_FATAL, "no option '%s'; did you mean '--%s'?", as, option_table[named].name);
	for (const struct option_def *o = option_table; o->name != NULL; o++)
		if (o->letter == letter)
			return foreign_option(r, o, as, argv[0]);
	if (!isgraph((unsigned char)letter) || (unsigned char)letter >= 128)
		return err_set(r->err, ERR_FATAL, "no option with such a letter: '%.100s'; see 'omni-export help'",
			       word);
	return err_set(r->err, ERR_FATAL, "no option '%s'; see 'omni-export help'", as);
}

/* What getopt_long could not make sense of, said as a sentence. */
static int bad_argument(struct options_reader *r, int c, char **argv)
{
	const struct option_def *o = option_table;

	if (c == '?')
		return optopt == 0 ? bad_long_option(r, argv[optind - 1], argv[0]) : bad_letter(r, (char)optopt, argv);
	if (optopt >= 256)
		return err_set(r->err, ERR_FATAL, "option '--%s' needs a value: %s", o[optopt - 256].name,
			       o[optopt - 256].arg);
	while (o->name != NULL && o->letter != optopt)
		o++;
	return err_set(r->err, ERR_FATAL, "option '-%c' needs a value: %s", optopt, o->name != NULL ? o->arg : "");
}

/* What is said in full is not taken for a beginning of another name: the option of this name is another command's.
 * NULL: it is not so. */
static const struct option_def *foreign_in_full(const struct options_reader *r, char **argv)
{
	const char *word = argv[optind - (optarg != NULL && optarg == argv[optind - 1] ? 2 : 1)];
	int i = strncmp(word, "--", 2) == 0 ? find_option(word + 2, strcspn(word + 2, "=")) : -1;

	return i >= 0 && (option_table[i].commands & r->command) == 0 ? &option_table[i] : NULL;
}

static int read_argv(struct options_reader *r, int argc, char **argv)
{
	struct option longs[OPTIONS_MAX + 1] = {0};
	char letters[3 * OPTIONS_MAX + 2] = ":", name[64];
	const struct option_def *foreign;
	size_t n = 1, k = 0;
	int c, at;

	for (int i = 0; option_table[i].name != NULL; i++) {
		const struct option_def *o = &option_table[i];
		bool takes = o->arg != NULL;

		if ((o->commands & r->command) == 0)
			continue;
		longs[k++] = (struct option){o->name, takes ? required_argument : optional_argument, NULL, 256 + i};
		if (o->letter != 0) {
			letters[n++] = o->letter;
			if (takes)
				letters[n++] = ':';
		}
	}
	letters[n] = '\0';
	opterr = 0;
	optind = 0;
	while ((c = getopt_long(argc, argv, letters, longs, NULL)) != -1) {
		if (c == '?' || c == ':')
			return bad_argument(r, c, argv);
		if (c >= 256 && (foreign = foreign_in_full(r, argv)) != NULL) {
			(void)snprintf(name, sizeof(name), "--%s", foreign->name);
			return foreign_option(r, foreign, name, argv[0]);
		}
		for (at = c - 256; at < 0;)
			for (int i = 0; at < 0; i++)
				if (option_table[i].letter == c)
					at = i;
		if (options_give(r, (size_t)at, SOURCE_ARGV, optarg != NULL ? optarg : "yes",
				 strlen(optarg != NULL ? optarg : "yes")) != 0)
			return -1;
	}
	r->out->argc = argc;
	r->out->argv = argv;
	r->out->operands = argv + optind;
	r->out->n_operands = (size_t)(argc - optind);
	return 0;
}

bool options_from_environment(const struct option_def *o)
{
	return o->type != OPTION_HELP && o->type != OPTION_VERSION;
}

bool options_from_config(const struct option_def *o)
{
	return options_from_environment(o) && strcmp(o->name, "config") != 0;
}

void options_environment_name(const char *name, char *out, size_t size)
{
	size_t n = (size_t)snprintf(out, size, "OMNI_EXPORT_%s", name);

	for (size_t i = 0; i < n && i < size; i++)
		out[i] = out[i] == '-' ? '_' : (char)toupper((unsigned char)out[i]);
}

static int read_environment(struct options_reader *r)
{
	char name[64];

	for (size_t i = 0; option_table[i].name != NULL; i++) {
		const struct option_def *o = &option_table[i];
		const char *value;

		if ((o->commands & r->command) == 0 || !options_from_environment(o))
			continue;
		options_environment_name(o->name, name, sizeof(name));
		value = getenv(name);
		if (value == NULL || value[0] == '\0')
			continue;
		for (const char *end; value != NULL; value = *end != '\0' ? end + 1 : NULL) {
			end = o->type == OPTION_LIST ? value + strcspn(value, "\n") : value + strlen(value);
			if (end > value && options_give(r, i, SOURCE_ENVIRONMENT, value, (size_t)(end - value)) != 0)
				return -1;
		}
	}
	return 0;
}

struct config_file {
	struct options_reader *r;
	FILE *f;
	bool long_line;
};

/* inih's reader: fgets, but it knows where it is. A line beyond inih's buffer would be taken for two. */
static char *config_gets(char *line, int size, void *stream)
{
	struct config_file *c = stream;
	size_t n;

	if (c->long_line || fgets(line, size, c->f) == NULL)
		return NULL;
	c->r->line++;
	n = strlen(line);
	c->long_line = n + 1 == (size_t)size && line[n - 1] != '\n';
	return c->long_line ? NULL : line;
}

static int config_entry(void *ctx, const char *section, const char *name, const char *value)
{
	struct options_reader *r = ctx;
	char where[300];
	int i = find_option(name, strlen(name));

	if (r->failed)
		return 0;
	(void)snprintf(where, sizeof(where), "%s:%d: ", r->mem->config_path, r->line);
	if (section[0] != '\0')
		(void)err_set(r->err, ERR_FATAL,
			      "%sa section '[%s]': this file has no sections, only lines 'name = value'", where,
			      section);
	else if (i < 0 || !options_from_config(&option_table[i]))
		(void)unknown_option(r, where, "", name);
	else if ((option_table[i].commands & r->command) == 0 ||
		 options_give(r, (size_t)i, SOURCE_CONFIG, value, strlen(value)) == 0)
		return 1;
	r->failed = true;
	return 0;
}

static int read_config_file(struct options_reader *r, FILE *f, const char *path)
{
	struct config_file c = {.r = r, .f = f};
	int bad;

	if ((r->mem->config_path = strdup(path)) == NULL)
		return no_memory(r->err);
	bad = ini_parse_stream(config_gets, &c, config_entry, r);
	if (r->failed)
		return -1;
	if (ferror(f))
		return err_sys(r->err, ERR_FATAL, errno, "cannot read '%s'", path);
	if (c.long_line)
		return err_set(r->err, ERR_FATAL, "%s:%d: the line is too long", path, r->line);
	if (bad != 0)
		return err_set(r->err, ERR_FATAL, "%s:%d: not a line 'name = value'", path, bad);
	return 0;
}

/* The file named by --config must be there; the default ones may be. */
static int read_config(struct options_reader *r)
{
	struct given *named = &r->mem->given[find_option("config", strlen("config"))];
	const char *xdg = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");
	char paths[3][4096] = {"", "", "/etc/omni-export.ini"};

	if (named->n > 0)
		(void)snprintf(paths[0], sizeof(paths[0]), "%s", named->values[0]);
	else if (xdg != NULL && xdg[0] != '\0')
		(void)snprintf(paths[1], sizeof(paths[1]), "%s/omni-export/config.ini", xdg);
	else if (home != NULL && home[0] != '\0')
		(void)snprintf(paths[1], sizeof(paths[1]), "%s/.config/omni-export/config.ini", home);
	for (size_t i = 0; i < (named->n > 0 ? 1 : 3); i++) {
		FILE *f = paths[i][0] != '\0' ? fopen(paths[i], "re") : NULL;
		int failed;

		if (f == NULL) {
			if (paths[i][0] != '\0' && (named->n > 0 || (errno != ENOENT && errno != ENOTDIR)))
				return err_sys(r->err, ERR_FATAL, errno, "cannot open '%s'", paths[i]);
			continue;
		}
		failed = read_config_file(r, f, paths[i]);
		(void)fclose(f);
		return failed;
	}
	return 0;
}

int options_read(int argc, char **argv, unsigned command, struct options *out, struct err *err)
{
	struct options_reader r = {.out = out, .command = command, .err = err};

	*out = (struct options){.max_time_ms = -1};
	out->memory = r.mem = calloc(1, sizeof(*r.mem));
	if (r.mem == NULL)
		return no_memory(err);
	if (read_argv(&r, argc, argv) != 0)
		return -1;
	for (size_t i = 0; option_table[i].name != NULL; i++)
		if (r.mem->given[i].n > 0 &&
		    (option_table[i].type == OPTION_HELP || option_table[i].type == OPTION_VERSION))
			return options_set_values(&r);
	if (command == FOR_ITSELF)
		return options_set_values(&r);
	if (read_environment(&r) != 0 || read_config(&r) != 0)
		return -1;
	return options_set_values(&r);
}

void options_free(struct options *o)
{
	struct options_memory *mem = o->memory;

	if (mem == NULL)
		return;
	for (size_t i = 0; i < OPTIONS_MAX; i++)
		given_clear(&mem->given[i]);
	free(mem->config_path);
	free(mem);
	o->memory = NULL;
}
