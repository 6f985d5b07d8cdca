#include "command.h"
#include "report.h"

void cmd_report_help(FILE *f)
{
	(void)fputs("Usage: omni-export report [OPTION]... SINK\n\n"
		    "One HTML page of what the AI was asked and did: totals and charts, then each\n"
		    "job with its steps, its queries, the first rows of their results, the answer.\n"
		    "It needs no network and no script, and can be searched, filtered and printed.\n"
		    "Reads the sink alone: takes no lock, changes nothing. A jsonl: or csv: sink\n"
		    "gives nothing back that could be shown.\n\n"
		    "Examples:\n"
		    "  omni-export report results.db -o report.html\n"
		    "  omni-export report raw:bodies --out-dir report --rows 5\n\n",
		    f);
	options_help(f, FOR_REPORT);
	(void)fputs("\nExit status:\n"
		    "  0   the report is written\n"
		    "  1   it cannot be written\n"
		    "  2   bad usage\n"
		    "  5   the sink is not there, or cannot be read\n"
		    "  129, 130, 143   interrupted; nothing is left half written\n",
		    f);
}

int cmd_report(int argc, char **argv)
{
	return command_main(argc, argv, FOR_REPORT, cmd_report_help, report);
}
