/* status_text.c: a status for people. The first line answers "is everything safe?". */
#include "status.h"

#include "amount.h"
#include "utf8.h"

#include <string.h>

#define ERROR_CHARS  100
#define REASONS_TOLD 10

static const enum job_state shown[] = {JOB_STORED,  JOB_PENDING, JOB_FAILED,    JOB_UNREADABLE, JOB_DENIED,
				       JOB_UNASKED, JOB_EXPIRED, JOB_NOT_FOUND, JOB_NO_RESULT,  JOB_REJECTED};
#define SHOWN (sizeof(shown) / sizeof(shown[0]))

/* 2026-11-30 09:12 UTC; "?" where no time is known. */
static int add_time(struct buf *out, const struct stamp *t)
{
	if (!stamp_is_set(t))
		return buf_adds(out, "?                   ");
	return buf_addf(out, "%.10s %.5s UTC", t->text, t->text + 11);
}

/* "in 2 d 4 h", "3 h 20 min ago". */
static int add_distance(struct buf *out, const struct status *s, const struct stamp *t)
{
	char span[TIME_SPAN_MAX];
	const int64_t seconds = (t->us - s->now.us) / 1000000;

	if (!stamp_is_set(t))
		return buf_adds(out, "at a time that is not known");
	if (t->us > s->now.us)
		return buf_addf(out, "in %s", time_span_text(seconds, span));
	return buf_addf(out, "%s ago", time_span_text(-seconds, span));
}

static int add_open(const struct status *s, struct buf *out)
{
	const struct status_list *by =
	    s->next.n > 0 && (s->unfinished.n == 0 || s->next.at[0].at.us < s->unfinished.at[0].at.us) ? &s->next
												       : &s->unfinished;
	int bad = buf_addf(out, "%lld of %lld job%s %s not complete yet", (long long)s->open, (long long)s->jobs,
			   amount_plural(s->jobs), s->open == 1 ? "is" : "are");

	if (s->overdue > 0)
		return bad | buf_addf(out, ", and %lld of them %s past the 14 days: run again at once",
				      (long long)s->overdue, s->overdue == 1 ? "is" : "are");
	if (by->n == 0 || !stamp_is_set(&by->at[0].at))
		return bad;
	return bad | buf_adds(out, ", and the next expires ") | add_distance(out, s, &by->at[0].at);
}

int status_answer(const struct status *s, struct buf *out)
{
	if (s->jobs == 0)
		return buf_adds(out, "nothing is here yet: no job was asked for\n");
	if (s->lost_since > 0) {
		int bad = buf_addf(out, "LOST: the results of %lld of %lld job%s cannot be had (since %.10s)",
				   (long long)s->lost_since, (long long)s->jobs, amount_plural(s->jobs), s->since.text);

		if (s->open > 0)
			bad |= buf_adds(out, "; ") | add_open(s, out);
		return bad | buf_addc(out, '\n');
	}
	if (s->open > 0)
		return buf_adds(out, "not all is safe: ") | add_open(s, out) | buf_addc(out, '\n');
	if (s->lost_before == s->jobs)
		return buf_addf(out, "nothing is open: all %lld job%s were lost before %.10s\n", (long long)s->jobs,
				amount_plural(s->jobs), s->since.text);
	return buf_addf(out, "all safe: %lld job%s stored\n", (long long)s->states[JOB_STORED],
			s->states[JOB_STORED] == 1 ? " is" : "s are");
}

static int add_states(const struct status *s, struct buf *out)
{
	int bad = buf_addf(out, "\njobs: %lld\n", (long long)s->jobs);

	for (size_t i = 0; i < SHOWN; i++) {
		if (s->states[shown[i]] == 0)
			continue;
		bad |= buf_addf(out, "  %-10s %8lld", state_name(shown[i]), (long long)s->states[shown[i]]);
		if (shown[i] == JOB_STORED && s->partial + s->partial_over > 0)
			bad |= buf_addf(out, "  (%lld partial: a query was still running%s)",
					(long long)(s->partial + s->partial_over),
					s->partial == 0 ? ", and nothing more will come" : "");
		bad |= buf_addc(out, '\n');
	}
	if (s->lost_before > 0)
		bad |= buf_addf(out, "  of these lost before %.10s: %lld\n", s->since.text, (long long)s->lost_before);
	if (s->states[JOB_STORED] > 0) {
		bad |= buf_addf(out, "  %lld row%s; last stored ", (long long)s->rows, amount_plural(s->rows));
		bad |= add_time(out, &s->last_stored_at) | buf_adds(out, ", ");
		bad |= add_distance(out, s, &s->last_stored_at) | buf_addc(out, '\n');
	}
	if (s->truncated_results > 0 && s->has_reruns)
		bad |= buf_addf(out, "  %lld result%s truncated by the API, %lld of them completed since\n",
				(long long)s->truncated_results, amount_plural(s->truncated_results),
				(long long)s->completed_results);
	return bad;
}

static int add_job(const struct status *s, const struct status_job *job, bool distance, struct buf *out)
{
	char id[UUID_TEXT_LEN + 1];
	int bad = buf_addf(out, "  %s  ", uuid_format(&job->id, id)) | add_time(out, &job->at);

	if (distance)
		bad |= buf_adds(out, ", ") | add_distance(out, s, &job->at);
	if (job->n > 0)
		return bad | buf_addf(out, "  %lld result%s\n", (long long)job->n, amount_plural(job->n));
	if (job->state != JOB_STORED)
		bad |= buf_addf(out, "  %s", state_name(job->state));
	if (job->error != NULL)
		bad |= buf_adds(out, ": ") | utf8_visible(out, job->error, strlen(job->error), ERROR_CHARS);
	return bad | buf_addc(out, '\n');
}

static int add_list(const struct status *s, const char *title, const struct status_list *l, int64_t all, bool distance,
		    struct buf *out)
{
	int bad = 0;

	if (l->n == 0)
		return 0;
	bad |= buf_addf(out, "\n%s", title);
	if (all > (int64_t)l->n)
		bad |= buf_addf(out, " (%zu of %lld)", l->n, (long long)all);
	bad |= buf_adds(out, ":\n");
	for (size_t i = 0; i < l->n; i++)
		bad |= add_job(s, &l->at[i], distance, out);
	return bad;
}

static int add_reasons(const struct status *s, struct buf *out)
{
	int64_t rest = s->reasons.others;
	int bad = 0;

	if (s->reasons.n == 0)
		return 0;
	bad |= buf_adds(out, "\nwhy:\n");
	for (size_t i = 0; i < s->reasons.n; i++) {
		if (i >= REASONS_TOLD)
			rest += s->reasons.at[i].n;
		else
			bad |= buf_adds(out, "  ") | reasons_say(&s->reasons.at[i], out) | buf_addc(out, '\n');
	}
	return rest > 0 ? bad | buf_addf(out, "  %lld for other reasons\n", (long long)rest) : bad;
}

static int add_runs(const struct status *s, struct buf *out)
{
	int bad = 0;

	if (s->n_runs == 0)
		return s->has_runs ? buf_adds(out, "\nno run is noted here\n") : 0;
	bad |= buf_adds(out, "\nlast runs:\n");
	for (size_t i = 0; i < s->n_runs; i++) {
		const struct status_run *r = &s->runs[i];
		char span[TIME_SPAN_MAX];

		bad |= buf_adds(out, "  ") | add_time(out, &r->started_at);
		if (stamp_is_set(&r->finished_at))
			bad |= buf_addf(out, "  exit status %d after %s\n", r->exit_code,
					time_span_text((r->finished_at.us - r->started_at.us) / 1000000, span));
		else
			bad |= buf_adds(out, "  still going, or it was killed\n");
	}
	return bad;
}

int status_text(const struct status *s, struct buf *out)
{
	int bad = status_answer(s, out) | buf_adds(out, "sink: ");

	bad |= utf8_visible(out, buf_cstr(&s->sink), s->sink.len, 0) | buf_addc(out, '\n');
	if (s->jobs == 0)
		return bad | add_runs(s, out);
	bad |= add_states(s, out);
	bad |= add_list(s, "what expires next", &s->next, s->open - s->partial, true, out);
	bad |= add_list(s, "lost, the latest first", &s->lost, s->lost_since, false, out);
	bad |= add_reasons(s, out);
	bad |= add_list(s, "truncated by the API, the latest first", &s->truncated, s->truncated_jobs, false, out);
	bad |= add_list(s, "partial, and still to be completed; they expire", &s->unfinished, s->partial, true, out);
	return bad | add_runs(s, out);
}
