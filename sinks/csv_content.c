/* csv_content.c: the files of a job's folder (contract, "Flat files"): written into the staged one. */
#include "csv_sink.h"
#include "jsonw.h"

#include <inttypes.h>
#include <stdio.h>

static int no_memory(struct err *err)
{
	return err_set(err, ERR_FATAL, "out of memory");
}

int csv_content_file(struct csv *s, struct flatfile *f, const char *name, struct err *err)
{
	static const uint8_t none[SHA256_LEN] = {0};
	char path[FLATSTAGE_PATH + CSV_SLUG_MAX + 32];

	if (buf_addf(&s->places, "%s\"%s/%s\"", s->places.len > 1 ? "," : "", s->id, name))
		return no_memory(err);
	if (buf_add(&s->sums, none, sizeof(none)))
		return no_memory(err);
	(void)snprintf(path, sizeof(path), "%s/%s", s->staged, name);
	return flatfile_begin_summed(f, s->dir, path, err);
}

int csv_content_file_end(struct csv *s, struct flatfile *f, size_t number, struct err *err)
{
	return flatfile_sum(f, (uint8_t *)s->sums.data + number * SHA256_LEN, err) || flatfile_end(f, err) ? -1 : 0;
}

int csv_content_begin(struct csv *s, struct err *err)
{
	static const char *const names[] = {"job_id",    "action_index", "type",     "message",
					    "timestamp", "status",       "is_error", "extra"};
	struct text header[8];

	for (size_t i = 0; i < 8; i++)
		header[i] = text_of(names[i]);
	s->any_result = false;
	buf_clear(&s->places);
	buf_clear(&s->sums);
	if (buf_addc(&s->places, '['))
		return no_memory(err);
	if (flatdir_make(s->dir, s->staged, err))
		return -1;
	s->has_staged = true;
	if (csv_job_begin(s, err) || csv_content_file(s, &s->actions, "actions.csv", err))
		return -1;
	return csv_cells_row(&s->actions, header, 8, (struct csv_cells_style){0}, err);
}

int csv_content_action(struct sink *sink, const struct action *a, struct err *err)
{
	struct csv *s = csv_of(sink);
	const struct csv_cells_style style = {.escape = s->style.escape, .quote_empty = true};
	char index[24];
	struct text cells[] = {
	    text_of(s->id),
	    TEXT_NULL,
	    a->type,
	    a->message,
	    text_of(stamp_is_set(&a->timestamp) ? a->timestamp.text : NULL),
	    a->status,
	    text_of(a->is_error < 0 ? NULL
		    : a->is_error   ? "true"
				    : "false"),
	    a->extra,
	};

	(void)snprintf(index, sizeof(index), "%" PRId64, a->action_index);
	cells[1] = text_of(index);
	return csv_cells_row(&s->actions, cells, sizeof(cells) / sizeof(cells[0]), style, err);
}

int csv_content_result(struct sink *sink, const struct query_result *r, struct err *err)
{
	struct csv *s = csv_of(sink);
	char slug[CSV_SLUG_MAX + 1];

	buf_clear(&s->sections);
	s->section = SECTION_NONE;
	s->section_rows = 0;
	if (!r->columns)
		return 0;
	(void)snprintf(s->name, sizeof(s->name), "%" PRId64 "-%s.csv", r->action_index,
		       csv_cells_slug(r->query_name, slug));
	s->result_file = s->sums.len / SHA256_LEN;
	if (csv_content_file(s, &s->result, s->name, err))
		return -1;
	return r->n_columns ? csv_cells_row(&s->result, r->columns, r->n_columns, s->style, err) : 0;
}

/* The rows of one section that follow each other. Nothing is written of a result without sections. */
static int end_section(struct csv *s, struct err *err)
{
	struct jsonw w;

	if (s->section_rows == 0 || (s->section == SECTION_NONE && s->sections.len == 0))
		return 0;
	if (buf_addc(&s->sections, s->sections.len ? ',' : '['))
		return no_memory(err);
	jsonw_init(&w, &s->sections);
	jsonw_object(&w);
	jsonw_key(&w, "section");
	jsonw_cstr(&w, section_name(s->section));
	jsonw_key(&w, "row_index");
	jsonw_int(&w, s->section_from);
	jsonw_key(&w, "rows");
	jsonw_int(&w, s->section_rows);
	jsonw_object_end(&w);
	return w.failed ? no_memory(err) : 0;
}

int csv_content_row(struct sink *sink, const struct row *row, struct err *err)
{
	struct csv *s = csv_of(sink);

	if (row->section != s->section) {
		if (end_section(s, err))
			return -1;
		s->section = row->section;
		s->section_from = row->row_index;
		s->section_rows = 0;
	}
	s->section_rows++;
	if (s->result.fd < 0)
		return 0;
	return csv_cells_row(&s->result, row->cells, row->n, s->style, err);
}

int csv_content_result_end(struct sink *sink, const struct query_result *r, struct err *err)
{
	struct csv *s = csv_of(sink);

	if (end_section(s, err) || (s->sections.len && buf_addc(&s->sections, ']')))
		return no_memory(err);
	if (s->result.fd >= 0 && csv_content_file_end(s, &s->result, s->result_file, err))
		return -1;
	return csv_job_result(s, r, err);
}

static int write_answer(struct csv *s, struct text message, struct err *err)
{
	const size_t number = s->sums.len / SHA256_LEN;
	struct flatfile f;

	if (!message.p)
		return 0;
	if (csv_content_file(s, &f, "answer.md", err))
		return -1;
	if (flatfile_add(&f, message.p, message.n, err) || csv_content_file_end(s, &f, number, err)) {
		flatfile_drop(&f);
		return -1;
	}
	return 0;
}

int csv_content_end(struct csv *s, const struct job *merged, struct text run_id, struct err *err)
{
	if (csv_content_file_end(s, &s->actions, CSV_FILE_ACTIONS, err) || write_answer(s, merged->message, err) ||
	    csv_job_end(s, merged, run_id, err) || csv_content_file_end(s, &s->job, CSV_FILE_JOB, err))
		return -1;
	buf_clear(&s->digests);
	if (buf_addc(&s->places, ']') ||
	    manifest_digests(&s->digests, (const uint8_t *)s->sums.data, s->sums.len / SHA256_LEN))
		return no_memory(err);
	return flatdir_sync(s->dir, s->staged, err);
}

void csv_content_drop(struct csv *s)
{
	flatfile_drop(&s->actions);
	flatfile_drop(&s->result);
	flatfile_drop(&s->job);
}
