/*
 * report_job.h: one job as HTML, into the report's spool: report_job_begin, the calls of a result_visitor
 * (report_job_visitor, with the struct report_job as its context), report_job_end. Constant memory.
 *
 * A struct report_job owns its memory and is used again. The texts of a job are borrowed for the call.
 */
#ifndef OMNI_REPORT_JOB_H
#define OMNI_REPORT_JOB_H

#include "json.h"
#include "report.h"
#include "report_table.h"
#include "result.h"

struct report_job {
	struct report *report;
	struct buf html;  /* what is not in the spool yet */
	struct buf names; /* of the queries, for the row */
	struct report_table table;
	struct json_doc *doc;
	uint64_t at;                  /* in the spool: where it begins */
	bool in_step, in_table, told; /* told: why the result under way has no rows */
	int64_t steps, results, failed, truncated;
	struct stamp first_action, last_action;
	/* What the status document or the input line says (--details). */
	struct buf question;
	struct stamp asked_at, ended_at;
	const char *damage; /* borrowed; what is kept of it cannot be read: why. NULL: all is well */
};

extern const struct result_visitor report_job_visitor;

/* 0, or -1: out of memory. */
int report_job_init(struct report_job *, struct report *);
void report_job_free(struct report_job *);

/* Of the job: what the ledger says of it; input and details. Begins anew where it was begun before: what was added of
 * the job is then left out. All return 0, or -1 with *err. */
int report_job_begin(struct report_job *, const struct job *, struct err *);
/* The job as it is known now, with its texts; adds it to the report's entries. */
int report_job_end(struct report_job *, const struct job *, struct err *);

#endif
