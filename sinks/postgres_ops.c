/*
 * postgres_ops.c: jobs, bodies and cells into a schema of a PostgreSQL database (contract, "Tables"; sink.h for what a
 * job means; postgres_sink.h for how it goes).
 */
#include "postgres_sink.h"

#include "postgres_target.h"

#include <stdlib.h>
#include <string.h>

#define NAME_MAX_BYTES 63 /* of a name; the server cuts longer ones */

static int no_memory(struct err *err)
{
	return err_set(err, ERR_FATAL, "out of memory");
}

/* opening and closing */

static int postgres_close(struct sink *sink, struct err *err)
{
	struct postgres *s = postgres_of(sink);

	(void)err;
	if (s->db && !postgres_db_lost(s->db) && s->taken > 0) {
		/* The server lets go of the hold at once, and not when it sees that we are gone. */
		if (s->copying >= 0)
			postgres_db_copy_stop(s->db);
		if (s->open)
			(void)postgres_db_exec(s->db, "ROLLBACK", NULL);
		postgres_lease_release(s);
	}
	postgres_db_close(s->db);
	postgres_rerun_free(s);
	for (int t = 0; t < POSTGRES_TABLES; t++)
		buf_free(&s->tuples[t]);
	buf_free(&s->calls);
	buf_free(&s->replaced);
	buf_free(&s->ids);
	buf_free(&s->part);
	buf_free(&s->columns);
	buf_free(&s->quoted);
	buf_free(&s->display);
	buf_free(&s->sql);
	buf_free(&s->args);
	buf_free(&s->lease_args);
	postgres_read_free(s->read);
	free(s->page);
	buf_free(&s->page_text);
	buf_free(&s->last_run);
	free(s->conninfo);
	free(s->schema_name);
	free(s->run_id);
	free(s->instance);
	free(s);
	return 0;
}

/* Of the advisory lock: one for each schema (locks of a database are its own). */
static int64_t key_of(const char *schema, struct err *err)
{
	struct sha256 *sha = sha256_new();
	uint8_t digest[SHA256_LEN];
	uint64_t key = 0;

	if (!sha)
		return no_memory(err);
	sha256_add(sha, "omni-export ", 12);
	sha256_add(sha, schema, strlen(schema));
	sha256_end(sha, digest);
	sha256_free(sha);
	for (int i = 0; i < 8; i++)
		key = key << 8 | digest[i];
	return (int64_t)(key >> 1); /* never negative */
}

static struct postgres *make(const struct sink_options *options, struct err *err)
{
	const char *schema = options->pg_schema ? options->pg_schema : "omni_export";
	struct postgres *s = calloc(1, sizeof(*s));
	struct buf *const bufs[] = {&s->calls, &s->replaced, &s->ids,        &s->columns,   &s->quoted,  &s->display,
				    &s->sql,   &s->args,     &s->lease_args, &s->page_text, &s->last_run};

	if (!s) {
		no_memory(err);
		return NULL;
	}
	for (int t = 0; t < POSTGRES_TABLES; t++)
		buf_init(&s->tuples[t], SIZE_MAX / 2);
	for (size_t i = 0; i < sizeof(bufs) / sizeof(bufs[0]); i++)
		buf_init(bufs[i], SIZE_MAX / 2);
	buf_init(&s->part, POSTGRES_PART_SIZE);
	postgres_rerun_init(s);
	s->copying = -1;
	s->keep_bodies = options->keep_bodies;
	s->read_only = options->read_only;
	s->first_rows = options->first_rows;
	s->must_exist = options->must_exist;
	s->stop = options->stop;
	s->schema_name = strdup(schema);
	s->run_id = options->run_id ? strdup(options->run_id) : NULL;
	s->instance = options->instance ? strdup(options->instance) : NULL;
	if (!s->schema_name || (options->run_id && !s->run_id) || (options->instance && !s->instance)) {
		(void)postgres_close(&s->base, NULL);
		no_memory(err);
		return NULL;
	}
	return s;
}

static int connect_first(struct postgres *s, struct err *err)
{
	s->db = postgres_db_open(s->conninfo, s->stop, err);
	if (!s->db || postgres_db_quote(s->db, s->schema_name, &s->quoted, err))
		return -1;
	return buf_addf(&s->display, "schema '%s' of database %s", s->schema_name, postgres_db_name(s->db))
		   ? no_memory(err)
		   : 0;
}

static int nothing_there(const struct postgres *s, struct err *err)
{
	return err_set(err, ERR_FATAL, "%s has none of this program's tables: nothing was exported to it",
		       buf_cstr(&s->display));
}

static int open_to_read(struct postgres *s, struct err *err)
{
	const struct postgres_schema schema = {s->schema_name, buf_cstr(&s->quoted)};
	const int there = postgres_schema_look(s->db, &schema, err);

	s->there = there == 1;
	if (there == 0 && s->must_exist)
		return nothing_there(s, err);
	if (!s->there)
		return there;
	return postgres_schema_rights(s->db, &schema, false, err) ? -1 : postgres_rerun_look(s, err);
}

static int open_to_write(struct postgres *s, struct err *err)
{
	const struct postgres_schema schema = {s->schema_name, buf_cstr(&s->quoted)};
	int there;

	s->key = key_of(s->schema_name, err);
	if (s->key < 0 || postgres_lease_lock(s, err))
		return -1;
	there = postgres_schema_look(s->db, &schema, err);
	if (there == 0 && s->must_exist)
		return nothing_there(s, err);
	if (there < 0 || (there == 0 && postgres_schema_create(s->db, &schema, err)))
		return -1;
	s->there = true;
	if (postgres_schema_rights(s->db, &schema, true, err) || postgres_lease_take(s, err))
		return -1;
	return postgres_content_prepare(s, err) ? -1 : postgres_rerun_look(s, err);
}

/* Any name is good that is a user's to give: PostgreSQL would cut one that is too long, and a superuser's tables would
 * go among the system's own. */
static int check_schema_name(const char *name, struct err *err)
{
	if (!*name || strlen(name) > NAME_MAX_BYTES)
		return err_set(err, ERR_USAGE, "a PostgreSQL schema's name has 1 to %d bytes, and '%.80s' has not",
			       NAME_MAX_BYTES, name);
	if (strncmp(name, "pg_", 3) == 0 || strcmp(name, "information_schema") == 0)
		return err_set(err, ERR_USAGE, "the PostgreSQL schema '%s' is the system's own", name);
	return 0;
}

static struct sink *open_with(const struct sink_ops *ops, const char *target, const struct sink_options *options,
			      struct err *err)
{
	struct postgres *s;

	if (options->pg_schema && check_schema_name(options->pg_schema, err))
		return NULL;
	s = make(options, err);
	if (!s)
		return NULL;
	s->base.ops = ops;
	s->conninfo = postgres_target_conninfo(ops->scheme, target, err);
	if (s->conninfo && connect_first(s, err) == 0 &&
	    (s->read_only ? open_to_read(s, err) : open_to_write(s, err)) == 0)
		return &s->base;
	/* A connection that is lost while it is opened is no group to be written again. */
	if (err->kind == ERR_RETRY || err->kind == ERR_JOB)
		err->kind = ERR_FATAL;
	(void)postgres_close(&s->base, NULL);
	return NULL;
}

static struct sink *open_postgresql(const char *target, const struct sink_options *options, struct err *err)
{
	return open_with(&postgresql_ops, target, options, err);
}

static struct sink *open_postgres(const char *target, const struct sink_options *options, struct err *err)
{
	return open_with(&postgres_ops, target, options, err);
}

static struct sink *open_pg(const char *target, const struct sink_options *options, struct err *err)
{
	return open_with(&pg_ops, target, options, err);
}

/* jobs */

static int postgres_begin(struct sink *sink, const struct job *job, struct err *err)
{
	struct postgres *s = postgres_of(sink);

	s->id = job->id;
	s->part_no = 0;
	s->deed = (struct deed){.kind = DEED_NOTHING};
	buf_clear(&s->part);
	if (s->again)
		return 0;
	postgres_group_begin_job(s);
	if (postgres_ledger_decide(s, job, err))
		return -1;
	/* What goes out together has each job but once. */
	if (postgres_stage_has(s, &job->id) && postgres_group_send(s, err))
		return -1;
	postgres_group_begin_job(s);
	if (s->deed.kind == DEED_REPLACE && buf_add(&s->replaced, &job->id, sizeof(job->id)))
		return no_memory(err);
	if (s->deed.kind == DEED_REPLACE && postgres_rerun_replaced(s, err))
		return -1;
	return 0;
}

static int postgres_commit(struct sink *sink, const struct job *job, struct err *err)
{
	struct postgres *s = postgres_of(sink);

	if (s->again)
		return 0;
	if (postgres_content_end(s, err) || postgres_ledger_write(s, job, err))
		return -1;
	return postgres_group_end_job(s, err);
}

static void postgres_rollback(struct sink *sink)
{
	postgres_group_undo_job(postgres_of(sink));
}

static int postgres_flush(struct sink *sink, struct err *err)
{
	return postgres_group_flush(postgres_of(sink), err);
}

static int postgres_record_run(struct sink *sink, const struct run_record *run, struct err *err)
{
	struct postgres *s = postgres_of(sink);
	const bool finished = stamp_is_set(&run->finished_at);
	struct postgres_tuple t = postgres_group_args(s);

	postgres_tuple_text(&t, text_of(run->run_id));
	postgres_tuple_time(&t, &run->started_at);
	postgres_tuple_time(&t, &run->finished_at);
	postgres_tuple_text(&t, text_of(run->version));
	if (finished)
		postgres_tuple_int(&t, run->exit_code);
	else
		postgres_tuple_null(&t);
	postgres_tuple_text(&t, run->summary);
	if (t.failed)
		return no_memory(err);
	return postgres_group_ask(s, PQ_RUN, false, err) < 0 ? -1 : 0;
}

#define POSTGRES_OPS(its_scheme, its_open)                                                                             \
	{                                                                                                              \
		.scheme = (its_scheme),                                                                                \
		.has = SINK_LEDGER | SINK_RUNS | SINK_BODIES | SINK_CELLS | SINK_AGAIN | SINK_CONTENT |                \
		       SINK_INSTANTS | SINK_RERUNS | SINK_VIEWS,                                                       \
		.open = (its_open), .states = postgres_ledger_states, .begin = postgres_begin,                         \
		.action = postgres_content_action, .result = postgres_content_result, .row = postgres_content_row,     \
		.result_end = postgres_content_result_end, .body = postgres_content_body, .commit = postgres_commit,   \
		.rollback = postgres_rollback, .flush = postgres_flush, .record_run = postgres_record_run,             \
		.next_job = postgres_ledger_next_job, .next_run = postgres_ledger_next_run,                            \
		.read_job = postgres_ledger_read_job, .read_body = postgres_content_read_body,                         \
		.rerun_begin = postgres_rerun_begin, .rerun_row = postgres_rerun_row,                                  \
		.rerun_commit = postgres_rerun_commit, .rerun_rollback = postgres_rerun_rollback,                      \
		.next_truncated = postgres_rerun_next_truncated, .read_truncated = postgres_rerun_read_truncated,      \
		.read_content = postgres_read_content, .next_item = postgres_read_next,                                \
		.end_content = postgres_read_end, .check = postgres_check, .mend = postgres_mend,                      \
		.views = postgres_views, .close = postgres_close,                                                      \
	}

const struct sink_ops postgresql_ops = POSTGRES_OPS("postgresql", open_postgresql);
const struct sink_ops postgres_ops = POSTGRES_OPS("postgres", open_postgres);
const struct sink_ops pg_ops = POSTGRES_OPS("pg", open_pg);
