/*
 * sinkset_fake.h: sinks that fail when they are told to, for test_sinkset.c. sink_find, sink_open and sink_spec_show
 * are made here too, so that sink.o stays out of that program: a spec "fake:..." opens the next of the fakes.
 */
#ifndef OMNI_TEST_SINKSET_FAKE_H
#define OMNI_TEST_SINKSET_FAKE_H

#include "sinkset.h"

#include "unit.h"

#include <stdio.h>
#include <string.h>

struct fake {
	struct sink base;
	struct sink_ops ops;
	const char *fails;  /* the call that fails, once */
	enum err_kind kind; /* and how */
	bool open;
	char log[512]; /* the calls, one word each */
};

static struct fake fakes[SINKSET_MAX + 1];
static size_t n_opened;

static struct fake *fake_of(struct sink *s)
{
	return (struct fake *)s;
}

static int called(struct sink *s, const char *call, struct err *err)
{
	struct fake *f = fake_of(s);
	const size_t n = strlen(f->log);

	assert_true(f->open);
	(void)snprintf(f->log + n, sizeof(f->log) - n, "%s%s", n ? " " : "", call);
	if (!f->fails || strcmp(f->fails, call) != 0)
		return 0;
	f->fails = NULL;
	return err_set(err, f->kind, "fake %td: %s failed", f - fakes, call);
}

static int fake_states(struct sink *s, const struct uuid *ids, size_t n, struct ledger_entry *out, struct err *err)
{
	(void)ids;
	for (size_t i = 0; i < n; i++)
		out[i] = (struct ledger_entry){.state = JOB_EXPIRED, .attempts = (int64_t)i};
	return called(s, "states", err);
}

static int fake_begin(struct sink *s, const struct job *job, struct err *err)
{
	(void)job;
	return called(s, "begin", err);
}

static int fake_action(struct sink *s, const struct action *a, struct err *err)
{
	(void)a;
	return called(s, "action", err);
}

static int fake_result(struct sink *s, const struct query_result *r, struct err *err)
{
	(void)r;
	return called(s, "result", err);
}

static int fake_row(struct sink *s, const struct row *r, struct err *err)
{
	(void)r;
	return called(s, "row", err);
}

static int fake_result_end(struct sink *s, const struct query_result *r, struct err *err)
{
	(void)r;
	return called(s, "end", err);
}

static int fake_body(struct sink *s, const void *p, size_t n, struct err *err)
{
	(void)p, (void)n;
	return called(s, "body", err);
}

static int fake_commit(struct sink *s, const struct job *job, struct err *err)
{
	(void)job;
	return called(s, "commit", err);
}

static void fake_rollback(struct sink *s)
{
	(void)called(s, "rollback", NULL);
}

static int fake_flush(struct sink *s, struct err *err)
{
	return called(s, "flush", err);
}

static int fake_record_run(struct sink *s, const struct run_record *run, struct err *err)
{
	(void)run;
	return called(s, "record", err);
}

static int fake_close(struct sink *s, struct err *err)
{
	const int rc = called(s, "close", err);

	fake_of(s)->open = false;
	return rc;
}

static const struct sink_ops fake_ops = {
    .scheme = "fake",
    .has = SINK_LEDGER | SINK_CELLS,
    .states = fake_states,
    .begin = fake_begin,
    .action = fake_action,
    .result = fake_result,
    .row = fake_row,
    .result_end = fake_result_end,
    .body = fake_body,
    .commit = fake_commit,
    .rollback = fake_rollback,
    .flush = fake_flush,
    .record_run = fake_record_run,
    .close = fake_close,
};
static const struct sink_ops other_ops = {.scheme = "other"};

const struct sink_ops *sink_find(const char *spec, const char **target, struct err *err)
{
	*target = strchr(spec, ':');
	if (!*target) {
		err_set(err, ERR_FATAL, "unknown sink '%s'", spec);
		return NULL;
	}
	++*target;
	return strncmp(spec, "other:", 6) == 0 ? &other_ops : &fake_ops;
}

struct sink *sink_open(const char *spec, const struct sink_options *options, struct err *err)
{
	struct fake *f = &fakes[n_opened];

	assert_non_null(options);
	if (f->fails && strcmp(f->fails, "open") == 0) {
		err_set(err, f->kind, "cannot open '%s'", spec);
		return NULL;
	}
	n_opened++;
	f->ops = fake_ops;
	if (strstr(spec, "forgets"))
		f->ops.has = 0;
	f->base.ops = &f->ops;
	f->open = true;
	return &f->base;
}

int sink_spec_show(const char *spec, struct buf *out)
{
	return buf_addf(out, "[%s]", spec);
}

#endif
