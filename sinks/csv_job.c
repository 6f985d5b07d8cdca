/* csv_job.c: job.json: the columns of jobs and of results, and which rows belong to which section. */
#include "csv_sink.h"
#include "jsonw.h"

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
	n = pread(fd, text, sizeof(text) - 1, 0);
	if (n == (ssize_t)sizeof(text) - 1 && memcmp(text, CONTENT, sizeof(CONTENT) - 1) == 0) {
		text[n] = '\0';
		*content = strtoull(text + sizeof(CONTENT) - 1, NULL, 16);
	}
	close(fd);
	return n < 0 ? err_sys(err, ERR_FATAL, errno, "cannot read '%s/%s'", flatdir_path(s->dir), path) : 0;
}

/* Each on a line of its own. */
static void key(struct jsonw *w, const char *name)
{
	if (!w->failed && w->comma) {
		w->failed = buf_adds(w->out, ",\n") != 0;
		w->comma = false;
	}
	jsonw_key(w, name);
}

static void put_text(struct jsonw *w, const char *name, struct text t)
{
	key(w, name);
	jsonw_string(w, t);
}

static void put_json(struct jsonw *w, const char *name, struct text t)
{
	key(w, name);
	jsonw_raw(w, t);
}

/* JSON that nobody has looked at yet; else a string. */
static void put_foreign(struct csv *s, struct jsonw *w, const char *name, struct text t)
{
	if (manifest_is_json(s->manifest, t))
		put_json(w, name, t);
	else
		put_text(w, name, t);
}

static void put_stamp(struct jsonw *w, const char *name, const struct stamp *t)
{
	key(w, name);
	jsonw_cstr(w, stamp_is_set(t) ? t->text : NULL);
}

static void put_known(struct jsonw *w, const char *name, bool known, int64_t value)
{
	key(w, name);
	if (known)
		jsonw_int(w, value);
	else
		jsonw_null(w);
}

static void put_flag(struct jsonw *w, const char *name, int flag)
{
	key(w, name);
	if (flag < 0)
		jsonw_null(w);
	else
		jsonw_bool(w, flag != 0);
}

static void put_labels(struct jsonw *w, const char *name, const struct text *labels, size_t n)
{
	key(w, name);
	if (!labels) {
		jsonw_null(w);
		return;
	}
	jsonw_array(w);
	for (size_t i = 0; i < n; i++)
		jsonw_string(w, labels[i]);
	jsonw_array_end(w);
}

int csv_job_result(struct csv *s, const struct query_result *r, struct err *err)
{
	struct jsonw w;

	buf_clear(&s->json);
	if (buf_adds(&s->json, s->any_result ? ",\n" : "\n"))
		return no_memory(err);
	s->any_result = true;
	jsonw_init(&w, &s->json);
	jsonw_object(&w);
	put_known(&w, "action_index", true, r->action_index);
	put_text(&w, "file", r->columns ? text_of(s->name) : TEXT_NULL);
	put_text(&w, "result_id", r->result_id);
	put_text(&w, "query_name", r->query_name);
	put_text(&w, "status", r->status);
	put_json(&w, "query", r->query);
	put_labels(&w, "columns", r->columns, r->n_columns);
	put_labels(&w, "column_types", r->columns ? r->column_types : NULL, r->n_columns);
	put_flag(&w, "csv_truncated", r->csv_truncated);
	put_flag(&w, "has_results", r->has_results);
	put_known(&w, "total_row_count", r->has_total, r->total_row_count);
	put_known(&w, "row_count", true, r->row_count);
	put_json(&w, "sections", s->sections.len ? buf_text(&s->sections) : TEXT_NULL);
	put_text(&w, "error_message", r->error_message);
	put_text(&w, "error_detail", r->error_detail);
	put_json(&w, "extra", r->extra);
	jsonw_object_end(&w);
	if (w.failed)
		return no_memory(err);
	return flatfile_add(&s->job, s->json.data, s->json.len, err);
}

int csv_job_end(struct csv *s, const struct job *job, struct text run_id, struct err *err)
{
	char sha256[SHA256_HEX_LEN + 1];
	const bool body = job->body_bytes >= 0;
	struct jsonw w;

	buf_clear(&s->json);
	jsonw_init(&w, &s->json);
	jsonw_array_end(&w);
	put_text(&w, "instance", job->instance);
	put_text(&w, "state", text_of(state_name(job->state)));
	put_flag(&w, "partial", job->partial);
	put_known(&w, "http_status", job->http_status != 0, job->http_status);
	put_text(&w, "error", job->error);
	put_text(&w, "topic", job->topic);
	put_text(&w, "message", job->message);
	put_text(&w, "result_summary", job->result_summary);
	put_text(&w, "omni_chat_url", job->omni_chat_url);
	put_stamp(&w, "first_action_at", &job->first_action_at);
	put_stamp(&w, "last_action_at", &job->last_action_at);
	put_stamp(&w, "expires_at", &job->expires_at);
	put_known(&w, "attempts", true, job->attempts);
	put_stamp(&w, "requested_at", &job->requested_at);
	put_stamp(&w, "fetched_at", &job->fetched_at);
	put_stamp(&w, "stored_at", &job->stored_at);
	put_known(&w, "body_bytes", body, job->body_bytes);
	put_text(&w, "body_sha256", body ? text_of(sha256_hex(job->body_sha256, sha256)) : TEXT_NULL);
	put_known(&w, "action_count", true, job->action_count);
	put_known(&w, "result_count", true, job->result_count);
	put_known(&w, "row_count", true, job->row_count);
	put_json(&w, "warnings", job->warnings);
	put_foreign(s, &w, "input", job->input);
	put_foreign(s, &w, "details", job->details);
	put_json(&w, "extra", job->extra);
	put_text(&w, "run_id", run_id);
	jsonw_object_end(&w);
	if (w.failed || buf_addc(&s->json, '\n'))
		return no_memory(err);
	return flatfile_add(&s->job, s->json.data, s->json.len, err);
}
