#include "completion_own.h"

#include <string.h>

#define QUOTE   "'\\''" /* a single quote within single quotes */
#define IN_BOX  "[]\\"  /* what ends the description of an option */
#define IN_LIST ":\\"   /* what ends the name in "name:description" */

static const char ending[] = "if [ \"$funcstack[1]\" = _omni-export ]; then\n"
			     "  _omni-export \"$@\"\n"
			     "else\n"
			     "  compdef _omni-export omni-export\n"
			     "fi\n";

/* What completes a value: the end of an option's or an operand's description. */
static void print_action(FILE *f, const struct completion_value *v)
{
	switch (v->kind) {
	case COMPLETION_FILES:
		(void)fputs("_files", f);
		break;
	case COMPLETION_SINKS:
		(void)fputs("_omni_export_sinks", f);
		break;
	case COMPLETION_WORDS:
		(void)fputc('(', f);
		completion_words(f, v, " ");
		(void)fputc(')', f);
		break;
	case COMPLETION_COMMANDS:
		(void)fputs("_omni_export_commands", f);
		break;
	case COMPLETION_NOTHING:
		(void)fputc(' ', f);
		break;
	}
}

static void print_option(FILE *f, const struct option_def *o)
{
	struct completion_value v = completion_of_option(o);
	const char *equals = v.name != NULL ? "=" : "";
	bool alone = o->type == OPTION_HELP || o->type == OPTION_VERSION;

	/* Those that can be given several times exclude nothing; --help excludes all. */
	(void)fputs("        '", f);
	if (alone)
		(void)fputs("(- *)", f);
	else if (o->type == OPTION_LIST)
		(void)fputc('*', f);
	else if (o->letter != 0)
		(void)fprintf(f, "(-%c --%s)", o->letter, o->name);
	if (o->letter != 0)
		(void)fprintf(f, "'{-%c%s,--%s%s}'", o->letter, v.name != NULL ? "+" : "", o->name, equals);
	else
		(void)fprintf(f, "--%s%s", o->name, equals);
	(void)fputc('[', f);
	completion_help(f, o, IN_BOX, QUOTE);
	(void)fputc(']', f);
	if (v.name != NULL) {
		(void)fputc(':', f);
		if (v.kind == COMPLETION_WORDS)
			(void)fputs(o->name, f);
		else
			completion_quoted(f, v.name, v.n, ":\\", QUOTE);
		(void)fputc(':', f);
		print_action(f, &v);
	}
	(void)fputs("' \\\n", f);
}

static void print_command(FILE *f, const struct completion_command *c)
{
	const char *left = operand_begin(c->usage);
	struct completion_value v = completion_of_operands(c->usage);
	struct operand o;

	(void)fprintf(f, "    %s)\n      _arguments -s -S \\\n", c->name);
	for (const struct option_def *d = option_table; d->name != NULL; d++)
		if ((d->commands & c->options) != 0)
			print_option(f, d);
	if (operand_next(&left, &o)) {
		(void)fprintf(f, "        '%s:", o.repeated ? "*" : o.optional ? "1:" : "1");
		if (v.kind == COMPLETION_WORDS)
			(void)fputs(c->name, f);
		else
			completion_quoted(f, v.name, v.n, ":\\", QUOTE);
		(void)fputc(':', f);
		print_action(f, &v);
		(void)fputs("' \\\n", f);
	}
	(void)fputs("        && ret=0\n      ;;\n", f);
}

static void print_sinks(FILE *f, const struct completion *c)
{
	const char *bar = "";

	(void)fputs("(( $+functions[_omni_export_sinks] )) ||\n"
		    "_omni_export_sinks() {\n"
		    "  if compset -P '(",
		    f);
	for (const struct completion_sink *s = c->sinks; s->start != NULL; s++)
		if (s->path) {
			(void)fprintf(f, "%s%s", bar, s->start);
			bar = "|";
		}
	(void)fputs(")'; then\n"
		    "    _files\n"
		    "  else\n"
		    "    local ret=1\n"
		    "    compadd -S '' --",
		    f);
	for (const struct completion_sink *s = c->sinks; s->start != NULL; s++)
		(void)fprintf(f, " '%s'", s->start);
	(void)fputs(" && ret=0\n"
		    "    _files && ret=0\n"
		    "    return ret\n"
		    "  fi\n"
		    "}\n\n",
		    f);
}

void completion_zsh(FILE *f, const struct completion *c)
{
	(void)fputs("#compdef omni-export\n"
		    "# Completion of omni-export for zsh, as 'omni-export completion zsh' prints it.\n\n"
		    "(( $+functions[_omni_export_commands] )) ||\n"
		    "_omni_export_commands() {\n"
		    "  local -a commands=(\n",
		    f);
	for (const struct completion_command *k = c->commands; k->name != NULL; k++) {
		(void)fprintf(f, "    '%s:", k->name);
		completion_quoted(f, k->summary, strlen(k->summary), IN_LIST, QUOTE);
		(void)fputs("'\n", f);
	}
	(void)fputs("  )\n"
		    "  _describe -t commands command commands\n"
		    "}\n\n",
		    f);
	print_sinks(f, c);
	(void)fputs("_omni-export() {\n"
		    "  local curcontext=$curcontext state line ret=1\n"
		    "  typeset -A opt_args\n\n"
		    "  _arguments -C \\\n",
		    f);
	for (const struct option_def *o = option_table; o->name != NULL; o++)
		if (o->type == OPTION_HELP || o->type == OPTION_VERSION)
			print_option(f, o);
	(void)fputs("        '1:command:_omni_export_commands' \\\n"
		    "        '*::argument:->arguments' && ret=0\n"
		    "  if [ \"$state\" = arguments ]; then\n"
		    "    curcontext=${curcontext%:*:*}:omni-export-$words[1]:\n"
		    "    case $words[1] in\n",
		    f);
	for (const struct completion_command *k = c->commands; k->name != NULL; k++)
		print_command(f, k);
	(void)fputs("    esac\n"
		    "  fi\n"
		    "  return ret\n"
		    "}\n\n",
		    f);
	(void)fputs(ending, f);
}
