#include "run_load.h"

#include "log.h"
#include "run_write.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define QUEUE_JOBS  64                    /* outcomes that may wait */
#define LOOK_NS     INT64_C(1000000000)   /* how often at least a group's age is looked at */
#define TICK_NS     INT64_C(200000000)    /* how often loader_finish lets progress be told */
#define QUEUE_BYTES ((uint64_t)256 << 20) /* bytes of bodies that may wait: they lie on a disk */

struct item {
	struct item *next;
	struct fetch_outcome outcome;
	uint64_t bytes;
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
	bool gone;           /* the thread is at its end */
	pthread_cond_t left; /* it is */

	atomic_bool no_sinks;
};

static void look_at_sinks(struct loader *l)
{
	if (sinkset_alive(l->o.sinks) == 0 && !atomic_exchange(&l->no_sinks, true))
		l->o.wake(l->o.ctx);
}

/* --- the thread --- */

static void release(struct loader *l, struct fetch_outcome *o)
{
	if (o->body != NULL)
		l->o.give_back(l->o.ctx, o->body);
	free(o->details);
}

/* By the clock that can be waited for. */
static void time_to_come(int64_t ns, struct timespec *until)
{
	(void)clock_gettime(CLOCK_MONOTONIC, until);
	ns += until->tv_nsec;
	until->tv_sec += ns / 1000000000;
	until->tv_nsec = ns % 1000000000;
}

/* Waits for an outcome, but no longer than until the group is due, and not in one piece: the clock that can be waited
 * for stands still while the computer sleeps, the group grows old. */
static void await(struct loader *l)
{
	int64_t due_ns = l->o.group != NULL ? group_due_ns(l->o.group) : INT64_MAX, left_ns;
	struct timespec until;

	if (due_ns == INT64_MAX) {
		while (l->first == NULL && !l->ended)
			pthread_cond_wait(&l->come, &l->lock);
		return;
	}
	left_ns = due_ns - time_boot_ns();
	if (left_ns > LOOK_NS)
		left_ns = LOOK_NS;
	time_to_come(left_ns > 0 ? left_ns : 0, &until);
	while (l->first == NULL && !l->ended)
		if (pthread_cond_clockwait(&l->come, &l->lock, CLOCK_MONOTONIC, &until) != 0)
			return;
}

/* The next outcome; NULL: time to look at the group, or none will come (*ended). */
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

static void *say_goodbye(struct loader *l)
{
	pthread_mutex_lock(&l->lock);
	l->gone = true;
	pthread_cond_signal(&l->left);
	pthread_mutex_unlock(&l->lock);
	return NULL;
}

static void *loader_main(void *ctx)
{
	struct loader *l = ctx;
	bool ended = false;

	for (;;) {
		struct item *item = take(l, &ended);

		if (item == NULL) {
			if (l->o.group != NULL)
				group_flush(l->o.group, ended);
			look_at_sinks(l);
			if (ended)
				return say_goodbye(l);
			continue;
		}
		if (atomic_load(&l->no_sinks) || (l->o.group != NULL && group_late(l->o.group)))
			release(l, &item->outcome);
		else if (l->o.group == NULL)
			l->o.take(l->o.ctx, &item->outcome);
		else
			group_add(l->o.group, &l->o.plan->jobs[item->outcome.index], &item->outcome);
		free(item);
		look_at_sinks(l);
		l->o.wake(l->o.ctx);
	}
}

struct loader *loader_start(const struct loader_options *o, struct err *err)
{
	struct loader *l = calloc(1, sizeof(*l));
	int e;

	if (l == NULL) {
		(void)err_set(err, ERR_FATAL, "out of memory");
		return NULL;
	}
	l->o = *o;
	l->last = &l->first;
	pthread_mutex_init(&l->lock, NULL);
	pthread_cond_init(&l->come, NULL);
	pthread_cond_init(&l->left, NULL);
	e = pthread_create(&l->thread, NULL, loader_main, l);
	if (e != 0) {
		(void)err_sys(err, ERR_FATAL, e, "cannot start the loader's thread");
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

void loader_finish(struct loader *l, void (*tick)(void *ctx), void *ctx)
{
	struct timespec until;

	pthread_mutex_lock(&l->lock);
	l->ended = true;
	pthread_cond_signal(&l->come);
	while (!l->gone) {
		time_to_come(TICK_NS, &until);
		if (pthread_cond_clockwait(&l->left, &l->lock, CLOCK_MONOTONIC, &until) != 0) {
			pthread_mutex_unlock(&l->lock);
			tick(ctx);
			pthread_mutex_lock(&l->lock);
		}
	}
	pthread_mutex_unlock(&l->lock);
	pthread_join(l->thread, NULL);
	pthread_cond_destroy(&l->come);
	pthread_cond_destroy(&l->left);
	pthread_mutex_destroy(&l->lock);
	free(l);
}
