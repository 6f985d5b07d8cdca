/*
 * reasons.h: why jobs are not stored, each reason told once however many jobs share it. Two sentences that differ in
 * their digits alone ("in 14 s", "in 3 s") are one reason; the first one heard stands for all.
 *
 * A struct reasons owns its texts; {0} is an empty one.
 */
#ifndef OMNI_REASONS_H
#define OMNI_REASONS_H

#include "model.h"

#define REASONS_MAX 200 /* kinds that are told apart; the jobs of the rest are counted in others */

struct reason {
	enum job_state state;
	int64_t n;           /* jobs */
	char *text;          /* as the sink or the API says it; "" where nothing is said */
	struct uuid example; /* the first job of them */
};

struct reasons {
	struct reason *at;
	size_t n, cap;
	int64_t others;
};

/* error may be null text. 0, or -1: out of memory. */
int reasons_add(struct reasons *, enum job_state, struct text error, const struct uuid *);
/* The most jobs first; what is lost before what is open where there are as many. */
void reasons_sort(struct reasons *);
void reasons_free(struct reasons *);
/* Appends "3 pending: the job is EXECUTING (for instance ID)", made visible (utf8_visible) and of a length for one
 * line. 0 or -1 (buf). */
int reasons_say(const struct reason *, struct buf *out);

#endif
