/*
 * command.h: the commands of the program, one file each (cmd_*.c). A command takes its arguments (argv[0] is its name)
 * and returns the exit code.
 */
#ifndef OMNI_COMMAND_H
#define OMNI_COMMAND_H

#include "options.h"

#include <stdio.h>

struct command {
	const char *name;
	const char *usage;   /* what follows "omni-export"; operands are checked and completed by it (operand.h) */
	const char *summary; /* one line of the list of commands */
	unsigned options;    /* its FOR_ bit (options.h) */
	int (*main)(int argc, char **argv);
	void (*help)(FILE *);
};

/* Ended by an entry whose name is NULL. */
extern const struct command command_table[];

/* NULL: no such command. */
const struct command *command_find(const char *name);
/* Tells that there is no such command (what: "command"), and which may have been meant. Returns the exit code. */
int command_unknown(const char *what, const char *name);
void command_version(FILE *);
/* Writes out what is left for standard output. Returns the exit code: 0, or that of a failure, which it has told. */
int command_flush(void);
/* What the commands share: reads the options of that FOR_ bit, looks whether the operands are those of the usage of the
 * command named by argv[0], helps where asked, and else works. Returns the exit code. */
int command_main(int argc, char **argv, unsigned which, void (*help)(FILE *), int (*work)(const struct options *));

int cmd_run(int argc, char **argv);
void cmd_run_help(FILE *);
int cmd_load(int argc, char **argv);
void cmd_load_help(FILE *);
int cmd_discover(int argc, char **argv);
void cmd_discover_help(FILE *);
int cmd_status(int argc, char **argv);
void cmd_status_help(FILE *);
int cmd_verify(int argc, char **argv);
void cmd_verify_help(FILE *);
int cmd_views(int argc, char **argv);
void cmd_views_help(FILE *);
int cmd_report(int argc, char **argv);
void cmd_report_help(FILE *);
int cmd_completion(int argc, char **argv);
void cmd_completion_help(FILE *);
int cmd_help(int argc, char **argv);
void cmd_help_help(FILE *);

#endif
