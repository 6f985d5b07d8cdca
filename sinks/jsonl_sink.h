/*
 * jsonl_sink.h: what the files of the jsonl sink share: jsonl.c (opening, groups, the ledger) and jsonl_job.c (one
 * job). Nobody else includes it.
 */
#ifndef OMNI_JSONL_SINK_H
#define OMNI_JSONL_SINK_H

#include "jsonl_parts.h"
#include "manifest.h"
#include "sink.h"

struct jsonl {
	struct sink base;
	struct flatdir *dir;
	struct manifest *manifest;
	struct jsonl_parts *parts; /* NULL: only reads */
	char *run_id;
	struct err broken;   /* a rollback failed: so does all that follows */
	size_t jobs;         /* committed since the last flush */
	int64_t since_ns;    /* when the first of them was, boot time */
	struct buf replaced; /* paths of parts in which jobs were until now, each with a line end */
	struct buf gone;     /* paths of unreadable bodies that a result replaced, likewise */
	bool bodies;         /* unreadable ones got their names */
	struct buf places;   /* JSON array, of the job under way */
	struct buf digests;  /* likewise */

	/* the job under way */
	char id[UUID_TEXT_LEN + 1];
	struct deed deed;
	struct stamp now; /* when it began: its stored_at, and so its part's date */
	struct flatfile body;
};

static inline struct jsonl *jsonl_of(struct sink *s)
{
	return (struct jsonl *)s;
}

int jsonl_flush(struct sink *, struct err *);

int jsonl_job_begin(struct sink *, const struct job *, struct err *);
int jsonl_job_action(struct sink *, const struct action *, struct err *);
int jsonl_job_result(struct sink *, const struct query_result *, struct err *);
int jsonl_job_row(struct sink *, const struct row *, struct err *);
int jsonl_job_result_end(struct sink *, const struct query_result *, struct err *);
int jsonl_job_body(struct sink *, const void *piece, size_t n, struct err *);
int jsonl_job_commit(struct sink *, const struct job *, struct err *); /* 1: the part is full */
void jsonl_job_rollback(struct sink *);

#endif
