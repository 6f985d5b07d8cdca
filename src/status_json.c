/* status_json.c: a status for programs: one JSON object. */
#include "status.h"

#include "field.h"

static void id(struct jsonw *w, const struct uuid *job)
{
	char text[UUID_TEXT_LEN + 1];

	field_text(w, "job_id", text_of(uuid_format(job, text)));
}

/* at: what the time of the list is called. */
static void list(struct jsonw *w, const char *key, const struct status_list *l, const char *at, const char *n)
{
	jsonw_key(w, key);
	jsonw_array(w);
	for (size_t i = 0; i < l->n; i++) {
		jsonw_object(w);
		id(w, &l->at[i].id);
		field_text(w, "state", text_of(state_name(l->at[i].state)));
		field_stamp(w, at, &l->at[i].at);
		if (n != NULL)
			field_int(w, n, l->at[i].n);
		field_visible(w, "error", l->at[i].error);
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
		field_text(w, "state", text_of(state_name(r->at[i].state)));
		field_int(w, "jobs", r->at[i].n);
		field_visible(w, "error", r->at[i].text);
		id(w, &r->at[i].example);
		jsonw_object_end(w);
	}
	jsonw_array_end(w);
	field_int(w, "jobs_for_other_reasons", r->others);
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
		field_visible(w, "run_id", r->run_id);
		field_stamp(w, "started_at", &r->started_at);
		field_stamp(w, "finished_at", &r->finished_at);
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
	field_visible(&w, "sink", buf_cstr(&s->sink));
	field_stamp(&w, "at", &s->now);
	field_stamp(&w, "since", &s->since);
	field_text(&w, "answer", text_of(answers[code]));
	field_int(&w, "exit_code", code);
	field_int(&w, "jobs", s->jobs);
	for (int state = JOB_NONE + 1; state < JOB_STATES; state++)
		field_int(&w, state_name((enum job_state)state), s->states[state]);
	field_int(&w, "open", s->open);
	field_int(&w, "overdue", s->overdue);
	field_int(&w, "lost_since", s->lost_since);
	field_int(&w, "lost_before", s->lost_before);
	field_int(&w, "partial", s->partial + s->partial_over);
	field_int(&w, "partial_open", s->partial);
	field_int(&w, "truncated_jobs", s->truncated_jobs);
	field_int(&w, "truncated_results", s->truncated_results);
	field_number(&w, "completed_results", s->has_reruns, s->completed_results);
	field_int(&w, "rows", s->rows);
	field_int(&w, "body_bytes", s->body_bytes);
	field_stamp(&w, "last_stored_at", &s->last_stored_at);
	list(&w, "next", &s->next, "expires_at", NULL);
	list(&w, "lost", &s->lost, "answered_at", NULL);
	reasons(&w, &s->reasons);
	list(&w, "truncated", &s->truncated, "stored_at", "results");
	list(&w, "unfinished", &s->unfinished, "expires_at", NULL);
	runs(&w, s);
	jsonw_object_end(&w);
	return w.failed ? -1 : buf_addc(out, '\n');
}
