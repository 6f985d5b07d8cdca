#include "command.h"
#include "harden.h"
#include "key.h"
#include "run.h"
#include "sys.h"

#include <stdio.h>
#include <string.h>

int main(int argc, char **argv)
{
	const struct command *c;

	harden_process();
	key_take_environment();
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
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) {
		cmd_help_help(stdout);
		return command_flush();
	}
	c = command_find(argv[1]);
	if (c == NULL)
		return command_unknown("command", argv[1]);
	return c->main(argc - 1, argv + 1);
}
