/*
 * progress_text.h: how far a run is, in words: the line on a terminal, the sentence in a log, and what they say of
 * time. Pure. ASCII alone, so that bytes are columns.
 */
#ifndef OMNI_PROGRESS_TEXT_H
#define OMNI_PROGRESS_TEXT_H

#include "buf.h"

#include <stdbool.h>
#include <stdint.h>

#define PROGRESS_TEXT_MAX 512 /* bytes: no line or sentence is longer */

/* Why no request starts now. */
enum progress_wait {
	PROGRESS_NO_WAIT = 0,
	PROGRESS_RATE,    /* the request window is full */
	PROGRESS_SILENCE, /* the API asked for it (429) */
	PROGRESS_BACKOFF, /* all that is left is to be tried again later */
	PROGRESS_SINK,    /* enough is waiting to be written */
	PROGRESS_LAST     /* nothing is asked any more, the rest is being written */
};

struct progress_state {
	size_t done, total; /* jobs; done: it is known what became of them */
	size_t stored;      /* durable in the sinks */
	bool looks;         /* nothing is to be stored, and so nothing is said of that */
	int under_way;      /* transfers */
	uint64_t bytes;     /* of bodies; 0: not told */
	enum progress_wait waits_for;
	int64_t wait_ms;    /* until the next request; 0: not known */
	int64_t silence_ms; /* that the API asked for in all; 0: not known */
	int64_t window_ms;  /* until the request window has room for the last request; 0: it has, or there is none */
	int64_t per_hour;   /* jobs; 0: not known */
	int64_t left_s;     /* -1: not known */
};

/* "120/2,000 jobs, rate limit: next request in 14 s, 32 min left, 117 stored, 58 jobs/min, 1.2 MiB". At most width - 1
 * columns (the last one makes terminals wrap): what does not fit is left out from the end, part by part; of what is
 * waited for only its end, where the whole has no room. 0 or -1 (buf). */
int progress_line(const struct progress_state *, size_t width, struct buf *);
/* The same, whole: "progress: 120 of 2,000 jobs, …". */
int progress_sentence(const struct progress_state *, struct buf *);

/*
 * How fast it goes: averages of about the last five minutes. One is of all the time, and is what a person sees; the
 * other leaves out the time in which the request window was full: what the API and the sinks can do. How long the
 * window takes is known from elsewhere, and better.
 */
struct progress_meter {
	bool begun, window_full;
	int64_t last_ns;
	size_t last_done;
	double jobs, seconds, free_jobs, free_seconds;
};

/* So much is done now, and from here on the window is full or not. Longer than a minute between two calls: the
 * process was stopped, or the computer asleep; that time does not count. */
void progress_meter_add(struct progress_meter *, int64_t now_ns, size_t done, bool window_full);
/* 0: not known yet. */
int64_t progress_meter_per_hour(const struct progress_meter *);
/* Seconds that are left: the larger of what the speed says and what the window takes for the requests that are left,
 * and not less than what the next one waits for; -1: not known yet, or so long that nobody knows. */
int64_t progress_left_s(const struct progress_meter *, size_t jobs_left, int64_t window_ms, int64_t wait_ms);
/* Requests for the jobs that are left, from what the settled ones took (retries, look-ups; details: at least two each),
 * beyond those under way. */
uint64_t progress_requests_left(size_t jobs_left, size_t settled, int64_t requests, int under_way, bool details);

#endif
