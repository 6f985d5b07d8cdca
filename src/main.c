#include "command.h"
#include "run.h"
#include "sys.h"

#include <stdio.h>
#include <string.h>

int main(int argc, char **argv)
{
	const struct command *c;

	if (sys_standard_descriptors() != 0)
		return EXIT_UNEXPECTED;
	if (argc < 2) {
		cmd_help_help(stderr);
		return EXIT_USAGE;
	}
	if (strcmp(argv[1], "--version") == 0 || strcmp(argv[1], "-V") == 0) {
		command_version(stdout);
		return command_flush();
	}
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)
		return cmd_help(1, argv);
	c = command_find(argv[1]);
	if (c == NULL) {
		(void)fprintf(stderr, "omni-export: no command '%s'; see 'omni-export help'\n", argv[1]);
		return EXIT_USAGE;
	}
	return c->main(argc - 1, argv + 1);
}
