/* bodies.c: which bodies are kept, and until when. */
#include "contract.h"

#include <stdlib.h>
#include <string.h>

static const struct sink_options no_raw = {
    .file_mode = 0600, .keep_bodies = false, .run_id = "run-1", .version = "1.0", .instance = "https://one.example"};

/* A frame of several parts, given in pieces that fit none. */
static void in_pieces(struct world *w)
{
	const struct job job = sample_job(1, JOB_STORED);
	const size_t n = (size_t)5 << 20;
	unsigned char *frame = malloc(n);
	struct buf back;
	uint32_t seed = 1;

	assert_non_null(frame);
	for (size_t i = 0; i < n; i++) {
		seed = seed * 1664525 + 1013904223;
		frame[i] = (unsigned char)(seed >> 24);
	}
	world_open(w);
	put_begin(w, &job);
	for (size_t at = 0, piece = 1; at < n; piece = piece * 7 % 3000017) {
		const size_t k = piece < n - at ? piece : n - at;
		CALLED(w->sink->ops->body(w->sink, frame + at, k, &err));
		CALLED(w->sink->ops->body(w->sink, frame + at, 0, &err));
		at += k;
	}
	put_commit(w, &job);
	world_flush(w);
	buf_init(&back, SIZE_MAX / 2);
	assert_true(w->kind->reader->body(w->target, sample_id(1), &back));
	assert_int_equal(back.len, n);
	assert_memory_equal(back.data, frame, n);
	buf_free(&back);
	free(frame);
	put_result(w, 1, 0, 0, "short");
	world_flush(w);
	expect_body(w, 1, "short");
}

static void not_kept(struct world *w)
{
	world_with(w, &no_raw);
	put_result(w, 1, 1, 1, "dropped");
	world_flush(w);
	expect_body(w, 1, NULL);
	expect_job(w, 1, "body_bytes", "1234");
	expect_job(w, 1, "body_sha256 IS NOT NULL", "1");
}

/* An unreadable body is kept whatever the options, and through all that is no result. */
static void unreadable(struct world *w)
{
	static const char first[] = "c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1";

	world_with(w, &no_raw);
	for (unsigned i = 0; i < 2; i++) {
		struct job job = sample_job(1, JOB_UNREADABLE);
		job.body_bytes += i;
		job.body_sha256[0] = (uint8_t)(job.body_sha256[0] + i);
		put_job(w, &job, i ? "second" : "first");
	}
	for (unsigned state = JOB_PENDING; state < JOB_STATES; state++) {
		const struct job job = sample_job(1, (enum job_state)state);
		if (state == JOB_UNREADABLE)
			continue;
		put_job(w, &job, NULL);
		world_flush(w);
		expect_body(w, 1, "first");
		expect_job(w, 1, "body_bytes", "1234");
		expect_job(w, 1, "body_sha256", first);
		expect_job(w, 1, "stored_at", NULL);
	}
	assert_int_equal(ledger_of(w, 1).state, JOB_REJECTED);
}

/* A pending job has no body: the first unreadable one after it is kept. */
static void unreadable_later(struct world *w)
{
	struct job job = sample_job(1, JOB_PENDING);

	world_with(w, &no_raw);
	put_job(w, &job, NULL);
	job = sample_job(1, JOB_UNREADABLE);
	put_job(w, &job, "odd");
	world_flush(w);
	expect_body(w, 1, "odd");
	expect_job(w, 1, "body_bytes", "1234");
}

/* A result replaces the body as well; with --no-raw it goes, since it is not what the rows were read from. */
static void replaced(struct world *w)
{
	struct job job = sample_job(1, JOB_UNREADABLE);

	world_open(w);
	put_job(w, &job, "odd");
	put_result(w, 1, 1, 1, "good");
	world_flush(w);
	expect_body(w, 1, "good");
	put_job(w, &job, "odd again");
	world_flush(w);
	expect_body(w, 1, "good");
	world_with(w, &no_raw);
	put_result(w, 1, 1, 1, "better");
	world_flush(w);
	expect_body(w, 1, NULL);
	expect_cell(w, 1, 0, 0, 1, text_of("better"));
}

const struct contract_test tests_bodies[] = {
    {"a body in pieces", SINK_BODIES, in_pieces},
    {"--no-raw keeps none", SINK_BODIES | SINK_CELLS, not_kept},
    {"an unreadable body stays", SINK_BODIES | SINK_LEDGER, unreadable},
    {"an unreadable body after another answer", SINK_BODIES | SINK_LEDGER, unreadable_later},
    {"a result replaces the body", SINK_BODIES | SINK_CELLS, replaced},
    {NULL, 0, NULL},
};
