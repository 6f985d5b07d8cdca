/* run_rerun_list.c: which truncated results are to be completed, in what order, and their queries (run_rerun.h). */
#include "run_rerun_own.h"

#include "log.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#define TEXT_MAX (SIZE_MAX / 2)

/* --- which ones --- */

int run_rerun_check(const struct options *o, struct err *err)
{
	const char *cannot = NULL;
	bool can = false;

	for (size_t i = 0; i < o->to.n; i++) {
		const char *target;
		const struct sink_ops *ops = sink_find(o->to.at[i], &target, err);

		if (ops == NULL)
			return -1;
		if ((ops->has & SINK_RERUNS) != 0)
			can = true;
		else
			cannot = ops->scheme;
	}
	if (!can)
		return err_set(err, ERR_USAGE,
			       "option '--complete-truncated': '%s:' has no place for whole results, only SQLite and "
			       "PostgreSQL have",
			       cannot);
	if (cannot != NULL)
		log_line(LOG_WARNING, NULL,
			 "--complete-truncated: '%s:' has no place for whole results, so only databases get them",
			 cannot);
	return 0;
}

static struct rerun_entry *another(struct reruns *x)
{
	if (x->n == x->cap) {
		size_t cap = x->cap > 0 ? 2 * x->cap : 64;
		struct rerun_entry *entries = reallocarray(x->entries, cap, sizeof(*entries));

		if (entries == NULL)
			return NULL;
		x->entries = entries;
		x->cap = cap;
	}
	return &x->entries[x->n++];
}

/* Asked again: what a later run may have (run_rerun.h). */
static bool is_wanted(const struct run *r, enum job_state state)
{
	return state != JOB_STORED && (!state_is_lost(state) || r->o->retry_lost);
}

static int take(struct reruns *x, size_t sink, const struct truncated *t, struct err *err)
{
	const struct plan_job *job = plan_find(&x->r->plan, &t->id);
	struct rerun_entry *e;

	if (job == NULL || !is_wanted(x->r, t->state))
		return 0;
	if (!t->same_instance) {
		x->elsewhere++;
		return 0;
	}
	e = another(x);
	if (e == NULL)
		return err_set(err, ERR_FATAL, "out of memory");
	*e = (struct rerun_entry){.job = (size_t)(job - x->r->plan.jobs),
				  .action_index = t->action_index,
				  .want = (sink_mask)1 << sink,
				  .before = (uint8_t)t->state,
				  .state = JOB_UNASKED};
	return 0;
}

static int by_place(const struct rerun_entry *a, const struct rerun_entry *b)
{
	if (a->job != b->job)
		return a->job < b->job ? -1 : 1;
	return a->action_index < b->action_index ? -1 : a->action_index > b->action_index;
}

static int compare_places(const void *a, const void *b)
{
	return by_place(a, b);
}

static int compare_order(const void *a, const void *b)
{
	const struct rerun_entry *x = a, *y = b;

	if ((x->before == JOB_NONE) != (y->before == JOB_NONE))
		return x->before == JOB_NONE ? -1 : 1;
	return by_place(x, y);
}

/* One entry for each result, whichever sinks lack it; in the order in which they are asked for. */
static void put_in_order(struct reruns *x)
{
	size_t n = 0;

	if (x->n == 0)
		return;
	qsort(x->entries, x->n, sizeof(*x->entries), compare_places);
	for (size_t i = 1; i < x->n; i++) {
		struct rerun_entry *last = &x->entries[n];

		if (by_place(last, &x->entries[i]) != 0) {
			x->entries[++n] = x->entries[i];
			continue;
		}
		last->want |= x->entries[i].want;
		if (x->entries[i].before == JOB_NONE)
			last->before = JOB_NONE;
	}
	x->n = n + 1;
	qsort(x->entries, x->n, sizeof(*x->entries), compare_order);
}

int run_rerun_list(struct reruns *x, struct err *err)
{
	struct sinkset *sinks = x->r->sinks;

	for (size_t i = 0; i < sinkset_count(sinks); i++) {
		struct sink *sink = sinkset_sink(sinks, i);
		struct truncated t;
		struct err why = {0};
		int more = 0;

		if (((sinkset_with(sinks, SINK_RERUNS) >> i) & 1) == 0)
			continue;
		while ((more = sink->ops->next_truncated(sink, &t, &why)) == 1)
			if (take(x, i, &t, err) != 0)
				return -1;
		if (more < 0)
			sinkset_lost(sinks, i, &why);
	}
	put_in_order(x);
	if (x->elsewhere > 0)
		log_line(LOG_WARNING, NULL,
			 "%lld truncated results are of another instance than '%s': their queries are not run again",
			 (long long)x->elsewhere, x->r->instance);
	return 0;
}

/* --- what is asked --- */

static int keep(struct buf *copy, struct text *text)
{
	buf_clear(copy);
	if (text->p == NULL)
		return 0;
	if (buf_add(copy, text->p, text->n) != 0)
		return -1;
	*text = buf_text(copy);
	return 0;
}

static int set_apart(struct reruns *x, size_t at, sink_mask others, struct err *err)
{
	struct rerun_entry *e;

	if (others == 0)
		return 0;
	e = another(x);
	if (e == NULL)
		return err_set(err, ERR_FATAL, "out of memory");
	*e = x->entries[at];
	e->want = others;
	x->entries[at].want &= ~others;
	return 0;
}

int run_rerun_read(struct reruns *x, struct rerun_asked *a, size_t at, struct err *err)
{
	struct sinkset *sinks = x->r->sinks;
	struct rerun_entry *e = &x->entries[at];
	sink_mask others = 0;

	a->want = 0;
	for (size_t i = 0; i < sinkset_count(sinks); i++) {
		struct sink *sink = sinkset_sink(sinks, i);
		struct truncated t = {0};
		struct err why = {0};
		int there;

		if (((e->want >> i) & 1) == 0 || sink == NULL)
			continue;
		there = sink->ops->read_truncated(sink, &a->id, e->action_index, &t, &why);
		if (there < 0)
			sinkset_lost(sinks, i, &why);
		if (there != 1)
			continue;
		if (a->want != 0 && !text_eq(a->truncated.query, t.query)) {
			others |= (sink_mask)1 << i;
			continue;
		}
		if (a->want == 0) {
			a->truncated = t;
			if (keep(&a->query, &a->truncated.query) != 0 || keep(&a->columns, &a->truncated.columns) != 0)
				return err_set(err, ERR_FATAL, "out of memory");
		}
		a->want |= (sink_mask)1 << i;
	}
	return set_apart(x, at, others, err) != 0 ? -1 : a->want != 0;
}

/* --- life --- */

struct reruns *run_rerun_new(struct run *r)
{
	struct reruns *x = calloc(1, sizeof(*x));

	if (x == NULL)
		return NULL;
	x->r = r;
	for (size_t i = 0; i < RERUN_SLICE; i++) {
		buf_init(&x->asked[i].query, TEXT_MAX);
		buf_init(&x->asked[i].columns, TEXT_MAX);
		buf_init(&x->asked[i].post, TEXT_MAX);
	}
	return x;
}

void run_rerun_done(struct reruns *x)
{
	for (size_t i = 0; i < RERUN_SLICE; i++) {
		buf_free(&x->asked[i].query);
		buf_free(&x->asked[i].columns);
		buf_free(&x->asked[i].post);
	}
	rerun_writer_free(x->writer);
	json_free(x->doc);
	free(x->entries);
	free(x);
}

int run_rerun_print(struct run *r)
{
	struct reruns *x = run_rerun_new(r);
	char id[UUID_TEXT_LEN + 1];
	struct err err = {0};
	int errnum = 0;

	if (x == NULL)
		return ENOMEM;
	if (run_rerun_list(x, &err) != 0)
		errnum = ENOMEM;
	for (size_t i = 0; i < x->n && errnum == 0; i++)
		if (printf("%s\t%s" RERUN_PATH "\n", uuid_format(&r->plan.jobs[x->entries[i].job].id, id),
			   fetch_base(r->fetch)) < 0)
			errnum = errno;
	if (errnum == 0)
		log_line(LOG_INFO, NULL, "dry run: queries of truncated results that would be run again: %zu", x->n);
	run_rerun_done(x);
	return errnum;
}
