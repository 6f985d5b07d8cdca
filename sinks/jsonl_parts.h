/*
 * jsonl_parts.h: the part that is being written: one file for each table that has lines in it, all of the same name in
 * the same date's folder. Until it is published it lies under JSONL_NEW, where no engine looks.
 *
 *     jobs/stored_date=2026-11-23/<run_id>-0001.jsonl.zst      and actions/, results/, result_rows/ alike
 *
 * struct jsonl_parts owns its files; the folder is borrowed. int functions return 0, or -1 with *err (ERR_FATAL unless
 * said otherwise), after which only jsonl_parts_free may follow.
 */
#ifndef OMNI_JSONL_PARTS_H
#define OMNI_JSONL_PARTS_H

#include "flatdir.h"
#include "jsonl_codec.h"
#include "timeutil.h"

#define JSONL_NEW ".new" /* the folder of what is being written; goes at opening and closing */

enum jsonl_table { JSONL_JOBS, JSONL_ACTIONS, JSONL_RESULTS, JSONL_ROWS, JSONL_TABLES };

const char *jsonl_table_name(enum jsonl_table); /* its folder: "result_rows" */

struct jsonl_parts;

/* NULL: out of memory. */
struct jsonl_parts *jsonl_parts_new(struct flatdir *, enum jsonl_codec, const char *run_id);
void jsonl_parts_free(struct jsonl_parts *); /* what was not published stays under JSONL_NEW */

/* A name (without folder) of this run's that is taken: new ones are numbered beyond it. Of another run: nothing. */
void jsonl_parts_taken(struct jsonl_parts *, const char *name);

/* A job begins that is stored at this time. Where no part is open, one is begun, of this date. */
void jsonl_parts_begin(struct jsonl_parts *, const struct stamp *now);
/* Is a part open that is of another date? */
bool jsonl_parts_is_old(const struct jsonl_parts *, const struct stamp *now);
/* The name of the open part, without folder: what "part" says in its lines. */
const char *jsonl_parts_name(const struct jsonl_parts *);
/* Where a table's next line goes: append it, then call jsonl_parts_added. NULL with *err. */
struct buf *jsonl_parts_lines(struct jsonl_parts *, enum jsonl_table, struct err *);
int jsonl_parts_added(struct jsonl_parts *, enum jsonl_table, struct err *);
/* Appends the paths of the files that have lines of the job under way, as a JSON array. 0, or -1 (buf). */
int jsonl_parts_places(const struct jsonl_parts *, struct buf *out);
/* Appends the SHA-256 of its lines in each of them, as a JSON array: once, after the last line. 0, or -1 (buf). */
int jsonl_parts_digests(struct jsonl_parts *, struct buf *out);
/* The job under way stays, or is taken back. */
int jsonl_parts_keep(struct jsonl_parts *, struct err *);
int jsonl_parts_undo(struct jsonl_parts *, struct err *);
/* Bytes of lines that stay, uncompressed, in the largest file; 0: there is no line in the part. */
uint64_t jsonl_parts_size(const struct jsonl_parts *);

/* Makes what stays durable, under JSONL_NEW. */
int jsonl_parts_finish(struct jsonl_parts *, struct err *);
/* Appends the path of each file that jsonl_parts_publish will make, each with a line end. 0, or -1 (buf). */
int jsonl_parts_paths(const struct jsonl_parts *, struct buf *out);
/* Gives the finished files their names, durably; no part is open after that. */
int jsonl_parts_publish(struct jsonl_parts *, struct err *);

#endif
