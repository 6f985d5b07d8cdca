/*
 * completion_own.h: between the files of completion: what is completed where, and texts in a shell's quotes.
 */
#ifndef OMNI_COMPLETION_OWN_H
#define OMNI_COMPLETION_OWN_H

#include "completion.h"
#include "operand.h"
#include "options.h"

enum completion_kind {
	COMPLETION_NOTHING, /* a number, a name: nothing can be offered */
	COMPLETION_FILES,
	COMPLETION_SINKS,   /* what a sink begins with; file names */
	COMPLETION_WORDS,   /* one of several words */
	COMPLETION_COMMANDS /* the commands themselves */
};

/* What is completed somewhere. */
struct completion_value {
	enum completion_kind kind;
	const char *name; /* the placeholder, or the words as in "auto|always|never"; n bytes */
	size_t n;
};

/* An option that takes no value has COMPLETION_NOTHING and a name that is NULL. */
struct completion_value completion_of_option(const struct option_def *);
/* Of the operands the first one stands for all. */
struct completion_value completion_of_operands(const char *usage);
/* The words of "auto|always|never" with something between them. */
void completion_words(FILE *, const struct completion_value *, const char *between);
/* The first clause of an option's help and its default, with a backslash before each of the characters in special, and
 * a single quote as the shell has it within single quotes. */
void completion_help(FILE *, const struct option_def *, const char *special, const char *quote);
void completion_quoted(FILE *, const char *text, size_t n, const char *special, const char *quote);

#endif
