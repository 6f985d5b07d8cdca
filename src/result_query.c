#include "result_query.h"

#include "result_obj.h"
#include "result_rows.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define KEEP ((size_t)1 << 20) /* bytes of a text's memory that is not given back */

/* The texts that have a column, each in a buffer of its own. */
enum text_field { RESULT_ID, RESULT_NAME, RESULT_STATUS, RESULT_QUERY, RESULT_ERROR, RESULT_DETAIL, TEXT_FIELDS };

/* A CSV that turned out to be none. */
struct broken_csv {
	int64_t action_index;
	char why[120];
};

struct result_query {
	const struct json_doc *doc;
	struct result_warn *warn;
	struct result_obj result, error;
	struct buf text[TEXT_FIELDS];
	struct result_rows *rows;
	/* The broken CSVs of the body with this digest, in the order of the actions; next: the first one that the
	 * decoding under way has not reached yet. */
	struct broken_csv *broken;
	size_t n_broken, max_broken, next_broken;
	uint8_t sha256[SHA256_LEN];
	bool again;
};

struct result_query *result_query_new(void)
{
	struct result_query *d = calloc(1, sizeof(*d));

	if (d == NULL)
		return NULL;
	result_obj_init(&d->result);
	result_obj_init(&d->error);
	for (size_t i = 0; i < TEXT_FIELDS; i++)
		buf_init(&d->text[i], RESULT_OBJ_BUF_MAX);
	d->rows = result_rows_new();
	if (d->rows == NULL) {
		result_query_free(d);
		return NULL;
	}
	return d;
}

void result_query_free(struct result_query *d)
{
	if (d == NULL)
		return;
	for (size_t i = 0; i < TEXT_FIELDS; i++)
		buf_free(&d->text[i]);
	result_obj_free(&d->result);
	result_obj_free(&d->error);
	result_rows_free(d->rows);
	free(d->broken);
	free(d);
}

void result_query_begin(struct result_query *d, const struct json_doc *doc, struct result_warn *warn,
			const uint8_t sha256[SHA256_LEN])
{
	d->doc = doc;
	d->warn = warn;
	if (!d->again || memcmp(d->sha256, sha256, SHA256_LEN) != 0)
		d->n_broken = 0;
	memcpy(d->sha256, sha256, SHA256_LEN);
	d->next_broken = 0;
	d->again = false;
}

bool result_query_again(const struct result_query *d)
{
	return d->again;
}

static int remember_broken(struct result_query *d, int64_t action_index, const char *why, struct err *err)
{
	struct broken_csv *p;
	size_t max = d->max_broken > 0 ? d->max_broken * 2 : 4;

	if (d->n_broken == d->max_broken) {
		p = realloc(d->broken, max * sizeof(*p));
		if (p == NULL)
			return err_set(err, ERR_FATAL, "out of memory for a result");
		d->broken = p;
		d->max_broken = max;
	}
	p = &d->broken[d->n_broken++];
	p->action_index = action_index;
	(void)snprintf(p->why, sizeof(p->why), "%.*s", (int)sizeof(p->why) - 1, why);
	d->again = true;
	return 0;
}

/* Why the CSV of this action is known to be broken; NULL: it is not. Asked in the order of the actions. */
static const char *known_broken(struct result_query *d, int64_t action_index)
{
	if (d->next_broken == d->n_broken || d->broken[d->next_broken].action_index != action_index)
		return NULL;
	return d->broken[d->next_broken++].why;
}

/* {message, detail, …more}; more goes to extra.error. */
static int read_error_object(struct result_query *d, json_ref error, struct query_result *q, struct err *err)
{
	char of[RESULT_OBJ_OF_MAX + 16];
	struct text more;

	(void)snprintf(of, sizeof(of), " of the error%s", d->result.of);
	if (result_obj_open(&d->error, d->doc, error, d->warn, of, err) != 0 ||
	    result_obj_text(&d->error, "message", &d->text[RESULT_ERROR], &q->error_message, err) != 0 ||
	    result_obj_any(&d->error, "detail", &d->text[RESULT_DETAIL], &q->error_detail, err) != 0 ||
	    result_obj_close(&d->error, &more, err) != 0)
		return -1;
	return more.p != NULL ? result_obj_put(&d->result, "error", more, err) : 0;
}

static int read_error(struct result_query *d, struct query_result *q, struct err *err)
{
	json_ref error = result_obj_find(&d->result, "error", strlen("error"));

	if (json_type_of(d->doc, error) == JSON_STRING)
		return result_obj_text(&d->result, "error", &d->text[RESULT_ERROR], &q->error_message, err);
	error = result_obj_node(&d->result, "error", JSON_OBJECT);
	return error >= 0 ? read_error_object(d, error, q, err) : 0;
}

static int read_fields(struct result_query *d, struct query_result *q, struct err *err)
{
	struct result_obj *o = &d->result;

	if (result_obj_text(o, "resultId", &d->text[RESULT_ID], &q->result_id, err) != 0 ||
	    result_obj_text(o, "queryName", &d->text[RESULT_NAME], &q->query_name, err) != 0 ||
	    result_obj_text(o, "status", &d->text[RESULT_STATUS], &q->status, err) != 0 ||
	    result_obj_json(o, "query", &d->text[RESULT_QUERY], &q->query, err) != 0 || read_error(d, q, err) != 0)
		return -1;
	q->csv_truncated = result_obj_bool(o, "csvResultWasTruncated");
	q->has_results = result_obj_bool(o, "hasResults");
	q->has_total = result_obj_int(o, "totalRowCount", &q->total_row_count);
	return 0;
}

/* A result without a CSV that could be read. */
static int give_no_rows(struct query_result *q, const struct result_visitor *v, void *ctx, struct err *err)
{
	struct query_result before = *q;
	int rc = 0;

	before.row_count = -1;
	q->row_count = 0;
	if (v->result != NULL)
		rc = v->result(ctx, &before, err);
	return rc == 0 && v->result_end != NULL ? v->result_end(ctx, q, err) : rc;
}

static int give_rows(struct result_query *d, struct query_result *q, json_ref csv, const struct result_visitor *v,
		     void *ctx, struct err *err)
{
	struct result_obj *o = &d->result;
	struct result_csv in = {.doc = d->doc, .csv = csv, .of = o->of};
	const char *why = csv >= 0 ? known_broken(d, q->action_index) : NULL;
	struct err problem;
	bool broken;
	int rc;

	if (why != NULL)
		result_warn(d->warn, "the CSV%s cannot be parsed and was left out: %s", o->of, why);
	if (csv < 0 || why != NULL)
		return give_no_rows(q, v, ctx, err);
	in.query = result_obj_find(o, "query", strlen("query"));
	in.fields = result_obj_find(o, "csvResultFields", strlen("csvResultFields"));
	problem.kind = ERR_NONE;
	rc = result_rows_read(d->rows, &in, q, v, ctx, d->warn, &broken, &problem);
	if (rc == 0 && broken)
		return remember_broken(d, q->action_index, problem.msg, err);
	if (rc != 0 && err != NULL)
		*err = problem;
	return rc;
}

int result_query_read(struct result_query *d, json_ref object, int64_t action_index, const struct result_visitor *v,
		      void *ctx, struct query_result *q, struct err *err)
{
	char of[RESULT_OBJ_OF_MAX];
	json_ref csv;

	result_obj_trim(&d->result);
	result_obj_trim(&d->error);
	for (size_t i = 0; i < TEXT_FIELDS; i++) {
		if (d->text[i].cap > KEEP)
			buf_free(&d->text[i]);
	}
	*q = (struct query_result){.action_index = action_index};
	(void)snprintf(of, sizeof(of), " of the result of action %lld", (long long)action_index);
	if (result_obj_open(&d->result, d->doc, object, d->warn, of, err) != 0 || read_fields(d, q, err) != 0)
		return -1;
	csv = result_obj_node(&d->result, "csvResult", JSON_STRING);
	if (result_obj_close(&d->result, &q->extra, err) != 0)
		return -1;
	return give_rows(d, q, csv, v, ctx, err);
}
