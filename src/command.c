#include "command.h"

#include "log.h"
#include "run.h"

#include <errno.h>
#include <string.h>

const struct command command_table[] = {
    {"run", "run [OPTION]... [FILE]...", "fetch the results of the jobs in FILE, write them to sinks", FOR_RUN, cmd_run,
     cmd_run_help},
    {"load", "load [OPTION]... [FILE]...", "write results again from stored bodies; asks the API nothing", FOR_LOAD,
     cmd_load, cmd_load_help},
    {"status", "status [OPTION]... SINK", "tell what a sink holds, what is missing, what expires next", FOR_STATUS,
     cmd_status, cmd_status_help},
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

int command_flush(void)
{
	/* What an earlier write could not do is not tried again by this one. */
	if (fflush(stdout) == 0 && !ferror(stdout))
		return 0;
	log_line(LOG_ERROR, NULL, "cannot write standard output: %s", strerror(errno));
	return EXIT_UNEXPECTED;
}

int command_main(int argc, char **argv, unsigned which, void (*help)(FILE *), int (*work)(const struct options *))
{
	struct options o;
	struct err err = {0};
	int code = 0;

	if (options_read(argc, argv, which, &o, &err) != 0) {
		log_line(LOG_ERROR, NULL, "%s", err.msg);
		code = EXIT_USAGE;
	} else if (o.help || o.version) {
		(o.help ? help : command_version)(stdout);
		code = command_flush();
	} else {
		log_setup(o.quiet ? LOG_ERROR : o.verbose ? LOG_DEBUG : LOG_INFO, strcmp(o.log_format, "json") == 0);
		log_catch_stderr();
		code = work(&o);
	}
	options_free(&o);
	return code;
}
