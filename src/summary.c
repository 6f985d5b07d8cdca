#include "summary.h"

#include "jsonw.h"
#include "utf8.h"

#include <string.h>

/* The order of the contract's JSON, and of the line. */
static const enum job_state shown[] = {JOB_STORED,  JOB_PENDING,   JOB_FAILED,    JOB_UNREADABLE, JOB_DENIED,
				       JOB_EXPIRED, JOB_NOT_FOUND, JOB_NO_RESULT, JOB_REJECTED,   JOB_UNASKED};
#define SHOWN (sizeof(shown) / sizeof(shown[0]))

int summary_exit_code(const struct summary *s, const struct summary_end *end)
{
	int64_t lost = 0, open = 0;

	for (size_t i = 0; i < SHOWN; i++) {
		if (state_is_lost(shown[i]))
			lost += s->states[shown[i]];
		else if (shown[i] != JOB_STORED)
			open += s->states[shown[i]];
	}
	if (end->signal != 0)
		return 128 + end->signal;
	if (end->unexpected)
		return 1;
	if (end->key_refused)
		return 6;
	if (end->sink_failed)
		return 5;
	if (lost > 0)
		return 4;
	if (open > 0)
		return 3;
	return s->invalid > 0 ? 7 : 0;
}

static void number(struct jsonw *w, const char *key, int64_t n)
{
	jsonw_key(w, key);
	jsonw_int(w, n);
}

static void word(struct jsonw *w, const char *key, const char *s)
{
	jsonw_key(w, key);
	jsonw_cstr(w, s);
}

/* A reason may quote what came from outside, and the summary may go to a terminal. */
static void reason(struct jsonw *w, const char *key, const char *s)
{
	struct buf visible;

	if (s == NULL) {
		word(w, key, s);
		return;
	}
	buf_init(&visible, (size_t)1 << 16);
	(void)utf8_visible(&visible, s, strlen(s), 0);
	word(w, key, buf_cstr(&visible));
	buf_free(&visible);
}

static void moment(struct jsonw *w, const char *key, const struct stamp *t)
{
	word(w, key, stamp_is_set(t) ? t->text : NULL);
}

int summary_json(const struct summary *s, struct buf *out)
{
	struct jsonw w;

	jsonw_init(&w, out);
	jsonw_object(&w);
	word(&w, "version", s->version);
	word(&w, "run_id", s->run_id);
	moment(&w, "started_at", &s->started_at);
	moment(&w, "finished_at", &s->finished_at);
	number(&w, "exit_code", s->exit_code);
	number(&w, "requested", s->requested);
	number(&w, "unique", s->unique);
	number(&w, "already_stored", s->already_stored);
	number(&w, "already_lost", s->already_lost);
	for (size_t i = 0; i < SHOWN; i++)
		number(&w, state_name(shown[i]), s->states[shown[i]]);
	number(&w, "invalid", s->invalid);
	number(&w, "partial", s->partial);
	number(&w, "requests", s->requests);
	number(&w, "retries", s->retries);
	number(&w, "rate_limited", s->rate_limited);
	number(&w, "bytes", (int64_t)s->bytes);
	number(&w, "actions", s->actions);
	number(&w, "results", s->results);
	number(&w, "rows", s->rows);
	number(&w, "truncated_results", s->truncated_results);
	number(&w, "warnings", s->warnings);
	moment(&w, "next_expiry", &s->next_expiry);
	jsonw_key(&w, "sinks");
	jsonw_array(&w);
	for (size_t i = 0; i < s->n_sinks; i++) {
		jsonw_object(&w);
		reason(&w, "sink", s->sinks[i].spec);
		number(&w, "stored", s->sinks[i].stored);
		number(&w, "failed", s->sinks[i].failed);
		reason(&w, "error", s->sinks[i].error);
		jsonw_object_end(&w);
	}
	jsonw_array_end(&w);
	jsonw_object_end(&w);
	return w.failed ? -1 : 0;
}

static int add_bytes(struct buf *out, uint64_t bytes)
{
	static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB"};
	double n = (double)bytes;
	size_t unit = 0;

	for (; n >= 1024 && unit + 1 < sizeof(units) / sizeof(units[0]); unit++)
		n /= 1024;
	return buf_addf(out, unit == 0 ? "%.0f %s" : "%.1f %s", n, units[unit]);
}

int summary_line(const struct summary *s, struct buf *out)
{
	int bad = buf_addf(out, "%lld of %lld jobs stored", (long long)(s->states[JOB_STORED] + s->already_stored),
			   (long long)s->unique);

	if (s->already_stored > 0)
		bad |= buf_addf(out, " (%lld already)", (long long)s->already_stored);
	if (s->partial > 0)
		bad |= buf_addf(out, ", %lld of them partial", (long long)s->partial);
	for (size_t i = 0; i < SHOWN; i++)
		if (shown[i] != JOB_STORED && s->states[shown[i]] > 0)
			bad |= buf_addf(out, ", %lld %s", (long long)s->states[shown[i]], state_name(shown[i]));
	if (s->already_lost > 0)
		bad |= buf_addf(out, ", %lld known to be lost", (long long)s->already_lost);
	if (s->invalid > 0)
		bad |= buf_addf(out, ", %lld invalid lines", (long long)s->invalid);
	bad |= buf_addf(out, "; %lld rows", (long long)s->rows);
	if (s->truncated_results > 0)
		bad |= buf_addf(out, " (%lld results truncated by the API)", (long long)s->truncated_results);
	bad |= buf_addf(out, ", %lld requests, ", (long long)s->requests);
	bad |= add_bytes(out, s->bytes);
	if (s->warnings > 0)
		bad |= buf_addf(out, ", %lld warnings", (long long)s->warnings);
	if (stamp_is_set(&s->next_expiry))
		bad |= buf_addf(out, "; the next open job expires %s", s->next_expiry.text);
	return bad != 0 ? -1 : 0;
}
