#include "discover_own.h"
#include "log.h"
#include "since.h"
#include "url.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RETENTION_US (INT64_C(14) * 86400 * 1000000) /* older results are not to be had (the API's page, "Limits") */
#define CLOCKS_US    (INT64_C(300) * 1000000)        /* our clock and the server's may differ by so much */
#define STALE_PAGES  10                              /* so many pages in a row that show nothing new are no list */

int discover_no_memory(struct err *err)
{
	return err_set(err, ERR_FATAL, "out of memory");
}

/* --- asking --- */

bool discover_room(void *ctx)
{
	(void)ctx;
	return true;
}

void discover_tick(void *ctx, const struct fetch_progress *p)
{
	struct discover_walk *w = ctx;

	w->handlers->tick(w->ctx, p, w->sum);
}

enum fetch_end discover_ask(struct discover_walk *w, const struct fetch_question *q, size_t n,
			    const struct fetch_handlers *h, struct err *err)
{
	struct fetch_counts c;
	enum fetch_end end = fetch_ask(w->o->fetch, q, n, h, w, &c, err);

	fetch_counts_add(&w->sum->counts, &c);
	return end;
}

int discover_judge(struct discover_walk *w, struct body *body, const char *(*problem)(const struct json_doc *),
		   char *why, size_t why_size, struct err *err)
{
	const char *said;

	if (body_parse(body, w->doc, err) != 0) {
		(void)snprintf(why, why_size, "%s", err->msg);
		return err->kind == ERR_FATAL ? -1 : 1;
	}
	said = problem(w->doc);
	(void)snprintf(why, why_size, "%s", said != NULL ? said : "");
	return said != NULL;
}

/* --- the list --- */

/* A name of any length as an ID: what was seen is remembered in little. */
static int seen(struct discover_walk *w, struct idset *set, const char *name)
{
	uint8_t digest[SHA256_LEN];
	struct uuid id;

	sha256_reset(w->sha);
	sha256_add(w->sha, name, strlen(name));
	sha256_end(w->sha, digest);
	memcpy(id.b, digest, sizeof(id.b));
	return idset_add(set, &id);
}

static int judge_page(void *ctx, struct body *body, char *why, size_t why_size, struct err *err)
{
	return discover_judge(ctx, body, discover_page_problem, why, why_size, err);
}

/* How far back to look, by the time of the first answer: our own clock may be wrong. */
static int look_back(struct discover_walk *w, const struct fetch_outcome *o, struct err *err)
{
	w->now_us = o->fetched_at.us;
	if (since_parse(w->o->since, w->now_us, &w->since_us, err) != 0)
		return -1;
	if (w->since_us < w->now_us - RETENTION_US)
		w->since_us = w->now_us - RETENTION_US;
	w->look_us = w->since_us;
	stamp_from_us(&w->sum->since, w->since_us);
	return 0;
}

static int done_page(void *ctx, struct fetch_outcome *o, struct err *err)
{
	struct discover_walk *w = ctx;
	int rc = 0;

	if (o->state == JOB_STORED) {
		rc = stamp_is_set(&w->sum->since) ? 0 : look_back(w, o, err);
		if (rc == 0)
			rc = body_parse(o->body, w->doc, err);
		if (rc == 0)
			rc = discover_page_read(w->doc, &w->page, err);
	} else {
		log_line(LOG_ERROR, NULL, "the list of conversations cannot be read%s: %s",
			 stamp_is_set(&w->sum->since) ? " any further" : "", o->error);
		w->sum->whole = false;
	}
	fetch_give_back(w->o->fetch, o->body);
	free(o->details);
	return rc;
}

/* cursor NULL: the first one. */
static enum fetch_end ask_page(struct discover_walk *w, const char *cursor, struct err *err)
{
	static const struct fetch_handlers handlers = {judge_page, done_page, discover_room, discover_tick};
	enum fetch_end end = FETCH_FAILED;
	struct buf path;
	int bad;

	buf_init(&path, FETCH_PATH_MAX - 1);
	bad = buf_adds(&path, "/v1/ai/conversations?pageSize=100");
	if (cursor != NULL)
		bad |= buf_adds(&path, "&cursor=") | url_escape(&path, cursor);
	if (w->o->user_id != NULL)
		bad |= buf_adds(&path, "&userId=") | url_escape(&path, w->o->user_id);
	if (bad != 0)
		err_set(err, ERR_FATAL, "the address of a page is too long");
	else
		end = discover_ask(w, &(struct fetch_question){.path = buf_cstr(&path)}, 1, &handlers, err);
	buf_free(&path);
	return end;
}

static bool is_old(const struct discover_walk *w, const struct discover_conversation *c)
{
	return stamp_is_set(&c->updated_at) && c->updated_at.us < w->look_us;
}

/* Its conversations. *news: how many were not seen on an earlier page. */
static enum fetch_end read_page(struct discover_walk *w, size_t *news, struct err *err)
{
	enum fetch_end end = FETCH_DONE;

	*news = 0;
	if (w->page.odd > 0) {
		log_line(LOG_WARNING, NULL, "%lld entries of the list of conversations have no ID, and are passed over",
			 (long long)w->page.odd);
		w->sum->whole = false;
	}
	for (size_t i = 0; i < w->page.n && end == FETCH_DONE; i++) {
		int is_new = seen(w, &w->conversations, w->page.at[i].id);

		if (is_new < 0) {
			(void)discover_no_memory(err);
			return FETCH_FAILED;
		}
		*news += (size_t)is_new;
		if (is_new != 0 && !is_old(w, &w->page.at[i]))
			w->places[w->n++] = i;
		if (w->n == DISCOVER_AT_ONCE)
			end = discover_talk(w, err);
	}
	return end == FETCH_DONE && w->n > 0 ? discover_talk(w, err) : end;
}

/* Newest activity comes first, so where the old ones begin nothing newer follows: unless the page shows otherwise. */
static bool ends_old(const struct discover_walk *w)
{
	size_t i = 0;

	while (i < w->page.n && !is_old(w, &w->page.at[i]))
		i++;
	if (i == w->page.n)
		return false;
	while (i < w->page.n && is_old(w, &w->page.at[i]))
		i++;
	return i == w->page.n;
}

static bool cannot_go_on(struct discover_walk *w, const char *why)
{
	log_line(LOG_ERROR, NULL, "the list of conversations ends too early: %s", why);
	w->sum->whole = false;
	return false;
}

/* Is there a page to ask for, and has it not been here? */
static bool goes_on(struct discover_walk *w, size_t news, int cursor_is_new)
{
	if (ends_old(w))
		return false;
	if (w->page.cut)
		return cannot_go_on(w, "a page says neither that it is the last one nor what follows");
	if (w->page.cursor == NULL)
		return false;
	if (cursor_is_new == 0)
		return cannot_go_on(w, "a page leads back to one that was there before");
	w->stale = news > 0 ? 0 : w->stale + 1;
	if (w->stale == STALE_PAGES)
		return cannot_go_on(w, "page after page shows nothing new");
	return true;
}

static enum fetch_end walk_pages(struct discover_walk *w, struct err *err)
{
	char *cursor = NULL;
	enum fetch_end end;
	bool more = true;

	do {
		int cursor_is_new = 1;
		size_t news;

		end = ask_page(w, cursor, err);
		free(cursor);
		cursor = NULL;
		if (end != FETCH_DONE || w->page.at == NULL)
			break;
		w->pages++;
		end = read_page(w, &news, err);
		if (w->page.cursor != NULL)
			cursor_is_new = seen(w, &w->cursors, w->page.cursor);
		if (end == FETCH_DONE && cursor_is_new < 0) {
			(void)discover_no_memory(err);
			end = FETCH_FAILED;
		}
		more = end == FETCH_DONE && goes_on(w, news, cursor_is_new);
		cursor = w->page.cursor;
		w->page.cursor = NULL;
		discover_page_free(&w->page);
	} while (more);
	free(cursor);
	return end;
}

/* A conversation with activity while later pages were read has moved to the front, out of what lay ahead: those that
 * were active since the walk began, as far as two clocks agree on that, are looked at once more. */
static enum fetch_end look_again(struct discover_walk *w, struct err *err)
{
	idset_free(&w->conversations);
	idset_free(&w->cursors);
	w->stale = 0;
	w->look_us = w->now_us - CLOCKS_US > w->since_us ? w->now_us - CLOCKS_US : w->since_us;
	return walk_pages(w, err);
}

enum fetch_end discover(const struct discover_options *o, const struct discover_handlers *handlers, void *ctx,
			struct discover_sum *sum, struct err *err)
{
	struct discover_walk w = {.o = o, .handlers = handlers, .ctx = ctx, .sum = sum};
	enum fetch_end end = FETCH_FAILED;

	*sum = (struct discover_sum){.whole = true};
	buf_init(&w.text, 4 * DISCOVER_TEXT_MAX);
	buf_init(&w.name, 4 * DISCOVER_TEXT_MAX);
	buf_init(&w.id, 4 * DISCOVER_TEXT_MAX);
	w.doc = json_new();
	w.sha = sha256_new();
	if (w.doc == NULL || w.sha == NULL)
		(void)discover_no_memory(err);
	else
		end = walk_pages(&w, err);
	if (end == FETCH_DONE && sum->whole && w.pages > 1)
		end = look_again(&w, err);
	if (end != FETCH_DONE)
		sum->whole = false;
	discover_page_free(&w.page);
	idset_free(&w.jobs);
	idset_free(&w.conversations);
	idset_free(&w.cursors);
	buf_free(&w.text);
	buf_free(&w.name);
	buf_free(&w.id);
	sha256_free(w.sha);
	json_free(w.doc);
	return end;
}
