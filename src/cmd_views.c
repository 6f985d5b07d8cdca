#include "command.h"
#include "views.h"

void cmd_views_help(FILE *f)
{
	(void)fputs("Usage: omni-export views [OPTION]... SINK\n\n"
		    "Makes one SQL view for each shape of result (the same labels in the same order)\n"
		    "in a SQLite or PostgreSQL sink, named after its query, its columns named by the\n"
		    "labels and typed; a cell that does not fit its column's type is null. Prints a\n"
		    "line for each: '=' as it was, '+' new, '*' changed, '-' there can be none,\n"
		    "'!' it could not be made. Made again, what is as it should be is not touched.\n"
		    "'run --views' does it too.\n\n"
		    "Examples:\n"
		    "  omni-export views results.db\n"
		    "  omni-export views --json postgresql://etl@db.example/dw\n\n",
		    f);
	options_help(f, FOR_VIEWS);
	(void)fputs("\nExit status:\n"
		    "  0   every view is as it should be\n"
		    "  2   bad usage, or a sink that is no database\n"
		    "  5   the sink cannot be read or written, or some views could not be made\n"
		    "  75  a run holds this sink; nothing was done, try later\n",
		    f);
}

int cmd_views(int argc, char **argv)
{
	return command_main(argc, argv, FOR_VIEWS, cmd_views_help, views);
}
