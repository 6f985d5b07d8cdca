/*
 * answer_said.h: what the body of an error answer says: the API's own words in any of the four envelopes (the API's
 * page, "Answers that are not 200"), and what they mean. For answer.c.
 *
 * A struct answer_said owns its text; answer_said_free gives it back.
 */
#ifndef OMNI_ANSWER_SAID_H
#define OMNI_ANSWER_SAID_H

#include "answer.h"

#define ANSWER_WORDS_MAX 2000 /* bytes of a message that are looked at */

enum answer_body { ANSWER_EMPTY, ANSWER_MESSAGE, ANSWER_JSON /* without a message */, ANSWER_HTML, ANSWER_OTHER };

struct answer_said {
	enum answer_body kind;
	struct buf text; /* ANSWER_MESSAGE: the message as it came; ANSWER_OTHER: the first line; else empty */
	bool remaining;  /* JSON that lists remaining_job_ids: the API is still at it */
	/* text in lower case, all that is no letter or digit as one blank, also around it */
	char words[ANSWER_WORDS_MAX + 3];
};

/* 0, or -1 with *err when memory is short; answer_said_free in both cases. */
int answer_said_read(struct answer_said *, const struct answer_in *, struct json_doc *, struct err *);
void answer_said_free(struct answer_said *);

/* pattern: words, with the blanks that are to be around them: " not found ". */
bool answer_says(const struct answer_said *, const char *pattern);
/* Does the API's own JSON call the job's ID invalid? */
bool answer_says_bad_id(const struct answer_said *);
/* Is it about the authorization itself, so that no other job would fare better? */
bool answer_says_bad_key(const struct answer_said *, int http);

/* Blanks at both ends are taken off. */
struct text answer_trim(struct text);
bool answer_is_digits(struct text);
/* Appends a member of an object that is a string, not blank and not a bare number. 1: done; 0: there is none; -1 with
 * *err: memory is short. */
int answer_member(const struct json_doc *, json_ref object, const char *key, struct buf *out, struct err *);

#endif
