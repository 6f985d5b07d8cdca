/* sqlite_ledger.c: the table jobs: what the sink knows of each job, and what an answer changes in it (sink.h). */
#include "sqlite_sink.h"

#include <stdio.h>

static int64_t stamp_us(struct text t)
{
	struct stamp stamp;

	return t.p && time_parse_iso(t.p, t.n, &stamp) != TIME_BAD ? stamp.us : 0;
}

/* True where the text is a digest. */
static bool read_sha256(struct text hex, uint8_t out[SHA256_LEN])
{
	return hex.p && sha256_parse(hex.p, hex.n, out);
}

static int read_entry(struct sqlite *s, const struct uuid *id, struct ledger_entry *entry, struct err *err)
{
	char text[UUID_TEXT_LEN + 1];
	struct text state;
	int rc;

	*entry = (struct ledger_entry){.state = JOB_NONE};
	sqlite_db_bind_text(s->db, Q_LEDGER, 1, (struct text){uuid_format(id, text), UUID_TEXT_LEN});
	sqlite_db_bind_text(s->db, Q_LEDGER, 2, text_of(s->instance));
	rc = sqlite_db_step(s->db, Q_LEDGER, err);
	if (rc <= 0)
		return rc;
	state = sqlite_db_text(s->db, Q_LEDGER, 0);
	entry->state = state.p ? state_of_name(state.p, state.n) : JOB_NONE;
	entry->partial = sqlite_db_int(s->db, Q_LEDGER, 1) != 0;
	entry->same_instance = sqlite_db_int(s->db, Q_LEDGER, 2) != 0;
	entry->attempts = sqlite_db_int(s->db, Q_LEDGER, 3);
	entry->requested_at_us = stamp_us(sqlite_db_text(s->db, Q_LEDGER, 4));
	entry->expires_at_us = stamp_us(sqlite_db_text(s->db, Q_LEDGER, 5));
	entry->has_sha256 = read_sha256(sqlite_db_text(s->db, Q_LEDGER, 6), entry->body_sha256);
	sqlite_db_reset(s->db, Q_LEDGER);
	return 0;
}

int sqlite_ledger_states(struct sink *sink, const struct uuid *ids, size_t n, struct ledger_entry *out, struct err *err)
{
	struct sqlite *s = sqlite_of(sink);
	int rc = 0;

	if (!s->db) {
		for (size_t i = 0; i < n; i++)
			out[i] = (struct ledger_entry){.state = JOB_NONE};
		return 0;
	}
	/* One transaction for all, or each look-up would lock and unlock the file. */
	if (!s->group && sqlite_db_run(s->db, Q_READ, err))
		return -1;
	for (size_t i = 0; i < n && rc == 0; i++)
		rc = read_entry(s, &ids[i], &out[i], err);
	if (!s->group && sqlite_db_exec(s->db, "COMMIT", rc ? NULL : err))
		rc = -1;
	return rc;
}

int sqlite_ledger_decide(struct sqlite *s, const struct job *job, struct err *err)
{
	struct deed_held held = {0};
	int rc;

	sqlite_db_bind_text(s->db, Q_HELD, 1, text_of(s->id));
	rc = sqlite_db_step(s->db, Q_HELD, err);
	if (rc < 0)
		return -1;
	if (rc == 1) {
		struct text state = sqlite_db_text(s->db, Q_HELD, 0);

		held.known = true;
		held.state = state.p ? state_of_name(state.p, state.n) : JOB_NONE;
		held.partial = sqlite_db_int(s->db, Q_HELD, 1) != 0;
		held.expires_at_us = stamp_us(sqlite_db_text(s->db, Q_HELD, 2));
		held.has_body = sqlite_db_int(s->db, Q_HELD, 3) != 0;
		sqlite_db_reset(s->db, Q_HELD);
	}
	s->deed = deed_of(&held, job->state, s->keep_bodies, time_now_us());
	return 0;
}

static int write_job(struct sqlite *s, const struct job *job, struct err *err)
{
	const bool stored = job->state == JOB_STORED;
	const unsigned q = stored ? Q_STORED : Q_VERDICT;
	/* An unreadable body that was not taken leaves the columns to the one that is kept. */
	const bool body = job->body_bytes >= 0 && (stored || s->deed.take_body);
	char sha256[SHA256_HEX_LEN + 1];
	struct stamp now = {0};
	const struct text texts[] = {job->error, job->topic, job->message, job->result_summary, job->omni_chat_url};
	const struct text last[] = {job->warnings, job->input, job->details, job->extra, text_of(s->run_id)};

	if (stored)
		stamp_from_us(&now, time_now_us());
	sqlite_db_bind_text(s->db, q, 1, text_of(s->id));
	sqlite_db_bind_text(s->db, q, 2, job->instance);
	sqlite_db_bind_text(s->db, q, 3, text_of(state_name(job->state)));
	sqlite_db_bind_int(s->db, q, 4, stored && job->partial);
	sqlite_bind_known(s, q, 5, job->http_status != 0, job->http_status);
	for (int i = 0; i < 5; i++)
		sqlite_db_bind_text(s->db, q, 6 + i, texts[i]);
	sqlite_bind_stamp(s, q, 11, &job->first_action_at);
	sqlite_bind_stamp(s, q, 12, &job->last_action_at);
	sqlite_bind_stamp(s, q, 13, &job->expires_at);
	sqlite_db_bind_int(s->db, q, 14, job->attempts);
	sqlite_bind_stamp(s, q, 15, &job->requested_at);
	sqlite_bind_stamp(s, q, 16, &job->fetched_at);
	sqlite_bind_stamp(s, q, 17, &now);
	sqlite_bind_known(s, q, 18, body, job->body_bytes);
	sqlite_db_bind_text(s->db, q, 19, body ? text_of(sha256_hex(job->body_sha256, sha256)) : TEXT_NULL);
	sqlite_bind_known(s, q, 20, stored, job->action_count);
	sqlite_bind_known(s, q, 21, stored, job->result_count);
	sqlite_bind_known(s, q, 22, stored, job->row_count);
	for (int i = 0; i < 5; i++)
		sqlite_db_bind_text(s->db, q, 23 + i, last[i]);
	return sqlite_db_run(s->db, q, err);
}

static int write_only_error(struct sqlite *s, const struct job *job, struct err *err)
{
	struct stamp now = {0};

	if (s->deed.settles)
		stamp_from_us(&now, time_now_us());
	sqlite_db_bind_text(s->db, Q_ONLY_ERROR, 1, text_of(s->id));
	sqlite_db_bind_text(s->db, Q_ONLY_ERROR, 2, job->error);
	sqlite_bind_stamp(s, Q_ONLY_ERROR, 3, &now);
	return sqlite_db_run(s->db, Q_ONLY_ERROR, err);
}

int sqlite_ledger_write(struct sqlite *s, const struct job *job, struct err *err)
{
	switch (s->deed.kind) {
	case DEED_NOTHING:
		return 0;
	case DEED_ONLY_ERROR:
		return write_only_error(s, job, err);
	default:
		return write_job(s, job, err);
	}
}

/* the reading side */

static struct stamp stamp_of(struct text text)
{
	struct stamp t = {0};

	if (text.p)
		(void)time_parse_iso(text.p, text.n, &t);
	return t;
}

struct stamp sqlite_ledger_stamp(struct text text)
{
	struct stamp t = {0};

	if (text.p && time_parse_iso(text.p, text.n, &t) == TIME_BAD)
		(void)snprintf(t.text, sizeof(t.text), "%.*s", text.n > 0 ? (int)text.n : 1, text.n > 0 ? text.p : " ");
	return t;
}

void sqlite_ledger_columns(struct sqlite *s, unsigned q, struct job *out)
{
	const struct text state = sqlite_db_text(s->db, q, 1);

	out->instance = sqlite_db_text(s->db, q, 0);
	out->state = state.p ? state_of_name(state.p, state.n) : JOB_NONE;
	out->partial = sqlite_db_int(s->db, q, 2) != 0;
	out->http_status = (int)sqlite_db_int(s->db, q, 3);
	out->error = sqlite_db_text(s->db, q, 4);
	out->expires_at = stamp_of(sqlite_db_text(s->db, q, 5));
	out->attempts = sqlite_db_int(s->db, q, 6);
	out->requested_at = stamp_of(sqlite_db_text(s->db, q, 7));
	out->fetched_at = stamp_of(sqlite_db_text(s->db, q, 8));
	out->stored_at = stamp_of(sqlite_db_text(s->db, q, 9));
	out->body_bytes = sqlite_db_text(s->db, q, 10).p ? sqlite_db_int(s->db, q, 10) : -1;
	(void)read_sha256(sqlite_db_text(s->db, q, 11), out->body_sha256);
}

int sqlite_ledger_next_job(struct sink *sink, struct job *out, struct err *err)
{
	struct sqlite *s = sqlite_of(sink);
	struct text text;
	int rc;

	if (!s->db)
		return 0;
	/* Who only reads reads it all as it was at one moment, and locks the file once. */
	if (s->fd < 0 && s->last_id[0] == '\0' && sqlite_db_run(s->db, Q_READ, err))
		return -1;
	/* By the key and not with an open statement: the caller may write in between. */
	sqlite_db_reset(s->db, Q_NEXT_JOB);
	sqlite_db_bind_text(s->db, Q_NEXT_JOB, 1, text_of(s->last_id));
	rc = sqlite_db_step(s->db, Q_NEXT_JOB, err);
	s->last_id[0] = '\0';
	if (rc <= 0)
		return s->fd < 0 && sqlite_db_exec(s->db, "COMMIT", rc ? NULL : err) ? -1 : rc;
	*out = (struct job){.body_bytes = -1};
	text = sqlite_db_text(s->db, Q_NEXT_JOB, SQLITE_LEDGER_COLUMNS);
	if (!text.p || !uuid_parse(text.p, text.n, &out->id)) {
		rc = err_set(err, ERR_FATAL, "'%s' holds a job whose ID is no UUID", sqlite_db_path(s->db));
		sqlite_db_reset(s->db, Q_NEXT_JOB);
		return rc;
	}
	uuid_format(&out->id, s->last_id);
	sqlite_ledger_columns(s, Q_NEXT_JOB, out);
	out->action_count = sqlite_db_int(s->db, Q_NEXT_JOB, SQLITE_LEDGER_COLUMNS + 1);
	out->result_count = sqlite_db_int(s->db, Q_NEXT_JOB, SQLITE_LEDGER_COLUMNS + 2);
	out->row_count = sqlite_db_int(s->db, Q_NEXT_JOB, SQLITE_LEDGER_COLUMNS + 3);
	out->truncated_count = sqlite_db_int(s->db, Q_NEXT_JOB, SQLITE_LEDGER_COLUMNS + 4);
	return 1;
}

int sqlite_ledger_read_job(struct sink *sink, const struct uuid *id, struct job *out, struct err *err)
{
	struct sqlite *s = sqlite_of(sink);
	char key[UUID_TEXT_LEN + 1];
	int rc;

	if (!s->db)
		return 0;
	sqlite_db_reset(s->db, Q_READ_JOB); /* which ends the life of the last one's texts */
	sqlite_db_bind_text(s->db, Q_READ_JOB, 1, text_of(uuid_format(id, key)));
	rc = sqlite_db_step(s->db, Q_READ_JOB, err);
	if (rc <= 0)
		return rc;
	*out = (struct job){.id = *id};
	sqlite_ledger_columns(s, Q_READ_JOB, out);
	out->input = sqlite_db_text(s->db, Q_READ_JOB, SQLITE_LEDGER_COLUMNS);
	out->details = sqlite_db_text(s->db, Q_READ_JOB, SQLITE_LEDGER_COLUMNS + 1);
	return 1;
}

int sqlite_ledger_next_run(struct sink *sink, struct run_record *out, struct err *err)
{
	struct sqlite *s = sqlite_of(sink);
	struct text version, run_id;
	int rc;

	if (!s->db)
		return 0;
	sqlite_db_reset(s->db, Q_NEXT_RUN);
	sqlite_db_bind_text(s->db, Q_NEXT_RUN, 1, s->last_run.len > 0 ? buf_text(&s->last_run) : TEXT_NULL);
	rc = sqlite_db_step(s->db, Q_NEXT_RUN, err);
	buf_clear(&s->last_run);
	if (rc <= 0)
		return rc;
	run_id = sqlite_db_text(s->db, Q_NEXT_RUN, 0);
	version = sqlite_db_text(s->db, Q_NEXT_RUN, 3);
	if (buf_add(&s->last_run, run_id.p, run_id.n))
		return err_set(err, ERR_FATAL, "out of memory");
	*out = (struct run_record){
	    .run_id = buf_cstr(&s->last_run),
	    .started_at = stamp_of(sqlite_db_text(s->db, Q_NEXT_RUN, 1)),
	    .finished_at = stamp_of(sqlite_db_text(s->db, Q_NEXT_RUN, 2)),
	    .version = version.p ? version.p : "",
	    .exit_code = (int)sqlite_db_int(s->db, Q_NEXT_RUN, 4),
	    .summary = sqlite_db_text(s->db, Q_NEXT_RUN, 5),
	};
	return 1;
}
