#include "command.h"
#include "run.h"

void cmd_discover_help(FILE *f)
{
	(void)fputs("Usage: omni-export discover [OPTION]...\n\n"
		    "Lists the jobs that the instance's conversations know: one JSON object a line,\n"
		    "with job_id, completed_at, conversation_id, conversation and prompt. What had\n"
		    "activity last comes first. A list of it is an input of 'run', which also does\n"
		    "both in one: run --discover.\n\n"
		    "Examples:\n"
		    "  omni-export discover > jobs.jsonl\n"
		    "  omni-export discover --since 2d | omni-export run - --to results.db\n\n",
		    f);
	options_help(f, FOR_DISCOVER);
	(void)fputs("\nExit status:\n"
		    "  0   that is all there is\n"
		    "  1   something unexpected; standard output cannot be written\n"
		    "  2   bad usage or configuration; nothing was asked\n"
		    "  3   what is listed is true, but it is not all: running again may help\n"
		    "  5   a sink of --not-in cannot be read\n"
		    "  6   the API refuses the key\n"
		    "  7   all is listed but for job IDs that are none\n"
		    "  129, 130, 143  interrupted\n",
		    f);
}

int cmd_discover(int argc, char **argv)
{
	return command_main(argc, argv, FOR_DISCOVER, cmd_discover_help, run_discover);
}
