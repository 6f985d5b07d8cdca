/* postgres_group.c: the group: how what is staged goes out, and how it is lost (postgres_sink.h). */
#include "log.h"
#include "postgres_sink.h"

#include <string.h>

#define SEND_AT   ((size_t)1 << 20)  /* bytes staged at the end of a job: they go out */
#define SPILL_AT  ((size_t)2 << 20)  /* bytes staged within a job: some go out */
#define STREAM_AT ((size_t)64 << 10) /* bytes for a COPY that is under way: the server works while we decode */

static int no_memory(struct err *err)
{
	return err_set(err, ERR_FATAL, "out of memory");
}

struct postgres_tuple postgres_group_args(struct postgres *s)
{
	buf_clear(&s->args);
	return postgres_tuple_to(&s->args);
}

/* losing a group */

/* The transaction is over without a commit, and all that was staged with it. Returns -1 with the *err that is to be
 * passed on. */
int postgres_group_lose(struct postgres *s, struct err *err)
{
	const struct postgres_mark all = postgres_stage_mark(s);

	if (s->db && !postgres_db_lost(s->db)) {
		if (s->copying >= 0)
			postgres_db_copy_stop(s->db);
		(void)postgres_db_copy_await(s->db, NULL);
		(void)postgres_db_exec(s->db, "ROLLBACK", NULL);
	}
	postgres_stage_drop(s, &all);
	buf_clear(&s->reruns.gone);
	s->open = s->savepoint = false;
	s->copying = -1;
	if (s->committed == 0)
		return -1;
	/* Which job it was that cannot be stored is not known: the next time each says so by itself. */
	if (err->kind == ERR_JOB) {
		s->careful = s->committed + 1;
		err->kind = ERR_RETRY;
	}
	s->again = true;
	s->why = *err;
	s->committed = 0;
	return -1;
}

int postgres_group_need_db(struct postgres *s, struct err *err)
{
	return s->db && !postgres_db_lost(s->db) ? 0 : postgres_lease_again(s, err);
}

/* statements */

static const char *expand(struct postgres *s, const char *sql, struct err *err)
{
	buf_clear(&s->sql);
	if (postgres_sql_expand(sql, buf_cstr(&s->quoted), &s->sql)) {
		no_memory(err);
		return NULL;
	}
	return buf_cstr(&s->sql);
}

int postgres_group_ask_once(struct postgres *s, enum postgres_query q, const struct buf *args, bool binary,
			    struct err *err)
{
	const char *sql = expand(s, postgres_sql[q], err);

	return sql ? postgres_db_ask(s->db, sql, args, binary, err) : -1;
}

static int ask_prepared(struct postgres *s, enum postgres_query q, bool binary, struct err *err)
{
	const char *sql = expand(s, postgres_sql[q], err);

	return sql && postgres_db_prepare(s->db, q, sql, err) == 0
		   ? postgres_db_ask_prepared(s->db, q, &s->args, binary, err)
		   : -1;
}

static int ask(struct postgres *s, enum postgres_query q, bool prepared, bool binary, struct err *err)
{
	for (int tries = 0;; tries++) {
		int rows;
		if (postgres_group_need_db(s, err))
			return -1;
		rows =
		    prepared ? ask_prepared(s, q, binary, err) : postgres_group_ask_once(s, q, &s->args, binary, err);
		if (rows >= 0)
			return rows;
		if (s->open)
			(void)postgres_group_lose(s, err);
		/* What was read so far is of another moment than what comes. */
		if (s->moment || err->kind != ERR_RETRY || tries > 0) {
			postgres_group_moment_over(s);
			return -1;
		}
	}
}

int postgres_group_ask(struct postgres *s, enum postgres_query q, bool binary, struct err *err)
{
	return ask(s, q, false, binary, err);
}

int postgres_group_ask_often(struct postgres *s, enum postgres_query q, bool binary, struct err *err)
{
	return ask(s, q, true, binary, err);
}

int postgres_group_moment(struct postgres *s, struct err *err)
{
	for (int tries = 0;; tries++) {
		if (postgres_group_need_db(s, err))
			return -1;
		if (s->open || s->moment)
			return 0;
		/* A planner that knows nothing yet of a table would gather and sort all that is left of it for each
		 * page: in the order of the index it takes the page alone. */
		if (postgres_db_exec(
			s->db, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL enable_bitmapscan = off",
			err) == 0)
			break;
		if (err->kind != ERR_RETRY || tries > 0)
			return -1;
	}
	s->moment = true;
	s->moment_jobs = 0;
	return 0;
}

void postgres_group_moment_over(struct postgres *s)
{
	if (s->moment && s->db && !postgres_db_lost(s->db) && postgres_db_exec(s->db, "COMMIT", NULL))
		(void)postgres_db_exec(s->db, "ROLLBACK", NULL);
	s->moment = false;
}

/* sending */

static int try_open(struct postgres *s, struct err *err)
{
	struct postgres_tuple t = postgres_group_args(s);
	int rows;

	if (postgres_group_need_db(s, err) || postgres_db_exec(s->db, "BEGIN ISOLATION LEVEL READ COMMITTED", err))
		return -1;
	postgres_tuple_bigint(&t, ++s->group_no);
	postgres_tuple_bigint(&t, s->taken);
	rows = postgres_group_ask_once(s, PQ_LEASE_GROUP, &s->args, false, err);
	if (rows == 1)
		return 0;
	if (rows == 0)
		(void)err_set(err, ERR_FATAL, "another run has taken over %s", buf_cstr(&s->display));
	(void)postgres_db_exec(s->db, "ROLLBACK", NULL);
	return -1;
}

/* While nothing is in the transaction, a lost connection loses nothing. */
int postgres_group_open(struct postgres *s, struct err *err)
{
	if (s->open)
		return 0;
	if (try_open(s, err) && (err->kind != ERR_RETRY || try_open(s, err)))
		return -1;
	s->open = true;
	return 0;
}

/* What a result replaces goes, of the first n bytes of s->replaced. */
static int delete_replaced(struct postgres *s, size_t n, struct err *err)
{
	struct postgres_tuple t = postgres_group_args(s);
	int32_t nos[1000];
	struct buf gone;
	int rows, rc = 0;

	if (n == 0)
		return 0;
	postgres_tuple_uuids(&t, (const struct uuid *)(const void *)s->replaced.data, n / sizeof(struct uuid));
	if (t.failed)
		return no_memory(err);
	rows = postgres_group_ask_once(s, PQ_GONE, &s->args, false, err);
	if (rows <= 0)
		return rows;
	buf_init(&gone, SIZE_MAX / 2);
	for (int i = 0; i < rows && rc == 0; i++) {
		nos[0] = (int32_t)postgres_db_int(s->db, i, 0);
		rc = buf_add(&gone, nos, sizeof(nos[0])) ? no_memory(err) : 0;
	}
	for (size_t at = 0, k; rc == 0 && at < gone.len; at += k) {
		k = gone.len - at < sizeof(nos) ? gone.len - at : sizeof(nos);
		memcpy(nos, gone.data + at, k);
		t = postgres_group_args(s);
		postgres_tuple_ints(&t, nos, k / sizeof(nos[0]));
		rc = t.failed                                                             ? no_memory(err)
		     : postgres_group_ask_once(s, PQ_GONE_ROWS, &s->args, false, err) < 0 ? -1
											  : 0;
	}
	buf_free(&gone);
	return rc;
}

static int start_copy(struct postgres *s, enum postgres_table table, struct err *err)
{
	const char *sql = expand(s, postgres_sql_copy[table], err);

	if (!sql || postgres_db_copy(s->db, sql, err))
		return -1;
	s->copying = (int)table;
	return 0;
}

static int end_copy(struct postgres *s, struct err *err)
{
	if (s->copying < 0)
		return 0;
	s->copying = -1;
	return postgres_db_copy_end(s->db, err);
}

static int run_calls(struct postgres *s, size_t n, struct err *err)
{
	static const enum postgres_query used[] = {PQ_STORED, PQ_VERDICT, PQ_ONLY_ERROR};

	for (size_t i = 0; n > 0 && i < sizeof(used) / sizeof(used[0]); i++) {
		const char *sql = expand(s, postgres_sql[used[i]], err);
		if (!sql || postgres_db_prepare(s->db, used[i], sql, err))
			return -1;
	}
	return n > 0 ? postgres_db_run(s->db, s->calls.data, n, err) : 0;
}

static int send_table(struct postgres *s, enum postgres_table t, size_t n, struct err *err)
{
	if (n == 0)
		return 0;
	return start_copy(s, t, err) || postgres_db_copy_put(s->db, s->tuples[t].data, n, err) || end_copy(s, err) ? -1
														   : 0;
}

/* What is staged up to the mark goes out: the rows at last, since they are the most, and the server is at work on them
 * while the next jobs are decoded. */
static int send_until(struct postgres *s, const struct postgres_mark *m, struct err *err)
{
	if (end_copy(s, err) || postgres_group_open(s, err) || delete_replaced(s, m->replaced, err))
		return -1;
	for (int t = 0; t < POSTGRES_TABLES; t++)
		if (t != T_ROWS && send_table(s, (enum postgres_table)t, m->tuples[t], err))
			return -1;
	if (run_calls(s, m->calls, err) || send_table(s, T_ROWS, m->tuples[T_ROWS], err))
		return -1;
	postgres_stage_drop(s, m);
	return 0;
}

int postgres_group_send(struct postgres *s, struct err *err)
{
	const struct postgres_mark all = postgres_stage_mark(s);

	if (all.ids == 0)
		return 0;
	return send_until(s, &all, err) ? postgres_group_lose(s, err) : 0;
}

/* one job */

void postgres_group_begin_job(struct postgres *s)
{
	s->mark = postgres_stage_mark(s);
}

/* From here on only the job under way is staged, and what goes out of it can be taken back. */
static int set_savepoint(struct postgres *s, struct err *err)
{
	const struct postgres_mark before = s->mark;

	if (send_until(s, &before, err) || postgres_db_exec(s->db, "SAVEPOINT job", err))
		return postgres_group_lose(s, err);
	s->savepoint = true;
	return 0;
}

/* What failed in the job under way: where it can be taken back alone, the caller does so. */
static int failed_alone(struct postgres *s, struct err *err)
{
	return err->kind == ERR_JOB && s->savepoint && s->db && !postgres_db_lost(s->db) ? -1
											 : postgres_group_lose(s, err);
}

/* What is staged of a table goes into the COPY that is under way. */
static int stream(struct postgres *s, int table, struct err *err)
{
	if (postgres_db_copy_put(s->db, s->tuples[table].data, s->tuples[table].len, err))
		return failed_alone(s, err);
	postgres_stage_empty(&s->tuples[table]);
	return 0;
}

int postgres_group_relieve(struct postgres *s, struct err *err)
{
	int most = 0;

	if (s->copying >= 0 && s->tuples[s->copying].len >= STREAM_AT)
		return stream(s, s->copying, err);
	if (postgres_stage_bytes(s) < SPILL_AT)
		return 0;
	if (!s->savepoint && set_savepoint(s, err))
		return -1;
	for (int t = 1; t < POSTGRES_TABLES; t++)
		if (s->tuples[t].len > s->tuples[most].len)
			most = t;
	if (s->replaced.len > 0 && delete_replaced(s, s->replaced.len, err))
		return failed_alone(s, err);
	buf_clear(&s->replaced);
	if (s->copying != most && (end_copy(s, err) || start_copy(s, (enum postgres_table)most, err)))
		return failed_alone(s, err);
	return stream(s, most, err);
}

int postgres_group_end_job(struct postgres *s, struct err *err)
{
	if (s->careful > 0 && !s->savepoint && set_savepoint(s, err))
		return -1;
	if (s->savepoint) {
		const struct postgres_mark all = postgres_stage_mark(s);
		if (send_until(s, &all, err) || postgres_db_exec(s->db, "RELEASE SAVEPOINT job", err))
			return failed_alone(s, err);
		s->savepoint = false;
	} else if (postgres_stage_bytes(s) >= SEND_AT && postgres_group_send(s, err)) {
		return -1;
	}
	s->careful -= s->careful > 0;
	s->committed++;
	return 0;
}

void postgres_group_undo_job(struct postgres *s)
{
	struct err err;

	s->careful -= s->careful > 0;
	postgres_stage_cut(s);
	if (!s->savepoint)
		return;
	if (s->copying >= 0)
		postgres_db_copy_stop(s->db);
	(void)postgres_db_copy_await(s->db, NULL);
	s->copying = -1;
	s->savepoint = false;
	if (postgres_db_exec(s->db, "ROLLBACK TO SAVEPOINT job; RELEASE SAVEPOINT job", &err))
		(void)postgres_group_lose(s, &err);
}

/* the end */

static int await_copy(struct postgres *s, struct err *err)
{
	return s->open && s->db && postgres_db_copy_await(s->db, err) ? postgres_group_lose(s, err) : 0;
}

/* The group is lost, and this is where it is said. */
static int say_again(struct postgres *s, struct err *err)
{
	if (s->again)
		*err = s->why;
	s->again = false;
	return -1;
}

/* A COMMIT whose answer did not come: the database knows. The hold is ours again only when the old connection is over,
 * and the group's number stands in the lease if it was committed. */
static int settle(struct postgres *s, struct err *err)
{
	struct err why = *err;

	postgres_db_close(s->db);
	s->db = NULL;
	if (postgres_lease_again(s, err))
		return -1;
	if (s->seen_no == s->group_no) {
		log_line(LOG_DEBUG, NULL, "group %lld was committed after all", (long long)s->group_no);
		return 0;
	}
	*err = why;
	(void)postgres_group_lose(s, err);
	return say_again(s, err);
}

int postgres_group_flush(struct postgres *s, struct err *err)
{
	if (s->again)
		return say_again(s, err);
	if (postgres_group_send(s, err) || await_copy(s, err))
		return err->kind == ERR_FATAL ? -1 : say_again(s, err);
	if (!s->open)
		return 0;
	if (postgres_rerun_sweep(s, err)) {
		(void)postgres_group_lose(s, err);
		return err->kind == ERR_FATAL ? -1 : say_again(s, err);
	}
	if (postgres_db_commit(s->db, err)) {
		if (err->kind == ERR_JOB) {
			(void)postgres_group_lose(s, err);
			return say_again(s, err);
		}
		if (err->kind != ERR_RETRY || settle(s, err))
			return -1;
	}
	s->open = false;
	s->committed = 0;
	return 0;
}
