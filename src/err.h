/*
 * err.h: what went wrong, for the caller (what to do next) and for a person (one sentence).
 *
 * A struct err is plain memory owned by the caller; nothing in it is allocated.
 * Messages are lower case, begin with the problem, quote the subject, end without a full stop.
 */
#ifndef OMNI_ERR_H
#define OMNI_ERR_H

enum err_kind {
	ERR_NONE = 0,
	ERR_RETRY, /* try this job again */
	ERR_JOB,   /* this job is over, go on */
	ERR_USAGE, /* what was asked for cannot be: exit 2 */
	ERR_BUSY,  /* another run holds this sink: try later */
	ERR_FATAL  /* the run (or this sink) is over */
};

struct err {
	enum err_kind kind;
	char msg[512];
};

/* Fills in *err (which may be NULL) and returns -1, so that `return err_set(…)` reads well. Cuts at 511 bytes,
 * never inside a UTF-8 sequence. */
int err_set(struct err *err, enum err_kind kind, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* The same, followed by ": " and strerror(errnum). */
int err_sys(struct err *err, enum err_kind kind, int errnum, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

#endif
