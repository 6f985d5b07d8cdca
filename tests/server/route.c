/* route.c: see route.h. The words of the standing answers are the API's. */
#include "route.h"

#include <stdlib.h>
#include <string.h>

enum standing {
	NO_TOKEN,
	ODD_TOKEN,
	BAD_TOKEN,
	NO_JOB,
	ODD_JOB,
	NO_TALK,
	ODD_PAGE,
	NO_QUERY,
	NO_PATH,
	NO_METHOD,
	OUTSIDE,
	OVER_LIMIT,
	WHOAMI,
	NO_MEMORY,
	STANDING
};

struct router {
	struct route_options options;
	struct reply standing[STANDING];
	int64_t asked[OTHER_ENDPOINTS];
};

static const struct {
	enum standing which;
	int status;
	enum reply_envelope envelope;
	const char *message;
} errors[] = {
    {NO_TOKEN, 401, ENVELOPE_PUBLISHED, "Missing or invalid API key"},
    {ODD_TOKEN, 400, ENVELOPE_AUTH, "Malformed authorization header"},
    {BAD_TOKEN, 403, ENVELOPE_AUTH, "Invalid bearer token"},
    {NO_JOB, 404, ENVELOPE_PUBLISHED, "Job not found"},
    {ODD_JOB, 400, ENVELOPE_PUBLISHED, "Invalid job ID"},
    {NO_TALK, 404, ENVELOPE_APPLICATION, "Conversation not found"},
    {ODD_PAGE, 400, ENVELOPE_LIST, "Invalid cursor or page size"},
    {NO_QUERY, 400, ENVELOPE_APPLICATION, "Query could not be run"},
    {NO_PATH, 404, ENVELOPE_APPLICATION, "Not Found"},
    {NO_METHOD, 405, ENVELOPE_APPLICATION, "Method Not Allowed"},
    {NO_MEMORY, 500, ENVELOPE_PUBLISHED, "the test server is out of memory"},
};

static const char outside_page[] =
    "<!DOCTYPE html>\n<html><head><title>404 Not Found</title></head><body><h1>Not Found</h1></body></html>\n";
static const char limit_page[] = "<!DOCTYPE html>\n<html><head><title>Blocked</title></head>"
				 "<body><h1>429 Too Many Requests</h1></body></html>\n";
static const char whoami_text[] = "{\"id\":\"990e8400-e29b-41d4-a716-446655440000\",\"name\":\"Blob Ross\","
				  "\"email\":\"blob.ross@blobsrus.example\",\"organizationId\":"
				  "\"880e8400-e29b-41d4-a716-446655440000\"}";

struct router *route_new(const struct route_options *options, struct err *err)
{
	struct router *r = calloc(1, sizeof(*r));
	int rc = 0;
	if (r == NULL) {
		err_set(err, ERR_FATAL, "out of memory");
		return NULL;
	}
	r->options = *options;
	for (int i = 0; i < STANDING; i++)
		reply_init(&r->standing[i]);
	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++)
		rc |=
		    reply_error(&r->standing[errors[i].which], errors[i].status, errors[i].envelope, errors[i].message);
	rc |= reply_text(&r->standing[OUTSIDE], 404, "text/html; charset=utf-8", text_of(outside_page));
	rc |= reply_text(&r->standing[OVER_LIMIT], 429, "text/html", text_of(limit_page));
	rc |= reply_header(&r->standing[OVER_LIMIT], "X-Omni-Waf-Action", "block");
	rc |= reply_header(&r->standing[NO_METHOD], "Allow", "GET, HEAD");
	rc |= reply_text(&r->standing[WHOAMI], 200, "application/json; charset=utf-8", text_of(whoami_text));
	if (rc != 0) {
		err_set(err, ERR_FATAL, "out of memory");
		route_free(r);
		return NULL;
	}
	return r;
}

void route_free(struct router *r)
{
	if (r == NULL)
		return;
	for (int i = 0; i < STANDING; i++)
		reply_free(&r->standing[i]);
	free(r);
}

static void stand(struct router *r, struct route_answer *a, enum standing which, const char *why)
{
	a->reply = &r->standing[which];
	a->why = why;
}

/* The n-th request gets the n-th answer, the last one repeats. */
static void play(struct route_answer *a, const struct replies *rs, int64_t request)
{
	a->request = request;
	a->step = request < (int64_t)rs->n ? request : (int64_t)rs->n;
	a->reply = &rs->at[a->step - 1];
	a->why = "script";
}

static void answer_job(struct router *r, struct route_answer *a, struct text id, enum job_endpoint endpoint)
{
	struct uuid uuid;
	if (!uuid_parse(id.p, id.n, &uuid)) {
		stand(r, a, ODD_JOB, "default");
		return;
	}
	struct script_job *job = script_job(r->options.script, &uuid);
	if (job == NULL) {
		stand(r, a, NO_MEMORY, "default");
		return;
	}
	a->job = &job->id;
	int64_t request = ++job->asked[endpoint];
	if (job->answers[endpoint] != NULL) {
		play(a, job->answers[endpoint], request);
	} else {
		stand(r, a, NO_JOB, "default");
		a->request = request;
	}
}

static void answer_result(struct router *r, struct route_answer *a, const struct route_ask *ask, struct text id)
{
	(void)ask;
	answer_job(r, a, id, JOB_RESULT);
}

static void answer_status(struct router *r, struct route_answer *a, const struct route_ask *ask, struct text id)
{
	(void)ask;
	answer_job(r, a, id, JOB_STATUS);
}

/* The n-th request to an endpoint that has no names of its own. */
static void answer_other(struct router *r, struct route_answer *a, enum other_endpoint endpoint,
			 enum standing otherwise)
{
	const struct replies *rs = script_other(r->options.script, endpoint);
	int64_t request = ++r->asked[endpoint];
	if (rs->n > 0) {
		play(a, rs, request);
	} else {
		stand(r, a, otherwise, "default");
		a->request = request;
	}
}

static void answer_whoami(struct router *r, struct route_answer *a, const struct route_ask *ask, struct text unused)
{
	(void)ask;
	(void)unused;
	answer_other(r, a, OTHER_WHOAMI, WHOAMI);
}

static void answer_query(struct router *r, struct route_answer *a, const struct route_ask *ask, struct text unused)
{
	(void)ask;
	(void)unused;
	answer_other(r, a, OTHER_QUERY, NO_QUERY);
}

static void answer_wait(struct router *r, struct route_answer *a, const struct route_ask *ask, struct text unused)
{
	(void)ask;
	(void)unused;
	answer_other(r, a, OTHER_WAIT, NO_QUERY);
}

/* A page of the list, made for this request. */
static void make_page(struct router *r, struct route_answer *a, const struct route_ask *ask)
{
	const char *size = ask->argument(ask->argument_ctx, "pageSize");
	long page_size = size != NULL ? strtol(size, NULL, 10) : 20;
	struct reply *made = calloc(1, sizeof(*made));
	int rc = -1;

	if (made != NULL) {
		reply_init(made);
		rc = page_size < 1 || page_size > 100 ? 0
						      : talks_page(script_talks(r->options.script), (size_t)page_size,
								   ask->argument(ask->argument_ctx, "cursor"),
								   ask->argument(ask->argument_ctx, "userId"), made);
	}
	if (rc == 1) {
		a->reply = a->made = made;
		return;
	}
	if (made != NULL)
		reply_free(made);
	free(made);
	stand(r, a, rc == 0 ? ODD_PAGE : NO_MEMORY, "default");
}

static void answer_list(struct router *r, struct route_answer *a, const struct route_ask *ask, struct text unused)
{
	(void)unused;
	struct talk_list *list =
	    talks_list(script_talks(r->options.script), ask->argument(ask->argument_ctx, "userId"));

	if (list != NULL)
		play(a, &list->answers, ++list->asked);
	if (list == NULL || a->reply->made)
		make_page(r, a, ask);
}

static void answer_talk(struct router *r, struct route_answer *a, const struct route_ask *ask, struct text id)
{
	struct talk *t = talks_find(script_talks(r->options.script), id);

	(void)ask;
	if (t == NULL) {
		stand(r, a, NO_TALK, "default");
		return;
	}
	a->request = ++t->asked;
	if (t->answers.n > 0)
		play(a, &t->answers, a->request);
	if (t->answers.n == 0 || a->reply->made) {
		a->reply = &t->document;
		a->why = "default";
	}
}

/* One * stands for one part of the path, which goes to the function. */
static const struct {
	const char *path, *endpoint;
	void (*answer)(struct router *, struct route_answer *, const struct route_ask *, struct text part);
	bool post;
} routes[] = {
    {"/v1/ai/jobs/*/result", "result", answer_result, false},
    {"/v1/ai/jobs/*", "status", answer_status, false},
    {"/v1/whoami", "whoami", answer_whoami, false},
    {"/v1/ai/conversations", "conversations", answer_list, false},
    {"/v1/ai/conversations/*", "conversation", answer_talk, false},
    {"/v1/query/run", "query", answer_query, true},
    {"/v1/query/wait", "wait", answer_wait, false},
};

static bool method_fits(const char *method, bool post)
{
	return post ? strcmp(method, "POST") == 0 : strcmp(method, "GET") == 0 || strcmp(method, "HEAD") == 0;
}

static bool path_fits(const char *pattern, const char *path, struct text *part)
{
	size_t before = strcspn(pattern, "*");
	*part = TEXT_NULL;
	if (pattern[before] == 0)
		return strcmp(pattern, path) == 0;
	if (strncmp(pattern, path, before) != 0)
		return false;
	*part = (struct text){path + before, strcspn(path + before, "/")};
	return part->n > 0 && strcmp(part->p + part->n, pattern + before + 1) == 0;
}

/* -1: the token is good; else what stands instead of an answer. */
static int token_check(const struct router *r, const char *authorization)
{
	static const char scheme[] = "Bearer ";
	const size_t n = sizeof(scheme) - 1;
	if (authorization == NULL)
		return NO_TOKEN;
	if (strncasecmp(authorization, scheme, n) != 0 || authorization[n] == 0 ||
	    strchr(authorization + n, ' ') != NULL)
		return ODD_TOKEN;
	for (size_t i = 0; i < r->options.n_tokens; i++)
		if (strcmp(authorization + n, r->options.tokens[i]) == 0)
			return -1;
	return BAD_TOKEN;
}

struct route_answer route_decide(struct router *r, const struct route_ask *ask)
{
	struct route_answer a = {.endpoint = "none"};
	struct text part;
	size_t n = strlen(r->options.prefix);
	size_t i = 0;

	if (strncmp(ask->path, r->options.prefix, n) != 0 || ask->path[n] != '/') {
		stand(r, &a, OUTSIDE, "path");
		return a;
	}
	const char *path = ask->path + n;
	while (i < sizeof(routes) / sizeof(routes[0]) && !path_fits(routes[i].path, path, &part))
		i++;
	bool found = i < sizeof(routes) / sizeof(routes[0]);
	if (found)
		a.endpoint = routes[i].endpoint;
	bool within = r->options.limit == NULL || limit_count(r->options.limit, ask->key, ask->now_ns);
	int refused = token_check(r, ask->authorization);
	if (!within)
		stand(r, &a, OVER_LIMIT, "limit");
	else if (refused >= 0)
		stand(r, &a, (enum standing)refused, "token");
	else if (!found)
		stand(r, &a, NO_PATH, "path");
	else if (!method_fits(ask->method, routes[i].post))
		stand(r, &a, NO_METHOD, "method");
	else
		routes[i].answer(r, &a, ask, part);
	return a;
}
