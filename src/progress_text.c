#include "progress_text.h"

#include "amount.h"
#include "timeutil.h"

#include <stdio.h>
#include <string.h>

#define PARTS        8
#define PART_MAX     80
#define AVERAGE_S    300.0
#define GAP_S        60.0            /* longer than that nobody looked */
#define KNOWN_S      3.0             /* of counted time, before a speed says anything */
#define KNOWN_JOBS   1.0             /* and of jobs */
#define MAX_LEFT_S   (100.0 * 86400) /* longer is a guess that nobody has a use for */
#define SHORT_MS     100             /* a wait that is not worth a number */
#define SETTLED_MIN  10              /* so many say what a job takes */
#define REQUESTS_MAX 10              /* for a job; more is a storm that will pass */

/* --- words --- */

static void speed_text(int64_t per_hour, char *out, size_t max)
{
	if (per_hour >= 10 * 3600)
		(void)snprintf(out, max, "%lld jobs/s", (long long)(per_hour + 1800) / 3600);
	else if (per_hour >= 600)
		(void)snprintf(out, max, "%lld jobs/min", (long long)(per_hour + 30) / 60);
	else
		(void)snprintf(out, max, "%.1f jobs/min", (double)per_hour / 60);
}

/* Ends of waits are rounded up: it is not over before. */
static const char *wait_text(int64_t ms, char out[TIME_SPAN_MAX])
{
	return time_span_text((ms + 999) / 1000, out);
}

static void tell_wait(const struct progress_state *s, char *out, size_t max)
{
	char next[64] = "", span[TIME_SPAN_MAX];

	if (s->wait_ms >= SHORT_MS)
		(void)snprintf(next, sizeof(next), ": next request in %s", wait_text(s->wait_ms, span));
	switch (s->waits_for) {
	case PROGRESS_RATE:
		(void)snprintf(out, max, "rate limit%s", next);
		break;
	case PROGRESS_SILENCE:
		if (s->silence_ms > 0)
			(void)snprintf(out, max, "API asked for %s of silence%s", wait_text(s->silence_ms, span), next);
		else
			(void)snprintf(out, max, "API asked for silence%s", next);
		break;
	case PROGRESS_BACKOFF:
		(void)snprintf(out, max, "waiting to try again%s", next);
		break;
	case PROGRESS_SINK:
		(void)snprintf(out, max, "writing: the sink is slower than the API");
		break;
	case PROGRESS_LAST:
		(void)snprintf(out, max, "writing what has arrived");
		break;
	case PROGRESS_NO_WAIT:
		break;
	}
}

/* What there is to say behind the first part, most important first. */
static size_t tell_parts(const struct progress_state *s, char parts[PARTS][PART_MAX])
{
	char n[AMOUNT_MAX], span[TIME_SPAN_MAX];
	size_t k = 0;

	if (s->waits_for != PROGRESS_NO_WAIT)
		tell_wait(s, parts[k++], PART_MAX);
	if (s->left_s > 0)
		(void)snprintf(parts[k++], PART_MAX, "%s left", time_span_text(s->left_s, span));
	if (!s->looks)
		(void)snprintf(parts[k++], PART_MAX, "%s stored", amount_count(s->stored, n));
	if (s->per_hour > 0)
		speed_text(s->per_hour, parts[k++], PART_MAX);
	if (s->bytes > 0)
		(void)snprintf(parts[k++], PART_MAX, "%s", amount_bytes(s->bytes, n));
	if (s->under_way > 0)
		(void)snprintf(parts[k++], PART_MAX, "%d under way", s->under_way);
	return k;
}

int progress_line(const struct progress_state *s, size_t width, struct buf *out)
{
	char parts[PARTS][PART_MAX], done[AMOUNT_MAX], total[AMOUNT_MAX];
	size_t room = width > 0 ? width - 1 : 0, begin = out->len, n = tell_parts(s, parts);
	int bad = buf_addf(out, "%s/%s jobs", amount_count(s->done, done), amount_count(s->total, total));

	for (size_t i = 0; i < n && bad == 0; i++) {
		const char *part = parts[i];

		if (out->len - begin + strlen(", ") + strlen(part) > room && i == 0 && strstr(part, ": ") != NULL)
			part = strstr(part, ": ") + 2; /* of the wait its end matters most */
		if (out->len - begin + strlen(", ") + strlen(part) > room)
			break;
		bad = buf_addf(out, ", %s", part);
	}
	if (bad == 0 && out->len - begin > room)
		buf_cut(out, begin + room);
	return bad;
}

int progress_sentence(const struct progress_state *s, struct buf *out)
{
	char parts[PARTS][PART_MAX], done[AMOUNT_MAX], total[AMOUNT_MAX];
	size_t n = tell_parts(s, parts);
	int bad = buf_addf(out, "progress: %s of %s jobs", amount_count(s->done, done), amount_count(s->total, total));

	for (size_t i = 0; i < n && bad == 0; i++)
		bad = buf_addf(out, ", %s", parts[i]);
	return bad;
}

/* --- time --- */

void progress_meter_add(struct progress_meter *m, int64_t now_ns, size_t done, bool window_full)
{
	double dt = (double)(now_ns - m->last_ns) / 1e9, jobs = (double)(done - m->last_done), fades;

	if (m->begun && dt >= 0 && dt <= GAP_S && done >= m->last_done) {
		fades = AVERAGE_S / (AVERAGE_S + dt);
		m->jobs = m->jobs * fades + jobs;
		m->seconds = m->seconds * fades + dt;
		if (m->window_full)
			dt = 0;
		fades = AVERAGE_S / (AVERAGE_S + dt);
		m->free_jobs = m->free_jobs * fades + jobs;
		m->free_seconds = m->free_seconds * fades + dt;
	}
	m->begun = true;
	m->window_full = window_full;
	m->last_ns = now_ns;
	m->last_done = done;
}

int64_t progress_meter_per_hour(const struct progress_meter *m)
{
	if (m->seconds < KNOWN_S || m->jobs < KNOWN_JOBS)
		return 0;
	return (int64_t)(m->jobs / m->seconds * 3600);
}

int64_t progress_left_s(const struct progress_meter *m, size_t jobs_left, int64_t window_ms, int64_t wait_ms)
{
	bool known = m->free_seconds >= KNOWN_S && m->free_jobs >= KNOWN_JOBS;
	double wait_s = (double)(window_ms > wait_ms ? window_ms : wait_ms) / 1000;
	double left = known ? (double)jobs_left * m->free_seconds / m->free_jobs : 0;

	if (jobs_left == 0 || (!known && window_ms <= 0))
		return -1;
	if (left < wait_s)
		left = wait_s;
	if (left > MAX_LEFT_S)
		return -1;
	return (int64_t)(left + 0.999); /* it is not over before */
}

uint64_t progress_requests_left(size_t jobs_left, size_t settled, int64_t requests, int under_way, bool details)
{
	double least = details ? 2 : 1, each = least;
	double n;

	if (settled >= SETTLED_MIN)
		each = (double)(requests - under_way) / (double)settled;
	each = each < least ? least : each > REQUESTS_MAX ? REQUESTS_MAX : each;
	n = (double)jobs_left * each - under_way;
	return n > 0 ? (uint64_t)(n + 0.5) : 0;
}
