/*
 * ids.h: input lines -> job IDs (contract, "Input"). Knows every input format and nothing else.
 *
 * Where the contract leaves room:
 * - A header is the first line that is neither blank nor a comment, if no field in it is a UUID and it has columns,
 *   whatever they are called; also a single word job_id, jobId, id or uuid; also a later line with a column job_id (or
 *   id, where it was before), so that files may be joined. Names are compared without regard to case, '_', '-' and
 *   blanks; job_id counts before id. Where a header names the column, a UUID in another one is no job.
 * - Columns are separated by tabs, commas or, as some spreadsheets have it, semicolons. No field goes on in the
 *   next line.
 * - In a JSON object the first of jobId, job_id and id that is there decides, also when it is no UUID.
 * - A file that begins like UTF-16 is one invalid line, and nothing after it is read.
 *
 * struct ids_reader owns its buffers; ids_free releases them, the FILE stays the caller's. Lines may be of any length
 * up to 16 MiB (a longer one is passed over as invalid). An item's texts are borrowed until the next call.
 */
#ifndef OMNI_IDS_H
#define OMNI_IDS_H

#include "buf.h"
#include "err.h"
#include "timeutil.h"
#include "uuid.h"

#include <stdint.h>
#include <stdio.h>

enum ids_kind { IDS_END = 0, IDS_JOB, IDS_INVALID, IDS_ERROR };

struct ids_item {
	enum ids_kind kind;
	int64_t line;              /* from 1 */
	struct uuid id;            /* IDS_JOB */
	struct stamp completed_at; /* from a JSON line or a CSV column completed_at / completedAt; may be empty */
	struct text json;          /* the line, where it was a JSON object; else null */
	const char *problem; /* IDS_INVALID: "no job ID in this line", …; IDS_JOB: NULL, or a warning (a completed_at
				that is no time, or has no offset: that once). Borrowed until the next call */
};

struct ids_reader;

struct ids_reader *ids_new(FILE *); /* NULL: out of memory */
void ids_free(struct ids_reader *);
/* The next line that names a job or should have. Blank lines, comments and header lines never show. Returns item->kind;
 * IDS_ERROR (reading failed) fills in *err. */
enum ids_kind ids_next(struct ids_reader *, struct ids_item *, struct err *);

#endif
