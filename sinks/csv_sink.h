/*
 * csv_sink.h: what the files of the sink csv: share: csv.c (opening, groups, jobs), csv_content.c (the files of a job)
 * and csv_job.c (its job.json). Nobody else includes it.
 */
#ifndef OMNI_CSV_SINK_H
#define OMNI_CSV_SINK_H

#include "csv_cells.h"
#include "flatstage.h"

struct csv {
	struct sink base;
	struct flatdir *dir;
	struct manifest *manifest;
	struct flatstage stage;
	struct csv_cells_style style;

	/* the job under way */
	struct deed deed;
	uint64_t content;
	char id[UUID_TEXT_LEN + 1];
	char staged[FLATSTAGE_PATH]; /* the folder, or the file of an unreadable body */
	bool has_staged;
	struct flatfile body;            /* unreadable */
	struct flatfile actions, result; /* rows go to the latter; not open where the result has no CSV */
	struct flatfile job;             /* job.json, up to its results */
	bool any_result;
	struct buf places;  /* JSON array of the files so far, open at its end */
	struct buf sums;    /* the SHA-256 of each of them, in the same order */
	struct buf digests; /* the same as JSON */
	size_t result_file; /* the number of result among them; actions and job: below */
	struct buf json;    /* of one result */

	/* the result under way */
	char name[CSV_SLUG_MAX + 32];
	struct buf sections; /* JSON array, open at its end */
	enum row_section section;
	int64_t section_from, section_rows;
};

static inline struct csv *csv_of(struct sink *s)
{
	return (struct csv *)s;
}

/* The first files of each job. */
enum { CSV_FILE_JOB, CSV_FILE_ACTIONS };
/* A file of the job, in its staged folder; it will be named in the manifest. */
int csv_content_file(struct csv *, struct flatfile *, const char *name, struct err *);
/* Its end. number: counted from 0 in the order in which they were begun. */
int csv_content_file_end(struct csv *, struct flatfile *, size_t number, struct err *);
int csv_content_begin(struct csv *, struct err *); /* the folder, job.json */
int csv_content_action(struct sink *, const struct action *, struct err *);
int csv_content_result(struct sink *, const struct query_result *, struct err *);
int csv_content_row(struct sink *, const struct row *, struct err *);
int csv_content_result_end(struct sink *, const struct query_result *, struct err *);
/* The rest of the files, durable with the folder. */
int csv_content_end(struct csv *, const struct job *merged, struct text run_id, struct err *);
void csv_content_drop(struct csv *); /* closes all; the folder is the caller's to remove */

/* csv_check.c: see sink.h. */
int csv_check(struct sink *, const struct sink_check *, struct err *);

/* job.json begins with the content, so that a folder can tell which one it holds. */
int csv_job_begin(struct csv *, struct err *);
int csv_job_result(struct csv *, const struct query_result *, struct err *);
int csv_job_end(struct csv *, const struct job *, struct text run_id, struct err *);
/* The content of a folder's job.json; 0: it has none that can be read. */
int csv_job_content(struct csv *, const char *folder, uint64_t *content, struct err *);

#endif
