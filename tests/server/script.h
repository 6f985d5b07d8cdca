/*
 * script.h: what the server is to answer, read from files that a person writes:
 *
 *     # JSON objects one after the other, each on one line or on several; blank lines and # lines between them
 *     {"job": "<uuid>", "result": ANSWER or [ANSWER…], "status": ANSWER or [ANSWER…]}
 *     {"job": "<uuid>", "state": "EXECUTING" or ["QUEUED", "COMPLETE"…], "completed_at": "now-3d", "prompt": "…",
 *      "topic": "…", "error": "…"}
 *     {"job": "*", …}                     every job that no line names
 *     {"whoami": ANSWER or [ANSWER…]}
 *     {"conversation": "<id>", "name": "…", "prompt": "…", "user": "<id>", "created_at": "now-3d", "updated_at":
 * "now-1h", "messages": [{"role": "user", "content": "…", "timestamp": "now-1h", "jobId": "<uuid>"}…] or, for what GET
 * …/conversations/<id> gets, "answer": ANSWER or [ANSWER…]}
 *     {"conversations": ANSWER or [ANSWER…], "user": "<id>"}
 *                                                GET …/conversations: the n-th request for any page of this user's (of
 *                                                everybody's, without "user") gets the n-th
 *     {"query": ANSWER or [ANSWER…]}             POST …/query/run
 *     {"wait": ANSWER or [ANSWER…]}              GET …/query/wait
 *
 * ANSWER: reply.h. The n-th request to an endpoint of a job gets its n-th answer, the last one repeats. Without
 * "status" a status document is made up from "state" (COMPLETE), "completed_at" and the rest; without "result" a job
 * has none yet. Without "conversations" the list is made of the conversations that there are, newest activity first.
 *
 * A struct script owns all of it; jobs that no line names are added when they are first asked for, so that they are
 * counted.
 */
#ifndef OMNI_TEST_SCRIPT_H
#define OMNI_TEST_SCRIPT_H

#include "reply.h"
#include "talks.h"
#include "uuid.h"

enum job_endpoint { JOB_RESULT, JOB_STATUS, JOB_ENDPOINTS };

struct script_job {
	struct uuid id;
	struct replies own[JOB_ENDPOINTS];
	const struct replies *answers[JOB_ENDPOINTS]; /* its own or those of "*"; NULL: no line speaks of this job */
	int64_t asked[JOB_ENDPOINTS];                 /* requests so far */
};

struct script;

/* now_us: what relative times count from (microseconds since 1970). NULL: out of memory. */
struct script *script_new(int64_t now_us);
void script_free(struct script *);
/* 0, or -1 with *err: "FILE:LINE: …". */
int script_read(struct script *, const char *path, struct err *);

/* The job of that ID; NULL: out of memory. */
struct script_job *script_job(struct script *, const struct uuid *);
/* What is asked of no job; n == 0: not scripted. */
enum other_endpoint { OTHER_WHOAMI, OTHER_QUERY, OTHER_WAIT, OTHER_ENDPOINTS };
const struct replies *script_other(const struct script *, enum other_endpoint);
struct talks *script_talks(struct script *);
/* Every job that is in the script or was asked for, in no order. */
void script_each(const struct script *, void (*each)(void *ctx, const struct script_job *), void *ctx);

#endif
