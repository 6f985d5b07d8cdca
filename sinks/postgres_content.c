/* postgres_content.c: what a job brings beside its row of jobs: actions, results, their rows, the body. */
#include "jsonw.h"
#include "postgres_sink.h"

static int no_memory(struct err *err)
{
	return err_set(err, ERR_FATAL, "out of memory");
}

/* The end of a tuple: it is staged, or it is as if it had not begun. */
static int staged(struct postgres *s, struct postgres_tuple *t, size_t before, const char *what, struct err *err)
{
	if (!t->failed)
		return postgres_group_relieve(s, err);
	if (t->out->starved)
		return no_memory(err);
	buf_cut(t->out, before);
	return err_set(err, ERR_JOB, "%s of this job is too large for PostgreSQL", what);
}

int postgres_content_prepare(struct postgres *s, struct err *err)
{
	if (postgres_group_ask_once(s, PQ_MAX_NO, NULL, false, err) != 1)
		return -1;
	s->next_no = postgres_db_text(s->db, 0, 0).p ? postgres_db_int(s->db, 0, 0) + 1 : 1;
	return 0;
}

int postgres_content_action(struct sink *sink, const struct action *a, struct err *err)
{
	struct postgres *s = postgres_of(sink);
	struct postgres_tuple t = postgres_tuple_to(&s->tuples[T_ACTIONS]);
	const size_t before = t.out->len;

	if (s->again)
		return 0;
	postgres_tuple_count(&t, T_ACTIONS_FIELDS);
	postgres_tuple_uuid(&t, &s->id);
	postgres_tuple_int(&t, a->action_index);
	postgres_tuple_text(&t, a->type);
	postgres_tuple_text(&t, a->message);
	postgres_tuple_time(&t, &a->timestamp);
	postgres_tuple_text(&t, a->status);
	postgres_tuple_bool(&t, a->is_error);
	postgres_tuple_text(&t, a->extra);
	return staged(s, &t, before, "an action", err);
}

/* The row of results is written at its end, when row_count is known; the rows need its number now. */
int postgres_content_result(struct sink *sink, const struct query_result *r, struct err *err)
{
	struct postgres *s = postgres_of(sink);

	(void)r;
	if (s->next_no > INT32_MAX)
		return err_set(err, ERR_FATAL, "%s holds as many results as it can", buf_cstr(&s->display));
	s->result_no = s->next_no++;
	return 0;
}

int postgres_content_row(struct sink *sink, const struct row *row, struct err *err)
{
	struct postgres *s = postgres_of(sink);
	struct postgres_tuple t = postgres_tuple_to(&s->tuples[T_ROWS]);
	const size_t before = t.out->len;

	if (s->again)
		return 0;
	postgres_tuple_count(&t, T_ROWS_FIELDS);
	postgres_tuple_int(&t, s->result_no);
	postgres_tuple_int(&t, row->row_index);
	postgres_tuple_text(&t, text_of(section_name(row->section)));
	postgres_tuple_texts(&t, row->cells, row->n);
	return staged(s, &t, before, "a row", err);
}

void postgres_content_json(struct postgres *s, struct postgres_tuple *t, const struct text *items, size_t n)
{
	struct jsonw w;

	if (!items) {
		postgres_tuple_null(t);
		return;
	}
	buf_clear(&s->columns);
	jsonw_init(&w, &s->columns);
	jsonw_texts(&w, items, n);
	t->failed = t->failed || w.failed;
	postgres_tuple_text(t, buf_text(&s->columns));
}

int postgres_content_result_end(struct sink *sink, const struct query_result *r, struct err *err)
{
	struct postgres *s = postgres_of(sink);
	struct postgres_tuple t = postgres_tuple_to(&s->tuples[T_RESULTS]);
	const size_t before = t.out->len;

	if (s->again)
		return 0;
	postgres_tuple_count(&t, T_RESULTS_FIELDS);
	postgres_tuple_int(&t, s->result_no);
	postgres_tuple_uuid(&t, &s->id);
	postgres_tuple_int(&t, r->action_index);
	postgres_tuple_text(&t, r->result_id);
	postgres_tuple_text(&t, r->query_name);
	postgres_tuple_text(&t, r->status);
	postgres_tuple_text(&t, r->query);
	postgres_content_json(s, &t, r->columns, r->n_columns);
	postgres_content_json(s, &t, r->columns ? r->column_types : NULL, r->n_columns);
	postgres_tuple_bool(&t, r->csv_truncated);
	postgres_tuple_bool(&t, r->has_results);
	if (r->has_total)
		postgres_tuple_bigint(&t, r->total_row_count);
	else
		postgres_tuple_null(&t);
	postgres_tuple_bigint(&t, r->row_count);
	postgres_tuple_text(&t, r->error_message);
	postgres_tuple_text(&t, r->error_detail);
	postgres_tuple_text(&t, r->extra);
	return staged(s, &t, before, "a result", err);
}

/* bodies */

int postgres_content_end(struct postgres *s, struct err *err)
{
	struct postgres_tuple t = postgres_tuple_to(&s->tuples[T_BODIES]);
	const size_t before = t.out->len;

	if (s->part.len == 0)
		return 0;
	postgres_tuple_count(&t, T_BODIES_FIELDS);
	postgres_tuple_uuid(&t, &s->id);
	postgres_tuple_int(&t, s->part_no++);
	postgres_tuple_text(&t, text_of("zstd"));
	postgres_tuple_bytes(&t, s->part.data, s->part.len);
	buf_clear(&s->part);
	return staged(s, &t, before, "the body", err);
}

int postgres_content_body(struct sink *sink, const void *piece, size_t n, struct err *err)
{
	struct postgres *s = postgres_of(sink);
	const char *p = piece;

	while (!s->again && s->deed.take_body && n > 0) {
		const size_t room = POSTGRES_PART_SIZE - s->part.len;
		const size_t k = n < room ? n : room;
		if (buf_add(&s->part, p, k))
			return no_memory(err);
		if (s->part.len == POSTGRES_PART_SIZE && postgres_content_end(s, err))
			return -1;
		p += k;
		n -= k;
	}
	return 0;
}

static int read_parts(struct postgres *s, const struct uuid *id, sink_piece_fn piece, void *ctx, struct err *err)
{
	for (int64_t part = 0;; part++) {
		struct postgres_tuple t = postgres_group_args(s);
		struct text body;
		int64_t parts;
		int rows;
		postgres_tuple_uuid(&t, id);
		postgres_tuple_int(&t, part);
		if (t.failed)
			return no_memory(err);
		/* A connection that is lost between two parts is another snapshot: no second try from there. */
		rows = part == 0 ? postgres_group_ask_often(s, PQ_BODY, true, err)
				 : postgres_group_ask_once(s, PQ_BODY, &s->args, true, err);
		if (rows < 0)
			return -1;
		if (rows == 0)
			return part > 0;
		body = postgres_db_text(s->db, 0, 0);
		parts = postgres_tuple_get_int(postgres_db_text(s->db, 0, 1));
		if (piece(ctx, body.p, body.n, err))
			return -1;
		if (part + 1 >= parts)
			return 1;
	}
}

/* One part at a time is asked for, and all of them of one moment: a reader takes no lock. */
int postgres_content_read_body(struct sink *sink, const struct uuid *id, sink_piece_fn piece, void *ctx,
			       struct err *err)
{
	struct postgres *s = postgres_of(sink);
	const bool begun = s->moment;
	int rc;

	if (!s->there)
		return 0;
	if (postgres_group_send(s, err) && err->kind == ERR_FATAL)
		return -1;
	if (postgres_group_moment(s, err))
		return -1;
	rc = read_parts(s, id, piece, ctx, err);
	if (!begun)
		postgres_group_moment_over(s);
	return rc;
}
