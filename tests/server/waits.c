/* waits.c: see waits.h. */
#include "waits.h"
#include "timeutil.h"

#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#define WAITS_LOOK_NS 100000000 /* how often to look whether a client is gone */

struct waits {
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	struct wait *first;
	bool stopping;
	void (*wake)(void *ctx);
};

static bool client_gone(const struct wait *w)
{
	struct pollfd p = {.fd = w->fd, .events = POLLRDHUP};
	return poll(&p, 1, 0) > 0 && (p.revents & (POLLRDHUP | POLLHUP | POLLERR | POLLNVAL)) != 0;
}

/* Wakes what is due. Returns when to look again (boot time). */
static int64_t waits_wake(struct waits *ws, int64_t now)
{
	int64_t next = INT64_MAX;
	struct wait *following;
	for (struct wait *w = ws->first; w != NULL; w = following) {
		following = w->next;
		bool endless = w->until_ns == INT64_MAX;
		if (ws->stopping || (endless ? client_gone(w) : w->until_ns <= now)) {
			*w->at = w->next;
			if (w->next != NULL)
				w->next->at = w->at;
			ws->wake(w->ctx);
			continue;
		}
		int64_t look = endless ? now + WAITS_LOOK_NS : w->until_ns;
		if (look < next)
			next = look;
	}
	return next;
}

static void *waits_loop(void *arg)
{
	struct waits *ws = arg;
	pthread_mutex_lock(&ws->lock);
	for (;;) {
		int64_t now = time_boot_ns();
		int64_t next = waits_wake(ws, now);
		if (ws->stopping)
			break;
		if (next == INT64_MAX) {
			pthread_cond_wait(&ws->changed, &ws->lock);
			continue;
		}
		struct timespec until;
		clock_gettime(CLOCK_MONOTONIC, &until);
		int64_t ns = until.tv_nsec + (next - now);
		until.tv_sec += ns / 1000000000;
		until.tv_nsec = ns % 1000000000;
		pthread_cond_timedwait(&ws->changed, &ws->lock, &until);
	}
	pthread_mutex_unlock(&ws->lock);
	return NULL;
}

struct waits *waits_new(void (*wake)(void *ctx), struct err *err)
{
	pthread_condattr_t attr;
	struct waits *ws = calloc(1, sizeof(*ws));
	if (ws == NULL) {
		err_set(err, ERR_FATAL, "out of memory");
		return NULL;
	}
	ws->wake = wake;
	pthread_mutex_init(&ws->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&ws->changed, &attr);
	pthread_condattr_destroy(&attr);
	int rc = pthread_create(&ws->thread, NULL, waits_loop, ws);
	if (rc != 0) {
		err_sys(err, ERR_FATAL, rc, "cannot start a thread");
		waits_free(ws);
		return NULL;
	}
	return ws;
}

bool waits_add(struct waits *ws, struct wait *w)
{
	pthread_mutex_lock(&ws->lock);
	bool taken = !ws->stopping;
	if (taken) {
		w->next = ws->first;
		w->at = &ws->first;
		if (w->next != NULL)
			w->next->at = &w->next;
		ws->first = w;
		pthread_cond_signal(&ws->changed);
	}
	pthread_mutex_unlock(&ws->lock);
	return taken;
}

bool waits_stopping(struct waits *ws)
{
	pthread_mutex_lock(&ws->lock);
	bool stopping = ws->stopping;
	pthread_mutex_unlock(&ws->lock);
	return stopping;
}

void waits_stop(struct waits *ws)
{
	pthread_mutex_lock(&ws->lock);
	ws->stopping = true;
	pthread_cond_signal(&ws->changed);
	pthread_mutex_unlock(&ws->lock);
	pthread_join(ws->thread, NULL);
}

void waits_free(struct waits *ws)
{
	if (ws == NULL)
		return;
	pthread_cond_destroy(&ws->changed);
	pthread_mutex_destroy(&ws->lock);
	free(ws);
}
