/*
 * fetch_wire.h: HTTP requests, N at a time, by libcurl's multi interface; fetch_wire.c is the only file that includes
 * libcurl. It knows neither jobs nor rates nor retries: fetch.c says what is asked, and is told what comes.
 *
 * A struct fetch_wire owns its connections and the Authorization header. fetch_wire_wake may be called from any thread,
 * the rest from one.
 */
#ifndef OMNI_FETCH_WIRE_H
#define OMNI_FETCH_WIRE_H

#include "buf.h"
#include "err.h"
#include "url.h"

#include <stdbool.h>
#include <stdint.h>

/* What came besides the bytes; borrowed, null text where absent. */
struct fetch_headers {
	struct text content_type, retry_after, date, location;
};

/* By slot: 0 to slots - 1. */
struct fetch_wire_events {
	/* The first byte of the final answer's headers is here. */
	void (*headers)(void *ctx, int slot);
	/* Bytes of its body. 0, or -1: no more is wanted, which is not a failure. */
	int (*bytes)(void *ctx, int slot, int http, const char *p, size_t n);
	/* The request is over and the slot free. http: 0 where no headers came. why: ERR_NONE where the whole answer
	 * came, as far as it was wanted; ERR_RETRY: the network failed; ERR_JOB: in a way that another try does not
	 * mend; ERR_FATAL: nothing can go on. */
	void (*end)(void *ctx, int slot, int http, const struct fetch_headers *, const struct err *why);
};

struct fetch_wire_options {
	const struct url *url;                 /* borrowed for as long as the wire lives */
	const char *key, *cacert, *user_agent; /* copied; cacert may be NULL */
	int slots;
	int64_t timeout_s, connect_timeout_s;
	int wake_fd; /* ends fetch_wire_sleep when it is readable; -1: none */
	const struct fetch_wire_events *events;
	void *ctx;
};

struct fetch_wire_request {
	const char *address;
	struct text post; /* JSON, borrowed until the end; null: GET */
	bool any_type;    /* any type of answer will do, not JSON alone */
};

struct fetch_wire;

/* Sets up libcurl; asks nothing. NULL with *err. */
struct fetch_wire *fetch_wire_new(const struct fetch_wire_options *, struct err *);
void fetch_wire_free(struct fetch_wire *);
/* The key as it was given, for hiding it. */
const char *fetch_wire_key(const struct fetch_wire *);

/* Starts a request in a free slot. 0, or -1 when memory is short: the slot is still free, and no event comes. */
int fetch_wire_start(struct fetch_wire *, int slot, const struct fetch_wire_request *);
/* Breaks it off: no event comes. */
void fetch_wire_drop(struct fetch_wire *, int slot);
/* Moves bytes. Returns how many requests have ended. */
int fetch_wire_move(struct fetch_wire *);
/* Until something can be moved, somebody wakes it, or so many milliseconds are over. */
void fetch_wire_sleep(struct fetch_wire *, int ms);
void fetch_wire_wake(struct fetch_wire *);

#endif
