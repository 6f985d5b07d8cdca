/* load: results written again from stored bodies; the API is asked nothing. */
#include "log.h"
#include "run.h"
#include "run_source.h"
#include "run_state.h"

#include <stdlib.h>
#include <string.h>

struct load {
	struct run r;
	struct sink *own; /* the source, where it is no target; closed by us */
	int target;       /* its number, where it is one */
	struct source *source;
	struct buf instance, input;
};

/* The source. NULL with *err: it was a target, and dropped out. */
static struct sink *from_of(struct load *l, struct err *err)
{
	struct sink *from = l->own != NULL ? l->own : sinkset_sink(l->r.sinks, (size_t)l->target);

	if (from == NULL)
		(void)err_set(err, ERR_FATAL, "the sink to load from dropped out: %s",
			      sinkset_error(l->r.sinks, (size_t)l->target));
	return from;
}

/* It takes no more calls. */
static void from_lost(struct load *l, const struct err *err)
{
	l->r.end.sink_failed = true;
	if (l->own == NULL)
		sinkset_lost(l->r.sinks, (size_t)l->target, err);
}

static int open_from(struct load *l, struct err *err)
{
	struct sink_options s = run_sink_options(&l->r);
	struct sink *from;

	l->target = sinkset_find(l->r.sinks, l->r.o->from);
	if (l->target < 0) {
		s.read_only = s.must_exist = true;
		l->own = sink_open(l->r.o->from, &s, err);
		if (l->own == NULL)
			return err->kind == ERR_USAGE ? EXIT_USAGE : EXIT_SINK;
	}
	from = from_of(l, err);
	if (from == NULL)
		return EXIT_SINK;
	if ((from->ops->has & SINK_BODIES) == 0) {
		(void)err_set(err, ERR_USAGE, "'%s:' keeps no bodies that could be loaded", from->ops->scheme);
		return EXIT_USAGE;
	}
	return -1;
}

/* The jobs that are listed, or all that the source knows. */
static int list_jobs(struct load *l, struct err *err)
{
	struct sink *from = from_of(l, err);
	struct job job;
	int more;

	if (l->r.o->n_operands > 0 || l->r.o->n_jobs > 0)
		return run_read_inputs(&l->r, err);
	if (from == NULL)
		return -1;
	while ((more = from->ops->next_job(from, &job, err)) == 1) {
		if (plan_add(&l->r.plan, &job.id) == NULL)
			return err_set(err, ERR_FATAL, "out of memory");
		l->r.plan.requested++;
	}
	return more;
}

/* Does a target lack what the source has, or hold it from another body? */
static bool lacks(const struct load *l, const struct ledger_entry *e, const struct job *from)
{
	if (from->body_bytes < 0)
		return e->state == JOB_NONE;
	if (l->r.o->all || e->state != JOB_STORED)
		return true;
	return !e->has_sha256 || memcmp(e->body_sha256, from->body_sha256, SHA256_LEN) != 0;
}

/*
 * Which targets want the job: in p->want those that take whatever comes of it, in p->lost those that know it already
 * and take a result alone. One that dropped out is said to want it, since it cannot be said to have it. *asked: one of
 * them has counted requests of its own. 0 or -1.
 */
static int choose(struct load *l, struct plan_job *p, const struct job *from, bool *asked, struct err *err)
{
	struct ledger_entry e;

	*asked = false;
	for (size_t i = 0; i < sinkset_count(l->r.sinks); i++) {
		sink_mask bit = (sink_mask)1 << i;

		if ((sinkset_alive(l->r.sinks) & bit) == 0) {
			p->want |= bit;
			continue;
		}
		if (sinkset_states(l->r.sinks, i, &p->id, 1, &e, err) != 0)
			return -1;
		if (e.state == JOB_STORED)
			p->held |= bit;
		if (!lacks(l, &e, from))
			continue;
		*(from->state == JOB_STORED || e.state == JOB_NONE ? &p->want : &p->lost) |= bit;
		*asked = *asked || e.attempts > 0;
	}
	return 0;
}

static char *text_or_null(const struct buf *b)
{
	return b->len > 0 ? strndup(b->data, b->len) : NULL;
}

/* 0, or -1 with *err: there is no going on. */
static int load_one(struct load *l, struct plan_job *p, enum job_state state, bool asked, struct err *err)
{
	struct sink *from = from_of(l, err);
	struct fetch_outcome o;
	int there = from != NULL ? source_read(l->source, from, &p->id, &o, &l->instance, &l->input, err) : -1;

	if (there != 1) {
		const char *why = there < 0 ? err->msg : "no body of it is kept";

		log_line(LOG_ERROR, &p->id, "not loaded: %s", why);
		plan_settle(p, JOB_FAILED, why);
		if (there < 0 && from != NULL && source_lost(l->source))
			from_lost(l, err);
		return there < 0 && err->kind == ERR_FATAL ? -1 : 0;
	}
	if (o.state != JOB_STORED && p->want == 0) {
		plan_settle(p, state, o.error);
		p->known_lost = state_is_lost(state);
		body_free(o.body);
		free(o.details);
		return 0;
	}
	free(p->instance);
	p->instance = text_or_null(&l->instance);
	if (p->input == NULL)
		p->input = text_or_null(&l->input);
	if (asked)
		o.attempts = 0; /* the ledger adds them up: these it has */
	group_add(l->r.group, p, &o);
	return 0;
}

static int load_job(struct load *l, struct plan_job *p, struct err *err)
{
	struct job from;
	bool asked;
	enum job_state state;
	struct sink *source = from_of(l, err);
	int there = source != NULL ? source->ops->read_job(source, &p->id, &from, err) : -1;

	if (there < 0) {
		if (source != NULL)
			from_lost(l, err);
		return -1;
	}
	if (there == 0) {
		plan_settle(p, JOB_FAILED, "the source does not know this job");
		log_line(LOG_ERROR, &p->id, "not loaded: the source does not know this job");
		return 0;
	}
	state = from.state;
	from.error = from.input = from.details = from.instance = TEXT_NULL; /* they go with the next call */
	if (sinkset_alive(l->r.sinks) == 0)
		return err_set(err, ERR_FATAL, "no sink is left to write to");
	if (choose(l, p, &from, &asked, err) != 0)
		return sinkset_alive(l->r.sinks) != 0 ? 0 : -1;
	if ((p->want | p->lost) != 0)
		return load_one(l, p, state, asked, err);
	if (state == JOB_STORED)
		p->status = PLAN_ALREADY_STORED;
	else
		plan_settle(p, state, "as its ledger has it");
	p->known_lost = state_is_lost(state); /* the targets have it so too */
	return 0;
}

static int load_jobs(struct load *l, struct err *err)
{
	int bad = 0;

	for (size_t i = 0; i < l->r.plan.n && run_stop_signal == 0 && bad == 0; i++) {
		bad = load_job(l, &l->r.plan.jobs[i], err);
		run_tell_progress(&l->r, i + 1, l->r.plan.n);
	}
	if (run_stop_signal != 0)
		run_tell_interrupted();
	/* Also then: what was written is to be kept. */
	group_flush(l->r.group, true);
	for (size_t i = 0; i < l->r.plan.n; i++)
		if (l->r.plan.jobs[i].status == PLAN_OPEN)
			plan_settle(&l->r.plan.jobs[i], JOB_UNASKED, "its turn did not come");
	return bad;
}

static int carry_out(struct load *l, struct err *err)
{
	int code = run_set_up_load(&l->r, err), bad;

	if (code >= 0 || (code = open_from(l, err)) >= 0)
		return code;
	if (list_jobs(l, err) != 0)
		return l->r.o->n_operands > 0 ? EXIT_USAGE : EXIT_SINK;
	l->source = source_new(run_keeps_bodies(l->r.o));
	l->r.group = run_new_group(&l->r);
	if (l->source == NULL || l->r.group == NULL) {
		(void)err_set(err, ERR_FATAL, "out of memory");
		return EXIT_UNEXPECTED;
	}
	progress_start(l->r.o->progress, l->r.o->quiet);
	bad = load_jobs(l, err);
	progress_end();
	if (bad != 0) {
		log_line(LOG_ERROR, NULL, "%s", err->msg);
		l->r.end.unexpected = !l->r.end.sink_failed && sinkset_alive(l->r.sinks) != 0;
	}
	*err = (struct err){0};
	return run_finish(&l->r);
}

int run_from(const struct options *o)
{
	struct load l = {.r = {.o = o}};
	struct err err = {0}, ignored;
	int code;

	buf_init(&l.r.key, 0);
	plan_init(&l.r.plan);
	buf_init(&l.instance, (size_t)1 << 20);
	buf_init(&l.input, (size_t)16 << 20);
	code = carry_out(&l, &err);
	run_tell_failure(code, &err);
	if (l.own != NULL)
		(void)l.own->ops->close(l.own, &ignored);
	source_free(l.source);
	buf_free(&l.instance);
	buf_free(&l.input);
	return run_tear_down(&l.r, code);
}
