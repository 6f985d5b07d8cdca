#include "command.h"
#include "log.h"
#include "run.h"
#include "status.h"

void cmd_status_help(FILE *f)
{
	(void)fputs("Usage: omni-export status [OPTION]... SINK\n\n"
		    "Is everything safe? The first line says so, and the exit status. Then: jobs by\n"
		    "state, what expires next, what is not stored and why, what the API truncated,\n"
		    "and the last runs. Reads the sink alone: takes no lock, changes nothing, asks\n"
		    "the API nothing, and may be used while a run is under way.\n\n"
		    "Options:\n",
		    f);
	options_help(f, FOR_STATUS);
	(void)fputs("\nExit status:\n"
		    "  0   all safe: every job asked for is stored, or was lost before --since\n"
		    "  2   bad usage\n"
		    "  3   something is open: it is not stored yet\n"
		    "  4   something was lost since --since\n"
		    "  5   the sink is not there, or cannot be read\n",
		    f);
}

/* One sink, and nothing else. */
static int one_sink(const struct options *o)
{
	if (o->n_operands == 1)
		return status(o);
	log_line(LOG_ERROR, NULL, "%s; see 'omni-export help status'",
		 o->n_operands == 0 ? "no sink is given: status needs one, such as 'sqlite:omni-export.db'"
				    : "status takes one sink at a time");
	return EXIT_USAGE;
}

int cmd_status(int argc, char **argv)
{
	return command_main(argc, argv, FOR_STATUS, cmd_status_help, one_sink);
}
