/*
 * deed.h: what a job at hand does to what a sink holds of it. Pure: the rules of sink.h that are the same in every sink
 * with a ledger.
 */
#ifndef OMNI_DEED_H
#define OMNI_DEED_H

#include "model.h"

enum deed_kind {
	DEED_NOTHING,    /* unasked, and there is a record: it stays */
	DEED_ONLY_ERROR, /* it is stored: only error changes, and expires_at where settles is set */
	DEED_VERDICT,    /* the ledger takes the job's state; what was kept of a body stays */
	DEED_REPLACE     /* a result: replaces everything */
};

struct deed_held {
	bool known; /* there is a record; the rest says what is in it */
	enum job_state state;
	bool partial;
	bool has_body;
	int64_t expires_at_us; /* 0: not known */
};

struct deed {
	enum deed_kind kind;
	bool take_body; /* the body that comes is to be kept, in place of any other */
	bool settles;   /* DEED_ONLY_ERROR: a partial job was answered with a loss: expires_at becomes now */
};

/* keep_bodies: of sink_options. now_us: wall clock, microseconds since 1970. */
struct deed deed_of(const struct deed_held *, enum job_state answer, bool keep_bodies, int64_t now_us);

#endif
