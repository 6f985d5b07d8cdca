#include "run_rerun.h"

#include "log.h"
#include "run.h"
#include "run_rerun_own.h"
#include "utf8.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SLICE_BYTES ((size_t)16 << 20)  /* of queries: a slice ends with the one that goes beyond */
#define KEEP_BYTES  ((size_t)256 << 10) /* of each from slice to slice */
#define HEAD_BYTES  ((size_t)4 << 10)   /* of an answer that is looked at for what it says … */
#define HEAD_CHARS  ((size_t)160)       /* … and shown */

/* --- what is asked --- */

static struct rerun rerun_of(const struct rerun_asked *a, enum job_state state, const char *error)
{
	return (struct rerun){.id = a->id,
			      .action_index = a->truncated.action_index,
			      .query = a->truncated.query,
			      .state = state,
			      .error = *error != '\0' ? text_of(error) : TEXT_NULL,
			      .body_bytes = -1};
}

/* What came of it, to the sinks, the log and the totals. */
static void settle(struct reruns *x, const struct rerun_asked *a, struct rerun *r, struct body *body)
{
	struct rerun_totals *totals = &x->r->reruns;
	char why[400] = "";
	struct rerun_written w;
	struct err err = {0};

	rerun_writer_write(x->writer, r, why, &a->truncated, body, a->want, &w, &err);
	if (w.interrupted)
		return;
	x->entries[a->at].state = (uint8_t)r->state;
	if (r->state == JOB_STORED && w.sinks == a->want) {
		totals->stored++;
		totals->rows += r->row_count;
		totals->warnings += w.warnings;
		atomic_fetch_add(&x->stored, 1);
		return;
	}
	if (r->state == JOB_STORED) {
		x->entries[a->at].state = JOB_FAILED;
		r->error = text_of(err.msg);
	}
	log_line(r->state == JOB_STORED    ? LOG_ERROR
		 : r->state == JOB_PENDING ? LOG_INFO
					   : LOG_WARNING,
		 &a->id, "the truncated result of action %lld is not completed: %s: %.*s",
		 (long long)a->truncated.action_index, state_name((enum job_state)x->entries[a->at].state),
		 (int)r->error.n, r->error.n > 0 ? r->error.p : "");
	(void)reasons_add(state_is_lost((enum job_state)x->entries[a->at].state) ? &totals->lost : &totals->open,
			  (enum job_state)x->entries[a->at].state, r->error, &a->id);
}

static void trim(struct rerun_asked *a)
{
	struct buf *const bufs[] = {&a->query, &a->columns, &a->post};

	for (size_t i = 0; i < sizeof(bufs) / sizeof(bufs[0]); i++)
		if (bufs[i]->cap > KEEP_BYTES)
			buf_free(bufs[i]);
}

/* The next slice: what can be asked. What cannot is settled at once. */
static int make_slice(struct reruns *x, size_t *next, struct err *err)
{
	size_t bytes = 0;

	for (size_t i = 0; i < x->n_asked; i++)
		trim(&x->asked[i]);
	x->n_asked = 0;
	for (; *next < x->n && x->n_asked < RERUN_SLICE && bytes < SLICE_BYTES; (*next)++) {
		struct rerun_asked *a = &x->asked[x->n_asked];
		struct err why = {0};
		struct rerun r;
		int there;

		a->at = *next;
		a->id = x->r->plan.jobs[x->entries[*next].job].id;
		there = run_rerun_read(x, a, *next, err);
		if (there < 0)
			return -1;
		/* Where its sinks are lost it stays open. */
		if (there == 0)
			continue;
		buf_clear(&a->post);
		if (rerun_request(a->truncated.query, x->doc, &a->post, &why) == 0) {
			x->questions[x->n_asked++] = (struct fetch_question){.path = RERUN_PATH,
									     .post = buf_text(&a->post),
									     .any_type = true,
									     .keep = true,
									     .patient = true,
									     .job = &a->id};
			bytes += a->post.len;
			continue;
		}
		if (why.kind == ERR_FATAL) {
			*err = why;
			return -1;
		}
		r = rerun_of(a, JOB_REJECTED, why.msg);
		settle(x, a, &r, NULL);
	}
	return 0;
}

/* --- asking --- */

/* May it be a CSV? What else it is, is shown as far as it says something. */
static int judge(void *ctx, struct body *body, char *why, size_t why_size, struct err *err)
{
	struct reruns *x = ctx;
	const struct text head = body_head(body);
	const char *problem = rerun_problem(head, body_problem(body) == NULL);
	char copy[HEAD_BYTES];
	const size_t n = head.n < sizeof(copy) ? head.n : sizeof(copy);
	struct buf shown;

	(void)err;
	if (problem == NULL)
		return 0;
	memcpy(copy, n > 0 ? head.p : "", n);
	fetch_hide(x->r->fetch, copy, n);
	buf_init(&shown, 16 * HEAD_BYTES);
	(void)utf8_visible(&shown, copy, n, HEAD_CHARS);
	(void)snprintf(why, why_size, "%s%s%s", problem, n > 0 ? ": " : "", buf_cstr(&shown));
	buf_free(&shown);
	return 1;
}

static int done(void *ctx, struct fetch_outcome *o, struct err *err)
{
	return loader_put(((struct reruns *)ctx)->loader, o, err);
}

static bool room(void *ctx)
{
	return loader_room(((struct reruns *)ctx)->loader);
}

/* For the loader: these two are called with the struct reruns. */
static void wake(void *ctx)
{
	fetch_wake(((struct reruns *)ctx)->r->fetch);
}

static void give_back(void *ctx, struct body *body)
{
	run_give_back(((struct reruns *)ctx)->r, body);
}

/* Its time-out is no failure: the query may be done by the next time. An answer that cannot be read is kept nowhere, so
 * that it is a failure like others. */
static enum job_state state_of(const struct fetch_outcome *o)
{
	if (o->state == JOB_FAILED && o->http_status == 408)
		return JOB_PENDING;
	return o->state == JOB_UNREADABLE ? JOB_FAILED : o->state;
}

/* In the loader's thread. */
static void load(void *ctx, struct fetch_outcome *o)
{
	struct reruns *x = ctx;
	const struct rerun_asked *a = &x->asked[o->index];
	struct rerun r = rerun_of(a, state_of(o), o->error);

	r.http_status = o->http_status;
	r.attempts = o->attempts;
	r.requested_at = o->requested_at;
	r.fetched_at = o->fetched_at;
	if (o->body != NULL) {
		r.body_bytes = (int64_t)body_size(o->body);
		memcpy(r.body_sha256, body_sha256(o->body), SHA256_LEN);
	}
	settle(x, a, &r, o->state == JOB_STORED ? o->body : NULL);
	if (o->body != NULL)
		run_give_back(x->r, o->body);
	free(o->details);
}

static void tick(void *ctx, const struct fetch_progress *p)
{
	struct reruns *x = ctx;
	struct progress_state s = {.queries = true,
				   .done = x->settled + p->settled,
				   .total = x->n,
				   .stored = atomic_load(&x->stored),
				   .under_way = p->under_way,
				   .bytes = p->counts.bytes,
				   .waits_for = run_progress_wait(p->waiting_for),
				   .wait_ms = p->waiting_ms,
				   .silence_ms = p->silence_ms};

	if (progress_note(s.done, p->waiting_for == WAIT_RATE))
		progress_show(&s);
}

static void tick_last(void *ctx)
{
	(void)ctx;
}

static int ask_slice(struct reruns *x, enum fetch_end *end, struct err *err)
{
	static const struct fetch_handlers handlers = {judge, done, room, tick};
	const struct loader_options lo = {
	    .sinks = x->r->sinks, .take = load, .give_back = give_back, .wake = wake, .ctx = x};
	struct fetch_counts counts;
	struct err why = {0};

	x->loader = loader_start(&lo, err);
	if (x->loader == NULL)
		return -1;
	*end = fetch_ask(x->r->fetch, x->questions, x->n_asked, &handlers, x, &counts, &why);
	fetch_counts_add(&x->r->counts, &counts);
	if (*end == FETCH_INTERRUPTED)
		run_tell_interrupted();
	loader_finish(x->loader, tick_last, x);
	x->loader = NULL;
	x->settled += x->n_asked;
	progress_end();
	run_note_end(x->r, *end, "the truncated results that are left wait for the next run", &why);
	return 0;
}

/* What ended the jobs ends this too. */
static bool may_ask(const struct run *r)
{
	return r->asked == FETCH_DONE && !r->end.key_refused && !r->end.unexpected && run_stop_signal == 0;
}

static int ask_all(struct reruns *x, struct err *err)
{
	enum fetch_end end = FETCH_DONE;

	x->writer = rerun_writer_new(x->r->sinks, &run_stop_signal);
	x->doc = json_new();
	if (x->writer == NULL || x->doc == NULL)
		return err_set(err, ERR_FATAL, "out of memory");
	for (size_t next = 0; next < x->n && end == FETCH_DONE;) {
		progress_start(x->r->o->progress, x->r->o->quiet);
		if (make_slice(x, &next, err) != 0 || (x->n_asked > 0 && ask_slice(x, &end, err) != 0))
			return -1;
	}
	return 0;
}

/* --- all of it --- */

static void count(struct reruns *x)
{
	struct rerun_totals *t = &x->r->reruns;

	for (size_t i = 0; i < x->n; i++) {
		const struct rerun_entry *e = &x->entries[i];
		const enum job_state state = (enum job_state)e->state;

		if (state == JOB_UNASKED)
			(void)reasons_add(&t->open, state, text_of("its turn did not come"),
					  &x->r->plan.jobs[e->job].id);
		t->n_open += state != JOB_STORED && !state_is_lost(state);
		/* To hear it once more, with --retry-lost, is no news. */
		t->n_lost += state_is_lost(state) && !state_is_lost((enum job_state)e->before);
	}
}

void run_rerun(struct run *r)
{
	struct reruns *x = run_rerun_new(r);
	struct err err = {0};
	int bad = x == NULL ? err_set(&err, ERR_FATAL, "out of memory") : run_rerun_list(x, &err);

	if (bad == 0 && x->n > 0 && may_ask(r)) {
		log_line(LOG_INFO, NULL, "queries of truncated results that are run again: %zu", x->n);
		/* Where no job was asked for, the run is not noted yet. */
		if (r->to_do == 0)
			run_record(r, NULL, &err);
		bad = ask_all(x, &err);
		progress_end();
	}
	if (bad != 0) {
		log_line(LOG_ERROR, NULL, "%s: not all truncated results were completed", err.msg);
		r->end.unexpected = true;
	}
	if (x != NULL) {
		count(x);
		run_rerun_done(x);
	}
}

void run_rerun_free(struct rerun_totals *t)
{
	reasons_free(&t->open);
	reasons_free(&t->lost);
}
