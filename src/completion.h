/*
 * completion.h: completion scripts for shells: commands, their options with help texts, values, operands. They are made
 * from the option table and from what the caller tells of commands and sinks; none of these is known here by name.
 */
#ifndef OMNI_COMPLETION_H
#define OMNI_COMPLETION_H

#include <stdbool.h>
#include <stdio.h>

struct completion_command {
	const char *name, *usage, *summary; /* usage: as operand.h reads it */
	unsigned options;                   /* its FOR_ bit (options.h) */
};

struct completion_sink {
	const char *start; /* "sqlite:" */
	bool path;         /* a path follows */
};

struct completion {
	const struct completion_command *commands; /* ended by an entry whose name is NULL */
	const struct completion_sink *sinks;       /* ended by an entry whose start is NULL */
};

/* Each prints one script; whether that worked, the stream knows. */
void completion_bash(FILE *, const struct completion *);
void completion_zsh(FILE *, const struct completion *);
void completion_fish(FILE *, const struct completion *);

#endif
