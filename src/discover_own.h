/*
 * discover_own.h: one walk, between discover.c (the list) and discover_talk.c (its conversations). Nobody else includes
 * it.
 */
#ifndef OMNI_DISCOVER_OWN_H
#define OMNI_DISCOVER_OWN_H

#include "discover.h"
#include "discover_read.h"
#include "idset.h"
#include "sha256.h"

#define DISCOVER_AT_ONCE ((size_t)16) /* conversations whose answers may wait for their turn: a body is about a MiB */

struct discover_walk {
	const struct discover_options *o;
	const struct discover_handlers *handlers;
	void *ctx;
	struct discover_sum *sum;
	struct json_doc *doc;
	struct sha256 *sha;
	struct idset jobs, conversations, cursors;
	struct buf text, name, id; /* of the job that is told */
	int64_t now_us;            /* by the server's clock */
	int64_t since_us;
	int64_t look_us; /* conversations without activity since then are passed over */
	int pages;
	int stale;
	struct discover_page page;
	/* The conversations that are being asked for: places in the page, and what came. */
	size_t places[DISCOVER_AT_ONCE], n, next;
	struct fetch_outcome outcomes[DISCOVER_AT_ONCE];
	bool there[DISCOVER_AT_ONCE];
};

/* A call of fetch_ask whose counts go into the sum; h's ctx is the walk. */
enum fetch_end discover_ask(struct discover_walk *, const struct fetch_question *, size_t n,
			    const struct fetch_handlers *h, struct err *);
/* For fetch_handlers. */
bool discover_room(void *walk);
void discover_tick(void *walk, const struct fetch_progress *);
/* Judges JSON by one of the problem functions of discover_read.h. */
int discover_judge(struct discover_walk *, struct body *, const char *(*problem)(const struct json_doc *), char *why,
		   size_t why_size, struct err *);
/* Asks for the conversations at places, and tells their jobs; empties places. */
enum fetch_end discover_talk(struct discover_walk *, struct err *);
int discover_no_memory(struct err *);

#endif
