/*
 * report.h: what a sink holds as HTML pages (contract, "report"). Part of the glue (run.h): knows sinks, asks the API
 * nothing, writes nothing into a sink.
 *
 *     report.c           the command: which sink, which pages, what is said
 *     report_gather.c    one pass over the sink: each job becomes a piece of HTML in a spool, and an entry
 *     report_job.c       one job as HTML; report_parts.c its pieces; report_table.c the table of a result
 *     report_count.c     what the charts show, in numbers; report_chart.c draws it
 *     report_page.c      a page: its head, the charts, the list of jobs
 *     report.css, .js    how it looks, and what the filter does; C constants are made of them (report_files.h)
 *
 * Memory holds an entry for each job, and nothing that grows with what is in it. A struct report owns everything in it.
 */
#ifndef OMNI_REPORT_H
#define OMNI_REPORT_H

#include "options.h"
#include "report_count.h"
#include "spool.h"
#include "status.h"

struct report {
	const struct options *o;
	struct status status;
	struct report_entry *jobs; /* newest first, once all are there */
	size_t n, cap;
	struct report_topics topics;
	struct spool spool;
	int64_t actions, results, rows, truncated, damaged; /* jobs whose content cannot be read */
};

/* Reads the sink into an empty report (zeroed, but for o and the times in status). 0, or -1 with *err. */
int report_gather(struct report *, struct err *);
void report_free(struct report *);

/* Where the bytes of a page go: 0, or -1 with *err. */
typedef int (*report_out)(void *ctx, const void *, size_t n, struct err *);

/* Whole pages: everything on one; the first one of many, with a list of all jobs; the number-th of these (from 1), with
 * the jobs [first, first + n). */
int report_page_single(struct report *, report_out, void *ctx, struct err *);
int report_page_index(struct report *, size_t per_page, report_out, void *ctx, struct err *);
int report_page_part(struct report *, size_t number, size_t per_page, report_out, void *ctx, struct err *);
/* How a page of jobs is called: "jobs-0001.html". */
void report_page_name(size_t number, char out[32]);

/* The command: reads the one sink in options->operands, returns the exit code. */
int report(const struct options *);

#endif
