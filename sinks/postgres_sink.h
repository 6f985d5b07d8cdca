/*
 * postgres_sink.h: what the files of the PostgreSQL sink share: postgres_ops.c (opening, jobs), postgres_lease.c (the
 * hold, lost connections), postgres_stage.c (what waits), postgres_group.c (how it goes out), postgres_ledger.c (the
 * table jobs), postgres_content.c (everything else of a job), postgres_read.c (all of it read back), postgres_check.c,
 * postgres_rerun.c and postgres_views.c. Nobody else includes it.
 *
 * What jobs bring is staged in buffers, as the tuples and calls that the server takes, and goes out at flush, or when
 * much is staged, in one transaction, the group. A job that is too large to be staged goes out while it comes, behind a
 * savepoint of its own.
 */
#ifndef OMNI_POSTGRES_SINK_H
#define OMNI_POSTGRES_SINK_H

#include "deed.h"
#include "postgres.h"
#include "postgres_schema.h"
#include "postgres_sql.h"
#include "postgres_tuple.h"
#include "sink.h"

/* How much of each buffer. */
struct postgres_mark {
	size_t tuples[POSTGRES_TABLES], calls, replaced, ids;
};

/* Of postgres_rerun.c alone: its tables, the rerun under way, and what next_truncated has read. */
struct postgres_reruns {
	bool there;      /* the tables are, and may be used */
	struct buf to;   /* tuples that wait for the COPY */
	struct buf gone; /* struct uuid of the jobs that were replaced in this group */
	int64_t rerun_no;
	int64_t action_index;
	bool only_error; /* what is stored stays */
	struct truncated *page;
	size_t page_n, page_at;
};

struct postgres {
	struct sink base;
	struct postgres_db *db; /* NULL: lost, and not yet had again */
	char *conninfo;
	char *schema_name;
	struct buf quoted;  /* the schema, as SQL has it */
	struct buf display; /* "schema 'x' of database 'y' at 'host:port'" */
	char *run_id, *instance;
	bool keep_bodies, read_only, must_exist;
	int64_t first_rows;                /* as in sink_options */
	const volatile sig_atomic_t *stop; /* see sink_options */
	bool there;                        /* the tables are; false only where read_only */
	struct buf sql;                    /* the last statement that was asked */
	struct buf args;                   /* its parameters */
	struct buf lease_args;

	/* the hold (postgres_lease.c) */
	int64_t key;      /* of the advisory lock */
	int64_t taken;    /* the lease says so while it is ours */
	int64_t group_no; /* of the last group that was begun */
	int64_t seen_no;  /* of the last group that the database knows, as read after a reconnect */
	int pid;          /* of the server's process that had the lock last */

	/* the group (postgres_group.c) */
	struct buf tuples[POSTGRES_TABLES];
	struct buf calls;    /* struct postgres_call and fields, one after the other */
	struct buf replaced; /* struct uuid of the jobs whose old content goes first */
	struct buf ids;      /* struct uuid of all jobs that are staged */
	bool open;           /* the transaction is */
	bool savepoint;      /* of the job under way */
	int copying;         /* the table whose COPY is under way, or -1 */
	size_t committed;    /* jobs in the group */
	size_t careful;      /* so many jobs to come are sent one by one */
	bool again;          /* the group was lost: flush says so, and until then all is in vain */
	struct err why;      /* and why */
	int64_t next_no;     /* the next result_no */
	struct job *page;    /* of next_job */
	size_t page_n, page_at;
	struct buf page_text; /* its texts */
	struct buf last_run;  /* the run_id that next_run gave; empty: it begins */

	/* the job under way */
	struct uuid id;
	struct postgres_mark mark; /* where it begins */
	struct deed deed;
	int64_t part_no, result_no;
	struct buf part;    /* the next part of the body; POSTGRES_PART_SIZE */
	struct buf columns; /* JSON of labels or types */

	struct postgres_reruns reruns;
	bool moment;                /* a transaction is open in which what is read is of one moment */
	unsigned moment_jobs;       /* that were read in it */
	struct postgres_read *read; /* postgres_read.c; NULL: nothing was read back yet */
};

#define POSTGRES_PART_SIZE ((size_t)1 << 20)

static inline struct postgres *postgres_of(struct sink *s)
{
	return (struct postgres *)s;
}

/* postgres_lease.c: which run may write. A session's advisory lock keeps others out for as long as the connection
 * lives; the row of lease, which every group locks, checks and writes its number into, stops a run whose connection was
 * thought dead and whose lock another one has taken. */

/* Takes the lock: 0, or -1 with *err (ERR_BUSY where another run holds it for more than two seconds: a server may take
 * a moment to see that a client is gone). Needs no tables. */
int postgres_lease_lock(struct postgres *, struct err *);
/* Writes our run into the lease. 0 or -1. */
int postgres_lease_take(struct postgres *, struct err *);
/* A connection, and the hold, where there is none: tries for a minute, and not
 * once the run is interrupted. Sets seen_no. 0, or -1 with *err: ERR_FATAL. */
int postgres_lease_again(struct postgres *, struct err *);
void postgres_lease_release(struct postgres *);

/* postgres_stage.c: all that is staged; its bytes. */
struct postgres_mark postgres_stage_mark(const struct postgres *);
size_t postgres_stage_bytes(const struct postgres *);
/* What is staged up to the mark is gone; the job under way begins where that ended. */
void postgres_stage_drop(struct postgres *, const struct postgres_mark *);
void postgres_stage_cut(struct postgres *); /* what is staged of the job under way is gone */
void postgres_stage_empty(struct buf *);    /* one buffer; what is much of its memory goes too */
bool postgres_stage_has(const struct postgres *, const struct uuid *); /* is a job of this ID staged? */

/* postgres_group.c */

/* One statement of postgres_sql.h whose parameters are in s->args; rows or -1. Where the connection is lost it is asked
 * once more on a new one; a group that was in the old one is then lost. */
int postgres_group_ask(struct postgres *, enum postgres_query, bool binary, struct err *);
/* The same on the connection that there is; args may be NULL. */
int postgres_group_ask_once(struct postgres *, enum postgres_query, const struct buf *args, bool binary, struct err *);
/* Empties s->args, to be filled in. */
struct postgres_tuple postgres_group_args(struct postgres *);
/* All that is staged goes out, but is not committed. 0 or -1. */
int postgres_group_send(struct postgres *, struct err *);
/* Where much is staged in the job under way, some of it goes out. */
int postgres_group_relieve(struct postgres *, struct err *);
void postgres_group_begin_job(struct postgres *);
int postgres_group_end_job(struct postgres *, struct err *);
void postgres_group_undo_job(struct postgres *);
int postgres_group_flush(struct postgres *, struct err *);

/* For postgres_rerun.c: a connection that is there; the transaction, which is ours; all that was done in it is lost
 * (returns -1). */
int postgres_group_need_db(struct postgres *, struct err *);
int postgres_group_open(struct postgres *, struct err *);
int postgres_group_lose(struct postgres *, struct err *);

/* postgres_rerun.c: see sink.h. */
void postgres_rerun_init(struct postgres *);
void postgres_rerun_free(struct postgres *);
int postgres_rerun_look(struct postgres *, struct err *); /* once, after opening */
int postgres_rerun_begin(struct sink *, const struct rerun *, struct err *);
int postgres_rerun_row(struct sink *, const struct row *, struct err *);
int postgres_rerun_commit(struct sink *, const struct rerun *, struct err *);
void postgres_rerun_rollback(struct sink *);
int postgres_rerun_next_truncated(struct sink *, struct truncated *, struct err *);
int postgres_rerun_read_truncated(struct sink *, const struct uuid *, int64_t action_index, struct truncated *,
				  struct err *);
/* The job under way is replaced: before the commit reruns that then belong to none of its results go. */
int postgres_rerun_replaced(struct postgres *, struct err *);
int postgres_rerun_sweep(struct postgres *, struct err *);
/* The same of a statement that is asked often: it is prepared. */
int postgres_group_ask_often(struct postgres *, enum postgres_query, bool binary, struct err *);
/* A transaction that only reads, unless one is open: 0 or -1; and its end. */
int postgres_group_moment(struct postgres *, struct err *);
void postgres_group_moment_over(struct postgres *);

/* postgres_ledger.c */
/* All that is known of a stored job: 1, 0, -1. The texts are those of the answer. */
int postgres_ledger_read_full(struct postgres *, const struct uuid *, struct job *, struct err *);
/* A time as it was asked for, by SQL_US. */
struct stamp postgres_ledger_stamp(const struct postgres *, int row, int column);
int postgres_ledger_states(struct sink *, const struct uuid *ids, size_t n, struct ledger_entry *out, struct err *);
/* Looks at what is there of the job, where that matters, and decides what becomes of it: sets deed. */
int postgres_ledger_decide(struct postgres *, const struct job *, struct err *);
/* Stages the row of jobs, as was decided. */
int postgres_ledger_write(struct postgres *, const struct job *, struct err *);
int postgres_ledger_next_job(struct sink *, struct job *, struct err *);
int postgres_ledger_next_run(struct sink *, struct run_record *, struct err *);
int postgres_ledger_read_job(struct sink *, const struct uuid *, struct job *, struct err *);

/* postgres_content.c */
int postgres_content_prepare(struct postgres *, struct err *); /* the number of the next result; once */
int postgres_content_action(struct sink *, const struct action *, struct err *);
int postgres_content_result(struct sink *, const struct query_result *, struct err *);
/* A JSON array of strings as one field; items NULL: null. */
void postgres_content_json(struct postgres *, struct postgres_tuple *, const struct text *items, size_t n);
int postgres_content_row(struct sink *, const struct row *, struct err *);
int postgres_content_result_end(struct sink *, const struct query_result *, struct err *);
int postgres_content_body(struct sink *, const void *piece, size_t n, struct err *);
int postgres_content_end(struct postgres *, struct err *); /* the last part of the body */
int postgres_content_read_body(struct sink *, const struct uuid *, sink_piece_fn, void *ctx, struct err *);

/* postgres_read.c */
int postgres_read_content(struct sink *, const struct uuid *, struct job *, struct err *);
int postgres_read_next(struct sink *, struct sink_item *, struct err *);
void postgres_read_end(struct sink *);
/* postgres_check.c */
int postgres_mend(struct sink *, char removed[SINK_MEND_MAX], struct err *);
int postgres_check(struct sink *, const struct sink_check *, struct err *);
void postgres_read_free(struct postgres_read *);
/* postgres_views.c */
int postgres_views(struct sink *, sink_view_fn tell, void *ctx, struct err *);

/* The sinks, one for each way to name it; each stands in the table in sink.c. */
extern const struct sink_ops postgresql_ops, postgres_ops, pg_ops;

#endif
