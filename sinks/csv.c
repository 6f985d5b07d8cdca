/*
 * csv.c: a folder for each job, for people and spreadsheets (contract, "Flat files"):
 *
 *     DIR/<job_id>/job.json                  columns of jobs and results, and which rows belong to which section
 *     DIR/<job_id>/answer.md                 the message
 *     DIR/<job_id>/actions.csv
 *     DIR/<job_id>/<action_index>-<slug of the query name>.csv        one for each result that has a CSV
 *     DIR/unreadable/<job_id>.json.zst       a body that cannot be read as a result
 *     DIR/manifest.jsonl                     the ledger; what comes after a result (an error, another expiry) is there
 *
 * The folder is written as .new-<job_id>-<content> (flatstage.h) and exchanged with an older one, which then has that
 * name until it is removed. job.json says which of the two a folder is.
 */
#include "csv_sink.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ASIDE    ".old-"
#define JSON_MAX ((size_t)1 << 30)

/* opening and closing */

static char *old_name(const char *id, char out[FLATSTAGE_PATH])
{
	(void)snprintf(out, FLATSTAGE_PATH, ASIDE "%s", id);
	return out;
}

/* flatstage: the staged folder takes the place of the job's. */
static int place(void *ctx, const struct uuid *id, const char *staged, bool has_body, struct err *err)
{
	struct csv *s = ctx;
	char to[UUID_TEXT_LEN + 1], aside[FLATSTAGE_PATH], again[FLATSTAGE_PATH];
	enum flatdir_kind old = FLATDIR_NOTHING;
	uint64_t content;

	(void)has_body;
	uuid_format(id, to);
	if (csv_job_content(s, staged, &content, err))
		return -1;
	/* Else a crash came after the exchange, and this is the old one. */
	if (content && strcmp(flatstage_name(id, content, again), staged) == 0) {
		if (flatdir_swap(s->dir, staged, to, old_name(to, aside), err) ||
		    flatdir_look(s->dir, staged, &old, err))
			return -1;
		/* The new one must be at its place before the old one goes. */
		if (old != FLATDIR_NOTHING && flatdir_sync(s->dir, "", err))
			return -1;
	}
	return flatdir_remove(s->dir, staged, err);
}

/* What an exchange by way of .old-<job_id> left, after the staged names were settled: with a folder in its place it is
 * the older one of two. */
static int put_back(void *ctx, const char *name, struct err *err)
{
	struct csv *s = ctx;
	const char *id = name + strlen(ASIDE);
	enum flatdir_kind kind;
	struct uuid uuid;

	if (!uuid_parse(id, strlen(id), &uuid))
		return 0;
	if (flatdir_look(s->dir, id, &kind, err))
		return -1;
	return kind == FLATDIR_NOTHING ? flatdir_rename(s->dir, name, id, err) : flatdir_remove(s->dir, name, err);
}

static void csv_rollback(struct sink *sink)
{
	struct csv *s = csv_of(sink);
	struct err ignored;

	csv_content_drop(s);
	flatfile_drop(&s->body);
	if (s->has_staged)
		(void)flatdir_remove(s->dir, s->staged, &ignored);
	s->has_staged = false;
}

static int csv_close(struct sink *sink, struct err *err)
{
	struct csv *s = csv_of(sink);

	(void)err;
	csv_rollback(sink);
	flatstage_close(&s->stage);
	manifest_close(s->manifest);
	flatdir_close(s->dir);
	buf_free(&s->places);
	buf_free(&s->sums);
	buf_free(&s->digests);
	buf_free(&s->json);
	buf_free(&s->sections);
	free(s);
	return 0;
}

/* DIR, with what follows the last '?' as options. The folder's path is the caller's to free. */
static int parse_target(const char *target, char **dir, struct csv_cells_style *style, struct err *err)
{
	const char *mark = strrchr(target, '?');

	if (mark && strcmp(mark, "?formulas=escape") == 0)
		style->escape = true;
	else if (mark)
		return err_set(err, ERR_USAGE, "unknown option '%.100s' of 'csv:' (there is formulas=escape)",
			       mark + 1);
	if (mark == target || !*target)
		return err_set(err, ERR_USAGE, "'csv:' names no folder");
	*dir = mark ? strndup(target, (size_t)(mark - target)) : strdup(target);
	return *dir ? 0 : err_set(err, ERR_FATAL, "out of memory");
}

static int open_parts(struct csv *s, const char *dir, const struct sink_options *options, struct err *err)
{
	static const struct manifest_kind kind = {.sink = "csv", .places = "files"};

	s->dir = flatdir_open(dir, options, err);
	s->manifest = s->dir ? manifest_open(s->dir, &kind, options, err) : NULL;
	if (!s->manifest)
		return -1;
	s->stage = (struct flatstage){.dir = s->dir, .manifest = s->manifest, .place = place, .ctx = s};
	if (options->read_only)
		return 0;
	return flatstage_recover(&s->stage, err) || flatdir_list(s->dir, "", ASIDE, put_back, s, err) ? -1 : 0;
}

static struct sink *csv_open(const char *target, const struct sink_options *options, struct err *err)
{
	struct csv *s = calloc(1, sizeof(*s));
	char *dir = NULL;
	int rc;

	if (!s) {
		err_set(err, ERR_FATAL, "out of memory");
		return NULL;
	}
	s->base.ops = &csv_ops;
	s->body.fd = s->actions.fd = s->result.fd = s->job.fd = -1;
	buf_init(&s->places, MANIFEST_LINE_MAX);
	buf_init(&s->sums, MANIFEST_LINE_MAX);
	buf_init(&s->digests, MANIFEST_LINE_MAX);
	buf_init(&s->json, JSON_MAX);
	buf_init(&s->sections, MANIFEST_LINE_MAX);
	rc = parse_target(target, &dir, &s->style, err) || open_parts(s, dir, options, err);
	free(dir);
	if (rc) {
		(void)csv_close(&s->base, NULL);
		return NULL;
	}
	return &s->base;
}

/* jobs */

static int csv_begin(struct sink *sink, const struct job *job, struct err *err)
{
	struct csv *s = csv_of(sink);

	s->deed = manifest_decide(s->manifest, job, false);
	s->content = manifest_new_content(s->manifest);
	s->has_staged = false;
	uuid_format(&job->id, s->id);
	flatstage_name(&job->id, s->content, s->staged);
	return s->deed.kind == DEED_REPLACE ? csv_content_begin(s, err) : 0;
}

/* Only of an unreadable body something is kept. */
static int csv_body(struct sink *sink, const void *piece, size_t n, struct err *err)
{
	struct csv *s = csv_of(sink);

	if (!s->deed.take_body || n == 0)
		return 0;
	if (s->body.fd < 0 && flatfile_begin(&s->body, s->dir, s->staged, err))
		return -1;
	s->has_staged = true;
	return flatfile_add(&s->body, piece, n, err);
}

static int csv_commit(struct sink *sink, const struct job *job, struct err *err)
{
	struct csv *s = csv_of(sink);
	const bool fresh = flatstage_fresh(&s->stage, &job->id);
	struct manifest_line line;
	char path[FLATSTAGE_PATH], places[FLATSTAGE_PATH + 8];

	if (s->deed.kind == DEED_NOTHING)
		return 0;
	if (manifest_merge(s->manifest, job, &s->deed, &line, err))
		return -1;
	if (s->deed.kind == DEED_REPLACE) {
		if (csv_content_end(s, &line.job, line.run_id, err))
			return -1;
		line.places = buf_text(&s->places);
		line.digests = buf_text(&s->digests);
	} else if (s->has_staged) {
		if (flatfile_end(&s->body, err) || flatdir_make(s->dir, FLATSTAGE_UNREADABLE, err))
			return -1;
		(void)snprintf(places, sizeof(places), "[\"%s\"]", flatstage_unreadable(&job->id, path));
		line.has_body = true;
		line.places = text_of(places);
		line.digests = TEXT_NULL;
	}
	if (s->has_staged)
		line.content = s->content;
	if (manifest_put(s->manifest, &line, err))
		return -1;
	if (s->has_staged && flatstage_add(&s->stage, &job->id, s->content, fresh, err))
		return -1;
	s->has_staged = false;
	return 0;
}

static int csv_flush(struct sink *sink, struct err *err)
{
	return flatstage_flush(&csv_of(sink)->stage, err);
}

static int csv_record_run(struct sink *sink, const struct run_record *run, struct err *err)
{
	(void)sink, (void)run, (void)err;
	return 0;
}

/* reading */

static int csv_states(struct sink *sink, const struct uuid *ids, size_t n, struct ledger_entry *out, struct err *err)
{
	return manifest_states(csv_of(sink)->manifest, ids, n, out, err);
}

static int csv_next_job(struct sink *sink, struct job *out, struct err *err)
{
	return manifest_next_job(csv_of(sink)->manifest, out, err);
}

static int csv_next_run(struct sink *sink, struct run_record *out, struct err *err)
{
	(void)sink, (void)out, (void)err;
	return 0;
}

static int csv_read_job(struct sink *sink, const struct uuid *id, struct job *job, struct err *err)
{
	return manifest_read_job(csv_of(sink)->manifest, id, job, err);
}

static int csv_read_body(struct sink *sink, const struct uuid *id, sink_piece_fn piece, void *ctx, struct err *err)
{
	return flatstage_read_body(&csv_of(sink)->stage, id, NULL, piece, ctx, err);
}

const struct sink_ops csv_ops = {
    .scheme = "csv",
    .has = SINK_LEDGER | SINK_CELLS,
    .open = csv_open,
    .states = csv_states,
    .begin = csv_begin,
    .action = csv_content_action,
    .result = csv_content_result,
    .row = csv_content_row,
    .result_end = csv_content_result_end,
    .body = csv_body,
    .commit = csv_commit,
    .rollback = csv_rollback,
    .flush = csv_flush,
    .record_run = csv_record_run,
    .next_job = csv_next_job,
    .next_run = csv_next_run,
    .read_job = csv_read_job,
    .read_body = csv_read_body,
    .read_content = sink_without_content,
    .next_item = sink_without_items,
    .end_content = sink_without_end,
    .check = csv_check,
    .mend = sink_without_mend,
    .close = csv_close,
};
