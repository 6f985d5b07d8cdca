/* group.c: all or nothing, done means durable, one run at a time. */
#include "contract.h"

#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static void deferred(struct world *w)
{
	world_open(w);
	put_result(w, 1, 1, 2, "first");
	world_flush(w);
	put_result(w, 2, 1, 2, "second");
	expect_count(w, "jobs", 1, 1);
	expect_count(w, "jobs", 2, 0);
	expect_count(w, "result_rows", 2, 0);
	world_flush(w);
	expect_count(w, "jobs", 2, 1);
	expect_count(w, "result_rows", 2, 2);
}

static void closed_without_flush(struct world *w)
{
	world_open(w);
	put_result(w, 1, 1, 2, "first");
	world_flush(w);
	put_result(w, 2, 1, 2, "second");
	put_result(w, 1, 2, 9, "again");
	world_close(w);
	expect_count(w, "jobs", 2, 0);
	expect_count(w, "result_rows", 2, 0);
	expect_count(w, "result_rows", 1, 2);
	expect_job(w, 1, "topic", "first");
	world_open(w);
	assert_int_equal(ledger_of(w, 2).state, JOB_NONE);
}

static void closed_within_job(struct world *w)
{
	const struct job job = sample_job(1, JOB_STORED);

	world_open(w);
	put_begin(w, &job);
	put_action(w, 0);
	put_rows(w, 0, 5, "half");
	world_close(w);
	expect_count(w, "jobs", 1, 0);
	expect_count(w, "results", 1, 0);
	world_open(w);
}

/* A job that is taken back takes nothing else with it: neither its group, nor what was there of it before. */
static void rolled_back(struct world *w)
{
	struct job job = sample_job(2, JOB_STORED);

	world_open(w);
	put_result(w, 2, 1, 3, "old");
	world_flush(w);
	put_result(w, 1, 1, 2, "before");
	put_begin(w, &job);
	put_action(w, 0);
	put_rows(w, 0, 7, "new");
	CALLED(w->sink->ops->body(w->sink, "new", 3, &err));
	w->sink->ops->rollback(w->sink);
	put_result(w, 3, 1, 2, "after");
	world_flush(w);
	expect_count(w, "result_rows", 1, 2);
	expect_count(w, "result_rows", 3, 2);
	expect_count(w, "result_rows", 2, 3);
	expect_cell(w, 2, 0, 0, 1, text_of("old"));
	expect_body(w, 2, "old");
	expect_body(w, 3, "after");
	expect_job(w, 2, "attempts", "1");
	expect_sound(w);
}

/* Once within a result, then once more with the same job: as after RESULT_AGAIN. */
static void rolled_back_and_again(struct world *w)
{
	struct job job = sample_job(1, JOB_STORED);
	const struct text columns[] = {text_of("Row")};
	const struct query_result r = {.columns = columns, .n_columns = 1, .row_count = -1};

	world_open(w);
	put_begin(w, &job);
	put_action(w, 0);
	CALLED(w->sink->ops->result(w->sink, &r, &err));
	w->sink->ops->rollback(w->sink);
	put_result(w, 1, 2, 2, "again");
	world_flush(w);
	expect_count(w, "actions", 1, 2);
	expect_count(w, "result_rows", 1, 4);
	expect_sound(w);
}

/* Starts a process that runs what() on the sink, says so, and waits until it is killed. */
static pid_t child_with(struct world *w, void (*what)(struct world *))
{
	int ready[2];
	char byte;
	pid_t child;

	assert_int_equal(pipe(ready), 0);
	child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		(void)close(ready[0]);
		w->sink = world_try(w, &(struct err){0});
		if (!w->sink)
			_exit(1);
		what(w);
		if (write(ready[1], "x", 1) != 1)
			_exit(1);
		for (;;)
			(void)pause();
	}
	(void)close(ready[1]);
	assert_int_equal(read(ready[0], &byte, 1), 1);
	(void)close(ready[0]);
	return child;
}

static void kill_child(pid_t child)
{
	int status;

	assert_int_equal(kill(child, SIGKILL), 0);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSIGNALED(status));
}

static void one_and_a_half_jobs(struct world *w)
{
	const struct job job = sample_job(3, JOB_STORED);

	put_result(w, 1, 1, 2, "durable");
	world_flush(w);
	put_result(w, 2, 1, 2, "committed");
	put_begin(w, &job);
	put_action(w, 0);
	put_rows(w, 0, 50000, "large enough to be written out before it is committed");
}

static void killed(struct world *w)
{
	kill_child(child_with(w, one_and_a_half_jobs));
	world_open(w);
	assert_int_equal(ledger_of(w, 1).state, JOB_STORED);
	assert_int_equal(ledger_of(w, 2).state, JOB_NONE);
	assert_int_equal(ledger_of(w, 3).state, JOB_NONE);
	expect_count(w, "result_rows", 1, 2);
	expect_count(w, "result_rows", 2, 0);
	expect_count(w, "results", 3, 0);
	put_result(w, 3, 1, 2, "whole");
	world_flush(w);
	expect_count(w, "result_rows", 3, 2);
}

static void nothing(struct world *w)
{
	(void)w;
}

static void expect_busy(struct world *w)
{
	struct err err = {0};
	struct sink *second = world_try(w, &err);

	assert_null(second);
	assert_int_equal(err.kind, ERR_BUSY);
	assert_non_null(strstr(err.msg, "another run holds"));
}

static void one_run_at_a_time(struct world *w)
{
	pid_t child;

	world_open(w);
	expect_busy(w);
	world_close(w);
	child = child_with(w, nothing);
	expect_busy(w);
	kill_child(child);
	world_open(w);
}

static mode_t wanted_mode;
static int seen, wrong;

static int look_at_mode(const char *path, const struct stat *st, int type, struct FTW *at)
{
	const mode_t search = (wanted_mode & 0444) >> 2;
	const mode_t expected = type == FTW_D ? wanted_mode | search : wanted_mode;

	if (at->level == 0)
		return 0;
	seen++;
	if ((st->st_mode & 07777) != expected) {
		wrong++;
		print_error("%s: mode %o\n", path, (unsigned)st->st_mode & 07777);
	}
	return 0;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *at)
{
	(void)st, (void)type, (void)at;
	return remove(path);
}

static void modes(struct world *w)
{
	static const mode_t masks[] = {0, 077, 0177};
	static const mode_t wanted[] = {0600, 0640, 0644};

	for (size_t i = 0; i < 3; i++) {
		struct sink_options options = world_options;
		const mode_t before = umask(masks[i]);
		char *name = strrchr(w->spec, '/') + 1;
		options.file_mode = wanted_mode = wanted[i];
		w->options = &options;
		*name = (char)('x' + i); /* a new sink each time */
		world_open(w);
		put_result(w, 1, 1, 2, "a");
		world_flush(w);
		seen = wrong = 0;
		(void)nftw(w->dir, look_at_mode, 8, FTW_PHYS);
		world_close(w);
		(void)nftw(w->dir, look_at_mode, 8, FTW_PHYS);
		(void)umask(before);
		assert_true(seen >= 2);
		assert_int_equal(wrong, 0);
		assert_int_equal(nftw(w->target, remove_one, 8, FTW_DEPTH | FTW_PHYS), 0);
	}
}

const struct contract_test tests_group[] = {
    {"a job is not there before flush", SINK_LEDGER, deferred},
    {"closed without flush", SINK_LEDGER, closed_without_flush},
    {"closed within a job", SINK_LEDGER, closed_within_job},
    {"a rollback takes back one job", SINK_LEDGER | SINK_BODIES, rolled_back},
    {"a rollback, and the same job again", SINK_LEDGER | SINK_CELLS, rolled_back_and_again},
    {"killed within a job", SINK_LEDGER, killed},
    {"one run at a time", SINK_LEDGER, one_run_at_a_time},
    {"file modes", SINK_LEDGER | NEEDS_FILES, modes},
    {NULL, 0, NULL},
};
