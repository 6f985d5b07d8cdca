/* manifest_merge.c: what an answer makes of the line of a job: sink.h says what adds up and what stays. */
#include "manifest_own.h"

static void keep_stamp(struct stamp *t, const struct stamp *old)
{
	if (!stamp_is_set(t))
		*t = *old;
}

static void keep_text(struct text *t, struct text old)
{
	if (!t->p)
		*t = old;
}

static void keep_body(struct manifest_line *out, const struct manifest_line *old)
{
	out->job.body_bytes = old->job.body_bytes;
	for (size_t i = 0; i < SHA256_LEN; i++)
		out->job.body_sha256[i] = old->job.body_sha256[i];
}

static void add_up(struct manifest_line *out, const struct manifest_line *old)
{
	out->job.attempts += old->job.attempts;
	/* An old one that lies ahead was written by a wrong clock. */
	if (stamp_is_set(&old->job.requested_at) &&
	    (!stamp_is_set(&out->job.requested_at) || old->job.requested_at.us < out->job.requested_at.us))
		out->job.requested_at = old->job.requested_at;
	keep_stamp(&out->job.expires_at, &old->job.expires_at);
	keep_stamp(&out->job.fetched_at, &old->job.fetched_at);
	keep_text(&out->job.input, old->job.input);
	keep_text(&out->job.details, old->job.details);
}

static void only_error(const struct job *job, const struct deed *deed, struct manifest_line *line)
{
	line->job.error = job->error;
	if (deed->settles)
		stamp_from_us(&line->job.expires_at, time_now_us());
}

uint64_t manifest_new_content(struct manifest *m)
{
	if (m->next_content == 0)
		m->next_content = 1;
	return m->next_content++;
}

static void verdict(struct manifest *m, const struct deed *deed, const struct manifest_line *old,
		    struct manifest_line *out)
{
	out->job.partial = false;
	out->job.stored_at = (struct stamp){0};
	out->job.action_count = out->job.result_count = out->job.row_count = out->job.truncated_count = 0;
	out->job.warnings = TEXT_NULL;
	out->content = deed->take_body ? manifest_new_content(m) : old->content;
	out->has_body = old->has_body;
	out->places = old->places;
	out->digests = old->digests;
	if (!deed->take_body || out->job.body_bytes < 0)
		keep_body(out, old);
}

static void replace(struct manifest *m, struct manifest_line *out)
{
	stamp_from_us(&out->job.stored_at, time_now_us());
	out->content = manifest_new_content(m);
	out->has_body = false;
	out->places = text_of("[]");
}

int manifest_merge(struct manifest *m, const struct job *job, const struct deed *deed, struct manifest_line *out,
		   struct err *err)
{
	struct manifest_line old = {.job.body_bytes = -1, .places = text_of("[]")};

	if (manifest_line_of(m, &job->id, &old, err) < 0)
		return -1;
	if (deed->kind == DEED_ONLY_ERROR) {
		*out = old;
		only_error(job, deed, out);
		return 0;
	}
	*out = (struct manifest_line){.job = *job, .run_id = text_of(m->run_id)};
	add_up(out, &old);
	if (deed->kind == DEED_REPLACE)
		replace(m, out);
	else
		verdict(m, deed, &old, out);
	return 0;
}
