#include "command.h"

#include "log.h"
#include "nearest.h"
#include "operand.h"
#include "run.h"

#include <errno.h>
#include <string.h>

const struct command command_table[] = {
    {"run", "run [OPTION]... [FILE]...", "fetch the results of the jobs in FILE, write them to sinks", FOR_RUN, cmd_run,
     cmd_run_help},
    {"load", "load [OPTION]... [FILE]...", "write results again from stored bodies; asks the API nothing", FOR_LOAD,
     cmd_load, cmd_load_help},
    {"discover", "discover [OPTION]...", "list the jobs that the instance's conversations know", FOR_DISCOVER,
     cmd_discover, cmd_discover_help},
    {"status", "status [OPTION]... SINK", "tell what a sink holds, what is missing, what expires next", FOR_STATUS,
     cmd_status, cmd_status_help},
    {"verify", "verify [OPTION]... SINK", "check a sink against itself: bodies, rows, files, checksums", FOR_VERIFY,
     cmd_verify, cmd_verify_help},
    {"views", "views [OPTION]... SINK", "make one typed SQL view for each shape of result", FOR_VIEWS, cmd_views,
     cmd_views_help},
    {"report", "report [OPTION]... SINK", "show what the AI was asked, did and answered, as an HTML page", FOR_REPORT,
     cmd_report, cmd_report_help},
    {"completion", "completion bash|zsh|fish", "print the completion script of a shell", FOR_ITSELF, cmd_completion,
     cmd_completion_help},
    {"help", "help [COMMAND]", "tell how a command is used", FOR_ITSELF, cmd_help, cmd_help_help},
    {.name = NULL},
};

const struct command *command_find(const char *name)
{
	for (const struct command *c = command_table; c->name != NULL; c++)
		if (strcmp(c->name, name) == 0)
			return c;
	return NULL;
}

int command_unknown(const char *what, const char *name)
{
	const char *colon = strchr(name, ':');
	struct nearest near;
	char hint[100];
	int n = colon != NULL && colon - name < 100 ? (int)(colon - name) + 1 : 100;

	nearest_begin(&near, name, strlen(name));
	for (const struct command *c = command_table; c->name != NULL; c++)
		nearest_offer(&near, c->name, strlen(c->name));
	nearest_hint(&near, "", "", hint, sizeof(hint));
	/* What follows a colon may be a sink's password, where the command was left out. */
	log_line(LOG_ERROR, NULL, "no %s '%.*s'%s%s", what, n, name, name[0] == '-' ? "; a command comes first" : "",
		 hint[0] != '\0' ? hint : "; see 'omni-export help'");
	return EXIT_USAGE;
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

/* Options and operands as the table and the usage have them. 0, or -1 when what is wrong has been told. */
static int read_arguments(int argc, char **argv, unsigned which, struct options *o)
{
	const struct command *self = command_find(argv[0]);
	struct err err = {0};
	char whose[200] = "";
	size_t n = 0;

	if (options_read(argc, argv, which, o, &err) == 0 && !o->help && !o->version && self != NULL)
		(void)operand_check(self->usage, o->operands, o->n_operands, &err);
	if (err.kind == ERR_NONE)
		return 0;
	for (const struct command *c = command_table; o->foreign != NULL && c->name != NULL && n < sizeof(whose); c++)
		if ((o->foreign->commands & c->options) != 0)
			n += (size_t)snprintf(whose + n, sizeof(whose) - n, "%s'%s'",
					      n > 0 ? " and " : "; it belongs to ", c->name);
	log_line(LOG_ERROR, NULL, "%s%s", err.msg, whose);
	return -1;
}

int command_main(int argc, char **argv, unsigned which, void (*help)(FILE *), int (*work)(const struct options *))
{
	struct options o;
	int code = 0;

	if (read_arguments(argc, argv, which, &o) != 0) {
		code = EXIT_USAGE;
	} else if (o.help || o.version) {
		(o.help ? help : command_version)(stdout);
		code = command_flush();
	} else {
		log_setup(o.quiet     ? LOG_ERROR
			  : o.verbose ? LOG_DEBUG
				      : LOG_INFO,
			  o.log_format != NULL && strcmp(o.log_format, "json") == 0);
		log_catch_stderr();
		code = work(&o);
	}
	options_free(&o);
	return code;
}
