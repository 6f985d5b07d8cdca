/*
 * journal.h: what the server was asked and what it answered: one JSON object a line, and totals.
 *
 * Each line is written before its answer is sent, so a client that has the answer finds the line. The Authorization
 * header is shown as the first digits of its SHA-256. Used from one thread at a time.
 */
#ifndef OMNI_TEST_JOURNAL_H
#define OMNI_TEST_JOURNAL_H

#include "limit.h"
#include "script.h"

struct journal_line {
	int64_t boot_ns;     /* when the request was there */
	unsigned connection; /* from 1 */
	const char *method, *path, *http;
	const char *authorization;                /* digest; NULL: no such header */
	const char *user_agent, *accept_encoding; /* NULL: absent */
	const char
	    *endpoint;   /* "result", "status", "whoami", "conversations", "conversation", "query", "wait", "none" */
	const char *why; /* "script", "default", "limit", "token", "path", "method" */
	const struct uuid *job; /* NULL: the path names none */
	int64_t request;        /* the how many-th of this endpoint of this job; 0: not counted */
	int64_t step;           /* which answer of the script, from 1; 0: none of it */
	int status;
	const char *posted; /* NULL: nothing */
};

struct journal;

/* path: NULL, count only; else the file is made anew. NULL with *err. */
struct journal *journal_new(const char *path, struct err *);
void journal_free(struct journal *);
void journal_connection(struct journal *); /* a client connected */
void journal_add(struct journal *, const struct journal_line *);
/* Appends the totals as a JSON object; limit may be NULL. 0, or -1: buf. */
int journal_totals(const struct journal *, const struct limit *, const struct script *, struct buf *out);
/* The last line of the log: the totals. -1 with *err when any line could not be written. */
int journal_end(struct journal *, const struct limit *, const struct script *, struct err *);

#endif
