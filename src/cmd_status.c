#include "command.h"
#include "status.h"

void cmd_status_help(FILE *f)
{
	(void)fputs("Usage: omni-export status [OPTION]... SINK\n\n"
		    "Is everything safe? The first line says so, and the exit status. Then: jobs by\n"
		    "state, what expires next, what is not stored and why, what the API truncated,\n"
		    "and the last runs. Reads the sink alone: takes no lock, changes nothing, asks\n"
		    "the API nothing, and may be used while a run is under way.\n\n"
		    "Examples:\n"
		    "  omni-export status results.db\n"
		    "  omni-export status --json --since 2d raw:bodies\n\n",
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

int cmd_status(int argc, char **argv)
{
	return command_main(argc, argv, FOR_STATUS, cmd_status_help, status);
}
