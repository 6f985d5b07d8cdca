/* postgres_lease.c: which run may write, and how a lost connection is had again (postgres_sink.h). */
#include "log.h"
#include "postgres_sink.h"

#include <time.h>

#define PATIENCE_NS    INT64_C(60000000000) /* for a server that is gone */
#define LOCK_WAIT_NS   INT64_C(2000000000)  /* for the lock of a client that is just going */
#define FIRST_PAUSE_NS INT64_C(50000000)
#define LAST_PAUSE_NS  INT64_C(2000000000)

/* Its own, since the caller's wait in s->args to be used on the new connection. */
static struct postgres_tuple args_of(struct postgres *s)
{
	buf_clear(&s->lease_args);
	return postgres_tuple_to(&s->lease_args);
}

static int64_t pause_for(int64_t ns)
{
	const struct timespec t = {ns / 1000000000, (long)(ns % 1000000000)};

	(void)nanosleep(&t, NULL);
	return ns * 2 < LAST_PAUSE_NS ? ns * 2 : LAST_PAUSE_NS;
}

/* 1: we have the lock, 0: somebody else has, -1. */
static int try_lock(struct postgres *s, struct err *err)
{
	struct postgres_tuple t = args_of(s);

	postgres_tuple_bigint(&t, s->key);
	if (postgres_db_ask(s->db, "SELECT pg_try_advisory_lock($1::bigint)::int", &s->lease_args, false, err) != 1)
		return -1;
	if (postgres_db_int(s->db, 0, 0) == 0)
		return 0;
	s->pid = postgres_db_pid(s->db);
	return 1;
}

int postgres_lease_lock(struct postgres *s, struct err *err)
{
	const int64_t until = time_boot_ns() + LOCK_WAIT_NS;
	int rc;

	while ((rc = try_lock(s, err)) == 0 && time_boot_ns() < until)
		(void)pause_for(FIRST_PAUSE_NS);
	if (rc == 0)
		return err_set(err, ERR_BUSY, "another run holds %s", buf_cstr(&s->display));
	return rc < 0 ? -1 : 0;
}

/* Statements that give the one row of the lease. */
static int ask_lease(struct postgres *s, enum postgres_query q, const struct buf *args, struct err *err)
{
	const int rows = postgres_group_ask_once(s, q, args, false, err);

	if (rows < 0 || rows == 1)
		return rows < 0 ? -1 : 0;
	return err_set(err, ERR_FATAL, "the table 'lease' in %s must have exactly one row", buf_cstr(&s->display));
}

int postgres_lease_take(struct postgres *s, struct err *err)
{
	struct postgres_tuple t = args_of(s);

	postgres_tuple_text(&t, text_of(s->run_id));
	s->group_no = 0;
	if (ask_lease(s, PQ_LEASE_TAKE, &s->lease_args, err))
		return -1;
	s->taken = postgres_db_int(s->db, 0, 0);
	return 0;
}

void postgres_lease_release(struct postgres *s)
{
	struct postgres_tuple t = args_of(s);

	postgres_tuple_bigint(&t, s->key);
	(void)postgres_db_ask(s->db, "SELECT pg_advisory_unlock($1::bigint)", &s->lease_args, false, NULL);
}

/* The server's process of our lost connection may live on and hold the lock. It is ended, if it is ours: nobody but us
 * has both our lock and its number. */
static void end_old(struct postgres *s)
{
	struct postgres_tuple t = args_of(s);

	postgres_tuple_bigint(&t, s->key);
	postgres_tuple_bigint(&t, s->pid);
	(void)postgres_db_ask(s->db,
			      "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' "
			      "AND database = (SELECT oid FROM pg_database WHERE datname = current_database()) "
			      "AND (classid::bigint << 32 | objid::bigint) = $1::bigint AND objsubid = 1 "
			      "AND pid = $2::bigint",
			      &s->lease_args, false, NULL);
}

/* On a new connection: 1: the hold is ours, 0: not yet, -1 with *err (ERR_FATAL: it is another run's). */
static int hold_again(struct postgres *s, struct err *err)
{
	const int locked = try_lock(s, err);

	if (locked < 0)
		return -1;
	if (ask_lease(s, PQ_LEASE_LOOK, NULL, err))
		return -1;
	if (postgres_db_int(s->db, 0, 0) != s->taken)
		return err_set(err, ERR_FATAL, "another run has taken over %s", buf_cstr(&s->display));
	if (!locked) {
		end_old(s);
		(void)err_set(err, ERR_RETRY, "the lost connection still holds it");
		return 0;
	}
	s->seen_no = postgres_db_int(s->db, 0, 1);
	return 1;
}

/* One try: 1, 0 where another may do better, -1. */
static int try_again(struct postgres *s, struct err *err)
{
	int rc;

	if (!s->db)
		s->db = postgres_db_open(s->conninfo, s->stop, err);
	if (!s->db)
		return 0;
	rc = s->read_only ? 1 : hold_again(s, err);
	if (rc < 0) {
		postgres_db_close(s->db);
		s->db = NULL;
		return err->kind == ERR_RETRY ? 0 : -1;
	}
	return rc;
}

static bool is_interrupted(const struct postgres *s)
{
	return s->stop && *s->stop != 0;
}

int postgres_lease_again(struct postgres *s, struct err *err)
{
	const int64_t until = time_boot_ns() + PATIENCE_NS;
	struct err last = {0};
	int rc = 0;

	if (s->db && !postgres_db_lost(s->db))
		return 0;
	s->moment = false;
	if (!is_interrupted(s))
		log_line(LOG_WARNING, NULL,
			 "the connection to %s was lost: connecting again, what was not committed is written again",
			 buf_cstr(&s->display));
	postgres_db_close(s->db);
	s->db = NULL;
	for (int64_t pause = FIRST_PAUSE_NS;
	     !is_interrupted(s) && (rc = try_again(s, &last)) == 0 && time_boot_ns() < until;)
		pause = pause_for(pause);
	if (rc == 1)
		return 0;
	postgres_db_close(s->db);
	s->db = NULL;
	if (rc < 0) {
		*err = last;
		return -1;
	}
	if (is_interrupted(s))
		return err_set(err, ERR_FATAL, "lost %s, and the run was told to end", buf_cstr(&s->display));
	return err_set(err, ERR_FATAL, "lost %s, and could not have it again within a minute: %s",
		       buf_cstr(&s->display), last.msg);
}
