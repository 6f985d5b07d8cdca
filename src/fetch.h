/*
 * fetch.h: asks the API: for the results of a batch of jobs (fetch_run), or any other questions (fetch_ask), N
 * transfers at a time, until each is settled or the run ends. The same rules hold for both: the request window
 * (rate.h), tries, pauses, what ends the run.
 *
 * The requests are made by fetch_wire.c (libcurl). What is asked next, when it is tried again, when all pause and what
 * ends the run is decided in schedule.c, which is pure; fetch_batch.c stands between the two. None of them knows sinks
 * or results: the caller judges bodies and takes outcomes.
 *
 * fetch_run and fetch_ask work in the caller's thread and call back from it alone; one after the other, as often as
 * wanted. fetch_wake and fetch_give_back may be called from any thread.
 */
#ifndef OMNI_FETCH_H
#define OMNI_FETCH_H

#include "body.h"
#include "model.h"
#include "rate.h"
#include "retry.h"

#include <signal.h>
#include <stdbool.h>

struct fetch_options {
	const char *base_url; /* as the user gave it; normalised by fetch_new */
	const char *api_key;  /* goes into the one Authorization header and nowhere else */
	const char *cacert;   /* trusted as well; NULL: none */
	const char *user_agent;
	bool allow_http;   /* http:// also off loopback */
	struct rate *rate; /* borrowed */
	struct retry_policy retry;
	int concurrency;
	int64_t give_up_ms;  /* --give-up-after */
	int64_t max_time_ms; /* --max-time, counted from fetch_new; -1: none */
	int64_t timeout_s, connect_timeout_s;
	uint64_t max_size;
	bool keep_bodies;                  /* compress and keep good bodies; an unreadable one is kept anyway */
	bool details;                      /* ask also for each job's status document */
	const volatile sig_atomic_t *stop; /* not 0: interrupted; looked at after every wake-up */
	int wake_fd;                       /* becomes readable when *stop is set; -1: none */
};

struct fetch_job {
	struct uuid id;
};

#define FETCH_PATH_MAX 8192 /* bytes of a question's path, with its NUL */

/* Something else that the API is asked than a job's result. Everything is borrowed for the call of fetch_ask. */
struct fetch_question {
	const char *path; /* below the base: "/v1/ai/conversations?pageSize=100", escaped; -v shows it */
	struct text post; /* JSON that is posted, and again where a try fails; null: GET */
	/* The answer may be of any type, CSV for example, and is taken as it comes (HTML alone is refused: it is a
	 * proxy's or a login page's): judge sees by body_head and body_size what it is, whether it is whole only the
	 * framing tells. Else it must be one whole JSON document. */
	bool any_type;
	bool keep;    /* keep the answer's bytes, for body_zst_read */
	bool patient; /* a 408 is tried again whatever it says of remaining_job_ids: it is never PENDING then */
	const struct uuid *job; /* whom the log names; NULL: nobody */
};

/*
 * What became of a question is said with the states of a job:
 *     STORED      a 200 that judge took: body is the answer
 *     UNREADABLE  a 200, twice the same bytes, which judge did not take (or which are no JSON)
 *     PENDING     408 with remaining_job_ids: the API is still at it, and says in details what to wait for
 *     NOT_FOUND, REJECTED, DENIED   404, 400, 403, in the API's own JSON
 *     FAILED      every try failed, or trying again does not help
 */

/* What became of one job, or question. Only STORED (the body was judged good: now load it) and UNREADABLE have a body.
 */
struct fetch_outcome {
	size_t index; /* into the jobs of fetch_run, the questions of fetch_ask */
	enum job_state state;
	int http_status;           /* of the last answer; 0: none */
	char error[400];           /* empty: all is well */
	struct stamp completed_at; /* where a status document said it */
	struct stamp requested_at, fetched_at;
	int64_t attempts;  /* requests for this job, status look-ups included */
	struct body *body; /* now the receiver's: give it back with fetch_give_back, or body_free */
	char *details; /* status document (JSON text; of a question: see there), malloc'd, the receiver's; NULL: none */
	size_t details_len;
};

enum fetch_end {
	FETCH_DONE = 0, /* every job was settled */
	FETCH_INTERRUPTED,
	FETCH_MAX_TIME,
	FETCH_API_DOWN,     /* exit 3 */
	FETCH_RATE_LIMITED, /* exit 3: ten pauses without a success, or a Retry-After beyond the cap */
	FETCH_KEY_REFUSED,  /* exit 6 */
	FETCH_FAILED        /* something unexpected, exit 1 */
};

struct fetch_counts {
	int64_t requests, retries, rate_limited;
	uint64_t bytes; /* decoded, of 200 bodies (status documents excepted) that came whole */
};
void fetch_counts_add(struct fetch_counts *, const struct fetch_counts *more);

/* Why no request starts now. */
enum fetch_wait { WAIT_NONE = 0, WAIT_RATE, WAIT_PAUSE, WAIT_BACKOFF, WAIT_LOADER };

struct fetch_progress {
	struct fetch_counts counts;
	size_t settled;     /* jobs that were given to done() */
	int under_way;      /* transfers */
	int64_t waiting_ms; /* until the next request may start; 0: not waiting */
	int64_t silence_ms; /* WAIT_PAUSE: how long the API asked for in all */
	enum fetch_wait waiting_for;
};

struct fetch_handlers {
	/* Is this 200 body a result (or an answer) that can be read? 0; 1: no, with why; -1: *err (fatal). */
	int (*judge)(void *ctx, struct body *, char *why, size_t why_size, struct err *);
	/* A job is settled; what the outcome owns is now the receiver's. 0, or -1 to end the run with *err. */
	int (*done)(void *ctx, struct fetch_outcome *, struct err *);
	/* May another request start? (backpressure; fetch_wake says that the answer may have changed) */
	bool (*room)(void *ctx);
	/* A few times a second, and when something changed. May be NULL. */
	void (*tick)(void *ctx, const struct fetch_progress *);
};

struct fetch;

/* Checks the address and sets up libcurl; asks nothing. The strings of the options are copied. NULL with *err (bad
 * address, http:// off loopback, a key with a blank or control character in it, a CA file that cannot be read or has no
 * certificate). */
struct fetch *fetch_new(const struct fetch_options *, struct err *);
void fetch_free(struct fetch *);
/* Scheme and host (with a port that is not the scheme's own), lower case: the instance of the ledger. */
const char *fetch_instance(const struct fetch *);
/* The address before "/v1/…", without a trailing slash: "https://acme.omniapp.co/api". */
const char *fetch_base(const struct fetch *);

/* Works through the jobs in their order. Jobs that were not settled when the run ended never reach done(): they are
 * unasked. *counts and, but for FETCH_DONE, *err are filled in: for FETCH_KEY_REFUSED with the API's own words, else
 * with a whole sentence. A good result that only lacks its --details is settled without them when the run ends. The
 * caller ignores SIGPIPE. */
enum fetch_end fetch_run(struct fetch *, const struct fetch_job *, size_t n, const struct fetch_handlers *, void *ctx,
			 struct fetch_counts *, struct err *);

/* The same for questions. done() is told of each, in the order in which they are settled. */
enum fetch_end fetch_ask(struct fetch *, const struct fetch_question *, size_t n, const struct fetch_handlers *,
			 void *ctx, struct fetch_counts *, struct err *);
/* Overwrites the key, where it stands in these bytes, with stars: what came from the API and is to be shown. */
void fetch_hide(const struct fetch *, char *p, size_t n);

void fetch_wake(struct fetch *);
void fetch_give_back(struct fetch *, struct body *);

#endif
