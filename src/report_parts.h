/*
 * report_parts.h: pieces of a job's HTML. All int functions return 0, or -1 (buf).
 */
#ifndef OMNI_REPORT_PARTS_H
#define OMNI_REPORT_PARTS_H

#include "report_job.h"

/* "stored", "open" or "lost": the class of a state. */
const char *report_parts_class(enum job_state);
/* Text, as much of it as a page can bear; what is left out is told. */
int report_parts_text(struct buf *out, struct text);
int report_parts_markdown(struct buf *out, struct text);
/* JSON below a title that opens it; null text: nothing. */
int report_parts_json(struct buf *out, const char *title, struct text json);
/* The first line of Markdown, without its marks. */
int report_parts_title(struct buf *out, struct text markdown, size_t max_chars);
/* "812 ms", "12.3 s", "2 min 5 s". */
int report_parts_span(struct buf *out, int64_t ms);
/* A time to the minute, in UTC. */
int report_parts_when(struct buf *out, const struct stamp *);
/* How much of a result is here, and how much there was. */
int report_parts_amount(struct buf *out, const struct query_result *, const struct report_table *);
/* What a row says of how much is in a job. */
int report_parts_counts(struct buf *out, const struct report_job *, const struct job *);
/* Warnings, further fields, and what the ledger says. */
int report_parts_record(struct buf *out, const struct report_job *, const struct job *, int64_t took_ms);

#endif
