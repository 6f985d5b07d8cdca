/*
 * answer.h: what an HTTP answer says about a job. Pure: (what was asked, code, headers, first bytes of the body) ->
 * verdict.
 *
 * Rules: contract, "What becomes of a job"; the envelopes and messages: the API's page, "Answers that are not 200".
 */
#ifndef OMNI_ANSWER_H
#define OMNI_ANSWER_H

#include "json.h"
#include "model.h"

enum answer_asked { ASKED_RESULT, ASKED_STATUS, ASKED_WHOAMI, ASKED_QUESTION /* fetch.h, struct fetch_question */ };

struct answer_in {
	enum answer_asked asked;
	int http;                 /* status code */
	struct text content_type; /* header values; null text where absent */
	struct text retry_after;
	struct text date;
	struct text location;
	struct text body;   /* of an answer that is not a result: up to 1 MiB of it (whole for a status document) */
	bool body_cut;      /* there was more */
	bool patient;       /* see struct fetch_question */
	int64_t now_us;     /* wall clock */
	const char *secret; /* what no message may show, though the server repeats it (the key); NULL: none */
};

enum verdict {
	VERDICT_RESULT,     /* 200 to ASKED_RESULT, ASKED_QUESTION: the body is to be judged */
	VERDICT_SETTLED,    /* the job is over for this run, in .state */
	VERDICT_RETRY,      /* try again later (408, 425, 5xx …) */
	VERDICT_PAUSE,      /* 429 */
	VERDICT_ASK_STATUS, /* an unclear 404: ask for the job's status */
	VERDICT_STATUS,     /* 200 to ASKED_STATUS, a status document with a state: see job_status */
	VERDICT_FORBIDDEN,  /* 403: denied, or the key is bad; whoami tells */
	VERDICT_KEY_GOOD,   /* whoami: 200, and what proves nothing against the key: no such endpoint, a proxy */
	VERDICT_KEY_BAD     /* 401, or a 400/403 about the authorization itself: ends the run */
};

/* The API's states of a job, from a status document. */
enum job_status {
	STATUS_RUNNING, /* QUEUED, EXECUTING, DELIVERING, and any word that we do not know */
	STATUS_COMPLETE,
	STATUS_FAILED /* FAILED, CANCELLED: there will never be a result */
};

struct answer {
	enum verdict verdict;
	enum job_status job_status; /* VERDICT_STATUS */
	enum job_state state; /* VERDICT_SETTLED. Of a question: NOT_FOUND, REJECTED (400), FAILED; PENDING: a 408 that
				 lists remaining_job_ids */
	int64_t retry_after_ms;    /* -1: not said. Already relative; a date is counted from the Date header, else from
				      now_us */
	struct stamp completed_at; /* from a status document; may be empty */
	char message[400]; /* one sentence for a person: HTTP code, the API's own words (made visible, utf8.h), where a
			      redirect pointed; never empty when not 200. Of a status document whose job is not
			      complete: "the job is FAILED: " and why. Else empty */
};

/* doc: scratch. Returns 0, or -1 with *err when memory is short. */
int answer_read(const struct answer_in *, struct json_doc *doc, struct answer *out, struct err *);

/* The message of an error body in any of the four envelopes (its first 2000 bytes), appended to out; returns 1 found, 0
 * JSON without one (blank, a bare number, no string), -1 not JSON, or memory is short. */
int answer_envelope(struct text body, struct json_doc *doc, struct buf *out);

/* Retry-After: seconds or an HTTP date -> milliseconds from now (a date that is past: 0; ten years at most), or -1.
 * date: the Date header, may be null. */
int64_t answer_retry_after_ms(struct text value, struct text date, int64_t now_us);

#endif
