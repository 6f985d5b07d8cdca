/* reading.c: what a sink tells of itself to those who only read: status, load (sink.h). */
#include "contract.h"

#include <stdio.h>
#include <string.h>

#define JOBS 1203 /* more than a page of any sink */

static const struct sink_options only_read = {.file_mode = 0600, .read_only = true, .must_exist = true};

/* The job of that number. */
static unsigned number_of(const struct uuid *id)
{
	return (unsigned)id->b[1] << 8 | id->b[2];
}

/* Each job once, as often as it is asked, with what was written in between. */
static void each_job_once(struct world *w)
{
	static unsigned char seen[JOBS];
	struct job job;
	struct err err;
	int more;

	world_open(w);
	for (unsigned i = 0; i < JOBS; i++) {
		job = sample_job(i, JOB_PENDING);
		put_job(w, &job, NULL);
		if (i % 500 == 0) /* before a lazy sink wants to */
			world_flush(w);
	}
	world_flush(w);
	for (unsigned round = 1; round <= 2; round++) {
		while ((more = w->sink->ops->next_job(w->sink, &job, &err)) == 1) {
			assert_true(number_of(&job.id) < JOBS);
			seen[number_of(&job.id)]++;
			if (number_of(&job.id) % 400 == 7) {
				const struct job other = sample_job(number_of(&job.id), JOB_FAILED);

				put_job(w, &other, NULL);
				world_flush(w);
			}
		}
		assert_int_equal(more, 0);
		for (unsigned i = 0; i < JOBS; i++)
			assert_int_equal(seen[i], round);
	}
	memset(seen, 0, sizeof(seen));
}

static void columns(struct world *w)
{
	struct job job = sample_job(1, JOB_STORED), read, one;

	job.partial = true;
	job.action_count = 3;
	job.result_count = 2;
	job.row_count = 123;
	world_open(w);
	put_job(w, &job, NULL);
	job = sample_job(2, JOB_DENIED);
	job.error = text_of("not \"yours\"");
	job.attempts = 7;
	put_job(w, &job, NULL);
	world_flush(w);
	world_with(w, &only_read);
	for (int i = 0; i < 2; i++) {
		char error[40];

		CALLED(w->sink->ops->next_job(w->sink, &read, &err) != 1);
		(void)snprintf(error, sizeof(error), "%.*s", (int)read.error.n, read.error.n ? read.error.p : "");
		job = sample_job(number_of(&read.id), number_of(&read.id) == 1 ? JOB_STORED : JOB_DENIED);
		assert_true(text_eq(read.instance, text_of("https://one.example")));
		assert_string_equal(error, job.state == JOB_DENIED ? "not \"yours\"" : "");
		assert_int_equal(read.state, job.state);
		assert_int_equal(read.partial, job.state == JOB_STORED);
		assert_int_equal(read.http_status, job.http_status);
		assert_int_equal(read.attempts, job.state == JOB_DENIED ? 7 : 1);
		assert_int_equal(read.row_count, job.state == JOB_STORED ? 123 : 0);
		assert_int_equal(read.action_count, job.state == JOB_STORED ? 3 : 0);
		assert_int_equal(read.result_count, job.state == JOB_STORED ? 2 : 0);
		assert_int_equal(read.truncated_count, 0);
		assert_int_equal(stamp_is_set(&read.stored_at), job.state == JOB_STORED);
		/* and the same as where one job is asked for */
		CALLED(w->sink->ops->read_job(w->sink, &read.id, &one, &err) != 1);
		assert_int_equal(one.state, read.state);
		assert_int_equal(one.expires_at.us, read.expires_at.us);
		assert_int_equal(one.requested_at.us, read.requested_at.us);
		assert_int_equal(one.fetched_at.us, read.fetched_at.us);
		assert_int_equal(one.fetched_at.us, job.fetched_at.us);
		assert_int_equal(one.body_bytes, read.body_bytes);
		assert_memory_equal(one.body_sha256, read.body_sha256, SHA256_LEN);
	}
	CALLED(w->sink->ops->next_job(w->sink, &read, &err) != 0);
}

/* How many of a job's results the API truncated; a job that is stored again has but its new ones. */
static void truncated(struct world *w)
{
	const struct text columns_of[] = {text_of("A")};
	struct query_result r = {.columns = columns_of, .n_columns = 1, .has_results = 1, .row_count = -1};
	struct job job, read;

	world_open(w);
	for (int round = 0; round < 2; round++) {
		job = sample_job(1, JOB_STORED);
		put_begin(w, &job);
		for (int i = 0; i < 3; i++) {
			put_action(w, i);
			r.action_index = i;
			r.csv_truncated = i > round; /* two, then one */
			r.row_count = -1;
			CALLED(w->sink->ops->result(w->sink, &r, &err));
			r.row_count = 0;
			CALLED(w->sink->ops->result_end(w->sink, &r, &err));
		}
		job.action_count = job.result_count = 3;
		job.truncated_count = 2 - round;
		put_commit(w, &job);
		world_flush(w);
		world_reopen(w);
		CALLED(w->sink->ops->next_job(w->sink, &read, &err) != 1);
		assert_int_equal(read.truncated_count, 2 - round);
		CALLED(w->sink->ops->next_job(w->sink, &read, &err) != 0);
	}
}

/* The newest first. */
static void newest_run_first(struct world *w)
{
	static const char *const names[] = {"20250115T100000000Z-2", "20250115T100000000Z-1", "20250116T100000000Z-0"};
	static const char *const order[] = {"20250116T100000000Z-0", "20250115T100000000Z-2", "20250115T100000000Z-1"};
	struct run_record run;

	world_open(w);
	CALLED(w->sink->ops->next_run(w->sink, &run, &err) != 0);
	for (int i = 0; i < 3; i++) {
		run = (struct run_record){.run_id = names[i], .version = "1.0", .exit_code = 4};
		stamp_from_us(&run.started_at, 1736935200000000 + i);
		if (i == 1)
			stamp_from_us(&run.finished_at, 1736935260000000);
		CALLED(w->sink->ops->record_run(w->sink, &run, &err));
	}
	for (int round = 0; round < 2; round++) {
		for (int i = 0; i < 3; i++) {
			CALLED(w->sink->ops->next_run(w->sink, &run, &err) != 1);
			assert_string_equal(run.run_id, order[i]);
			assert_string_equal(run.version, "1.0");
			assert_string_equal(run.started_at.text, "2025-01-15T10:00:00.000Z");
			assert_int_equal(stamp_is_set(&run.finished_at), i == 2);
			assert_int_equal(run.exit_code, i == 2 ? 4 : 0);
		}
		CALLED(w->sink->ops->next_run(w->sink, &run, &err) != 0);
	}
}

/* Who looks at a sink that is not there has its name wrong, and makes nothing. */
static void must_be_there(struct world *w)
{
	struct err err = {0};

	w->options = &only_read;
	assert_null(world_try(w, &err));
	assert_int_equal(err.kind, ERR_FATAL);
	assert_true(strlen(err.msg) > 0);
	w->options = &world_options;
	world_open(w);
	world_flush(w);
	world_with(w, &only_read); /* an empty one is there */
	assert_int_equal(ledger_of(w, 1).state, JOB_NONE);
}

const struct contract_test tests_reading[] = {
    {"next_job gives each job once", SINK_LEDGER, each_job_once},
    {"next_job has the ledger's columns", SINK_LEDGER, columns},
    {"truncated results are counted", SINK_LEDGER | SINK_CELLS, truncated},
    {"next_run begins with the newest", SINK_RUNS, newest_run_first},
    {"a sink that must be there", SINK_LEDGER, must_be_there},
    {NULL, 0, NULL},
};
