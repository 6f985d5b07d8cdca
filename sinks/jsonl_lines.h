/*
 * jsonl_lines.h: the lines of a part: one row of a table as one JSON object (contract, "Tables"): the table's columns
 * in their order, then "part", the name of the file that the line is in. Pure.
 *
 * What a column holds as JSON (query, extra, warnings, columns …) stands in the line as JSON. A line begins with its
 * job's ID, so that a part can be sifted without reading the rest of it: jsonl_lines_id.
 *
 * Each of these appends one line with its end: 0, or -1 when out's maximum is reached or memory is short, and out is
 * then as it was. id: 36 characters.
 */
#ifndef OMNI_JSONL_LINES_H
#define OMNI_JSONL_LINES_H

#include "buf.h"
#include "model.h"

/* Bytes of a line up to and with its job's ID: {"job_id":"… */
#define JSONL_LINES_HEAD (11 + UUID_TEXT_LEN)

/* job: with what the ledger adds to it. run_id as in the table. */
int jsonl_lines_job(struct buf *out, const struct job *, const char *run_id, const char *part);
int jsonl_lines_action(struct buf *out, const char *id, const struct action *, const char *part);
int jsonl_lines_result(struct buf *out, const char *id, const struct query_result *, const char *part);
int jsonl_lines_row(struct buf *out, const char *id, const struct row *, const char *part);

/* The job of a line of which the first JSONL_LINES_HEAD bytes are at p; false where it is none of ours. */
bool jsonl_lines_id(const char *p, struct uuid *);

#endif
