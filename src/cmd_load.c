#include "command.h"
#include "run.h"

void cmd_load_help(FILE *f)
{
	(void)fputs("Usage: omni-export load [OPTION]... [FILE]...\n\n"
		    "Writes results again from the bodies that a sink keeps, and asks the API\n"
		    "nothing: to a new sink, or decoded again in place. The jobs are those listed in\n"
		    "FILE, or all that the source knows. Targets get what they lack or hold from\n"
		    "another body.\n\n"
		    "Examples:\n"
		    "  omni-export load --from raw:bodies --to warehouse.db\n"
		    "  omni-export load --from results.db --to results.db --all\n\n",
		    f);
	options_help(f, FOR_LOAD);
	(void)fputs("\nThe exit status is that of 'run'; 3: the body of some jobs is not kept.\n", f);
}

int cmd_load(int argc, char **argv)
{
	return command_main(argc, argv, FOR_LOAD, cmd_load_help, run_from);
}
