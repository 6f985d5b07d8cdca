#include "discover_read.h"

#include <stdlib.h>
#include <string.h>

static json_ref member(const struct json_doc *doc, json_ref object, const char *key)
{
	return json_type_of(doc, object) == JSON_OBJECT ? json_member(doc, object, key, NULL) : -1;
}

/* A string of 1 to max bytes, malloc'd; NULL where it is none. cut: a longer one is cut; else what is not whole, word
 * for word, is none. -1 with *err: memory, or the spool. */
static int take_string(const struct json_doc *doc, json_ref ref, size_t max, bool cut, char **out, struct err *err)
{
	unsigned flags = 0;
	struct buf b;
	int rc = 0;

	*out = NULL;
	if (json_type_of(doc, ref) != JSON_STRING)
		return 0;
	buf_init(&b, max + 1);
	if (json_string(doc, ref, max, &b, &flags, err) != 0)
		rc = err->kind == ERR_FATAL ? -1 : 0;
	else if (b.len > 0 && (cut || flags == 0) && (*out = strdup(buf_cstr(&b))) == NULL)
		rc = err_set(err, ERR_FATAL, "out of memory");
	buf_free(&b);
	return rc;
}

static bool take_time(const struct json_doc *doc, json_ref ref, struct stamp *out)
{
	unsigned flags = 0;
	struct stamp t;
	struct buf b;
	bool good;

	if (json_type_of(doc, ref) != JSON_STRING)
		return false;
	buf_init(&b, STAMP_TEXT_MAX);
	good = json_string(doc, ref, STAMP_TEXT_MAX, &b, &flags, NULL) == 0 &&
	       time_parse_iso(buf_cstr(&b), b.len, &t) != TIME_BAD;
	buf_free(&b);
	if (good)
		*out = t;
	return good;
}

/* --- a page --- */

const char *discover_page_problem(const struct json_doc *doc)
{
	return json_type_of(doc, member(doc, json_root(doc), "data")) == JSON_ARRAY
		   ? NULL
		   : "no page of conversations: it has no list 'data'";
}

void discover_page_free(struct discover_page *p)
{
	for (size_t i = 0; i < p->n; i++) {
		free(p->at[i].id);
		free(p->at[i].name);
	}
	free(p->at);
	free(p->cursor);
	*p = (struct discover_page){0};
}

/* Of what names a folder no address can be made. */
static bool is_name(const char *id)
{
	return id != NULL && strcmp(id, ".") != 0 && strcmp(id, "..") != 0;
}

static int take_conversation(const struct json_doc *doc, json_ref ref, struct discover_page *p, struct err *err)
{
	struct discover_conversation c = {0};

	if (take_string(doc, member(doc, ref, "id"), DISCOVER_ID_MAX, false, &c.id, err) != 0)
		return -1;
	if (!is_name(c.id)) {
		free(c.id);
		p->odd++;
		return 0;
	}
	if (take_string(doc, member(doc, ref, "name"), DISCOVER_TEXT_MAX, true, &c.name, err) != 0) {
		free(c.id);
		return -1;
	}
	(void)take_time(doc, member(doc, ref, "updatedAt"), &c.updated_at);
	p->at[p->n++] = c;
	return 0;
}

static int take_cursor(const struct json_doc *doc, struct discover_page *p, struct err *err)
{
	json_ref info = member(doc, json_root(doc), "pageInfo");
	json_ref cursor = member(doc, info, "nextCursor"), more = member(doc, info, "hasNextPage");
	bool last = json_type_of(doc, more) == JSON_FALSE;

	if (last)
		return 0;
	if (take_string(doc, cursor, DISCOVER_CURSOR_MAX, false, &p->cursor, err) != 0)
		return -1;
	/* Only a page that says so is the last one. */
	p->cut = p->cursor == NULL;
	return 0;
}

int discover_page_read(const struct json_doc *doc, struct discover_page *p, struct err *err)
{
	json_ref data = member(doc, json_root(doc), "data");
	size_t n = json_count(doc, data);

	*p = (struct discover_page){0};
	p->at = calloc(n > 0 ? n : 1, sizeof(*p->at));
	if (p->at == NULL)
		return err_set(err, ERR_FATAL, "out of memory");
	for (json_ref ref = json_first(doc, data); ref != -1; ref = json_next(doc, ref))
		if (take_conversation(doc, ref, p, err) != 0)
			return -1;
	return take_cursor(doc, p, err);
}

/* --- a conversation --- */

const char *discover_turns_problem(const struct json_doc *doc)
{
	return json_type_of(doc, member(doc, json_root(doc), "messages")) == JSON_ARRAY
		   ? NULL
		   : "no conversation: it has no list 'messages'";
}

void discover_turns_free(struct discover_turns *t)
{
	free(t->at);
	*t = (struct discover_turns){.bad = -1};
}

static bool take_id(const struct json_doc *doc, json_ref ref, struct uuid *id)
{
	unsigned flags = 0;
	struct buf b;
	bool good;

	if (json_type_of(doc, ref) != JSON_STRING)
		return false;
	buf_init(&b, UUID_TEXT_LEN + 1);
	good = json_string(doc, ref, UUID_TEXT_LEN + 1, &b, &flags, NULL) == 0 && flags == 0 &&
	       uuid_parse(buf_cstr(&b), b.len, id);
	buf_free(&b);
	return good;
}

/* What is known so far, going through the messages. */
struct reading {
	const struct json_doc *doc;
	int64_t since_us, now_us;
	struct stamp latest; /* the time of the last message that has one */
	json_ref prompt;
};

/* A time that has not come yet is not one. */
static void not_after_now(struct stamp *t, int64_t now_us)
{
	if (stamp_is_set(t) && t->us > now_us)
		stamp_from_us(t, now_us);
}

static void take_message(struct reading *r, json_ref message, struct discover_turns *t)
{
	json_ref job = member(r->doc, message, "jobId");
	json_ref role = member(r->doc, message, "role");
	struct discover_turn turn = {.prompt = r->prompt};
	bool has_time = take_time(r->doc, member(r->doc, message, "timestamp"), &r->latest);

	if (json_type_of(r->doc, role) == JSON_STRING && json_is(r->doc, role, "user")) {
		json_ref content = member(r->doc, message, "content");

		turn.prompt = r->prompt = json_type_of(r->doc, content) == JSON_STRING ? content : -1;
	}
	if (job == -1 || json_type_of(r->doc, job) == JSON_NULL || (has_time && r->latest.us < r->since_us))
		return;
	if (!take_id(r->doc, job, &turn.id)) {
		if (t->odd++ == 0)
			t->bad = job;
		return;
	}
	turn.completed_at = r->latest;
	not_after_now(&turn.completed_at, r->now_us);
	t->at[t->n++] = turn;
}

int discover_turns_read(const struct json_doc *doc, int64_t since_us, int64_t now_us, struct discover_turns *t,
			struct err *err)
{
	json_ref messages = member(doc, json_root(doc), "messages");
	struct reading r = {.doc = doc, .since_us = since_us, .now_us = now_us, .prompt = -1};
	size_t n = json_count(doc, messages);

	*t = (struct discover_turns){.bad = -1};
	t->at = calloc(n > 0 ? n : 1, sizeof(*t->at));
	if (t->at == NULL)
		return err_set(err, ERR_FATAL, "out of memory");
	for (json_ref ref = json_first(doc, messages); ref != -1; ref = json_next(doc, ref))
		take_message(&r, ref, t);
	return 0;
}
