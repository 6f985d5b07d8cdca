/* The conversations: what their turns say. */
#include "discover_own.h"
#include "log.h"
#include "url.h"

#include <stdlib.h>

/* Without the key, should the API repeat it. NULL text where s is NULL. */
static int hidden_text(const struct discover_walk *w, struct buf *out, const char *s, struct text *text,
		       struct err *err)
{
	buf_clear(out);
	*text = TEXT_NULL;
	if (s == NULL)
		return 0;
	if (buf_adds(out, s) != 0)
		return discover_no_memory(err);
	fetch_hide(w->o->fetch, out->data, out->len);
	*text = buf_text(out);
	return 0;
}

static int prompt_text(struct discover_walk *w, json_ref ref, struct text *text, struct err *err)
{
	unsigned flags = 0;

	buf_clear(&w->text);
	*text = TEXT_NULL;
	if (ref == -1)
		return 0;
	if (json_string(w->doc, ref, DISCOVER_TEXT_MAX, &w->text, &flags, err) != 0)
		return -1;
	fetch_hide(w->o->fetch, w->text.data, w->text.len);
	*text = buf_text(&w->text);
	return 0;
}

/* --- a conversation --- */

static int judge_turns(void *ctx, struct body *body, char *why, size_t why_size, struct err *err)
{
	return discover_judge(ctx, body, discover_turns_problem, why, why_size, err);
}

static void tell_odd(struct discover_walk *w, const struct discover_turns *t)
{
	unsigned flags = 0;
	struct err ignored;

	buf_clear(&w->text);
	if (json_copy(w->doc, t->bad, 200, &w->text, &flags, &ignored) == 0)
		fetch_hide(w->o->fetch, w->text.data, w->text.len);
	log_line(LOG_WARNING, NULL, "conversation '%s': %lld job ID%s no UUID, so there is nothing to fetch: %.200s",
		 buf_cstr(&w->id), (long long)t->odd, t->odd > 1 ? "s are" : " is", buf_cstr(&w->text));
	w->sum->odd += t->odd;
}

static int tell_jobs(struct discover_walk *w, const struct discover_conversation *c, const struct discover_turns *t,
		     struct err *err)
{
	struct discover_job job = {.conversation_id = buf_text(&w->id)};

	if (hidden_text(w, &w->name, c->name, &job.name, err) != 0)
		return -1;
	for (size_t i = t->n; i-- > 0;) {
		int is_new = idset_add(&w->jobs, &t->at[i].id);

		if (is_new < 0)
			return discover_no_memory(err);
		if (is_new == 0)
			continue;
		job.id = t->at[i].id;
		job.completed_at = t->at[i].completed_at;
		if (prompt_text(w, t->at[i].prompt, &job.prompt, err) != 0)
			return -1;
		w->sum->jobs++;
		if (w->handlers->found(w->ctx, &job, err) != 0)
			return -1;
	}
	return 0;
}

static int read_conversation(struct discover_walk *w, const struct discover_conversation *c, struct body *body,
			     struct err *err)
{
	struct discover_turns turns = {0};
	int rc = body_parse(body, w->doc, err);

	if (rc == 0)
		rc = discover_turns_read(w->doc, w->since_us, w->now_us, &turns, err);
	if (rc == 0 && turns.odd > 0)
		tell_odd(w, &turns);
	if (rc == 0)
		rc = tell_jobs(w, c, &turns, err);
	discover_turns_free(&turns);
	w->sum->conversations++;
	return rc;
}

/* What became of the question for one conversation. */
static int take_answer(struct discover_walk *w, const struct discover_conversation *c, struct fetch_outcome *o,
		       struct err *err)
{
	struct text ignored;

	if (hidden_text(w, &w->id, c->id, &ignored, err) != 0)
		return -1;
	if (o->state == JOB_STORED)
		return read_conversation(w, c, o->body, err);
	if (o->state == JOB_NOT_FOUND) {
		log_line(LOG_WARNING, NULL, "conversation '%s' was deleted, so its jobs are not listed: %s",
			 buf_cstr(&w->id), o->error);
		return 0;
	}
	log_line(LOG_WARNING, NULL, "conversation '%s' cannot be read, so its jobs are not listed: %s",
		 buf_cstr(&w->id), o->error);
	w->sum->whole = false;
	return 0;
}

static void drop(struct discover_walk *w, size_t i)
{
	fetch_give_back(w->o->fetch, w->outcomes[i].body);
	free(w->outcomes[i].details);
	w->there[i] = false;
}

/* Those whose turn has come; all: also those before which something is missing. */
static int take_answers(struct discover_walk *w, bool all, struct err *err)
{
	int rc = 0;

	for (; rc == 0 && w->next < w->n && (all || w->there[w->next]); w->next++) {
		if (!w->there[w->next])
			continue;
		rc = take_answer(w, &w->page.at[w->places[w->next]], &w->outcomes[w->next], err);
		drop(w, w->next);
	}
	return rc;
}

static int done_turns(void *ctx, struct fetch_outcome *o, struct err *err)
{
	struct discover_walk *w = ctx;

	w->outcomes[o->index] = *o;
	w->there[o->index] = true;
	return take_answers(w, false, err);
}

/* Asks for the conversations that were put together. */
enum fetch_end discover_talk(struct discover_walk *w, struct err *err)
{
	static const struct fetch_handlers handlers = {judge_turns, done_turns, discover_room, discover_tick};
	struct fetch_question q[DISCOVER_AT_ONCE] = {0};
	struct buf paths[DISCOVER_AT_ONCE];
	enum fetch_end end = FETCH_DONE;
	struct err why = {0};
	bool bad = false;

	for (size_t i = 0; i < w->n; i++) {
		buf_init(&paths[i], FETCH_PATH_MAX - 1);
		bad |= buf_adds(&paths[i], "/v1/ai/conversations/") != 0 ||
		       url_escape(&paths[i], w->page.at[w->places[i]].id) != 0;
		q[i].path = buf_cstr(&paths[i]);
	}
	w->next = 0;
	if (bad) {
		end = FETCH_FAILED;
		(void)discover_no_memory(err);
	} else {
		end = discover_ask(w, q, w->n, &handlers, err);
	}
	/* What has arrived is told, also where the walk ends. */
	if (end != FETCH_FAILED && take_answers(w, true, &why) != 0) {
		end = FETCH_FAILED;
		*err = why;
	}
	for (size_t i = 0; i < w->n; i++) {
		if (w->there[i])
			drop(w, i);
		buf_free(&paths[i]);
	}
	w->n = 0;
	return end;
}
