/* csv_job.c: job.json: the columns of jobs and of results, and which rows belong to which section. */
#include "csv_sink.h"
#include "field.h"
#include "sys.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CONTENT "{\"content\":\""

static int no_memory(struct err *err)
{
	return err_set(err, ERR_FATAL, "out of memory");
}

int csv_job_begin(struct csv *s, struct err *err)
{
	char text[128];
	const int n = snprintf(text, sizeof(text), CONTENT "%016llx\",\n\"job_id\":\"%s\",\n\"results\":[",
			       (unsigned long long)s->content, s->id);

	return csv_content_file(s, &s->job, "job.json", err) || flatfile_add(&s->job, text, (size_t)n, err) ? -1 : 0;
}

int csv_job_content(struct csv *s, const char *folder, uint64_t *content, struct err *err)
{
	char path[FLATSTAGE_PATH + 16], text[sizeof(CONTENT) + 16];
	ssize_t n;
	int fd;

	*content = 0;
	(void)snprintf(path, sizeof(path), "%s/job.json", folder);
	fd = flatdir_read(s->dir, path, false, err);
	if (fd < 0)
		return fd == FLATDIR_NONE ? 0 : -1;
	n = sys_read_at(fd, text, sizeof(text) - 1, 0);
	if (n < 0)
		(void)err_sys(err, ERR_FATAL, errno, "cannot read '%s/%s'", flatdir_path(s->dir), path);
	if (n == (ssize_t)sizeof(text) - 1 && memcmp(text, CONTENT, sizeof(CONTENT) - 1) == 0) {
		text[n] = '\0';
		*content = strtoull(text + sizeof(CONTENT) - 1, NULL, 16);
	}
	close(fd);
	return n < 0 ? -1 : 0;
}

/* JSON that nobody has looked at yet; else a string. */
static void put_foreign(struct csv *s, struct jsonw *w, const char *name, struct text t)
{
	if (manifest_is_json(s->manifest, t))
		field_json(w, name, t);
	else
		field_text(w, name, t);
}

int csv_job_result(struct csv *s, const struct query_result *r, struct err *err)
{
	struct jsonw w;

	buf_clear(&s->json);
	if (buf_adds(&s->json, s->any_result ? ",\n" : "\n"))
		return no_memory(err);
	s->any_result = true;
	jsonw_init(&w, &s->json);
	w.lines = true;
	jsonw_object(&w);
	field_number(&w, "action_index", true, r->action_index);
	field_text(&w, "file", r->columns ? text_of(s->name) : TEXT_NULL);
	field_text(&w, "result_id", r->result_id);
	field_text(&w, "query_name", r->query_name);
	field_text(&w, "status", r->status);
	field_json(&w, "query", r->query);
	field_texts(&w, "columns", r->columns, r->n_columns);
	field_texts(&w, "column_types", r->columns ? r->column_types : NULL, r->n_columns);
	field_flag(&w, "csv_truncated", r->csv_truncated);
	field_flag(&w, "has_results", r->has_results);
	field_number(&w, "total_row_count", r->has_total, r->total_row_count);
	field_number(&w, "row_count", true, r->row_count);
	field_json(&w, "sections", s->sections.len ? buf_text(&s->sections) : TEXT_NULL);
	field_text(&w, "error_message", r->error_message);
	field_text(&w, "error_detail", r->error_detail);
	field_json(&w, "extra", r->extra);
	jsonw_object_end(&w);
	if (w.failed)
		return no_memory(err);
	return flatfile_add(&s->job, s->json.data, s->json.len, err);
}

int csv_job_end(struct csv *s, const struct job *job, struct text run_id, struct err *err)
{
	struct jsonw w;

	buf_clear(&s->json);
	jsonw_init(&w, &s->json);
	w.lines = true;
	jsonw_array_end(&w);
	field_job(&w, job);
	field_json(&w, "warnings", job->warnings);
	put_foreign(s, &w, "input", job->input);
	put_foreign(s, &w, "details", job->details);
	field_json(&w, "extra", job->extra);
	field_text(&w, "run_id", run_id);
	jsonw_object_end(&w);
	if (w.failed || buf_addc(&s->json, '\n'))
		return no_memory(err);
	return flatfile_add(&s->job, s->json.data, s->json.len, err);
}
