/*
 * postgres_read.c: what is held of a job, given back in the order in which it came (sink.h): actions and results by the
 * page, and in the midst of a page the rows of a result, also by the page. A page ends when it is large.
 */
#include "jsontexts.h"
#include "postgres_sink.h"

#include <stdlib.h>
#include <string.h>

/* A reader takes no lock, but keeps the server from clearing away what it may see: after so many jobs it looks anew. */
#define MOMENT_JOBS 64

struct item {
	struct action action;
	struct query_result result;
	int64_t result_no;
	struct text columns, types; /* JSON; null: none */
	bool has_action, has_result;
};

struct postgres_read {
	bool on;
	struct uuid id;
	struct buf job_text;

	struct item *items;
	size_t n, at, cap;
	struct buf text;     /* of the items */
	bool whole;          /* there are no items after these */
	int64_t last_action; /* of the items so far */
	bool gave_action;

	bool in_rows;
	int row, rows; /* of the page, which is the last answer */
	bool last_page;
	int64_t last_row, rows_given;

	struct jsontexts labels, types;
	struct text *cells;
	size_t cells_cap;
};

static int no_memory(struct err *err)
{
	return err_set(err, ERR_FATAL, "out of memory");
}

void postgres_read_free(struct postgres_read *r)
{
	if (!r)
		return;
	buf_free(&r->job_text);
	buf_free(&r->text);
	jsontexts_free(&r->labels);
	jsontexts_free(&r->types);
	free(r->items);
	free(r->cells);
	free(r);
}

static struct postgres_read *read_of(struct postgres *s)
{
	struct postgres_read *r = s->read;

	if (r)
		return r;
	r = calloc(1, sizeof(*r));
	if (!r)
		return NULL;
	buf_init(&r->job_text, SIZE_MAX / 2);
	buf_init(&r->text, SIZE_MAX / 2);
	jsontexts_init(&r->labels);
	jsontexts_init(&r->types);
	return s->read = r;
}

/* Copies texts, which are those of an answer, into a buffer: all at once, since it moves while it grows. */
static int keep_texts(struct buf *out, struct text *const *texts, size_t n)
{
	size_t room = 1;
	const char *from;

	for (size_t i = 0; i < n; i++)
		room += texts[i]->n;
	if (!buf_room(out, room))
		return -1;
	for (size_t i = 0; i < n; i++) {
		if (!texts[i]->p)
			continue;
		from = texts[i]->p;
		texts[i]->p = out->data + out->len;
		if (texts[i]->n > 0)
			memcpy(out->data + out->len, from, texts[i]->n);
		out->len += texts[i]->n;
	}
	return 0;
}

static int keep_job(struct postgres_read *r, struct job *j)
{
	struct text *const texts[] = {&j->instance, &j->error,          &j->input,         &j->details,  &j->topic,
				      &j->message,  &j->result_summary, &j->omni_chat_url, &j->warnings, &j->extra};

	buf_clear(&r->job_text);
	return keep_texts(&r->job_text, texts, sizeof(texts) / sizeof(texts[0]));
}

void postgres_read_end(struct sink *sink)
{
	struct postgres *s = postgres_of(sink);

	s->read->on = false;
	s->moment_jobs++;
	if (!s->read_only || s->moment_jobs >= MOMENT_JOBS)
		postgres_group_moment_over(s);
}

int postgres_read_content(struct sink *sink, const struct uuid *id, struct job *out, struct err *err)
{
	struct postgres *s = postgres_of(sink);
	struct postgres_read *r;
	int rc;

	if (!s->there)
		return 0;
	r = read_of(s);
	if (!r)
		return no_memory(err);
	if (postgres_group_send(s, err) && err->kind == ERR_FATAL)
		return -1;
	if (postgres_group_moment(s, err))
		return -1;
	rc = postgres_ledger_read_full(s, id, out, err);
	if (rc == 1 && keep_job(r, out))
		rc = no_memory(err);
	r->id = *id;
	r->n = r->at = 0;
	r->whole = r->gave_action = r->in_rows = false;
	r->last_action = -1;
	r->on = true;
	if (rc != 1)
		postgres_read_end(sink);
	return rc;
}

/* actions and results */

static int flag_of(const struct postgres *s, int row, int column)
{
	return postgres_db_text(s->db, row, column).p ? (int)postgres_db_int(s->db, row, column) : -1;
}

#define ITEM_COLUMNS 22 /* before the one that says how many there were */

/* One line of the answer to PQ_CONTENT_ITEMS, whose columns are counted here. */
static int take_item(struct postgres *s, int row, struct item *m, struct buf *out)
{
	const int64_t index = postgres_db_int(s->db, row, 0);
	struct action *a = &m->action;
	struct query_result *q = &m->result;
	struct text *const texts[] = {&a->type,          &a->message,      &a->status, &a->extra,   &q->result_id,
				      &q->query_name,    &q->status,       &q->query,  &m->columns, &m->types,
				      &q->error_message, &q->error_detail, &q->extra};
	static const int columns[] = {2, 3, 5, 7, 9, 10, 11, 12, 13, 14, 19, 20, 21};

	*m = (struct item){.has_action = postgres_db_int(s->db, row, 1) != 0,
			   .has_result = postgres_db_text(s->db, row, 8).p != NULL};
	a->action_index = q->action_index = index;
	a->timestamp = postgres_ledger_stamp(s, row, 4);
	a->is_error = flag_of(s, row, 6);
	m->result_no = m->has_result ? postgres_db_int(s->db, row, 8) : 0;
	q->csv_truncated = flag_of(s, row, 15);
	q->has_results = flag_of(s, row, 16);
	q->has_total = postgres_db_text(s->db, row, 17).p != NULL;
	q->total_row_count = q->has_total ? postgres_db_int(s->db, row, 17) : 0;
	q->row_count = postgres_db_text(s->db, row, 18).p ? postgres_db_int(s->db, row, 18) : -1;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		*texts[i] = postgres_db_text(s->db, row, columns[i]);
	return keep_texts(out, texts, sizeof(texts) / sizeof(texts[0]));
}

/* The bytes of an answer's texts, so that their buffer does not move while it is filled. */
static size_t bytes_of(const struct postgres *s, int rows)
{
	size_t n = 1;

	for (int row = 0; row < rows; row++)
		for (int column = 0; column < ITEM_COLUMNS; column++)
			n += postgres_db_text(s->db, row, column).n;
	return n + (size_t)rows;
}

static int next_items(struct postgres *s, struct err *err)
{
	struct postgres_read *r = s->read;
	struct postgres_tuple t = postgres_group_args(s);
	int64_t taken;
	int rows;

	r->n = r->at = 0;
	if (r->whole)
		return 0;
	postgres_tuple_uuid(&t, &r->id);
	postgres_tuple_bigint(&t, r->last_action);
	if (t.failed)
		return no_memory(err);
	rows = postgres_group_ask_often(s, PQ_CONTENT_ITEMS, false, err);
	if (rows < 0)
		return -1;
	if ((size_t)rows > r->cap) {
		struct item *items = reallocarray(r->items, (size_t)rows, sizeof(*items));
		if (!items)
			return no_memory(err);
		r->items = items;
		r->cap = (size_t)rows;
	}
	postgres_stage_empty(&r->text);
	if (!buf_room(&r->text, bytes_of(s, rows)))
		return no_memory(err);
	for (; r->n < (size_t)rows; r->n++)
		if (take_item(s, (int)r->n, &r->items[r->n], &r->text))
			return no_memory(err);
	taken = rows > 0 ? postgres_db_int(s->db, 0, ITEM_COLUMNS) : 0;
	r->whole = taken < PQ_PAGE_ITEMS && taken == rows;
	if (rows > 0)
		r->last_action = r->items[r->n - 1].action.action_index;
	return 0;
}

static int damaged(int64_t action, const char *what, struct err *err)
{
	return err->kind != ERR_JOB
		   ? -1
		   : err_set(err, ERR_JOB, "the %s of action %lld's result are damaged", what, (long long)action);
}

static int give_result(struct postgres *s, struct sink_item *out, struct err *err)
{
	struct postgres_read *r = s->read;
	const struct item *m = &r->items[r->at];
	struct query_result *q = &out->result;

	out->kind = SINK_ITEM_RESULT;
	*q = m->result;
	if (m->columns.p && jsontexts_read(&r->labels, m->columns, false, err))
		return damaged(q->action_index, "columns", err);
	if (m->types.p && jsontexts_read(&r->types, m->types, true, err))
		return damaged(q->action_index, "column_types", err);
	q->columns = m->columns.p ? r->labels.at : NULL;
	q->column_types = m->types.p ? r->types.at : NULL;
	q->n_columns = m->columns.p ? r->labels.n : 0;
	if (m->types.p && r->types.n != q->n_columns)
		return err_set(err, ERR_JOB, "action %lld's result has %zu columns, and the types of %zu",
			       (long long)q->action_index, q->n_columns, r->types.n);
	r->in_rows = true;
	r->row = r->rows = 0;
	r->last_page = false;
	r->last_row = -1;
	r->rows_given = 0;
	return 1;
}

/* rows */

static int next_rows(struct postgres *s, struct err *err)
{
	struct postgres_read *r = s->read;
	struct postgres_tuple t = postgres_group_args(s);
	int64_t taken;

	postgres_tuple_int(&t, r->items[r->at].result_no);
	postgres_tuple_bigint(&t, r->last_row);
	if (t.failed)
		return no_memory(err);
	r->row = 0;
	r->rows = postgres_group_ask_often(s, PQ_CONTENT_ROWS, true, err);
	taken = r->rows > 0 ? postgres_tuple_get_int(postgres_db_text(s->db, 0, 3)) : 0;
	r->last_page = taken < PQ_PAGE_ROWS && taken == r->rows;
	return r->rows < 0 ? -1 : 0;
}

static int more_cells(struct postgres_read *r, size_t n)
{
	struct text *more;

	if (n < r->cells_cap)
		return 0;
	more = reallocarray(r->cells, 2 * n + 16, sizeof(*more));
	if (!more)
		return -1;
	r->cells = more;
	r->cells_cap = 2 * n + 16;
	return 0;
}

static int give_row(struct postgres *s, struct sink_item *out, struct err *err)
{
	struct postgres_read *r = s->read;
	const struct text cells = postgres_db_text(s->db, r->row, 2);
	struct row *row = &out->row;
	bool good;
	size_t at;

	out->kind = SINK_ITEM_ROW;
	*row = (struct row){.action_index = r->items[r->at].result.action_index,
			    .row_index = postgres_tuple_get_int(postgres_db_text(s->db, r->row, 0))};
	r->last_row = row->row_index;
	good = postgres_tuple_array(cells, &row->n, &at);
	if (good && more_cells(r, row->n))
		return no_memory(err);
	for (size_t i = 0; i < row->n && good; i++)
		good = postgres_tuple_next(cells.p, cells.n, &at, &r->cells[i]) && r->cells[i].p;
	if (!good || at != cells.n)
		return err_set(err, ERR_JOB, "the cells of row %lld of action %lld's result are damaged",
			       (long long)row->row_index, (long long)row->action_index);
	if (!section_of_name(postgres_db_text(s->db, r->row, 1), &row->section))
		return err_set(err, ERR_JOB, "row %lld of action %lld's result is of no section that there is",
			       (long long)row->row_index, (long long)row->action_index);
	row->cells = r->cells;
	r->row++;
	return 1;
}

int postgres_read_next(struct sink *sink, struct sink_item *out, struct err *err)
{
	struct postgres *s = postgres_of(sink);
	struct postgres_read *r = s->read;

	for (;;) {
		if (r->in_rows) {
			const bool enough = s->first_rows > 0 && r->rows_given == s->first_rows;

			if (!enough && r->row == r->rows && !r->last_page && next_rows(s, err))
				return -1;
			if (!enough && r->row < r->rows) {
				r->rows_given++;
				return give_row(s, out, err);
			}
			r->in_rows = false;
			r->at++;
		}
		if (r->at == r->n && next_items(s, err))
			return -1;
		if (r->at == r->n)
			return 0;
		if (r->items[r->at].has_action && !r->gave_action) {
			out->kind = SINK_ITEM_ACTION;
			out->action = r->items[r->at].action;
			r->gave_action = true;
			return 1;
		}
		r->gave_action = false;
		if (r->items[r->at].has_result)
			return give_result(s, out, err);
		r->at++;
	}
}
