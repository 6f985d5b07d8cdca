/*
 * report_chart.h: what was counted (report_count.h, reasons.h), drawn: inline SVG and tables, with no style of its own
 * (report.css has the classes). All return 0, or -1 (buf).
 */
#ifndef OMNI_REPORT_CHART_H
#define OMNI_REPORT_CHART_H

#include "reasons.h"
#include "report_count.h"

/* Stacked bars of all parts, and the same as a table below. first: what the table calls the first column. */
int report_chart_bars(struct buf *out, const struct report_bars *, const char *title, const char *first);
int report_chart_spans(struct buf *out, const struct report_spans *, const char *title);
/* A line for each of the topics that have most rows, up to so many, and one for the rest. 0 or -1: memory too. */
int report_chart_topics(struct buf *out, const struct report_topics *, size_t max);
int report_chart_reasons(struct buf *out, const struct reasons *, size_t max);

/* The largest number on the axis of a chart whose largest value is max: 1, 2 or 5 with zeros, at least 1. */
int64_t report_chart_top(int64_t max);

#endif
