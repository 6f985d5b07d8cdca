/*
 * jsonl_sift.h: a part without the lines of jobs that do not count in it any more: replaced since, or never committed.
 */
#ifndef OMNI_JSONL_SIFT_H
#define OMNI_JSONL_SIFT_H

#include "flatdir.h"
#include "uuid.h"

/* Does this job count in the part? Called once for the lines of a job that stand together. */
typedef bool (*jsonl_counts)(void *ctx, const struct uuid *);

/*
 * Rewrites the file beside itself and renames it over, durably, at constant memory. Where every line counts, and where
 * there is no such file, nothing is done; where none counts the file is removed. 0, or -1 with *err and the file is as
 * it was: ERR_JOB: it is damaged, or not a part of ours; ERR_FATAL.
 */
int jsonl_sift(struct flatdir *, const char *path, jsonl_counts, void *ctx, struct err *);

#endif
