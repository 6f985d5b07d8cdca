/* Decoding by a second thread: the visitor is told the same, in the same order, and stops it as it stops the first. */
#include "result_ahead.h"
#include "result_test.h"

static struct result_ahead *ahead;

static int start(void **state)
{
	struct fixture *f;

	if (set_up(state) != 0)
		return -1;
	f = *state;
	ahead = result_ahead_new(f->decoder);
	return ahead != NULL ? 0 : -1;
}

static int end(void **state)
{
	result_ahead_free(ahead);
	return tear_down(state);
}

static int decode_ahead(struct fixture *f)
{
	buf_clear(&f->log);
	f->calls = 0;
	f->err = (struct err){.kind = ERR_NONE};
	return result_ahead_decode(ahead, f->body, &f->job, &visitor, f, &f->err);
}

/* The log of decoding the body in this thread, then that of the other way. */
static void check_same(struct fixture *f)
{
	char *log;
	int rc = decode(f), calls = f->calls;

	log_job(f);
	log = strdup(f->log.data);
	assert_non_null(log);
	assert_int_equal(decode_ahead(f), rc);
	log_job(f);
	assert_int_equal(f->calls, calls);
	assert_string_equal(f->log.data, log);
	free(log);
}

/* A CSV of n rows, each with a cell of len bytes, as the JSON of a result. */
static void add_table(struct buf *b, int n, size_t len)
{
	char *cell = malloc(len + 1);

	assert_non_null(cell);
	memset(cell, 'x', len);
	cell[len] = '\0';
	assert_int_equal(buf_adds(b, "{'result':{'queryName':'q','csvResult':'number,text\\n"), 0);
	for (int i = 0; i < n; i++)
		assert_int_equal(buf_addf(b, "%d,%s\\n", i, cell), 0);
	assert_int_equal(buf_adds(b, "'}}"), 0);
	free(cell);
}

static void test_the_same(void **state)
{
	static const char *const bodies[] = {
	    "{'message':'m'}",
	    "{'actions':[]}",
	    "{'actions':[{'type':'t','message':'','status':'s','isError':true,'x':{'y':[1]}},7]}",
	    RESULT("'resultId':'i','queryName':'','status':'s','query':{},'csvResult':'','hasResults':false,"
		   "'totalRowCount':7,'error':{'message':'e','detail':[1]},'z':null"),
	    CSV("A,B\\n1,\\n,2\\n3\\n4,5,6"),
	    TRUNCATED("A,B\\n--- First 2 rows ---\\n1,2\\n3,4\\n--- Last 1 rows ---\\n5,6"),
	    RESULT("'csvResult':'A\\n1','csvResultFields':[{'label':'A','type':'number'}]"),
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
		load(f, bodies[i]);
		check_same(f);
	}
}

/* Blocks are handed over and used again; what is larger than one has its own; a result's texts outlive its blocks. */
static void test_many_blocks(void **state)
{
	static const struct {
		int tables, rows;
		size_t len;
	} cases[] = {{1, 50000, 10}, {3, 10, 500000}, {2000, 2, 300}, {5, 3000, 200}};
	struct fixture *f = *state;
	const int part = unit_light() ? 10 : 1;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct buf b;

		buf_init(&b, (size_t)64 << 20);
		assert_int_equal(buf_adds(&b, "{'actions':["), 0);
		for (int t = 0; t < (cases[i].tables + part - 1) / part; t++) {
			assert_int_equal(t > 0 ? buf_addc(&b, ',') : 0, 0);
			add_table(&b, (cases[i].rows + part - 1) / part, cases[i].len);
		}
		assert_int_equal(buf_adds(&b, "]}"), 0);
		load(f, b.data);
		check_same(f);
		buf_free(&b);
	}
}

static void test_visitor_stops(void **state)
{
	struct fixture *f = *state;
	struct buf b;
	int calls;

	load(f, "{'actions':[{'result':{'csvResult':'A\\n1\\n2'}},{'result':{}},{'result':{'csvResult':''}}]}");
	assert_int_equal(decode(f), 0);
	calls = f->calls;
	for (f->stop_at = 1; f->stop_at <= calls; f->stop_at++) {
		f->stop_with = f->stop_at % 2 ? -1 : 7;
		assert_int_equal(decode_ahead(f), f->stop_with);
		assert_int_equal(f->calls, f->stop_at);
		assert_string_equal(f->err.msg, "stopped by the test");
	}
	/* While the thread waits for a block, in a result whose texts are held. */
	buf_init(&b, (size_t)64 << 20);
	assert_int_equal(buf_adds(&b, "{'actions':["), 0);
	add_table(&b, unit_light() ? 30000 : 100000, 50);
	assert_int_equal(buf_adds(&b, "]}"), 0);
	load(f, b.data);
	for (f->stop_at = 1; f->stop_at < 20000; f->stop_at = f->stop_at * 5 + 1) {
		f->stop_with = -1;
		assert_int_equal(decode_ahead(f), -1);
		assert_int_equal(f->calls, f->stop_at);
		assert_string_equal(f->err.msg, "stopped by the test");
	}
	f->stop_at = 0;
	check_same(f);
	buf_free(&b);
}

/* The word of the visitor goes before what is broken further on. */
static void test_broken(void **state)
{
	struct fixture *f = *state;

	load(f, CSV("A\\n1\\n2\\nx\\\""));
	f->stop_at = 3;
	f->stop_with = -1;
	assert_int_equal(decode_ahead(f), -1);
	assert_string_equal(f->err.msg, "stopped by the test");
	f->stop_at = 0;
	load(f, CSV("B\\n1\\n2\\nx\\\""));
	assert_int_equal(decode_ahead(f), RESULT_AGAIN);
	assert_int_equal(decode_ahead(f), 0);
	assert_string_equal(f->log.data, "action 0\nresult 0\nend 0 rows=0\n");
	assert_non_null(f->job.warnings.p);
	load(f, "[]");
	assert_int_equal(decode_ahead(f), -1);
	assert_int_equal(f->err.kind, ERR_JOB);
	assert_string_equal(f->err.msg, "the body is JSON, but no object");
	assert_int_equal(f->calls, 0);
}

static void test_free_null(void **state)
{
	(void)state;
	result_ahead_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_the_same), cmocka_unit_test(test_many_blocks), cmocka_unit_test(test_visitor_stops),
	    cmocka_unit_test(test_broken),   cmocka_unit_test(test_free_null),
	};

	return cmocka_run_group_tests(tests, start, end);
}
