/* status_json.c: a status for programs: one JSON object. */
#include "status.h"

#include "jsonw.h"
#include "utf8.h"

#include <string.h>

static void number(struct jsonw *w, const char *key, int64_t n)
{
	jsonw_key(w, key);
	jsonw_int(w, n);
}

static void moment(struct jsonw *w, const char *key, const struct stamp *t)
{
	jsonw_key(w, key);
	jsonw_cstr(w, stamp_is_set(t) ? t->text : NULL);
}

/* What came from outside may go to a terminal here too. */
static void foreign(struct jsonw *w, const char *key, const char *s)
{
	struct buf visible;

	jsonw_key(w, key);
	if (s == NULL) {
		jsonw_null(w);
		return;
	}
	buf_init(&visible, (size_t)1 << 20);
	(void)utf8_visible(&visible, s, strlen(s), 0);
	jsonw_string(w, buf_text(&visible));
	buf_free(&visible);
}

static void id(struct jsonw *w, const struct uuid *job)
{
	char text[UUID_TEXT_LEN + 1];

	jsonw_key(w, "job_id");
	jsonw_cstr(w, uuid_format(job, text));
}

/* at: what the time of the list is called. */
static void list(struct jsonw *w, const char *key, const struct status_list *l, const char *at, const char *n)
{
	jsonw_key(w, key);
	jsonw_array(w);
	for (size_t i = 0; i < l->n; i++) {
		jsonw_object(w);
		id(w, &l->at[i].id);
		jsonw_key(w, "state");
		jsonw_cstr(w, state_name(l->at[i].state));
		moment(w, at, &l->at[i].at);
		if (n != NULL)
			number(w, n, l->at[i].n);
		foreign(w, "error", l->at[i].error);
		jsonw_object_end(w);
	}
	jsonw_array_end(w);
}

static void reasons(struct jsonw *w, const struct reasons *r)
{
	jsonw_key(w, "reasons");
	jsonw_array(w);
	for (size_t i = 0; i < r->n; i++) {
		jsonw_object(w);
		jsonw_key(w, "state");
		jsonw_cstr(w, state_name(r->at[i].state));
		number(w, "jobs", r->at[i].n);
		foreign(w, "error", r->at[i].text);
		id(w, &r->at[i].example);
		jsonw_object_end(w);
	}
	jsonw_array_end(w);
	number(w, "jobs_for_other_reasons", r->others);
}

static void runs(struct jsonw *w, const struct status *s)
{
	jsonw_key(w, "runs");
	if (!s->has_runs) {
		jsonw_null(w);
		return;
	}
	jsonw_array(w);
	for (size_t i = 0; i < s->n_runs; i++) {
		const struct status_run *r = &s->runs[i];

		jsonw_object(w);
		foreign(w, "run_id", r->run_id);
		moment(w, "started_at", &r->started_at);
		moment(w, "finished_at", &r->finished_at);
		jsonw_key(w, "exit_code");
		if (stamp_is_set(&r->finished_at))
			jsonw_int(w, r->exit_code);
		else
			jsonw_null(w);
		jsonw_object_end(w);
	}
	jsonw_array_end(w);
}

int status_json(const struct status *s, struct buf *out)
{
	static const char *const answers[] = {[0] = "safe", [3] = "open", [4] = "lost"};
	const int code = status_exit_code(s);
	struct jsonw w;

	jsonw_init(&w, out);
	jsonw_object(&w);
	foreign(&w, "sink", buf_cstr(&s->sink));
	moment(&w, "at", &s->now);
	moment(&w, "since", &s->since);
	jsonw_key(&w, "answer");
	jsonw_cstr(&w, answers[code]);
	number(&w, "exit_code", code);
	number(&w, "jobs", s->jobs);
	for (int state = JOB_NONE + 1; state < JOB_STATES; state++)
		number(&w, state_name((enum job_state)state), s->states[state]);
	number(&w, "open", s->open);
	number(&w, "overdue", s->overdue);
	number(&w, "lost_since", s->lost_since);
	number(&w, "lost_before", s->lost_before);
	number(&w, "partial", s->partial + s->partial_over);
	number(&w, "partial_open", s->partial);
	number(&w, "truncated_jobs", s->truncated_jobs);
	number(&w, "truncated_results", s->truncated_results);
	number(&w, "rows", s->rows);
	number(&w, "body_bytes", s->body_bytes);
	moment(&w, "last_stored_at", &s->last_stored_at);
	list(&w, "next", &s->next, "expires_at", NULL);
	list(&w, "lost", &s->lost, "answered_at", NULL);
	reasons(&w, &s->reasons);
	list(&w, "truncated", &s->truncated, "stored_at", "results");
	list(&w, "unfinished", &s->unfinished, "expires_at", NULL);
	runs(&w, s);
	jsonw_object_end(&w);
	return w.failed ? -1 : buf_addc(out, '\n');
}
