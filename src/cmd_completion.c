#include "command.h"
#include "completion.h"
#include "log.h"
#include "run.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SINKS_MAX 32

void cmd_completion_help(FILE *f)
{
	(void)fputs("Usage: omni-export completion bash|zsh|fish\n\n"
		    "Prints what makes a shell complete the commands, options and values of\n"
		    "omni-export. It is installed with the program; where it is not:\n"
		    "  bash  eval \"$(omni-export completion bash)\"   in ~/.bashrc\n"
		    "  zsh   eval \"$(omni-export completion zsh)\"    in ~/.zshrc, after compinit\n"
		    "  fish  omni-export completion fish | source    in config.fish\n\n",
		    f);
	options_help(f, FOR_ITSELF);
}

static int print_script(const struct options *o)
{
	static const struct {
		const char *name;
		void (*print)(FILE *, const struct completion *);
	} shells[] = {{"bash", completion_bash}, {"zsh", completion_zsh}, {"fish", completion_fish}};
	struct completion_sink sinks[SINKS_MAX + 1] = {{.start = NULL}};
	struct completion_command *commands;
	size_t n = 0;

	while (command_table[n].name != NULL)
		n++;
	commands = calloc(n + 1, sizeof(*commands));
	if (commands == NULL) {
		log_line(LOG_ERROR, NULL, "out of memory");
		return EXIT_UNEXPECTED;
	}
	for (size_t i = 0; i < n; i++) {
		const struct command *c = &command_table[i];

		commands[i] = (struct completion_command){c->name, c->usage, c->summary, c->options};
	}
	for (size_t i = 0; i < SINKS_MAX && (sinks[i].start = run_sink_offer(i, &sinks[i].path)) != NULL; i++)
		continue;
	for (size_t i = 0; i < sizeof(shells) / sizeof(shells[0]); i++)
		if (strcmp(o->operands[0], shells[i].name) == 0)
			shells[i].print(stdout, &(struct completion){commands, sinks});
	free(commands);
	return command_flush();
}

int cmd_completion(int argc, char **argv)
{
	return command_main(argc, argv, FOR_ITSELF, cmd_completion_help, print_script);
}
