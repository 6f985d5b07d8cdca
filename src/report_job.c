#include "report_job.h"

#include "html.h"
#include "report_parts.h"
#include "utf8.h"

#include <stdlib.h>
#include <string.h>

#define HTML_MAX     ((size_t)192 << 20) /* of one addition: a text of 16 MiB, all of it characters that are escaped */
#define SPOOL_AT     ((size_t)64 << 10)
#define NAMES_MAX    300 /* bytes */
#define TITLE_CHARS  180
#define QUESTION_MAX ((size_t)1 << 20)

int report_job_init(struct report_job *j, struct report *report)
{
	*j = (struct report_job){.report = report, .doc = json_new()};
	buf_init(&j->html, HTML_MAX);
	buf_init(&j->names, NAMES_MAX);
	buf_init(&j->question, QUESTION_MAX);
	return j->doc != NULL ? 0 : -1;
}

void report_job_free(struct report_job *j)
{
	buf_free(&j->html);
	buf_free(&j->names);
	buf_free(&j->question);
	report_table_free(&j->table);
	json_free(j->doc);
}

/* What was built so far goes to the spool when it is much. bad: what building it returned. */
static int settle(struct report_job *j, int bad, size_t at_least, struct err *err)
{
	if (bad != 0)
		return j->html.starved ? err_set(err, ERR_FATAL, "out of memory")
				       : err_set(err, ERR_FATAL, "a job is too large for the report");
	if (j->html.len < at_least)
		return 0;
	bad = spool_add(&j->report->spool, j->html.data, j->html.len, err);
	if (j->html.cap > 16 * SPOOL_AT)
		buf_free(&j->html);
	buf_clear(&j->html);
	return bad;
}

/* --- what was asked --- */

static void read_stamp(struct report_job *j, const char *member, struct stamp *out)
{
	json_ref at = json_member(j->doc, json_root(j->doc), member, NULL);
	struct buf text;
	struct err ignored;

	buf_init(&text, 64);
	if (json_string(j->doc, at, 63, &text, NULL, &ignored) == 0 && text.len > 0)
		(void)time_parse_iso(text.data, text.len, out);
	buf_free(&text);
}

static void read_question(struct report_job *j, const char *member)
{
	json_ref at = json_member(j->doc, json_root(j->doc), member, NULL);
	unsigned flags = 0;
	struct err ignored;

	if (j->question.len == 0)
		(void)json_string(j->doc, at, QUESTION_MAX / 2, &j->question, &flags, &ignored);
}

/* The status document, and the input line, which people give more members than one. */
static void read_documents(struct report_job *j, const struct job *job)
{
	struct err ignored;

	buf_clear(&j->question);
	j->asked_at = j->ended_at = (struct stamp){0};
	if (job->details.p != NULL && json_parse(j->doc, job->details.p, job->details.n, &ignored) == 0) {
		read_question(j, "prompt");
		read_stamp(j, "createdAt", &j->asked_at);
		read_stamp(j, "completedAt", &j->ended_at);
	}
	if (job->input.p != NULL && json_parse(j->doc, job->input.p, job->input.n, &ignored) == 0)
		read_question(j, "prompt");
	json_trim(j->doc);
}

int report_job_begin(struct report_job *j, const struct job *job, struct err *err)
{
	struct buf *out = &j->html;
	int bad = 0;

	buf_clear(out);
	buf_clear(&j->names);
	j->at = j->report->spool.len;
	j->in_step = j->in_table = false;
	j->steps = j->results = j->failed = j->truncated = 0;
	j->first_action = j->last_action = (struct stamp){0};
	read_documents(j, job);
	if (job->error.p != NULL && job->error.n > 0) {
		bad |= buf_addf(out, "<p class=\"callout %s\" dir=\"auto\"><b>%s</b> ",
				job->state == JOB_STORED ? "open" : report_parts_class(job->state),
				job->state == JOB_STORED ? "asked again later:" : state_name(job->state));
		bad |= report_parts_text(out, job->error) | buf_adds(out, "</p>\n");
	}
	if (j->damage != NULL) {
		bad |= buf_adds(out, "<p class=\"callout lost\"><b>what is kept of this job cannot be read:</b> ");
		bad |= html_adds(out, j->damage) | buf_adds(out, "</p>\n");
	}
	if (j->question.len > 0) {
		bad |= buf_adds(out, "<h4>Question</h4>\n<div class=\"question text\" dir=\"auto\">");
		bad |= report_parts_text(out, buf_text(&j->question)) | buf_adds(out, "</div>\n");
	}
	return settle(j, bad, SPOOL_AT, err);
}

/* --- the steps --- */

static int end_step(struct report_job *j)
{
	int bad = j->in_step ? buf_adds(&j->html, "</div></li>\n") : 0;

	j->in_step = false;
	return bad;
}

static int add_offset(struct report_job *j, const struct stamp *t)
{
	const int64_t ms = (t->us - j->first_action.us) / 1000;
	int bad = buf_adds(&j->html, "<time datetime=\"") | html_adds(&j->html, t->text) |
		  buf_adds(&j->html, "\" title=\"") | html_adds(&j->html, t->text) | buf_adds(&j->html, "\">");

	if (ms < 0 || ms >= 86400000)
		bad |= buf_addf(&j->html, "%.10s %.8s", t->text, t->text + 11);
	else
		bad |= buf_adds(&j->html, "+") | report_parts_span(&j->html, ms);
	return bad | buf_adds(&j->html, "</time>");
}

static int visit_action(void *ctx, const struct action *a, struct err *err)
{
	struct report_job *j = ctx;
	struct buf *out = &j->html;
	int bad = j->steps++ > 0 ? end_step(j) : buf_adds(out, "<h4>What the AI did</h4>\n<ol class=\"steps\">\n");

	if (stamp_is_set(&a->timestamp)) {
		if (!stamp_is_set(&j->first_action))
			j->first_action = a->timestamp;
		j->last_action = a->timestamp;
	}
	bad |= buf_addf(out, "<li class=\"step\"><div class=\"when\"><span class=\"i\">%lld</span>",
			(long long)a->action_index);
	if (stamp_is_set(&a->timestamp))
		bad |= add_offset(j, &a->timestamp);
	bad |= buf_adds(out, "</div><div class=\"did\"><p class=\"type\">");
	bad |= a->type.p != NULL ? html_cut(out, a->type, 80, NULL) : buf_adds(out, "<i>no type</i>");
	if (a->status.p != NULL && !text_eq(a->status, text_of("complete")))
		bad |= buf_adds(out, " <span class=\"state open\">") | html_cut(out, a->status, 40, NULL) |
		       buf_adds(out, "</span>");
	if (a->is_error == 1)
		bad |= buf_adds(out, " <span class=\"state lost\">error</span>");
	bad |= buf_adds(out, "</p>\n");
	if (a->message.p != NULL && a->message.n > 0)
		bad |= buf_adds(out, "<div class=\"text\" dir=\"auto\">") | report_parts_text(out, a->message) |
		       buf_adds(out, "</div>\n");
	bad |= report_parts_json(out, "Further fields of this step", a->extra);
	j->in_step = true;
	return settle(j, bad, SPOOL_AT, err);
}

/* --- results --- */

static void note_name(struct report_job *j, struct text name)
{
	if (name.p == NULL || name.n == 0)
		return;
	name.n = name.n > 80 ? utf8_cut(name.p, 80) : name.n;
	/* Where it is full, it is: the row is a line. */
	if (j->names.len + name.n + 4 < NAMES_MAX)
		(void)((j->names.len > 0 ? buf_adds(&j->names, " · ") : 0) | buf_add(&j->names, name.p, name.n));
}

static int visit_result(void *ctx, const struct query_result *r, struct err *err)
{
	struct report_job *j = ctx;
	struct buf *out = &j->html;
	int bad = buf_adds(out, "<div class=\"result\">\n<h5 dir=\"auto\">");

	j->results++;
	j->told = false;
	note_name(j, r->query_name);
	bad |= r->query_name.p != NULL ? html_cut(out, r->query_name, 300, NULL)
				       : buf_adds(out, "<i>query without a name</i>");
	if (r->status.p != NULL && !text_eq(r->status, text_of("success")))
		bad |= buf_adds(out, " <span class=\"state lost\">") | html_cut(out, r->status, 40, NULL) |
		       buf_adds(out, "</span>");
	if (r->csv_truncated == 1)
		bad |= buf_adds(out, " <span class=\"state open\">truncated by the API</span>");
	bad |= buf_adds(out, "</h5>\n");
	j->truncated += r->csv_truncated == 1;
	if (r->error_message.p != NULL || r->error_detail.p != NULL) {
		j->failed++;
		j->told = true;
		bad |= buf_adds(out, "<p class=\"callout lost\" dir=\"auto\"><b>the query failed:</b> ");
		bad |= report_parts_text(out, r->error_message) | buf_adds(out, "</p>\n");
		bad |= report_parts_json(out, "What the API says of it", r->error_detail);
	}
	bad |= report_parts_json(out, "Query", r->query);
	bad |= report_parts_json(out, "Further fields of this result", r->extra);
	j->in_table = r->columns != NULL && r->n_columns > 0;
	if (j->in_table) {
		bad |= buf_adds(out, "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"rows of ");
		bad |= r->query_name.p != NULL ? html_cut(out, r->query_name, 80, NULL) : buf_adds(out, "the query");
		bad |= buf_adds(out, "\">");
		bad |= report_table_begin(&j->table, r);
	}
	return settle(j, bad, SPOOL_AT, err);
}

static int visit_row(void *ctx, const struct row *row, struct err *err)
{
	struct report_job *j = ctx;

	if (!j->in_table || row->row_index >= j->report->o->rows)
		return 0;
	return settle(j, report_table_row(&j->table, &j->html, row), SPOOL_AT, err);
}

/* Of the result it takes the numbers alone. */
static int visit_result_end(void *ctx, const struct query_result *r, struct err *err)
{
	struct report_job *j = ctx;
	struct buf *out = &j->html;
	int bad = 0;

	if (j->in_table) {
		bad |= report_table_end(&j->table, out) | buf_adds(out, "</div>\n");
		bad |= report_parts_amount(out, r, &j->table);
	} else if (!j->told) {
		bad |= buf_adds(out, "<p class=\"note\">no rows came with this query</p>\n");
	}
	bad |= buf_adds(out, "</div>\n");
	j->in_table = false;
	return settle(j, bad, SPOOL_AT, err);
}

const struct result_visitor report_job_visitor = {visit_action, visit_result, visit_row, visit_result_end};

/* --- the end --- */

/* When the AI began, as far as anybody knows; for those that it never heard of, when they were first asked for. */
static const struct stamp *date_of(const struct report_job *j, const struct job *job)
{
	const struct stamp *known[] = {&j->asked_at, &j->first_action, &job->first_action_at, &job->requested_at,
				       &job->fetched_at};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (stamp_is_set(known[i]))
			return known[i];
	return known[0];
}

/* From the question to the answer, where the status document says it; else from the first step to the last. -1: not
 * known. */
static int64_t took_of(const struct report_job *j)
{
	const bool told = stamp_is_set(&j->asked_at) && stamp_is_set(&j->ended_at);
	const struct stamp *from = told ? &j->asked_at : &j->first_action, *to = told ? &j->ended_at : &j->last_action;

	if (!stamp_is_set(from) || !stamp_is_set(to) || to->us < from->us || (!told && j->steps < 2))
		return -1;
	return (to->us - from->us) / 1000;
}

static int add_answer(struct report_job *j, const struct job *job)
{
	struct buf *out = &j->html;
	int bad = j->steps > 0 ? end_step(j) | buf_adds(out, "</ol>\n") : 0;

	if (job->message.p != NULL && job->message.n > 0)
		bad |= buf_adds(out, "<h4>Answer</h4>\n<div class=\"answer\" dir=\"auto\">\n") |
		       report_parts_markdown(out, job->message) | buf_adds(out, "</div>\n");
	if (job->result_summary.p != NULL && job->result_summary.n > 0 && !text_eq(job->result_summary, job->message))
		bad |= buf_adds(out, "<h4>Summary</h4>\n<div class=\"answer\" dir=\"auto\">\n") |
		       report_parts_markdown(out, job->result_summary) | buf_adds(out, "</div>\n");
	return bad;
}

/* The texts that a search and a filter go by. */
static int add_attributes(struct report_job *j, const struct job *job, const struct report_entry *e,
			  const struct stamp *date)
{
	struct buf *out = &j->html;
	int bad = buf_addf(out, " data-s=\"%s\" data-g=\"%s\" data-f=\"%s%s%s%s\" data-d=\"%.10s\"",
			   state_name(job->state), report_parts_class(job->state), job->partial ? " partial" : "",
			   j->truncated > 0 ? " truncated" : "", job->warnings.p != NULL ? " warned" : "",
			   j->failed > 0 || j->damage != NULL ? " errors" : "", date->text);

	return bad | buf_adds(out, " data-t=\"") | html_adds(out, j->report->topics.at[e->topic].name) |
	       buf_addc(out, '"');
}

static struct text title_of(const struct report_job *j, const struct job *job)
{
	if (j->question.len > 0)
		return buf_text(&j->question);
	if (job->message.p != NULL && job->message.n > 0)
		return job->message;
	return job->result_summary.p != NULL ? job->result_summary : TEXT_NULL;
}

/* The line that stands for the job in lists. */
static int add_row(struct report_job *j, const struct job *job, const struct report_entry *e, const struct stamp *date)
{
	struct buf *out = &j->html;
	const struct text title = title_of(j, job), names = buf_text(&j->names);
	char id[UUID_TEXT_LEN + 1];
	int bad = report_parts_when(out, date);

	bad |= buf_addf(out, "<span class=\"state %s\">%s%s</span><span class=\"topic\" dir=\"auto\">",
			report_parts_class(job->state), state_name(job->state), job->partial ? ", partial" : "");
	bad |= html_adds(out, j->report->topics.at[e->topic].name) |
	       buf_adds(out, "</span><span class=\"title\" dir=\"auto\">");
	if (title.p != NULL)
		bad |= report_parts_title(out, title, TITLE_CHARS);
	else if (job->error.p != NULL)
		bad |= buf_adds(out, "<i>") | html_cut(out, job->error, TITLE_CHARS, NULL) | buf_adds(out, "</i>");
	bad |= buf_adds(out, "</span><span class=\"sub\" dir=\"auto\">") | html_add(out, names) |
	       buf_addf(out, "</span><span class=\"id\">%s</span>", uuid_format(&job->id, id));
	return bad | report_parts_counts(out, j, job);
}

static int add_entry(struct report *r, const struct report_entry *e)
{
	struct report_entry *jobs;

	if (r->n == r->cap) {
		const size_t cap = r->cap > 0 ? 2 * r->cap : 256;

		jobs = realloc(r->jobs, cap * sizeof(*jobs));
		if (jobs == NULL)
			return -1;
		r->jobs = jobs;
		r->cap = cap;
	}
	r->jobs[r->n++] = *e;
	r->topics.at[e->topic].jobs++;
	r->topics.at[e->topic].rows += e->rows;
	r->actions += e->steps;
	r->results += e->results;
	r->rows += e->rows;
	return 0;
}

int report_job_end(struct report_job *j, const struct job *job, struct err *err)
{
	const struct stamp *date = date_of(j, job);
	const int64_t topic = report_topic(&j->report->topics, job->topic);
	struct report_entry e = {.id = job->id,
				 .date_us = date->us,
				 .expires_us = job->expires_at.us,
				 .took_ms = took_of(j),
				 .rows = job->row_count,
				 .steps = j->steps,
				 .results = j->results,
				 .at = j->at,
				 .topic = (uint32_t)topic,
				 .state = job->state,
				 .partial = job->partial};
	int bad;

	if (topic < 0)
		return err_set(err, ERR_FATAL, "out of memory");
	bad = add_answer(j, job) | report_parts_record(&j->html, j, job, e.took_ms);
	if (settle(j, bad, 0, err) != 0)
		return -1;
	e.body_len = j->report->spool.len - e.at;
	bad = add_attributes(j, job, &e, date);
	e.attributes_len = (uint32_t)j->html.len;
	bad |= add_row(j, job, &e, date);
	e.row_len = (uint32_t)(j->html.len - e.attributes_len);
	if (settle(j, bad, 0, err) != 0)
		return -1;
	j->report->truncated += j->truncated;
	return add_entry(j->report, &e) == 0 ? 0 : err_set(err, ERR_FATAL, "out of memory");
}
