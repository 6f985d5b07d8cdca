/*
 * run_load.h: the loader thread: takes what became of jobs from a short bounded queue, decodes bodies and writes to the
 * sinks.
 *
 * Part of the glue (run.c). While it runs, the loader alone touches the sinks and the jobs that were put into it;
 * loader_finish gives both back.
 */
#ifndef OMNI_RUN_LOAD_H
#define OMNI_RUN_LOAD_H

#include "run_group.h"

struct loader_options {
	struct sinkset *sinks;
	struct plan *plan;
	struct group *group; /* what was loaded is added to; the loader's while it runs. NULL: see take */
	void (*take)(void *ctx, struct fetch_outcome *); /* in its place: loads it, from the loader's thread */
	void (*give_back)(void *ctx, struct body *); /* a body that is not loaded any more; from the loader's thread */
	void (*wake)(void *ctx);                     /* there is room again, or the last sink has failed */
	void *ctx;
};

struct loader;

/* Starts the thread; the options are copied. NULL with *err. */
struct loader *loader_start(const struct loader_options *, struct err *);
/* Whether another request may start: false while enough waits to be loaded. */
bool loader_room(struct loader *);
/* Takes an outcome and what it owns. Never waits. 0, or -1 with *err: no sink is left, or memory is short (the outcome
 * was released). */
int loader_put(struct loader *, const struct fetch_outcome *, struct err *);
/* No more will come: loads the rest, flushes, ends the thread, frees the loader. Meanwhile tick is called a few times a
 * second. */
void loader_finish(struct loader *, void (*tick)(void *ctx), void *ctx);

#endif
