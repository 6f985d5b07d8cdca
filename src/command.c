#include "command.h"

#include "options.h"

#include <string.h>

const struct command command_table[] = {
    {"run", "run [OPTION]... [FILE]...", "fetch the results of the jobs in FILE, write them to sinks", FOR_RUN, cmd_run,
     cmd_run_help},
    {"help", "help [COMMAND]", "tell how a command is used", 0, cmd_help, cmd_help_help},
    {.name = NULL},
};

const struct command *command_find(const char *name)
{
	for (const struct command *c = command_table; c->name != NULL; c++)
		if (strcmp(c->name, name) == 0)
			return c;
	return NULL;
}

void command_version(FILE *f)
{
	(void)fprintf(f, "%s %s\n", PACKAGE_NAME, PACKAGE_VERSION);
}
