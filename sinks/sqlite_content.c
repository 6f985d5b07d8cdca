/* sqlite_content.c: what a job brings beside its row of jobs: actions, results, their rows, the body. */
#include "jsonw.h"
#include "sqlite_sink.h"

#include <stdlib.h>

#define RESULT_NO_MAX INT32_MAX  /* row_key is 63 bits: 31 of them, */
#define ROW_INDEX_MAX UINT32_MAX /* and 32 */

static void bind_flag(struct sqlite *s, unsigned q, int param, int flag)
{
	if (flag < 0)
		sqlite_db_bind_null(s->db, q, param);
	else
		sqlite_db_bind_int(s->db, q, param, flag);
}

/* Where the table results was damaged there may be rows of results that it does not have. */
int sqlite_content_prepare(struct sqlite *s, struct err *err)
{
	struct buf max;
	int rc;

	buf_init(&max, 32);
	rc = sqlite_db_ask(s->db,
			   "SELECT max(coalesce((SELECT max(result_no) FROM results), 0), "
			   "coalesce((SELECT max(row_key) >> 32 FROM row_cells), 0))",
			   &max, err);
	s->next_no = strtoll(buf_cstr(&max), NULL, 10) + 1;
	buf_free(&max);
	return rc < 0 ? -1 : 0;
}

int sqlite_content_delete(struct sqlite *s, struct err *err)
{
	static const unsigned deletes[] = {Q_DELETE_RESULTS, Q_DELETE_ACTIONS, Q_DELETE_BODIES};
	int rc;

	sqlite_db_bind_text(s->db, Q_RESULT_NOS, 1, text_of(s->id));
	while ((rc = sqlite_db_step(s->db, Q_RESULT_NOS, err)) == 1) {
		sqlite_db_bind_int(s->db, Q_DELETE_ROWS, 1, sqlite_db_int(s->db, Q_RESULT_NOS, 0));
		if (sqlite_db_run(s->db, Q_DELETE_ROWS, err)) {
			sqlite_db_reset(s->db, Q_RESULT_NOS);
			return -1;
		}
	}
	for (size_t i = 0; i < sizeof(deletes) / sizeof(deletes[0]) && rc == 0; i++) {
		sqlite_db_bind_text(s->db, deletes[i], 1, text_of(s->id));
		rc = sqlite_db_run(s->db, deletes[i], err);
	}
	return rc;
}

int sqlite_content_action(struct sink *sink, const struct action *a, struct err *err)
{
	struct sqlite *s = sqlite_of(sink);

	sqlite_db_bind_text(s->db, Q_ACTION, 1, text_of(s->id));
	sqlite_db_bind_int(s->db, Q_ACTION, 2, a->action_index);
	sqlite_db_bind_text(s->db, Q_ACTION, 3, a->type);
	sqlite_db_bind_text(s->db, Q_ACTION, 4, a->message);
	sqlite_bind_stamp(s, Q_ACTION, 5, &a->timestamp);
	sqlite_db_bind_text(s->db, Q_ACTION, 6, a->status);
	bind_flag(s, Q_ACTION, 7, a->is_error);
	sqlite_db_bind_text(s->db, Q_ACTION, 8, a->extra);
	return sqlite_db_run(s->db, Q_ACTION, err);
}

/* The row of results is written at its end, when row_count is known; the rows need its number now. */
int sqlite_content_result(struct sink *sink, const struct query_result *r, struct err *err)
{
	struct sqlite *s = sqlite_of(sink);

	(void)r;
	if (s->next_no > RESULT_NO_MAX)
		return err_set(err, ERR_FATAL, "'%s' holds as many results as it can", sqlite_db_path(s->db));
	s->result_no = s->next_no++;
	return 0;
}

/* Appends a JSON array; what: what is too large if it is. */
static int json_array(struct buf *out, const struct text *items, size_t n, const char *what, struct err *err)
{
	struct jsonw w;

	jsonw_init(&w, out);
	jsonw_texts(&w, items, n);
	if (!w.failed)
		return 0;
	return out->starved ? err_set(err, ERR_FATAL, "out of memory")
			    : err_set(err, ERR_JOB, "%s of a result are too large", what);
}

int sqlite_content_cells(struct buf *out, const struct row *row, struct err *err)
{
	if (row->row_index > ROW_INDEX_MAX)
		return err_set(err, ERR_JOB, "a result has more than %u rows", ROW_INDEX_MAX);
	if (json_array(out, row->cells, row->n, "the cells", err) == 0)
		return 0;
	return out->starved ? -1
			    : err_set(err, ERR_JOB, "row %lld of a result is too large", (long long)row->row_index);
}

int sqlite_content_row(struct sink *sink, const struct row *row, struct err *err)
{
	return sqlite_rows_add(sqlite_of(sink), row, err);
}

int sqlite_content_labels(struct sqlite *s, const struct text *labels, size_t n, struct err *err)
{
	buf_clear(&s->columns);
	return json_array(&s->columns, labels, n, "the columns", err);
}

int sqlite_content_result_end(struct sink *sink, const struct query_result *r, struct err *err)
{
	struct sqlite *s = sqlite_of(sink);
	bool types = r->columns && r->column_types;

	if (r->columns && sqlite_content_labels(s, r->columns, r->n_columns, err))
		return -1;
	buf_clear(&s->cells);
	if (types && json_array(&s->cells, r->column_types, r->n_columns, "the column types", err))
		return -1;
	sqlite_db_bind_int(s->db, Q_RESULT, 1, s->result_no);
	sqlite_db_bind_text(s->db, Q_RESULT, 2, text_of(s->id));
	sqlite_db_bind_int(s->db, Q_RESULT, 3, r->action_index);
	sqlite_db_bind_text(s->db, Q_RESULT, 4, r->result_id);
	sqlite_db_bind_text(s->db, Q_RESULT, 5, r->query_name);
	sqlite_db_bind_text(s->db, Q_RESULT, 6, r->status);
	sqlite_db_bind_text(s->db, Q_RESULT, 7, r->query);
	sqlite_db_bind_text(s->db, Q_RESULT, 8, r->columns ? buf_text(&s->columns) : TEXT_NULL);
	sqlite_db_bind_text(s->db, Q_RESULT, 9, types ? buf_text(&s->cells) : TEXT_NULL);
	bind_flag(s, Q_RESULT, 10, r->csv_truncated);
	bind_flag(s, Q_RESULT, 11, r->has_results);
	sqlite_bind_known(s, Q_RESULT, 12, r->has_total, r->total_row_count);
	sqlite_db_bind_int(s->db, Q_RESULT, 13, r->row_count);
	sqlite_db_bind_text(s->db, Q_RESULT, 14, r->error_message);
	sqlite_db_bind_text(s->db, Q_RESULT, 15, r->error_detail);
	sqlite_db_bind_text(s->db, Q_RESULT, 16, r->extra);
	return sqlite_db_run(s->db, Q_RESULT, err);
}

static int write_part(struct sqlite *s, struct err *err)
{
	sqlite_db_bind_text(s->db, Q_BODY, 1, text_of(s->id));
	sqlite_db_bind_int(s->db, Q_BODY, 2, s->part_no++);
	sqlite_db_bind_blob(s->db, Q_BODY, 3, s->part.data, s->part.len);
	if (sqlite_db_run(s->db, Q_BODY, err))
		return -1;
	buf_clear(&s->part);
	return 0;
}

int sqlite_content_end(struct sqlite *s, struct err *err)
{
	if (sqlite_rows_write(s, err))
		return -1;
	return s->part.len > 0 ? write_part(s, err) : 0;
}

int sqlite_content_body(struct sink *sink, const void *piece, size_t n, struct err *err)
{
	struct sqlite *s = sqlite_of(sink);
	const char *p = piece;

	while (s->deed.take_body && n > 0) {
		size_t room = SQLITE_PART_SIZE - s->part.len;
		size_t k = n < room ? n : room;
		if (buf_add(&s->part, p, k))
			return err_set(err, ERR_FATAL, "out of memory");
		if (s->part.len == SQLITE_PART_SIZE && write_part(s, err))
			return -1;
		p += k;
		n -= k;
	}
	return 0;
}

int sqlite_content_read_body(struct sink *sink, const struct uuid *id, sink_piece_fn piece, void *ctx, struct err *err)
{
	struct sqlite *s = sqlite_of(sink);
	char key[UUID_TEXT_LEN + 1];
	bool kept = false;
	int rc;

	if (!s->db)
		return 0;
	sqlite_db_bind_text(s->db, Q_READ_BODY, 1, text_of(uuid_format(id, key)));
	while ((rc = sqlite_db_step(s->db, Q_READ_BODY, err)) == 1) {
		struct text part = sqlite_db_blob(s->db, Q_READ_BODY, 0);

		kept = true;
		if (piece(ctx, part.p, part.n, err) != 0) {
			sqlite_db_reset(s->db, Q_READ_BODY);
			return -1;
		}
	}
	return rc < 0 ? -1 : kept;
}
