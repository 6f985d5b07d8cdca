#include "result.h"

#include "result_obj.h"
#include "result_query.h"
#include "result_warn.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define KEPT_S ((int64_t)14 * 86400) /* for how long the API keeps a result after its job completed */
#define KEEP   ((size_t)1 << 20)     /* bytes of a text's memory that the next decoding does not give back */

/* The texts that have a column, each in a buffer of its own. */
enum text_field {
	JOB_TOPIC,
	JOB_MESSAGE,
	JOB_SUMMARY,
	JOB_URL,
	ACTION_TYPE,
	ACTION_MESSAGE,
	ACTION_STATUS,
	TEXT_FIELDS
};

struct result_decoder {
	struct json_doc *doc;
	struct result_query *query;
	struct result_warn warn;
	struct result_obj root, action;
	struct buf text[TEXT_FIELDS];
	/* Of the decoding under way. */
	struct job *job;
	const struct result_visitor *visitor;
	void *ctx;
	int64_t no_offset; /* timestamps without one */
};

/* After a broken CSV was found: the rest is only searched for more of them. */
static const struct result_visitor nobody = {NULL, NULL, NULL, NULL};

static const struct result_visitor *visitor_now(const struct result_decoder *d)
{
	return result_query_again(d->query) ? &nobody : d->visitor;
}

struct result_decoder *result_decoder_new(void)
{
	struct result_decoder *d = calloc(1, sizeof(*d));

	if (d == NULL)
		return NULL;
	result_warn_init(&d->warn);
	result_obj_init(&d->root);
	result_obj_init(&d->action);
	for (size_t i = 0; i < TEXT_FIELDS; i++)
		buf_init(&d->text[i], RESULT_OBJ_BUF_MAX);
	d->doc = json_new();
	d->query = result_query_new();
	if (d->doc == NULL || d->query == NULL) {
		result_decoder_free(d);
		return NULL;
	}
	return d;
}

void result_decoder_free(struct result_decoder *d)
{
	if (d == NULL)
		return;
	for (size_t i = 0; i < TEXT_FIELDS; i++)
		buf_free(&d->text[i]);
	result_obj_free(&d->root);
	result_obj_free(&d->action);
	result_warn_free(&d->warn);
	result_query_free(d->query);
	json_free(d->doc);
	free(d);
}

/* Tokenises the body and sees that it is one of a result. */
static int read_body(struct result_decoder *d, struct body *body, struct err *err)
{
	static const char *const documented[] = {"actions", "message", "resultSummary", "topic", "omniChatUrl"};
	const char *problem = body_problem(body);
	json_ref root;

	if (problem != NULL)
		return err_set(err, ERR_JOB, "%s", problem);
	if (body_parse(body, d->doc, err) != 0)
		return -1;
	root = json_root(d->doc);
	if (json_type_of(d->doc, root) != JSON_OBJECT)
		return err_set(err, ERR_JOB, "the body is JSON, but no object");
	for (size_t i = 0; i < sizeof(documented) / sizeof(documented[0]); i++) {
		if (json_member(d->doc, root, documented[i], NULL) >= 0)
			return 0;
	}
	return err_set(err, ERR_JOB, "the body is a JSON object with none of the fields of a result");
}

int result_check(struct result_decoder *d, struct body *body, struct err *err)
{
	int rc = read_body(d, body, err);

	/* Another one is often decoded meanwhile, by another thread: both with a million values would be much. */
	json_trim(d->doc);
	return rc;
}

/* Gives back what an object and some texts have grown large with; what they gave out is then gone. */
static void trim(struct result_decoder *d, struct result_obj *o, size_t from, size_t to)
{
	result_obj_trim(o);
	for (size_t i = from; i < to; i++) {
		if (d->text[i].cap > KEEP)
			buf_free(&d->text[i]);
	}
}

static bool is_pending(struct text status)
{
	return status.n == strlen("pending") && strncasecmp(status.p, "pending", status.n) == 0;
}

static void note_time(struct job *job, const struct stamp *at)
{
	if (!stamp_is_set(at))
		return;
	if (!stamp_is_set(&job->first_action_at) || at->us < job->first_action_at.us)
		job->first_action_at = *at;
	if (!stamp_is_set(&job->last_action_at) || at->us > job->last_action_at.us)
		job->last_action_at = *at;
}

static int read_action_fields(struct result_decoder *d, struct action *a, struct err *err)
{
	struct result_obj *o = &d->action;

	if (result_obj_text(o, "type", &d->text[ACTION_TYPE], &a->type, err) != 0 ||
	    result_obj_text(o, "message", &d->text[ACTION_MESSAGE], &a->message, err) != 0 ||
	    result_obj_text(o, "status", &d->text[ACTION_STATUS], &a->status, err) != 0 ||
	    result_obj_time(o, "timestamp", &a->timestamp, &d->no_offset, err) != 0)
		return -1;
	a->is_error = result_obj_bool(o, "isError");
	return 0;
}

static int read_result(struct result_decoder *d, json_ref result, int64_t action_index, struct err *err)
{
	struct query_result q;
	int rc = result_query_read(d->query, result, action_index, visitor_now(d), d->ctx, &q, err);

	if (rc != 0)
		return rc;
	d->job->partial = d->job->partial || is_pending(q.status);
	d->job->result_count++;
	d->job->row_count += q.row_count;
	d->job->truncated_count += q.csv_truncated == 1;
	return 0;
}

static int read_action(struct result_decoder *d, json_ref value, int64_t index, struct err *err)
{
	const struct result_visitor *v = visitor_now(d);
	struct action a = {.action_index = index};
	char of[RESULT_OBJ_OF_MAX];
	json_ref result;
	int rc;

	trim(d, &d->action, ACTION_TYPE, TEXT_FIELDS);
	(void)snprintf(of, sizeof(of), " of action %lld", (long long)index);
	if (json_type_of(d->doc, value) == JSON_OBJECT) {
		rc = result_obj_open(&d->action, d->doc, value, &d->warn, of, err);
	} else {
		result_warn(&d->warn, "action %lld is no object: kept in extra", (long long)index);
		rc = result_obj_wrap(&d->action, d->doc, "value", value, &d->warn, of, err);
	}
	if (rc != 0 || read_action_fields(d, &a, err) != 0)
		return -1;
	result = result_obj_node(&d->action, "result", JSON_OBJECT);
	if (result_obj_close(&d->action, &a.extra, err) != 0)
		return -1;
	note_time(d->job, &a.timestamp);
	d->job->partial = d->job->partial || is_pending(a.status);
	d->job->action_count++;
	rc = v->action != NULL ? v->action(d->ctx, &a, err) : 0;
	return rc == 0 && result >= 0 ? read_result(d, result, index, err) : rc;
}

/* The job's own fields. *actions: the array, or -1. */
static int read_job(struct result_decoder *d, json_ref *actions, struct err *err)
{
	struct result_obj *o = &d->root;
	struct job *job = d->job;

	if (result_obj_open(o, d->doc, json_root(d->doc), &d->warn, "", err) != 0 ||
	    result_obj_any(o, "topic", &d->text[JOB_TOPIC], &job->topic, err) != 0 ||
	    result_obj_text(o, "message", &d->text[JOB_MESSAGE], &job->message, err) != 0 ||
	    result_obj_text(o, "resultSummary", &d->text[JOB_SUMMARY], &job->result_summary, err) != 0 ||
	    result_obj_text(o, "omniChatUrl", &d->text[JOB_URL], &job->omni_chat_url, err) != 0)
		return -1;
	*actions = result_obj_node(o, "actions", JSON_ARRAY);
	return result_obj_close(o, &job->extra, err);
}

/* The status document is kept as it came; of keys that stand twice it is warned as everywhere. Anything else about it
 * is not ours to say, be it no JSON. */
static int look_at_details(struct result_decoder *d, struct err *err)
{
	const struct text *details = &d->job->details;
	struct err why;

	if (details->p == NULL)
		return 0;
	if (json_parse(d->doc, details->p, details->n, &why) != 0)
		return why.kind == ERR_FATAL ? err_set(err, ERR_FATAL, "%s", why.msg) : 0;
	return result_members_look(&d->root.members, d->doc, json_root(d->doc), &d->warn, " in the status document",
				   err);
}

/* What is only known when everything was read. */
static int finish(struct result_decoder *d, struct err *err)
{
	struct job *job = d->job;
	const struct stamp *from = stamp_is_set(&job->completed_at) ? &job->completed_at : &job->last_action_at;

	stamp_add_s(from, KEPT_S, &job->expires_at);
	if (d->no_offset > 0)
		result_warn(&d->warn, "%lld timestamps have no offset and were taken as UTC", (long long)d->no_offset);
	if (result_warn_end(&d->warn, &job->warnings) != 0)
		return err_set(err, ERR_FATAL, "out of memory for the warnings of a result");
	return 0;
}

static int decode(struct result_decoder *d, struct body *body, struct job *job, const struct result_visitor *visitor,
		  void *ctx, struct err *err)
{
	static const struct stamp never = {0, ""};
	json_ref actions = -1;
	int64_t index = 0;
	int rc;

	d->job = job;
	d->visitor = visitor;
	d->ctx = ctx;
	d->no_offset = 0;
	result_warn_reset(&d->warn);
	trim(d, &d->root, 0, TEXT_FIELDS);
	job->topic = job->message = job->result_summary = job->omni_chat_url = job->extra = TEXT_NULL;
	job->partial = false;
	job->first_action_at = job->last_action_at = job->expires_at = never;
	job->action_count = job->result_count = job->row_count = job->truncated_count = 0;
	job->warnings = TEXT_NULL;
	job->body_bytes = (int64_t)body_size(body);
	memcpy(job->body_sha256, body_sha256(body), SHA256_LEN);

	result_query_begin(d->query, d->doc, &d->warn, job->body_sha256);
	if (look_at_details(d, err) != 0 || read_body(d, body, err) != 0 || read_job(d, &actions, err) != 0)
		return -1;
	for (json_ref a = json_first(d->doc, actions); a >= 0; a = json_next(d->doc, a)) {
		rc = read_action(d, a, index++, err);
		if (rc != 0)
			return rc;
	}
	return result_query_again(d->query) ? RESULT_AGAIN : finish(d, err);
}

int result_decode(struct result_decoder *d, struct body *body, struct job *job, const struct result_visitor *visitor,
		  void *ctx, struct err *err)
{
	int rc = decode(d, body, job, visitor, ctx, err);

	json_trim(d->doc);
	return rc;
}

int64_t result_warnings(const struct result_decoder *d)
{
	return d->warn.n;
}
