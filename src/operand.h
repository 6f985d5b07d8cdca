/*
 * operand.h: what a command takes besides its options, as its usage says it: "run [OPTION]... [FILE]...",
 * "status [OPTION]... SINK", "completion bash|zsh|fish". Checks and completion are made from that text.
 */
#ifndef OMNI_OPERAND_H
#define OMNI_OPERAND_H

#include "err.h"

#include <stdbool.h>
#include <stddef.h>

struct operand {
	const char *name; /* "FILE", "SINK", "bash|zsh|fish"; borrowed from the usage, not ended by a NUL */
	size_t n;
	bool optional, repeated;
};

/* Where the operands begin: behind the command's name. */
const char *operand_begin(const char *usage);
/* The next one of what is left of the usage, which is moved on. False: there are no more. */
bool operand_next(const char **left, struct operand *);
bool operand_is(const struct operand *, const char *name);
/* Is it one of several words ("bash|zsh|fish")? */
bool operand_is_choice(const struct operand *);
/* Is this word one of "auto|always|never" (n bytes of it)? */
bool operand_has_word(const char *words, size_t n, const char *word);

/* Are these as many operands as the usage wants, and is what should be one of several words one of them? 0, or -1 with
 * *err (ERR_USAGE). Of the operands it quotes only what should be such a word: others may hold a password. */
int operand_check(const char *usage, char *const *operands, size_t n, struct err *);

#endif
