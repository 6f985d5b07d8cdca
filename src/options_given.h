/*
 * options_given.h: between the files of options: what each option was given, as text, before it becomes a value.
 */
#ifndef OMNI_OPTIONS_GIVEN_H
#define OMNI_OPTIONS_GIVEN_H

#include "options.h"

#define OPTIONS_MAX 64 /* entries of the table */

enum source { SOURCE_NONE = 0, SOURCE_DEFAULT, SOURCE_CONFIG, SOURCE_ENVIRONMENT, SOURCE_ARGV };

/* What one option was given by the best source so far. */
struct given {
	enum source source;
	int line; /* in the config file */
	char **values;
	size_t n;
};

/* options.memory: everything that must live as long as the options. */
struct options_memory {
	struct given given[OPTIONS_MAX];
	char *config_path;
};

struct options_reader {
	struct options *out;
	struct options_memory *mem;
	unsigned command;
	struct err *err;
	int line;    /* of the config file, being read */
	bool failed; /* *err is filled in */
};

/* Notes what a source says of option i; a better source replaces what a worse one said, the same one adds to a list. 0,
 * or -1 with *err. */
int options_give(struct options_reader *, size_t i, enum source, const char *value, size_t len);
/* Defaults, and every text made a value. 0, or -1 with *err. */
int options_set_values(struct options_reader *);

#endif
