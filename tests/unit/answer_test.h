/*
 * What the tests of answer.c and answer_said.c have in common.
 */
#ifndef OMNI_ANSWER_TEST_H
#define OMNI_ANSWER_TEST_H

#include "answer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#define NOW_US ((int64_t)1764000000 * 1000000) /* Mon, 24 Nov 2025 16:00:00 GMT */

static struct json_doc *doc;

static inline int setup(void **state)
{
	(void)state;
	doc = json_new();
	return doc ? 0 : -1;
}

static inline int teardown(void **state)
{
	(void)state;
	json_free(doc);
	return 0;
}

static inline struct answer read_in(const struct answer_in *in)
{
	struct answer out;
	struct err err;

	memset(&out, 'x', sizeof(out));
	assert_int_equal(answer_read(in, doc, &out, &err), 0);
	assert_non_null(memchr(out.message, 0, sizeof(out.message)));
	if (in->http != 200)
		assert_int_equal(strncmp(out.message, "HTTP ", 5), 0);
	return out;
}

static inline struct answer answer(enum answer_asked asked, int http, const char *body)
{
	const struct answer_in in = {.asked = asked, .http = http, .body = text_of(body), .now_us = NOW_US};

	return read_in(&in);
}

static inline void check(enum answer_asked asked, int http, const char *body, enum verdict verdict,
			 enum job_state job_state)
{
	struct answer a = answer(asked, http, body);

	if (a.verdict != verdict || a.state != (verdict == VERDICT_SETTLED ? job_state : JOB_NONE))
		fail_msg("asked %d, HTTP %d, %s: verdict %d, state '%s'", (int)asked, http, body ? body : "no body",
			 (int)a.verdict, state_name(a.state));
}

#endif
