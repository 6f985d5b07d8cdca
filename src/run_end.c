#include "run_state.h"

#include "log.h"
#include "outfile.h"
#include "run.h"
#include "utf8.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define UNASKED_AT_ONCE 10000 /* ledger notes in one transaction */

static void note_unasked(struct run *r)
{
	struct stamp now;
	sink_mask again;
	struct err err = {0};
	size_t n = 0;

	stamp_from_us(&now, time_now_us());
	for (size_t i = 0; i < r->plan.n_order; i++) {
		struct plan_job *p = &r->plan.jobs[r->plan.order[i]];
		struct job job = {.id = p->id,
				  .instance = text_of(r->instance),
				  .state = JOB_UNASKED,
				  .body_bytes = -1,
				  .input = text_of(p->input)};

		if (p->status != PLAN_OPEN)
			continue;
		if (p->completed_at != NULL)
			stamp_add_s(p->completed_at, RETENTION_S, &job.expires_at);
		if (sinkset_begin(r->sinks, p->want, &job, &err) == 0)
			(void)sinkset_commit(r->sinks, &job, &err);
		if ((p->want & ~p->held) == 0)
			p->status = PLAN_ALREADY_STORED;
		else
			plan_settle(p, JOB_UNASKED, "its turn did not come");
		if (++n % UNASKED_AT_ONCE == 0)
			(void)sinkset_flush(r->sinks, ~(sink_mask)0, &again, &err);
	}
	if (n > 0)
		(void)sinkset_flush(r->sinks, ~(sink_mask)0, &again, &err);
}

static void sooner(int64_t *least, int64_t us)
{
	if (us != 0 && (*least == 0 || us < *least))
		*least = us;
}

static void count_jobs(struct run *r, struct summary *s)
{
	int64_t soonest = 0, oldest = 0;

	for (size_t i = 0; i < r->plan.n; i++) {
		const struct plan_job *p = &r->plan.jobs[i];

		if (p->status == PLAN_ALREADY_STORED) {
			s->already_stored++;
		} else if (p->status == PLAN_ALREADY_LOST) {
			s->already_lost++;
		} else {
			s->states[p->state]++;
			s->known_lost += p->known_lost && state_is_lost((enum job_state)p->state);
			if (p->state != JOB_STORED && !state_is_lost((enum job_state)p->state)) {
				sooner(&soonest, p->expires_us);
				sooner(&oldest, p->requested_us != 0 ? p->requested_us : r->started_at.us);
			}
		}
	}
	if (soonest != 0)
		stamp_from_us(&s->next_expiry, soonest);
	if (oldest != 0)
		stamp_from_us(&s->oldest_open, oldest);
}

static void summarize(struct run *r, struct summary *s)
{
	static const struct load_totals none;
	const struct load_totals *totals = r->group != NULL ? group_totals(r->group) : &none;

	*s = (struct summary){.version = PACKAGE_VERSION,
			      .run_id = r->run_id,
			      .started_at = r->started_at,
			      .requested = r->plan.requested,
			      .unique = (int64_t)r->plan.n,
			      .invalid = r->plan.invalid,
			      .partial = totals->partial,
			      .requests = r->counts.requests,
			      .retries = r->counts.retries,
			      .rate_limited = r->counts.rate_limited,
			      .bytes = r->counts.bytes,
			      .actions = totals->actions,
			      .results = totals->results,
			      .rows = totals->rows,
			      .truncated_results = totals->truncated_results,
			      .warnings = totals->warnings,
			      .n_sinks = sinkset_count(r->sinks)};
	stamp_from_us(&s->finished_at, time_now_us());
	count_jobs(r, s);
	for (size_t i = 0; i < s->n_sinks; i++) {
		s->sinks[i] = (struct summary_sink){sinkset_spec(r->sinks, i), sinkset_error(r->sinks, i),
						    totals->sink_stored[i], totals->sink_failed[i]};
		if (s->sinks[i].error != NULL)
			r->end.sink_failed = true;
	}
	r->end.signal = run_stop_signal;
	s->exit_code = summary_exit_code(s, &r->end);
}

/* The jobs that are not stored, one a line, whatever stands in the reason. */
static int write_error_file(struct run *r, struct err *err)
{
	struct buf out;
	char id[UUID_TEXT_LEN + 1];
	const char *why;
	int bad = 0;

	buf_init(&out, SIZE_MAX / 2);
	for (size_t i = 0; i < r->plan.n && bad == 0; i++) {
		const struct plan_job *p = &r->plan.jobs[i];

		if (p->status == PLAN_ALREADY_STORED || (p->status == PLAN_SETTLED && p->state == JOB_STORED))
			continue;
		why = p->error != NULL ? p->error : "known from an earlier run";
		bad = buf_addf(&out, "%s\t%s\t", uuid_format(&p->id, id),
			       p->status == PLAN_ALREADY_LOST ? "lost" : state_name((enum job_state)p->state)) != 0 ||
		      utf8_visible(&out, why, strlen(why), 0) != 0 || buf_addc(&out, '\n') != 0;
	}
	bad = bad != 0 ? err_set(err, ERR_FATAL, "out of memory")
		       : outfile_write(r->o->error_file, buf_text(&out), (mode_t)r->o->file_mode, err);
	buf_free(&out);
	return bad;
}

static int write_summary(struct run *r, const struct summary *s, struct err *err)
{
	struct buf out;
	int bad;

	buf_init(&out, (size_t)1 << 20);
	bad = summary_json(s, &out) != 0 || buf_addc(&out, '\n') != 0;
	bad = bad != 0 ? err_set(err, ERR_FATAL, "out of memory")
		       : outfile_write(r->o->summary, buf_text(&out), (mode_t)r->o->file_mode, err);
	buf_free(&out);
	return bad;
}

void run_record(struct run *r, const struct summary *s, struct err *err)
{
	struct buf json;
	struct run_record record = {.run_id = r->run_id, .started_at = r->started_at, .version = PACKAGE_VERSION};

	buf_init(&json, (size_t)1 << 20);
	if (s != NULL) {
		record.finished_at = s->finished_at;
		record.exit_code = s->exit_code;
		if (summary_json(s, &json) == 0)
			record.summary = buf_text(&json);
	}
	(void)sinkset_record_run(r->sinks, &record, err);
	buf_free(&json);
}

/* Readable by the collector, whoever that runs as. */
#define METRICS_MODE 0644

int run_write_metrics(struct run *r, const struct summary *s, struct err *err)
{
	struct buf old, out;
	int bad;

	buf_init(&old, (size_t)1 << 20);
	buf_init(&out, (size_t)1 << 20);
	outfile_read(r->o->metrics, &old);
	bad = summary_metrics(s, buf_text(&old), &out);
	bad = bad != 0 ? err_set(err, ERR_FATAL, "out of memory")
		       : outfile_write(r->o->metrics, buf_text(&out), METRICS_MODE, err);
	buf_free(&old);
	buf_free(&out);
	return bad;
}

static void tell_sinks(struct run *r)
{
	for (size_t i = 0; i < sinkset_count(r->sinks); i++)
		if (sinkset_error(r->sinks, i) != NULL)
			log_line(LOG_ERROR, NULL,
				 "the sink '%s' dropped out: %s; what it has stored stays, the rest is the next run's",
				 sinkset_spec(r->sinks, i), sinkset_error(r->sinks, i));
}

/* A file about the run could not be written: that the data is there must not be doubted. */
static void file_failed(struct run *r, struct summary *s, const struct err *err)
{
	log_line(LOG_ERROR, NULL, "%s; what was exported is stored all the same", err->msg);
	r->end.unexpected = true;
	s->exit_code = summary_exit_code(s, &r->end);
}

/* Everything that is written when all is over. Returns the exit code, which a failure here still changes. */
int run_finish(struct run *r)
{
	struct err err = {0};
	struct summary s;

	if (r->fetch != NULL)
		note_unasked(r);
	summarize(r, &s);
	run_record(r, &s, &err);
	summarize(r, &s); /* the record may have failed */
	tell_sinks(r);
	s.exit_code = summary_exit_code(&s, &r->end);
	if (r->o->error_file != NULL && write_error_file(r, &err) != 0)
		file_failed(r, &s, &err);
	if (r->o->summary != NULL && write_summary(r, &s, &err) != 0)
		file_failed(r, &s, &err);
	if (r->o->metrics != NULL && run_write_metrics(r, &s, &err) != 0)
		file_failed(r, &s, &err);
	run_tell(r, &s);
	(void)summary_line(&s, &r->line);
	log_line(s.exit_code == 0 ? LOG_INFO : LOG_ERROR, NULL, "%s", buf_cstr(&r->line));
	return s.exit_code;
}

int run_tell_plan(struct run *r)
{
	char id[UUID_TEXT_LEN + 1];
	int64_t stored = 0, lost = 0;
	int errnum = 0;

	for (size_t i = 0; i < r->plan.n_order; i++)
		if (printf("%s\t%s/v1/ai/jobs/%s/result\n", uuid_format(&r->plan.jobs[r->plan.order[i]].id, id),
			   fetch_base(r->fetch), id) < 0) {
			errnum = errno;
			break;
		}
	for (size_t i = 0; i < r->plan.n; i++) {
		stored += r->plan.jobs[i].status == PLAN_ALREADY_STORED;
		lost += r->plan.jobs[i].status == PLAN_ALREADY_LOST;
	}
	if (errnum == 0 && fflush(stdout) != 0)
		errnum = errno;
	if (errnum != 0) {
		log_line(LOG_ERROR, NULL, "cannot write standard output: %s", strerror(errnum));
		return EXIT_UNEXPECTED;
	}
	log_line(LOG_INFO, NULL,
		 "dry run: %zu of %zu jobs would be asked for, %lld are stored already, %lld known to be lost, %lld "
		 "invalid lines",
		 r->plan.n_order, r->plan.n, (long long)stored, (long long)lost, (long long)r->plan.invalid);
	return r->plan.invalid > 0 ? 7 : 0;
}
