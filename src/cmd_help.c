#include "command.h"
#include "run.h"

#include <stdio.h>
#include <string.h>

void cmd_help_help(FILE *f)
{
	int width = 0;

	for (const struct command *c = command_table; c->name != NULL; c++)
		width = (int)strlen(c->name) > width ? (int)strlen(c->name) : width;
	(void)fputs("omni-export saves the results of Omni AI jobs before they expire.\n\n"
		    "Usage: omni-export COMMAND [OPTION]... [OPERAND]...\n"
		    "       omni-export --help | --version\n\n"
		    "Commands:\n",
		    f);
	for (const struct command *c = command_table; c->name != NULL; c++)
		(void)fprintf(f, "  %-*s  %s\n", width, c->name, c->summary);
	(void)fputs("\nTry first:\n"
		    "  export OMNI_BASE_URL=https://NAME.omniapp.co OMNI_API_KEY=...\n"
		    "  omni-export run jobs.txt --to results.db\n\n"
		    "'omni-export help run' tells all options; the manual is omni-export(1).\n",
		    f);
}

static int help_on(const struct options *o)
{
	const struct command *c = command_find(o->n_operands > 0 ? o->operands[0] : "help");

	if (c == NULL)
		return command_unknown("help on", o->operands[0]);
	c->help(stdout);
	return command_flush();
}

int cmd_help(int argc, char **argv)
{
	return command_main(argc, argv, FOR_ITSELF, cmd_help_help, help_on);
}
