/*
 * jsonl_check.h: the parts compared with what the manifest says of them (sink.h, check). Each part is read once, from
 * its beginning to its end, in constant memory but for 24 bytes a job.
 *
 *     jsonl_check.c           which parts there are to be, and which there are
 *     jsonl_check_part.c      one of them
 */
#ifndef OMNI_JSONL_CHECK_H
#define OMNI_JSONL_CHECK_H

#include "jsonl_parts.h"
#include "manifest.h"

/* 0, or -1 with *err. */
int jsonl_check_parts(struct flatdir *, struct manifest *, const struct sink_check *, struct err *);

/* A stored job that is to be looked at. */
struct jsonl_check_job {
	struct uuid id;
	uint8_t tables; /* bit t: the manifest names a part of this table */
	uint8_t seen;   /* bit t: its lines were read there */
};

/* One part that is to be read. */
struct jsonl_check_part {
	struct flatdir *dir;
	struct manifest *manifest;
	const struct sink_check *check;
	const char *path;
	enum jsonl_table table;
	struct jsonl_check_job *jobs; /* all of them, sorted by ID */
	size_t n_jobs;
	size_t expected; /* so many of them have lines in this part */
};

int jsonl_check_part(const struct jsonl_check_part *, struct err *);
/* Does the manifest say that this job's lines of the part's table lie in this part? */
bool jsonl_check_names(const struct jsonl_check_part *, const struct uuid *);

#endif
