/*
 * route.h: which answer a request gets: the token, the limit, the path, the script, in this order. A new endpoint is a
 * line in the table of route.c.
 *
 * A struct router owns its standing answers and borrows what its options point to. Used from one thread.
 */
#ifndef OMNI_TEST_ROUTE_H
#define OMNI_TEST_ROUTE_H

#include "limit.h"
#include "script.h"

struct route_options {
	const char *prefix; /* "/api"; without a slash at the end */
	const char *const *tokens;
	size_t n_tokens;
	struct script *script;
	struct limit *limit; /* NULL: none */
};

struct route_ask {
	const char *method, *path;
	const char *authorization; /* NULL: no such header */
	const char *key;           /* its digest, for the limit; "" without one */
	const char *(*argument)(void *ctx,
				const char *name); /* of the query, decoded; NULL: there is none of that name */
	void *argument_ctx;
	int64_t now_ns;
};

struct route_answer {
	const struct reply *reply; /* lives as long as the router and the script … */
	struct reply *made;        /* … or is this one, the receiver's (reply_free, free); NULL: it is not */
	const char *endpoint, *why;
	const struct uuid *job;
	int64_t request, step; /* journal.h */
};

struct router;

struct router *route_new(const struct route_options *, struct err *);
void route_free(struct router *);
/* Never fails: without memory the answer is a 500. */
struct route_answer route_decide(struct router *, const struct route_ask *);

#endif
