#include "summary.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define SUCCESS "omni_export_last_success_timestamp_seconds"

static int head(struct buf *out, const char *name, const char *help)
{
	return buf_addf(out, "# HELP %s %s\n# TYPE %s gauge\n", name, help, name);
}

static int gauge(struct buf *out, const char *name, const char *help, double value)
{
	return head(out, name, help) | buf_addf(out, "%s %.15g\n", name, value);
}

static double seconds(const struct stamp *t)
{
	return stamp_is_set(t) ? (double)t->us / 1e6 : 0;
}

/* The value of the last success in the file as it was; 0: none is known. */
static double last_success(struct text old)
{
	const char *p = old.p, *end = p != NULL ? p + old.n : NULL;

	while (p != NULL && p < end) {
		const char *eol = memchr(p, '\n', (size_t)(end - p));
		size_t n = (size_t)((eol != NULL ? eol : end) - p), k = strlen(SUCCESS);
		char number[40];

		if (n > k + 1 && n - k - 1 < sizeof(number) && memcmp(p, SUCCESS " ", k + 1) == 0) {
			memcpy(number, p + k + 1, n - k - 1);
			number[n - k - 1] = '\0';
			return strtod(number, NULL);
		}
		p = eol != NULL ? eol + 1 : NULL;
	}
	return 0;
}

static int jobs(const struct summary *s, struct buf *out)
{
	static const char name[] = "omni_export_jobs";
	int bad = head(out, name, "Jobs of the last run's input, by what became of them.");

	for (int state = JOB_NONE + 1; state < JOB_STATES; state++)
		bad |= buf_addf(out, "%s{state=\"%s\"} %" PRId64 "\n", name, state_name((enum job_state)state),
				s->states[state]);
	bad |= buf_addf(out, "%s{state=\"already_stored\"} %" PRId64 "\n", name, s->already_stored);
	return bad | buf_addf(out, "%s{state=\"already_lost\"} %" PRId64 "\n", name, s->already_lost);
}

int summary_metrics(const struct summary *s, struct text old, struct buf *out)
{
	double end = seconds(&s->finished_at), success = s->exit_code == 0 ? end : last_success(old);
	double to_expiry = stamp_is_set(&s->next_expiry) ? seconds(&s->next_expiry) - end : 0;
	int bad = 0;

	bad |= gauge(out, "omni_export_last_run_timestamp_seconds", "When the last run ended.", end);
	bad |= gauge(out, SUCCESS, "When a run last ended with nothing left to do; 0: never.", success);
	bad |= gauge(out, "omni_export_last_run_exit_code", "Exit status of the last run.", s->exit_code);
	bad |= gauge(out, "omni_export_last_run_duration_seconds", "How long the last run took.",
		     end - seconds(&s->started_at));
	/* A run that came to nothing knows nothing of the jobs: no value is better than one that says that all is well.
	 */
	if (s->run_id != NULL) {
		bad |= jobs(s, out);
		bad |= gauge(out, "omni_export_oldest_open_job_timestamp_seconds",
			     "When the job that has been open for longest was first asked for; 0: none is open.",
			     seconds(&s->oldest_open));
	}
	if (stamp_is_set(&s->next_expiry))
		bad |= gauge(out, "omni_export_next_expiry_seconds", "Seconds until the next open job expires.",
			     to_expiry);
	bad |= gauge(out, "omni_export_requests", "Requests of the last run.", (double)s->requests);
	bad |= gauge(out, "omni_export_retries", "Requests of the last run that were made again.", (double)s->retries);
	bad |= gauge(out, "omni_export_rate_limited", "Answers 429 in the last run.", (double)s->rate_limited);
	bad |= gauge(out, "omni_export_bytes", "Bytes of bodies in the last run.", (double)s->bytes);
	bad |= gauge(out, "omni_export_rows", "Rows stored by the last run.", (double)s->rows);
	if (s->has_reruns) {
		bad |= gauge(out, "omni_export_reruns_stored", "Truncated results that the last run completed.",
			     (double)s->reruns_stored);
		bad |= gauge(out, "omni_export_reruns_open", "Truncated results that are still to be completed.",
			     (double)s->reruns_open);
		bad |= gauge(out, "omni_export_reruns_lost",
			     "Truncated results of which the last run learned that they cannot be completed.",
			     (double)s->reruns_lost);
	}
	bad |= gauge(out, "omni_export_warnings", "Warnings about results in the last run.", (double)s->warnings);
	return bad != 0 ? -1 : 0;
}
