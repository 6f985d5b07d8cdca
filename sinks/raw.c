/*
 * raw.c: the untouched bodies, each a zstd frame of its own, and the manifest (contract, "Flat files"):
 *
 *     DIR/<first two hex digits>/<job_id>.json.zst        zstd -d gives the very bytes that the API sent
 *     DIR/unreadable/<job_id>.json.zst                    a body that cannot be read as a result
 *     DIR/manifest.jsonl
 *
 * Bodies are always kept: keep_bodies is for sinks that have something else. How they get there whole: flatstage.h.
 */
#include "flatcheck.h"
#include "flatstage.h"

#include <stdio.h>
#include <stdlib.h>

struct raw {
	struct sink base;
	struct flatdir *dir;
	struct manifest *manifest;
	struct flatstage stage;

	/* the job under way */
	struct deed deed;
	uint64_t content;
	char staged[FLATSTAGE_PATH];
	struct flatfile file; /* opened by the first piece of its body */
	bool has_body;
};

static struct raw *raw_of(struct sink *s)
{
	return (struct raw *)s;
}

static char *body_path(const struct uuid *id, char out[FLATSTAGE_PATH])
{
	char text[UUID_TEXT_LEN + 1];

	uuid_format(id, text);
	(void)snprintf(out, FLATSTAGE_PATH, "%.2s/%s.json.zst", text, text);
	return out;
}

static int make_shard(struct raw *r, const struct uuid *id, struct err *err)
{
	char folder[3];

	(void)snprintf(folder, sizeof(folder), "%02x", id->b[0]);
	return flatdir_make(r->dir, folder, err);
}

/* flatstage: from the staged name to the folder of its first two digits. */
static int place(void *ctx, const struct uuid *id, const char *staged, bool has_body, struct err *err)
{
	struct raw *r = ctx;
	char path[FLATSTAGE_PATH];

	body_path(id, path);
	if (!has_body)
		return flatdir_remove(r->dir, path, err);
	if (make_shard(r, id, err) || flatdir_rename(r->dir, staged, path, err))
		return -1;
	path[2] = '\0';
	return flatdir_sync(r->dir, path, err);
}

static void raw_rollback(struct sink *sink)
{
	struct raw *r = raw_of(sink);
	struct err ignored;

	flatfile_drop(&r->file);
	if (r->has_body)
		(void)flatdir_remove(r->dir, r->staged, &ignored);
	r->has_body = false;
}

static int raw_close(struct sink *sink, struct err *err)
{
	struct raw *r = raw_of(sink);

	(void)err;
	raw_rollback(sink);
	flatstage_close(&r->stage);
	manifest_close(r->manifest);
	flatdir_close(r->dir);
	free(r);
	return 0;
}

static struct sink *raw_open(const char *target, const struct sink_options *options, struct err *err)
{
	static const struct manifest_kind kind = {.sink = "raw", .places = "files"};
	struct raw *r;

	if (!*target) {
		err_set(err, ERR_USAGE, "'raw:' names no folder");
		return NULL;
	}
	r = calloc(1, sizeof(*r));
	if (!r) {
		err_set(err, ERR_FATAL, "out of memory");
		return NULL;
	}
	r->base.ops = &raw_ops;
	r->file.fd = -1;
	r->dir = flatdir_open(target, options, err);
	r->manifest = r->dir ? manifest_open(r->dir, &kind, options, err) : NULL;
	r->stage = (struct flatstage){.dir = r->dir, .manifest = r->manifest, .place = place, .ctx = r};
	if (!r->manifest || (!options->read_only && flatstage_recover(&r->stage, err))) {
		(void)raw_close(&r->base, NULL);
		return NULL;
	}
	return &r->base;
}

/* jobs */

static int raw_begin(struct sink *sink, const struct job *job, struct err *err)
{
	struct raw *r = raw_of(sink);

	(void)err;
	r->deed = manifest_decide(r->manifest, job, true);
	r->content = manifest_new_content(r->manifest);
	r->has_body = false;
	flatstage_name(&job->id, r->content, r->staged);
	return 0;
}

static int raw_body(struct sink *sink, const void *piece, size_t n, struct err *err)
{
	struct raw *r = raw_of(sink);

	if (!r->deed.take_body || n == 0)
		return 0;
	if (r->file.fd < 0 && flatfile_begin(&r->file, r->dir, r->staged, err))
		return -1;
	r->has_body = true;
	return flatfile_add(&r->file, piece, n, err);
}

/* Before the line says that something is in it. */
static int make_folder(struct raw *r, const struct job *job, struct err *err)
{
	return job->state == JOB_STORED ? make_shard(r, &job->id, err)
					: flatdir_make(r->dir, FLATSTAGE_UNREADABLE, err);
}

static int put(struct raw *r, const struct job *job, struct err *err)
{
	const bool changes = r->deed.kind == DEED_REPLACE || r->has_body;
	const bool fresh = flatstage_fresh(&r->stage, &job->id);
	struct manifest_line line;
	char path[FLATSTAGE_PATH], places[FLATSTAGE_PATH + 8];

	if (manifest_merge(r->manifest, job, &r->deed, &line, err))
		return -1;
	if (r->has_body) {
		if (job->state == JOB_STORED)
			body_path(&job->id, path);
		else
			flatstage_unreadable(&job->id, path);
		(void)snprintf(places, sizeof(places), "[\"%s\"]", path);
		line.has_body = true;
		line.places = text_of(places);
	}
	if (changes)
		line.content = r->content;
	if (manifest_put(r->manifest, &line, err))
		return -1;
	return changes ? flatstage_add(&r->stage, &job->id, r->content, fresh, err) : 0;
}

static int raw_commit(struct sink *sink, const struct job *job, struct err *err)
{
	struct raw *r = raw_of(sink);

	if (r->deed.kind == DEED_NOTHING)
		return 0;
	if (r->file.fd >= 0 && (flatfile_end(&r->file, err) || make_folder(r, job, err)))
		return -1;
	if (put(r, job, err))
		return -1;
	r->has_body = false;
	return 0;
}

static int raw_flush(struct sink *sink, struct err *err)
{
	return flatstage_flush(&raw_of(sink)->stage, err);
}

/* what raw: does not keep */

static int raw_action(struct sink *sink, const struct action *action, struct err *err)
{
	(void)sink, (void)action, (void)err;
	return 0;
}

static int raw_result(struct sink *sink, const struct query_result *result, struct err *err)
{
	(void)sink, (void)result, (void)err;
	return 0;
}

static int raw_row(struct sink *sink, const struct row *row, struct err *err)
{
	(void)sink, (void)row, (void)err;
	return 0;
}

static int raw_record_run(struct sink *sink, const struct run_record *run, struct err *err)
{
	(void)sink, (void)run, (void)err;
	return 0;
}

/* reading */

static int raw_states(struct sink *sink, const struct uuid *ids, size_t n, struct ledger_entry *out, struct err *err)
{
	return manifest_states(raw_of(sink)->manifest, ids, n, out, err);
}

static int raw_next_job(struct sink *sink, struct job *out, struct err *err)
{
	return manifest_next_job(raw_of(sink)->manifest, out, err);
}

static int raw_next_run(struct sink *sink, struct run_record *out, struct err *err)
{
	(void)sink, (void)out, (void)err;
	return 0;
}

static int raw_read_job(struct sink *sink, const struct uuid *id, struct job *job, struct err *err)
{
	return manifest_read_job(raw_of(sink)->manifest, id, job, err);
}

static int raw_read_body(struct sink *sink, const struct uuid *id, sink_piece_fn piece, void *ctx, struct err *err)
{
	char path[FLATSTAGE_PATH];

	return flatstage_read_body(&raw_of(sink)->stage, id, body_path(id, path), piece, ctx, err);
}

/* Whether the bodies are what they should be is seen by whoever reads them. */
static int raw_check(struct sink *sink, const struct sink_check *check, struct err *err)
{
	struct raw *r = raw_of(sink);
	char shard[3], path[FLATSTAGE_PATH];
	struct job job;
	int more;

	while ((more = manifest_next_job(r->manifest, &job, err)) == 1) {
		const int there = check->wanted(check->ctx, &job.id)
				      ? flatstage_has_body(&r->stage, &job.id, body_path(&job.id, path), err)
				      : 1;
		if (there < 0 ||
		    (there == 0 && sink_tell(check, SINK_MISSING, &job.id, NULL, err,
					     "its body is not there, and the manifest says that it is kept")))
			return -1;
	}
	if (more < 0)
		return -1;
	for (unsigned i = 0; i < 256; i++) {
		(void)snprintf(shard, sizeof(shard), "%02x", i);
		if (flatcheck_bodies(r->dir, r->manifest, shard, true, check, err))
			return -1;
	}
	return flatcheck_bodies(r->dir, r->manifest, FLATSTAGE_UNREADABLE, false, check, err);
}

const struct sink_ops raw_ops = {
    .scheme = "raw",
    .has = SINK_LEDGER | SINK_BODIES,
    .open = raw_open,
    .states = raw_states,
    .begin = raw_begin,
    .action = raw_action,
    .result = raw_result,
    .row = raw_row,
    .result_end = raw_result,
    .body = raw_body,
    .commit = raw_commit,
    .rollback = raw_rollback,
    .flush = raw_flush,
    .record_run = raw_record_run,
    .next_job = raw_next_job,
    .next_run = raw_next_run,
    .read_job = raw_read_job,
    .read_body = raw_read_body,
    .read_content = sink_without_content,
    .next_item = sink_without_items,
    .end_content = sink_without_end,
    .check = raw_check,
    .mend = sink_without_mend,
    .close = raw_close,
};
