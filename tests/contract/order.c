/* order.c: what a caller may do with any sink, and that what is out of turn aborts. */
#include "contract.h"

#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

bool world_aborts(struct world *w, void (*what)(struct world *))
{
	const struct rlimit no_core = {0, 0};
	int status = 0;
	const pid_t child = fork();

	assert_true(child >= 0);
	if (child == 0) {
		const int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
		(void)setrlimit(RLIMIT_CORE, &no_core);
		(void)signal(SIGABRT, SIG_DFL);
		if (nowhere < 0 || dup2(nowhere, STDERR_FILENO) < 0)
			_exit(2);
		w->sink = world_try(w, &(struct err){0});
		if (!w->sink)
			_exit(3);
		what(w);
		(void)w->sink->ops->close(w->sink, &(struct err){0});
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	if (WIFEXITED(status) && WEXITSTATUS(status) != 0)
		fail_msg("the child could not begin: %d", WEXITSTATUS(status));
	return WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT;
}

static struct err ignored;

#define JOB(name, its_state) const struct job name = sample_job(1, its_state)
#define OPS                  w->sink->ops

static void action_without_begin(struct world *w)
{
	OPS->action(w->sink, &(struct action){0}, &ignored);
}

static void commit_without_begin(struct world *w)
{
	JOB(job, JOB_STORED);
	OPS->commit(w->sink, &job, &ignored);
}

static void begin_twice(struct world *w)
{
	JOB(job, JOB_STORED);
	OPS->begin(w->sink, &job, &ignored);
	OPS->begin(w->sink, &job, &ignored);
}

static void begin_without_state(struct world *w)
{
	JOB(job, JOB_NONE);
	OPS->begin(w->sink, &job, &ignored);
}

static void action_of_a_verdict(struct world *w)
{
	JOB(job, JOB_EXPIRED);
	OPS->begin(w->sink, &job, &ignored);
	OPS->action(w->sink, &(struct action){0}, &ignored);
}

static void item_without_content(struct world *w)
{
	OPS->next_item(w->sink, &(struct sink_item){0}, &ignored);
}

static void end_without_content(struct world *w)
{
	OPS->end_content(w->sink);
}

static void content_within_a_job(struct world *w)
{
	JOB(job, JOB_STORED);
	OPS->begin(w->sink, &job, &ignored);
	OPS->read_content(w->sink, &job.id, &(struct job){0}, &ignored);
}

static void body_of_a_verdict(struct world *w)
{
	JOB(job, JOB_PENDING);
	OPS->begin(w->sink, &job, &ignored);
	OPS->body(w->sink, "x", 1, &ignored);
}

static void same_action_twice(struct world *w)
{
	JOB(job, JOB_STORED);
	OPS->begin(w->sink, &job, &ignored);
	OPS->action(w->sink, &(struct action){0}, &ignored);
	OPS->action(w->sink, &(struct action){0}, &ignored);
}

static void result_without_action(struct world *w)
{
	JOB(job, JOB_STORED);
	OPS->begin(w->sink, &job, &ignored);
	OPS->result(w->sink, &(struct query_result){0}, &ignored);
}

static void row_without_result(struct world *w)
{
	JOB(job, JOB_STORED);
	OPS->begin(w->sink, &job, &ignored);
	OPS->action(w->sink, &(struct action){0}, &ignored);
	OPS->row(w->sink, &(struct row){0}, &ignored);
}

static void open_result(struct world *w)
{
	JOB(job, JOB_STORED);
	OPS->begin(w->sink, &job, &ignored);
	OPS->action(w->sink, &(struct action){0}, &ignored);
	OPS->result(w->sink, &(struct query_result){.row_count = -1}, &ignored);
}

static void row_skipped(struct world *w)
{
	open_result(w);
	OPS->row(w->sink, &(struct row){.row_index = 1}, &ignored);
}

static void commit_within_result(struct world *w)
{
	JOB(job, JOB_STORED);
	open_result(w);
	OPS->commit(w->sink, &job, &ignored);
}

static void body_within_result(struct world *w)
{
	open_result(w);
	OPS->body(w->sink, "x", 1, &ignored);
}

static void miscounted_rows(struct world *w)
{
	open_result(w);
	OPS->result_end(w->sink, &(struct query_result){.row_count = 1}, &ignored);
}

static void two_results_of_one_action(struct world *w)
{
	open_result(w);
	OPS->result_end(w->sink, &(struct query_result){.row_count = 0}, &ignored);
	OPS->result(w->sink, &(struct query_result){0}, &ignored);
}

static void commit_of_another_job(struct world *w)
{
	const struct job one = sample_job(1, JOB_STORED), other = sample_job(2, JOB_STORED);
	OPS->begin(w->sink, &one, &ignored);
	OPS->commit(w->sink, &other, &ignored);
}

static void commit_with_another_state(struct world *w)
{
	const struct job one = sample_job(1, JOB_FAILED), other = sample_job(1, JOB_STORED);
	OPS->begin(w->sink, &one, &ignored);
	OPS->commit(w->sink, &other, &ignored);
}

static void flush_within_job(struct world *w)
{
	JOB(job, JOB_STORED);
	OPS->begin(w->sink, &job, &ignored);
	OPS->flush(w->sink, &ignored);
}

static void states_within_job(struct world *w)
{
	JOB(job, JOB_STORED);
	struct ledger_entry entry;
	OPS->begin(w->sink, &job, &ignored);
	OPS->states(w->sink, &job.id, 1, &entry, &ignored);
}

static void record_before_flush(struct world *w)
{
	JOB(job, JOB_FAILED);
	OPS->begin(w->sink, &job, &ignored);
	OPS->commit(w->sink, &job, &ignored);
	OPS->record_run(w->sink, &(struct run_record){.run_id = "r", .version = "1"}, &ignored);
}

static void rollback_without_begin(struct world *w)
{
	OPS->rollback(w->sink);
}

static const struct {
	const char *name;
	void (*what)(struct world *);
} wrongs[] = {
    {"action_without_begin", action_without_begin},
    {"commit_without_begin", commit_without_begin},
    {"begin_twice", begin_twice},
    {"begin_without_state", begin_without_state},
    {"action_of_a_verdict", action_of_a_verdict},
    {"body_of_a_verdict", body_of_a_verdict},
    {"same_action_twice", same_action_twice},
    {"result_without_action", result_without_action},
    {"row_without_result", row_without_result},
    {"row_skipped", row_skipped},
    {"commit_within_result", commit_within_result},
    {"body_within_result", body_within_result},
    {"miscounted_rows", miscounted_rows},
    {"two_results_of_one_action", two_results_of_one_action},
    {"commit_of_another_job", commit_of_another_job},
    {"commit_with_another_state", commit_with_another_state},
    {"flush_within_job", flush_within_job},
    {"states_within_job", states_within_job},
    {"record_before_flush", record_before_flush},
    {"rollback_without_begin", rollback_without_begin},
    {"item_without_content", item_without_content},
    {"end_without_content", end_without_content},
    {"content_within_a_job", content_within_a_job},
};

static void out_of_turn(struct world *w)
{
	for (size_t i = 0; i < sizeof(wrongs) / sizeof(wrongs[0]); i++) {
		if (!world_aborts(w, wrongs[i].what))
			fail_msg("%s does not abort", wrongs[i].name);
	}
	assert_false(world_aborts(w, open_result));
}

static void whole_life(struct world *w)
{
	const struct job lost = sample_job(2, JOB_EXPIRED), given_up = sample_job(3, JOB_STORED);
	struct run_record run = {.run_id = "run-1", .version = "1.0", .exit_code = 4};

	world_open(w);
	assert_int_equal(ledger_of(w, 1).state, JOB_NONE);
	CALLED(w->sink->ops->record_run(w->sink, &run, &err));
	put_result(w, 1, 2, 3, "one");
	put_job(w, &lost, NULL);
	put_begin(w, &given_up);
	put_action(w, 0);
	w->sink->ops->rollback(w->sink);
	world_flush(w);
	world_flush(w);
	stamp_from_us(&run.finished_at, 1736935200000000);
	CALLED(w->sink->ops->record_run(w->sink, &run, &err));
	world_close(w);
}

const struct contract_test tests_order[] = {
    {"a whole life", 0, whole_life},
    {"a call out of turn aborts", 0, out_of_turn},
    {NULL, 0, NULL},
};
