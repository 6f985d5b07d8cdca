/* views.c: typed views of what a sink holds (sink.h). */
#include "contract.h"

#include <stdio.h>
#include <string.h>

/* What was told, one view a line. */
static int note(void *ctx, const struct sink_view *v, struct err *err)
{
	static const char signs[] = {[SINK_VIEW_SAME] = '=',
				     [SINK_VIEW_MADE] = '+',
				     [SINK_VIEW_CHANGED] = '*',
				     [SINK_VIEW_NONE] = '-',
				     [SINK_VIEW_FAILED] = '!'};
	struct buf *out = ctx;

	(void)err;
	assert_int_equal(buf_addf(out, "%c %s %lld", signs[v->state], v->name, (long long)v->results), 0);
	for (size_t i = 0; i < v->n; i++)
		assert_int_equal(buf_addf(out, " %s:%s:%s", v->columns[i].name, v->columns[i].type,
					  v->columns[i].from_api ? "api" : "inferred"),
				 0);
	assert_int_equal(buf_addc(out, '\n'), 0);
	return 0;
}

static void expect_views(struct world *w, const char *expected)
{
	struct buf told;
	struct err err = {0};

	buf_init(&told, 1 << 20);
	if (w->sink->ops->views(w->sink, note, &told, &err) != 0)
		fail_msg("views: %s", err.msg);
	assert_string_equal(buf_cstr(&told), expected);
	buf_free(&told);
}

/* A sink that makes none says so, and one that has nothing makes none. */
static void none(struct world *w)
{
	world_open(w);
	expect_views(w, "");
	expect_views(w, "");
}

static void made_once(struct world *w)
{
	world_open(w);
	put_result(w, 1, 2, 3, "x");
	world_flush(w);
	expect_views(w, "+ v_by_month 2 row:integer:inferred tag:text:inferred empty:text:inferred\n");
	expect_views(w, "= v_by_month 2 row:integer:inferred tag:text:inferred empty:text:inferred\n");
	world_reopen(w);
	expect_views(w, "= v_by_month 2 row:integer:inferred tag:text:inferred empty:text:inferred\n");
	put_result(w, 2, 1, 3, "y");
	world_flush(w);
	expect_views(w, "= v_by_month 3 row:integer:inferred tag:text:inferred empty:text:inferred\n");
	/* and the sink goes on as before */
	put_result(w, 3, 1, 1, "z");
	world_flush(w);
	expect_count(w, "result_rows", 3, 1);
}

/* What is replaced counts no more; where nothing is left, the view stays what it is. */
static void replaced(struct world *w)
{
	world_open(w);
	put_result(w, 1, 1, 3, "17");
	put_result(w, 2, 1, 3, "n/a");
	world_flush(w);
	expect_views(w, "+ v_by_month 2 row:integer:inferred tag:text:inferred empty:text:inferred\n");
	put_result(w, 2, 1, 3, "18.5");
	world_flush(w);
	expect_views(w, "* v_by_month 2 row:integer:inferred tag:decimal:inferred empty:text:inferred\n");
	put_result(w, 2, 0, 0, "none");
	world_reopen(w); /* not flushed: as if it had not been */
	expect_views(w, "= v_by_month 2 row:integer:inferred tag:decimal:inferred empty:text:inferred\n");
	put_result(w, 1, 0, 0, "none");
	put_result(w, 2, 0, 0, "none");
	world_flush(w);
	expect_views(w, "= v_by_month 0 row:integer:inferred tag:decimal:inferred empty:text:inferred\n");
	/* a number that was used before is no result that was seen before */
	world_reopen(w);
	put_result(w, 1, 1, 3, "yes");
	world_flush(w);
	expect_views(w, "* v_by_month 1 row:integer:inferred tag:boolean:inferred empty:text:inferred\n");
	put_result(w, 1, 0, 0, "none");
	world_flush(w);
	world_reopen(w);
	put_result(w, 1, 1, 3, "17");
	world_flush(w);
	expect_views(w, "* v_by_month 1 row:integer:inferred tag:integer:inferred empty:text:inferred\n");
}

const struct contract_test tests_views[] = {
    {"views where there is nothing", 0, none},
    {"views are made once", SINK_VIEWS, made_once},
    {"views follow what is replaced", SINK_VIEWS, replaced},
    {NULL, 0, NULL},
};
