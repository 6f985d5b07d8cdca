#include "command.h"
#include "verify.h"

void cmd_verify_help(FILE *f)
{
	(void)fputs("Usage: omni-export verify [OPTION]... SINK\n\n"
		    "Is what SINK holds still what the API sent? Decodes the kept body of every job\n"
		    "again and compares it with its SHA-256 and with each action, result, row and\n"
		    "cell; files and parts with their checksums, ledgers with rows and files. Reads\n"
		    "the sink alone, and takes no lock. Prints a line for each difference:\n\n"
		    "  - ID: ...   something is missing        + ID: ...   nothing knows of it\n"
		    "  * ID: ...   something differs           ! ID: ...   it cannot be read\n"
		    "  = ID        all is well (with -v)\n\n"
		    "Examples:\n"
		    "  omni-export verify results.db\n"
		    "  omni-export verify -q --sample 5% raw:bodies\n\n",
		    f);
	options_help(f, FOR_VERIFY);
	(void)fputs("\nExit status:\n"
		    "  0   all is as it should be\n"
		    "  1   something is not, or something unexpected happened\n"
		    "  2   bad usage\n"
		    "  5   the sink is not there, or cannot be read\n",
		    f);
}

int cmd_verify(int argc, char **argv)
{
	return command_main(argc, argv, FOR_VERIFY, cmd_verify_help, verify);
}
