/*
 * body.c and result*.c: a body -> job, actions, results, rows.
 *
 * - How the bytes arrive, and which strings lie in the spool, changes nothing; nor does a second decoding.
 * - The visitor is called in the order that result.h promises, the counts are those of the calls, RESULT_AGAIN comes
 *   once at most.
 * - Every text is UTF-8 without U+0000, every JSON text is JSON.
 * - Nothing is lost: of the members of the body and of its actions those without a column stand in extra as they came.
 */
#include "body.h"
#include "fuzz.h"
#include "result.h"

#define MANY 200 /* members that are looked up one by one */

/* --- what the visitor sees --- */

enum phase { BETWEEN, IN_ACTION, IN_RESULT };

struct seen {
	struct buf said; /* transcript */
	enum phase phase;
	int64_t actions, results, rows;
	int64_t rows_here; /* of the result under way */
	struct query_result result;
	struct json_doc *doc; /* to read JSON texts with */
	struct buf extra;     /* of each action, behind one another; NUL: none */
};

static void check_text(struct seen *s, const char *what, struct text t)
{
	HOLDS(t.p == NULL ? t.n == 0 : fuzz_is_text(t.p, t.n));
	note_text(&s->said, what, t);
}

static void check_json(struct seen *s, const char *what, struct text t, enum json_type type)
{
	struct err err;

	check_text(s, what, t);
	if (t.p == NULL)
		return;
	HOLDS(json_parse(s->doc, t.p, t.n, &err) == 0 && json_type_of(s->doc, 0) == type);
}

static void check_stamp(struct seen *s, const char *what, const struct stamp *t)
{
	struct stamp again;

	check_text(s, what, text_of(t->text));
	note(&s->said, what, t->us);
	if (stamp_is_set(t))
		HOLDS(time_parse_iso(t->text, strlen(t->text), &again) == TIME_OK && again.us == t->us);
}

static int on_action(void *ctx, const struct action *a, struct err *err)
{
	struct seen *s = ctx;

	(void)err;
	HOLDS(s->phase != IN_RESULT && a->action_index == s->actions);
	HOLDS(a->is_error >= -1 && a->is_error <= 1);
	s->phase = IN_ACTION;
	s->actions++;
	note(&s->said, "action", a->is_error);
	check_text(s, "type", a->type);
	check_text(s, "message", a->message);
	check_text(s, "status", a->status);
	check_stamp(s, "timestamp", &a->timestamp);
	check_json(s, "extra", a->extra, JSON_OBJECT);
	add(&s->extra, a->extra.p, a->extra.n);
	add(&s->extra, "", 1);
	return 0;
}

static int on_result(void *ctx, const struct query_result *q, struct err *err)
{
	struct seen *s = ctx;

	(void)err;
	HOLDS(s->phase == IN_ACTION && q->action_index == s->actions - 1 && q->row_count == -1);
	s->phase = IN_RESULT;
	s->rows_here = 0;
	s->result = *q;
	note(&s->said, "result", q->csv_truncated);
	note(&s->said, "has", q->has_results);
	note(&s->said, "total", q->has_total ? q->total_row_count : -1);
	check_text(s, "id", q->result_id);
	check_text(s, "name", q->query_name);
	check_text(s, "status", q->status);
	check_json(s, "query", q->query, JSON_OBJECT);
	check_text(s, "error", q->error_message);
	check_text(s, "detail", q->error_detail);
	check_json(s, "extra", q->extra, JSON_OBJECT);
	note(&s->said, "columns", q->columns == NULL ? -1 : (int64_t)q->n_columns);
	HOLDS(q->columns != NULL || (q->n_columns == 0 && q->column_types == NULL));
	for (size_t i = 0; i < q->n_columns; i++) {
		HOLDS(q->columns[i].p != NULL);
		check_text(s, "label", q->columns[i]);
		check_text(s, "type", q->column_types == NULL ? TEXT_NULL : q->column_types[i]);
	}
	return 0;
}

static int on_row(void *ctx, const struct row *r, struct err *err)
{
	struct seen *s = ctx;

	(void)err;
	HOLDS(s->phase == IN_RESULT && s->result.columns != NULL);
	HOLDS(r->action_index == s->actions - 1 && r->row_index == s->rows_here && r->n > 0);
	HOLDS((r->section != SECTION_NONE) == (s->result.csv_truncated == 1));
	s->rows_here++;
	s->rows++;
	note(&s->said, "row", r->section);
	for (size_t i = 0; i < r->n; i++) {
		HOLDS(r->cells[i].p != NULL);
		check_text(s, "cell", r->cells[i]);
	}
	return 0;
}

static int on_result_end(void *ctx, const struct query_result *q, struct err *err)
{
	struct seen *s = ctx;

	(void)err;
	HOLDS(s->phase == IN_RESULT && q->row_count == s->rows_here && q->n_columns == s->result.n_columns);
	HOLDS((q->columns == NULL) == (s->result.columns == NULL) && text_eq(q->query_name, s->result.query_name));
	s->phase = BETWEEN;
	s->results++;
	return 0;
}

static const struct result_visitor visitor = {on_action, on_result, on_row, on_result_end};

static void check_job(struct seen *s, const struct job *job)
{
	struct stamp until;

	HOLDS(s->phase != IN_RESULT);
	HOLDS(job->action_count == s->actions && job->result_count == s->results && job->row_count == s->rows);
	note(&s->said, "partial", job->partial);
	check_text(s, "topic", job->topic);
	check_text(s, "message", job->message);
	check_text(s, "summary", job->result_summary);
	check_text(s, "url", job->omni_chat_url);
	check_json(s, "extra", job->extra, JSON_OBJECT);
	check_json(s, "warnings", job->warnings, JSON_ARRAY);
	check_stamp(s, "first", &job->first_action_at);
	check_stamp(s, "last", &job->last_action_at);
	check_stamp(s, "expires", &job->expires_at);
	HOLDS(stamp_is_set(&job->first_action_at) == stamp_is_set(&job->last_action_at));
	HOLDS(job->first_action_at.us <= job->last_action_at.us);
	stamp_add_s(&job->last_action_at, INT64_C(14) * 86400, &until);
	HOLDS(until.us == job->expires_at.us && strcmp(until.text, job->expires_at.text) == 0);
}

/* --- decoding --- */

static void decode(struct seen *s, struct result_decoder *d, struct body *body, struct job *job)
{
	struct err err = {.kind = ERR_NONE};
	int rc = 0;

	for (int tries = 0; tries == 0 || rc == RESULT_AGAIN; tries++) {
		HOLDS(tries < 2);
		buf_clear(&s->said);
		buf_clear(&s->extra);
		s->phase = BETWEEN;
		s->actions = s->results = s->rows = 0;
		*job = (struct job){.body_bytes = -1};
		rc = result_decode(d, body, job, &visitor, s, &err);
	}
	HOLDS(job->body_bytes == (int64_t)body_size(body));
	if (rc != 0) {
		HOLDS(rc == -1 && err.kind == ERR_JOB && fuzz_is_message(err.msg, sizeof(err.msg)) && s->actions == 0);
		note_text(&s->said, "unreadable", text_of(err.msg));
		return;
	}
	check_job(s, job);
	HOLDS((result_warnings(d) > 0) == (job->warnings.p != NULL));
	HOLDS(job->truncated_count <= s->results);
	note(&s->said, "truncated", job->truncated_count);
}

static void fill(struct body *body, const uint8_t *p, size_t n, enum split how, struct dice dice)
{
	struct err err;

	body_reset(body, false);
	for (size_t k; n > 0; p += k, n -= k) {
		k = split_next(how, &dice, n);
		HOLDS(body_add(body, p, k, &err) == 0);
	}
	HOLDS(body_end(body, &err) == 0);
}

/* --- nothing is lost --- */

static void copy(const struct json_doc *doc, json_ref v, struct buf *out)
{
	struct err err;

	buf_clear(out);
	HOLDS(json_copy(doc, v, JSON_MAX_STRING, out, NULL, &err) == 0);
}

static bool has_column(const struct json_doc *doc, json_ref key, const char *const *columns)
{
	while (*columns != NULL && !json_is(doc, key, *columns))
		columns++;
	return *columns != NULL;
}

/* What of the object has no column stands in extra. */
static void check_extra(const struct json_doc *doc, json_ref object, const char *const *columns,
			struct json_doc *scratch, struct text extra)
{
	static struct buf name, want, got;
	struct err err;

	if (name.max == 0) {
		buf_init(&name, SIZE_MAX / 2);
		buf_init(&want, SIZE_MAX / 2);
		buf_init(&got, SIZE_MAX / 2);
	}
	HOLDS(extra.n == 0 || json_parse(scratch, extra.p, extra.n, &err) == 0);
	if (json_count(doc, object) > MANY)
		return;
	for (json_ref key = json_first(doc, object); key >= 0; key = json_next(doc, key)) {
		unsigned flags = 0;

		buf_clear(&name);
		HOLDS(json_string(doc, key, JSON_MAX_STRING, &name, &flags, &err) == 0);
		if (has_column(doc, key, columns) || name.len > 1000)
			continue;
		HOLDS(extra.n > 0);
		copy(doc, json_member(doc, object, buf_cstr(&name), NULL), &want);
		copy(scratch, json_member(scratch, json_root(scratch), buf_cstr(&name), NULL), &got);
		HOLDS(same(&want, &got));
	}
}

static void check_nothing_lost(const struct seen *s, const struct job *job, struct body *body, struct json_doc *scratch)
{
	static const char *const of_job[] = {"actions", "message", "resultSummary", "topic", "omniChatUrl", NULL};
	static const char *const of_action[] = {"type", "message", "timestamp", "status", "isError", "result", NULL};
	static struct json_doc *doc;
	const char *extra = buf_cstr(&s->extra);
	struct err err;
	int64_t n = 0;

	if (doc == NULL)
		doc = json_new();
	HOLDS(body_parse(body, doc, &err) == 0);
	check_extra(doc, 0, of_job, scratch, job->extra);
	const json_ref actions = json_member(doc, 0, "actions", NULL);
	if (json_type_of(doc, actions) != JSON_ARRAY)
		return;
	for (json_ref a = json_first(doc, actions); a >= 0; a = json_next(doc, a), extra += strlen(extra) + 1, n++)
		if (json_type_of(doc, a) == JSON_OBJECT)
			check_extra(doc, a, of_action, scratch, text_of(extra));
	HOLDS(n == s->actions);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct body *body[2];
	static struct result_decoder *decoder[2];
	static struct seen seen[2];
	struct dice dice = dice_of(data, size);
	struct job job, other;
	struct err err;

	for (int i = 0; i < 2 && seen[i].doc == NULL; i++) {
		body[i] = body_new(UINT64_MAX);
		decoder[i] = result_decoder_new();
		seen[i].doc = json_new();
		buf_init(&seen[i].said, SIZE_MAX / 2);
		buf_init(&seen[i].extra, SIZE_MAX / 2);
	}
	fill(body[0], data, size, SPLIT_NOT, dice);
	decode(&seen[0], decoder[0], body[0], &job);

	body_spool_beyond(body[1], dice_roll(&dice, 40));
	fill(body[1], data, size, size > 3000 ? SPLIT_LARGE : SPLIT_SMALL, dice);
	HOLDS(memcmp(body_sha256(body[0]), body_sha256(body[1]), SHA256_LEN) == 0);
	decode(&seen[1], decoder[1], body[1], &other);
	HOLDS(same(&seen[0].said, &seen[1].said));
	HOLDS((result_check(decoder[1], body[1], &err) == 0) ==
	      (strncmp(buf_cstr(&seen[0].said), "unreadable", 10) != 0));
	decode(&seen[1], decoder[0], body[1], &other);
	HOLDS(same(&seen[0].said, &seen[1].said));
	if (result_check(decoder[1], body[1], &err) == 0)
		check_nothing_lost(&seen[1], &other, body[1], seen[0].doc);
	return 0;
}
