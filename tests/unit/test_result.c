/* A body -> the job and its actions: which field goes where, what the visitor may do, and what is no result at all. */
#include "result_test.h"

static void test_documented_example(void **state)
{
	static const struct sample samples[] = {
	    {"{'actions':[{'type':'generate_query','message':'I will query.','timestamp':'2025-01-15T10:00:10.000Z',"
	     "'result':{'queryName':'Top 5','status':'success','query':{'fields':['a.b', 'c.d'], 'limit': 5},"
	     "'csvResult':'Name,Total Revenue\\nRay-Ban,\\\"678,994.41\\\"\\nLevis 501,\\\"475,072.00\\\"',"
	     "'csvResultWasTruncated':false,'hasResults':true,'totalRowCount':2}},"
	     "{'type':'summarize','message':'Done','timestamp':'2025-01-15T10:00:20.5Z'}],"
	     "'message':'### Top','resultSummary':'### Top','topic':'order_items',"
	     "'omniChatUrl':'https://my-org.omni.co/chat/660e8400'}",
	     "action 0 type=generate_query message=I will query. at=2025-01-15T10:00:10.000Z\n"
	     "result 0 name=Top 5 status=success query={'fields':['a.b', 'c.d'], 'limit': 5} "
	     "columns=[Name|Total Revenue] truncated=0 has=1 total=2\n"
	     "row 0 cells=[Ray-Ban|678,994.41]\nrow 1 cells=[Levis 501|475,072.00]\nend 0 rows=2\n"
	     "action 1 type=summarize message=Done at=2025-01-15T10:00:20.5Z\n"
	     "job topic=order_items message=### Top summary=### Top url=https://my-org.omni.co/chat/660e8400 2/1/2\n",
	     NULL},
	};
	struct fixture *f = *state;

	CHECK(samples);
	assert_int_equal(f->job.body_bytes, body_size(f->body));
	assert_memory_equal(f->job.body_sha256, body_sha256(f->body), SHA256_LEN);
	assert_string_equal(f->job.first_action_at.text, "2025-01-15T10:00:10.000Z");
	assert_string_equal(f->job.last_action_at.text, "2025-01-15T10:00:20.5Z");
	assert_string_equal(f->job.expires_at.text, "2025-01-29T10:00:20.5Z");
	assert_int_equal(f->job.truncated_count, 0);
}

static void test_null_and_absent(void **state)
{
	static const struct sample samples[] = {
	    {"{'message':null}", "job 0/0/0\n", NULL},
	    {"{'actions':[]}", "job 0/0/0\n", NULL},
	    {"{'actions':null,'topic':null,'resultSummary':null,'omniChatUrl':null}", "job 0/0/0\n", NULL},
	    {"{'actions':[{}]}", "action 0\njob 1/0/0\n", NULL},
	    {"{'actions':[{'type':null,'message':null,'timestamp':null,'status':null,'isError':null,'result':null}]}",
	     "action 0\njob 1/0/0\n", NULL},
	    {RESULT(""), "action 0\nresult 0\nend 0 rows=0\njob 1/1/0\n", NULL},
	    {RESULT("'queryName':null,'status':null,'query':null,'csvResult':null,'csvResultWasTruncated':null,"
		    "'hasResults':null,'totalRowCount':null,'resultId':null,'error':null"),
	     "action 0\nresult 0\nend 0 rows=0\njob 1/1/0\n", NULL},
	    {"{'message':'','topic':'','actions':[{'type':''}]}", "action 0 type=\njob topic= message= 1/0/0\n", NULL},
	};

	CHECK(samples);
}

static void test_extra(void **state)
{
	static const struct sample samples[] = {
	    {"{'model':'x','message':'m','tokens':{'in': 1.50e3, 'out':[1,2]},'n':null,'q':'\\u00e9\\n'}",
	     "job message=m extra={'model':'x','tokens':{'in': 1.50e3, 'out':[1,2]},'n':null,'q':'\\u00e9\\n'} 0/0/0\n",
	     NULL},
	    {"{'actions':[{'toolName':'t','type':'failure','isError':true,'durationMs':12,'error':{'code':1}}]}",
	     "action 0 type=failure is_error=1 extra={'toolName':'t','durationMs':12,'error':{'code':1}}\njob 1/0/0\n",
	     NULL},
	    {RESULT("'resultId':'r','csvResultFields':{'a':{'data_type':'STRING'}},'more':[]"),
	     "action 0\nresult 0 id=r extra={'csvResultFields':{'a':{'data_type':'STRING'}},'more':[]}\n"
	     "end 0 rows=0\njob 1/1/0\n",
	     NULL},
	    {RESULT("'csvResultFields':null"),
	     "action 0\nresult 0 extra={'csvResultFields':null}\nend 0 rows=0\n"
	     "job 1/1/0\n",
	     NULL},
	    /* Names are compared as what they mean, and kept as they came. */
	    {"{'mess\\u0061ge':'m','Message':1,'':2,'message ':3}",
	     "job message=m extra={'Message':1,'':2,'message ':3} 0/0/0\n", NULL},
	    /* Whatever the action's type. */
	    {"{'actions':[{'type':'validate','result':{'status':'success'}}]}",
	     "action 0 type=validate\nresult 0 status=success\nend 0 rows=0\njob 1/1/0\n", NULL},
	};

	CHECK(samples);
}

static void test_unexpected_types(void **state)
{
	static const struct sample samples[] = {
	    {"{'actions':{'a':1},'message':5,'resultSummary':[],'omniChatUrl':false}",
	     "job extra={'actions':{'a':1},'message':5,'resultSummary':[],'omniChatUrl':false} 0/0/0\n",
	     "[''message' is a number, not a string: kept in extra',"
	     "''resultSummary' is an array, not a string: kept in extra',"
	     "''omniChatUrl' is false, not a string: kept in extra',"
	     "''actions' is an object, not an array: kept in extra']"},
	    {"{'actions':[{'type':{},'message':1,'timestamp':1736935210,'status':true,'isError':'no','result':'r'}]}",
	     "action 0 extra={'type':{},'message':1,'timestamp':1736935210,'status':true,'isError':'no',"
	     "'result':'r'}\njob 1/0/0\n",
	     "[''type' of action 0 is an object, not a string: kept in extra',"
	     "''message' of action 0 is a number, not a string: kept in extra',"
	     "''status' of action 0 is true, not a string: kept in extra',"
	     "''timestamp' of action 0 is a number, not a string: kept in extra',"
	     "''isError' of action 0 is a string, not true or false: kept in extra',"
	     "''result' of action 0 is a string, not an object: kept in extra']"},
	    {"{'actions':['x',null,[1],{'type':'t'}]}",
	     "action 0 extra={'value':'x'}\naction 1 extra={'value':null}\naction 2 extra={'value':[1]}\n"
	     "action 3 type=t\njob 4/0/0\n",
	     "['action 0 is no object: kept in extra','action 1 is no object: kept in extra',"
	     "'action 2 is no object: kept in extra']"},
	    {RESULT("'csvResult':['a'],'query':'q','hasResults':1,'csvResultWasTruncated':'true','totalRowCount':'5',"
		    "'error':7,'status':{}"),
	     "action 0\nresult 0 extra={'csvResult':['a'],'query':'q','hasResults':1,'csvResultWasTruncated':'true',"
	     "'totalRowCount':'5','error':7,'status':{}}\nend 0 rows=0\njob 1/1/0\n",
	     "[''status' of the result of action 0 is an object, not a string: kept in extra',"
	     "''query' of the result of action 0 is a string, not an object: kept in extra',"
	     "''error' of the result of action 0 is a number, not an object: kept in extra',"
	     "''csvResultWasTruncated' of the result of action 0 is a string, not true or false: kept in extra',"
	     "''hasResults' of the result of action 0 is a number, not true or false: kept in extra',"
	     "''totalRowCount' of the result of action 0 is a string, not a number: kept in extra',"
	     "''csvResult' of the result of action 0 is an array, not a string: kept in extra']"},
	    {RESULT("'totalRowCount':5.5"), "action 0\nresult 0 extra={'totalRowCount':5.5}\nend 0 rows=0\njob 1/1/0\n",
	     "[''totalRowCount' of the result of action 0 is no whole number within 64 bits: kept in extra']"},
	    {RESULT("'totalRowCount':1e30"),
	     "action 0\nresult 0 extra={'totalRowCount':1e30}\nend 0 rows=0\njob 1/1/0\n",
	     "[''totalRowCount' of the result of action 0 is no whole number within 64 bits: kept in extra']"},
	    {RESULT("'totalRowCount':5.0"), "action 0\nresult 0 total=5\nend 0 rows=0\njob 1/1/0\n", NULL},
	};

	CHECK(samples);
}

static void test_topic(void **state)
{
	static const struct sample samples[] = {
	    {"{'topic':'a\\u00e4'}", "job topic=a\u00e4 0/0/0\n", NULL},
	    {"{'topic':{'base': 'x', 'parts':['y']}}", "job topic={'base': 'x', 'parts':['y']} 0/0/0\n", NULL},
	    {"{'topic':['a','b']}", "job topic=['a','b'] 0/0/0\n", NULL},
	    {"{'topic':7.0}", "job topic=7.0 0/0/0\n", NULL},
	    {"{'topic':false}", "job topic=false 0/0/0\n", NULL},
	};

	CHECK(samples);
}

static void test_keys_that_stand_twice(void **state)
{
	static const struct sample samples[] = {
	    {"{'message':'a','x':1,'message':'b','x':2,'x':3,'message':null}", "job extra={'x':3} 0/0/0\n",
	     "[''message' stands 3 times, the last one counts',''x' stands 3 times, the last one counts']"},
	    {"{'actions':[{'type':'a'}],'actions':[{'t\\u0079pe':'b','type':'c'}]}", "action 0 type=c\njob 1/0/0\n",
	     "[''actions' stands 2 times, the last one counts',"
	     "''type' of action 0 stands 2 times, the last one counts']"},
	    {RESULT("'csvResult':'a\\nb','csvResult':'c','error':{'detail':1,'detail':2}"),
	     "action 0\nresult 0 columns=[c] detail=2\nend 0 rows=0\njob 1/1/0\n",
	     "[''csvResult' of the result of action 0 stands 2 times, the last one counts',"
	     "''detail' of the error of the result of action 0 stands 2 times, the last one counts']"},
	    /* The last one counts also where an earlier one would have fitted. */
	    {"{'message':'a','message':1}", "job extra={'message':1} 0/0/0\n",
	     "[''message' stands 2 times, the last one counts',"
	     "''message' is a number, not a string: kept in extra']"},
	    /* Names from outside are made visible. */
	    {"{'message':null,'\\u001b[1m\\n':1,'\\u001b[1m\\n':2}", "job extra={'\\u001b[1m\\n':2} 0/0/0\n",
	     "[''\\\\x1b[1m\\\\x0a' stands 2 times, the last one counts']"},
	    /* What is kept as JSON is kept as it came, and warned of at any depth. */
	    {"{'message':null,'x':{'a':1,'b':[{'c':1,'c':2}],'a':2},'y':{'a':1}}",
	     "job extra={'x':{'a':1,'b':[{'c':1,'c':2}],'a':2},'y':{'a':1}} 0/0/0\n",
	     "[''a' in 'x' stands 2 times, the last one counts',''c' in 'x' stands 2 times, the last one counts']"},
	    {RESULT("'query':{'sorts':[{'up':1,'\\u0075p':2}],'sorts2':[]},'error':{'detail':{'d':1,'d':1}}"),
	     "action 0\nresult 0 query={'sorts':[{'up':1,'\\u0075p':2}],'sorts2':[]} detail={'d':1,'d':1}\nend 0 "
	     "rows=0\njob 1/1/0\n",
	     "[''up' in 'query' of the result of action 0 stands 2 times, the last one counts',"
	     "''d' in 'detail' of the error of the result of action 0 stands 2 times, the last one counts']"},
	    {"{'topic':[{'t':1,'t':1}],'actions':[[{'u':1,'u':2}]]}",
	     "action 0 extra={'value':[{'u':1,'u':2}]}\njob topic=[{'t':1,'t':1}] 1/0/0\n",
	     "[''t' in 'topic' stands 2 times, the last one counts','action 0 is no object: kept in extra',"
	     "''u' in 'value' of action 0 stands 2 times, the last one counts']"},
	};

	CHECK(samples);
}

/* The status document that goes with a result is kept as it came, too. */
static void test_details(void **state)
{
	static const struct {
		const char *details, *warnings;
	} cases[] = {
	    {"{'state':'COMPLETE','prompt':'p'}", NULL},
	    {"{'state':'COMPLETE','user':{'name':1,'name':2},'state':'COMPLETE'}",
	     "[''state' in the status document stands 2 times, the last one counts',"
	     "''name' in the status document stands 2 times, the last one counts']"},
	    {"not JSON, and none of our business", NULL},
	    {"", NULL},
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char *details = quoted(cases[i].details);

		load(f, "{'message':'m'}");
		f->job.details = text_of(details);
		assert_int_equal(decode(f), 0);
		assert_string_equal(f->job.details.p, details);
		if (cases[i].warnings != NULL) {
			char *warnings = quoted(cases[i].warnings), *got = quoted(f->job.warnings.p);

			assert_string_equal(got, warnings);
			free(warnings);
			free(got);
		} else {
			assert_null(f->job.warnings.p);
		}
		free(details);
	}
	f->job.details = TEXT_NULL;
}

static void test_partial(void **state)
{
	static const struct sample samples[] = {
	    {"{'actions':[{'status':'pending'}]}", "action 0 status=pending\njob partial 1/0/0\n", NULL},
	    {"{'actions':[{'status':'complete','result':{'status':'Pending'}}]}",
	     "action 0 status=complete\nresult 0 status=Pending\nend 0 rows=0\njob partial 1/1/0\n", NULL},
	    {"{'actions':[{'status':'partial'},{'status':'pendings'},{'status':'skipped'}],'status':'pending'}",
	     "action 0 status=partial\naction 1 status=pendings\naction 2 status=skipped\n"
	     "job extra={'status':'pending'} 3/0/0\n",
	     NULL},
	};

	CHECK(samples);
}

static void test_timestamps(void **state)
{
	static const struct sample samples[] = {
	    {"{'actions':[{'timestamp':'2025-01-15T12:00:00+02:00'},{'timestamp':'2025-01-14 09:00:00'},"
	     "{'timestamp':'2025-01-16'},{'timestamp':'yesterday'},{'timestamp':''}]}",
	     "action 0 at=2025-01-15T10:00:00Z\naction 1 at=2025-01-14T09:00:00Z\naction 2 at=2025-01-16T00:00:00Z\n"
	     "action 3 extra={'timestamp':'yesterday'}\naction 4 extra={'timestamp':''}\njob 5/0/0\n",
	     "[''timestamp' of action 3 is no time that can be read: kept in extra',"
	     "''timestamp' of action 4 is no time that can be read: kept in extra',"
	     "'2 timestamps have no offset and were taken as UTC']"},
	};
	struct fixture *f = *state;
	char longest[1200];

	CHECK(samples);
	assert_string_equal(f->job.first_action_at.text, "2025-01-14T09:00:00Z");
	assert_string_equal(f->job.last_action_at.text, "2025-01-16T00:00:00Z");
	assert_string_equal(f->job.expires_at.text, "2025-01-30T00:00:00Z");

	/* The job's completion goes before its last action. */
	assert_int_equal(time_parse_iso("2025-01-20T00:00:00Z", 20, &f->job.completed_at), TIME_OK);
	assert_int_equal(decode(f), 0);
	assert_string_equal(f->job.expires_at.text, "2025-02-03T00:00:00Z");
	memset(&f->job.completed_at, 0, sizeof(f->job.completed_at));

	/* No action has a time: there is none, and none is left of the body before. */
	load(f, "{'actions':[{}]}");
	assert_int_equal(decode(f), 0);
	assert_false(stamp_is_set(&f->job.first_action_at) || stamp_is_set(&f->job.last_action_at) ||
		     stamp_is_set(&f->job.expires_at));

	/* No time is so long. */
	(void)snprintf(longest, sizeof(longest), "{'actions':[{'timestamp':'%01000d'}]}", 0);
	load(f, longest);
	assert_int_equal(decode(f), 0);
	assert_false(stamp_is_set(&f->job.first_action_at));
	assert_int_equal(result_warnings(f->decoder), 1);
}

static void test_visitor_stops(void **state)
{
	struct fixture *f = *state;
	int calls;

	/* action result row row end action result end action result(empty) end */
	load(f, "{'actions':[{'result':{'csvResult':'A\\n1\\n2'}},{'result':{}},{'result':{'csvResult':''}}]}");
	assert_int_equal(decode(f), 0);
	calls = f->calls;
	assert_int_equal(calls, 11);
	for (f->stop_at = 1; f->stop_at <= calls; f->stop_at++) {
		f->stop_with = f->stop_at % 2 ? -1 : 7;
		assert_int_equal(decode(f), f->stop_with);
		assert_int_equal(f->calls, f->stop_at);
		assert_string_equal(f->err.msg, "stopped by the test");
	}
	f->stop_at = 0;
	assert_int_equal(decode(f), 0);
	assert_int_equal(f->calls, calls);

	/* Its word goes before what is broken further on, though both are ERR_JOB. */
	load(f, CSV("A\\n1\\n2\\nx\\\""));
	f->stop_at = 3;
	f->stop_with = -1;
	assert_int_equal(decode(f), -1);
	assert_string_equal(f->err.msg, "stopped by the test");
	f->stop_at = 0;
}

static void test_visitor_without_calls(void **state)
{
	static const struct result_visitor none = {NULL, NULL, NULL, NULL};
	struct fixture *f = *state;

	load(f, "{'actions':[{'result':{'csvResult':'A\\n1\\n2'}},{'result':{}}]}");
	assert_int_equal(result_decode(f->decoder, f->body, &f->job, &none, NULL, NULL), 0);
	assert_int_equal(f->job.row_count, 2);
	assert_int_equal(f->job.result_count, 2);
}

static void test_unreadable(void **state)
{
	static const char *const bodies[] = {"",
					     "{",
					     "[]",
					     "null",
					     "'message'",
					     "5",
					     "{}",
					     "{'Message':1}",
					     "{'error':'404','detail':'x'}",
					     "{'a':{'message':1}}",
					     "{'message':1}x",
					     "[{'message':1}]"};
	static const char *const readable[] = {"{'message':null}", "{'actions':5}", "{'topic':[]}",
					       "{'resultSummary':''}", "{'x':1,'omniChatUrl':''}"};
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
		load(f, bodies[i]);
		assert_int_equal(result_check(f->decoder, f->body, &f->err), -1);
		assert_int_equal(f->err.kind, ERR_JOB);
		assert_true(f->err.msg[0] != '\0');
		f->job.message = text_of("left over");
		assert_int_equal(decode(f), -1);
		assert_int_equal(f->err.kind, ERR_JOB);
		assert_int_equal(f->calls, 0);
		assert_null(f->job.message.p);
		assert_int_equal(f->job.body_bytes, strlen(bodies[i]));
	}
	for (size_t i = 0; i < sizeof(readable) / sizeof(readable[0]); i++) {
		load(f, readable[i]);
		assert_int_equal(result_check(f->decoder, f->body, &f->err), 0);
	}
}

static void test_free_null(void **state)
{
	(void)state;
	result_decoder_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_documented_example),
	    cmocka_unit_test(test_null_and_absent),
	    cmocka_unit_test(test_extra),
	    cmocka_unit_test(test_unexpected_types),
	    cmocka_unit_test(test_topic),
	    cmocka_unit_test(test_keys_that_stand_twice),
	    cmocka_unit_test(test_details),
	    cmocka_unit_test(test_partial),
	    cmocka_unit_test(test_timestamps),
	    cmocka_unit_test(test_visitor_stops),
	    cmocka_unit_test(test_visitor_without_calls),
	    cmocka_unit_test(test_unreadable),
	    cmocka_unit_test(test_free_null),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
