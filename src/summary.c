#include "summary.h"

#include "amount.h"
#include "field.h"

/* The order of the contract's JSON, and of the line. */
static const enum job_state shown[] = {JOB_STORED,  JOB_PENDING,   JOB_FAILED,    JOB_UNREADABLE, JOB_DENIED,
				       JOB_EXPIRED, JOB_NOT_FOUND, JOB_NO_RESULT, JOB_REJECTED,   JOB_UNASKED};
#define SHOWN (sizeof(shown) / sizeof(shown[0]))

int summary_exit_code(const struct summary *s, const struct summary_end *end)
{
	int64_t lost = -s->known_lost, open = 0;

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

int summary_json(const struct summary *s, struct buf *out)
{
	struct jsonw w;

	jsonw_init(&w, out);
	jsonw_object(&w);
	field_text(&w, "version", text_of(s->version));
	field_text(&w, "run_id", text_of(s->run_id));
	field_stamp(&w, "started_at", &s->started_at);
	field_stamp(&w, "finished_at", &s->finished_at);
	field_int(&w, "exit_code", s->exit_code);
	field_int(&w, "requested", s->requested);
	field_int(&w, "unique", s->unique);
	field_int(&w, "already_stored", s->already_stored);
	field_int(&w, "already_lost", s->already_lost);
	for (size_t i = 0; i < SHOWN; i++)
		field_int(&w, state_name(shown[i]), s->states[shown[i]]);
	field_int(&w, "invalid", s->invalid);
	field_int(&w, "partial", s->partial);
	field_int(&w, "requests", s->requests);
	field_int(&w, "retries", s->retries);
	field_int(&w, "rate_limited", s->rate_limited);
	field_int(&w, "bytes", (int64_t)s->bytes);
	field_int(&w, "actions", s->actions);
	field_int(&w, "results", s->results);
	field_int(&w, "rows", s->rows);
	field_int(&w, "truncated_results", s->truncated_results);
	field_int(&w, "warnings", s->warnings);
	field_stamp(&w, "next_expiry", &s->next_expiry);
	jsonw_key(&w, "sinks");
	jsonw_array(&w);
	for (size_t i = 0; i < s->n_sinks; i++) {
		jsonw_object(&w);
		field_visible(&w, "sink", s->sinks[i].spec);
		field_int(&w, "stored", s->sinks[i].stored);
		field_int(&w, "failed", s->sinks[i].failed);
		field_visible(&w, "error", s->sinks[i].error);
		jsonw_object_end(&w);
	}
	jsonw_array_end(&w);
	jsonw_object_end(&w);
	return w.failed ? -1 : 0;
}

int summary_line(const struct summary *s, struct buf *out)
{
	char bytes[AMOUNT_MAX];
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
		bad |= buf_addf(out, ", %lld invalid line%s", (long long)s->invalid, amount_plural(s->invalid));
	bad |= buf_addf(out, "; %lld rows", (long long)s->rows);
	if (s->truncated_results > 0)
		bad |= buf_addf(out, " (%lld result%s truncated by the API)", (long long)s->truncated_results,
				amount_plural(s->truncated_results));
	bad |= buf_addf(out, ", %lld requests, ", (long long)s->requests);
	bad |= buf_adds(out, amount_bytes(s->bytes, bytes));
	if (s->warnings > 0)
		bad |= buf_addf(out, ", %lld warning%s", (long long)s->warnings, amount_plural(s->warnings));
	if (stamp_is_set(&s->next_expiry))
		bad |= buf_addf(out, "; the next open job expires %s", s->next_expiry.text);
	return bad != 0 ? -1 : 0;
}
