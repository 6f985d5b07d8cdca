/*
 * run_plan.h: the jobs of a run: input made unique, what each sink has of them, and the order in which the API is
 * asked.
 *
 * Part of the glue (run.c): knows ids and sinks, asks nobody anything. A struct plan owns its jobs and their texts.
 */
#ifndef OMNI_RUN_PLAN_H
#define OMNI_RUN_PLAN_H

#include "ids.h"
#include "model.h"
#include "sinkset.h"

#define RETENTION_S                                                                                                    \
	((int64_t)14 * 86400) /* a result is kept for 14 days after the job completed (API page, "Limits") */

enum plan_status {
	PLAN_OPEN = 0,       /* to be asked for (or its body to be taken from a sink) */
	PLAN_SETTLED,        /* this run knows: see state */
	PLAN_ALREADY_STORED, /* every sink has it */
	PLAN_ALREADY_LOST    /* known from an earlier run to be lost */
};

struct plan_job {
	struct uuid id;
	struct stamp *completed_at; /* from the input line; NULL: not known */
	char *instance;             /* that its ledger names, where it is loaded; NULL: the run's */
	char *input;                /* the JSON line; NULL: none */
	char *error;                /* why it is not stored; NULL: no reason known */
	int64_t expires_us;         /* the soonest that line or ledgers know; 0: not known */
	int64_t requested_us;       /* first asked for, as the ledgers know; 0: not yet */
	sink_mask want;             /* sinks that ask for it */
	sink_mask lost;             /* sinks that know it as lost and do not ask */
	sink_mask held;             /* sinks that hold it as stored, also those that ask (partial, --refetch) */
	uint8_t status;             /* enum plan_status */
	uint8_t state;              /* enum job_state, where settled */
	bool asked_before;          /* in an earlier run */
	bool known_lost;            /* every ledger that is asked had it as lost before: to hear so again is no news */
};

struct plan {
	struct plan_job *jobs;
	size_t n, cap;
	size_t *order; /* indexes of the open jobs: in this order they are asked for */
	size_t n_order;
	int64_t requested; /* input lines that name a job */
	int64_t invalid;   /* input lines that should have */
	uint32_t *table;   /* hash of the IDs: index + 1 */
	size_t table_size;
};

struct plan_policy {
	bool refetch, retry_lost;
	int64_t now_us;
};

void plan_init(struct plan *);
void plan_free(struct plan *);
/* Reads one input to its end; name is for the messages "NAME:LINE: …". 0, or -1 with *err. */
int plan_read(struct plan *, FILE *, const char *name, struct err *);
/* The job of that ID, added where it is not there yet. NULL: out of memory. */
struct plan_job *plan_add(struct plan *, const struct uuid *);
/* Asks every sink's ledger, settles what needs no request, and makes the order. 0, or -1 with *err when a ledger cannot
 * be read. */
int plan_make(struct plan *, struct sinkset *, const struct plan_policy *, struct err *);
/* The job's answer of this run. error may be empty. Out of memory loses the error text alone. */
void plan_settle(struct plan_job *, enum job_state, const char *error);

#endif
