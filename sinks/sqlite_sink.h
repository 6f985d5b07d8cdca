/*
 * sqlite_sink.h: what the files of the SQLite sink share: sqlite.c (opening, groups, jobs), sqlite_ledger.c (the table
 * jobs), sqlite_content.c (everything else of a job), sqlite_rows.c (of that the rows), sqlite_read.c (all of it read
 * back), sqlite_rerun.c (the whole of truncated results) and sqlite_views.c. Nobody else includes it.
 */
#ifndef OMNI_SQLITE_SINK_H
#define OMNI_SQLITE_SINK_H

#include "deed.h"
#include "jsontexts.h"
#include "sink.h"
#include "sqlite.h"
#include "sqlite_sql.h"

/* Of sqlite_rerun.c alone: where its tables and statements are, and the rerun under way. */
struct sqlite_reruns {
	bool looked, there;      /* the tables are */
	unsigned reading, whole; /* the first statement of each set; 0: not prepared */
	int64_t rerun_no;
	bool only_error;                 /* what is stored stays */
	char last_id[UUID_TEXT_LEN + 1]; /* that next_truncated gave; empty: it begins */
	int64_t last_action;
};

#define SQLITE_ROWS 64

/* Rows of the job under way that are not written yet. */
struct sqlite_rows {
	struct buf cells; /* the JSON of each, one after the other */
	size_t n;
	struct sqlite_row {
		int64_t key;
		const char *section; /* NULL: none */
		size_t at, n;        /* in cells */
	} row[SQLITE_ROWS];
};

struct sqlite {
	struct sink base;
	struct sqlite_db *db; /* NULL: opened to be read, and nothing is there */
	int fd;               /* holds the file; closed after db (sqlite_file.h); -1: only reads */
	char *run_id, *instance;
	bool keep_bodies;
	bool wrote; /* the journal is a WAL, or was refused */
	bool group, savepoint;
	struct err broken;               /* a rollback failed: so does all that follows */
	int64_t next_no;                 /* the next result_no */
	struct buf last_run;             /* the run_id that next_run gave; empty: it begins */
	char last_id[UUID_TEXT_LEN + 1]; /* that next_job gave; empty: it begins */
	struct buf cells;   /* JSON of a rerun's row, or of the column types; at most SQLITE_CELLS_MAX, like columns */
	struct buf columns; /* JSON of the labels */

	/* the job under way */
	char id[UUID_TEXT_LEN + 1];
	struct deed deed;
	int64_t part_no;
	struct buf part;   /* the next part of the body; SQLITE_PART_SIZE */
	int64_t result_no; /* of the result under way */
	struct sqlite_rows rows;

	struct sqlite_reruns reruns;
	/* the job that is read back (sqlite_read.c) */
	char read_id[UUID_TEXT_LEN + 1];
	bool moment; /* the transaction is of this reading */
	bool begun;
	bool has_action, has_result; /* the statement stands at one that was not given out */
	bool gave_action, in_rows;   /* the last that was given out, or its rows */
	int64_t read_index;          /* of the result under way */
	int64_t rows_given;          /* of it */
	int64_t first_rows;          /* as in sink_options */
	struct jsontexts texts, types;
};

static inline struct sqlite *sqlite_of(struct sink *s)
{
	return (struct sqlite *)s;
}

static inline void sqlite_bind_known(struct sqlite *s, unsigned q, int param, bool known, int64_t value)
{
	if (known)
		sqlite_db_bind_int(s->db, q, param, value);
	else
		sqlite_db_bind_null(s->db, q, param);
}

static inline void sqlite_bind_stamp(struct sqlite *s, unsigned q, int param, const struct stamp *t)
{
	sqlite_db_bind_text(s->db, q, param, stamp_is_set(t) ? text_of(t->text) : TEXT_NULL);
}

/* sqlite_ops.c: begins the transaction of a group, where there is none. 0 or -1. */
int sqlite_ops_open_group(struct sqlite *, struct err *);
/* Commits it, durably. 0, or -1: then it is still open. */
int sqlite_ops_commit_group(struct sqlite *, struct err *);

int sqlite_ledger_next_job(struct sink *, struct job *, struct err *);
int sqlite_ledger_next_run(struct sink *, struct run_record *, struct err *);
int sqlite_ledger_read_job(struct sink *, const struct uuid *, struct job *, struct err *);
int sqlite_content_read_body(struct sink *, const struct uuid *, sink_piece_fn, void *ctx, struct err *);
/* The columns of SQL_LEDGER, the first of a statement, into *out. */
#define SQLITE_LEDGER_COLUMNS 12
void sqlite_ledger_columns(struct sqlite *, unsigned q, struct job *out);
/* A time as it stands in a column: no time for NULL; what is none stands there as it is, cut. */
struct stamp sqlite_ledger_stamp(struct text);
int sqlite_read_content(struct sink *, const struct uuid *, struct job *, struct err *);
int sqlite_read_next(struct sink *, struct sink_item *, struct err *);
void sqlite_read_end(struct sink *);
int sqlite_mend(struct sink *, char removed[SINK_MEND_MAX], struct err *);
int sqlite_check(struct sink *, const struct sink_check *, struct err *);
int sqlite_ledger_states(struct sink *, const struct uuid *ids, size_t n, struct ledger_entry *out, struct err *);
/* Looks at what is there of the job, and decides what becomes of it: sets deed. */
int sqlite_ledger_decide(struct sqlite *, const struct job *, struct err *);
/* Writes the row of jobs, as was decided. */
int sqlite_ledger_write(struct sqlite *, const struct job *, struct err *);

/* sqlite_views.c */
int sqlite_views(struct sink *, sink_view_fn tell, void *ctx, struct err *);

/* Of a body in each part: well below the contract's 16 MiB, since SQLite holds a part twice while it writes it. */
#define SQLITE_PART_SIZE ((size_t)1 << 20)

/* A row's cells as JSON: csv.h ends a row at 64 MiB, and escaping makes at most six bytes of one. */
#define SQLITE_CELLS_MAX ((size_t)512 << 20)

/* The number of the next result; once, after opening. */
int sqlite_content_prepare(struct sqlite *, struct err *);
int sqlite_content_delete(struct sqlite *, struct err *); /* all of the job under way but its row of jobs */
int sqlite_content_action(struct sink *, const struct action *, struct err *);
int sqlite_content_result(struct sink *, const struct query_result *, struct err *);
/* Appends a row's cells. */
int sqlite_content_cells(struct buf *, const struct row *, struct err *);
/* Labels into s->columns. */
int sqlite_content_labels(struct sqlite *, const struct text *, size_t n, struct err *);
int sqlite_content_row(struct sink *, const struct row *, struct err *);
int sqlite_content_result_end(struct sink *, const struct query_result *, struct err *);
int sqlite_content_body(struct sink *, const void *piece, size_t n, struct err *);
int sqlite_content_end(struct sqlite *, struct err *); /* the last part of the body */

/* sqlite_rows.c */
void sqlite_rows_init(struct sqlite_rows *);
void sqlite_rows_free(struct sqlite_rows *);
/* The job is undone: so are its rows that wait. */
void sqlite_rows_drop(struct sqlite_rows *);
/* Writes the row, or lets it wait for others. */
int sqlite_rows_add(struct sqlite *, const struct row *, struct err *);
/* Writes what waits. Whether that went well or not, nothing waits then. */
int sqlite_rows_write(struct sqlite *, struct err *);

/* sqlite_rerun.c: see sink.h. */
int sqlite_rerun_begin(struct sink *, const struct rerun *, struct err *);
int sqlite_rerun_row(struct sink *, const struct row *, struct err *);
int sqlite_rerun_commit(struct sink *, const struct rerun *, struct err *);
void sqlite_rerun_rollback(struct sink *);
int sqlite_rerun_next_truncated(struct sink *, struct truncated *, struct err *);
int sqlite_rerun_read_truncated(struct sink *, const struct uuid *, int64_t action_index, struct truncated *,
				struct err *);
/* The job under way was replaced: reruns that belong to none of its results go. */
int sqlite_rerun_sweep(struct sqlite *, struct err *);

#endif
