#include "answer_said.h"

#include "hide.h"

#include <string.h>
#include <strings.h>

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

struct text answer_trim(struct text t)
{
	while (t.n > 0 && is_blank(t.p[0])) {
		t.p++;
		t.n--;
	}
	while (t.n > 0 && is_blank(t.p[t.n - 1]))
		t.n--;
	return t;
}

bool answer_is_digits(struct text t)
{
	size_t i;

	for (i = 0; i < t.n; i++) {
		if (t.p[i] < '0' || t.p[i] > '9')
			return false;
	}
	return t.n > 0;
}

int answer_member(const struct json_doc *doc, json_ref object, const char *key, struct buf *out, struct err *err)
{
	json_ref value = json_member(doc, object, key, NULL);
	size_t before = out->len;
	struct text t;
	unsigned flags = 0;
	struct err why;

	if (json_type_of(doc, value) != JSON_STRING)
		return 0;
	if (json_string(doc, value, ANSWER_WORDS_MAX, out, &flags, &why) != 0)
		return why.kind == ERR_FATAL ? err_set(err, ERR_FATAL, "%s", why.msg) : 0;
	if (out->len == before)
		return 0;
	t = answer_trim((struct text){out->data + before, out->len - before});
	if (t.n > 0 && !answer_is_digits(t))
		return 1;
	buf_cut(out, before);
	return 0;
}

/* 1: JSON with a message, appended; 0: JSON without one; -1: not JSON; -2 with *err: memory. remaining may be NULL. */
static int read_envelope(struct text body, struct json_doc *doc, struct buf *out, bool *remaining, struct err *err)
{
	struct err why;
	json_ref root;
	int rc;

	if (!body.p)
		return -1;
	if (json_parse(doc, body.p, body.n, &why) != 0) {
		if (why.kind != ERR_FATAL)
			return -1;
		err_set(err, ERR_FATAL, "%s", why.msg);
		return -2;
	}
	root = json_root(doc);
	if (remaining)
		*remaining = json_count(doc, json_member(doc, root, "remaining_job_ids", NULL)) > 0;
	rc = answer_member(doc, root, "message", out, err);
	if (rc == 0)
		rc = answer_member(doc, root, "detail", out, err);
	if (rc == 0)
		rc = answer_member(doc, json_member(doc, root, "error", NULL), "message", out, err);
	if (rc == 0)
		rc = answer_member(doc, root, "error", out, err);
	return rc < 0 ? -2 : rc;
}

int answer_envelope(struct text body, struct json_doc *doc, struct buf *out)
{
	int rc = read_envelope(body, doc, out, NULL, NULL);

	return rc < -1 ? -1 : rc;
}

static bool contains(struct text t, const char *word)
{
	size_t i, n = strlen(word);

	for (i = 0; i + n <= t.n; i++) {
		if (strncasecmp(t.p + i, word, n) == 0)
			return true;
	}
	return false;
}

static void set_words(struct answer_said *s)
{
	size_t i, n = 0;

	s->words[n++] = ' ';
	for (i = 0; i < s->text.len && n < sizeof(s->words) - 2; i++) {
		char c = s->text.data[i];

		if (c >= 'A' && c <= 'Z')
			c = (char)(c - 'A' + 'a');
		if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'))
			s->words[n++] = c;
		else if (s->words[n - 1] != ' ')
			s->words[n++] = ' ';
	}
	if (s->words[n - 1] != ' ')
		s->words[n++] = ' ';
	s->words[n] = 0;
}

int answer_said_read(struct answer_said *s, const struct answer_in *in, struct json_doc *doc, struct err *err)
{
	struct text body = answer_trim(in->body);
	const char *end;
	int rc;

	buf_init(&s->text, 2 * ANSWER_WORDS_MAX);
	s->remaining = false;
	rc = read_envelope(in->body, doc, &s->text, &s->remaining, err);
	if (rc < -1)
		return -1;
	if (rc == 1) {
		s->kind = ANSWER_MESSAGE;
	} else if (rc == 0) {
		s->kind = ANSWER_JSON;
	} else if (body.n == 0) {
		s->kind = ANSWER_EMPTY;
	} else if (contains(in->content_type, "html") || body.p[0] == '<') {
		s->kind = ANSWER_HTML;
	} else {
		s->kind = ANSWER_OTHER;
		body.n = body.n < ANSWER_WORDS_MAX ? body.n : ANSWER_WORDS_MAX;
		end = memchr(body.p, '\n', body.n);
		if (end)
			body = answer_trim((struct text){body.p, (size_t)(end - body.p)});
		if (buf_add(&s->text, body.p, body.n) != 0)
			return err_set(err, ERR_FATAL, "out of memory");
	}
	/* Here, where it is decoded and not yet shortened for a message. */
	hide_secret(s->text.data, s->text.len, in->secret);
	set_words(s);
	return 0;
}

void answer_said_free(struct answer_said *s)
{
	buf_free(&s->text);
}

bool answer_says(const struct answer_said *s, const char *pattern)
{
	return strstr(s->words, pattern) != NULL;
}

static bool says_one(const struct answer_said *s, const char *const *patterns)
{
	while (*patterns && !answer_says(s, *patterns))
		patterns++;
	return *patterns != NULL;
}

bool answer_says_bad_id(const struct answer_said *s)
{
	static const char *const patterns[] = {" invalid job id ", " invalid jobid ", " invalid uuid ", NULL};

	return s->kind == ANSWER_MESSAGE && says_one(s, patterns);
}

/*
 * A header that cannot be read (400) is about the authorization. Of what is forbidden (403) only what finds fault with
 * the key is: permissions, features and roles are the job's matter. Where that is not sure it is none, since whoami
 * knows.
 */
bool answer_says_bad_key(const struct answer_said *s, int http)
{
	static const char *const header[] = {" authorization", " bearer ",    " api key ",
					     " apikey ",       " credential", NULL};
	static const char *const fault[] = {
	    " invalid ",  " malformed ", " missing ", " expired ",      " revoked ",  " deactivated ", " disabled ",
	    " inactive ", " deleted ",   " unknown ", " incorrect ",    " required ", " not valid ",   " not found ",
	    " wrong ",    " no longer ", " no such ", " unrecognized ", NULL};
	static const char *const other[] = {" permission", " feature",   " scope", " role",
					    " access to ", " this job ", NULL};
	bool named = says_one(s, header);

	if (http == 400 && named)
		return true;
	return (named || answer_says(s, " token ")) && says_one(s, fault) && !says_one(s, other);
}
