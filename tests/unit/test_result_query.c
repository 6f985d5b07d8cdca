/* An action's result: its error, its columns and types, its rows, and a CSV that is none. */
#include "result_test.h"

static void test_errors_of_a_query(void **state)
{
	static const struct sample samples[] = {
	    {RESULT("'status':'error','error':{'message':'no such field','detail':'d'}"),
	     "action 0\nresult 0 status=error error=no such field detail=d\nend 0 rows=0\njob 1/1/0\n", NULL},
	    {RESULT("'error':{'message':'m','detail':{'sql': [1]},'code':42,'hint':null}"),
	     "action 0\nresult 0 error=m detail={'sql': [1]} extra={'error':{'code':42,'hint':null}}\n"
	     "end 0 rows=0\njob 1/1/0\n",
	     NULL},
	    {RESULT("'error':{'message':null,'detail':null},'z':1"),
	     "action 0\nresult 0 extra={'z':1}\nend 0 rows=0\njob 1/1/0\n", NULL},
	    {RESULT("'z':1,'error':'just text'"),
	     "action 0\nresult 0 error=just text extra={'z':1}\nend 0 rows=0\njob 1/1/0\n", NULL},
	    {RESULT("'z':1,'error':{'message':[1],'x':2}"),
	     "action 0\nresult 0 extra={'error':{'message':[1],'x':2},'z':1}\nend 0 rows=0\njob 1/1/0\n",
	     "[''message' of the error of the result of action 0 is an array, not a string: kept in extra']"},
	    {RESULT("'error':{}"), "action 0\nresult 0\nend 0 rows=0\njob 1/1/0\n", NULL},
	};

	CHECK(samples);
}

#define FIELDS "'csvResultFields':{'a.x':{'data_type':'NUMBER'},'a.y':{'label':'Y'},'a.z':{'data_type':'DATE'}}"
#define KEPT   "extra={" FIELDS "}\nend 0 rows=0\njob 1/1/0\n"

static void test_column_types(void **state)
{
	static const struct sample samples[] = {
	    {RESULT("'csvResult':'X,Y,Z','query':{'fields':['a.x','a.y','a.z']}," FIELDS),
	     "action 0\nresult 0 query={'fields':['a.x','a.y','a.z']} columns=[X|Y|Z] types=[NUMBER|?|DATE] " KEPT,
	     NULL},
	    {RESULT("'csvResult':'Z,X','query':{'model_job':{'fields':['a.z','a.x']}}," FIELDS),
	     "action 0\nresult 0 query={'model_job':{'fields':['a.z','a.x']}} columns=[Z|X] types=[DATE|NUMBER] " KEPT,
	     NULL},
	    /* A field may stand twice, one may be unknown, or no string. */
	    {RESULT("'csvResult':'A,B,C,D','query':{'fields':['a.x','a.x','?',5]}," FIELDS),
	     "action 0\nresult 0 query={'fields':['a.x','a.x','?',5]} columns=[A|B|C|D] "
	     "types=[NUMBER|NUMBER|?|?] " KEPT,
	     NULL},
	    /* None known, counts that do not agree, nothing to go by. */
	    {RESULT("'csvResult':'Y','query':{'fields':['a.y']}," FIELDS),
	     "action 0\nresult 0 query={'fields':['a.y']} columns=[Y] " KEPT, NULL},
	    {RESULT("'csvResult':'X,Y','query':{'fields':['a.x']}," FIELDS),
	     "action 0\nresult 0 query={'fields':['a.x']} columns=[X|Y] " KEPT, NULL},
	    {RESULT("'csvResult':'X','query':{'fields':{'a.x':1}}," FIELDS),
	     "action 0\nresult 0 query={'fields':{'a.x':1}} columns=[X] " KEPT, NULL},
	    {RESULT("'csvResult':'X'," FIELDS), "action 0\nresult 0 columns=[X] " KEPT, NULL},
	    {RESULT("'csvResult':'X','query':{'fields':['a.x']},'csvResultFields':['a.x']"),
	     "action 0\nresult 0 query={'fields':['a.x']} columns=[X] extra={'csvResultFields':['a.x']}\n"
	     "end 0 rows=0\njob 1/1/0\n",
	     NULL},
	    {RESULT("'csvResult':'X','query':{'fields':['a.x']},'csvResultFields':{'a.x':{'data_type':9}}"),
	     "action 0\nresult 0 query={'fields':['a.x']} columns=[X] extra={'csvResultFields':{'a.x':{'data_type':9}}}"
	     "\nend 0 rows=0\njob 1/1/0\n",
	     NULL},
	};

	CHECK(samples);
}

static void test_csv_shapes(void **state)
{
	static const struct sample samples[] = {
	    {CSV(""), "action 0\nresult 0 columns=[]\nend 0 rows=0\njob 1/1/0\n", NULL},
	    {CSV("A,B"), "action 0\nresult 0 columns=[A|B]\nend 0 rows=0\njob 1/1/0\n", NULL},
	    {CSV("A,B\\n"), "action 0\nresult 0 columns=[A|B]\nend 0 rows=0\njob 1/1/0\n", NULL},
	    {CSV("A,A\\r\\n1,\\\"x\\r\\ny\\\"\\r\\n"),
	     "action 0\nresult 0 columns=[A|A]\nrow 0 cells=[1|x\r\ny]\nend 0 rows=1\njob 1/1/1\n", NULL},
	    {CSV("A\\n1\\n\\n2\\n\\n"),
	     "action 0\nresult 0 columns=[A]\nrow 0 cells=[1]\nrow 1 cells=[]\nrow 2 cells=[2]\nrow 3 cells=[]\n"
	     "end 0 rows=4\njob 1/1/4\n",
	     NULL},
	    {CSV("A,B\\n1,2\\n\\n3,4\\n\\n"),
	     "action 0\nresult 0 columns=[A|B]\nrow 0 cells=[1|2]\nrow 1 cells=[3|4]\nend 0 rows=2\njob 1/1/2\n",
	     "['2 blank lines in the CSV of the result of action 0 were skipped']"},
	    /* Blank first lines: the header of a one-column result, else skipped. */
	    {CSV("\\n"), "action 0\nresult 0 columns=[]\nend 0 rows=0\njob 1/1/0\n", NULL},
	    {CSV("\\n\\n"), "action 0\nresult 0 columns=[]\nrow 0 cells=[]\nend 0 rows=1\njob 1/1/1\n", NULL},
	    {CSV("\\n\\nx\\n"),
	     "action 0\nresult 0 columns=[]\nrow 0 cells=[]\nrow 1 cells=[x]\nend 0 rows=2\njob 1/1/2\n", NULL},
	    {CSV("\\n\\nA,B\\n1,2"), "action 0\nresult 0 columns=[A|B]\nrow 0 cells=[1|2]\nend 0 rows=1\njob 1/1/1\n",
	     "['2 blank lines in the CSV of the result of action 0 were skipped']"},
	    {CSV("A,B\\n1\\n1,2\\n1,2,3\\n4,5,6\\n7"),
	     "action 0\nresult 0 columns=[A|B]\nrow 0 cells=[1]\nrow 1 cells=[1|2]\nrow 2 cells=[1|2|3]\n"
	     "row 3 cells=[4|5|6]\nrow 4 cells=[7]\nend 0 rows=5\njob 1/1/5\n",
	     "['2 rows of the result of action 0 have more cells than the header, the first is row 2',"
	     "'2 rows of the result of action 0 have fewer cells than the header, the first is row 0']"},
	    {CSV("\\ufeffA,B\\n \\t,\\\\.\\n"),
	     "action 0\nresult 0 columns=[A|B]\nrow 0 cells=[ \t|\\.]\nend 0 rows=1\njob 1/1/1\n",
	     "['a byte order mark before the CSV of the result of action 0 was dropped']"},
	    /* The text of a marker is data in a complete result. */
	    {RESULT("'csvResultWasTruncated':false,'csvResult':'A,B\\n# FIRST 1 ROWS:\\n1,2'"),
	     "action 0\nresult 0 columns=[A|B] truncated=0\nrow 0 cells=[# FIRST 1 ROWS:]\nrow 1 cells=[1|2]\n"
	     "end 0 rows=2\njob 1/1/2\n",
	     "['1 rows of the result of action 0 have fewer cells than the header, the first is row 0']"},
	};

	struct fixture *f = *state;

	/* The first sample is empty: for a decoder that never saw a column, too. */
	result_decoder_free(f->decoder);
	f->decoder = result_decoder_new();
	assert_non_null(f->decoder);
	CHECK(samples);
}

static void test_truncated(void **state)
{
	static const struct sample samples[] = {
	    {TRUNCATED("Label,Value\\n# FIRST 1 ROWS:\\nfirst,1\\n# SAMPLED 1 ROWS FROM MIDDLE (rows 2-9):\\n"
		       "middle,5\\n# LAST 1 ROWS:\\nlast,10\\n"),
	     "action 0\nresult 0 columns=[Label|Value] truncated=1\nrow 0 first cells=[first|1]\n"
	     "row 1 middle cells=[middle|5]\nrow 2 last cells=[last|10]\nend 0 rows=3\njob 1/1/3\n",
	     NULL},
	    {TRUNCATED("A,B\\n1,2\\n3,4"),
	     "action 0\nresult 0 columns=[A|B] truncated=1\nrow 0 first cells=[1|2]\n"
	     "row 1 first cells=[3|4]\nend 0 rows=2\njob 1/1/2\n",
	     NULL},
	    {TRUNCATED("A\\n# FIRST 2 ROWS:\\n# LAST 1 ROWS:\\n\\n# LAST 1 ROWS:\\nz"),
	     "action 0\nresult 0 columns=[A] truncated=1\nrow 0 first cells=[# LAST 1 ROWS:]\nrow 1 first cells=[]\n"
	     "row 2 last cells=[z]\nend 0 rows=3\njob 1/1/3\n",
	     NULL},
	    {TRUNCATED("A\\nx\\n# FIRST 1 ROWS:"),
	     "action 0\nresult 0 columns=[A] truncated=1\nrow 0 first cells=[x]\n"
	     "row 1 first cells=[# FIRST 1 ROWS:]\nend 0 rows=2\njob 1/1/2\n",
	     NULL},
	    /* Not a word about totalRowCount. */
	    {RESULT("'totalRowCount':10,'csvResultWasTruncated':true,'csvResult':'A\\n# FIRST 1 ROWS:\\nx'"),
	     "action 0\nresult 0 columns=[A] truncated=1 total=10\nrow 0 first cells=[x]\nend 0 rows=1\njob 1/1/1\n",
	     NULL},
	};
	struct fixture *f = *state;

	CHECK(samples);
	assert_int_equal(f->job.truncated_count, 1);
}

static void test_total_row_count(void **state)
{
	static const struct sample samples[] = {
	    {RESULT("'totalRowCount':2,'csvResultWasTruncated':false,'csvResult':'A\\nx'"),
	     "action 0\nresult 0 columns=[A] truncated=0 total=2\nrow 0 cells=[x]\nend 0 rows=1\njob 1/1/1\n",
	     "[''totalRowCount' of the result of action 0 is 2, but its CSV has 1 rows']"},
	    {RESULT("'totalRowCount':2,'csvResult':'A\\nx\\ny'"),
	     "action 0\nresult 0 columns=[A] total=2\nrow 0 cells=[x]\nrow 1 cells=[y]\nend 0 rows=2\njob 1/1/2\n",
	     NULL},
	    {RESULT("'totalRowCount':2,'csvResult':null"), "action 0\nresult 0 total=2\nend 0 rows=0\njob 1/1/0\n",
	     NULL},
	};

	CHECK(samples);
}

static void test_broken_csv(void **state)
{
	static const char body[] =
	    "{'actions':[{'result':{'csvResult':'A\\n1\\n2'}},"
	    "{'result':{'queryName':'n','csvResult':'A,B\\n1,2\\n\\\"3\\\"x,4\\n5,6','totalRowCount':3}},"
	    "{'type':'mid','result':{'csvResult':'C\\nx'}},"
	    "{'result':{'csvResult':'\\\"'}},{'type':'end','status':'pending'}]}";
	static const struct sample again[] = {
	    {body,
	     "action 0\nresult 0 columns=[A]\nrow 0 cells=[1]\nrow 1 cells=[2]\nend 0 rows=2\n"
	     "action 1\nresult 1 name=n total=3\nend 1 rows=0\n"
	     "action 2 type=mid\nresult 2 columns=[C]\nrow 0 cells=[x]\nend 2 rows=1\n"
	     "action 3\nresult 3\nend 3 rows=0\naction 4 type=end status=pending\njob partial 5/4/3\n",
	     "['the CSV of the result of action 1 cannot be parsed and was left out: "
	     "text after a closing quote in row 3 (the header is row 1)',"
	     "'the CSV of the result of action 3 cannot be parsed and was left out: "
	     "a quote that is never closed in row 1 (the header is row 1)']"},
	};
	static const struct sample other[] = {
	    {"{'actions':[{},{'result':{'csvResult':'A'}}]}",
	     "action 0\naction 1\nresult 1 columns=[A]\nend 1 rows=0\njob 2/1/0\n", NULL},
	};
	struct fixture *f = *state;

	/* The visitor hears nothing more once a CSV was broken, and once is enough for all of them. */
	load(f, body);
	assert_int_equal(decode(f), RESULT_AGAIN);
	assert_string_equal(f->log.data, "action 0\nresult 0 columns=[A]\nrow 0 cells=[1]\nrow 1 cells=[2]\n"
					 "end 0 rows=2\naction 1\nresult 1 name=n columns=[A|B] total=3\n"
					 "row 0 cells=[1|2]\n");
	CHECK(again);

	/* It is of that body alone, also where the second try never came. */
	load(f, body);
	assert_int_equal(decode(f), RESULT_AGAIN);
	CHECK(other);
	load(f, body);
	assert_int_equal(decode(f), RESULT_AGAIN);
	CHECK(again);
}

static int count_row(void *ctx, const struct row *r, struct err *err)
{
	int64_t *rows = ctx;

	(void)err;
	assert_int_equal(r->row_index, (*rows)++);
	assert_int_equal(r->n, 3);
	return 0;
}

static void test_many_rows(void **state)
{
	static const struct result_visitor counter = {.row = count_row};
	struct fixture *f = *state;
	int64_t rows = 0;
	char line[64];
	int n;

	body_reset(f->body, false);
	n = snprintf(line, sizeof(line), "{\"actions\":[{\"result\":{\"csvResult\":\"a,b,c");
	assert_int_equal(body_add(f->body, line, (size_t)n, &f->err), 0);
	for (int i = 0; i < 100000; i++) {
		n = snprintf(line, sizeof(line), "\\r\\n%d,\\\"x,%d\\\",\\u00e9", i, i);
		assert_int_equal(body_add(f->body, line, (size_t)n, &f->err), 0);
	}
	assert_int_equal(body_add(f->body, "\"}}]}", 5, &f->err), 0);
	assert_int_equal(body_end(f->body, &f->err), 0);
	assert_int_equal(result_decode(f->decoder, f->body, &f->job, &counter, &rows, &f->err), 0);
	assert_int_equal(rows, 100000);
	assert_int_equal(f->job.row_count, 100000);
	assert_null(f->job.warnings.p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_errors_of_a_query), cmocka_unit_test(test_column_types),
	    cmocka_unit_test(test_csv_shapes),        cmocka_unit_test(test_truncated),
	    cmocka_unit_test(test_total_row_count),   cmocka_unit_test(test_broken_csv),
	    cmocka_unit_test(test_many_rows),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
