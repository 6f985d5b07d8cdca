#include "verify_diffs.h"

#include "utf8.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SHOWN_CHARS 60

void verify_diffs_clear(struct verify_diffs *d)
{
	for (size_t i = 0; i < d->n; i++)
		free(d->at[i].what);
	d->n = 0;
	d->more = 0;
	d->rows = 0;
}

/* Takes over what. */
static void add(struct verify_diffs *d, enum sink_fault fault, char *what)
{
	if (what == NULL) {
		d->failed = true;
	} else if (d->n == VERIFY_DIFFS_MAX) {
		d->more++;
		free(what);
	} else {
		d->at[d->n++] = (struct verify_diff){fault, what};
	}
}

void verify_diffs_end(struct verify_diffs *d)
{
	const enum sink_fault fault = d->rows;
	const char *words = fault == SINK_MISSING ? "missing" : "not in its body";
	char *what;
	int n;

	if (fault == 0)
		return;
	d->rows = 0;
	if (d->from == d->to)
		n = asprintf(&what, "row %lld of action %lld's result is %s", (long long)d->from, (long long)d->action,
			     words);
	else
		n = asprintf(&what, "rows %lld to %lld of action %lld's result are %s", (long long)d->from,
			     (long long)d->to, (long long)d->action, words);
	add(d, fault, n < 0 ? NULL : what);
}

void verify_diffs_add(struct verify_diffs *d, enum sink_fault fault, const char *fmt, ...)
{
	va_list args;
	char *what;
	int n;

	verify_diffs_end(d);
	va_start(args, fmt);
	n = vasprintf(&what, fmt, args);
	va_end(args);
	add(d, fault, n < 0 ? NULL : what);
}

void verify_diffs_rows(struct verify_diffs *d, enum sink_fault fault, int64_t action, int64_t from, int64_t to)
{
	if (d->rows == fault && d->action == action && d->to + 1 == from) {
		d->to = to;
		return;
	}
	verify_diffs_end(d);
	d->rows = fault;
	d->action = action;
	d->from = from;
	d->to = to;
}

/* From where they differ, with a little before it, so that what is told of two long texts is what tells them apart. */
static size_t first_of(struct text a, struct text b)
{
	size_t n = a.n < b.n ? a.n : b.n, same = 0;

	while (same < n && a.p[same] == b.p[same])
		same++;
	return same > SHOWN_CHARS / 2 ? utf8_cut(a.p, same - SHOWN_CHARS / 4) : 0;
}

static int show(struct buf *out, struct text t, size_t from)
{
	if (t.p == NULL)
		return buf_adds(out, "null");
	return buf_adds(out, from > 0 ? "\"…" : "\"") | utf8_visible(out, t.p + from, t.n - from, SHOWN_CHARS) |
	       buf_adds(out, "\"");
}

bool verify_diffs_text(struct verify_diffs *d, const char *name, struct text held, struct text wanted)
{
	struct buf out;
	size_t from;

	if (text_eq(held, wanted))
		return true;
	from = held.p != NULL && wanted.p != NULL ? first_of(held, wanted) : 0;
	buf_init(&out, 4096);
	if (show(&out, held, from) | buf_adds(&out, ", and in its body ") | show(&out, wanted, from))
		d->failed = true;
	else
		verify_diffs_add(d, SINK_DIFFERS, "%s is %s", name, buf_cstr(&out));
	buf_free(&out);
	return false;
}

bool verify_diffs_int(struct verify_diffs *d, const char *name, int64_t held, int64_t wanted)
{
	if (held == wanted)
		return true;
	verify_diffs_add(d, SINK_DIFFERS, "%s is %lld, and in its body %lld", name, (long long)held, (long long)wanted);
	return false;
}

bool verify_diffs_time(struct verify_diffs *d, const char *name, bool instants, const struct stamp *held,
		       const struct stamp *wanted)
{
	const bool set = stamp_is_set(held);

	if (set == stamp_is_set(wanted) &&
	    (!set || (instants ? held->us == wanted->us : strcmp(held->text, wanted->text) == 0)))
		return true;
	return verify_diffs_text(d, name, text_of(set ? held->text : NULL),
				 text_of(stamp_is_set(wanted) ? wanted->text : NULL));
}
