/* raw: and csv: where the contract suite does not look: staged names after a crash, unreadable bodies, read_body. */
#include "flatstage.h"

#include "flat_test.h"

static struct sink *open_sink(const char *spec)
{
	struct sink *s = sink_open(spec, &options, &err);

	if (!s)
		fail_msg("%s", err.msg);
	return s;
}

static void close_sink(struct sink *s)
{
	assert_int_equal(s->ops->close(s, &err), 0);
}

/* A job with a body; nothing is flushed. */
static void put(struct sink *s, const struct job *job, const char *body)
{
	WORKS(s->ops->begin(s, job, &err));
	WORKS(s->ops->body(s, body, strlen(body), &err));
	WORKS(s->ops->commit(s, job, &err));
}

static struct job body_of(uint8_t number, enum job_state state)
{
	struct job job = job_of(number, state);

	job.body_bytes = 3;
	return job;
}

/* The names of the current folder's sink that begin so: how many; the last one is in name. */
static char name[256];

static int note_name(void *ctx, const char *found, struct err *e)
{
	(void)e;
	(void)snprintf(name, sizeof(name), "a/%s", found);
	++*(int *)ctx;
	return 0;
}

static int staged(void)
{
	struct sink_options reading = options;
	struct flatdir *d;
	int n = 0;

	reading.read_only = true;
	d = flatdir_open("a", &reading, &err);
	assert_non_null(d);
	WORKS(flatdir_list(d, "", ".new-", note_name, &n, &err));
	flatdir_close(d);
	return n;
}

#define RAW "a/07/07010203-0000-0000-0000-000000000000.json.zst"
#define ODD "a/unreadable/07010203-0000-0000-0000-000000000000.json.zst"
#define CSV "a/07010203-0000-0000-0000-000000000000"

static void staged_until_flush(void **state)
{
	const struct job job = body_of(7, JOB_STORED);
	struct sink *s = open_sink("raw:a");

	(void)state;
	put(s, &job, "old");
	assert_int_equal(staged(), 1);
	assert_false(exists(RAW));
	WORKS(s->ops->flush(s, &err));
	assert_int_equal(staged(), 0);
	assert_string_equal(file_text(RAW), "old");
	put(s, &job, "n1");
	put(s, &job, "n2");
	assert_string_equal(file_text(RAW), "old");
	WORKS(s->ops->flush(s, &err));
	assert_int_equal(staged(), 0);
	assert_string_equal(file_text(RAW), "n2");
	put(s, &job, "no");
	WORKS(s->ops->begin(s, &job, &err));
	WORKS(s->ops->body(s, "no", 2, &err));
	close_sink(s);
	assert_int_equal(staged(), 0);
	assert_string_equal(file_text(RAW), "n2");
}

/* A crash before the line: the staged name goes. After it, before the move: the move is made up for. */
static void recovered(void **state)
{
	const struct job job = body_of(7, JOB_STORED);
	struct sink *s = open_sink("raw:a");

	(void)state;
	put(s, &job, "it");
	assert_int_equal(staged(), 1);
	WORKS(s->ops->flush(s, &err));
	close_sink(s);
	assert_int_equal(rename(RAW, name), 0);
	put_file("a/.new-07010203-0000-0000-0000-000000000000-0000000000000001", "nobody's");
	put_file("a/.new-somebody-else's", "left alone");
	s = open_sink("raw:a");
	assert_int_equal(staged(), 1);
	assert_string_equal(file_text("a/.new-somebody-else's"), "left alone");
	assert_string_equal(file_text(RAW), "it");
	close_sink(s);
}

static int take(void *ctx, const void *piece, size_t n, struct err *e)
{
	(void)e;
	return buf_add(ctx, piece, n);
}

static const char *read_body(struct sink *s, const struct uuid *id)
{
	static struct buf b;
	static char text[64];
	int rc;

	buf_init(&b, 1 << 20);
	rc = s->ops->read_body(s, id, take, &b, &err);
	(void)snprintf(text, sizeof(text), "%s", rc == 1 ? buf_cstr(&b) : rc == 0 ? "(none)" : "(failed)");
	buf_free(&b);
	return text;
}

static void bodies_to_read(void **state)
{
	const struct job job = body_of(7, JOB_STORED), odd = body_of(8, JOB_UNREADABLE);
	const struct uuid none = {{9}};
	struct sink_options reading = options;
	struct sink *s = raw_ops.open("a", &options, &err);

	(void)state;
	assert_non_null(s);
	put(s, &job, "old");
	put(s, &odd, "odd");
	assert_string_equal(read_body(s, &job.id), "old"); /* not flushed yet */
	WORKS(s->ops->flush(s, &err));
	assert_string_equal(read_body(s, &job.id), "old");
	assert_string_equal(read_body(s, &odd.id), "odd");
	assert_string_equal(read_body(s, &none), "(none)");
	put(s, &job, "new");
	assert_int_equal(staged(), 1);
	WORKS(s->ops->flush(s, &err));
	close_sink(s);
	/* As after a crash: the line is there, the file is staged still, the old one in its place. */
	assert_int_equal(rename(RAW, name), 0);
	put_file(RAW, "old");
	reading.read_only = true;
	s = raw_ops.open("a", &reading, &err);
	assert_non_null(s);
	assert_string_equal(read_body(s, &job.id), "new");
	assert_int_equal(unlink(name), 0);
	assert_int_equal(unlink(RAW), 0);
	assert_string_equal(read_body(s, &job.id), "(failed)");
	assert_int_equal(err.kind, ERR_JOB);
	close_sink(s);
}

/* What cannot be read is kept also where no other body is, until a result comes. */
static void unreadable(void **state)
{
	static const char *const specs[] = {"raw:a", "csv:a"};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		const struct job odd = body_of(7, JOB_UNREADABLE), gone = job_of(7, JOB_EXPIRED);
		const struct job good = body_of(7, JOB_STORED);
		struct sink *s = open_sink(specs[i]);
		put(s, &odd, "odd");
		put(s, &odd, "other");
		WORKS(s->ops->flush(s, &err));
		WORKS(s->ops->begin(s, &gone, &err));
		WORKS(s->ops->commit(s, &gone, &err));
		WORKS(s->ops->flush(s, &err));
		assert_string_equal(file_text(ODD), "odd");
		close_sink(s);
		s = open_sink(specs[i]);
		put(s, &good, "good");
		WORKS(s->ops->flush(s, &err));
		assert_false(exists(ODD));
		close_sink(s);
		put_file(ODD, "left by a crash");
		close_sink(open_sink(specs[i]));
		assert_false(exists(ODD));
		assert_int_equal(staged(), 0);
		assert_int_equal(tear_down(NULL), 0);
		assert_int_equal(set_up(NULL), 0);
	}
}

/* After the exchange the old folder has the staged name: it must not come back. */
static void exchanged(void **state)
{
	const struct job job = job_of(7, JOB_STORED);
	struct sink *s = open_sink("csv:a");
	char *old;

	(void)state;
	put(s, &job, "");
	WORKS(s->ops->flush(s, &err));
	assert_int_equal(rename(CSV, "old"), 0);
	put(s, &job, "");
	assert_int_equal(staged(), 1);
	WORKS(s->ops->flush(s, &err));
	close_sink(s);
	old = strdup(file_text(CSV "/job.json"));
	assert_non_null(old);
	assert_int_equal(rename("old", name), 0);
	s = open_sink("csv:a");
	assert_int_equal(staged(), 0);
	assert_string_equal(file_text(CSV "/job.json"), old);
	close_sink(s);
	/* And before it: both are there the other way round. */
	assert_int_equal(rename(CSV, name), 0);
	assert_int_equal(mkdir(CSV, 0700), 0);
	put_file(CSV "/stale", "");
	s = open_sink("csv:a");
	assert_int_equal(staged(), 0);
	assert_string_equal(file_text(CSV "/job.json"), old);
	assert_false(exists(CSV "/stale"));
	close_sink(s);
	free(old);
}

static void targets(void **state)
{
	static const char *const bad[] = {"csv:", "csv:?formulas=escape", "csv:a?formulas=no", "csv:a?", "raw:"};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_null(sink_open(bad[i], &options, &err));
		assert_int_equal(err.kind, ERR_USAGE);
	}
	assert_false(exists("a"));
	close_sink(open_sink("csv:a?formulas=escape"));
	assert_true(exists("a"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(staged_until_flush), TEST(recovered), TEST(bodies_to_read),
	    TEST(unreadable),         TEST(exchanged), TEST(targets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
