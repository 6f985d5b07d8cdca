#include "verify_compare.h"

#include <stdio.h>
#include <string.h>

#define NAME_MAX_BYTES 200
#define ROWS_A_LOOK    4096

/* --- what the sink has --- */

static int next_held(struct verify_compare *c)
{
	struct err err = {0};
	int rc;

	c->any = false;
	if (c->over)
		return 0;
	rc = c->sink->ops->next_item(c->sink, &c->held, &err);
	c->any = rc == 1;
	c->over = rc != 1;
	if (rc >= 0)
		return 0;
	if (err.kind == ERR_FATAL || err.kind == ERR_RETRY) {
		c->lost = err;
		return -1;
	}
	verify_diffs_add(c->diffs, SINK_ERROR, "%s", err.msg);
	c->missing_result = -2; /* what would follow is not known: nothing is said to be missing any more */
	return 0;
}

static bool is_blind(const struct verify_compare *c)
{
	return c->missing_result == -2;
}

struct place {
	int64_t action;
	enum sink_item_kind kind;
	int64_t row;
};

static struct place place_of(const struct sink_item *item)
{
	switch (item->kind) {
	case SINK_ITEM_ACTION:
		return (struct place){item->action.action_index, item->kind, 0};
	case SINK_ITEM_RESULT:
		return (struct place){item->result.action_index, item->kind, 0};
	default:
		return (struct place){item->row.action_index, item->kind, item->row.row_index};
	}
}

static int compare_places(const struct place *a, const struct place *b)
{
	if (a->action != b->action)
		return a->action < b->action ? -1 : 1;
	if (a->kind != b->kind)
		return a->kind < b->kind ? -1 : 1;
	return a->row < b->row ? -1 : a->row > b->row;
}

static void tell(struct verify_compare *c, enum sink_fault fault, const struct place *p)
{
	const char *words = fault == SINK_MISSING ? "missing" : "not in its body";

	if (p->kind == SINK_ITEM_ROW)
		verify_diffs_rows(c->diffs, fault, p->action, p->row, p->row);
	else
		verify_diffs_add(c->diffs, fault, "%saction %lld is %s",
				 p->kind == SINK_ITEM_RESULT ? "the result of " : "", (long long)p->action, words);
}

/* Where the sink is at this place: 1, what it has is in held; 0: it has it not, which was told; -1: it is lost. */
static int go_to(struct verify_compare *c, const struct place *wanted)
{
	int order = 1;

	while (c->any) {
		const struct place held = place_of(&c->held);

		order = compare_places(&held, wanted);
		if (order >= 0)
			break;
		tell(c, SINK_EXTRA, &held);
		if (next_held(c) != 0)
			return -1;
		order = 1;
	}
	if (order == 0)
		return 1;
	if (!is_blind(c))
		tell(c, SINK_MISSING, wanted);
	return 0;
}

static int after(struct verify_compare *c, int rc, struct err *err)
{
	if (rc >= 0)
		return 0;
	*err = c->lost;
	return -1;
}

/* --- the visitor --- */

struct named {
	char text[NAME_MAX_BYTES];
};

static const char *name(struct named *n, const char *of, int64_t action, const char *field)
{
	(void)snprintf(n->text, sizeof(n->text), "action %lld%s: %s", (long long)action, of, field);
	return n->text;
}

#define ACTION ""
#define RESULT "'s result"

static int visit_action(void *ctx, const struct action *wanted, struct err *err)
{
	struct verify_compare *c = ctx;
	const struct place p = {wanted->action_index, SINK_ITEM_ACTION, 0};
	const int there = go_to(c, &p);
	const struct action *held = &c->held.action;
	struct named n = {""};

	if (there != 1)
		return after(c, there, err);
	(void)verify_diffs_text(c->diffs, name(&n, ACTION, p.action, "type"), held->type, wanted->type);
	(void)verify_diffs_text(c->diffs, name(&n, ACTION, p.action, "message"), held->message, wanted->message);
	(void)verify_diffs_time(c->diffs, name(&n, ACTION, p.action, "timestamp"), c->instants, &held->timestamp,
				&wanted->timestamp);
	(void)verify_diffs_text(c->diffs, name(&n, ACTION, p.action, "status"), held->status, wanted->status);
	(void)verify_diffs_int(c->diffs, name(&n, ACTION, p.action, "is_error"), held->is_error, wanted->is_error);
	(void)verify_diffs_text(c->diffs, name(&n, ACTION, p.action, "extra"), held->extra, wanted->extra);
	return after(c, next_held(c), err);
}

static void compare_labels(struct verify_compare *c, const struct query_result *held, const struct query_result *wanted)
{
	struct verify_diffs *d = c->diffs;
	const int64_t action = wanted->action_index;
	char label[64];
	struct named n = {""};

	if ((held->columns == NULL) != (wanted->columns == NULL) || held->n_columns != wanted->n_columns) {
		verify_diffs_add(d, SINK_DIFFERS, "action %lld's result: it has %zu columns%s, and in its body %zu%s",
				 (long long)action, held->n_columns, held->columns == NULL ? " (null)" : "",
				 wanted->n_columns, wanted->columns == NULL ? " (null)" : "");
		return;
	}
	for (size_t i = 0; i < held->n_columns; i++) {
		(void)snprintf(label, sizeof(label), "the label of column %zu", i);
		(void)verify_diffs_text(d, name(&n, RESULT, action, label), held->columns[i], wanted->columns[i]);
	}
	if (held->columns != NULL && (held->column_types == NULL) != (wanted->column_types == NULL)) {
		verify_diffs_add(d, SINK_DIFFERS, "action %lld's result: column_types is %s", (long long)action,
				 held->column_types == NULL ? "null, and in its body not" : "not null, as in its body");
		return;
	}
	for (size_t i = 0; held->columns != NULL && held->column_types != NULL && i < held->n_columns; i++) {
		(void)snprintf(label, sizeof(label), "the type of column %zu", i);
		(void)verify_diffs_text(d, name(&n, RESULT, action, label), held->column_types[i],
					wanted->column_types[i]);
	}
}

static int visit_result(void *ctx, const struct query_result *wanted, struct err *err)
{
	struct verify_compare *c = ctx;
	struct verify_diffs *d = c->diffs;
	const struct place p = {wanted->action_index, SINK_ITEM_RESULT, 0};
	const int there = go_to(c, &p);
	const struct query_result *held = &c->held.result;
	const int64_t action = p.action;
	struct named n = {""};

	if (there != 1) {
		if (!is_blind(c))
			c->missing_result = action;
		return after(c, there, err);
	}
	(void)verify_diffs_text(d, name(&n, RESULT, action, "result_id"), held->result_id, wanted->result_id);
	(void)verify_diffs_text(d, name(&n, RESULT, action, "query_name"), held->query_name, wanted->query_name);
	(void)verify_diffs_text(d, name(&n, RESULT, action, "status"), held->status, wanted->status);
	(void)verify_diffs_text(d, name(&n, RESULT, action, "query"), held->query, wanted->query);
	compare_labels(c, held, wanted);
	(void)verify_diffs_int(d, name(&n, RESULT, action, "csv_truncated"), held->csv_truncated,
			       wanted->csv_truncated);
	(void)verify_diffs_int(d, name(&n, RESULT, action, "has_results"), held->has_results, wanted->has_results);
	if (held->has_total != wanted->has_total)
		verify_diffs_add(d, SINK_DIFFERS, "action %lld's result: total_row_count is %s", (long long)action,
				 held->has_total ? "not null, as in its body" : "null, and in its body not");
	else if (held->has_total)
		(void)verify_diffs_int(d, name(&n, RESULT, action, "total_row_count"), held->total_row_count,
				       wanted->total_row_count);
	(void)verify_diffs_text(d, name(&n, RESULT, action, "error_message"), held->error_message,
				wanted->error_message);
	(void)verify_diffs_text(d, name(&n, RESULT, action, "error_detail"), held->error_detail, wanted->error_detail);
	(void)verify_diffs_text(d, name(&n, RESULT, action, "extra"), held->extra, wanted->extra);
	c->row_count = held->row_count;
	return after(c, next_held(c), err);
}

static void compare_cells(struct verify_compare *c, const struct row *held, const struct row *wanted)
{
	if (held->section != wanted->section) {
		const char *a = section_name(held->section), *b = section_name(wanted->section);

		verify_diffs_add(c->diffs, SINK_DIFFERS,
				 "row %lld of action %lld's result: its section is %s, and in its body %s",
				 (long long)wanted->row_index, (long long)wanted->action_index, a != NULL ? a : "null",
				 b != NULL ? b : "null");
	}
	if (held->n != wanted->n)
		verify_diffs_add(c->diffs, SINK_DIFFERS,
				 "row %lld of action %lld's result: it has %zu cells, and in its body %zu",
				 (long long)wanted->row_index, (long long)wanted->action_index, held->n, wanted->n);
	for (size_t i = 0; i < held->n && i < wanted->n; i++) {
		struct named n;

		if (text_eq(held->cells[i], wanted->cells[i]))
			continue;
		(void)snprintf(n.text, sizeof(n.text), "row %lld of action %lld's result: cell %zu",
			       (long long)wanted->row_index, (long long)wanted->action_index, i);
		(void)verify_diffs_text(c->diffs, n.text, held->cells[i], wanted->cells[i]);
	}
}

static int visit_row(void *ctx, const struct row *wanted, struct err *err)
{
	struct verify_compare *c = ctx;
	const struct place p = {wanted->action_index, SINK_ITEM_ROW, wanted->row_index};
	int there;

	if (--c->rows_until_look <= 0) {
		c->rows_until_look = ROWS_A_LOOK;
		if (c->stop != NULL && *c->stop != 0)
			return err_set(err, ERR_RETRY, "interrupted");
	}
	if (c->missing_result == wanted->action_index)
		return 0;
	there = go_to(c, &p);
	if (there != 1)
		return after(c, there, err);
	compare_cells(c, &c->held.row, wanted);
	return after(c, next_held(c), err);
}

static int visit_result_end(void *ctx, const struct query_result *wanted, struct err *err)
{
	struct verify_compare *c = ctx;
	struct named n = {""};

	(void)err;
	if (!is_blind(c) && c->missing_result != wanted->action_index)
		(void)verify_diffs_int(c->diffs, name(&n, RESULT, wanted->action_index, "row_count"), c->row_count,
				       wanted->row_count);
	return 0;
}

const struct result_visitor verify_compare_visitor = {visit_action, visit_result, visit_row, visit_result_end};

int verify_compare_begin(struct verify_compare *c, struct sink *sink, struct verify_diffs *diffs,
			 const volatile sig_atomic_t *stop)
{
	*c = (struct verify_compare){.sink = sink,
				     .diffs = diffs,
				     .stop = stop,
				     .instants = (sink->ops->has & SINK_INSTANTS) != 0,
				     .missing_result = -1,
				     .rows_until_look = ROWS_A_LOOK};
	return next_held(c);
}

int verify_compare_end(struct verify_compare *c)
{
	while (c->any) {
		const struct place held = place_of(&c->held);

		tell(c, SINK_EXTRA, &held);
		if (next_held(c) != 0)
			return -1;
	}
	verify_diffs_end(c->diffs);
	return 0;
}

void verify_compare_job(struct verify_diffs *d, bool instants, const struct job *held, const struct job *wanted)
{
	(void)verify_diffs_int(d, "partial", held->partial, wanted->partial);
	(void)verify_diffs_text(d, "topic", held->topic, wanted->topic);
	(void)verify_diffs_text(d, "message", held->message, wanted->message);
	(void)verify_diffs_text(d, "result_summary", held->result_summary, wanted->result_summary);
	(void)verify_diffs_text(d, "omni_chat_url", held->omni_chat_url, wanted->omni_chat_url);
	(void)verify_diffs_time(d, "first_action_at", instants, &held->first_action_at, &wanted->first_action_at);
	(void)verify_diffs_time(d, "last_action_at", instants, &held->last_action_at, &wanted->last_action_at);
	(void)verify_diffs_int(d, "action_count", held->action_count, wanted->action_count);
	(void)verify_diffs_int(d, "result_count", held->result_count, wanted->result_count);
	(void)verify_diffs_int(d, "row_count", held->row_count, wanted->row_count);
	(void)verify_diffs_text(d, "warnings", held->warnings, wanted->warnings);
	(void)verify_diffs_text(d, "extra", held->extra, wanted->extra);
}

/* --- without a body --- */

struct alone {
	int64_t actions, results, rows;
	int64_t result;             /* the action of the result under way; -1: none */
	int64_t noted, held, total; /* its rows; total -1: nothing to compare */
	int64_t next_row;
};

static void end_result(struct verify_compare *c, struct alone *a, bool explained)
{
	if (a->result < 0)
		return;
	if (a->noted != a->held)
		verify_diffs_add(c->diffs, SINK_DIFFERS,
				 "action %lld's result: row_count is %lld, and it has %lld rows", (long long)a->result,
				 (long long)a->noted, (long long)a->held);
	/* What the API said that was not so stands among the warnings. */
	else if (a->total >= 0 && a->total != a->held && !explained)
		verify_diffs_add(c->diffs, SINK_DIFFERS,
				 "action %lld's result: total_row_count is %lld, and it has %lld rows",
				 (long long)a->result, (long long)a->total, (long long)a->held);
	a->result = -1;
}

static void take_alone(struct verify_compare *c, struct alone *a, bool explained)
{
	const struct query_result *r = &c->held.result;

	if (c->held.kind != SINK_ITEM_ROW)
		end_result(c, a, explained);
	if (c->held.kind == SINK_ITEM_ACTION) {
		a->actions++;
	} else if (c->held.kind == SINK_ITEM_RESULT) {
		a->results++;
		a->result = r->action_index;
		a->noted = r->row_count;
		a->held = a->next_row = 0;
		a->total = r->has_total && r->csv_truncated != 1 && r->columns != NULL ? r->total_row_count : -1;
	} else {
		if (c->held.row.row_index > a->next_row)
			verify_diffs_rows(c->diffs, SINK_MISSING, a->result, a->next_row, c->held.row.row_index - 1);
		a->next_row = c->held.row.row_index + 1;
		a->held++;
		a->rows++;
	}
}

static void count_alone(struct verify_diffs *d, const char *what, int64_t noted, int64_t held, const char *noun)
{
	if (noted != held)
		verify_diffs_add(d, SINK_DIFFERS, "%s is %lld, and there are %lld %s", what, (long long)noted,
				 (long long)held, noun);
}

int verify_compare_alone(struct verify_compare *c, const struct job *held)
{
	const bool explained =
	    held->warnings.p != NULL && memmem(held->warnings.p, held->warnings.n, "totalRowCount", 13) != NULL;
	struct alone a = {.result = -1};

	while (c->any) {
		take_alone(c, &a, explained);
		if (next_held(c) != 0)
			return -1;
	}
	if (is_blind(c))
		return 0;
	end_result(c, &a, explained);
	count_alone(c->diffs, "action_count", held->action_count, a.actions, "actions");
	count_alone(c->diffs, "result_count", held->result_count, a.results, "results");
	count_alone(c->diffs, "row_count", held->row_count, a.rows, "rows");
	verify_diffs_end(c->diffs);
	return 0;
}
