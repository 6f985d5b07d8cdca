/*
 * jsonl.c: jobs into part files for engines that read many files at once (contract, "Flat files"; sink.h for what a job
 * means).
 *
 * Jobs are written into one open part (jsonl_parts.h) until it is full: that is this sink's group. flush closes it, in
 * an order in which no crash can leave a job half there or twice:
 *
 *     1. the part's files, whole and durable, under .new
 *     2. a note of what may hold waste after step 4 (jsonl_settle.h)
 *     3. the files get their names: nobody counts them yet
 *     4. the manifest lines, in one go: from here on the new part counts for its jobs, and no other
 *     5. the parts of jobs that were replaced are rewritten without them, and the note goes
 *
 * What a crash between two steps leaves is cleared away by the next opening.
 */
#include "flatcheck.h"
#include "jsonl_check.h"
#include "jsonl_settle.h"
#include "jsonl_sink.h"
#include "jsonl_sweep.h"
#include "jsonl_target.h"

#include <stdlib.h>
#include <string.h>

#define PLACES_MAX ((size_t)64 << 20)

static const struct manifest_kind kind = {.sink = "jsonl", .places = "parts", .shared = true};

static int no_memory(struct err *err)
{
	return err_set(err, ERR_FATAL, "out of memory");
}

/* --- opening and closing --- */

static int jsonl_close(struct sink *sink, struct err *err)
{
	struct jsonl *s = jsonl_of(sink);
	const bool wrote = s->parts != NULL;
	int rc = 0;

	flatfile_drop(&s->body);
	jsonl_parts_free(s->parts);
	if (wrote)
		rc = flatdir_remove(s->dir, JSONL_NEW, err);
	manifest_close(s->manifest);
	flatdir_close(s->dir);
	buf_free(&s->replaced);
	buf_free(&s->gone);
	buf_free(&s->places);
	buf_free(&s->digests);
	free(s->run_id);
	free(s);
	return rc;
}

static int open_dir(struct jsonl *s, const struct jsonl_target *target, const struct sink_options *options,
		    struct err *err)
{
	s->dir = flatdir_open(target->dir, options, err);
	if (!s->dir || (!options->read_only && jsonl_sweep_look(s->dir, err)))
		return -1;
	s->manifest = manifest_open(s->dir, &kind, options, err);
	if (!s->manifest || options->read_only)
		return s->manifest ? 0 : -1;
	s->parts = jsonl_parts_new(s->dir, target->codec, s->run_id);
	return s->parts ? jsonl_sweep(s->dir, s->manifest, s->parts, err) : no_memory(err);
}

static struct sink *jsonl_open(const char *spec, const struct sink_options *options, struct err *err)
{
	struct jsonl_target target;
	struct jsonl *s;
	int rc;

	if (jsonl_target_parse(spec, &target, err))
		return NULL;
	s = calloc(1, sizeof(*s));
	if (!s) {
		jsonl_target_free(&target);
		no_memory(err);
		return NULL;
	}
	s->base.ops = &jsonl_ops;
	s->body = (struct flatfile){.fd = -1};
	buf_init(&s->replaced, PLACES_MAX);
	buf_init(&s->gone, PLACES_MAX);
	buf_init(&s->places, PLACES_MAX);
	buf_init(&s->digests, PLACES_MAX);
	s->run_id = strdup(options->run_id ? options->run_id : "");
	rc = s->run_id ? open_dir(s, &target, options, err) : no_memory(err);
	jsonl_target_free(&target);
	if (rc == 0)
		return &s->base;
	(void)jsonl_close(&s->base, &(struct err){0});
	return NULL;
}

/* --- groups --- */

static int publish(struct jsonl *s, struct err *err)
{
	struct buf note;
	int rc;

	if (jsonl_parts_finish(s->parts, err))
		return -1;
	buf_init(&note, 2 * PLACES_MAX);
	rc = jsonl_parts_paths(s->parts, &note) || buf_add(&note, buf_cstr(&s->replaced), s->replaced.len)
		 ? no_memory(err)
		 : 0;
	if (rc == 0 && note.len > 0)
		rc = jsonl_settle_note(s->dir, buf_text(&note), err);
	buf_free(&note);
	return rc ? rc : jsonl_parts_publish(s->parts, err);
}

static int remove_gone(struct jsonl *s, struct err *err)
{
	const char *p = buf_cstr(&s->gone), *line_end;

	for (; (line_end = strchr(p, '\n')) != NULL; p = line_end + 1) {
		char path[JSONL_SWEEP_BODY_MAX];
		memcpy(path, p, (size_t)(line_end - p));
		path[line_end - p] = '\0';
		if (flatdir_remove(s->dir, path, err))
			return -1;
	}
	return 0;
}

int jsonl_flush(struct sink *sink, struct err *err)
{
	struct jsonl *s = jsonl_of(sink);

	if (s->broken.kind != ERR_NONE) {
		*err = s->broken;
		return -1;
	}
	if (s->jobs == 0)
		return 0;
	if (publish(s, err) || (s->bodies && flatdir_sync(s->dir, JSONL_UNREADABLE, err)) ||
	    (s->bodies && flatdir_sync(s->dir, "", err)) || manifest_flush(s->manifest, err) || remove_gone(s, err) ||
	    jsonl_settle_parts(s->dir, s->manifest, buf_text(&s->replaced), err))
		return -1;
	s->jobs = 0;
	s->bodies = false;
	buf_clear(&s->replaced);
	buf_clear(&s->gone);
	return 0;
}

/* --- the ledger --- */

static int jsonl_states(struct sink *sink, const struct uuid *ids, size_t n, struct ledger_entry *out, struct err *err)
{
	return manifest_states(jsonl_of(sink)->manifest, ids, n, out, err);
}

/* A manifest has no place for runs (manifest.h). */
static int jsonl_record_run(struct sink *sink, const struct run_record *run, struct err *err)
{
	(void)sink, (void)run, (void)err;
	return 0;
}

static int jsonl_next_job(struct sink *sink, struct job *out, struct err *err)
{
	return manifest_next_job(jsonl_of(sink)->manifest, out, err);
}

static int jsonl_next_run(struct sink *sink, struct run_record *out, struct err *err)
{
	(void)sink, (void)out, (void)err;
	return 0;
}

static int jsonl_read_job(struct sink *sink, const struct uuid *id, struct job *job, struct err *err)
{
	return manifest_read_job(jsonl_of(sink)->manifest, id, job, err);
}

/* Only what is unreadable is kept as it came. */
static int jsonl_read_body(struct sink *sink, const struct uuid *id, sink_piece_fn piece, void *ctx, struct err *err)
{
	struct jsonl *s = jsonl_of(sink);
	char path[JSONL_SWEEP_BODY_MAX];
	struct manifest_held held;
	int rc;

	if (!manifest_held(s->manifest, id, &held) || !held.has_body)
		return 0;
	rc = flatfile_read(s->dir, jsonl_sweep_body(id, path), piece, ctx, err);
	if (rc == 0)
		return err_set(err, ERR_JOB, "'%s/%s' is not there, and the manifest says that it is",
			       flatdir_path(s->dir), path);
	return rc;
}

static int jsonl_check(struct sink *sink, const struct sink_check *check, struct err *err)
{
	struct jsonl *s = jsonl_of(sink);

	return jsonl_check_parts(s->dir, s->manifest, check, err) ||
		       flatcheck_bodies(s->dir, s->manifest, JSONL_UNREADABLE, false, check, err)
		   ? -1
		   : 0;
}

const struct sink_ops jsonl_ops = {
    .scheme = "jsonl",
    .has = SINK_LEDGER | SINK_CELLS,
    .lazy = true,
    .open = jsonl_open,
    .states = jsonl_states,
    .begin = jsonl_job_begin,
    .action = jsonl_job_action,
    .result = jsonl_job_result,
    .row = jsonl_job_row,
    .result_end = jsonl_job_result_end,
    .body = jsonl_job_body,
    .commit = jsonl_job_commit,
    .rollback = jsonl_job_rollback,
    .flush = jsonl_flush,
    .record_run = jsonl_record_run,
    .next_job = jsonl_next_job,
    .next_run = jsonl_next_run,
    .read_job = jsonl_read_job,
    .read_body = jsonl_read_body,
    .read_content = sink_without_content,
    .next_item = sink_without_items,
    .end_content = sink_without_end,
    .check = jsonl_check,
    .mend = sink_without_mend,
    .close = jsonl_close,
};
