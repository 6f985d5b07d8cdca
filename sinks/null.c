/* null.c: keeps nothing: dry timing of everything before the sinks. Every call succeeds. */
#include "sink.h"

#include <stdlib.h>

static struct sink *null_open(const char *target, const struct sink_options *options, struct err *err)
{
	struct sink *s;

	(void)options;
	if (*target) {
		err_set(err, ERR_FATAL, "'null:' takes nothing after its colon, but there is '%s'", target);
		return NULL;
	}
	s = malloc(sizeof(*s));
	if (!s) {
		err_set(err, ERR_FATAL, "out of memory");
		return NULL;
	}
	s->ops = &null_ops;
	return s;
}

static int null_states(struct sink *s, const struct uuid *ids, size_t n, struct ledger_entry *out, struct err *err)
{
	(void)s, (void)ids, (void)err;
	for (size_t i = 0; i < n; i++)
		out[i] = (struct ledger_entry){.state = JOB_NONE};
	return 0;
}

static int null_job(struct sink *s, const struct job *job, struct err *err)
{
	(void)s, (void)job, (void)err;
	return 0;
}

static int null_action(struct sink *s, const struct action *action, struct err *err)
{
	(void)s, (void)action, (void)err;
	return 0;
}

static int null_result(struct sink *s, const struct query_result *result, struct err *err)
{
	(void)s, (void)result, (void)err;
	return 0;
}

static int null_row(struct sink *s, const struct row *row, struct err *err)
{
	(void)s, (void)row, (void)err;
	return 0;
}

static int null_body(struct sink *s, const void *piece, size_t n, struct err *err)
{
	(void)s, (void)piece, (void)n, (void)err;
	return 0;
}

static void null_rollback(struct sink *s)
{
	(void)s;
}

static int null_flush(struct sink *s, struct err *err)
{
	(void)s, (void)err;
	return 0;
}

static int null_record_run(struct sink *s, const struct run_record *run, struct err *err)
{
	(void)s, (void)run, (void)err;
	return 0;
}

static int null_next_job(struct sink *s, struct job *out, struct err *err)
{
	(void)s, (void)out, (void)err;
	return 0;
}

static int null_next_run(struct sink *s, struct run_record *out, struct err *err)
{
	(void)s, (void)out, (void)err;
	return 0;
}

static int null_read_job(struct sink *s, const struct uuid *id, struct job *out, struct err *err)
{
	(void)s, (void)id, (void)out, (void)err;
	return 0;
}

static int null_read_body(struct sink *s, const struct uuid *id, sink_piece_fn piece, void *ctx, struct err *err)
{
	(void)s, (void)id, (void)piece, (void)ctx, (void)err;
	return 0;
}

static int null_close(struct sink *s, struct err *err)
{
	(void)err;
	free(s);
	return 0;
}

const struct sink_ops null_ops = {
    .scheme = "null",
    .has = 0,
    .open = null_open,
    .states = null_states,
    .begin = null_job,
    .action = null_action,
    .result = null_result,
    .row = null_row,
    .result_end = null_result,
    .body = null_body,
    .commit = null_job,
    .rollback = null_rollback,
    .flush = null_flush,
    .record_run = null_record_run,
    .next_job = null_next_job,
    .next_run = null_next_run,
    .read_job = null_read_job,
    .read_body = null_read_body,
    .read_content = sink_without_content,
    .next_item = sink_without_items,
    .end_content = sink_without_end,
    .check = sink_without_check,
    .mend = sink_without_mend,
    .close = null_close,
};
