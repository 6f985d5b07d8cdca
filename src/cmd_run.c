#include "command.h"
#include "options.h"
#include "run.h"

void cmd_run_help(FILE *f)
{
	(void)fputs("Usage: omni-export run [OPTION]... [FILE]...\n\n"
		    "Fetches the results of the jobs listed in FILE (none, or -: standard input) and\n"
		    "writes them to sinks. A line is a job's UUID, a line of CSV or TSV with one, or\n"
		    "a JSON object with jobId, job_id or id; blank lines and lines that begin with #\n"
		    "are passed over. What a sink holds already is not fetched again.\n\n"
		    "Examples:\n"
		    "  omni-export run jobs.txt --to results.db\n"
		    "  omni-export run -q -e missing.tsv --to results.db webhooks.jsonl\n"
		    "  omni-export run jobs.txt --to raw:bodies --to postgresql://etl@db.example/dw\n"
		    "  omni-export run --discover --since 2d --to results.db\n\n",
		    f);
	options_help(f, FOR_RUN);
	(void)fputs("\nEvery long option can come from the environment as OMNI_EXPORT_ and its name\n"
		    "(--max-time: OMNI_EXPORT_MAX_TIME). Command line, environment, config file,\n"
		    "default: the first that speaks wins.\n\n"
		    "Exit status:\n"
		    "  0   every job is stored in every sink, or known from earlier to be lost\n"
		    "  1   something unexpected\n"
		    "  2   bad usage or configuration; nothing was done\n"
		    "  3   incomplete: some jobs are not stored, running again may help\n"
		    "  4   lost: this run learned that some jobs cannot be had\n"
		    "  5   a sink cannot be opened or written\n"
		    "  6   the API refuses the key\n"
		    "  7   all is well but for input lines that name no job\n"
		    "  75  another run holds this sink; nothing was done, try later\n"
		    "  129, 130, 143  interrupted; what was stored is stored\n",
		    f);
}

int cmd_run(int argc, char **argv)
{
	return command_main(argc, argv, FOR_RUN, cmd_run_help, run);
}
