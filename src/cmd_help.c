#include "command.h"
#include "log.h"
#include "run.h"

#include <stdio.h>

void cmd_help_help(FILE *f)
{
	(void)fputs("omni-export saves the results of Omni AI jobs before they expire.\n\nUsage:\n", f);
	for (const struct command *c = command_table; c->name != NULL; c++)
		(void)fprintf(f, "  omni-export %s\n      %s\n", c->usage, c->summary);
	(void)fputs("  omni-export --version\n\n"
		    "Try first:\n"
		    "  export OMNI_BASE_URL=https://NAME.omniapp.co OMNI_API_KEY=...\n"
		    "  omni-export run jobs.txt --to results.db\n\n"
		    "'omni-export help run' tells all options; the manual is omni-export(1).\n",
		    f);
}

int cmd_help(int argc, char **argv)
{
	const struct command *c = argc > 1 ? command_find(argv[1]) : command_find("help");

	if (c == NULL) {
		log_line(LOG_ERROR, NULL, "no command '%s'; see 'omni-export help'", argv[1]);
		return EXIT_USAGE;
	}
	c->help(stdout);
	return command_flush();
}
