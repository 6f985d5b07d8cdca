#include "run_source.h"

#include "result.h"
#include "run_plan.h"
#include "zst.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct source {
	struct zst_dec *dec;
	struct result_decoder *judge;
	bool keep;
	bool lost;
};

struct source *source_new(bool keep)
{
	struct source *s = calloc(1, sizeof(*s));

	if (s == NULL)
		return NULL;
	s->keep = keep;
	s->dec = zst_dec_new();
	s->judge = result_decoder_new();
	if (s->dec != NULL && s->judge != NULL)
		return s;
	source_free(s);
	return NULL;
}

void source_free(struct source *s)
{
	if (s == NULL)
		return;
	zst_dec_free(s->dec);
	result_decoder_free(s->judge);
	free(s);
}

bool source_lost(const struct source *s)
{
	return s->lost;
}

struct reading {
	struct zst_dec *dec;
	struct body *body;
	struct err own; /* what went wrong here, and not in the sink */
};

static int to_body(void *ctx, const void *piece, size_t n, struct err *err)
{
	return body_add(ctx, piece, n, err);
}

static int to_dec(void *ctx, const void *piece, size_t n, struct err *err)
{
	struct reading *r = ctx;

	if (zst_dec_add(r->dec, piece, n, to_body, r->body, &r->own) == 0)
		return 0;
	/* Fatal or not, the sink can do nothing about it, and goes on. */
	return err_set(err, ERR_JOB, "%s", r->own.msg);
}

static int copy_text(struct buf *out, struct text text)
{
	if (out == NULL)
		return 0;
	buf_clear(out);
	return text.p != NULL ? buf_add(out, text.p, text.n) : 0;
}

/* The ledger's word, with texts of its own: the sink's go with the next call. */
static int take_ledger(const struct job *job, struct fetch_outcome *out, struct buf *instance, struct buf *input)
{
	*out = (struct fetch_outcome){.state = job->state,
				      .http_status = job->http_status,
				      .requested_at = job->requested_at,
				      .fetched_at = job->fetched_at,
				      .attempts = job->attempts};
	if (job->error.p != NULL)
		(void)snprintf(out->error, sizeof(out->error), "%.*s", (int)job->error.n, job->error.p);
	stamp_add_s(&job->expires_at, -RETENTION_S, &out->completed_at);
	if (job->details.p != NULL) {
		out->details = malloc(job->details.n + 1);
		if (out->details == NULL)
			return -1;
		memcpy(out->details, job->details.p, job->details.n);
		out->details_len = job->details.n;
	}
	return copy_text(instance, job->instance) | copy_text(input, job->input);
}

static int compare(const struct job *job, struct body *body, struct err *err)
{
	if (job->body_bytes >= 0 && (uint64_t)job->body_bytes != body_size(body))
		return err_set(err, ERR_JOB, "the kept body is damaged: it has %llu bytes, its ledger says %lld",
			       (unsigned long long)body_size(body), (long long)job->body_bytes);
	if (job->body_bytes >= 0 && memcmp(job->body_sha256, body_sha256(body), SHA256_LEN) != 0)
		return err_set(err, ERR_JOB, "the kept body is damaged: its SHA-256 is not the one in its ledger");
	return 0;
}

int source_body(struct source *s, struct sink *sink, const struct job *job, bool keep, struct body **body,
		struct err *err)
{
	struct reading r = {.dec = s->dec, .body = body_new(UINT64_MAX)};
	int there;

	if (r.body == NULL)
		return err_set(err, ERR_FATAL, "out of memory");
	body_reset(r.body, keep);
	zst_dec_reset(s->dec);
	there = sink->ops->read_body(sink, &job->id, to_dec, &r, err);
	s->lost = there < 0 && r.own.kind == ERR_NONE && err->kind == ERR_FATAL;
	if (there < 0 && r.own.kind != ERR_NONE)
		*err = r.own;
	if (there == 1 &&
	    (zst_dec_end(s->dec, err) != 0 || body_end(r.body, err) != 0 || compare(job, r.body, err) != 0))
		there = -1;
	if (there == 1)
		*body = r.body;
	else
		body_free(r.body);
	return there;
}

/* A better reader may make a result of what could not be read, whatever was answered since. */
static int judge(struct source *s, struct fetch_outcome *out, struct err *err)
{
	if (result_check(s->judge, out->body, err) == 0) {
		out->state = JOB_STORED;
		out->http_status = 200;
		out->error[0] = '\0';
	} else if (err->kind == ERR_FATAL) {
		return -1;
	} else if (out->state != JOB_UNREADABLE || out->error[0] == '\0') {
		/* Else the ledger has said why already. */
		out->state = JOB_UNREADABLE;
		(void)snprintf(out->error, sizeof(out->error), "%.*s", (int)sizeof(out->error) - 1, err->msg);
	}
	return 1;
}

int source_read(struct source *s, struct sink *sink, const struct uuid *id, struct fetch_outcome *out,
		struct buf *instance, struct buf *input, struct err *err)
{
	struct job job;
	int there = sink->ops->read_job(sink, id, &job, err);

	s->lost = there < 0 && err->kind == ERR_FATAL;
	*out = (struct fetch_outcome){0};
	if (there != 1)
		return there;
	if (take_ledger(&job, out, instance, input) != 0)
		there = err_set(err, ERR_FATAL, "out of memory");
	else
		there = source_body(s, sink, &job, s->keep, &out->body, err);
	if (there == 1)
		there = judge(s, out, err);
	if (there == 1 && out->state == JOB_UNREADABLE && !s->keep) {
		/* A body that cannot be read is kept in every sink, also in one that keeps no others. */
		body_free(out->body);
		out->body = NULL;
		there = source_body(s, sink, &job, true, &out->body, err);
	} else if (there == 0 && out->state != JOB_STORED)
		return 1;
	if (there != 1) {
		body_free(out->body);
		free(out->details);
		*out = (struct fetch_outcome){0};
	}
	return there;
}
