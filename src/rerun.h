/*
 * rerun.h: running the query of a truncated result again: what is posted to /v1/query/run, and whether an answer may be
 * the CSV that was asked for. Pure.
 */
#ifndef OMNI_RERUN_H
#define OMNI_RERUN_H

#include "json.h"

#define RERUN_PATH "/v1/query/run"

/*
 * Appends {"query": …, "resultType": "csv"}. The query stands there as it was stored, byte for byte, whether it is the
 * semantic query itself or has it within "model_job": what the API gave as the query of a result is what it takes as
 * one. A limit in it stays, and none is added: such a query gives what its limit gives.
 *
 * 0; -1 with *err: ERR_JOB where there is no query, or it is no JSON object (nothing is appended); ERR_FATAL: memory.
 */
int rerun_request(struct text query, struct json_doc *, struct buf *out, struct err *);

/* Of a whole answer: its first bytes, and whether all of it is one JSON document. NULL where it may be a CSV (of which
 * any text may be one), else what it is. */
const char *rerun_problem(struct text head, bool is_json);

#endif
