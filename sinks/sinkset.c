#include "sinkset.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

_Static_assert(SINKSET_MAX <= 32, "a sink_mask has 32 bits");

struct member {
	struct sink *sink; /* NULL: it dropped out */
	unsigned has;
	struct buf shown;           /* its spec without a password */
	const struct sink_ops *ops; /* with target: to tell whether two are the same */
	char *target;
	struct err error; /* why it dropped out */
};

struct sinkset {
	size_t n;
	struct member members[SINKSET_MAX];
	sink_mask taking; /* the sinks that still take the job under way */
	sink_mask retry;  /* those that would take it on another try */
	sink_mask full;   /* the lazy ones that want to be flushed */
	struct err last;  /* the last failure within it */
};

/* for (each sink in mask that works) */
#define FOR_SINKS(set, i, mask)                                                                                        \
	for (size_t i = 0; i < (set)->n; i++)                                                                          \
		if (!((mask)&BIT(i)) || !(set)->members[i].sink) {                                                     \
		} else

#define BIT(i) ((sink_mask)1 << (i))

static void drop_out(struct member *m, const struct err *why)
{
	struct err ignored;

	m->error = *why;
	(void)m->sink->ops->close(m->sink, &ignored);
	m->sink = NULL;
}

/* opening */

static int stat_target(const char *target, struct stat *st)
{
	const char *query = strrchr(target, '?'); /* DIR?compress=… */
	char *path;
	int rc = stat(target, st);

	if (rc == 0 || !query)
		return rc;
	path = strndup(target, (size_t)(query - target));
	if (!path)
		return -1;
	rc = stat(path, st);
	free(path);
	return rc;
}

/* Two specs that name one thing. What a sink makes is there when the next one is looked at. */
static bool same_target(const struct member *m, const struct sink_ops *ops, const char *target)
{
	struct stat a, b;

	if (m->ops != ops)
		return false;
	if (strcmp(m->target, target) == 0)
		return true;
	return stat_target(m->target, &a) == 0 && stat_target(target, &b) == 0 && a.st_dev == b.st_dev &&
	       a.st_ino == b.st_ino;
}

static int add_member(struct sinkset *set, const char *spec, struct err *err)
{
	struct member *m = &set->members[set->n];
	const char *target;

	m->ops = sink_find(spec, &target, err);
	if (!m->ops)
		return -1;
	set->n++;
	buf_init(&m->shown, SIZE_MAX / 2);
	m->target = strdup(target);
	return m->target && sink_spec_show(spec, &m->shown) == 0 ? 0 : err_set(err, ERR_FATAL, "out of memory");
}

static int open_member(struct sinkset *set, size_t i, const char *spec, const struct sink_options *options,
		       struct err *err)
{
	struct member *m = &set->members[i];

	for (size_t k = 0; k < set->n; k++) {
		const struct member *other = &set->members[k];
		if (other->sink && same_target(other, m->ops, m->target))
			return err_set(err, ERR_USAGE, "'%s' and '%s' are the same sink", buf_cstr(&other->shown),
				       buf_cstr(&m->shown));
	}
	m->sink = sink_open(spec, options, err);
	if (!m->sink)
		return -1;
	m->has = m->sink->ops->has;
	return 0;
}

static int compare_names(const void *a, const void *b, void *ctx)
{
	const char *const *specs = ctx;
	const size_t i = *(const size_t *)a, k = *(const size_t *)b;
	const int c = strcmp(specs[i], specs[k]);

	return c ? c : i < k ? -1 : i > k;
}

/* In the order of their names, in whichever they were given: of runs that share sinks and start at the same moment, one
 * gets all of its own, where else each might find the other's taken. All specs are read before the first is opened, so
 * that one which cannot be leaves nothing behind. */
static int open_members(struct sinkset *set, const char *const *specs, size_t n, const struct sink_options *options,
			struct err *err)
{
	size_t order[SINKSET_MAX];

	for (size_t i = 0; i < n; i++) {
		if (add_member(set, specs[i], err))
			return -1;
		order[i] = i;
	}
	qsort_r(order, n, sizeof(order[0]), compare_names, (void *)(uintptr_t)specs);
	for (size_t i = 0; i < n; i++)
		if (open_member(set, order[i], specs[order[i]], options, err))
			return -1;
	return 0;
}

struct sinkset *sinkset_open(const char *const *specs, size_t n, const struct sink_options *options, struct err *err)
{
	struct sinkset *set;

	if (n > SINKSET_MAX) {
		err_set(err, ERR_USAGE, "%zu sinks are more than %d", n, SINKSET_MAX);
		return NULL;
	}
	set = calloc(1, sizeof(*set));
	if (!set) {
		err_set(err, ERR_FATAL, "out of memory");
		return NULL;
	}
	if (open_members(set, specs, n, options, err)) {
		struct err ignored;
		(void)sinkset_close(set, &ignored);
		return NULL;
	}
	return set;
}

int sinkset_close(struct sinkset *set, struct err *err)
{
	int rc = 0;

	for (size_t i = 0; i < set->n; i++) {
		struct member *m = &set->members[i];
		if (m->sink && m->sink->ops->close(m->sink, err))
			rc = -1;
		buf_free(&m->shown);
		free(m->target);
	}
	free(set);
	return rc;
}

size_t sinkset_count(const struct sinkset *set)
{
	return set->n;
}

const char *sinkset_spec(const struct sinkset *set, size_t i)
{
	return buf_cstr(&set->members[i].shown);
}

sink_mask sinkset_alive(const struct sinkset *set)
{
	return sinkset_with(set, 0);
}

sink_mask sinkset_with(const struct sinkset *set, unsigned has)
{
	sink_mask mask = 0;

	FOR_SINKS(set, i, ~(sink_mask)0)
	{
		if ((set->members[i].has & has) == has)
			mask |= BIT(i);
	}
	return mask;
}

const char *sinkset_error(const struct sinkset *set, size_t i)
{
	return set->members[i].sink ? NULL : set->members[i].error.msg;
}

int sinkset_states(struct sinkset *set, size_t i, const struct uuid *ids, size_t n, struct ledger_entry *out,
		   struct err *err)
{
	struct member *m = &set->members[i];

	if (!m->sink) {
		*err = m->error;
		return -1;
	}
	if (!(m->has & SINK_LEDGER)) {
		for (size_t k = 0; k < n; k++)
			out[k] = (struct ledger_entry){.state = JOB_NONE};
		return 0;
	}
	if (m->sink->ops->states(m->sink, ids, n, out, err) == 0)
		return 0;
	drop_out(m, err);
	return -1;
}

/* one job */

/* What a sink returned for the job under way. */
static void took(struct sinkset *set, size_t i, int rc, const struct err *err)
{
	struct member *m = &set->members[i];

	if (rc >= 0) {
		if (rc > 0)
			set->full |= BIT(i);
		return;
	}
	set->taking &= ~BIT(i);
	if (err->kind == ERR_RETRY && (m->has & SINK_AGAIN))
		set->retry |= BIT(i);
	set->last = *err;
	if (err->kind == ERR_FATAL)
		drop_out(m, err);
	else
		m->sink->ops->rollback(m->sink);
}

static int still_taken(const struct sinkset *set, struct err *err)
{
	if (set->taking)
		return 0;
	*err = set->last;
	return -1;
}

/* One call to all sinks that take the job. */
#define TO_ALL(set, call, ...)                                                                                         \
	FOR_SINKS(set, i, (set)->taking)                                                                               \
	{                                                                                                              \
		struct err e;                                                                                          \
		took(set, i, (set)->members[i].sink->ops->call((set)->members[i].sink, __VA_ARGS__, &e), &e);          \
	}

int sinkset_begin(struct sinkset *set, sink_mask mask, const struct job *job, struct err *err)
{
	set->taking = mask & sinkset_alive(set);
	set->retry = 0;
	err_set(&set->last, ERR_FATAL, "no sink is left that takes this job");
	TO_ALL(set, begin, job);
	return still_taken(set, err);
}

int sinkset_action(struct sinkset *set, const struct action *action, struct err *err)
{
	TO_ALL(set, action, action);
	return still_taken(set, err);
}

int sinkset_result(struct sinkset *set, const struct query_result *result, struct err *err)
{
	TO_ALL(set, result, result);
	return still_taken(set, err);
}

int sinkset_row(struct sinkset *set, const struct row *row, struct err *err)
{
	TO_ALL(set, row, row);
	return still_taken(set, err);
}

int sinkset_result_end(struct sinkset *set, const struct query_result *result, struct err *err)
{
	TO_ALL(set, result_end, result);
	return still_taken(set, err);
}

int sinkset_body(struct sinkset *set, const void *piece, size_t n, struct err *err)
{
	TO_ALL(set, body, piece, n);
	return still_taken(set, err);
}

sink_mask sinkset_commit(struct sinkset *set, const struct job *job, struct err *err)
{
	sink_mask committed;

	TO_ALL(set, commit, job);
	committed = set->taking;
	set->taking = 0;
	*err = set->last;
	return committed;
}

void sinkset_rollback(struct sinkset *set)
{
	FOR_SINKS(set, i, set->taking)
	set->members[i].sink->ops->rollback(set->members[i].sink);
	set->taking = 0;
}

/* between jobs */

sink_mask sinkset_retry(const struct sinkset *set)
{
	return set->retry & sinkset_alive(set);
}

sink_mask sinkset_lazy(const struct sinkset *set)
{
	sink_mask mask = 0;

	FOR_SINKS(set, i, ~(sink_mask)0)
	{
		if (set->members[i].ops->lazy)
			mask |= BIT(i);
	}
	return mask;
}

sink_mask sinkset_full(const struct sinkset *set)
{
	return set->full & sinkset_alive(set);
}

int sinkset_find(const struct sinkset *set, const char *spec)
{
	struct err ignored;
	const char *target;
	const struct sink_ops *ops = sink_find(spec, &target, &ignored);

	for (size_t i = 0; ops && i < set->n; i++)
		if (same_target(&set->members[i], ops, target))
			return (int)i;
	return -1;
}

struct sink *sinkset_sink(struct sinkset *set, size_t i)
{
	return set->members[i].sink;
}

void sinkset_lost(struct sinkset *set, size_t i, const struct err *why)
{
	if (set->members[i].sink)
		drop_out(&set->members[i], why);
}

sink_mask sinkset_flush(struct sinkset *set, sink_mask mask, sink_mask *again, struct err *err)
{
	sink_mask flushed = 0;

	*again = 0;
	set->full &= ~mask;
	FOR_SINKS(set, i, mask)
	{
		struct member *m = &set->members[i];
		if (m->sink->ops->flush(m->sink, err) == 0)
			flushed |= BIT(i);
		else if (err->kind == ERR_FATAL)
			drop_out(m, err);
		else
			*again |= BIT(i);
	}
	return flushed;
}

int sinkset_record_run(struct sinkset *set, const struct run_record *run, struct err *err)
{
	int rc = 0;

	FOR_SINKS(set, i, sinkset_with(set, SINK_LEDGER))
	{
		struct member *m = &set->members[i];
		if (m->sink->ops->record_run(m->sink, run, err) == 0)
			continue;
		drop_out(m, err);
		rc = -1;
	}
	return rc;
}
