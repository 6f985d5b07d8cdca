#include "jsonl_check.h"

#include "jsonl_settle.h"
#include "jsonl_sweep.h"

#include <stdlib.h>
#include <string.h>

struct checking {
	struct flatdir *dir;
	struct manifest *manifest;
	const struct sink_check *check;
	struct jsonl_check_job *jobs;
	size_t n, cap;
	size_t *wanted; /* jobs to be looked at, by the number of their place */
	char **paths;   /* the parts that the manifest names, sorted */
	size_t n_paths, cap_paths;
	size_t place; /* the one that is being looked at */
};

static int no_memory(struct err *err)
{
	return err_set(err, ERR_FATAL, "out of memory");
}

/* The table of a path, or JSONL_TABLES. */
static unsigned table_of(const char *path, size_t n)
{
	unsigned t = 0;

	for (; t < JSONL_TABLES; t++) {
		const char *name = jsonl_table_name((enum jsonl_table)t);
		const size_t k = strlen(name);
		if (n > k && memcmp(path, name, k) == 0 && path[k] == '/')
			break;
	}
	return t;
}

static int add_table(void *ctx, const char *path, size_t n)
{
	const unsigned t = table_of(path, n);

	if (t < JSONL_TABLES)
		*(uint8_t *)ctx = (uint8_t)(*(uint8_t *)ctx | 1u << t);
	return 0;
}

static int by_id(const void *a, const void *b)
{
	return uuid_cmp(&((const struct jsonl_check_job *)a)->id, &((const struct jsonl_check_job *)b)->id);
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* One stored job: with what it is to have, or without a place. */
static int take_job(struct checking *c, const struct uuid *id, struct err *err)
{
	struct jsonl_check_job job = {.id = *id};
	struct manifest_held held;
	size_t jobs;

	if (!manifest_held(c->manifest, id, &held))
		return 0;
	if (held.place != MANIFEST_NO_PLACE) {
		(void)jsonl_settle_each(manifest_place(c->manifest, held.place, &jobs), add_table, &job.tables);
		c->wanted[held.place]++;
	}
	if (!(job.tables & 1u << JSONL_JOBS))
		return sink_tell(c->check, SINK_MISSING, id, NULL, err,
				 "the manifest names no part that holds its line of 'jobs'");
	if (c->n == c->cap) {
		const size_t cap = c->cap ? 2 * c->cap : 256;
		struct jsonl_check_job *more = reallocarray(c->jobs, cap, sizeof(*more));
		if (!more)
			return no_memory(err);
		c->jobs = more;
		c->cap = cap;
	}
	c->jobs[c->n++] = job;
	return 0;
}

static int take_jobs(struct checking *c, struct err *err)
{
	struct job job;
	int more;

	c->wanted = calloc(manifest_places(c->manifest) + 1, sizeof(*c->wanted));
	if (!c->wanted)
		return no_memory(err);
	while ((more = manifest_next_job(c->manifest, &job, err)) == 1)
		if (job.state == JOB_STORED && c->check->wanted(c->check->ctx, &job.id) && take_job(c, &job.id, err))
			return -1;
	if (c->n > 0)
		qsort(c->jobs, c->n, sizeof(*c->jobs), by_id);
	return more;
}

static int add_path(void *ctx, const char *path, size_t n)
{
	struct checking *c = ctx;

	if (c->n_paths == c->cap_paths) {
		const size_t cap = c->cap_paths ? 2 * c->cap_paths : 64;
		char **more = reallocarray(c->paths, cap, sizeof(*more));
		if (!more)
			return -1;
		c->paths = more;
		c->cap_paths = cap;
	}
	c->paths[c->n_paths] = strndup(path, n);
	return c->paths[c->n_paths] ? (c->n_paths++, 0) : -1;
}

/* Each path once. */
static int take_paths(struct checking *c, struct err *err)
{
	size_t jobs, kept = 0;

	for (size_t i = 0; i < manifest_places(c->manifest); i++) {
		const struct text place = manifest_place(c->manifest, i, &jobs);
		if (jobs > 0 && jsonl_settle_each(place, add_path, c))
			return no_memory(err);
	}
	if (c->n_paths > 0)
		qsort(c->paths, c->n_paths, sizeof(*c->paths), by_text);
	for (size_t i = 0; i < c->n_paths; i++) {
		if (kept > 0 && strcmp(c->paths[kept - 1], c->paths[i]) == 0)
			free(c->paths[i]);
		else
			c->paths[kept++] = c->paths[i];
	}
	c->n_paths = kept;
	return 0;
}

struct path_question {
	const char *path;
	size_t n;
	bool names;
};

static int is_path(void *ctx, const char *path, size_t n)
{
	struct path_question *q = ctx;

	q->names = q->names || (n == q->n && memcmp(path, q->path, n) == 0);
	return 0;
}

bool jsonl_check_names(const struct jsonl_check_part *p, const struct uuid *id)
{
	struct path_question q = {p->path, strlen(p->path), false};
	struct manifest_held held;
	size_t jobs;

	if (!manifest_held(p->manifest, id, &held) || held.state != JOB_STORED || held.place == MANIFEST_NO_PLACE)
		return false;
	(void)jsonl_settle_each(manifest_place(p->manifest, held.place, &jobs), is_path, &q);
	return q.names;
}

/* The jobs that are to be looked at in a part. */
static size_t expected_in(const struct checking *c, const char *path)
{
	size_t n = 0, jobs;

	for (size_t i = 0; i < manifest_places(c->manifest); i++) {
		struct path_question q = {path, strlen(path), false};
		if (c->wanted[i] == 0)
			continue;
		(void)jsonl_settle_each(manifest_place(c->manifest, i, &jobs), is_path, &q);
		n += q.names ? c->wanted[i] : 0;
	}
	return n;
}

static int look_at_parts(struct checking *c, struct err *err)
{
	for (size_t i = 0; i < c->n_paths && (!c->check->stop || !*c->check->stop); i++) {
		const struct jsonl_check_part p = {
		    .dir = c->dir,
		    .manifest = c->manifest,
		    .check = c->check,
		    .path = c->paths[i],
		    .table = (enum jsonl_table)table_of(c->paths[i], strlen(c->paths[i])),
		    .jobs = c->jobs,
		    .n_jobs = c->n,
		    .expected = expected_in(c, c->paths[i]),
		};
		if (p.expected > 0 && p.table < JSONL_TABLES && jsonl_check_part(&p, err))
			return -1;
	}
	return 0;
}

static int look_at_file(void *ctx, const char *path, const char *name, struct err *err)
{
	const struct checking *c = ctx;

	(void)name;
	if (c->n_paths > 0 && bsearch(&path, c->paths, c->n_paths, sizeof(*c->paths), by_text))
		return 0;
	return sink_tell(c->check, SINK_EXTRA, NULL, path, err, "no line of the manifest names this part");
}

int jsonl_check_parts(struct flatdir *dir, struct manifest *m, const struct sink_check *check, struct err *err)
{
	struct checking c = {.dir = dir, .manifest = m, .check = check};
	const int rc = take_jobs(&c, err) || take_paths(&c, err) || look_at_parts(&c, err) ||
			       jsonl_sweep_parts(dir, look_at_file, &c, err)
			   ? -1
			   : 0;

	for (size_t i = 0; i < c.n_paths; i++)
		free(c.paths[i]);
	free(c.paths);
	free(c.jobs);
	free(c.wanted);
	return rc;
}
