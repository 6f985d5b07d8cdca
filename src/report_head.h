/*
 * report_head.h: what stands on a page besides the jobs. All return 0, or -1 (buf; memory).
 */
#ifndef OMNI_REPORT_HEAD_H
#define OMNI_REPORT_HEAD_H

#include "report.h"

/* How each page begins, down to its title; number: of a page of jobs, 0: the first one. */
int report_head_begin(struct buf *out, const struct report *, size_t number);
/* The totals and the charts. */
int report_head_overview(struct buf *out, const struct report *);
/* The filter for the n jobs from first on, which follow it; with a button that opens them all. */
int report_head_filter(struct buf *out, const struct report *, size_t first, size_t n, bool openable);
int report_head_end(struct buf *out, const struct report *);

#endif
