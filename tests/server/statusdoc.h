/*
 * statusdoc.h: the document that the API gives at /v1/ai/jobs/{id}: a job's state, prompt and times. Pure.
 */
#ifndef OMNI_TEST_STATUSDOC_H
#define OMNI_TEST_STATUSDOC_H

#include "buf.h"
#include "timeutil.h"

struct statusdoc {
	const char *id;    /* NULL: left out (of a job that stands for many) */
	const char *state; /* QUEUED, EXECUTING, DELIVERING, COMPLETE, FAILED, CANCELLED */
	const char *prompt, *topic;
	const char *error;         /* what a FAILED job says; NULL: a stock sentence */
	struct stamp completed_at; /* also decides the other times */
};

int statusdoc_known(const char *state); /* 1: the API has this state */
/* Appends the JSON text. 0, or -1: buf. */
int statusdoc_write(const struct statusdoc *, struct buf *out);

#endif
