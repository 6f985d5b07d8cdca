/*
 * verify_own.h: what the files of verify share.
 */
#ifndef OMNI_VERIFY_OWN_H
#define OMNI_VERIFY_OWN_H

#include "model.h"
#include "result.h"
#include "result_ahead.h"
#include "run_source.h"
#include "sink.h"
#include "verify.h"
#include "verify_compare.h"
#include "verify_diffs.h"
#include "verify_sample.h"

/* A job of the ledger. */
struct verify_job {
	struct uuid id;
	uint8_t state;  /* enum job_state */
	bool wanted;    /* it is to be looked at */
	bool bad;       /* something was found to be wrong with it */
	bool unproved;  /* there is nothing to prove it with */
	bool body_good; /* its body was read to its end, and is the one that came */
};

struct verify_counts {
	int64_t jobs;    /* of the ledger */
	int64_t checked; /* of them, to the end */
	int64_t bad, unproved;
	int64_t differences; /* lines */
};

struct verify {
	const struct options *o;
	struct buf shown; /* the sink, without a password */
	struct sink *sink;
	struct verify_job *jobs; /* sorted by ID */
	size_t n, cap;
	struct verify_sample sample;
	struct verify_counts counts;
	struct source *source;
	struct result_decoder *decoder;
	struct result_ahead *ahead; /* once it was wanted */
	struct verify_diffs diffs;
	struct buf line, text;
	bool print_failed; /* standard output takes no more */
	int print_errno;
	bool again;             /* this is the second look, after a repair: what is still wrong goes to the log */
	struct uuid *strangers; /* jobs that something was found of, and that the ledger does not know */
	size_t n_strangers, cap_strangers;
	int64_t repaired, not_repaired; /* jobs, by the second look */
};

/* The job of that ID; NULL: the ledger does not know it. */
struct verify_job *verify_find(struct verify *, const struct uuid *);
/* One fault: counted and printed. 0, or -1 with *err. id NULL: where says of what else it is. */
int verify_fault(struct verify *, enum sink_fault, const struct uuid *id, const char *where, const char *what,
		 struct err *);

/* Opens the sink to be read. 0, or -1 with *err. */
int verify_open(struct verify *, struct err *);
/* Lists the jobs of the ledger, and chooses those that are wanted. 0, or -1 with *err. */
int verify_list(struct verify *, struct err *);
/* Looks at the sink as a whole, and at the jobs that are wanted. 0, or -1 with *err. */
int verify_look(struct verify *, struct err *);

/* verify_repair.c: after a look that found something: does what can be done, and looks once more at what was wrong.
 * Returns how many differences are left, or -1 with *err. */
int64_t verify_repair(struct verify *, struct err *);

/* verify_job.c: looks at one job, and tells what is wrong. 0, or -1 with *err: there is no going on. */
int verify_one(struct verify *, struct verify_job *, struct err *);

/* verify_tell.c: what is printed before, for each fault, for a job in which all is well (-v), and at the end. */
void verify_tell_begin(struct verify *);
void verify_tell_fault(struct verify *, enum sink_fault, const struct uuid *id, const char *where, const char *what);
void verify_tell_good(struct verify *, const struct uuid *id);
void verify_tell_end(struct verify *, int exit_code, bool interrupted);

#endif
