/*
 * viewset.h: the shapes of result that a database holds (the same labels in the same order), the view of each, and the
 * types of its columns: what sqlite_views.c and postgres_views.c have in common, which is all but the SQL.
 *
 *     (known known_column*)*  object*  result*  settle  feed*  decide  plan  at*  tell
 *
 * A view is named once, after the query name of the earliest of its results, and keeps its name for ever: the catalogue
 * (the tables views and view_columns) remembers it, and what was counted of each column, so that only results which are
 * new are read. Where one that was counted has gone or was replaced, those of its shape are all read again.
 *
 * A struct viewset owns everything in it; what is passed in is copied. Pure but for memory: ERR_FATAL, "out of memory".
 */
#ifndef OMNI_VIEWSET_H
#define OMNI_VIEWSET_H

#include "coltype.h"
#include "err.h"
#include "sha256.h"
#include "sink.h"
#include "viewname.h"

/* Of what has more columns or longer labels there is no view: no database takes one of so many, or so long a query. */
#define VIEWSET_COLUMNS_MAX 1000
#define VIEWSET_LABELS_MAX  ((size_t)100000) /* bytes of JSON */

/* The names of the columns that each view has before those of its labels. */
#define VIEWSET_FIXED 7
extern const char *const viewset_fixed[VIEWSET_FIXED];

struct viewset_column {
	char name[VIEWNAME_MAX + 1];
	struct text label;
	struct coltype seen;
	enum coltype_kind kind;
	bool from_api;
	char api[16];   /* what the API calls it where that is of use; else empty */
	bool api_mixed; /* not everywhere the same: that is of no use either */
};

struct viewset_view {
	char name[VIEWNAME_MAX + 1];
	char shape[SHA256_HEX_LEN + 1];      /* SHA-256 of labels: what the catalogue is keyed by */
	char definition[SHA256_HEX_LEN + 1]; /* mark of the view that there is; empty: none, or none of ours */
	struct text labels;                  /* as in results.columns */
	struct text query_name;              /* that it is named after; null text: none */
	struct viewset_column *columns;
	size_t n;
	int64_t results; /* that there are now */
	bool too_large;  /* there is no view; it has no columns either */
	bool changed;    /* against the catalogue */
	bool kept;       /* the catalogue knows it */

	/* what is to become of it (viewset_plan), and then what did */
	enum sink_view_state state;
	struct err why;                /* SINK_VIEW_NONE, SINK_VIEW_FAILED */
	char mark[SHA256_HEX_LEN + 1]; /* of the view that there should be */

	/* what is counted: results up to this number, so many, with this sum over them */
	int64_t seen_no, seen_n, seen_sum;
	/* viewset.c's own, of the results as they stand */
	int64_t now_no, now_n, now_sum, old_n, old_sum;
	bool is_there;
	struct uuid first_job;
	int64_t first_action, first_us;
	char *texts, *first_name, *last_types;
	size_t last_types_len;
	struct viewset_view *next; /* of those with the same hash */
};

struct viewset;

struct viewset *viewset_new(void); /* NULL: out of memory */
void viewset_free(struct viewset *);

/* A row of the table views. Returns it, or NULL with *err (ERR_FATAL; also where it is none that was written there). */
struct viewset_view *viewset_known(struct viewset *, const struct viewset_view *, struct err *);
/* A row of view_columns of that view: position counts from 1. 0 or -1. */
int viewset_known_column(struct viewset *, struct viewset_view *, int64_t position, const struct viewset_column *,
			 struct err *);
/* The one of that name; NULL: none. */
struct viewset_view *viewset_find(const struct viewset *, struct text name);
/* What there is in the schema by that name; mark: of a view, its definition as it was made; empty: of none of ours. */
int viewset_object(struct viewset *, struct text name, const char *mark, struct err *);

/* A row of results that has columns (JSON; "[]" is passed over). */
struct viewset_result {
	int64_t no;
	struct uuid job;
	int64_t action_index;
	struct text query_name, columns, column_types; /* column_types: JSON, null text where not known */
	int64_t stored_us, asked_us;                   /* of the job; 0: not known */
};
/* In the order of their numbers. 0 or -1 */
int viewset_result(struct viewset *, const struct viewset_result *, struct err *);

/* Which results are to be read? *n of them, by number. */
struct viewset_unread {
	int64_t no;
	struct viewset_view *view;
};
const struct viewset_unread *viewset_settle(struct viewset *, size_t *n);
/* Which of them has this number; NULL: none. */
struct viewset_view *viewset_unread_view(const struct viewset *, int64_t no);
/* The cells of one row of one of them. */
void viewset_feed(struct viewset_view *, const struct text *cells, size_t n);

/* Names what has no name, and types what was read. 0 or -1 */
int viewset_decide(struct viewset *, struct err *);

/* The views by name; NULL: there are no more. */
struct viewset_view *viewset_at(struct viewset *, size_t i);
/* Appends the SQL that makes a view. 0 or -1 (buf). */
typedef int (*viewset_sql_fn)(void *ctx, const struct viewset_view *, struct buf *out);
/* Sets state and mark of all. *write: something is to be written. 0 or -1 */
int viewset_plan(struct viewset *, viewset_sql_fn sql, void *ctx, bool *write, struct err *);
/* Tells of all. 0; 1: some could not be made; -1. */
int viewset_tell(const struct viewset *, sink_view_fn tell, void *ctx, struct err *);
/* Sets the mark of a definition in SQL. 0 or -1 */
int viewset_mark(const struct buf *sql, char mark[SHA256_HEX_LEN + 1], struct err *);

#endif
