/*
 * test_sinkset.c: the fan-out over sinks that fail when they are told to.
 */
#include "sinkset.h"

#include "sinkset_fake.h"

#include <stdlib.h>
#include <unistd.h>

static struct sinkset *open_set(size_t n, const char *const *specs)
{
	static const struct sink_options options = {.file_mode = 0600};
	struct err err;
	struct sinkset *set = sinkset_open(specs, n, &options, &err);

	assert_non_null(set);
	return set;
}

static struct sinkset *open_three(void)
{
	static const char *const specs[] = {"fake:a", "fake:b", "fake:forgets"};

	return open_set(3, specs);
}

static int reset(void **state)
{
	(void)state;
	memset(fakes, 0, sizeof(fakes));
	n_opened = 0;
	return 0;
}

static void close_set(struct sinkset *set)
{
	struct err err;

	assert_int_equal(sinkset_close(set, &err), 0);
	for (size_t i = 0; i < n_opened; i++)
		assert_false(fakes[i].open);
}

/* One whole job; returns what sinkset_commit does. */
static sink_mask one_job(struct sinkset *set, sink_mask mask, struct err *err)
{
	const struct job job = {.state = JOB_STORED};

	if (sinkset_begin(set, mask, &job, err) || sinkset_action(set, &(struct action){0}, err) ||
	    sinkset_result(set, &(struct query_result){0}, err) || sinkset_row(set, &(struct row){0}, err) ||
	    sinkset_result_end(set, &(struct query_result){0}, err) || sinkset_body(set, "x", 1, err)) {
		sinkset_rollback(set);
		return 0;
	}
	return sinkset_commit(set, &job, err);
}

#define WHOLE_JOB "begin action result row end body commit"

static void test_all_well(void **state)
{
	struct sinkset *set = open_three();
	struct err err = {0};
	sink_mask again = 99;

	(void)state;
	assert_int_equal(sinkset_count(set), 3);
	assert_string_equal(sinkset_spec(set, 1), "[fake:b]");
	assert_int_equal(sinkset_alive(set), 7);
	assert_int_equal(sinkset_with(set, SINK_LEDGER), 3);
	assert_int_equal(sinkset_with(set, SINK_BODIES), 0);
	assert_int_equal(one_job(set, 5, &err), 5);
	assert_int_equal(sinkset_flush(set, ~(sink_mask)0, &again, &err), 7);
	assert_int_equal(again, 0);
	assert_int_equal(sinkset_record_run(set, &(struct run_record){.run_id = "r"}, &err), 0);
	close_set(set);
	assert_string_equal(fakes[0].log, WHOLE_JOB " flush record close");
	assert_string_equal(fakes[1].log, "flush record close");
	assert_string_equal(fakes[2].log, WHOLE_JOB " flush close");
}

/* Whatever call fails, and however: the job is gone from that sink alone. */
static void test_one_fails(void **state)
{
	static const char *const calls[] = {"begin", "action", "result", "row", "end", "body", "commit"};
	static const enum err_kind kinds[] = {ERR_JOB, ERR_RETRY, ERR_FATAL};

	for (size_t i = 0; i < 7 * 3; i++) {
		const bool fatal = kinds[i / 7] == ERR_FATAL;
		const char *call = calls[i % 7];
		struct sinkset *set;
		struct err err = {0};
		char expected[256], message[64];
		sink_mask again;

		reset(state);
		fakes[1].fails = call;
		fakes[1].kind = kinds[i / 7];
		set = open_three();
		assert_int_equal(one_job(set, 7, &err), 5);
		(void)snprintf(message, sizeof(message), "fake 1: %s failed", call);
		assert_string_equal(err.msg, message);
		assert_int_equal(err.kind, kinds[i / 7]);
		assert_int_equal(sinkset_alive(set), fatal ? 5 : 7);
		if (fatal)
			assert_string_equal(sinkset_error(set, 1), message);
		else
			assert_null(sinkset_error(set, 1));
		assert_null(sinkset_error(set, 0));
		assert_int_equal(one_job(set, 7, &err), fatal ? 5 : 7);
		assert_int_equal(sinkset_flush(set, ~(sink_mask)0, &again, &err), fatal ? 5 : 7);
		close_set(set);
		(void)snprintf(expected, sizeof(expected), "%.*s %s",
			       (int)(strstr(WHOLE_JOB, call) - WHOLE_JOB + (long)strlen(call)), WHOLE_JOB,
			       fatal ? "close" : "rollback " WHOLE_JOB " flush close");
		assert_string_equal(fakes[1].log, expected);
		assert_string_equal(fakes[0].log, WHOLE_JOB " " WHOLE_JOB " flush close");
	}
}

static void test_all_fail(void **state)
{
	struct sinkset *set = open_three();
	struct err err = {0};

	(void)state;
	fakes[0].fails = fakes[2].fails = "row";
	fakes[0].kind = ERR_FATAL;
	fakes[2].kind = ERR_JOB;
	assert_int_equal(one_job(set, 5, &err), 0);
	assert_string_equal(err.msg, "fake 2: row failed");
	assert_string_equal(fakes[2].log, "begin action result row rollback");
	assert_string_equal(fakes[1].log, "");
	err.msg[0] = '\0';
	assert_int_equal(one_job(set, 1, &err), 0);
	assert_string_equal(err.msg, "no sink is left that takes this job");
	close_set(set);
}

static void test_rollback(void **state)
{
	struct sinkset *set = open_three();
	const struct job job = {.state = JOB_STORED};
	struct err err = {0};

	(void)state;
	assert_int_equal(sinkset_begin(set, 3, &job, &err), 0);
	sinkset_rollback(set);
	sinkset_rollback(set);
	close_set(set);
	assert_string_equal(fakes[0].log, "begin rollback close");
	assert_string_equal(fakes[2].log, "close");
}

static void test_flush_fails(void **state)
{
	struct sinkset *set = open_three();
	struct err err = {0};
	sink_mask again;

	(void)state;
	fakes[0].fails = fakes[1].fails = "flush";
	fakes[0].kind = ERR_RETRY;
	fakes[1].kind = ERR_FATAL;
	assert_int_equal(one_job(set, 7, &err), 7);
	assert_int_equal(sinkset_flush(set, ~(sink_mask)0, &again, &err), 4);
	assert_int_equal(again, 1);
	assert_int_equal(sinkset_alive(set), 5);
	assert_string_equal(sinkset_error(set, 1), "fake 1: flush failed");
	assert_int_equal(sinkset_flush(set, ~(sink_mask)0, &again, &err), 5);
	assert_int_equal(again, 0);
	close_set(set);
	assert_string_equal(fakes[1].log, WHOLE_JOB " flush close");
}

static void test_record_fails(void **state)
{
	struct sinkset *set = open_three();
	struct err err = {0};

	(void)state;
	fakes[0].fails = "record";
	fakes[0].kind = ERR_FATAL;
	assert_int_equal(sinkset_record_run(set, &(struct run_record){.run_id = "r"}, &err), -1);
	assert_int_equal(sinkset_alive(set), 6);
	assert_string_equal(fakes[1].log, "record");
	close_set(set);
}

static void test_states(void **state)
{
	struct sinkset *set = open_three();
	const struct uuid ids[2] = {{{1}}, {{2}}};
	struct ledger_entry out[2];
	struct err err = {0};

	(void)state;
	assert_int_equal(sinkset_states(set, 0, ids, 2, out, &err), 0);
	assert_int_equal(out[1].state, JOB_EXPIRED);
	assert_int_equal(out[1].attempts, 1);
	assert_int_equal(sinkset_states(set, 2, ids, 2, out, &err), 0);
	assert_int_equal(out[1].state, JOB_NONE);
	assert_int_equal(out[1].attempts, 0);
	assert_string_equal(fakes[2].log, "");
	fakes[1].fails = "states";
	fakes[1].kind = ERR_FATAL;
	assert_int_equal(sinkset_states(set, 1, ids, 2, out, &err), -1);
	assert_int_equal(sinkset_alive(set), 5);
	err.msg[0] = '\0';
	assert_int_equal(sinkset_states(set, 1, ids, 2, out, &err), -1);
	assert_string_equal(err.msg, "fake 1: states failed");
	close_set(set);
}

/* All or none are opened. */
static void test_open_fails(void **state)
{
	static const char *const specs[] = {"fake:a", "fake:b", "fake:c"};
	static const char *const unknown[] = {"fake:a", "what"};
	static const struct sink_options options = {.file_mode = 0600};
	struct err err = {0};

	fakes[2].fails = "open";
	fakes[2].kind = ERR_BUSY;
	assert_null(sinkset_open(specs, 3, &options, &err));
	assert_int_equal(err.kind, ERR_BUSY);
	assert_string_equal(err.msg, "cannot open 'fake:c'");
	assert_string_equal(fakes[0].log, "close");
	assert_string_equal(fakes[1].log, "close");
	reset(state);
	assert_null(sinkset_open(unknown, 2, &options, &err));
	assert_string_equal(err.msg, "unknown sink 'what'");
	/* All specs are read before any sink is opened, since opening makes files. */
	assert_int_equal(n_opened, 0);
}

static void test_same_twice(void **state)
{
	static const struct {
		const char *first, *second;
		bool same;
	} cases[] = {
	    {"fake:a", "fake:a", true},
	    {"fake:not/there", "fake:not/there2", false},
	    {"fake:here", "fake:./here", true},
	    {"fake:here", "fake:link", true},
	    {"fake:here", "fake:hard", true},
	    {"fake:here", "fake:other", false},
	    {"fake:here", "other:here", false},
	    {"fake:here?compress=zstd", "fake:here", true},
	    {"fake:here?compress=zstd", "fake:link?compress=gzip", true},
	};
	static const struct sink_options options = {.file_mode = 0600};
	char dir[] = "/tmp/test_sinkset.XXXXXX";
	static const char *const files[] = {"here", "other"};

	assert_non_null(mkdtemp(dir));
	assert_int_equal(chdir(dir), 0);
	for (size_t i = 0; i < 2; i++) {
		FILE *f = fopen(files[i], "w");
		assert_non_null(f);
		assert_int_equal(fclose(f), 0);
	}
	assert_int_equal(symlink("here", "link"), 0);
	assert_int_equal(link("here", "hard"), 0);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *specs[] = {cases[i].first, cases[i].second};
		struct err err = {0};
		struct sinkset *set;
		reset(state);
		set = sinkset_open(specs, 2, &options, &err);
		assert_int_equal(set == NULL, cases[i].same);
		if (set)
			close_set(set);
		else
			assert_non_null(strstr(err.msg, "are the same sink"));
		assert_false(fakes[0].open);
	}
	assert_int_equal(remove("here") | remove("other") | remove("link") | remove("hard"), 0);
	assert_int_equal(chdir("/"), 0);
	assert_int_equal(rmdir(dir), 0);
}

static void test_most(void **state)
{
	static const struct sink_options options = {.file_mode = 0600};
	static char names[SINKSET_MAX + 1][16];
	const char *specs[SINKSET_MAX + 1];
	struct sinkset *set;
	struct err err = {0};

	(void)state;
	for (size_t i = 0; i <= SINKSET_MAX; i++) {
		(void)snprintf(names[i], sizeof(names[i]), "fake:nr-%02zu", i);
		specs[i] = names[i];
	}
	assert_null(sinkset_open(specs, SINKSET_MAX + 1, &options, &err));
	set = open_set(SINKSET_MAX, specs);
	assert_int_equal(sinkset_alive(set), UINT32_MAX);
	fakes[31].fails = "row";
	fakes[31].kind = ERR_JOB;
	assert_int_equal(one_job(set, UINT32_MAX, &err), INT32_MAX);
	close_set(set);
	set = open_set(0, specs);
	assert_int_equal(sinkset_alive(set), 0);
	close_set(set);
}

/* Opened in the order of their names, so that two runs that share sinks do not each hold one of them; numbered as they
 * were given. */
static void test_opened_by_name(void **state)
{
	static const char *const specs[] = {"fake:b", "fake:a"};
	struct sinkset *set = open_set(2, specs);
	struct err err = {0};

	(void)state;
	assert_string_equal(sinkset_spec(set, 0), "[fake:b]");
	fakes[0].fails = "row"; /* the first to be opened */
	fakes[0].kind = ERR_JOB;
	assert_int_equal(one_job(set, 3, &err), 1);
	close_set(set);
}

static void test_close_fails(void **state)
{
	struct sinkset *set = open_three();
	struct err err = {0};

	(void)state;
	fakes[0].fails = "close";
	fakes[0].kind = ERR_FATAL;
	assert_int_equal(sinkset_close(set, &err), -1);
	assert_string_equal(err.msg, "fake 0: close failed");
	assert_false(fakes[2].open);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup(test_all_well, reset),       cmocka_unit_test_setup(test_one_fails, reset),
	    cmocka_unit_test_setup(test_all_fail, reset),       cmocka_unit_test_setup(test_rollback, reset),
	    cmocka_unit_test_setup(test_flush_fails, reset),    cmocka_unit_test_setup(test_record_fails, reset),
	    cmocka_unit_test_setup(test_states, reset),         cmocka_unit_test_setup(test_open_fails, reset),
	    cmocka_unit_test_setup(test_same_twice, reset),     cmocka_unit_test_setup(test_most, reset),
	    cmocka_unit_test_setup(test_opened_by_name, reset), cmocka_unit_test_setup(test_close_fails, reset),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
