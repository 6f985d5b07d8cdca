/* jsonl_job.c: one job into the open part, and its line for the manifest. */
#include "jsonl_lines.h"
#include "jsonl_settle.h"
#include "jsonl_sink.h"
#include "jsonl_sweep.h"

#include <string.h>

/* A part is closed by whichever comes first. */
#define PART_BYTES ((uint64_t)64 << 20) /* of lines, in its largest file */
#define PART_JOBS  1000
#define PART_NS    (INT64_C(300) * 1000000000)

#define NEW_BODY   JSONL_NEW "/body"

static int no_memory(struct err *err)
{
	return err_set(err, ERR_FATAL, "out of memory");
}

static bool is_full(const struct jsonl *s)
{
	return s->jobs >= PART_JOBS || jsonl_parts_size(s->parts) >= PART_BYTES ||
	       time_boot_ns() - s->since_ns >= PART_NS;
}

/* Does the open part hold this job already? A part names a job once. */
static bool is_in_part(const struct jsonl *s, const struct uuid *id)
{
	struct manifest_held held;
	struct text place;
	const char *name = jsonl_parts_name(s->parts);
	size_t jobs;

	if (jsonl_parts_size(s->parts) == 0 || !manifest_held(s->manifest, id, &held) ||
	    held.place == MANIFEST_NO_PLACE)
		return false;
	place = manifest_place(s->manifest, held.place, &jobs);
	return memmem(place.p, place.n, name, strlen(name)) != NULL;
}

int jsonl_job_begin(struct sink *sink, const struct job *job, struct err *err)
{
	struct jsonl *s = jsonl_of(sink);

	if (s->broken.kind != ERR_NONE) {
		*err = s->broken;
		return -1;
	}
	uuid_format(&job->id, s->id);
	stamp_from_us(&s->now, time_now_us());
	s->deed = manifest_decide(s->manifest, job, false);
	if (s->deed.kind == DEED_REPLACE) {
		/* Its group becomes durable earlier than was asked for, which nobody minds. */
		if ((jsonl_parts_is_old(s->parts, &s->now) || is_in_part(s, &job->id)) && jsonl_flush(sink, err))
			return -1;
		jsonl_parts_begin(s->parts, &s->now);
	}
	if (!s->deed.take_body)
		return 0;
	if (flatdir_make(s->dir, JSONL_NEW, err) || flatdir_remove(s->dir, NEW_BODY, err))
		return -1;
	return flatfile_begin(&s->body, s->dir, NEW_BODY, err);
}

/* After a line was appended to a table, or not. */
static int added(struct jsonl *s, enum jsonl_table t, int rc, struct err *err)
{
	const struct buf *lines = rc ? jsonl_parts_lines(s->parts, t, err) : NULL;

	if (rc && (!lines || lines->starved))
		return err_set(err, ERR_FATAL, "out of memory");
	if (rc)
		return err_set(err, ERR_JOB, "a line of '%s' is too large", jsonl_table_name(t));
	return jsonl_parts_added(s->parts, t, err);
}

int jsonl_job_action(struct sink *sink, const struct action *a, struct err *err)
{
	struct jsonl *s = jsonl_of(sink);
	struct buf *out = jsonl_parts_lines(s->parts, JSONL_ACTIONS, err);

	if (!out)
		return -1;
	return added(s, JSONL_ACTIONS, jsonl_lines_action(out, s->id, a, jsonl_parts_name(s->parts)), err);
}

/* The line is written at its end, when row_count is known. */
int jsonl_job_result(struct sink *sink, const struct query_result *r, struct err *err)
{
	(void)sink, (void)r, (void)err;
	return 0;
}

int jsonl_job_row(struct sink *sink, const struct row *row, struct err *err)
{
	struct jsonl *s = jsonl_of(sink);
	struct buf *out = jsonl_parts_lines(s->parts, JSONL_ROWS, err);

	if (!out)
		return -1;
	return added(s, JSONL_ROWS, jsonl_lines_row(out, s->id, row, jsonl_parts_name(s->parts)), err);
}

int jsonl_job_result_end(struct sink *sink, const struct query_result *r, struct err *err)
{
	struct jsonl *s = jsonl_of(sink);
	struct buf *out = jsonl_parts_lines(s->parts, JSONL_RESULTS, err);

	if (!out)
		return -1;
	return added(s, JSONL_RESULTS, jsonl_lines_result(out, s->id, r, jsonl_parts_name(s->parts)), err);
}

/* Only what nobody can read is kept as it came. */
int jsonl_job_body(struct sink *sink, const void *piece, size_t n, struct err *err)
{
	struct jsonl *s = jsonl_of(sink);

	return s->body.fd >= 0 ? flatfile_add(&s->body, piece, n, err) : 0;
}

static int name_body(struct jsonl *s, const struct uuid *id, struct err *err)
{
	char path[JSONL_SWEEP_BODY_MAX];

	if (flatfile_end(&s->body, err) || flatdir_make(s->dir, JSONL_UNREADABLE, err) ||
	    flatdir_rename(s->dir, NEW_BODY, jsonl_sweep_body(id, path), err))
		return -1;
	s->bodies = true;
	return 0;
}

/* Notes what the job leaves behind: the parts that it was in, its unreadable body. */
static int leave(struct jsonl *s, const struct uuid *id, struct err *err)
{
	struct manifest_held held;
	char path[JSONL_SWEEP_BODY_MAX];
	size_t jobs;

	if (!manifest_held(s->manifest, id, &held))
		return 0;
	if (held.has_body && buf_addf(&s->gone, "%s\n", jsonl_sweep_body(id, path)))
		return no_memory(err);
	if (held.state == JOB_STORED && held.place != MANIFEST_NO_PLACE &&
	    jsonl_settle_add(&s->replaced, manifest_place(s->manifest, held.place, &jobs)))
		return no_memory(err);
	return 0;
}

static int put_job(struct jsonl *s, struct manifest_line *line, struct err *err)
{
	struct buf *out = jsonl_parts_lines(s->parts, JSONL_JOBS, err);

	if (!out)
		return -1;
	line->job.stored_at = s->now;
	if (added(s, JSONL_JOBS, jsonl_lines_job(out, &line->job, s->run_id, jsonl_parts_name(s->parts)), err))
		return -1;
	buf_clear(&s->places);
	if (jsonl_parts_places(s->parts, &s->places))
		return no_memory(err);
	line->places = buf_text(&s->places);
	buf_clear(&s->digests);
	if (jsonl_parts_digests(s->parts, &s->digests))
		return no_memory(err);
	line->digests = buf_text(&s->digests);
	return leave(s, &line->job.id, err);
}

int jsonl_job_commit(struct sink *sink, const struct job *job, struct err *err)
{
	struct jsonl *s = jsonl_of(sink);
	struct manifest_line line;

	if (s->deed.kind == DEED_NOTHING)
		return 0;
	if (manifest_merge(s->manifest, job, &s->deed, &line, err))
		return -1;
	if (s->deed.kind == DEED_REPLACE && put_job(s, &line, err))
		return -1;
	if (s->deed.take_body) {
		if (name_body(s, &job->id, err))
			return -1;
		line.has_body = true;
	}
	if (manifest_put(s->manifest, &line, err) || jsonl_parts_keep(s->parts, err))
		return -1;
	if (s->jobs++ == 0)
		s->since_ns = time_boot_ns();
	return is_full(s);
}

void jsonl_job_rollback(struct sink *sink)
{
	struct jsonl *s = jsonl_of(sink);

	flatfile_drop(&s->body);
	if (s->broken.kind == ERR_NONE)
		(void)jsonl_parts_undo(s->parts, &s->broken);
}
