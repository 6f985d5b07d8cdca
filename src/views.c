#include "views.h"

#include "amount.h"
#include "field.h"
#include "log.h"
#include "run.h"
#include "utf8.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define OUT_MAX     ((size_t)1 << 30)
#define LABEL_CHARS 60 /* of a name that stands in a message */

static const char signs[] = {[SINK_VIEW_SAME] = '=',
			     [SINK_VIEW_MADE] = '+',
			     [SINK_VIEW_CHANGED] = '*',
			     [SINK_VIEW_NONE] = '-',
			     [SINK_VIEW_FAILED] = '!'};

/* --- telling --- */

static bool has_failed(const struct sink_view *v)
{
	return v->state == SINK_VIEW_NONE || v->state == SINK_VIEW_FAILED;
}

/* The name, or, where there is no view, that of the query. */
static int add_name(const struct sink_view *v, struct buf *out)
{
	if (v->state != SINK_VIEW_NONE)
		return buf_adds(out, v->name);
	return buf_adds(out, "no view of '") |
	       utf8_visible(out, v->query_name.p ? v->query_name.p : "", v->query_name.n, LABEL_CHARS) |
	       buf_addc(out, '\'');
}

int views_text(const struct sink_view *v, struct buf *out)
{
	int bad = buf_addf(out, "%c ", signs[v->state]) | add_name(v, out);

	if (has_failed(v))
		return bad | buf_adds(out, ": ") | utf8_visible(out, v->why, strlen(v->why), 0) | buf_addc(out, '\n');
	for (size_t i = 0; i < v->n; i++) {
		const struct sink_view_column *c = &v->columns[i];

		bad |= buf_addf(out, "%s%s %s", i == 0 ? ": " : ", ", c->name, c->type);
		if (c->misfits > 0)
			bad |= buf_addf(out, " (%lld of %lld cells do not fit: null)", (long long)c->misfits,
					(long long)(c->cells - c->empty));
	}
	return bad | buf_addc(out, '\n') ? -1 : 0;
}

int views_json(const struct sink_view *v, struct buf *out)
{
	static const char *const states[] = {[SINK_VIEW_SAME] = "same",
					     [SINK_VIEW_MADE] = "made",
					     [SINK_VIEW_CHANGED] = "changed",
					     [SINK_VIEW_NONE] = "none",
					     [SINK_VIEW_FAILED] = "failed"};
	struct jsonw w;

	jsonw_init(&w, out);
	jsonw_object(&w);
	field_text(&w, "view", text_of(v->state != SINK_VIEW_NONE ? v->name : NULL));
	field_text(&w, "state", text_of(states[v->state]));
	field_text(&w, "query_name", v->query_name);
	field_int(&w, "results", v->results);
	field_text(&w, "error", text_of(has_failed(v) ? v->why : NULL));
	jsonw_key(&w, "columns");
	jsonw_array(&w);
	for (size_t i = 0; i < v->n; i++) {
		const struct sink_view_column *c = &v->columns[i];

		jsonw_object(&w);
		field_text(&w, "name", text_of(c->name));
		field_text(&w, "label", c->label);
		field_text(&w, "type", text_of(c->type));
		field_text(&w, "source", text_of(c->from_api ? "api" : "inferred"));
		field_int(&w, "cells", c->cells);
		field_int(&w, "empty", c->empty);
		field_int(&w, "misfits", c->misfits);
		jsonw_object_end(&w);
	}
	jsonw_array_end(&w);
	jsonw_object_end(&w);
	return w.failed ? -1 : 0;
}

/* --- the command --- */

struct printing {
	const struct options *o;
	struct buf out;
	size_t n;
};

static int print_one(void *ctx, const struct sink_view *v, struct err *err)
{
	struct printing *p = ctx;
	int bad = 0;

	if (p->o->json)
		bad = (p->n++ > 0 ? buf_addc(&p->out, ',') : 0) || views_json(v, &p->out);
	else
		bad = views_text(v, &p->out);
	return bad ? err_set(err, ERR_FATAL, "out of memory") : 0;
}

/* 0, 1, -1 as sink_ops.views, with all that is to be printed in p->out. */
static int make(struct printing *p, struct err *err)
{
	const struct options *o = p->o;
	const struct sink_options so = {
	    .must_exist = true, .keep_bodies = true, .pg_schema = o->pg_schema, .version = PACKAGE_VERSION};
	const char *spec = o->operands[0], *target;
	const struct sink_ops *ops = sink_find(spec, &target, err);
	struct sink *sink;
	struct buf shown;
	struct err ignored;
	int rc;

	if (ops == NULL)
		return -1;
	if ((ops->has & SINK_VIEWS) == 0)
		return err_set(err, ERR_USAGE, "'%s:' is no database that could have views", ops->scheme);
	sink = sink_open(spec, &so, err);
	if (sink == NULL)
		return -1;
	buf_init(&shown, OUT_MAX);
	if (o->json) {
		struct jsonw w;

		(void)sink_spec_show(spec, &shown);
		jsonw_init(&w, &p->out);
		jsonw_object(&w);
		field_visible(&w, "sink", buf_cstr(&shown));
		jsonw_key(&w, "views");
		jsonw_array(&w);
	}
	rc = sink->ops->views(sink, print_one, p, err);
	if (o->json && buf_adds(&p->out, "]}\n") != 0)
		rc = err_set(err, ERR_FATAL, "out of memory");
	(void)sink->ops->close(sink, &ignored);
	buf_free(&shown);
	return rc;
}

int views(const struct options *o)
{
	struct printing p = {.o = o};
	struct err err = {0};
	int rc, code;

	buf_init(&p.out, OUT_MAX);
	rc = make(&p, &err);
	code = rc == 0 ? 0 : EXIT_SINK;
	if (rc < 0) {
		log_line(LOG_ERROR, NULL, "%s", err.msg);
		code = err.kind == ERR_USAGE ? EXIT_USAGE : err.kind == ERR_BUSY ? EXIT_BUSY : EXIT_SINK;
	} else if (!o->quiet && (fwrite(buf_cstr(&p.out), 1, p.out.len, stdout) != p.out.len || fflush(stdout) != 0)) {
		log_line(LOG_ERROR, NULL, "cannot write standard output: %s", strerror(errno));
		code = EXIT_UNEXPECTED;
	}
	if (rc == 1)
		log_line(LOG_ERROR, NULL, "some views could not be made; what was there before still is there");
	buf_free(&p.out);
	return code;
}

/* --- at the end of a run --- */

struct making {
	const char *spec;
	int64_t made, changed, misfits;
};

static int log_one(void *ctx, const struct sink_view *v, struct err *err)
{
	struct making *m = ctx;
	struct buf name;

	(void)err;
	buf_init(&name, 4096);
	(void)add_name(v, &name);
	m->made += v->state == SINK_VIEW_MADE;
	m->changed += v->state == SINK_VIEW_CHANGED;
	for (size_t i = 0; i < v->n; i++)
		m->misfits += v->columns[i].misfits;
	if (v->state == SINK_VIEW_FAILED)
		log_line(LOG_ERROR, NULL, "the view %s of '%s' could not be made: %s", buf_cstr(&name), m->spec,
			 v->why);
	else if (v->state == SINK_VIEW_NONE)
		log_line(LOG_WARNING, NULL, "%s: %s", buf_cstr(&name), v->why);
	else if (v->state != SINK_VIEW_SAME)
		log_line(LOG_DEBUG, NULL, "the view %s is %s", buf_cstr(&name),
			 v->state == SINK_VIEW_MADE ? "new" : "changed");
	buf_free(&name);
	return 0;
}

int views_make(struct sink *sink, const char *spec, struct err *err)
{
	struct making m = {.spec = spec};
	const int rc = sink->ops->views(sink, log_one, &m, err);

	if (rc >= 0 && m.made + m.changed > 0)
		log_line(LOG_INFO, NULL, "views of '%s': %lld new, %lld changed", spec, (long long)m.made,
			 (long long)m.changed);
	if (rc >= 0 && m.misfits > 0)
		log_line(LOG_INFO, NULL,
			 "views of '%s': %lld cell%s do not fit the type that the API gives, and are null there "
			 "(SELECT * FROM view_columns WHERE misfits > 0)",
			 spec, (long long)m.misfits, amount_plural(m.misfits));
	return rc;
}
