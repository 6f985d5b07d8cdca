/*
 * report_count.h: what the charts of a report show, as numbers. Pure.
 */
#ifndef OMNI_REPORT_COUNT_H
#define OMNI_REPORT_COUNT_H

#include "buf.h"
#include "model.h"

/* What stands in one bar: the states in three groups. */
enum report_part { PART_STORED, PART_OPEN, PART_LOST, REPORT_PARTS };

/* A job, as far as it is kept in memory. */
struct report_entry {
	struct uuid id;
	int64_t date_us;    /* when the AI began, else when it was first asked for; 0: not known */
	int64_t expires_us; /* 0: not known */
	int64_t took_ms;    /* -1: not known */
	int64_t rows, steps, results;
	uint64_t at, body_len; /* of its HTML in the spool; behind it lie */
	uint32_t attributes_len, row_len;
	uint32_t topic; /* number in report_topics; 0: none */
	enum job_state state;
	bool partial;
};

enum report_part report_part_of(enum job_state);

/* --- topics --- */

struct report_topic {
	char *name; /* at most REPORT_TOPIC_MAX bytes of it */
	int64_t jobs, rows;
};

#define REPORT_TOPIC_MAX 200

/* Each topic once; the first one is "no topic". {0} is an empty one; owns the names. */
struct report_topics {
	struct report_topic *at;
	size_t n, cap;
	uint32_t *slots; /* a hash table of numbers + 1 */
	size_t n_slots;
};

/* The number of a topic, which is counted as new where it is; null text: 0. -1: out of memory. */
int64_t report_topic(struct report_topics *, struct text name);
void report_topics_free(struct report_topics *);
/* The numbers of the topics by what there is most of (false: jobs), then by name; topics without any are left out.
 * Returns how many; out has room for topics->n. */
size_t report_topics_sort(const struct report_topics *, bool by_rows, uint32_t *out);

/* --- bars --- */

#define REPORT_BARS 62 /* two months of days; as many weeks, months, years */

struct report_bar {
	char label[24]; /* "2026-11-23", "2026-11", "2026" */
	int64_t n[REPORT_PARTS];
};

struct report_bars {
	const char *unit; /* "day", "week" (its Monday), "month", "year" */
	struct report_bar at[REPORT_BARS + 1];
	size_t n;
	int64_t unknown; /* jobs without a date */
};

/* Jobs by the day of their date, without gaps; by week, month or year where the days are too many. What is before as
 * many years stands in the first bar, whose label then begins with "until ". */
void report_by_day(const struct report_entry *, size_t n, struct report_bars *);
/* When the API forgets: in the first bar what is past and open, then each of 14 days from now on, then what is later.
 * Stored ones that are past are left out. */
void report_by_expiry(const struct report_entry *, size_t n, int64_t now_us, struct report_bars *);

/* --- spans --- */

#define REPORT_SPANS 9

struct report_spans {
	const char *label[REPORT_SPANS]; /* "under 5 s" … */
	int64_t n[REPORT_SPANS];
	int64_t known;
	int64_t median_ms, p95_ms, max_ms; /* where known > 0 */
};

/* How long the jobs took. 0, or -1: out of memory. */
int report_by_span(const struct report_entry *, size_t n, struct report_spans *);

#endif
