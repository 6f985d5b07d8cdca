/* sqlite_read.c: what is held of a job, given back in the order in which it came (sink.h). */
#include "sqlite_sink.h"

static const unsigned statements[] = {Q_CONTENT_JOB, Q_CONTENT_ACTIONS, Q_CONTENT_RESULTS, Q_CONTENT_ROWS};

void sqlite_read_end(struct sink *sink)
{
	struct sqlite *s = sqlite_of(sink);

	/* Where the opening failed there are no statements. */
	if (!s->read_id[0])
		return;
	for (size_t i = 0; i < sizeof(statements) / sizeof(statements[0]); i++)
		sqlite_db_reset(s->db, statements[i]);
	if (s->moment)
		(void)sqlite_db_exec(s->db, "COMMIT", NULL);
	s->moment = s->begun = s->has_action = s->has_result = s->gave_action = s->in_rows = false;
	s->read_id[0] = '\0';
}

int sqlite_read_content(struct sink *sink, const struct uuid *id, struct job *out, struct err *err)
{
	struct sqlite *s = sqlite_of(sink);
	const unsigned q = Q_CONTENT_JOB;
	const int at = SQLITE_LEDGER_COLUMNS;
	int rc;

	if (!s->db)
		return 0;
	uuid_format(id, s->read_id);
	if (sqlite_db_idle(s->db)) {
		if (sqlite_db_run(s->db, Q_READ, err)) {
			s->read_id[0] = '\0';
			return -1;
		}
		s->moment = true;
	}
	sqlite_db_bind_text(s->db, q, 1, text_of(s->read_id));
	rc = sqlite_db_step(s->db, q, err);
	if (rc <= 0) {
		sqlite_read_end(sink);
		return rc;
	}
	*out = (struct job){.id = *id};
	sqlite_ledger_columns(s, q, out);
	out->input = sqlite_db_text(s->db, q, at);
	out->details = sqlite_db_text(s->db, q, at + 1);
	out->topic = sqlite_db_text(s->db, q, at + 2);
	out->message = sqlite_db_text(s->db, q, at + 3);
	out->result_summary = sqlite_db_text(s->db, q, at + 4);
	out->omni_chat_url = sqlite_db_text(s->db, q, at + 5);
	out->first_action_at = sqlite_ledger_stamp(sqlite_db_text(s->db, q, at + 6));
	out->last_action_at = sqlite_ledger_stamp(sqlite_db_text(s->db, q, at + 7));
	out->action_count = sqlite_db_int(s->db, q, at + 8);
	out->result_count = sqlite_db_int(s->db, q, at + 9);
	out->row_count = sqlite_db_int(s->db, q, at + 10);
	out->warnings = sqlite_db_text(s->db, q, at + 11);
	out->extra = sqlite_db_text(s->db, q, at + 12);
	return 1;
}

static int flag_of(struct sqlite *s, unsigned q, int column)
{
	return sqlite_db_text(s->db, q, column).p ? (int)sqlite_db_int(s->db, q, column) : -1;
}

static int advance(struct sqlite *s, unsigned q, bool *has, struct err *err)
{
	const int rc = sqlite_db_step(s->db, q, err);

	*has = rc == 1;
	return rc < 0 ? -1 : 0;
}

static int begin(struct sqlite *s, struct err *err)
{
	s->begun = true;
	sqlite_db_bind_text(s->db, Q_CONTENT_ACTIONS, 1, text_of(s->read_id));
	sqlite_db_bind_text(s->db, Q_CONTENT_RESULTS, 1, text_of(s->read_id));
	return advance(s, Q_CONTENT_ACTIONS, &s->has_action, err) || advance(s, Q_CONTENT_RESULTS, &s->has_result, err)
		   ? -1
		   : 0;
}

static int give_action(struct sqlite *s, struct sink_item *out)
{
	const unsigned q = Q_CONTENT_ACTIONS;

	s->gave_action = true;
	out->kind = SINK_ITEM_ACTION;
	out->action = (struct action){
	    .action_index = sqlite_db_int(s->db, q, 0),
	    .type = sqlite_db_text(s->db, q, 1),
	    .message = sqlite_db_text(s->db, q, 2),
	    .timestamp = sqlite_ledger_stamp(sqlite_db_text(s->db, q, 3)),
	    .status = sqlite_db_text(s->db, q, 4),
	    .is_error = flag_of(s, q, 5),
	    .extra = sqlite_db_text(s->db, q, 6),
	};
	return 1;
}

/* A column that holds a JSON array of strings; NULL: nothing. */
static int read_array(struct sqlite *s, int column, bool nulls, struct jsontexts *texts, const struct text **out,
		      struct err *err)
{
	const struct text json = sqlite_db_text(s->db, Q_CONTENT_RESULTS, column);

	*out = NULL;
	if (!json.p)
		return 0;
	if (jsontexts_read(texts, json, nulls, err)) {
		return err->kind != ERR_JOB ? -1
					    : err_set(err, ERR_JOB, "the %s of action %lld's result are damaged",
						      nulls ? "column_types" : "columns",
						      (long long)sqlite_db_int(s->db, Q_CONTENT_RESULTS, 0));
	}
	*out = texts->at;
	return 0;
}

static int give_result(struct sqlite *s, struct sink_item *out, struct err *err)
{
	const unsigned q = Q_CONTENT_RESULTS;
	struct query_result *r = &out->result;

	*r = (struct query_result){
	    .action_index = sqlite_db_int(s->db, q, 0),
	    .result_id = sqlite_db_text(s->db, q, 1),
	    .query_name = sqlite_db_text(s->db, q, 2),
	    .status = sqlite_db_text(s->db, q, 3),
	    .query = sqlite_db_text(s->db, q, 4),
	    .csv_truncated = flag_of(s, q, 7),
	    .has_results = flag_of(s, q, 8),
	    .has_total = sqlite_db_text(s->db, q, 9).p != NULL,
	    .total_row_count = sqlite_db_int(s->db, q, 9),
	    .row_count = sqlite_db_text(s->db, q, 10).p ? sqlite_db_int(s->db, q, 10) : -1,
	    .error_message = sqlite_db_text(s->db, q, 11),
	    .error_detail = sqlite_db_text(s->db, q, 12),
	    .extra = sqlite_db_text(s->db, q, 13),
	};
	out->kind = SINK_ITEM_RESULT;
	if (read_array(s, 5, false, &s->texts, &r->columns, err) ||
	    read_array(s, 6, true, &s->types, &r->column_types, err))
		return -1;
	r->n_columns = r->columns ? s->texts.n : 0;
	if (r->column_types && s->types.n != r->n_columns)
		return err_set(err, ERR_JOB, "action %lld's result has %zu columns, and the types of %zu",
			       (long long)r->action_index, r->n_columns, s->types.n);
	s->read_index = r->action_index;
	s->in_rows = true;
	s->rows_given = 0;
	sqlite_db_bind_int(s->db, Q_CONTENT_ROWS, 1, sqlite_db_int(s->db, q, 14));
	return 1;
}

static int give_row(struct sqlite *s, struct sink_item *out, struct err *err)
{
	const unsigned q = Q_CONTENT_ROWS;
	const struct text section = sqlite_db_text(s->db, q, 1);
	struct row *row = &out->row;

	out->kind = SINK_ITEM_ROW;
	*row = (struct row){.action_index = s->read_index, .row_index = sqlite_db_int(s->db, q, 0)};
	if (!section_of_name(section, &row->section))
		return err_set(err, ERR_JOB, "row %lld of action %lld's result is of no section that there is",
			       (long long)row->row_index, (long long)row->action_index);
	if (jsontexts_read(&s->texts, sqlite_db_text(s->db, q, 2), false, err))
		return err->kind != ERR_JOB
			   ? -1
			   : err_set(err, ERR_JOB, "the cells of row %lld of action %lld's result are damaged",
				     (long long)row->row_index, (long long)row->action_index);
	row->cells = s->texts.at;
	row->n = s->texts.n;
	return 1;
}

int sqlite_read_next(struct sink *sink, struct sink_item *out, struct err *err)
{
	struct sqlite *s = sqlite_of(sink);

	if (!s->begun && begin(s, err))
		return -1;
	if (s->in_rows) {
		if (s->first_rows > 0 && s->rows_given == s->first_rows) {
			sqlite_db_reset(s->db, Q_CONTENT_ROWS);
			s->in_rows = false;
		} else if (advance(s, Q_CONTENT_ROWS, &s->in_rows, err)) {
			return -1;
		}
		s->rows_given++;
		if (s->in_rows)
			return give_row(s, out, err);
		if (advance(s, Q_CONTENT_RESULTS, &s->has_result, err))
			return -1;
	} else if (s->gave_action) {
		s->gave_action = false;
		if (advance(s, Q_CONTENT_ACTIONS, &s->has_action, err))
			return -1;
	}
	if (s->has_action && (!s->has_result ||
			      sqlite_db_int(s->db, Q_CONTENT_ACTIONS, 0) <= sqlite_db_int(s->db, Q_CONTENT_RESULTS, 0)))
		return give_action(s, out);
	return s->has_result ? give_result(s, out, err) : 0;
}
