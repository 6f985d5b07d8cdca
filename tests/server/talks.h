/*
 * talks.h: the conversations of the script, and the pages of their list: newest activity first, with opaque cursors.
 *
 * A struct talks owns its conversations; a conversation's answer is made when it is added, unless the script has one.
 */
#ifndef OMNI_TEST_TALKS_H
#define OMNI_TEST_TALKS_H

#include "reply.h"
#include "timeutil.h"

struct talk {
	char *id, *user;  /* user NULL: nobody's */
	struct buf entry; /* of the list, as JSON */
	struct stamp updated_at;
	struct reply document;  /* made up from its messages */
	struct replies answers; /* in its place; n == 0: none */
	int64_t asked;          /* requests so far */
	size_t number;          /* of its line: earlier ones of the same time come first */
};

/* What the list answers by the script; user NULL: to who asks for everybody's. */
struct talk_list {
	char *user;
	struct replies answers;
	int64_t asked;
};

struct talks {
	struct talk **at;
	size_t n, cap;
	bool sorted;
	struct talk_list **lists;
	size_t n_lists;
};

struct talk_line {
	const char *id, *user, *name, *prompt; /* all but id may be NULL */
	struct stamp created_at, updated_at;
	struct text messages; /* JSON, relative times expanded */
};

void talks_free(struct talks *);
/* NULL: out of memory, or there is one of that ID. */
struct talk *talks_add(struct talks *, const struct talk_line *);
struct talk *talks_find(struct talks *, struct text id);
/* NULL: out of memory, or there is one. */
struct talk_list *talks_list_add(struct talks *, const char *user);
/* NULL: there is none. */
struct talk_list *talks_list(struct talks *, const char *user);
/* The page behind the cursor (NULL: the first), of one user's (NULL: all). 1; 0: there is no such cursor; -1: out of
 * memory. */
int talks_page(struct talks *, size_t page_size, const char *cursor, const char *user, struct reply *out);

#endif
