/*
 * ids.h: input lines -> job IDs (contract, "Input"). Knows every input format and nothing else.
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
	const char *problem; /* IDS_INVALID: "no job ID in this line", … constant; may be NULL for IDS_JOB, else a
				warning (a completed_at that is no time) */
};

struct ids_reader;

struct ids_reader *ids_new(FILE *); /* NULL: out of memory */
void ids_free(struct ids_reader *);
/* The next line that names a job or should have. Blank lines, comments and header lines never show. Returns item->kind;
 * IDS_ERROR (reading failed) fills in *err. */
enum ids_kind ids_next(struct ids_reader *, struct ids_item *, struct err *);

#endif
