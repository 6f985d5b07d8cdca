/*
 * sink.h: where results go. The contract of a sink, the table of sinks, the guard of the call order, and the fan-out to
 * several.
 *
 *     open  states*  (begin (action | result row* result_end | body)* (commit | rollback))*  flush*
 *     (record_run | views)*  close
 *
 * next_job, read_job, read_body and next_run may come at any time but between begin and commit; so may
 *
 *     read_content  read_body*  next_item*  end_content
 *
 * in which nothing else comes in between.
 *
 * A sink stores jobs one at a time, each all or nothing. Arguments are borrowed for the call; err is not NULL. int
 * functions return 0, or -1 with *err filled in; after -1 from begin, commit or anything between them the caller rolls
 * back. An err of kind ERR_JOB concerns this job alone; ERR_FATAL says that the sink is lost: only close may follow (a
 * rollback does nothing).
 *
 * commit may defer: a job is durable, and only then reported as stored, once flush has returned 0. Until then the
 * caller keeps the bodies of the group: after a failed flush of kind ERR_RETRY it decodes and writes them again, one by
 * one.
 *
 * What a job means to a sink is decided by job->state at begin:
 *   JOB_STORED      everything the sink had of this job is replaced at commit by what came between begin and commit
 *   JOB_UNREADABLE  the ledger is updated; the body is kept, unless the sink keeps one of this job already
 *   any other       the ledger is updated
 * and for all but JOB_STORED: where the sink holds the job as stored, nothing of it changes but jobs.error (contract:
 * only a result replaces a result), and, where it is partial and the answer was a loss, expires_at, which is drawn in
 * to now: it is settled. JOB_UNASKED only makes a record where there is none. Actions, results and rows come only with
 * JOB_STORED, a body only with JOB_STORED and JOB_UNREADABLE.
 *
 * What the ledger adds up over the runs: attempts are summed, requested_at is the earliest one, and expires_at,
 * fetched_at, input and details stay as they were where the job brings none. A kept body stays, and body_bytes and
 * body_sha256 with it, until a result comes; then it goes in any case, since it would no longer be what the rows were
 * read from.
 */
#ifndef OMNI_SINK_H
#define OMNI_SINK_H

#include "err.h"
#include "model.h"

#include <signal.h>
#include <stdbool.h>
#include <sys/types.h>

struct sink_options {
	mode_t file_mode; /* of files that are created, before the umask has no say: exactly these bits */
	bool keep_bodies; /* --no-raw: false. An unreadable body is kept anyway */
	bool read_only;   /* take no lock, create and migrate nothing; a sink that is not there knows no job. Only what
			     reads and close follow */
	int64_t first_rows;    /* where > 0: next_item gives no more than so many rows of each result */
	bool must_exist;       /* a sink that is not there, or was never written to, is an error (ERR_FATAL); nothing is
				  made */
	const char *pg_schema; /* --pg-schema; NULL: the default */
	const volatile sig_atomic_t *stop; /* not 0: the run is interrupted, and is not to wait for long; NULL: never */
	const char *run_id;
	const char *version;
	const char *instance; /* scheme and host that this run asks; verdicts of another one do not count */
};

/* What the ledger of a sink says of a job. */
struct ledger_entry {
	enum job_state state; /* JOB_NONE: not known */
	bool partial;
	bool same_instance; /* the verdict is of the instance in sink_options */
	int64_t attempts;
	int64_t requested_at_us; /* first asked for; 0: never */
	int64_t expires_at_us;   /* 0: not known */
	bool has_sha256;         /* a body is known (kept or not): its digest */
	uint8_t body_sha256[SHA256_LEN];
};

#define SINK_LEDGER   1u   /* remembers every job: states, record_run */
#define SINK_BODIES   2u   /* keeps bodies */
#define SINK_CELLS    4u   /* keeps actions, results and rows */
#define SINK_RUNS     16u  /* notes runs: record_run, next_run */
#define SINK_AGAIN    8u   /* flush may fail with ERR_RETRY (a lost connection): the group is then written again */
#define SINK_CONTENT  32u  /* gives back what it holds of a job: read_content */
#define SINK_INSTANTS 64u  /* keeps times as points in time, to the microsecond, and not as the text that came */
#define SINK_RERUNS   128u /* keeps the whole of results that the API truncated: the ops of reruns */
#define SINK_VIEWS    256u /* makes typed views of what it holds: views */

/* A result that the API truncated, and how far its query was run again. */
struct truncated {
	struct uuid id; /* of its job */
	int64_t action_index;
	bool same_instance;   /* the job is of the instance in sink_options */
	enum job_state state; /* of the rerun of this query; JOB_NONE: there is none */
	/* read_truncated alone */
	struct text query, columns; /* JSON; null where there is none */
	int64_t row_count;          /* that came */
	bool has_total;
	int64_t total_row_count; /* where has_total */
};

enum sink_item_kind { SINK_ITEM_ACTION, SINK_ITEM_RESULT, SINK_ITEM_ROW };

/* One call of a result_visitor (result.h), read back; of the three structs the one that kind names is filled in.
 * row_count is what stands in the table, -1: null; csv_truncated, has_results and is_error are as they stand too. */
struct sink_item {
	enum sink_item_kind kind;
	struct action action;
	struct query_result result;
	struct row row;
};

/* What may be wrong with what a sink holds, by the mark that it is told with. */
enum sink_fault {
	SINK_MISSING = '-',  /* it is not there */
	SINK_EXTRA = '+',    /* it is there, and nothing knows of it */
	SINK_DIFFERS = '*',  /* it is not what it should be */
	SINK_ERROR = '!',    /* it cannot be read */
	SINK_UNPROVED = '?', /* nothing is wrong, but there is nothing to prove it with */
};

#define SINK_MEND_MAX 100

/* A look of a sink at itself, from its caller. */
struct sink_check {
	bool (*wanted)(void *ctx, const struct uuid *); /* only these jobs are to be looked at */
	/* id NULL: where says of what else it is (a file, a table). 0, or -1 with *err, which ends the check. */
	int (*fault)(void *ctx, enum sink_fault, const struct uuid *id, const char *where, const char *what,
		     struct err *);
	void *ctx;
	const volatile sig_atomic_t *stop; /* not 0: it ends soon, with 0 */
};

/* Takes a piece of a body's zstd frame; 0, or -1 with *err, which ends the reading. */
typedef int (*sink_piece_fn)(void *ctx, const void *piece, size_t n, struct err *);

/* A view over all results of one shape (the same labels in the same order); all is borrowed. */
struct sink_view_column {
	const char *name, *type; /* type: coltype.h */
	struct text label;
	bool from_api;                 /* the type is the API's word, and was not told from the cells */
	int64_t cells, empty, misfits; /* all that were seen; those without text; those that are null in the view */
};

enum sink_view_state {
	SINK_VIEW_SAME,    /* as it was */
	SINK_VIEW_MADE,    /* new */
	SINK_VIEW_CHANGED, /* it has other types now */
	SINK_VIEW_NONE,    /* there can be none: why */
	SINK_VIEW_FAILED   /* it could not be made or changed: why; what was there still is */
};

struct sink_view {
	const char *name;
	struct text query_name; /* that it is named after; null text: none */
	int64_t results;        /* of this shape */
	enum sink_view_state state;
	const char *why;
	const struct sink_view_column *columns;
	size_t n;
};

/* Is told of a view; 0, or -1 with *err, which ends the telling. */
typedef int (*sink_view_fn)(void *ctx, const struct sink_view *, struct err *);

struct sink;

struct sink_ops {
	const char *scheme; /* "sqlite" in sqlite:PATH */
	unsigned has;       /* SINK_LEDGER | … */
	/* commit decides when a group is flushed: it returns 1 when it wants to be now, 0 when it can wait. Else the
	 * caller flushes by its own measure. */
	bool lazy;
	/* target: what follows the scheme's colon. ERR_BUSY: another run holds it. */
	struct sink *(*open)(const char *target, const struct sink_options *, struct err *);
	int (*states)(struct sink *, const struct uuid *ids, size_t n, struct ledger_entry *out, struct err *);
	int (*begin)(struct sink *, const struct job *, struct err *);
	int (*action)(struct sink *, const struct action *, struct err *);
	int (*result)(struct sink *, const struct query_result *,
		      struct err *); /* before its rows; row_count not known */
	int (*row)(struct sink *, const struct row *, struct err *);
	int (*result_end)(struct sink *, const struct query_result *,
			  struct err *);                                       /* after its rows; row_count known */
	int (*body)(struct sink *, const void *piece, size_t n, struct err *); /* the next bytes of the zstd frame */
	int (*commit)(struct sink *, const struct job *,
		      struct err *); /* the job as at begin, counts and warnings now known */
	void (*rollback)(struct sink *);
	int (*flush)(struct sink *, struct err *);
	int (*record_run)(struct sink *, const struct run_record *,
			  struct err *); /* durable when it returns; replaces the record of the same run */
	/* The next job of the ledger, each once, in no order; starts again after the end. 1, 0 at the end, -1. Writing
	 * in between is no error, but what is new may be missed. It has what read_job gives, but for input and details,
	 * and the counts. Texts live until the next call of anything in this sink. */
	int (*next_job)(struct sink *, struct job *, struct err *);
	/* What the ledger knows of a job: id, instance, state, partial, http_status, error, expires_at, attempts,
	 * requested_at, fetched_at, stored_at, body_bytes (-1: none) and body_sha256, input, details. Texts live until
	 * the next call of anything in this sink. 1, 0: it is not known, -1. */
	int (*read_job)(struct sink *, const struct uuid *, struct job *, struct err *);
	/* Hands on the zstd frame of the kept body. 1, 0: none is kept, -1. */
	int (*read_body)(struct sink *, const struct uuid *, sink_piece_fn, void *ctx, struct err *);
	/* The next run that record_run noted, the newest first; starts again after the end. 1, 0 at the end (or where a
	 * sink notes none), -1. Texts live until the next call of anything in this sink. */
	int (*next_run)(struct sink *, struct run_record *, struct err *);
	/*
	 * Reruns (SINK_RERUNS; NULL without it), between jobs, and with none that is not flushed:
	 *
	 *     rerun_begin  rerun_row*  (rerun_commit | rerun_rollback)
	 *
	 * A rerun belongs to (job_id, action_index) and to the text of the query; it replaces an earlier one of the
	 * same place. But only one that is STORED replaces one that is STORED: any other changes nothing of that but
	 * its error. It goes when a job is replaced by a result whose query at that place is another one, or which is
	 * not truncated. rerun_commit is durable when it returns 0; after -1 from any of the three rerun_rollback
	 * follows, and where the kind is ERR_RETRY (SINK_AGAIN) the same may be begun again. Rows come only with
	 * STORED. What it needs of tables is made by the first rerun_begin.
	 */
	int (*rerun_begin)(struct sink *, const struct rerun *, struct err *); /* columns and counts not known */
	int (*rerun_row)(struct sink *, const struct row *, struct err *);
	int (*rerun_commit)(struct sink *, const struct rerun *, struct err *);
	void (*rerun_rollback)(struct sink *);
	/* The next result that the API truncated, each once, in order of job_id and action_index; starts again after
	 * the end. 1, 0 at the end, -1. Reruns may be written in between. */
	int (*next_truncated)(struct sink *, struct truncated *, struct err *);
	/* One of them, whole; what out has of it is the texts and counts. 1, 0: it is not there, -1. Texts live until
	 * the next call of anything in this sink. */
	int (*read_truncated)(struct sink *, const struct uuid *, int64_t action_index, struct truncated *out,
			      struct err *);
	/*
	 * Begins to give back what it holds of a stored job, all as it is at one moment, the body too: *job has every
	 * column of jobs (completed_at, which is none, and truncated_count excepted; run_id is left out). 1, 0: it is
	 * not stored, -1. After 1 comes end_content, whatever happens in between. The job's texts live until then.
	 */
	int (*read_content)(struct sink *, const struct uuid *, struct job *, struct err *);
	/*
	 * The next of what a result_visitor was called with, in the same order: an action, its result, the rows of
	 * that. What has no place in this order (a result without an action) comes where its action_index puts it; rows
	 * come by their row_index, which may have gaps in a damaged sink. 1, 0 at the end, -1: ERR_JOB where what
	 * stands there cannot be read as what it should be. After 0 or -1 no more. Constant memory. Texts live until
	 * the next call.
	 */
	int (*next_item)(struct sink *, struct sink_item *, struct err *);
	void (*end_content)(struct sink *);
	/*
	 * Compares what the sink holds with what it says of itself, without the bodies: the ledger with rows and files,
	 * files with their checksums. 0, or -1: it could not go on; what is wrong with a job is told to check->fault.
	 * For a sink that was opened to be read.
	 */
	int (*check)(struct sink *, const struct sink_check *, struct err *);
	/*
	 * Removes, of a sink that was opened to write, what check tells of that belongs to no job: *removed says in a
	 * few words what it was, "" where there is nothing. 0 or -1. Between jobs, and after a flush.
	 */
	int (*mend)(struct sink *, char removed[SINK_MEND_MAX], struct err *);
	/*
	 * Makes a view for each shape of result, and what the catalogue of them says (the tables views and
	 * view_columns); what is as it should be is not touched. Durable when it returns; then each view is told of, by
	 * name. 1: some could not be made, 0, -1. Where it fails all is as it was.
	 */
	int (*views)(struct sink *, sink_view_fn tell, void *ctx, struct err *);
	int (*close)(struct sink *,
		     struct err *); /* releases everything, also when it returns -1; what was not flushed is gone */
};

struct sink {
	const struct sink_ops *ops; /* first member of each sink's own struct */
};

/*
 * Which of the ops a sink has follows from what it declares: without SINK_LEDGER states says JOB_NONE, record_run does
 * nothing, next_job, read_job and next_run say 0; without SINK_BODIES read_body says 0, without SINK_CONTENT
 * read_content, without SINK_VIEWS views. No op is NULL but those of reruns.
 *
 * The ops of the sink that a spec names ("sqlite:PATH", "null:", or a path that ends in .db, .sqlite or .sqlite3), and
 * where its target begins. NULL with *err that names the known sinks.
 */
const struct sink_ops *sink_find(const char *spec, const char **target, struct err *);
/* What the specs of the i-th kind of sink begin with, as it is offered to a person: "sqlite:", "postgresql://". *path:
 * a path follows. NULL: there are no more. */
const char *sink_offer(size_t i, bool *path);
/* Does it begin like a sink ("csv:…")? Then n bytes of it, with the colon, may be quoted; else 0. */
size_t sink_scheme(const char *spec);

/*
 * Opens the sink of a spec behind a guard (guard.c): a struct sink like any other, which passes each call on and aborts
 * on one that is out of turn, since that is a bug of ours and no state of the world. Call it through ops:
 * s->ops->begin(s, job, err).
 */
struct sink *sink_open(const char *spec, const struct sink_options *, struct err *);

/* The spec with its passwords as "***": of a URL (scheme://user:password@…, …?password=…) and of pg:CONNINFO. What
 * cannot be made sense of is hidden. Appends to out; 0 or -1 (buf). */
int sink_spec_show(const char *spec, struct buf *out);

/* The guard alone, around a sink that is open already; closing it closes both. NULL: out of memory (the inner sink
 * stays open). For sink_open and the tests. */
struct sink *guard_new(struct sink *inner);

/* The ops of sinks that give nothing back. */
int sink_without_content(struct sink *, const struct uuid *, struct job *, struct err *);
int sink_without_items(struct sink *, struct sink_item *, struct err *);
void sink_without_end(struct sink *);
int sink_without_check(struct sink *, const struct sink_check *, struct err *);
int sink_without_mend(struct sink *, char removed[SINK_MEND_MAX], struct err *);
/* Tells of a fault, for the sinks. 0, or -1 with *err. */
int sink_tell(const struct sink_check *, enum sink_fault, const struct uuid *id, const char *where, struct err *,
	      const char *fmt, ...) __attribute__((format(printf, 6, 7)));
/* The op of sinks that make no views. */
int sink_without_views(struct sink *, sink_view_fn tell, void *ctx, struct err *);

/* The sinks there are; each also stands in the table in sink.c. */
extern const struct sink_ops sqlite_ops, postgresql_ops, postgres_ops, pg_ops, jsonl_ops, csv_ops, raw_ops, null_ops;

#endif
