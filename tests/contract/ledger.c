/* ledger.c: what a sink remembers of each job, and what a later answer may change (contract, "What becomes of a job").
 */
#include "contract.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void job_columns(struct world *w)
{
	struct job job = sample_job(1, JOB_STORED);

	job.partial = true;
	job.topic = text_of("Orders");
	job.message = text_of("# Hello\n");
	job.result_summary = text_of("");
	job.omni_chat_url = text_of("https://one.example/chat");
	stamp_from_us(&job.first_action_at, 1736935200500000);
	stamp_from_us(&job.last_action_at, 1736935210000000);
	job.action_count = 3;
	job.result_count = 2;
	job.row_count = 123;
	job.warnings = text_of("[\"w\"]");
	job.input = text_of("{\"id\":1}");
	job.details = text_of("{\"state\":\"COMPLETE\"}");
	job.extra = text_of("{\"queryCount\":2}");
	world_open(w);
	put_job(w, &job, NULL);
	world_flush(w);
	expect_job(w, 1, "instance", "https://one.example");
	expect_job(w, 1, "state", "stored");
	expect_job(w, 1, "partial", "1");
	expect_job(w, 1, "http_status", "200");
	expect_job(w, 1, "error", NULL);
	expect_job(w, 1, "topic", "Orders");
	expect_job(w, 1, "message", "# Hello\n");
	expect_job(w, 1, "result_summary", "");
	expect_job(w, 1, "omni_chat_url", "https://one.example/chat");
	expect_job(w, 1, "first_action_at", "2025-01-15T10:00:00.500Z");
	expect_job(w, 1, "last_action_at", "2025-01-15T10:00:10.000Z");
	expect_job(w, 1, "expires_at", "2025-01-29T10:00:00Z");
	expect_job(w, 1, "attempts", "1");
	expect_job(w, 1, "requested_at", "2025-01-15T10:00:00.000Z");
	expect_job(w, 1, "fetched_at", "2025-01-15T10:00:01.25Z");
	expect_job(w, 1, "stored_at IS NOT NULL", "1");
	expect_job(w, 1, "body_bytes", "1234");
	expect_job(w, 1, "body_sha256", "c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1");
	expect_job(w, 1, "action_count", "3");
	expect_job(w, 1, "result_count", "2");
	expect_job(w, 1, "row_count", "123");
	expect_job(w, 1, "warnings", "[\"w\"]");
	expect_job(w, 1, "input", "{\"id\":1}");
	expect_job(w, 1, "details", "{\"state\":\"COMPLETE\"}");
	expect_job(w, 1, "extra", "{\"queryCount\":2}");
	expect_job(w, 1, "run_id", "run-1");
}

/* Every state comes back, after reopening too. */
static void states(struct world *w)
{
	world_open(w);
	for (unsigned state = JOB_STORED; state < JOB_STATES; state++) {
		const struct job job = sample_job(state, (enum job_state)state);
		put_job(w, &job, NULL);
	}
	world_flush(w);
	world_reopen(w);
	for (unsigned state = JOB_STORED; state < JOB_STATES; state++) {
		const struct ledger_entry e = ledger_of(w, state);
		assert_int_equal(e.state, state);
		assert_true(e.same_instance);
		assert_false(e.partial);
		assert_int_equal(e.attempts, 1);
		assert_int_equal(e.requested_at_us, 1736935200000000);
		assert_int_equal(e.expires_at_us, state == JOB_STORED ? 1738144800000000 : 0);
		expect_job(w, state, "state", state_name((enum job_state)state));
	}
	assert_int_equal(ledger_of(w, 999).state, JOB_NONE);
}

/* In the order asked, duplicates and unknown ones among them; with a group open too. */
static void many_states(struct world *w)
{
	const unsigned numbers[] = {7, 500, 3, 7, 0, 501, 1};
	struct uuid ids[7];
	struct ledger_entry entries[7];

	world_open(w);
	for (unsigned i = 0; i < 10; i++) {
		struct job job = sample_job(i, i % 2 ? JOB_STORED : JOB_FAILED);
		job.partial = i == 3;
		job.attempts = i;
		put_job(w, &job, NULL);
	}
	for (size_t i = 0; i < 7; i++)
		ids[i] = sample_job(numbers[i], JOB_STORED).id;
	memset(entries, 0xff, sizeof(entries));
	CALLED(w->sink->ops->states(w->sink, ids, 7, entries, &err));
	for (size_t i = 0; i < 7; i++) {
		const bool known = numbers[i] < 10;
		assert_int_equal(entries[i].state, !known ? JOB_NONE : numbers[i] % 2 ? JOB_STORED : JOB_FAILED);
		assert_int_equal(entries[i].attempts, known ? numbers[i] : 0);
		assert_int_equal(entries[i].partial, numbers[i] == 3);
	}
	CALLED(w->sink->ops->states(w->sink, ids, 0, entries, &err));
}

/* Only a result replaces a result. */
static void after_stored(struct world *w)
{
	const struct sink_options second = {.file_mode = 0600,
					    .keep_bodies = true,
					    .run_id = "run-2",
					    .version = "1.0",
					    .instance = "https://two.example"};

	world_open(w);
	put_result(w, 1, 2, 3, "kept");
	world_flush(w);
	world_with(w, &second);
	for (unsigned state = JOB_PENDING; state < JOB_STATES; state++) {
		struct job job = sample_job(1, (enum job_state)state);
		job.error = text_of(state_name(job.state));
		job.instance = text_of("https://two.example");
		job.details = text_of("{}");
		put_job(w, &job, state == JOB_UNREADABLE ? "other body" : NULL);
		world_flush(w);
		assert_int_equal(ledger_of(w, 1).state, JOB_STORED);
		/* Its turn did not come: that says nothing about the job. */
		expect_job(w, 1, "error", state_name(state == JOB_UNASKED ? JOB_REJECTED : job.state));
		expect_job(w, 1, "http_status", "200");
		expect_job(w, 1, "attempts", "1");
		expect_job(w, 1, "details", NULL);
		expect_job(w, 1, "topic", "kept");
		expect_job(w, 1, "instance", "https://one.example");
		expect_job(w, 1, "expires_at", "2025-01-29T10:00:00Z");
		expect_job(w, 1, "body_bytes", "1234");
		expect_job(w, 1, "run_id", "run-1");
	}
	expect_count(w, "actions", 1, 2);
	put_result(w, 1, 1, 1, "new");
	world_flush(w);
	expect_job(w, 1, "error", NULL);
	expect_job(w, 1, "run_id", "run-2");
	expect_job(w, 1, "attempts", "2");
}

static void put_partial(struct world *w, unsigned number, int64_t expires_us)
{
	struct job job = sample_job(number, JOB_STORED);

	job.partial = true;
	memset(&job.expires_at, 0, sizeof(job.expires_at));
	if (expires_us)
		stamp_from_us(&job.expires_at, expires_us);
	put_job(w, &job, NULL);
}

/* A loss settles a job that is stored in part: it cannot become more. */
static void partial_settled(struct world *w)
{
	const int64_t before = time_now_us() - 1000, later = before + INT64_C(86400000000);
	static const enum job_state open_ones[] = {JOB_PENDING, JOB_FAILED, JOB_DENIED, JOB_UNREADABLE, JOB_UNASKED};
	static const enum job_state losses[] = {JOB_EXPIRED, JOB_NOT_FOUND, JOB_NO_RESULT, JOB_REJECTED};

	world_open(w);
	put_partial(w, 1, later);
	for (size_t i = 0; i < 5; i++) {
		const struct job job = sample_job(1, open_ones[i]);
		put_job(w, &job, NULL);
	}
	assert_true(ledger_of(w, 1).expires_at_us > before + 1000000);
	for (unsigned i = 0; i < 4; i++) {
		const struct job job = sample_job(2 + i, losses[i]);
		put_partial(w, 2 + i, i % 2 ? later : 0);
		put_job(w, &job, NULL);
		assert_in_range(ledger_of(w, 2 + i).expires_at_us, before, time_now_us());
		assert_int_equal(ledger_of(w, 2 + i).state, JOB_STORED);
		assert_true(ledger_of(w, 2 + i).partial);
	}
	put_partial(w, 8, 1736935200000000);
	put_job(w, &(struct job){.id = sample_job(8, JOB_STORED).id, .state = JOB_EXPIRED, .body_bytes = -1}, NULL);
	assert_int_equal(ledger_of(w, 8).expires_at_us, 1736935200000000);
}

static void unasked(struct world *w)
{
	struct job job = sample_job(1, JOB_UNASKED);

	world_open(w);
	job.attempts = 0;
	memset(&job.requested_at, 0, sizeof(job.requested_at));
	put_job(w, &job, NULL);
	assert_int_equal(ledger_of(w, 1).state, JOB_UNASKED);
	assert_int_equal(ledger_of(w, 1).requested_at_us, 0);
	job = sample_job(2, JOB_PENDING);
	put_job(w, &job, NULL);
	job = sample_job(2, JOB_UNASKED);
	job.attempts = 5;
	job.error = text_of("no time");
	put_job(w, &job, NULL);
	world_flush(w);
	assert_int_equal(ledger_of(w, 2).state, JOB_PENDING);
	expect_job(w, 2, "attempts", "1");
	expect_job(w, 2, "error", "the API says: no");
	job = sample_job(1, JOB_PENDING);
	put_job(w, &job, NULL);
	assert_int_equal(ledger_of(w, 1).state, JOB_PENDING);
	assert_int_equal(ledger_of(w, 1).requested_at_us, 1736935200000000);
}

/* What adds up over the runs, and what stays where a run brings nothing. */
static void adds_up(struct world *w)
{
	struct job job = sample_job(1, JOB_FAILED);

	world_open(w);
	job.attempts = 9;
	job.input = text_of("{\"id\":1}");
	job.details = text_of("{\"state\":\"EXECUTING\"}");
	stamp_from_us(&job.expires_at, 1738144800000000);
	put_job(w, &job, NULL);
	job = sample_job(1, JOB_EXPIRED);
	job.attempts = 3;
	job.http_status = 0;
	stamp_from_us(&job.requested_at, 1737000000000000);
	memset(&job.fetched_at, 0, sizeof(job.fetched_at));
	put_job(w, &job, NULL);
	world_flush(w);
	assert_int_equal(ledger_of(w, 1).state, JOB_EXPIRED);
	expect_job(w, 1, "attempts", "12");
	expect_job(w, 1, "http_status", NULL);
	expect_job(w, 1, "requested_at", "2025-01-15T10:00:00.000Z");
	expect_job(w, 1, "fetched_at", "2025-01-15T10:00:01.25Z");
	expect_job(w, 1, "expires_at", "2025-01-29T10:00:00.000Z");
	expect_job(w, 1, "input", "{\"id\":1}");
	expect_job(w, 1, "details", "{\"state\":\"EXECUTING\"}");
	job = sample_job(1, JOB_STORED);
	job.details = text_of("{\"state\":\"COMPLETE\"}");
	put_job(w, &job, NULL);
	world_flush(w);
	expect_job(w, 1, "attempts", "13");
	expect_job(w, 1, "error", NULL);
	expect_job(w, 1, "requested_at", "2025-01-15T10:00:00.000Z");
	expect_job(w, 1, "expires_at", "2025-01-29T10:00:00Z");
	expect_job(w, 1, "input", "{\"id\":1}");
	expect_job(w, 1, "details", "{\"state\":\"COMPLETE\"}");
}

/* requested_at is the earliest, in whichever order they come: a clock that was ahead is put right by the next run. */
static void first_request(struct world *w)
{
	static const int64_t came_us[] = {4102444800000000, 1736935200000000, 0, 1737000000000000};
	static const int64_t kept_us[] = {4102444800000000, 1736935200000000, 1736935200000000, 1736935200000000};
	struct job job = sample_job(1, JOB_PENDING);

	world_open(w);
	for (size_t i = 0; i < sizeof(came_us) / sizeof(came_us[0]); i++) {
		memset(&job.requested_at, 0, sizeof(job.requested_at));
		if (came_us[i] != 0)
			stamp_from_us(&job.requested_at, came_us[i]);
		put_job(w, &job, NULL);
		assert_int_equal(ledger_of(w, 1).requested_at_us, kept_us[i]);
	}
	world_flush(w);
	expect_job(w, 1, "requested_at", "2025-01-15T10:00:00.000Z");
}

static void instances(struct world *w)
{
	struct sink_options other = world_options;
	struct job job = sample_job(1, JOB_NOT_FOUND);

	world_open(w);
	put_job(w, &job, NULL);
	world_flush(w);
	other.instance = "https://two.example";
	other.run_id = "run-2";
	world_with(w, &other);
	assert_int_equal(ledger_of(w, 1).state, JOB_NOT_FOUND);
	assert_false(ledger_of(w, 1).same_instance);
	job.instance = text_of("https://two.example");
	put_job(w, &job, NULL);
	world_flush(w);
	assert_true(ledger_of(w, 1).same_instance);
	expect_job(w, 1, "run_id", "run-2");
}

/* For a dry run and for looking: beside a run that holds the sink, and where there is none. */
static void read_only(struct world *w)
{
	struct sink_options options = world_options;
	struct sink *writer;

	options.read_only = true;
	world_with(w, &options);
	assert_int_equal(ledger_of(w, 1).state, JOB_NONE);
	world_close(w);
	assert_int_equal(rmdir(w->dir), 0); /* nothing was made */
	assert_int_equal(mkdir(w->dir, 0700), 0);

	world_with(w, &world_options);
	put_result(w, 1, 1, 1, "x");
	world_flush(w);
	writer = w->sink;
	w->sink = NULL;
	world_with(w, &options);
	assert_int_equal(ledger_of(w, 1).state, JOB_STORED);
	assert_int_equal(ledger_of(w, 2).state, JOB_NONE);
	world_close(w);
	w->sink = writer;
	put_result(w, 2, 1, 1, "y");
	world_flush(w);
	expect_count(w, "jobs", 2, 1);
	world_with(w, &options);
	assert_int_equal(ledger_of(w, 2).state, JOB_STORED);
}

static void expect_run(struct world *w, const char *column, const char *expected)
{
	struct buf b;

	buf_init(&b, 256);
	assert_int_equal(w->kind->reader->run(w->target, "run-1", column, &b), expected != NULL);
	assert_string_equal(buf_cstr(&b), expected ? expected : "");
	buf_free(&b);
}

static void runs(struct world *w)
{
	struct run_record run = {.run_id = "run-1", .version = "1.0", .exit_code = 3};

	stamp_from_us(&run.started_at, 1736935200000000);
	world_open(w);
	CALLED(w->sink->ops->record_run(w->sink, &run, &err));
	expect_run(w, "started_at", "2025-01-15T10:00:00.000Z");
	expect_run(w, "version", "1.0");
	expect_run(w, "finished_at", NULL);
	expect_run(w, "exit_code", NULL);
	expect_run(w, "summary", NULL);
	put_result(w, 1, 1, 1, "x");
	world_flush(w);
	stamp_from_us(&run.finished_at, 1736935260000000);
	run.summary = text_of("{\"stored\":1}");
	CALLED(w->sink->ops->record_run(w->sink, &run, &err));
	expect_run(w, "count(*)", "1");
	expect_run(w, "finished_at", "2025-01-15T10:01:00.000Z");
	expect_run(w, "exit_code", "3");
	expect_run(w, "summary", "{\"stored\":1}");
}

const struct contract_test tests_ledger[] = {
    {"columns of jobs", SINK_LEDGER, job_columns},
    {"every state", SINK_LEDGER, states},
    {"states of many jobs", SINK_LEDGER, many_states},
    {"what is stored stays stored", SINK_LEDGER, after_stored},
    {"a loss settles a partial job", SINK_LEDGER, partial_settled},
    {"unasked says nothing", SINK_LEDGER, unasked},
    {"what adds up, what stays", SINK_LEDGER, adds_up},
    {"requested_at is the earliest one", SINK_LEDGER, first_request},
    {"the instance that said so", SINK_LEDGER, instances},
    {"only to read", SINK_LEDGER, read_only},
    {"runs", SINK_RUNS, runs},
    {NULL, 0, NULL},
};
