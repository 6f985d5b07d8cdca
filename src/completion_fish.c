#include "completion_own.h"

#include <string.h>

#define QUOTE   "\\'" /* a single quote within single quotes */
#define SPECIAL "\\"

/* --to=SINK and -tSINK are one word of the line; what is completed is its end. */
static const char sinks_function[] =
    "function __omni_export_sinks\n"
    "    set -l word (commandline -ct | string replace -r -- '^(--[a-z-]+=|-[a-zA-Z])' '')\n"
    "    set -l quote (string match -r -- '^[\"\\']' \"$word\")\n"
    "    set word (string replace -r -- '^[\"\\']' '' \"$word\")\n"
    "    set -l begin (string match -r -- $__omni_export_paths \"$word\")\n"
    "    if test -n \"$begin\"\n"
    "        set word (string replace -- \"$begin\" '' \"$word\")\n"
    "    else\n"
    "        printf '%s\\n' $__omni_export_schemes\n"
    "        string match -q '*:*' -- \"$word\"; and return\n"
    "    end\n"
    "    for path in (complete -C \"'' $quote$word\")\n"
    "        printf '%s%s\\n' \"$begin\" $path\n"
    "    end\n"
    "end\n\n";

static const char conditions[] = "function __omni_export_no_command\n"
				 "    test (count (commandline -opc)) -eq 1\n"
				 "end\n\n"
				 "function __omni_export_command\n"
				 "    set -l words (commandline -opc)\n"
				 "    test (count $words) -ge 2; and test $words[2] = $argv[1]\n"
				 "end\n\n";

/* The flags of `complete` for a value of this kind. */
static void print_value(FILE *f, const struct completion *c, const struct completion_value *v)
{
	switch (v->kind) {
	case COMPLETION_FILES:
		(void)fputs(" -F", f);
		break;
	case COMPLETION_SINKS:
		(void)fputs(" -f -a '(__omni_export_sinks)'", f);
		break;
	case COMPLETION_WORDS:
		(void)fputs(" -f -a '", f);
		completion_words(f, v, " ");
		(void)fputc('\'', f);
		break;
	case COMPLETION_COMMANDS:
		(void)fputs(" -f -a '", f);
		for (const struct completion_command *k = c->commands; k->name != NULL; k++)
			(void)fprintf(f, "%s%s", k != c->commands ? " " : "", k->name);
		(void)fputc('\'', f);
		break;
	case COMPLETION_NOTHING:
		(void)fputs(" -f", f);
		break;
	}
}

static void print_option(FILE *f, const struct completion *c, const char *condition, const char *command,
			 const struct option_def *o)
{
	struct completion_value v = completion_of_option(o);

	(void)fprintf(f, "complete -c omni-export -n '%s%s' -l %s", condition, command, o->name);
	if (o->letter != 0)
		(void)fprintf(f, " -s %c", o->letter);
	if (v.name != NULL) {
		(void)fputs(" -r", f);
		print_value(f, c, &v);
	}
	(void)fputs(" -d '", f);
	completion_help(f, o, SPECIAL, QUOTE);
	(void)fputs("'\n", f);
}

static void print_command(FILE *f, const struct completion *c, const struct completion_command *k)
{
	struct completion_value v = completion_of_operands(k->usage);

	(void)fprintf(f, "\ncomplete -c omni-export -n '__omni_export_command %s'", k->name);
	print_value(f, c, &v);
	(void)fputc('\n', f);
	for (const struct option_def *o = option_table; o->name != NULL; o++)
		if ((o->commands & k->options) != 0)
			print_option(f, c, "__omni_export_command ", k->name, o);
}

void completion_fish(FILE *f, const struct completion *c)
{
	const char *bar = "";

	(void)fputs("# Completion of omni-export for fish, as 'omni-export completion fish' prints it.\n\n"
		    "# what a sink begins with, and where a path follows\n"
		    "set -g __omni_export_schemes",
		    f);
	for (const struct completion_sink *s = c->sinks; s->start != NULL; s++)
		(void)fprintf(f, " '%s'", s->start);
	(void)fputs("\nset -g __omni_export_paths '^(?:", f);
	for (const struct completion_sink *s = c->sinks; s->start != NULL; s++)
		if (s->path) {
			(void)fprintf(f, "%s%s", bar, s->start);
			bar = "|";
		}
	(void)fputs(")'\n\n", f);
	(void)fputs(sinks_function, f);
	(void)fputs(conditions, f);
	(void)fputs("complete -c omni-export -f\n", f);
	for (const struct completion_command *k = c->commands; k->name != NULL; k++) {
		(void)fprintf(f, "complete -c omni-export -n __omni_export_no_command -a %s -d '", k->name);
		completion_quoted(f, k->summary, strlen(k->summary), SPECIAL, QUOTE);
		(void)fputs("'\n", f);
	}
	for (const struct option_def *o = option_table; o->name != NULL; o++)
		if (o->type == OPTION_HELP || o->type == OPTION_VERSION)
			print_option(f, c, "__omni_export_no_command", "", o);
	for (const struct completion_command *k = c->commands; k->name != NULL; k++)
		print_command(f, c, k);
}
