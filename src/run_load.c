#include "run_load.h"

#include "log.h"
#include "run_write.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define QUEUE_JOBS  64                    /* outcomes that may wait */
#define QUEUE_BYTES ((uint64_t)256 << 20) /* bytes of bodies that may wait: they lie on a disk */
#define GROUP_JOBS  100
#define GROUP_BYTES ((uint64_t)16 << 20)
#define GROUP_MS    1000

struct item {
	struct item *next;
	struct fetch_outcome outcome;
	uint64_t bytes;
};

/* A job that is committed but not yet durable. */
struct grouped {
	struct plan_job *job;
	enum job_state state;
	struct written written;
	char *error;
};

struct loader {
	struct loader_options o;
	pthread_t thread;
	pthread_mutex_t lock; /* guards what follows, up to the blank line */
	pthread_cond_t come;
	struct item *first, **last;
	size_t waiting;
	uint64_t waiting_bytes;
	bool ended;
	int64_t counted_stored, counted_other;
	struct load_totals totals; /* the thread's own until it has ended */

	atomic_bool no_sinks;

	/* The thread's own. */
	struct writer *writer;
	struct grouped group[GROUP_JOBS];
	size_t grouped;
	uint64_t group_bytes;
	int64_t group_since_ns;
};

/* --- groups --- */

static void count_stored(struct load_totals *t, const struct written *w, sink_mask in)
{
	for (size_t i = 0; i < SINKSET_MAX; i++)
		t->sink_stored[i] += (in >> i) & 1;
	t->actions += w->actions;
	t->results += w->results;
	t->rows += w->rows;
	t->truncated_results += w->truncated;
	t->warnings += w->warnings;
}

/* Every sink that asked holds the job already: the answer takes nothing away (contract: only a result replaces a
 * result). */
static bool is_held(const struct grouped *g)
{
	return g->state != JOB_STORED && (g->job->want & ~g->job->held) == 0;
}

/* One job of the group, after the flush: where is it, and what does that make of it? */
static void settle(struct loader *l, struct grouped *g, sink_mask durable)
{
	sink_mask in = g->written.sinks & durable, out = g->written.wanted & ~in;
	bool stored = g->state == JOB_STORED && out == 0;

	for (size_t i = 0; i < SINKSET_MAX; i++)
		l->totals.sink_failed[i] += (out >> i) & 1;
	if (g->state == JOB_STORED && in != 0)
		count_stored(&l->totals, &g->written, in);
	if (stored) {
		l->totals.stored++;
		l->totals.partial += g->written.partial;
		plan_settle(g->job, JOB_STORED, NULL);
	} else if (is_held(g)) {
		g->job->status = PLAN_ALREADY_STORED;
	} else {
		plan_settle(g->job, g->state == JOB_STORED ? JOB_FAILED : g->state, g->error);
	}
	pthread_mutex_lock(&l->lock);
	*(stored ? &l->counted_stored : &l->counted_other) += 1;
	pthread_mutex_unlock(&l->lock);
	free(g->error);
}

static void look_at_sinks(struct loader *l)
{
	if (sinkset_alive(l->o.sinks) == 0 && !atomic_exchange(&l->no_sinks, true))
		l->o.wake(l->o.ctx);
}

static void flush(struct loader *l)
{
	sink_mask again = 0, durable;
	struct err err = {0};

	if (l->grouped == 0)
		return;
	durable = sinkset_flush(l->o.sinks, &again, &err);
	for (size_t i = 0; i < l->grouped; i++) {
		struct grouped *g = &l->group[i];

		if ((g->written.sinks & ~durable) != 0 && g->error == NULL)
			g->error = strdup(err.msg);
		settle(l, g, durable);
	}
	l->grouped = 0;
	l->group_bytes = 0;
	look_at_sinks(l);
}

/* A word to the person who runs it, for each job that is not stored. */
static void report(const struct grouped *g, const char *error)
{
	if (g->state == JOB_STORED)
		log_line(LOG_ERROR, &g->job->id, "not stored: %s", error);
	else if (is_held(g))
		log_line(LOG_WARNING, &g->job->id, "kept as it is stored, but asked again: %s", error);
	else if (g->state == JOB_PENDING)
		log_line(LOG_INFO, &g->job->id, "pending: %s", error);
	else
		log_line(LOG_WARNING, &g->job->id, "%s: %s", state_name(g->state), error);
}

static void load(struct loader *l, struct fetch_outcome *o)
{
	struct grouped *g = &l->group[l->grouped];
	struct err err = {0};

	*g = (struct grouped){.job = &l->o.plan->jobs[o->index], .state = o->state};
	writer_write(l->writer, g->job, o, &g->written, &err);
	if (g->written.interrupted)
		return;
	if (g->written.expires_us != 0)
		g->job->expires_us = g->written.expires_us;
	if (o->state != JOB_STORED || g->written.sinks != g->written.wanted) {
		const char *error = g->written.sinks != g->written.wanted ? err.msg : o->error;

		g->error = strdup(error);
		report(g, error);
	}
	if (l->grouped++ == 0)
		l->group_since_ns = time_boot_ns();
	l->group_bytes += o->body != NULL ? body_size(o->body) : 0;
	if (l->grouped == GROUP_JOBS || l->group_bytes >= GROUP_BYTES)
		flush(l);
	look_at_sinks(l);
}

/* --- the thread --- */

static void release(struct loader *l, struct fetch_outcome *o)
{
	if (o->body != NULL)
		l->o.give_back(l->o.ctx, o->body);
	free(o->details);
}

/* Waits for an outcome, but no longer than until the group is due. */
static void await(struct loader *l)
{
	int64_t left_ns = l->group_since_ns + (int64_t)GROUP_MS * 1000000 - time_boot_ns();
	struct timespec until;

	if (l->grouped == 0) {
		while (l->first == NULL && !l->ended)
			pthread_cond_wait(&l->come, &l->lock);
		return;
	}
	(void)clock_gettime(CLOCK_MONOTONIC, &until);
	left_ns = until.tv_nsec + (left_ns > 0 ? left_ns : 0);
	until.tv_sec += left_ns / 1000000000;
	until.tv_nsec = left_ns % 1000000000;
	while (l->first == NULL && !l->ended)
		if (pthread_cond_clockwait(&l->come, &l->lock, CLOCK_MONOTONIC, &until) != 0)
			return;
}

/* The next outcome; NULL: none came until the group is due, or none will come (*ended). */
static struct item *take(struct loader *l, bool *ended)
{
	struct item *item;

	pthread_mutex_lock(&l->lock);
	await(l);
	item = l->first;
	if (item != NULL) {
		l->first = item->next;
		if (l->first == NULL)
			l->last = &l->first;
		l->waiting--;
		l->waiting_bytes -= item->bytes;
	}
	*ended = l->ended;
	pthread_mutex_unlock(&l->lock);
	return item;
}

static void *loader_main(void *ctx)
{
	struct loader *l = ctx;
	bool ended = false;

	for (;;) {
		struct item *item = take(l, &ended);

		if (item == NULL) {
			flush(l);
			if (ended)
				return NULL;
			continue;
		}
		if (!atomic_load(&l->no_sinks) && !writer_late(l->writer))
			load(l, &item->outcome);
		release(l, &item->outcome);
		free(item);
		l->o.wake(l->o.ctx);
	}
}

struct loader *loader_start(const struct loader_options *o, struct err *err)
{
	struct loader *l = calloc(1, sizeof(*l));
	int e;

	if (l == NULL || (l->writer = writer_new(o->sinks, o->instance, o->stop)) == NULL) {
		free(l);
		(void)err_set(err, ERR_FATAL, "out of memory");
		return NULL;
	}
	l->o = *o;
	l->last = &l->first;
	pthread_mutex_init(&l->lock, NULL);
	pthread_cond_init(&l->come, NULL);
	e = pthread_create(&l->thread, NULL, loader_main, l);
	if (e != 0) {
		(void)err_sys(err, ERR_FATAL, e, "cannot start the loader's thread");
		writer_free(l->writer);
		free(l);
		return NULL;
	}
	return l;
}

bool loader_room(struct loader *l)
{
	bool room;

	pthread_mutex_lock(&l->lock);
	room = l->waiting < QUEUE_JOBS && l->waiting_bytes < QUEUE_BYTES;
	pthread_mutex_unlock(&l->lock);
	return room;
}

int loader_put(struct loader *l, const struct fetch_outcome *o, struct err *err)
{
	struct item *item = malloc(sizeof(*item));
	bool no_sinks = atomic_load(&l->no_sinks);

	if (item == NULL || no_sinks) {
		struct fetch_outcome copy = *o;

		free(item);
		release(l, &copy);
		return no_sinks ? err_set(err, ERR_FATAL, "no sink is left to write to")
				: err_set(err, ERR_FATAL, "out of memory");
	}
	*item = (struct item){.outcome = *o, .bytes = o->body != NULL ? body_size(o->body) : 0};
	pthread_mutex_lock(&l->lock);
	*l->last = item;
	l->last = &item->next;
	l->waiting++;
	l->waiting_bytes += item->bytes;
	pthread_cond_signal(&l->come);
	pthread_mutex_unlock(&l->lock);
	return 0;
}

void loader_counts(struct loader *l, int64_t *stored, int64_t *other)
{
	pthread_mutex_lock(&l->lock);
	*stored = l->counted_stored;
	*other = l->counted_other;
	pthread_mutex_unlock(&l->lock);
}

void loader_finish(struct loader *l, struct load_totals *totals)
{
	pthread_mutex_lock(&l->lock);
	l->ended = true;
	pthread_cond_signal(&l->come);
	pthread_mutex_unlock(&l->lock);
	pthread_join(l->thread, NULL);
	*totals = l->totals;
	writer_free(l->writer);
	pthread_cond_destroy(&l->come);
	pthread_mutex_destroy(&l->lock);
	free(l);
}
