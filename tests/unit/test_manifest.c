#include "manifest.h"

#include "flat_test.h"

#include <signal.h>
#include <sys/resource.h>

#define HEADER "{\"format\":\"omni-export manifest\",\"version\":1,\"sink\":\"raw\"}\n"
#define ID(n)  "0" #n "010203-0000-0000-0000-000000000000"
#define LINE(n, state)                                                                                                 \
	"{\"job_id\":\"" ID(n) "\",\"instance\":\"https://one.example\",\"state\":\"" state "\",\"attempts\":1}\n"

static const struct manifest_kind raw_kind = {.sink = "raw", .places = "files"};
static const struct manifest_kind shared_kind = {.sink = "raw", .places = "parts", .shared = true};

static struct flatdir *dir;

static struct manifest *try_open(const struct manifest_kind *kind, const struct sink_options *o)
{
	struct manifest *m;

	memset(&err, 0, sizeof(err));
	dir = flatdir_open("a", o, &err);
	assert_non_null(dir);
	m = manifest_open(dir, kind, o, &err);
	if (!m)
		flatdir_close(dir);
	return m;
}

static struct manifest *open_manifest(void)
{
	struct manifest *m = try_open(&raw_kind, &options);

	if (!m)
		fail_msg("%s", err.msg);
	return m;
}

static void close_manifest(struct manifest *m)
{
	manifest_close(m);
	flatdir_close(dir);
}

static struct deed put(struct manifest *m, const struct job *job, const char *places)
{
	const struct deed deed = manifest_decide(m, job, true);
	struct manifest_line line;

	WORKS(manifest_merge(m, job, &deed, &line, &err));
	if (places)
		line.places = text_of(places);
	WORKS(manifest_put(m, &line, &err));
	return deed;
}

static enum job_state state_of(struct manifest *m, uint8_t number)
{
	const struct job job = job_of(number, JOB_STORED);
	struct ledger_entry e;

	WORKS(manifest_states(m, &job.id, 1, &e, &err));
	return e.state;
}

/* What a line loses on its way to the file and back: nothing. */
static void round_trip(void **state)
{
	struct manifest *m = open_manifest();
	struct job job = job_of(1, JOB_UNREADABLE), back;
	struct manifest_line line;

	(void)state;
	job.error = text_of("\"caf\xc3\xa9\"\n\\");
	job.input = text_of("{\"id\": 1}");
	job.details = text_of("{\"a\":\n[1,\r\n2]}");
	job.http_status = 0;
	job.body_bytes = 7;
	memset(job.body_sha256, 0xa5, sizeof(job.body_sha256));
	stamp_from_us(&job.requested_at, 1736935200500000);
	stamp_from_us(&job.expires_at, 1738144800000000);
	(void)put(m, &job, "[\"x\",\"y\"]");
	for (int i = 0; i < 3; i++) {
		assert_int_equal(manifest_line_of(m, &job.id, &line, &err), 1);
		assert_int_equal(manifest_read_job(m, &job.id, &back, &err), 1);
		assert_int_equal(back.state, JOB_UNREADABLE);
		assert_true(text_eq(back.error, job.error));
		assert_true(text_eq(back.instance, job.instance));
		assert_true(text_eq(back.input, job.input));
		assert_true(text_eq(back.details, text_of("{\"a\": [1,  2]}")));
		assert_int_equal(back.http_status, 0);
		assert_int_equal(back.body_bytes, 7);
		assert_memory_equal(back.body_sha256, job.body_sha256, SHA256_LEN);
		assert_string_equal(back.requested_at.text, job.requested_at.text);
		assert_int_equal(back.expires_at.us, job.expires_at.us);
		assert_true(text_eq(line.places, text_of("[\"x\",\"y\"]")));
		assert_true(text_eq(line.run_id, text_of("run-1")));
		assert_true(line.content != 0);
		if (i == 0)
			WORKS(manifest_flush(m, &err));
		if (i == 1) {
			close_manifest(m);
			m = open_manifest();
		}
	}
	job.id.b[0] = 2;
	assert_int_equal(manifest_read_job(m, &job.id, &back, &err), 0);
	assert_int_equal(mode_of("a/manifest.jsonl"), 0640);
	close_manifest(m);
}

/* Text that is no JSON where JSON is expected stays text, and cannot break the line. */
static void foreign_details(void **state)
{
	static const char *const texts[] = {"not JSON", "{\"half\":", "{}\n{}", "\"a string\"", "5", "", "[\x01]"};
	struct manifest *m = open_manifest();
	struct job job = job_of(1, JOB_PENDING), back;

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		job.details = text_of(texts[i]);
		(void)put(m, &job, NULL);
		WORKS(manifest_flush(m, &err));
		close_manifest(m);
		m = open_manifest();
		assert_int_equal(manifest_read_job(m, &job.id, &back, &err), 1);
		assert_true(text_eq(back.details, job.details));
	}
	close_manifest(m);
}

static void not_flushed(void **state)
{
	struct manifest *m = open_manifest();
	struct job job = job_of(1, JOB_FAILED);

	(void)state;
	(void)put(m, &job, NULL);
	assert_int_equal(state_of(m, 1), JOB_FAILED);
	assert_string_equal(file_text("a/manifest.jsonl"), HEADER);
	close_manifest(m);
	m = open_manifest();
	assert_int_equal(state_of(m, 1), JOB_NONE);
	close_manifest(m);
}

static void hostile(void **state)
{
	static const struct {
		const char *text, *words; /* NULL: opened */
	} cases[] = {
	    {"", "no manifest of ours"},
	    {"x", "no manifest of ours"},
	    {"{}\n", "no manifest of ours"},
	    {"[]\n", "no manifest of ours"},
	    {"\n", "no manifest of ours"},
	    {"{\"format\":\"omni-export manifest\",\"version\":1,\"sink\":\"raw\"}", "no manifest of ours"},
	    {"{\"format\":\"omni-export manifest\",\"version\":2,\"sink\":\"raw\"}\n", "version 2"},
	    {"{\"format\":\"omni-export manifest\",\"version\":1,\"sink\":\"csv\"}\n", "sink 'csv:'"},
	    {"{\"format\":\"omni-export manifest\",\"version\":1,\"sink\":[]}\n", "sink ':'"},
	    {HEADER, NULL},
	    {HEADER LINE(1, "stored"), NULL},
	    {HEADER LINE(1, "stored") "{\"job_id\":\"0", NULL},
	    {HEADER LINE(1, "stored") "\xff\xfe", NULL},
	    {HEADER LINE(1, "stored") "{half\n", NULL},
	    {HEADER LINE(1, "stored") "{half\n" LINE(2, "stored"), "line 3 cannot be read"},
	    {HEADER LINE(1, "stored") "{half\n{", "line 3 cannot be read"},
	    {HEADER "\n" LINE(1, "stored"), "line 2 cannot be read"},
	    {HEADER "{}\n", "no job_id"},
	    {HEADER "[1,2]\n", "no JSON object"},
	    {HEADER "5\n" LINE(1, "stored"), "no JSON object"},
	    {HEADER LINE(1, "glorious"), "no state"},
	    {HEADER "{\"job_id\":5,\"state\":\"stored\"}\n", "no job_id"},
	    {HEADER "{\"job_id\":\"" ID(1) "\",\"state\":\"stored\",\"body_sha256\":\"12\"}\n", "SHA-256"},
	    {HEADER "{\"job_id\":\"" ID(1) "\",\"state\":\"stored\",\"attempts\":-9223372036854775808,"
					   "\"body_bytes\":-5,\"http_status\":1e9,\"expires_at\":\"never\",\"partial\":"
					   "3,\"files\":\"../..\"}\n",
	     NULL},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct manifest *m;
		(void)mkdir("a", 0700);
		put_file("a/manifest.jsonl", cases[i].text);
		m = try_open(&raw_kind, &options);
		if (cases[i].words) {
			assert_null(m);
			if (!strstr(err.msg, cases[i].words))
				fail_msg("case %zu: '%s' does not say '%s'", i, err.msg, cases[i].words);
			assert_string_equal(file_text("a/manifest.jsonl"), cases[i].text);
			continue;
		}
		if (!m)
			fail_msg("case %zu: %s", i, err.msg);
		if (i > 9) {
			struct job job = job_of(1, JOB_STORED);
			assert_int_equal(state_of(m, 1), JOB_STORED);
			(void)put(m, &job, NULL); /* adds to what stands there */
			WORKS(manifest_flush(m, &err));
		}
		close_manifest(m);
		m = try_open(&raw_kind, &options);
		assert_non_null(m);
		close_manifest(m);
	}
}

/* Bytes of all kinds, cut at every place: opened or refused, never worse. */
static void cut_anywhere(void **state)
{
	static const char whole[] = HEADER LINE(1, "stored") LINE(2, "failed") LINE(1, "expired");
	struct sink_options reading = options;

	(void)state;
	reading.read_only = true;
	(void)mkdir("a", 0700);
	for (size_t n = 0; n < sizeof(whole); n++) {
		struct manifest *m;
		const size_t header = strlen(HEADER), second = header + strlen(LINE(1, "stored"));
		put_bytes("a/manifest.jsonl", "w", whole, n);
		m = try_open(&raw_kind, &reading);
		assert_int_equal(m != NULL, n >= header);
		if (!m)
			continue;
		assert_int_equal(state_of(m, 1), n < second              ? JOB_NONE
						 : n < sizeof(whole) - 1 ? JOB_STORED
									 : JOB_EXPIRED);
		close_manifest(m);
		m = open_manifest();
		close_manifest(m);
		assert_int_equal(file_text("a/manifest.jsonl")[strlen(file_text("a/manifest.jsonl")) - 1], '\n');
	}
}

static void rewritten(void **state)
{
	struct manifest *m = open_manifest();
	struct job job = job_of(1, JOB_FAILED);

	(void)state;
	for (uint8_t i = 1; i <= 9; i++) {
		job.id.b[0] = i < 6 ? 1 : i;
		(void)put(m, &job, NULL);
	}
	WORKS(manifest_flush(m, &err));
	close_manifest(m);
	put_file("a/.new-manifest.jsonl", "an orphan");
	m = open_manifest(); /* 4 of 9 are superseded */
	assert_false(exists("a/.new-manifest.jsonl"));
	for (uint8_t i = 0; i < 2; i++) {
		job.id.b[0] = 1;
		(void)put(m, &job, NULL);
	}
	WORKS(manifest_flush(m, &err));
	close_manifest(m);
	m = open_manifest(); /* 6 of 11 */
	assert_int_equal(mode_of("a/manifest.jsonl"), 0640);
	for (uint8_t i = 0; i < 3; i++) {
		struct job back;
		assert_int_equal(manifest_read_job(m, &job.id, &back, &err), 1);
		assert_int_equal(back.attempts, 7 + i);
		(void)put(m, &job, NULL);
		WORKS(manifest_flush(m, &err));
	}
	close_manifest(m);
	m = open_manifest();
	assert_int_equal(state_of(m, 9), JOB_FAILED);
	close_manifest(m);
}

static void many(void **state)
{
	struct manifest *m = open_manifest();
	struct job next;
	unsigned seen = 0;

	(void)state;
	for (unsigned i = 0; i < 3000; i++) {
		struct job job = job_of((uint8_t)i, JOB_EXPIRED);
		job.id.b[1] = (uint8_t)(i >> 8);
		(void)put(m, &job, NULL);
	}
	WORKS(manifest_flush(m, &err));
	close_manifest(m);
	m = open_manifest();
	for (int round = 0; round < 2; round++) {
		while (manifest_next_job(m, &next, &err) == 1) {
			struct manifest_held held;
			assert_int_equal(manifest_held(m, &next.id, &held), 1);
			seen++;
		}
	}
	assert_int_equal(seen, 6000);
	close_manifest(m);
}

static void shared_places(void **state)
{
	struct manifest *m = try_open(&shared_kind, &options);
	const struct job third = job_of(3, JOB_STORED);
	struct manifest_held held;
	size_t jobs;

	(void)state;
	assert_non_null(m);
	for (uint8_t i = 0; i < 200; i++) {
		struct job job = job_of(i, JOB_STORED);
		(void)put(m, &job, i < 150 ? "[\"p1\"]" : "[\"p2\"]");
	}
	for (uint8_t i = 0; i < 150; i++) {
		struct job job = job_of(i, JOB_STORED);
		(void)put(m, &job, "[\"p2\"]");
	}
	WORKS(manifest_flush(m, &err));
	close_manifest(m);
	m = try_open(&shared_kind, &options);
	assert_non_null(m);
	assert_int_equal(manifest_places(m), 2);
	assert_true(text_eq(manifest_place(m, 0, &jobs), text_of("[\"p1\"]")));
	assert_int_equal(jobs, 0);
	assert_true(text_eq(manifest_place(m, 1, &jobs), text_of("[\"p2\"]")));
	assert_int_equal(jobs, 200);
	assert_int_equal(manifest_held(m, &third.id, &held), 1);
	assert_int_equal(held.place, 1);
	close_manifest(m);
}

static void only_to_read(void **state)
{
	struct sink_options reading = options;
	struct manifest *m;

	(void)state;
	reading.read_only = true;
	assert_int_equal(mkdir("a", 0700), 0);
	m = try_open(&raw_kind, &reading);
	assert_non_null(m);
	assert_int_equal(state_of(m, 1), JOB_NONE);
	close_manifest(m);
	assert_int_equal(rmdir("a"), 0);
	assert_int_equal(mkdir("a", 0700), 0);
	put_file("a/manifest.jsonl", HEADER LINE(1, "stored") LINE(1, "stored") LINE(1, "stored") "torn");
	m = try_open(&raw_kind, &reading);
	assert_non_null(m);
	assert_int_equal(state_of(m, 1), JOB_STORED);
	close_manifest(m);
	assert_string_equal(file_text("a/manifest.jsonl"),
			    HEADER LINE(1, "stored") LINE(1, "stored") LINE(1, "stored") "torn");
}

/* The file is as it was when lines cannot be appended. */
static void full(void **state)
{
	struct manifest *m = open_manifest();
	struct job job = job_of(1, JOB_STORED);
	char *before;

	(void)state;
	(void)put(m, &job, NULL);
	WORKS(manifest_flush(m, &err));
	close_manifest(m);
	before = strdup(file_text("a/manifest.jsonl"));
	assert_non_null(before);
	m = open_manifest();
	job.id.b[0] = 2;
	job.details = text_of("[\"a detail that is longer than what is left of the file's size\"]");
	(void)put(m, &job, NULL);
	(void)put(m, &job, NULL);
	{
		const struct rlimit small = {1200, RLIM_INFINITY}, all = {RLIM_INFINITY, RLIM_INFINITY};
		(void)signal(SIGXFSZ, SIG_IGN);
		assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
		FAILS(manifest_flush(m, &err), "cannot write");
		assert_int_equal(setrlimit(RLIMIT_FSIZE, &all), 0);
	}
	close_manifest(m);
	assert_string_equal(file_text("a/manifest.jsonl"), before);
	free(before);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(round_trip), TEST(foreign_details), TEST(not_flushed),
	    TEST(hostile),    TEST(cut_anywhere),    TEST(rewritten),
	    TEST(many),       TEST(shared_places),   TEST(only_to_read),
	    TEST(full),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
