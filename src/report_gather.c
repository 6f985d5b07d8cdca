/* report_gather.c: one pass over the sink, in its own order. What a sink gives back (SINK_CONTENT) is shown as it is
 * there; from one that keeps bodies alone it is read out of the body. */
#include "report_job.h"

#include "log.h"
#include "result.h"
#include "run_source.h"
#include "run_state.h"
#include "sink.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct gather {
	struct report *report;
	struct sink *sink;
	struct source *source;
	struct result_decoder *decoder;
	struct report_job job;
	struct buf instance, input, error; /* of the job that a body is of */
	char damage[sizeof(((struct err *)0)->msg)];
};

/* Of one job, what its ledger says and no more. why: what is kept of it cannot be read; NULL: nothing is kept. */
static int add_bare(struct gather *g, const struct uuid *id, const struct err *why, struct err *err)
{
	struct job job;

	if (why != NULL) {
		(void)snprintf(g->damage, sizeof(g->damage), "%s", why->msg);
		log_line(LOG_WARNING, id, "in the report without its content: %s", g->damage);
		g->report->damaged++;
		g->job.damage = g->damage;
	}
	switch (g->sink->ops->read_job(g->sink, id, &job, err)) {
	case 1:
		return report_job_begin(&g->job, &job, err) != 0 ? -1 : report_job_end(&g->job, &job, err);
	case 0: /* gone since it was listed */
		return 0;
	default:
		return -1;
	}
}

/* --- what the sink gives back --- */

struct reading {
	struct query_result result; /* its numbers alone: texts live as long as their item */
	bool in_result;
	int64_t rows;
};

static int end_result(struct gather *g, struct reading *r, struct err *err)
{
	if (!r->in_result)
		return 0;
	r->in_result = false;
	if (r->result.row_count < r->rows)
		r->result.row_count = r->rows;
	return report_job_visitor.result_end(&g->job, &r->result, err);
}

static int hand_on(struct gather *g, struct reading *r, const struct sink_item *item, struct err *err)
{
	const struct query_result *q = &item->result;

	if (item->kind == SINK_ITEM_ROW) {
		r->rows++;
		return report_job_visitor.row(&g->job, &item->row, err);
	}
	if (end_result(g, r, err) != 0)
		return -1;
	if (item->kind == SINK_ITEM_ACTION)
		return report_job_visitor.action(&g->job, &item->action, err);
	*r = (struct reading){.in_result = true,
			      .result = {.action_index = q->action_index,
					 .row_count = q->row_count,
					 .csv_truncated = q->csv_truncated,
					 .has_total = q->has_total,
					 .total_row_count = q->total_row_count}};
	return report_job_visitor.result(&g->job, q, err);
}

/* 0, or -1; *of_job: the failure is one of this job's content. */
static int read_items(struct gather *g, bool *of_job, struct err *err)
{
	struct reading r = {0};
	struct sink_item item;
	int more;

	while ((more = g->sink->ops->next_item(g->sink, &item, err)) == 1)
		if (hand_on(g, &r, &item, err) != 0)
			return -1;
	*of_job = more < 0 && err->kind == ERR_JOB;
	return more < 0 ? -1 : end_result(g, &r, err);
}

static int add_content(struct gather *g, const struct uuid *id, struct err *err)
{
	struct err why = {0};
	bool of_job = false;
	struct job job;
	int there = g->sink->ops->read_content(g->sink, id, &job, &why), bad;

	if (there <= 0) {
		if (there < 0 && why.kind != ERR_JOB) {
			*err = why;
			return -1;
		}
		return add_bare(g, id, there < 0 ? &why : NULL, err);
	}
	bad = report_job_begin(&g->job, &job, &why);
	if (bad == 0)
		bad = read_items(g, &of_job, &why);
	if (bad == 0)
		bad = report_job_end(&g->job, &job, &why);
	g->sink->ops->end_content(g->sink);
	if (bad != 0 && of_job)
		return add_bare(g, id, &why, err);
	if (bad != 0)
		*err = why;
	return bad;
}

/* --- what its body says --- */

static int decode(struct gather *g, struct job *job, struct body *body, struct err *err)
{
	int rc;

	do {
		if (report_job_begin(&g->job, job, err) != 0)
			return -1;
		rc = result_decode(g->decoder, body, job, &report_job_visitor, &g->job, err);
	} while (rc == RESULT_AGAIN);
	return rc != 0 ? -1 : report_job_end(&g->job, job, err);
}

static int add_body(struct gather *g, const struct job *ledger, struct err *err)
{
	struct job job = *ledger;
	struct fetch_outcome o;
	struct err why = {0};
	int there, bad;

	/* Of a job that is stored source_read says no error: it is that of a later request. */
	buf_clear(&g->error);
	if (ledger->error.p != NULL && buf_add(&g->error, ledger->error.p, ledger->error.n) != 0)
		return err_set(err, ERR_FATAL, "out of memory");
	there = source_read(g->source, g->sink, &ledger->id, &o, &g->instance, &g->input, &why);
	if (there <= 0 || o.body == NULL) {
		if (there < 0 && why.kind != ERR_JOB) {
			*err = why;
			return -1;
		}
		return add_bare(g, &job.id, there < 0 ? &why : NULL, err);
	}
	job.error = g->error.len > 0 ? buf_text(&g->error) : TEXT_NULL;
	job.instance = g->instance.len > 0 ? buf_text(&g->instance) : TEXT_NULL;
	job.input = g->input.len > 0 ? buf_text(&g->input) : TEXT_NULL;
	job.details = (struct text){o.details, o.details_len};
	job.completed_at = o.completed_at;
	bad = decode(g, &job, o.body, &why);
	body_free(o.body);
	free(o.details);
	if (bad != 0 && why.kind == ERR_JOB)
		return add_bare(g, &job.id, &why, err);
	if (bad != 0)
		*err = why;
	return bad;
}

/* --- all of it --- */

static int add_job(struct gather *g, const struct job *ledger, struct err *err)
{
	struct job job = *ledger;

	if (status_take(&g->report->status, ledger) != 0)
		return err_set(err, ERR_FATAL, "out of memory");
	g->job.damage = NULL;
	if (job.state != JOB_STORED)
		return add_bare(g, &job.id, NULL, err);
	return (g->sink->ops->has & SINK_CONTENT) != 0 ? add_content(g, &job.id, err) : add_body(g, &job, err);
}

static int read_jobs(struct gather *g, struct err *err)
{
	struct job job;
	int more;

	while ((more = g->sink->ops->next_job(g->sink, &job, err)) == 1) {
		if (run_stop_signal != 0)
			return err_set(err, ERR_FATAL, "interrupted: no report was written");
		if (add_job(g, &job, err) != 0)
			return -1;
	}
	status_end(&g->report->status);
	return more;
}

static int newest_first(const void *a, const void *b)
{
	const struct report_entry *x = a, *y = b;

	if (x->date_us != y->date_us)
		return x->date_us < y->date_us ? 1 : -1;
	return uuid_cmp(&x->id, &y->id);
}

static struct sink *open_sink(struct report *r, struct err *err)
{
	const struct sink_options so = {.read_only = true,
					.must_exist = true,
					.first_rows = r->o->rows > 0 ? r->o->rows : 1,
					.pg_schema = r->o->pg_schema,
					.stop = &run_stop_signal};
	const char *spec = r->o->operands[0], *target;
	const struct sink_ops *ops = sink_find(spec, &target, err);

	if (ops == NULL)
		return NULL;
	if ((ops->has & SINK_LEDGER) == 0 || (ops->has & (SINK_CONTENT | SINK_BODIES)) == 0) {
		(void)err_set(
		    err, ERR_USAGE,
		    "'%s:' gives nothing back that a report could show; make one of a sqlite:, postgresql: or "
		    "raw: sink, which a run that names both ('--to') fills with the same jobs",
		    ops->scheme);
		return NULL;
	}
	if (sink_spec_show(spec, &r->status.sink) != 0) {
		(void)err_set(err, ERR_FATAL, "out of memory");
		return NULL;
	}
	return sink_open(spec, &so, err);
}

int report_gather(struct report *r, struct err *err)
{
	struct gather g = {.report = r, .source = source_new(false), .decoder = result_decoder_new()};
	struct err ignored;
	int rc = report_job_init(&g.job, r);

	buf_init(&g.instance, (size_t)1 << 20);
	buf_init(&g.input, (size_t)16 << 20);
	buf_init(&g.error, (size_t)16 << 20);
	if (rc != 0 || g.source == NULL || g.decoder == NULL)
		rc = err_set(err, ERR_FATAL, "out of memory");
	else if ((g.sink = open_sink(r, err)) == NULL)
		rc = -1;
	else
		rc = read_jobs(&g, err);
	if (g.sink != NULL)
		(void)g.sink->ops->close(g.sink, &ignored);
	if (rc == 0 && r->n > 0)
		qsort(r->jobs, r->n, sizeof(r->jobs[0]), newest_first);
	report_job_free(&g.job);
	source_free(g.source);
	result_decoder_free(g.decoder);
	buf_free(&g.instance);
	buf_free(&g.input);
	buf_free(&g.error);
	return rc;
}

void report_free(struct report *r)
{
	free(r->jobs);
	report_topics_free(&r->topics);
	spool_free(&r->spool);
	status_free(&r->status);
}
