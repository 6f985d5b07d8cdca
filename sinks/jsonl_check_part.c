#include "jsonl_check.h"

#include "jsonl_codec.h"
#include "jsonl_lines.h"
#include "jsontexts.h"
#include "sha256.h"

#include <stdlib.h>
#include <string.h>

struct reading {
	const struct jsonl_check_part *part;
	struct jsonl_dec *dec;
	struct sha256 *sha;
	struct jsontexts places, digests;
	struct err own; /* what is wrong with the part, and not with memory or the disk */

	char head[JSONL_LINES_HEAD]; /* the beginning of the line under way */
	size_t head_len;
	char last[JSONL_LINES_HEAD]; /* of the line before */
	bool any;
	struct uuid id;              /* of the job whose lines are being read */
	struct jsonl_check_job *job; /* NULL: they do not count, or are not to be looked at */
	int64_t lines;
	size_t seen; /* jobs */
};

static struct jsonl_check_job *find(const struct jsonl_check_part *p, const struct uuid *id)
{
	size_t low = 0, high = p->n_jobs;

	while (low < high) {
		const size_t mid = low + (high - low) / 2;
		const int order = uuid_cmp(&p->jobs[mid].id, id);
		if (order == 0)
			return &p->jobs[mid];
		*(order < 0 ? &low : &high) = order < 0 ? mid + 1 : mid;
	}
	return NULL;
}

static const char *noun(enum jsonl_table t)
{
	static const char *const nouns[JSONL_TABLES] = {
	    [JSONL_JOBS] = "lines of 'jobs'",
	    [JSONL_ACTIONS] = "actions",
	    [JSONL_RESULTS] = "results",
	    [JSONL_ROWS] = "rows",
	};

	return nouns[t];
}

static int64_t count_of(const struct job *job, enum jsonl_table t)
{
	const int64_t counts[JSONL_TABLES] = {
	    [JSONL_JOBS] = 1,
	    [JSONL_ACTIONS] = job->action_count,
	    [JSONL_RESULTS] = job->result_count,
	    [JSONL_ROWS] = job->row_count,
	};

	return counts[t];
}

/* What the manifest has of the job's lines in this part. 1, 0: nothing, -1; 2: its line is damaged. */
static int read_expected(struct reading *r, const struct manifest_line *line, uint8_t out[SHA256_LEN], struct err *err)
{
	const struct jsonl_check_part *p = r->part;

	if (!line->digests.p)
		return 0;
	if (jsontexts_read(&r->places, line->places, false, err) ||
	    jsontexts_read(&r->digests, line->digests, false, err))
		return err->kind == ERR_JOB ? 2 : -1;
	for (size_t i = 0; i < r->places.n && i < r->digests.n; i++)
		if (text_eq(r->places.at[i], text_of(p->path)))
			return sha256_parse(r->digests.at[i].p, r->digests.at[i].n, out) ? 1 : 2;
	return 2;
}

/* All lines of a job were read. */
static int end_job(struct reading *r, struct err *err)
{
	const struct jsonl_check_part *p = r->part;
	const struct uuid *id = &r->id;
	uint8_t expected[SHA256_LEN], digest[SHA256_LEN];
	struct manifest_line line;
	int rc;

	if (!r->job)
		return 0;
	sha256_end(r->sha, digest);
	sha256_reset(r->sha);
	if (r->job->seen & 1u << p->table)
		return sink_tell(p->check, SINK_EXTRA, id, NULL, err, "its %s stand twice in '%s'", noun(p->table),
				 p->path);
	r->job->seen = (uint8_t)(r->job->seen | 1u << p->table);
	r->seen++;
	if (manifest_line_of(p->manifest, id, &line, err) < 0)
		return -1;
	if (r->lines != count_of(&line.job, p->table))
		return sink_tell(p->check, SINK_DIFFERS, id, NULL, err,
				 "'%s' has %lld of its %s, and the manifest says %lld", p->path, (long long)r->lines,
				 noun(p->table), (long long)count_of(&line.job, p->table));
	rc = read_expected(r, &line, expected, err);
	if (rc < 0)
		return -1;
	if (rc == 0)
		return p->table != JSONL_JOBS ? 0
					      : sink_tell(p->check, SINK_UNPROVED, id, NULL, err,
							  "the manifest has no checksums of its lines");
	if (rc == 2)
		return sink_tell(p->check, SINK_DIFFERS, id, NULL, err,
				 "the checksums in its manifest line are damaged");
	if (memcmp(expected, digest, SHA256_LEN) != 0)
		return sink_tell(p->check, SINK_DIFFERS, id, NULL, err,
				 "its %s in '%s' are not those that were written", noun(p->table), p->path);
	return 0;
}

/* The first line of another job. */
static int begin_job(struct reading *r, struct err *err)
{
	const struct jsonl_check_part *p = r->part;
	struct manifest_held held;
	struct uuid id;

	if (r->any && memcmp(r->head, r->last, sizeof(r->head)) == 0)
		return 0;
	if (end_job(r, err))
		return -1;
	r->job = NULL;
	r->lines = 0;
	if (!jsonl_lines_id(r->head, &id))
		return err_set(&r->own, ERR_JOB, "it has a line that does not begin with a job's ID");
	memcpy(r->last, r->head, sizeof(r->last));
	r->any = true;
	r->id = id;
	/* Lines of a job that another part holds by now are no fault: they go with the next run. */
	if (jsonl_check_names(p, &id))
		r->job = find(p, &id);
	else if (!manifest_held(p->manifest, &id, &held))
		return sink_tell(p->check, SINK_EXTRA, &id, NULL, err,
				 "'%s' has %s of it, and no line of the manifest does", p->path, noun(p->table));
	return 0;
}

static int take(void *ctx, const void *piece, size_t n, struct err *err)
{
	struct reading *r = ctx;
	const char *p = piece;

	while (n > 0) {
		size_t k = sizeof(r->head) - r->head_len;
		if (k > 0) {
			k = n < k ? n : k;
			memcpy(r->head + r->head_len, p, k);
			r->head_len += k;
			if (r->head_len == sizeof(r->head)) {
				if (begin_job(r, err))
					return -1;
				r->lines++;
				if (r->job)
					sha256_add(r->sha, r->head, sizeof(r->head));
			}
		} else {
			const char *line_end = memchr(p, '\n', n);
			k = line_end ? (size_t)(line_end - p) + 1 : n;
			if (line_end)
				r->head_len = 0;
			if (r->job)
				sha256_add(r->sha, p, k);
		}
		p += k;
		n -= k;
	}
	return 0;
}

/* flatfile_read: what ends the reading because the part is damaged is told apart by own. */
static int decode(void *ctx, const void *piece, size_t n, struct err *err)
{
	struct reading *r = ctx;

	if (r->part->check->stop && *r->part->check->stop)
		return err_set(&r->own, ERR_RETRY, "interrupted");
	if (jsonl_dec_add(r->dec, piece, n, take, r, err) == 0)
		return 0;
	if (r->own.kind == ERR_NONE && err->kind == ERR_JOB)
		r->own = *err;
	return -1;
}

/* Those whose lines are not there; where the part cannot be read to its end, all of them: no engine reads it. */
static int tell_missing(struct reading *r, int there, struct err *err)
{
	const struct jsonl_check_part *p = r->part;
	size_t left = r->own.kind != ERR_NONE ? p->expected : p->expected - r->seen;

	for (size_t i = 0; i < p->n_jobs && left > 0; i++) {
		const struct uuid *id = &p->jobs[i].id;
		int rc;
		const bool seen = (p->jobs[i].seen & 1u << p->table) != 0;
		if ((seen && r->own.kind == ERR_NONE) || !(p->jobs[i].tables & 1u << p->table) ||
		    !jsonl_check_names(p, id))
			continue;
		left--;
		if (there == 0)
			rc = sink_tell(p->check, SINK_MISSING, id, NULL, err, "'%s' is not there, which holds its %s",
				       p->path, noun(p->table));
		else if (r->own.kind != ERR_NONE)
			rc = sink_tell(p->check, SINK_ERROR, id, NULL, err, "'%s', which holds its %s, is damaged: %s",
				       p->path, noun(p->table), r->own.msg);
		else
			rc = sink_tell(p->check, SINK_MISSING, id, NULL, err, "its %s are not in '%s'", noun(p->table),
				       p->path);
		if (rc)
			return -1;
	}
	return 0;
}

static int read_part(struct reading *r, struct err *err)
{
	const int there = flatfile_read(r->part->dir, r->part->path, decode, r, err);

	/* A disk error, a link in its place: other parts may be good. */
	if (there < 0 && r->own.kind == ERR_NONE)
		r->own = *err;
	if (r->own.kind == ERR_RETRY)
		return 0;
	if (there == 1) {
		if (jsonl_dec_end(r->dec, &r->own) == 0 && r->head_len > 0)
			(void)err_set(&r->own, ERR_JOB, "its last line is cut");
		if (r->own.kind == ERR_NONE && end_job(r, err))
			return -1;
	}
	return tell_missing(r, there, err);
}

int jsonl_check_part(const struct jsonl_check_part *p, struct err *err)
{
	const enum jsonl_codec codec = jsonl_codec_of_file(p->path);
	struct reading r = {.part = p};
	int rc;

	if (codec == JSONL_CODECS) {
		(void)err_set(&r.own, ERR_JOB, "its name is not that of a part");
		return tell_missing(&r, 1, err);
	}
	r.dec = jsonl_dec_new(codec);
	r.sha = sha256_new();
	jsontexts_init(&r.places);
	jsontexts_init(&r.digests);
	rc = r.dec && r.sha ? read_part(&r, err) : err_set(err, ERR_FATAL, "out of memory");
	jsontexts_free(&r.places);
	jsontexts_free(&r.digests);
	sha256_free(r.sha);
	jsonl_dec_free(r.dec);
	return rc;
}
