#include "jsonl_lines.h"

#include "field.h"

#include <string.h>

#define HEAD "{\"job_id\":\""

static void begin(struct jsonw *w, struct buf *out, const char *id)
{
	jsonw_init(w, out);
	jsonw_object(w);
	jsonw_key(w, "job_id");
	jsonw_string(w, (struct text){id, UUID_TEXT_LEN});
}

static int end(struct jsonw *w, const char *part, size_t before)
{
	jsonw_key(w, "part");
	jsonw_cstr(w, part);
	jsonw_object_end(w);
	if (!w->failed && buf_addc(w->out, '\n') == 0)
		return 0;
	buf_cut(w->out, before);
	return -1;
}

int jsonl_lines_job(struct buf *out, const struct job *job, const char *run_id, const char *part)
{
	const size_t before = out->len;
	char id[UUID_TEXT_LEN + 1];
	struct jsonw w;

	begin(&w, out, uuid_format(&job->id, id));
	field_job(&w, job);
	field_json_line(&w, "warnings", job->warnings);
	field_json_line(&w, "input", job->input);
	field_json_line(&w, "details", job->details);
	field_json_line(&w, "extra", job->extra);
	field_text(&w, "run_id", text_of(run_id));
	return end(&w, part, before);
}

int jsonl_lines_action(struct buf *out, const char *id, const struct action *a, const char *part)
{
	const size_t before = out->len;
	struct jsonw w;

	begin(&w, out, id);
	field_number(&w, "action_index", true, a->action_index);
	field_text(&w, "type", a->type);
	field_text(&w, "message", a->message);
	field_stamp(&w, "timestamp", &a->timestamp);
	field_text(&w, "status", a->status);
	field_flag(&w, "is_error", a->is_error);
	field_json_line(&w, "extra", a->extra);
	return end(&w, part, before);
}

int jsonl_lines_result(struct buf *out, const char *id, const struct query_result *r, const char *part)
{
	const size_t before = out->len;
	struct jsonw w;

	begin(&w, out, id);
	field_number(&w, "action_index", true, r->action_index);
	field_text(&w, "result_id", r->result_id);
	field_text(&w, "query_name", r->query_name);
	field_text(&w, "status", r->status);
	field_json_line(&w, "query", r->query);
	field_texts(&w, "columns", r->columns, r->n_columns);
	field_texts(&w, "column_types", r->columns ? r->column_types : NULL, r->n_columns);
	field_flag(&w, "csv_truncated", r->csv_truncated);
	field_flag(&w, "has_results", r->has_results);
	field_number(&w, "total_row_count", r->has_total, r->total_row_count);
	field_number(&w, "row_count", true, r->row_count);
	field_text(&w, "error_message", r->error_message);
	field_text(&w, "error_detail", r->error_detail);
	field_json_line(&w, "extra", r->extra);
	return end(&w, part, before);
}

int jsonl_lines_row(struct buf *out, const char *id, const struct row *row, const char *part)
{
	static const struct text none = {"", 0};
	const size_t before = out->len;
	struct jsonw w;

	begin(&w, out, id);
	field_number(&w, "action_index", true, row->action_index);
	field_number(&w, "row_index", true, row->row_index);
	field_text(&w, "section", text_of(section_name(row->section)));
	field_texts(&w, "cells", row->n > 0 ? row->cells : &none, row->n);
	return end(&w, part, before);
}

bool jsonl_lines_id(const char *p, struct uuid *id)
{
	const size_t n = sizeof(HEAD) - 1;

	return memcmp(p, HEAD, n) == 0 && uuid_parse(p + n, UUID_TEXT_LEN, id);
}
