/* sqlite_views_read.c: what an SQLite database holds of results, views and their catalogue (viewset.h). */
#include "json.h"
#include "sqlite_views_own.h"

#include <stdlib.h>
#include <string.h>

/* Longer than any cell that is more than text, and cut at a character. */
#define CELL_READ (COLTYPE_CELL_MAX + 8)

enum { READ_VIEWS, READ_COLUMNS, READ_OBJECTS, READ_RESULTS, READ_ROWS, READS };

static const char *const reads[READS] = {
    [READ_VIEWS] = "SELECT view_name, definition, columns, query_name, seen_no, results, seen_sum FROM views",
    [READ_COLUMNS] = "SELECT position, type, source, cells, empty, seen FROM view_columns WHERE view_name = ?1",
    [READ_OBJECTS] = "SELECT name, type, sql FROM sqlite_master",
    [READ_RESULTS] = "SELECT r.result_no, r.job_id, r.action_index, r.query_name, r.columns, r.column_types, "
		     "j.stored_at, j.first_action_at FROM results AS r LEFT JOIN jobs AS j ON j.job_id = r.job_id "
		     "WHERE r.columns <> '[]' ORDER BY r.result_no",
    [READ_ROWS] = "SELECT cells FROM row_cells WHERE row_key BETWEEN ?1 << 32 AND ?1 << 32 | 4294967295",
};

struct task {
	struct sqlite_db *db;
	struct viewset *set;
	unsigned q[READS];
	struct json_doc *doc;
	struct buf text;
	struct text *cells; /* VIEWSET_COLUMNS_MAX of them */
};

static int no_memory(struct err *err)
{
	return err_set(err, ERR_FATAL, "out of memory");
}

static int not_ours(struct sqlite_db *db, struct err *err)
{
	return err_set(err, ERR_JOB, "'%s' has a table 'views' or 'view_columns' that is not this program's",
		       sqlite_db_path(db));
}

int sqlite_views_prepare(struct sqlite_db *db, const char *const *sql, size_t n, unsigned *q, struct err *err)
{
	for (size_t i = 0; i < n; i++) {
		const int rc = sqlite_db_more(db, sql[i], &q[i], err);
		if (rc == 1)
			return not_ours(db, err);
		if (rc)
			return -1;
	}
	return 0;
}

static void copy_name(char *to, size_t room, struct text from)
{
	const size_t n = from.p && from.n < room ? from.n : 0;

	memcpy(to, from.p ? from.p : "", n);
	to[n] = '\0';
}

static int read_columns(struct task *t, struct viewset_view *v, struct err *err)
{
	struct sqlite_db *db = t->db;
	const unsigned q = t->q[READ_COLUMNS];
	int rc;

	sqlite_db_bind_text(db, q, 1, text_of(v->name));
	while ((rc = sqlite_db_step(db, q, err)) == 1) {
		struct viewset_column c = {.from_api = text_eq(sqlite_db_text(db, q, 2), text_of("api"))};

		if (!coltype_read(&c.seen, sqlite_db_text(db, q, 5)))
			rc = not_ours(db, err);
		c.kind = coltype_of_name(sqlite_db_text(db, q, 1));
		c.seen.cells = sqlite_db_int(db, q, 3);
		c.seen.empty = sqlite_db_int(db, q, 4);
		if (rc < 0 || viewset_known_column(t->set, v, sqlite_db_int(db, q, 0), &c, err)) {
			sqlite_db_reset(db, q);
			return -1;
		}
	}
	return rc;
}

static int read_catalogue(struct task *t, struct err *err)
{
	struct sqlite_db *db = t->db;
	const unsigned q = t->q[READ_VIEWS];
	int rc;

	while ((rc = sqlite_db_step(db, q, err)) == 1) {
		struct viewset_view row = {.labels = sqlite_db_text(db, q, 2),
					   .query_name = sqlite_db_text(db, q, 3),
					   .seen_no = sqlite_db_int(db, q, 4),
					   .seen_n = sqlite_db_int(db, q, 5),
					   .seen_sum = sqlite_db_int(db, q, 6)};
		struct viewset_view *v;

		copy_name(row.name, sizeof(row.name), sqlite_db_text(db, q, 0));
		copy_name(row.definition, sizeof(row.definition), sqlite_db_text(db, q, 1));
		v = viewset_known(t->set, &row, err);
		if (!v || read_columns(t, v, err)) {
			sqlite_db_reset(db, q);
			return -1;
		}
	}
	return rc;
}

/* A view's mark is that of its text: what somebody else has made has another one. */
static int read_objects(struct task *t, struct err *err)
{
	struct sqlite_db *db = t->db;
	const unsigned q = t->q[READ_OBJECTS];
	int rc;

	while ((rc = sqlite_db_step(db, q, err)) == 1) {
		const struct text sql = sqlite_db_text(db, q, 2);
		const struct buf as_buf = {.data = (char *)(uintptr_t)sql.p, .len = sql.n};
		char mark[SHA256_HEX_LEN + 1] = "";

		if ((text_eq(sqlite_db_text(db, q, 1), text_of("view")) && sql.p && viewset_mark(&as_buf, mark, err)) ||
		    viewset_object(t->set, sqlite_db_text(db, q, 0), mark, err)) {
			sqlite_db_reset(db, q);
			return -1;
		}
	}
	return rc;
}

static int64_t us_of(struct text time)
{
	struct stamp stamp;

	return time_parse_iso(time.p, time.n, &stamp) == TIME_BAD ? 0 : stamp.us;
}

static int read_results(struct task *t, struct err *err)
{
	struct sqlite_db *db = t->db;
	const unsigned q = t->q[READ_RESULTS];
	int rc;

	while ((rc = sqlite_db_step(db, q, err)) == 1) {
		const struct text job = sqlite_db_text(db, q, 1);
		struct viewset_result r = {.no = sqlite_db_int(db, q, 0),
					   .action_index = sqlite_db_int(db, q, 2),
					   .query_name = sqlite_db_text(db, q, 3),
					   .columns = sqlite_db_text(db, q, 4),
					   .column_types = sqlite_db_text(db, q, 5),
					   .stored_us = us_of(sqlite_db_text(db, q, 6)),
					   .asked_us = us_of(sqlite_db_text(db, q, 7))};

		if (!job.p || !uuid_parse(job.p, job.n, &r.job))
			continue;
		if (viewset_result(t->set, &r, err)) {
			sqlite_db_reset(db, q);
			return -1;
		}
	}
	return rc;
}

/* The cells of a row, as far as types need them. What is no array of texts has none. */
static int feed_row(struct task *t, struct viewset_view *v, struct text json, struct err *err)
{
	json_ref cell;
	size_t n = 0, at = 0;

	buf_clear(&t->text);
	if (json_parse(t->doc, json.p, json.n, err))
		return err->kind == ERR_FATAL ? -1 : 0;
	for (cell = json_first(t->doc, json_root(t->doc)); cell != -1 && n < v->n; cell = json_next(t->doc, cell)) {
		const size_t before = t->text.len;
		unsigned flags = 0;

		if (json_string(t->doc, cell, CELL_READ, &t->text, &flags, err))
			return -1;
		t->cells[n++] = (struct text){"", t->text.len - before};
	}
	for (size_t i = 0; i < n; at += t->cells[i++].n)
		t->cells[i].p = buf_cstr(&t->text) + at;
	viewset_feed(v, t->cells, n);
	return 0;
}

static int read_rows(struct task *t, struct err *err)
{
	struct sqlite_db *db = t->db;
	const unsigned q = t->q[READ_ROWS];
	const struct viewset_unread *unread;
	size_t n;
	int rc = 0;

	unread = viewset_settle(t->set, &n);
	for (size_t i = 0; i < n && rc == 0; i++) {
		sqlite_db_bind_int(db, q, 1, unread[i].no);
		while ((rc = sqlite_db_step(db, q, err)) == 1)
			if (feed_row(t, unread[i].view, sqlite_db_text(db, q, 0), err)) {
				sqlite_db_reset(db, q);
				return -1;
			}
	}
	return rc;
}

/* Is the catalogue there? 1, 0, -1. */
static int look_for_catalogue(struct task *t, struct err *err)
{
	static const char sql[] =
	    "SELECT count(*) FILTER (WHERE type = 'table' AND name IN ('views', 'view_columns')) || '/' || count(*) "
	    "FROM sqlite_master WHERE lower(name) IN ('views', 'view_columns')";
	int rc;

	buf_clear(&t->text);
	rc = sqlite_db_ask(t->db, sql, &t->text, err);
	if (rc < 0)
		return -1;
	if (strcmp(buf_cstr(&t->text), "0/0") == 0)
		return 0;
	if (strcmp(buf_cstr(&t->text), "2/2") == 0)
		return 1;
	return not_ours(t->db, err);
}

static int read_all(struct task *t, struct err *err)
{
	const int there = look_for_catalogue(t, err);

	const size_t from = there > 0 ? READ_VIEWS : READ_OBJECTS;

	if (there < 0 || sqlite_views_prepare(t->db, reads + from, READS - from, t->q + from, err))
		return -1;
	if ((there && read_catalogue(t, err)) || read_objects(t, err) || read_results(t, err) || read_rows(t, err))
		return -1;
	return viewset_decide(t->set, err);
}

int sqlite_views_read(struct sqlite_db *db, struct viewset *set, struct err *err)
{
	struct task t = {.db = db, .set = set, .doc = json_new()};
	int rc;

	buf_init(&t.text, SQLITE_CELLS_MAX);
	t.cells = calloc(VIEWSET_COLUMNS_MAX, sizeof(*t.cells));
	rc = t.doc && t.cells ? read_all(&t, err) : no_memory(err);
	sqlite_db_less(db, QUERIES);
	json_free(t.doc);
	buf_free(&t.text);
	free(t.cells);
	return rc;
}
