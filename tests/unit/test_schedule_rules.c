/* One job at a time: a conversation, and what becomes of the job. */
#include "schedule_world.h"

enum what {
	END,
	GOOD,
	BAD_A,
	BAD_B,
	BROKEN,
	CUT,
	CERT,
	TOO_LARGE,
	BUSY,
	UNCLEAR,
	RUNNING,
	FAILED,
	DONE_1,
	DONE_15,
	DONE_NO_DATE,
	SETTLE_EXPIRED,
	SETTLE_NOT_FOUND,
	SETTLE_REJECTED,
	SETTLE_FAILED,
	FORBIDDEN,
	LIMIT
};

struct conversation {
	const char *name;
	enum what answers[16];
	enum job_state state;
	int http;
	int retries; /* --retries */
	bool details;
	bool got_details;
	const char *asked; /* r: result, s: status */
	const char *error; /* part of it; NULL: empty */
};

static void reply(struct world *w, struct schedule_job *job, enum what what)
{
	struct answer gone = answer_of(VERDICT_ASK_STATUS, "HTTP 404: not yet available");

	switch (what) {
	case GOOD:
		good(w, job);
		return;
	case BAD_A:
		bad(w, job, 'a');
		return;
	case BAD_B:
		bad(w, job, 'b');
		return;
	case BROKEN:
		broken(w, job);
		return;
	case CUT:
		schedule_failed(w->s, job, FAILURE_NETWORK, 200, "cut short", &w->now);
		return;
	case CERT:
		schedule_failed(w->s, job, FAILURE_LASTING, 0, "not trusted", &w->now);
		return;
	case TOO_LARGE:
		schedule_failed(w->s, job, FAILURE_ANSWER, 200, "too large", &w->now);
		return;
	case BUSY:
		say(w, job, VERDICT_RETRY, 503);
		return;
	case UNCLEAR:
		schedule_answered(w->s, job, &gone, 404, TEXT_NULL, &w->now);
		return;
	case RUNNING:
		status(w, job, STATUS_RUNNING, -1);
		return;
	case FAILED:
		status(w, job, STATUS_FAILED, 1);
		return;
	case DONE_1:
		status(w, job, STATUS_COMPLETE, 1);
		return;
	case DONE_15:
		status(w, job, STATUS_COMPLETE, 15);
		return;
	case DONE_NO_DATE:
		status(w, job, STATUS_COMPLETE, -1);
		return;
	case SETTLE_EXPIRED:
		settle(w, job, JOB_EXPIRED, 404);
		return;
	case SETTLE_NOT_FOUND:
		settle(w, job, JOB_NOT_FOUND, 404);
		return;
	case SETTLE_REJECTED:
		settle(w, job, JOB_REJECTED, 400);
		return;
	case SETTLE_FAILED:
		settle(w, job, JOB_FAILED, 402);
		return;
	case FORBIDDEN:
		say(w, job, VERDICT_FORBIDDEN, 403);
		return;
	case LIMIT:
		pause_for(w, job, -1);
		return;
	case END:
		break;
	}
	fail();
}

static void converse(const struct conversation *c)
{
	struct schedule_policy policy = usual();
	struct schedule_job *job;
	struct world w;
	size_t n = 0;

	policy.retry.retries = c->retries;
	policy.details = c->details;
	policy.key_good = true;
	w = world_of(&policy, 1);
	for (; c->answers[n] != END; n++) {
		assert_null(schedule_settled(w.s));
		job = start(&w);
		assert_int_equal(job->index, 0);
		assert_int_equal(job->asked, c->asked[n] == 'r' ? ASKED_RESULT : ASKED_STATUS);
		reply(&w, job, c->answers[n]);
	}
	assert_int_equal(strlen(c->asked), n);
	job = schedule_settled(w.s);
	assert_non_null(job);
	if (job->state != c->state)
		fail_msg("%s: %s, not %s", c->name, state_name(job->state), state_name(c->state));
	assert_int_equal(job->http_status, c->http);
	assert_int_equal(job->attempts, n);
	assert_int_equal(job->details != NULL, c->got_details);
	assert_int_equal(stamp_is_set(&job->fetched_at), c->http != 0);
	assert_int_equal(job->requested_at.us, START_US);
	assert_ptr_equal(job->body, c->state == JOB_STORED ? BODY_A : c->state == JOB_UNREADABLE ? BODY_B : NULL);
	if (c->error)
		assert_non_null(strstr(job->error, c->error));
	else
		assert_string_equal(job->error, "");
	schedule_release(w.s, job);
	assert_int_equal(schedule_left(w.s), 0);
	expect_over(&w, SCHEDULE_GOES_ON);
}

static void what_becomes_of_a_job(void **state)
{
	static const struct conversation all[] = {
	    {"good", {GOOD}, JOB_STORED, 200, 8, false, false, "r", NULL},
	    {"retried", {BROKEN, BUSY, CUT, GOOD}, JOB_STORED, 200, 8, false, false, "rrrr", NULL},
	    {"no tries left", {BROKEN, BUSY, BROKEN}, JOB_FAILED, 503, 2, false, false, "rrr", "refused"},
	    {"never an answer", {BROKEN, BROKEN}, JOB_FAILED, 0, 1, false, false, "rr", "refused"},
	    {"no retries", {BUSY}, JOB_FAILED, 503, 0, false, false, "r", "words"},
	    {"the same bytes twice", {BAD_A, BAD_A}, JOB_UNREADABLE, 200, 8, false, false, "rr", "no JSON"},
	    {"with a failure between", {BAD_A, BUSY, BAD_A}, JOB_UNREADABLE, 200, 8, false, false, "rrr", "no JSON"},
	    {"other bytes", {BAD_A, BAD_B, BAD_B}, JOB_UNREADABLE, 200, 8, false, false, "rrr", "no JSON"},
	    {"mended", {BAD_A, GOOD}, JOB_STORED, 200, 8, false, false, "rr", NULL},
	    {"never the same", {BAD_A, BAD_B, BAD_A}, JOB_FAILED, 200, 2, false, false, "rrr", "no JSON"},
	    {"certificate", {CERT}, JOB_FAILED, 0, 8, false, false, "r", "not trusted"},
	    {"too large", {TOO_LARGE}, JOB_FAILED, 200, 8, false, false, "r", "too large"},
	    {"402", {SETTLE_FAILED}, JOB_FAILED, 402, 8, false, false, "r", "settled"},
	    {"expired", {SETTLE_EXPIRED}, JOB_EXPIRED, 404, 8, false, false, "r", "settled"},
	    {"not found", {SETTLE_NOT_FOUND}, JOB_NOT_FOUND, 404, 8, false, false, "r", "settled"},
	    {"rejected", {SETTLE_REJECTED}, JOB_REJECTED, 400, 8, false, false, "r", "settled"},
	    {"denied", {FORBIDDEN}, JOB_DENIED, 403, 8, false, false, "r", "words"},
	    {"running", {UNCLEAR, RUNNING}, JOB_PENDING, 200, 8, false, false, "rs", "not finished"},
	    {"failed job", {UNCLEAR, FAILED}, JOB_NO_RESULT, 200, 8, false, false, "rs", "failed"},
	    {"unknown job", {UNCLEAR, SETTLE_NOT_FOUND}, JOB_NOT_FOUND, 404, 8, false, false, "rs", "settled"},
	    {"no status", {UNCLEAR, UNCLEAR}, JOB_NOT_FOUND, 404, 8, false, false, "rs", "404"},
	    {"denied status", {UNCLEAR, FORBIDDEN}, JOB_DENIED, 403, 8, false, false, "rs", "words"},
	    {"late", {UNCLEAR, DONE_1, GOOD}, JOB_STORED, 200, 8, false, false, "rsr", NULL},
	    {"still none", {UNCLEAR, DONE_1, UNCLEAR}, JOB_PENDING, 404, 8, false, false, "rsr", "404"},
	    {"no more", {UNCLEAR, DONE_15, UNCLEAR}, JOB_EXPIRED, 404, 8, false, false, "rsr", "404"},
	    {"none, no date", {UNCLEAR, DONE_NO_DATE, UNCLEAR}, JOB_PENDING, 404, 8, false, false, "rsr", "404"},
	    {"said so", {UNCLEAR, DONE_1, SETTLE_EXPIRED}, JOB_EXPIRED, 404, 8, false, false, "rsr", "settled"},
	    {"all the way",
	     {BUSY, UNCLEAR, BROKEN, DONE_1, BUSY, GOOD},
	     JOB_STORED,
	     200,
	     3,
	     false,
	     false,
	     "rrssrr",
	     NULL},
	    {"tries add up", {BUSY, UNCLEAR, BROKEN, DONE_1, BUSY}, JOB_FAILED, 503, 2, false, false, "rrssr", "words"},
	    {"429 is no try", {LIMIT, LIMIT, LIMIT, GOOD}, JOB_STORED, 200, 0, false, false, "rrrr", NULL},
	    {"429 at status", {UNCLEAR, LIMIT, RUNNING}, JOB_PENDING, 200, 0, false, false, "rss", "finished"},
	    {"details", {GOOD, DONE_1}, JOB_STORED, 200, 8, true, true, "rs", NULL},
	    {"details later", {GOOD, BUSY, BROKEN, LIMIT, DONE_1}, JOB_STORED, 200, 8, true, true, "rssss", NULL},
	    {"no details", {GOOD, BUSY, BUSY}, JOB_STORED, 200, 1, true, false, "rss", "words"},
	    {"details denied", {GOOD, FORBIDDEN}, JOB_STORED, 200, 8, true, false, "rs", "words"},
	    {"details 404", {GOOD, SETTLE_NOT_FOUND}, JOB_STORED, 200, 8, true, false, "rs", "settled"},
	    {"details unclear", {GOOD, UNCLEAR}, JOB_STORED, 200, 8, true, false, "rs", "404"},
	    {"details, no trust", {GOOD, CERT}, JOB_STORED, 200, 8, true, false, "rs", "trusted"},
	    {"details of a running job", {GOOD, RUNNING}, JOB_STORED, 200, 8, true, true, "rs", NULL},
	    {"found while settling", {UNCLEAR, DONE_1, GOOD}, JOB_STORED, 200, 8, true, true, "rsr", NULL},
	    {"of a pending job", {UNCLEAR, RUNNING}, JOB_PENDING, 200, 8, true, true, "rs", "finished"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof all / sizeof *all; i++)
		converse(&all[i]);
}

/* Our clock alone makes no job expired: without a word of the server's clock the job stays open. */
/* A question has one stage: no answer leads to another one, whatever it is. */
static void questions(void **state)
{
	static const char document[] = "{\"remaining_job_ids\":[1]}";
	struct schedule_policy policy = usual();
	struct answer remaining = answer_of(VERDICT_SETTLED, "HTTP 408: still at it");
	struct schedule_job *job;
	struct world w;

	(void)state;
	policy.questions = true;
	w = world_of(&policy, 4);
	job = start_now(&w);
	assert_int_equal(job->asked, ASKED_QUESTION);
	broken(&w, job);
	job = start(&w); /* another one, while the first waits */
	assert_int_equal(job->asked, ASKED_QUESTION);
	assert_int_equal(job->index, 1);
	good(&w, job);
	expect(&w, 1, JOB_STORED);
	remaining.state = JOB_PENDING;
	schedule_answered(w.s, start(&w), &remaining, 408, text_of(document), &w.now);
	job = schedule_settled(w.s);
	assert_non_null(job);
	assert_int_equal(job->state, JOB_PENDING);
	assert_string_equal(job->details, document);
	schedule_release(w.s, job);
	settle(&w, start(&w), JOB_NOT_FOUND, 404);
	expect(&w, 3, JOB_NOT_FOUND);
	job = start(&w);
	assert_int_equal(job->index, 0);
	bad(&w, job, 'a');
	bad(&w, start(&w), 'a');
	expect(&w, 0, JOB_UNREADABLE);
	expect_over(&w, SCHEDULE_GOES_ON);
}

static void only_the_servers_clock_expires(void **state)
{
	struct schedule_policy policy = usual();
	struct world w = world_of(&policy, 1);

	(void)state;
	say(&w, start_now(&w), VERDICT_ASK_STATUS, 404);
	status(&w, start(&w), STATUS_COMPLETE, 15);
	w.now.vouched = false;
	say(&w, start(&w), VERDICT_ASK_STATUS, 404);
	expect(&w, 0, JOB_PENDING);
	expect_over(&w, SCHEDULE_GOES_ON);
}

/* A clock that is set in mid-run: the first request is dated back from the answer, by boot time. */
static void the_first_request_is_dated_from_the_answer(void **state)
{
	struct schedule_policy policy = usual();
	struct world w = world_of(&policy, 1);
	struct schedule_job *job;

	(void)state;
	w.now.wall_us = 0;
	job = start_now(&w);
	w.now.boot_ns += 7000 * MS;
	w.now.wall_us = START_US;
	assert_true(good(&w, job).took_body);
	job = schedule_settled(w.s);
	assert_int_equal(job->fetched_at.us, START_US);
	assert_int_equal(job->requested_at.us, START_US - 7000000);
	schedule_release(w.s, job);
	expect_over(&w, SCHEDULE_GOES_ON);
}

static void the_second_body_is_kept(void **state)
{
	struct schedule_policy policy = usual();
	struct world w = world_of(&policy, 1);
	struct schedule_job *job = start_now(&w);

	(void)state;
	assert_false(job->keep);
	assert_false(bad(&w, job, 'x').took_body);
	job = start(&w);
	assert_true(job->keep);
	assert_true(bad(&w, job, 'x').took_body);
	expect(&w, 0, JOB_UNREADABLE);
	expect_over(&w, SCHEDULE_GOES_ON);
}

static void long_messages_are_cut_at_a_character(void **state)
{
	struct schedule_policy policy = usual();
	struct schedule_job *job;
	struct world w = world_of(&policy, 1);
	char why[1000];

	(void)state;
	memset(why, 'x', sizeof why);
	for (size_t i = 1; i + 1 < sizeof why; i += 2)
		memcpy(why + i, "\xc3\xa9", 2);
	why[sizeof why - 1] = '\0';
	schedule_failed(w.s, start_now(&w), FAILURE_ANSWER, 0, why, &w.now);
	job = schedule_settled(w.s);
	assert_int_equal(strlen(job->error), 399);
	assert_memory_equal(job->error, why, 399);
	schedule_release(w.s, job);
	expect_over(&w, SCHEDULE_GOES_ON);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_becomes_of_a_job),
	    cmocka_unit_test(questions),
	    cmocka_unit_test(only_the_servers_clock_expires),
	    cmocka_unit_test(the_first_request_is_dated_from_the_answer),
	    cmocka_unit_test(the_second_body_is_kept),
	    cmocka_unit_test(long_messages_are_cut_at_a_character),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
