/* postgres_ledger.c: the table jobs: what the sink knows of each job, and what an answer changes in it (sink.h). */
#include "postgres_sink.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define IDS_A_QUESTION ((size_t)1000)

static int no_memory(struct err *err)
{
	return err_set(err, ERR_FATAL, "out of memory");
}

/* The group is still staged when the ledger is asked in its midst: it goes out first. Where it is lost by that, flush
 * says so, and the answer is of what is there without it. */
static int send_first(struct postgres *s, struct err *err)
{
	return postgres_group_send(s, err) && err->kind == ERR_FATAL ? -1 : 0;
}

static int64_t int_of(const struct postgres *s, int row, int column)
{
	return postgres_db_text(s->db, row, column).p ? postgres_db_int(s->db, row, column) : 0;
}

/* 64 hex digits; false: they are none. */
static bool digest_of(struct text hex, uint8_t out[SHA256_LEN])
{
	if (hex.n != SHA256_HEX_LEN)
		return false;
	for (size_t i = 0; i < SHA256_LEN; i++) {
		unsigned byte;
		const char pair[3] = {hex.p[2 * i], hex.p[2 * i + 1], '\0'};
		if (strspn(pair, "0123456789abcdef") != 2 || sscanf(pair, "%x", &byte) != 1)
			return false;
		out[i] = (uint8_t)byte;
	}
	return true;
}

/* states */

static struct ledger_entry entry_of(const struct postgres *s, int row)
{
	const struct text state = postgres_db_text(s->db, row, 1);
	struct ledger_entry e = {
	    .state = state_of_name(state.p, state.n),
	    .partial = int_of(s, row, 2) != 0,
	    .same_instance = int_of(s, row, 3) != 0,
	    .attempts = int_of(s, row, 4),
	    .requested_at_us = int_of(s, row, 5),
	    .expires_at_us = int_of(s, row, 6),
	};

	e.has_sha256 = digest_of(postgres_db_text(s->db, row, 7), e.body_sha256);
	return e;
}

int postgres_ledger_states(struct sink *sink, const struct uuid *ids, size_t n, struct ledger_entry *out,
			   struct err *err)
{
	struct postgres *s = postgres_of(sink);

	for (size_t i = 0; i < n; i++)
		out[i] = (struct ledger_entry){.state = JOB_NONE};
	if (!s->there)
		return 0;
	if (send_first(s, err))
		return -1;
	for (size_t at = 0, k; at < n; at += k) {
		struct postgres_tuple t = postgres_group_args(s);
		int rows;
		k = n - at < IDS_A_QUESTION ? n - at : IDS_A_QUESTION;
		postgres_tuple_uuids(&t, ids + at, k);
		postgres_tuple_text(&t, text_of(s->instance));
		if (t.failed)
			return no_memory(err);
		rows = postgres_group_ask(s, PQ_LEDGER, false, err);
		if (rows < 0)
			return -1;
		for (int row = 0; row < rows; row++) {
			const int64_t number = postgres_db_int(s->db, row, 0); /* from 1 */
			out[at + (size_t)number - 1] = entry_of(s, row);
		}
	}
	return 0;
}

/* one job */

/* A result replaces whatever there is; for all other answers that must be looked at. */
int postgres_ledger_decide(struct postgres *s, const struct job *job, struct err *err)
{
	struct deed_held held = {0};

	if (job->state != JOB_STORED) {
		struct postgres_tuple t;
		int rows;
		if (postgres_stage_has(s, &job->id) && postgres_group_send(s, err))
			return -1;
		t = postgres_group_args(s);
		postgres_tuple_uuid(&t, &job->id);
		if (t.failed)
			return no_memory(err);
		rows = postgres_group_ask(s, PQ_HELD, false, err);
		if (rows < 0)
			return -1;
		if (rows > 0) {
			const struct text state = postgres_db_text(s->db, 0, 0);
			held.known = true;
			held.state = state_of_name(state.p, state.n);
			held.partial = int_of(s, 0, 1) != 0;
			held.expires_at_us = int_of(s, 0, 2);
			held.has_body = int_of(s, 0, 3) != 0;
		}
	}
	s->deed = deed_of(&held, job->state, s->keep_bodies, time_now_us());
	return 0;
}

static void put_known(struct postgres_tuple *t, bool known, int64_t value)
{
	if (known)
		postgres_tuple_bigint(t, value);
	else
		postgres_tuple_null(t);
}

/* The columns of jobs, in their order. */
static void put_job(struct postgres *s, struct postgres_tuple *t, const struct job *job)
{
	const bool stored = job->state == JOB_STORED;
	/* An unreadable body that was not taken leaves the columns to the one that is kept. */
	const bool body = job->body_bytes >= 0 && (stored || s->deed.take_body);
	const struct text texts[] = {job->error, job->topic, job->message, job->result_summary, job->omni_chat_url};
	const struct text last[] = {job->warnings, job->input, job->details, job->extra, text_of(s->run_id)};
	char sha256[SHA256_HEX_LEN + 1];
	struct stamp now = {0};

	if (stored)
		stamp_from_us(&now, time_now_us());
	postgres_tuple_uuid(t, &job->id);
	postgres_tuple_text(t, job->instance);
	postgres_tuple_text(t, text_of(state_name(job->state)));
	postgres_tuple_bool(t, stored && job->partial);
	if (job->http_status)
		postgres_tuple_int(t, job->http_status);
	else
		postgres_tuple_null(t);
	for (int i = 0; i < 5; i++)
		postgres_tuple_text(t, texts[i]);
	postgres_tuple_time(t, &job->first_action_at);
	postgres_tuple_time(t, &job->last_action_at);
	postgres_tuple_time(t, &job->expires_at);
	postgres_tuple_bigint(t, job->attempts);
	postgres_tuple_time(t, &job->requested_at);
	postgres_tuple_time(t, &job->fetched_at);
	postgres_tuple_time(t, &now);
	put_known(t, body, job->body_bytes);
	postgres_tuple_text(t, body ? text_of(sha256_hex(job->body_sha256, sha256)) : TEXT_NULL);
	put_known(t, stored, job->action_count);
	put_known(t, stored, job->result_count);
	put_known(t, stored, job->row_count);
	for (int i = 0; i < 5; i++)
		postgres_tuple_text(t, last[i]);
}

static void put_only_error(struct postgres *s, struct postgres_tuple *t, const struct job *job)
{
	struct stamp now = {0};

	if (s->deed.settles)
		stamp_from_us(&now, time_now_us());
	postgres_tuple_uuid(t, &job->id);
	postgres_tuple_text(t, job->error);
	postgres_tuple_time(t, &now);
}

int postgres_ledger_write(struct postgres *s, const struct job *job, struct err *err)
{
	const size_t head = s->calls.len;
	struct postgres_tuple t = postgres_tuple_to(&s->calls);
	struct postgres_call call;

	if (s->deed.kind == DEED_NOTHING)
		return 0;
	memset(&call, 0, sizeof(call));
	if (buf_add(&s->calls, &call, sizeof(call)))
		return no_memory(err);
	if (s->deed.kind == DEED_ONLY_ERROR) {
		call.q = PQ_ONLY_ERROR;
		put_only_error(s, &t, job);
	} else {
		call.q = s->deed.kind == DEED_REPLACE ? PQ_STORED : PQ_VERDICT;
		put_job(s, &t, job);
	}
	if (t.failed || buf_add(&s->ids, &job->id, sizeof(job->id)))
		return no_memory(err);
	call.n = s->calls.len - head - sizeof(call);
	memcpy(s->calls.data + head, &call, sizeof(call));
	return 0;
}

/* reading */

/* A time with as many digits as it has: three, or six. */
struct stamp postgres_ledger_stamp(const struct postgres *s, int row, int column)
{
	struct stamp stamp = {0};
	const struct text us = postgres_db_text(s->db, row, column);
	char text[STAMP_TEXT_MAX];
	int64_t value;

	if (!us.p)
		return stamp;
	value = postgres_db_int(s->db, row, column);
	stamp_from_us(&stamp, value);
	if (value % 1000 == 0 || !stamp_is_set(&stamp))
		return stamp;
	(void)snprintf(text, sizeof(text), "%.23s%03dZ", stamp.text, (int)(((value % 1000) + 1000) % 1000));
	(void)time_parse_iso(text, strlen(text), &stamp);
	return stamp;
}

/* The columns of SQL_LEDGER, the first of either statement. */
static struct job job_of(const struct postgres *s, int row)
{
	const struct text state = postgres_db_text(s->db, row, 1);
	struct job job = {
	    .instance = postgres_db_text(s->db, row, 0),
	    .state = state_of_name(state.p, state.n),
	    .partial = int_of(s, row, 2) != 0,
	    .http_status = (int)int_of(s, row, 3),
	    .error = postgres_db_text(s->db, row, 4),
	    .expires_at = postgres_ledger_stamp(s, row, 5),
	    .attempts = int_of(s, row, 6),
	    .requested_at = postgres_ledger_stamp(s, row, 7),
	    .fetched_at = postgres_ledger_stamp(s, row, 8),
	    .stored_at = postgres_ledger_stamp(s, row, 9),
	    .body_bytes = postgres_db_text(s->db, row, 10).p ? int_of(s, row, 10) : -1,
	};

	(void)digest_of(postgres_db_text(s->db, row, 11), job.body_sha256);
	return job;
}

#define LEDGER_COLUMNS 12

/* The page's texts are kept, since what is asked in between takes the place of the answer that they lie in. */
static int keep_texts(struct postgres *s)
{
	const char *at;

	buf_clear(&s->page_text);
	for (size_t i = 0; i < s->page_n; i++)
		if (buf_add(&s->page_text, s->page[i].instance.p, s->page[i].instance.n) ||
		    buf_add(&s->page_text, s->page[i].error.p, s->page[i].error.n))
			return -1;
	at = buf_cstr(&s->page_text);
	for (size_t i = 0; i < s->page_n; i++) {
		struct text *const texts[] = {&s->page[i].instance, &s->page[i].error};

		for (size_t k = 0; k < 2; k++) {
			texts[k]->p = texts[k]->p ? at : NULL;
			at += texts[k]->n;
		}
	}
	return 0;
}

/* The next page of jobs, after the last one of this. */
static int next_page(struct postgres *s, struct err *err)
{
	struct postgres_tuple t = postgres_group_args(s);
	int rows;

	if (!s->page && !(s->page = calloc(IDS_A_QUESTION, sizeof(*s->page))))
		return no_memory(err);
	if (s->page_n > 0)
		postgres_tuple_uuid(&t, &s->page[s->page_n - 1].id);
	else
		postgres_tuple_null(&t);
	if (t.failed)
		return no_memory(err);
	s->page_n = s->page_at = 0;
	rows = postgres_group_ask(s, PQ_NEXT_JOBS, false, err);
	for (int row = 0; row < rows; row++) {
		const struct text id = postgres_db_text(s->db, row, LEDGER_COLUMNS);
		struct job *job = &s->page[s->page_n];

		*job = job_of(s, row);
		if (!id.p || !uuid_parse(id.p, id.n, &job->id))
			continue;
		job->action_count = int_of(s, row, LEDGER_COLUMNS + 1);
		job->result_count = int_of(s, row, LEDGER_COLUMNS + 2);
		job->row_count = int_of(s, row, LEDGER_COLUMNS + 3);
		job->truncated_count = int_of(s, row, LEDGER_COLUMNS + 4);
		s->page_n++;
	}
	if (rows >= 0 && keep_texts(s)) {
		s->page_n = 0;
		return no_memory(err);
	}
	return rows < 0 ? -1 : 0;
}

int postgres_ledger_next_job(struct sink *sink, struct job *out, struct err *err)
{
	struct postgres *s = postgres_of(sink);

	if (!s->there)
		return 0;
	if (s->page_at == s->page_n && next_page(s, err))
		return -1;
	if (s->page_at == s->page_n)
		return 0;
	*out = s->page[s->page_at++];
	return 1;
}

int postgres_ledger_read_job(struct sink *sink, const struct uuid *id, struct job *job, struct err *err)
{
	struct postgres *s = postgres_of(sink);
	struct postgres_tuple t;
	int rows;

	if (!s->there)
		return 0;
	if (send_first(s, err))
		return -1;
	t = postgres_group_args(s);
	postgres_tuple_uuid(&t, id);
	if (t.failed)
		return no_memory(err);
	rows = postgres_group_ask(s, PQ_JOB, false, err);
	if (rows <= 0)
		return rows;
	*job = job_of(s, 0);
	job->id = *id;
	job->input = postgres_db_text(s->db, 0, LEDGER_COLUMNS);
	job->details = postgres_db_text(s->db, 0, LEDGER_COLUMNS + 1);
	return 1;
}

int postgres_ledger_read_full(struct postgres *s, const struct uuid *id, struct job *job, struct err *err)
{
	struct postgres_tuple t = postgres_group_args(s);
	const int at = LEDGER_COLUMNS;
	int rows;

	postgres_tuple_uuid(&t, id);
	if (t.failed)
		return no_memory(err);
	rows = postgres_group_ask_often(s, PQ_CONTENT_JOB, false, err);
	if (rows <= 0)
		return rows;
	*job = job_of(s, 0);
	job->id = *id;
	job->input = postgres_db_text(s->db, 0, at);
	job->details = postgres_db_text(s->db, 0, at + 1);
	job->topic = postgres_db_text(s->db, 0, at + 2);
	job->message = postgres_db_text(s->db, 0, at + 3);
	job->result_summary = postgres_db_text(s->db, 0, at + 4);
	job->omni_chat_url = postgres_db_text(s->db, 0, at + 5);
	job->first_action_at = postgres_ledger_stamp(s, 0, at + 6);
	job->last_action_at = postgres_ledger_stamp(s, 0, at + 7);
	job->action_count = int_of(s, 0, at + 8);
	job->result_count = int_of(s, 0, at + 9);
	job->row_count = int_of(s, 0, at + 10);
	job->warnings = postgres_db_text(s->db, 0, at + 11);
	job->extra = postgres_db_text(s->db, 0, at + 12);
	return 1;
}

int postgres_ledger_next_run(struct sink *sink, struct run_record *out, struct err *err)
{
	struct postgres *s = postgres_of(sink);
	struct postgres_tuple t = postgres_group_args(s);
	struct text run_id;
	int rows;

	if (!s->there)
		return 0;
	postgres_tuple_text(&t, s->last_run.len > 0 ? buf_text(&s->last_run) : TEXT_NULL);
	if (t.failed)
		return no_memory(err);
	rows = postgres_group_ask(s, PQ_NEXT_RUN, false, err);
	buf_clear(&s->last_run);
	if (rows <= 0)
		return rows;
	run_id = postgres_db_text(s->db, 0, 0);
	if (buf_add(&s->last_run, run_id.p, run_id.n))
		return no_memory(err);
	*out = (struct run_record){
	    .run_id = buf_cstr(&s->last_run),
	    .started_at = postgres_ledger_stamp(s, 0, 1),
	    .finished_at = postgres_ledger_stamp(s, 0, 2),
	    .version = postgres_db_text(s->db, 0, 3).p ? postgres_db_text(s->db, 0, 3).p : "",
	    .exit_code = (int)int_of(s, 0, 4),
	    .summary = postgres_db_text(s->db, 0, 5),
	};
	return 1;
}
