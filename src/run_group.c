#include "run_group.h"

#include "log.h"

#include <stdlib.h>
#include <string.h>

#define GROUP_JOBS    100
#define GROUP_BYTES   ((uint64_t)16 << 20)
#define GROUP_NS      INT64_C(1000000000)
#define LAZY_NS       INT64_C(300000000000) /* a part file closes after five minutes (contract) */
#define REWRITE_TRIES 3

/* A job that is committed to some sinks, and not yet durable in all of them. */
struct grouped {
	struct plan_job *job;
	struct fetch_outcome outcome; /* the body only while a sink may want it again */
	struct written written;
	sink_mask waits; /* sinks whose flush it waits for */
	sink_mask redo;  /* sinks that lost it, and take it again */
	sink_mask in;    /* sinks in which it is durable */
	char *error;
};

struct group {
	struct group_options o;
	struct writer *writer;
	struct grouped *jobs;
	size_t n, cap;
	size_t unflushed; /* jobs since the last flush of the sinks that are not lazy */
	uint64_t bytes;   /* of their bodies */
	int64_t since_ns, lazy_since_ns;
	struct load_totals totals;
};

struct group *group_new(const struct group_options *o)
{
	struct group *g = calloc(1, sizeof(*g));

	if (g == NULL || (g->writer = writer_new(o->sinks, o->instance, o->stop)) == NULL) {
		free(g);
		return NULL;
	}
	g->o = *o;
	return g;
}

static void release(struct group *g, struct grouped *job)
{
	if (job->outcome.body != NULL)
		g->o.give_back(g->o.ctx, job->outcome.body);
	free(job->outcome.details);
	free(job->error);
	job->outcome.body = NULL;
	job->outcome.details = job->error = NULL;
}

void group_free(struct group *g)
{
	if (g == NULL)
		return;
	for (size_t i = 0; i < g->n; i++)
		release(g, &g->jobs[i]);
	free(g->jobs);
	writer_free(g->writer);
	free(g);
}

bool group_late(struct group *g)
{
	return writer_late(g->writer);
}

const struct load_totals *group_totals(const struct group *g)
{
	return &g->totals;
}

/* --- what becomes of a job --- */

static void count_stored(struct load_totals *t, const struct grouped *job)
{
	const struct written *w = &job->written;

	for (size_t i = 0; i < SINKSET_MAX; i++)
		t->sink_stored[i] += (job->in >> i) & 1;
	t->actions += w->actions;
	t->results += w->results;
	t->rows += w->rows;
	t->truncated_results += w->truncated;
	t->warnings += w->warnings;
}

/* Every sink that asked holds the job already: the answer takes nothing away (contract: only a result replaces a
 * result). */
static bool is_held(const struct grouped *job)
{
	return job->outcome.state != JOB_STORED && (job->job->want & ~job->job->held) == 0;
}

/* A word to the person who runs it, for each job that is not stored. */
static void report(const struct grouped *job, const char *error)
{
	const struct uuid *id = &job->job->id;

	if (job->outcome.state == JOB_STORED)
		log_line(LOG_ERROR, id, "not stored: %s", error);
	else if (is_held(job))
		log_line(LOG_WARNING, id, "asked for again without a result, what is stored stays: %s", error);
	else if (job->outcome.state == JOB_PENDING)
		log_line(LOG_INFO, id, "pending: %s", error);
	else
		log_line(LOG_WARNING, id, "%s: %s", state_name(job->outcome.state), error);
}

/* No flush is waited for any more: where is it, and what does that make of it? */
static void settle(struct group *g, struct grouped *job)
{
	sink_mask out = job->written.wanted & ~job->in;
	enum job_state state = job->outcome.state;
	bool stored = state == JOB_STORED && out == 0;

	for (size_t i = 0; i < SINKSET_MAX; i++)
		g->totals.sink_failed[i] += (out >> i) & 1;
	if (state == JOB_STORED && job->in != 0)
		count_stored(&g->totals, job);
	if (state != JOB_STORED || out != 0)
		report(job, job->error != NULL ? job->error : out != 0 ? "out of memory" : "");
	if (stored) {
		g->totals.stored++;
		g->totals.partial += job->written.partial;
		plan_settle(job->job, JOB_STORED, NULL);
	} else if (is_held(job)) {
		job->job->status = PLAN_ALREADY_STORED;
	} else {
		plan_settle(job->job, state == JOB_STORED ? JOB_FAILED : state, job->error);
	}
	if (g->o.settled != NULL)
		g->o.settled(g->o.ctx, stored);
}

static void settle_ready(struct group *g)
{
	size_t kept = 0;

	for (size_t i = 0; i < g->n; i++) {
		struct grouped *job = &g->jobs[i];

		if ((job->waits | job->redo) != 0) {
			g->jobs[kept++] = *job;
			continue;
		}
		settle(g, job);
		release(g, job);
	}
	g->n = kept;
	/* Nothing waits, whichever flush it was that settled the last one. */
	if (kept == 0) {
		g->unflushed = 0;
		g->bytes = 0;
	}
}

/* The first reason counts. */
static void set_error(struct grouped *job, const char *why)
{
	if (job->error == NULL)
		job->error = strdup(why);
}

/* --- flushing --- */

/* Why these sinks do not have a job: what made one of them drop out, were it on account of another job, or the last
 * failure. */
static const char *why_not(const struct group *g, sink_mask sinks, const struct err *err)
{
	for (size_t i = 0; i < sinkset_count(g->o.sinks); i++)
		if (((sinks >> i) & 1) != 0 && sinkset_error(g->o.sinks, i) != NULL)
			return sinkset_error(g->o.sinks, i);
	return err->msg;
}

/* Writes a job again to the sinks that lost it, by itself, so that one bad job costs only itself. */
static void rewrite(struct group *g, struct grouped *job)
{
	struct err err = {0};

	for (int tries = 0; job->redo != 0 && tries < REWRITE_TRIES; tries++) {
		sink_mask again, durable;
		struct written w;

		writer_write(g->writer, job->job, &job->outcome, job->redo, &w, &err);
		durable = sinkset_flush(g->o.sinks, job->redo, &again, &err) & w.sinks;
		job->in |= durable;
		job->redo &= ~durable;
		job->redo &= sinkset_alive(g->o.sinks) & (again | sinkset_retry(g->o.sinks));
		if (w.interrupted)
			break;
	}
	if (job->in != job->written.wanted)
		set_error(job, why_not(g, job->written.wanted & ~job->in, &err));
	job->redo = 0;
}

static void flush_sinks(struct group *g, sink_mask mask)
{
	struct err err = {0};
	sink_mask again, durable;

	durable = sinkset_flush(g->o.sinks, mask, &again, &err);
	for (size_t i = 0; i < g->n; i++) {
		struct grouped *job = &g->jobs[i];
		sink_mask waited = job->waits & mask;

		job->waits &= ~mask;
		job->in |= waited & durable;
		job->redo |= waited & again;
		if ((waited & ~durable & ~again) != 0)
			set_error(job, why_not(g, waited & ~durable & ~again, &err));
	}
	for (size_t i = 0; i < g->n; i++)
		if ((g->jobs[i].redo & mask) != 0)
			rewrite(g, &g->jobs[i]);
	settle_ready(g);
}

void group_flush(struct group *g, bool all)
{
	sink_mask lazy = sinkset_lazy(g->o.sinks);
	int64_t now = time_boot_ns();

	if (g->n == 0)
		return;
	if (all || now >= g->since_ns + GROUP_NS || g->unflushed >= GROUP_JOBS || g->bytes >= GROUP_BYTES) {
		flush_sinks(g, ~lazy);
		g->unflushed = 0;
		g->bytes = 0;
	}
	if (all || (g->n > 0 && now >= g->lazy_since_ns + LAZY_NS))
		flush_sinks(g, lazy);
	else if (sinkset_full(g->o.sinks) != 0)
		flush_sinks(g, sinkset_full(g->o.sinks));
}

int64_t group_due_ns(const struct group *g)
{
	int64_t due = INT64_MAX;

	if (g->unflushed > 0)
		due = g->since_ns + GROUP_NS;
	if (g->n > 0 && g->lazy_since_ns + LAZY_NS < due)
		due = g->lazy_since_ns + LAZY_NS;
	return due;
}

/* --- writing --- */

static struct grouped *another(struct group *g)
{
	if (g->n == g->cap) {
		size_t cap = g->cap > 0 ? g->cap * 2 : GROUP_JOBS;
		struct grouped *jobs = realloc(g->jobs, cap * sizeof(*jobs));

		if (jobs == NULL)
			return NULL;
		g->jobs = jobs;
		g->cap = cap;
	}
	return &g->jobs[g->n];
}

static void note_times(struct group *g)
{
	int64_t now = time_boot_ns();

	if (g->n == 0)
		g->lazy_since_ns = now;
	if (g->unflushed == 0)
		g->since_ns = now;
}

/* A body is kept no longer than a sink may want it again. */
static void drop_body(struct group *g, struct grouped *job)
{
	if (((job->waits | job->redo) & sinkset_with(g->o.sinks, SINK_AGAIN)) != 0 || job->outcome.body == NULL)
		return;
	g->o.give_back(g->o.ctx, job->outcome.body);
	job->outcome.body = NULL;
}

void group_add(struct group *g, struct plan_job *p, struct fetch_outcome *o)
{
	struct grouped *job = another(g);
	struct err err = {0};

	if (job == NULL) {
		struct grouped lost = {.job = p, .outcome = *o};

		log_line(LOG_ERROR, &p->id, "not stored: out of memory");
		plan_settle(p, JOB_FAILED, "out of memory");
		release(g, &lost);
		return;
	}
	*job = (struct grouped){.job = p, .outcome = *o};
	writer_write(g->writer, p, o, o->state == JOB_STORED ? p->want | p->lost : p->want, &job->written, &err);
	if (job->written.interrupted) {
		release(g, job);
		return;
	}
	note_times(g);
	job->waits = job->written.sinks;
	job->redo = job->written.wanted & ~job->written.sinks & sinkset_retry(g->o.sinks);
	if (job->written.expires_us != 0)
		p->expires_us = job->written.expires_us;
	if (o->state != JOB_STORED)
		set_error(job, o->error);
	else if (job->written.sinks != job->written.wanted && job->redo == 0)
		set_error(job, why_not(g, job->written.wanted & ~job->written.sinks, &err));
	g->bytes += o->body != NULL ? body_size(o->body) : 0;
	drop_body(g, job);
	g->n++;
	g->unflushed++;
	if (job->redo != 0)
		flush_sinks(g, job->redo);
	group_flush(g, false);
}
