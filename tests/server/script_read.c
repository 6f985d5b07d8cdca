/* script_read.c: the files of a script -> struct script; see script.h. */
#include "jsonscan.h"
#include "script_table.h"
#include "statusdoc.h"
#include "when.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LINE_KEYS 19

/* One object of the script: its members, and the file that it stands in. */
struct line {
	struct script *script;
	struct json_doc *doc;
	const char *folder; /* of the file */
	json_ref members[LINE_KEYS];
	struct err *err;
};

enum line_key {
	KEY_JOB,
	KEY_RESULT,
	KEY_STATUS,
	KEY_STATE,
	KEY_COMPLETED,
	KEY_PROMPT,
	KEY_TOPIC,
	KEY_ERROR,
	KEY_WHOAMI, /* from here on in the order of enum other_endpoint */
	KEY_QUERY,
	KEY_WAIT,
	KEY_LIST,
	KEY_TALK,
	KEY_NAME,
	KEY_USER,
	KEY_CREATED,
	KEY_UPDATED,
	KEY_MESSAGES,
	KEY_ANSWER
};
static const char *const line_keys[LINE_KEYS] = {
    "job",   "result",     "status",     "state",    "completed_at",  "prompt",       "topic",
    "error", "whoami",     "query",      "wait",     "conversations", "conversation", "name",
    "user",  "created_at", "updated_at", "messages", "answer"};

static int fail(struct line *l, const char *what)
{
	return err_set(l->err, ERR_FATAL, "%s", what);
}

/* A member's text into out, which the caller frees; 0 with an empty out->data where it is not there. */
static int line_text(struct line *l, enum line_key key, struct buf *out)
{
	unsigned flags = 0;
	if (l->members[key] == -1)
		return 0;
	if (json_type_of(l->doc, l->members[key]) != JSON_STRING)
		return err_set(l->err, ERR_FATAL, "'%s' is not a string", line_keys[key]);
	return json_string(l->doc, l->members[key], STREAM_MAX_TEXT, out, &flags, l->err);
}

static int line_status_one(struct line *l, struct statusdoc *d, json_ref state, struct replies *out)
{
	struct buf name, body;
	unsigned flags = 0;
	int rc = -1;

	buf_init(&name, 64);
	buf_init(&body, STREAM_MAX_TEXT);
	if (state != -1 && json_type_of(l->doc, state) != JSON_STRING) {
		fail(l, "'state' is not a string");
	} else if (state == -1 || json_string(l->doc, state, 64, &name, &flags, l->err) == 0) {
		d->state = state == -1 ? "COMPLETE" : buf_cstr(&name);
		struct reply *r = statusdoc_known(d->state) ? replies_add(out) : NULL;
		if (!statusdoc_known(d->state))
			err_set(l->err, ERR_FATAL, "the API has no state '%s'", d->state);
		else if (r == NULL || statusdoc_write(d, &body) != 0 ||
			 reply_text(r, 200, "application/json; charset=utf-8", buf_text(&body)) != 0)
			fail(l, "out of memory");
		else
			rc = 0;
	}
	buf_free(&name);
	buf_free(&body);
	return rc;
}

/* Makes up the status documents of a job whose line has no "status". */
static int line_status(struct line *l, const char *id, struct replies *out)
{
	struct buf texts[4]; /* completed_at, prompt, topic, error */
	struct statusdoc d = {.id = id};
	json_ref state = l->members[KEY_STATE];
	int rc = 0;

	for (int i = 0; i < 4; i++) {
		buf_init(&texts[i], STREAM_MAX_TEXT);
		if (rc == 0)
			rc = line_text(l, (enum line_key)(KEY_COMPLETED + i), &texts[i]);
	}
	stamp_from_us(&d.completed_at, l->script->now_us - (int64_t)3600 * 1000000);
	if (rc == 0 && l->members[KEY_COMPLETED] != -1 &&
	    !when_parse(buf_cstr(&texts[0]), texts[0].len, l->script->now_us, &d.completed_at))
		rc = fail(l, "'completed_at' is not a time like 2026-11-23T10:00:00Z or now-3d");
	d.prompt = texts[1].data != NULL ? texts[1].data : "How are sales going?";
	d.topic = texts[2].data != NULL ? texts[2].data : "order_items";
	d.error = texts[3].data;
	if (rc == 0 && state != -1 && json_type_of(l->doc, state) == JSON_ARRAY) {
		if (json_count(l->doc, state) == 0)
			rc = fail(l, "'state' is an empty list");
		for (json_ref s = json_first(l->doc, state); s != -1 && rc == 0; s = json_next(l->doc, s))
			rc = line_status_one(l, &d, s, out);
	} else if (rc == 0) {
		rc = line_status_one(l, &d, state, out);
	}
	for (int i = 0; i < 4; i++)
		buf_free(&texts[i]);
	return rc;
}

/* The job that the line is about, new; NULL with *err. id: its text, or "" for "*". */
static struct script_job *line_job(struct line *l, char id[UUID_TEXT_LEN + 1])
{
	struct buf name;
	struct uuid uuid;
	struct script_job *job = NULL;

	buf_init(&name, STREAM_MAX_TEXT);
	id[0] = 0;
	if (line_text(l, KEY_JOB, &name) != 0) {
		job = NULL;
	} else if (strcmp(buf_cstr(&name), "*") == 0) {
		if (l->script->any == NULL)
			job = l->script->any = calloc(1, sizeof(*job));
		else
			fail(l, "'*' has a line already");
	} else if (!uuid_parse(buf_cstr(&name), name.len, &uuid)) {
		fail(l, "'job' is not a UUID, nor '*'");
	} else {
		uuid_format(&uuid, id);
		job = script_job(l->script, &uuid);
		if (job != NULL && job->own[JOB_STATUS].n > 0) {
			err_set(l->err, ERR_FATAL, "job '%s' has a line already", id);
			job = NULL;
		} else if (job == NULL) {
			fail(l, "out of memory");
		}
	}
	buf_free(&name);
	return job;
}

static int line_take_job(struct line *l)
{
	char id[UUID_TEXT_LEN + 1];
	struct script_job *job = line_job(l, id);
	struct script *s = l->script;
	int rc;

	if (job == NULL)
		return -1;
	if (l->members[KEY_RESULT] == -1 && l->members[KEY_STATE] == -1 && l->members[KEY_STATUS] == -1)
		return fail(l, "a job needs 'result', 'status' or 'state'");
	if (l->members[KEY_STATUS] != -1 && l->members[KEY_STATE] != -1)
		return fail(l, "'status' and 'state' for one job");
	if (l->members[KEY_RESULT] != -1) {
		rc = replies_read(l->doc, l->members[KEY_RESULT], l->folder, s->now_us, &job->own[JOB_RESULT], l->err);
	} else {
		struct reply *r = replies_add(&job->own[JOB_RESULT]);
		rc = r == NULL || reply_error(r, 404, ENVELOPE_PUBLISHED, "Job results not yet available") != 0
			 ? fail(l, "out of memory")
			 : 0;
	}
	if (rc == 0 && l->members[KEY_STATUS] != -1)
		rc = replies_read(l->doc, l->members[KEY_STATUS], l->folder, s->now_us, &job->own[JOB_STATUS], l->err);
	else if (rc == 0)
		rc = line_status(l, id[0] != 0 ? id : NULL, &job->own[JOB_STATUS]);
	for (int i = 0; i < JOB_ENDPOINTS; i++)
		job->answers[i] = &job->own[i];
	return rc;
}

static int line_time(struct line *l, enum line_key key, struct stamp *out)
{
	struct buf text;
	int rc;

	buf_init(&text, STREAM_MAX_TEXT);
	rc = line_text(l, key, &text);
	if (rc == 0 && l->members[key] != -1 && !when_parse(buf_cstr(&text), text.len, l->script->now_us, out))
		rc = err_set(l->err, ERR_FATAL, "'%s' is not a time like 2026-11-23T10:00:00Z or now-3d",
			     line_keys[key]);
	buf_free(&text);
	return rc;
}

/* The messages as JSON, with times; an empty list where there are none. */
static int line_messages(struct line *l, struct buf *out)
{
	struct buf copy;
	unsigned flags = 0;
	int rc;

	if (l->members[KEY_MESSAGES] == -1)
		return buf_adds(out, "[]");
	buf_init(&copy, STREAM_MAX_TEXT);
	rc = json_copy(l->doc, l->members[KEY_MESSAGES], STREAM_MAX_TEXT, &copy, &flags, l->err);
	if (rc == 0 && when_expand(buf_text(&copy), l->script->now_us, out) != 0)
		rc = fail(l, "out of memory");
	buf_free(&copy);
	return rc;
}

static int line_take_talk(struct line *l)
{
	static const enum line_key keys[] = {KEY_TALK, KEY_USER, KEY_NAME, KEY_PROMPT};
	struct buf texts[4], messages;
	struct talk_line t = {.id = NULL};
	struct talk *talk = NULL;
	int rc = 0;

	buf_init(&messages, STREAM_MAX_TEXT);
	for (int i = 0; i < 4; i++) {
		buf_init(&texts[i], STREAM_MAX_TEXT);
		if (rc == 0)
			rc = line_text(l, keys[i], &texts[i]);
	}
	stamp_from_us(&t.created_at, l->script->now_us - (int64_t)3600 * 1000000);
	stamp_from_us(&t.updated_at, l->script->now_us - (int64_t)60 * 1000000);
	if (rc == 0)
		rc = line_time(l, KEY_CREATED, &t.created_at);
	if (rc == 0)
		rc = line_time(l, KEY_UPDATED, &t.updated_at);
	if (rc == 0)
		rc = line_messages(l, &messages);
	if (rc == 0) {
		t.id = buf_cstr(&texts[0]);
		t.user = texts[1].data;
		t.name = texts[2].data;
		t.prompt = texts[3].data;
		t.messages = buf_text(&messages);
		talk = talks_add(&l->script->talks, &t);
		rc = talk != NULL ? 0 : fail(l, "out of memory");
	}
	if (rc == 0 && l->members[KEY_ANSWER] != -1)
		rc = replies_read(l->doc, l->members[KEY_ANSWER], l->folder, l->script->now_us, &talk->answers, l->err);
	for (int i = 0; i < 4; i++)
		buf_free(&texts[i]);
	buf_free(&messages);
	return rc;
}

/* Answers of the list, of one user's or everybody's. */
static int line_take_list(struct line *l)
{
	struct talk_list *list = NULL;
	struct buf user;
	int rc;

	buf_init(&user, STREAM_MAX_TEXT);
	rc = line_text(l, KEY_USER, &user);
	if (rc == 0 && (list = talks_list_add(&l->script->talks, user.data)) == NULL)
		rc = fail(l, "this user's list has a line already");
	if (rc == 0)
		rc = replies_read(l->doc, l->members[KEY_LIST], l->folder, l->script->now_us, &list->answers, l->err);
	buf_free(&user);
	return rc;
}

/* Answers of an endpoint that has nothing to do with a job. */
static int line_take_other(struct line *l, enum line_key key)
{
	struct replies *rs = &l->script->others[key - KEY_WHOAMI];

	if (rs->n > 0)
		return err_set(l->err, ERR_FATAL, "'%s' has a line already", line_keys[key]);
	return replies_read(l->doc, l->members[key], l->folder, l->script->now_us, rs, l->err);
}

static int line_take(struct line *l, struct text text)
{
	for (int i = 0; i < LINE_KEYS; i++)
		l->members[i] = -1;
	if (json_parse(l->doc, text.p, text.n, l->err) != 0)
		return -1;
	json_ref root = json_root(l->doc);
	if (json_type_of(l->doc, root) != JSON_OBJECT)
		return fail(l, "not a JSON object");
	for (json_ref k = json_first(l->doc, root); k != -1; k = json_next(l->doc, k)) {
		int i = 0;
		while (i < LINE_KEYS && !json_is(l->doc, k, line_keys[i]))
			i++;
		if (i == LINE_KEYS)
			return fail(l, "a line has a key that is not known");
		if (l->members[i] != -1)
			return err_set(l->err, ERR_FATAL, "'%s' stands twice", line_keys[i]);
		l->members[i] = json_value(l->doc, k);
	}
	static const enum line_key heads[] = {KEY_JOB, KEY_TALK, KEY_WHOAMI, KEY_LIST, KEY_QUERY, KEY_WAIT};
	enum line_key head = KEY_JOB;
	int n = 0;
	for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++)
		if (l->members[heads[i]] != -1) {
			head = heads[i];
			n++;
		}
	if (n != 1)
		return fail(
		    l, "a line is about one of 'job', 'conversation', 'whoami', 'conversations', 'query' and 'wait'");
	if (head == KEY_JOB)
		return line_take_job(l);
	if (head == KEY_LIST)
		return line_take_list(l);
	return head == KEY_TALK ? line_take_talk(l) : line_take_other(l, head);
}

/* Puts FILE:LINE before what went wrong. */
static int at_line(struct err *err, const char *path, long number)
{
	struct err inner = *err;
	return err_set(err, ERR_FATAL, "%s:%ld: %s", path, number, inner.msg);
}

static bool nothing_in(const char *s)
{
	s += strspn(s, " \t\r\n");
	return *s == 0 || *s == '#';
}

/* Collects lines until an object is whole, then takes it. */
static int read_lines(struct line *l, FILE *f, const char *path)
{
	struct buf object;
	struct jsonscan scan;
	char *text = NULL;
	size_t cap = 0;
	long number = 0, begun = 0;
	ssize_t n;
	int rc = 0;

	buf_init(&object, JSON_MAX_TEXT);
	while (rc == 0 && (n = getline(&text, &cap, f)) >= 0) {
		number++;
		if (begun == 0 && nothing_in(text))
			continue;
		if (begun == 0) {
			begun = number;
			jsonscan_init(&scan, NULL, NULL);
		}
		if (jsonscan_feed(&scan, text, (size_t)n) != 0) {
			err_set(l->err, ERR_FATAL, "%s", scan.problem);
			rc = at_line(l->err, path, number);
		} else if (buf_add(&object, text, (size_t)n) != 0) {
			fail(l, "an object of more than 64 MiB");
			rc = at_line(l->err, path, begun);
		} else if (jsonscan_complete(&scan)) {
			if (line_take(l, buf_text(&object)) != 0)
				rc = at_line(l->err, path, begun);
			buf_clear(&object);
			begun = 0;
		}
	}
	if (rc == 0 && ferror(f))
		rc = err_sys(l->err, ERR_FATAL, errno, "cannot read '%s'", path);
	if (rc == 0 && begun != 0) {
		fail(l, "this object has no end");
		rc = at_line(l->err, path, begun);
	}
	free(text);
	buf_free(&object);
	return rc;
}

int script_read(struct script *s, const char *path, struct err *err)
{
	struct line l = {.script = s, .err = err};
	const char *slash = strrchr(path, '/');
	char *folder = slash == NULL ? strdup(".") : strndup(path, (size_t)(slash - path) + 1);
	FILE *f = NULL;
	int rc = -1;

	l.doc = json_new();
	l.folder = folder;
	if (folder == NULL || l.doc == NULL)
		fail(&l, "out of memory");
	else if ((f = fopen(path, "r")) == NULL)
		err_sys(err, ERR_FATAL, errno, "cannot open '%s'", path);
	else
		rc = read_lines(&l, f, path);
	if (f != NULL)
		fclose(f);
	json_free(l.doc);
	free(folder);
	return rc;
}
