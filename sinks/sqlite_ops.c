/*
 * sqlite_ops.c: jobs, bodies and cells into one SQLite database (contract, "Tables"; sink.h for what a job means).
 *
 * Many jobs make a group, which is one transaction: flush commits it. Each job in it is a savepoint. While a run
 * writes, the journal is a WAL (readers are not kept waiting, a commit costs one fsync); at close it goes, so that what
 * is left is one plain file.
 */
#include "sqlite_file.h"
#include "sqlite_schema.h"
#include "sqlite_sink.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int no_memory(struct err *err)
{
	return err_set(err, ERR_FATAL, "out of memory");
}

/* opening and closing */

static int sqlite_close(struct sink *sink, struct err *err)
{
	struct sqlite *s = sqlite_of(sink);

	(void)err;
	if (s->db) {
		sqlite_read_end(sink);
		if (s->group)
			(void)sqlite_db_exec(s->db, "ROLLBACK", NULL);
		/* Where a reader is connected it stays a WAL, which is as good: nobody waits for that. */
		sqlite_db_patience(s->db, 0);
		if (s->fd >= 0)
			(void)sqlite_db_exec(s->db, "PRAGMA journal_mode=DELETE", NULL);
		sqlite_db_close(s->db);
	}
	if (s->fd >= 0)
		close(s->fd);
	buf_free(&s->cells);
	buf_free(&s->columns);
	buf_free(&s->part);
	sqlite_rows_free(&s->rows);
	buf_free(&s->last_run);
	jsontexts_free(&s->texts);
	jsontexts_free(&s->types);
	free(s->run_id);
	free(s->instance);
	free(s);
	return 0;
}

static int nothing_there(const char *path, struct err *err)
{
	return err_set(err, ERR_FATAL, "'%s' has none of this program's tables: nothing was exported to it", path);
}

/* Where nothing is there, s->db stays NULL. */
static int open_to_read(struct sqlite *s, const char *path, bool must_exist, struct err *err)
{
	int there = sqlite_file_look(path, err);

	if (there == 0 && must_exist)
		return err_set(err, ERR_FATAL, "there is no '%s'", path);
	if (there <= 0)
		return there;
	s->db = sqlite_db_open(path, true, err);
	there = s->db ? sqlite_schema_look(s->db, err) : -1;
	if (there == 0 && must_exist)
		return nothing_there(path, err);
	if (there == 0) {
		sqlite_db_close(s->db);
		s->db = NULL;
	}
	return there <= 0 ? there : sqlite_db_prepare(s->db, sqlite_sql, QUERIES, err);
}

static int open_to_write(struct sqlite *s, const char *path, const struct sink_options *options, struct err *err)
{
	int there = options->must_exist ? sqlite_file_look(path, err) : 1;

	if (there <= 0)
		return there < 0 ? -1 : err_set(err, ERR_FATAL, "there is no '%s'", path);
	s->fd = sqlite_file_hold(path, options->file_mode, err);
	if (s->fd < 0)
		return -1;
	s->db = sqlite_db_open(path, false, err);
	there = s->db ? sqlite_schema_look(s->db, err) : -1;
	if (there == 0 && options->must_exist)
		return nothing_there(path, err);
	if (there < 0 || (there == 0 && sqlite_schema_create(s->db, err)) ||
	    sqlite_db_prepare(s->db, sqlite_sql, QUERIES, err))
		return -1;
	return sqlite_content_prepare(s, err);
}

static struct sink *sqlite_open(const char *target, const struct sink_options *options, struct err *err)
{
	struct sqlite *s;

	if (!*target) {
		err_set(err, ERR_FATAL, "'sqlite:' names no file");
		return NULL;
	}
	s = calloc(1, sizeof(*s));
	if (!s) {
		no_memory(err);
		return NULL;
	}
	s->base.ops = &sqlite_ops;
	s->keep_bodies = options->keep_bodies;
	s->first_rows = options->first_rows;
	s->run_id = options->run_id ? strdup(options->run_id) : NULL;
	s->instance = options->instance ? strdup(options->instance) : NULL;
	buf_init(&s->cells, SQLITE_CELLS_MAX);
	buf_init(&s->columns, SQLITE_CELLS_MAX);
	buf_init(&s->part, SQLITE_PART_SIZE);
	sqlite_rows_init(&s->rows);
	buf_init(&s->last_run, 4096);
	jsontexts_init(&s->texts);
	jsontexts_init(&s->types);
	s->fd = -1;
	if ((options->run_id && !s->run_id) || (options->instance && !s->instance)) {
		no_memory(err);
		goto fail;
	}
	if ((options->read_only ? open_to_read(s, target, options->must_exist, err)
				: open_to_write(s, target, options, err)))
		goto fail;
	return &s->base;
fail:
	(void)sqlite_close(&s->base, NULL);
	return NULL;
}

/* jobs */

int sqlite_ops_open_group(struct sqlite *s, struct err *err)
{
	if (s->broken.kind != ERR_NONE) {
		*err = s->broken;
		return -1;
	}
	if (s->group)
		return 0;
	if (!s->wrote) {
		/* Refused on some network file systems, or while others read: then without. */
		sqlite_db_patience(s->db, 1000);
		(void)sqlite_db_exec(s->db, "PRAGMA journal_mode=WAL", NULL);
		sqlite_db_patience(s->db, SQLITE_DB_PATIENCE);
		s->wrote = true;
	}
	if (sqlite_db_run(s->db, Q_GROUP, err))
		return -1;
	s->group = true;
	return 0;
}

static int sqlite_begin(struct sink *sink, const struct job *job, struct err *err)
{
	struct sqlite *s = sqlite_of(sink);

	uuid_format(&job->id, s->id);
	s->part_no = 0;
	buf_clear(&s->part);
	if (sqlite_ops_open_group(s, err) || sqlite_db_run(s->db, Q_JOB, err))
		return -1;
	s->savepoint = true;
	if (sqlite_ledger_decide(s, job, err))
		return -1;
	return s->deed.kind == DEED_REPLACE ? sqlite_content_delete(s, err) : 0;
}

static int sqlite_commit(struct sink *sink, const struct job *job, struct err *err)
{
	struct sqlite *s = sqlite_of(sink);

	if (sqlite_content_end(s, err) || sqlite_ledger_write(s, job, err))
		return -1;
	if ((s->deed.kind == DEED_REPLACE && sqlite_rerun_sweep(s, err)) || sqlite_db_run(s->db, Q_JOB_KEEP, err))
		return -1;
	s->savepoint = false;
	return 0;
}

static void sqlite_rollback(struct sink *sink)
{
	struct sqlite *s = sqlite_of(sink);

	sqlite_rows_drop(&s->rows);
	if (s->savepoint && sqlite_db_run(s->db, Q_JOB_UNDO, &s->broken) == 0)
		(void)sqlite_db_run(s->db, Q_JOB_KEEP, &s->broken);
	s->savepoint = false;
}

int sqlite_ops_commit_group(struct sqlite *s, struct err *err)
{
	if (s->broken.kind != ERR_NONE) {
		*err = s->broken;
		return -1;
	}
	if (!s->group)
		return 0;
	if (sqlite_db_run(s->db, Q_COMMIT, err))
		return -1;
	s->group = false;
	return sqlite_db_in_place(s->db, err);
}

static int sqlite_flush(struct sink *sink, struct err *err)
{
	return sqlite_ops_commit_group(sqlite_of(sink), err);
}

static int sqlite_record_run(struct sink *sink, const struct run_record *run, struct err *err)
{
	struct sqlite *s = sqlite_of(sink);
	const bool finished = stamp_is_set(&run->finished_at);

	sqlite_db_bind_text(s->db, Q_RUN, 1, text_of(run->run_id));
	sqlite_bind_stamp(s, Q_RUN, 2, &run->started_at);
	sqlite_bind_stamp(s, Q_RUN, 3, &run->finished_at);
	sqlite_db_bind_text(s->db, Q_RUN, 4, text_of(run->version));
	sqlite_bind_known(s, Q_RUN, 5, finished, run->exit_code);
	sqlite_db_bind_text(s->db, Q_RUN, 6, run->summary);
	/* By itself, without a WAL where no job was written: that would be made and removed for this one row. */
	return sqlite_db_run(s->db, Q_RUN, err);
}

const struct sink_ops sqlite_ops = {
    .scheme = "sqlite",
    .has = SINK_LEDGER | SINK_RUNS | SINK_BODIES | SINK_CELLS | SINK_CONTENT | SINK_RERUNS | SINK_VIEWS,
    .open = sqlite_open,
    .states = sqlite_ledger_states,
    .begin = sqlite_begin,
    .action = sqlite_content_action,
    .result = sqlite_content_result,
    .row = sqlite_content_row,
    .result_end = sqlite_content_result_end,
    .body = sqlite_content_body,
    .commit = sqlite_commit,
    .rollback = sqlite_rollback,
    .flush = sqlite_flush,
    .record_run = sqlite_record_run,
    .next_job = sqlite_ledger_next_job,
    .next_run = sqlite_ledger_next_run,
    .read_job = sqlite_ledger_read_job,
    .read_body = sqlite_content_read_body,
    .rerun_begin = sqlite_rerun_begin,
    .rerun_row = sqlite_rerun_row,
    .rerun_commit = sqlite_rerun_commit,
    .rerun_rollback = sqlite_rerun_rollback,
    .next_truncated = sqlite_rerun_next_truncated,
    .read_truncated = sqlite_rerun_read_truncated,
    .read_content = sqlite_read_content,
    .next_item = sqlite_read_next,
    .end_content = sqlite_read_end,
    .check = sqlite_check,
    .mend = sqlite_mend,
    .views = sqlite_views,
    .close = sqlite_close,
};
