/*
 * model.h: the shapes that go from result.c to the sinks: job, action, query result, row (contract, "Tables").
 *
 * All text is borrowed: it lives for the call that it is an argument of, or as long as the struct's maker says. Null
 * text is null in the table.
 */
#ifndef OMNI_MODEL_H
#define OMNI_MODEL_H

#include "buf.h"
#include "sha256.h"
#include "timeutil.h"
#include "uuid.h"

#include <stdbool.h>
#include <stdint.h>

/* What becomes of a job (contract, "What becomes of a job"). The numbers mean nothing; which is worse: state_worse. */
enum job_state {
	JOB_NONE = 0, /* a sink has no record of it */
	JOB_STORED,
	JOB_PENDING,
	JOB_FAILED,
	JOB_UNREADABLE,
	JOB_DENIED,
	JOB_EXPIRED,
	JOB_NOT_FOUND,
	JOB_NO_RESULT,
	JOB_REJECTED,
	JOB_UNASKED,
	JOB_STATES /* how many */
};

/* The contract's word: "stored", "not_found" …; "" for JOB_NONE. Never NULL. */
const char *state_name(enum job_state);
/* The state of that name, or JOB_NONE. */
enum job_state state_of_name(const char *name, size_t n);
/* expired, not_found, no_result, rejected: the data cannot be had (exit 4). */
bool state_is_lost(enum job_state);
/* The worse of the two: with several sinks a job counts once, by the worst of them. From best to worst: none, stored,
 * unasked, pending, denied, unreadable, failed, rejected, no_result, not_found, expired. */
enum job_state state_worse(enum job_state, enum job_state);

/* A row of jobs. */
struct job {
	struct uuid id;
	struct text instance; /* scheme and host of the API */
	enum job_state state;
	bool partial;      /* stored, but one of its queries was still pending */
	int http_status;   /* of the last answer; 0: none came */
	struct text error; /* one sentence; null where all is well */
	struct text topic, message, result_summary, omni_chat_url;
	struct stamp first_action_at, last_action_at;
	struct stamp
	    completed_at; /* where it is known (input line, status); no column of its own, decides expires_at */
	struct stamp expires_at;
	int64_t attempts;          /* requests for this job in this run; the ledger adds them up */
	struct stamp requested_at; /* when this run first turned to it; the ledger keeps the first of all runs */
	struct stamp fetched_at;   /* when the last answer came */
	struct stamp stored_at;    /* the sink sets it */
	int64_t body_bytes;        /* -1: no body */
	uint8_t body_sha256[SHA256_LEN];
	int64_t action_count, result_count, row_count; /* known after result_decode */
	int64_t truncated_count; /* results that the API truncated; no column of its own where there is a table results
				  */
	struct text warnings;    /* JSON array of strings; null: none */
	struct text input;       /* the JSON input line, where there was one */
	struct text details;     /* the job's status document, with --details */
	struct text extra;       /* JSON object of fields without a column; null: none */
};

/* A row of actions. */
struct action {
	int64_t action_index; /* from 0 */
	struct text type, message;
	struct stamp timestamp;
	struct text status;
	int is_error; /* 0, 1, or -1: not said */
	struct text extra;
};

enum row_section { SECTION_NONE = 0, SECTION_FIRST, SECTION_MIDDLE, SECTION_LAST };

/* NULL for SECTION_NONE, else "first", "middle", "last". */
const char *section_name(enum row_section);
/* The reverse: null text is SECTION_NONE. False: there is no section of that name. */
bool section_of_name(struct text, enum row_section *);

/* A row of results. */
struct query_result {
	int64_t action_index;
	struct text result_id, query_name, status;
	struct text query; /* JSON */
	const struct text
	    *columns; /* labels; NULL: there is no CSV. n_columns may be 0 with columns set: it is empty */
	const struct text *column_types; /* n_columns of them, null text where unknown; NULL: none known */
	size_t n_columns;
	int csv_truncated, has_results; /* 0, 1, or -1: not said */
	bool has_total;
	int64_t total_row_count;                 /* where has_total */
	int64_t row_count;                       /* known when the rows are through: see result.h */
	struct text error_message, error_detail; /* error_detail: text, or JSON where it came as something else */
	struct text extra;
};

/* A row of result_rows: the cells in the order of the columns; n may differ from n_columns. */
struct row {
	int64_t action_index, row_index; /* row_index from 0 */
	enum row_section section;
	const struct text *cells; /* never null text */
	size_t n;
};

/* A row of reruns: the query of a truncated result was run again, and what came of it. It is data of a later time, and
 * no part of the job. */
struct rerun {
	struct uuid id;
	int64_t action_index;
	struct text query;    /* JSON, as it was sent: it is what the rerun belongs to */
	enum job_state state; /* STORED: its rows are the whole result; else why there are none */
	int http_status;      /* of the last answer; 0: none came */
	struct text error;    /* null where all is well */
	int64_t attempts;     /* requests in this run; the sink adds them up */
	struct stamp requested_at, fetched_at;
	const struct text *columns; /* labels; NULL where there are no rows */
	size_t n_columns;
	int64_t row_count;
	int64_t body_bytes; /* of the answer; -1: none */
	uint8_t body_sha256[SHA256_LEN];
	struct text warnings; /* JSON array of strings; null: none */
};

/* A row of runs. */
struct run_record {
	const char *run_id;
	struct stamp started_at, finished_at; /* finished_at empty: still going */
	const char *version;
	int exit_code;       /* where finished */
	struct text summary; /* JSON; null while going */
};

#endif
