/* The command discover, and run --discover: the jobs that the instance's conversations know, printed or planned. */
#include "key.h"
#include "log.h"
#include "run.h"
#include "run_state.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define LINE_MAX ((size_t)1 << 20) /* a line has a prompt and a name of 64 KiB, escaped */

struct listing {
	struct run *r;
	struct plan_policy policy;
	struct buf line;
	int64_t known; /* jobs that a sink of --not-in makes needless */
};

static void show(void *ctx, const struct fetch_progress *p, const struct discover_sum *sum)
{
	struct progress_state s = {.listing = true,
				   .done = (size_t)sum->jobs,
				   .conversations = (size_t)sum->conversations,
				   .under_way = p->under_way,
				   .waits_for = run_progress_wait(p->waiting_for),
				   .wait_ms = p->waiting_ms,
				   .silence_ms = p->silence_ms};

	(void)ctx;
	if (progress_note((size_t)sum->conversations, p->waiting_for == WAIT_RATE))
		progress_show(&s);
}

static enum fetch_end walk(struct listing *l, int (*found)(void *, const struct discover_job *, struct err *),
			   struct err *err)
{
	const struct discover_handlers handlers = {found, show};
	struct run *r = l->r;
	struct discover_options o = {.fetch = r->fetch, .since = r->o->since, .user_id = r->o->user_id};
	struct fetch_counts counts;
	enum fetch_end end;

	buf_init(&l->line, LINE_MAX);
	progress_start(r->o->progress, r->o->quiet);
	end = discover(&o, &handlers, l, &r->found, err);
	progress_end();
	counts = r->found.counts;
	counts.bytes = 0; /* those of results are counted */
	buf_free(&l->line);
	fetch_counts_add(&r->counts, &counts);
	r->end.list_cut = !r->found.whole;
	return end;
}

static int add_line(struct listing *l, const struct discover_job *job, struct err *err)
{
	buf_clear(&l->line);
	return discover_line(job, &l->line) != 0 ? err_set(err, ERR_FATAL, "out of memory") : 0;
}

/* --- run --discover --- */

static int plan_found(void *ctx, const struct discover_job *job, struct err *err)
{
	struct listing *l = ctx;
	struct ids_item item = {.kind = IDS_JOB, .id = job->id, .completed_at = job->completed_at};

	if (add_line(l, job, err) != 0)
		return -1;
	item.json = (struct text){l->line.data, l->line.len - 1};
	if (plan_take(&l->r->plan, &item) != 0)
		return err_set(err, ERR_FATAL, "out of memory after %zu job IDs", l->r->plan.n);
	return 0;
}

void run_find_jobs(struct run *r)
{
	struct listing l = {.r = r};
	struct err err = {0};
	enum fetch_end end = walk(&l, plan_found, &err);

	r->plan.invalid += r->found.odd;
	run_note_end(r, end, "not all conversations were looked at", &err);
	if (end == FETCH_INTERRUPTED)
		run_tell_interrupted();
	log_line(r->found.whole ? LOG_INFO : LOG_ERROR, NULL, "%lld jobs found in %lld conversations%s",
		 (long long)r->found.jobs, (long long)r->found.conversations,
		 r->found.whole ? "" : ": the list is not whole, what was found is exported");
}

/* --- the command --- */

static int is_known(struct listing *l, const struct uuid *id, bool *known, struct err *err)
{
	struct sinkset *sinks = l->r->sinks;

	*known = false;
	for (size_t i = 0; sinks != NULL && i < sinkset_count(sinks) && !*known; i++) {
		struct ledger_entry entry;

		if (sinkset_states(sinks, i, id, 1, &entry, err) != 0) {
			l->r->end.sink_failed = true;
			return -1;
		}
		*known = !plan_wants(&entry, &l->policy);
	}
	return 0;
}

/* Whoever reads along has the line now. */
static int print_found(void *ctx, const struct discover_job *job, struct err *err)
{
	struct listing *l = ctx;
	bool known;

	if (is_known(l, &job->id, &known, err) != 0)
		return -1;
	l->known += known;
	if (known)
		return 0;
	if (add_line(l, job, err) != 0)
		return -1;
	if (fwrite(l->line.data, 1, l->line.len, stdout) != l->line.len || fflush(stdout) != 0)
		return err_sys(err, ERR_FATAL, errno, "cannot write standard output");
	return 0;
}

static int tell_sum(const struct listing *l)
{
	const struct discover_sum *f = &l->r->found;
	struct summary s = {.invalid = f->odd};
	char known[80] = "";
	int code;

	l->r->end.signal = run_stop_signal;
	code = summary_exit_code(&s, &l->r->end);
	if (l->known > 0)
		(void)snprintf(known, sizeof(known), ", %lld of them left out (--not-in)", (long long)l->known);
	log_line(code == 0 ? LOG_INFO : LOG_ERROR, NULL, "%s%lld jobs in %lld conversations%s%s%s; %lld requests",
		 f->whole ? "" : "the list is not whole: ", (long long)f->jobs, (long long)f->conversations,
		 stamp_is_set(&f->since) ? " since " : "", f->since.text, known, (long long)l->r->counts.requests);
	return code;
}

static int list_jobs(struct run *r, struct err *err)
{
	struct listing l = {.r = r};
	int code = run_set_up_discover(r, err);
	struct err why = {0};
	enum fetch_end end;

	if (code >= 0)
		return code;
	l.policy.now_us = r->started_at.us;
	end = walk(&l, print_found, &why);
	if (end == FETCH_FAILED) {
		r->end.unexpected = !r->end.sink_failed;
		log_line(LOG_ERROR, NULL, "%s", why.msg);
	} else {
		run_note_end(r, end, "the rest of the list waits for the next time", &why);
	}
	return tell_sum(&l);
}

int run_discover(const struct options *o)
{
	struct run r = {.o = o};
	struct err err = {0};
	int code;

	buf_init(&r.key, KEY_MAX);
	plan_init(&r.plan);
	code = list_jobs(&r, &err);
	if (err.kind != ERR_NONE)
		log_line(LOG_ERROR, NULL, "%s", err.msg);
	return run_tear_down(&r, code);
}
