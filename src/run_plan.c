#include "run_plan.h"

#include "log.h"

#include <stdlib.h>
#include <string.h>

#define STATES_AT_ONCE 1000
#define CLOCK_UNSET_US (INT64_C(1577836800) * 1000000) /* 2020 */

void plan_init(struct plan *p)
{
	*p = (struct plan){0};
}

void plan_free(struct plan *p)
{
	for (size_t i = 0; i < p->n; i++) {
		free(p->jobs[i].completed_at);
		free(p->jobs[i].instance);
		free(p->jobs[i].input);
		free(p->jobs[i].error);
	}
	free(p->jobs);
	free(p->order);
	free(p->table);
	plan_init(p);
}

/* --- input, made unique --- */

/* The place of an ID in the hash table: where it is, or where it would go. */
static size_t place_of(const struct plan *p, const struct uuid *id)
{
	size_t at = uuid_hash(id) & (p->table_size - 1);

	while (p->table[at] != 0 && uuid_cmp(&p->jobs[p->table[at] - 1].id, id) != 0)
		at = (at + 1) & (p->table_size - 1);
	return at;
}

static int grow(struct plan *p)
{
	size_t cap = p->cap > 0 ? p->cap * 2 : 256;
	struct plan_job *jobs;
	uint32_t *table;

	if (cap >= UINT32_MAX / 2)
		return -1;
	jobs = realloc(p->jobs, cap * sizeof(*jobs));
	if (jobs == NULL)
		return -1;
	p->jobs = jobs;
	table = calloc(cap * 2, sizeof(*table));
	if (table == NULL)
		return -1;
	free(p->table);
	p->table = table;
	p->table_size = cap * 2;
	p->cap = cap;
	for (size_t i = 0; i < p->n; i++)
		p->table[place_of(p, &p->jobs[i].id)] = (uint32_t)(i + 1);
	return 0;
}

struct plan_job *plan_find(const struct plan *p, const struct uuid *id)
{
	size_t at = p->n > 0 ? place_of(p, id) : 0;

	return p->n > 0 && p->table[at] != 0 ? &p->jobs[p->table[at] - 1] : NULL;
}

struct plan_job *plan_add(struct plan *p, const struct uuid *id)
{
	size_t at;

	if (p->n == p->cap && grow(p) != 0)
		return NULL;
	at = place_of(p, id);
	if (p->table[at] == 0) {
		p->jobs[p->n] = (struct plan_job){.id = *id};
		p->table[at] = (uint32_t)++p->n;
	}
	return &p->jobs[p->table[at] - 1];
}

/* The first line that says something counts; a later one of the same job adds what the first did not know. */
int plan_take(struct plan *p, const struct ids_item *item)
{
	struct plan_job *job = plan_add(p, &item->id);

	if (job == NULL)
		return -1;
	p->requested++;
	if (job->completed_at == NULL && stamp_is_set(&item->completed_at)) {
		job->completed_at = malloc(sizeof(*job->completed_at));
		if (job->completed_at == NULL)
			return -1;
		*job->completed_at = item->completed_at;
		job->expires_us = item->completed_at.us + RETENTION_S * 1000000;
	}
	if (job->input == NULL && item->json.p != NULL && (job->input = strndup(item->json.p, item->json.n)) == NULL)
		return -1;
	return 0;
}

int plan_read(struct plan *p, FILE *f, const char *name, struct err *err)
{
	struct ids_reader *reader = ids_new(f);
	struct ids_item item;
	enum ids_kind kind;
	int result = 0;

	if (reader == NULL)
		return err_set(err, ERR_FATAL, "out of memory");
	while (result == 0 && (kind = ids_next(reader, &item, err)) != IDS_END) {
		if (kind == IDS_ERROR) {
			struct err why = *err;

			result = err_set(err, ERR_FATAL, "cannot read '%s': %s", name, why.msg);
			break;
		}
		if (item.problem != NULL)
			log_line(LOG_WARNING, NULL, "%s:%lld: %s", name, (long long)item.line, item.problem);
		if (kind == IDS_INVALID) {
			p->invalid++;
			continue;
		}
		if (plan_take(p, &item) != 0)
			result = err_set(err, ERR_FATAL, "out of memory after %zu job IDs", p->n);
	}
	ids_free(reader);
	return result;
}

/* --- what the sinks have --- */

enum standing { STANDS_WANTED, STANDS_STORED, STANDS_LOST };

/* What a ledger's word means for this run (contract, "What becomes of a job": asked again by the next run?). */
static enum standing standing_of(const struct ledger_entry *e, const struct plan_policy *policy)
{
	if (e->state == JOB_STORED) {
		bool settled = !e->partial || (e->expires_at_us != 0 && e->expires_at_us <= policy->now_us);

		return settled && !policy->refetch ? STANDS_STORED : STANDS_WANTED;
	}
	if (!state_is_lost(e->state) || !e->same_instance || policy->retry_lost)
		return STANDS_WANTED;
	/* A time from before there was an API is that of a clock that was not set: it does not let 14 days pass. */
	if (e->state == JOB_NOT_FOUND &&
	    (e->requested_at_us < CLOCK_UNSET_US || policy->now_us < e->requested_at_us + RETENTION_S * 1000000))
		return STANDS_WANTED;
	return STANDS_LOST;
}

bool plan_wants(const struct ledger_entry *e, const struct plan_policy *policy)
{
	return standing_of(e, policy) == STANDS_WANTED;
}

static void take_entry(struct plan_job *job, sink_mask bit, const struct ledger_entry *e,
		       const struct plan_policy *policy)
{
	if (e->state == JOB_STORED)
		job->held |= bit;
	job->known_lost = job->known_lost && state_is_lost(e->state) && e->same_instance;
	switch (standing_of(e, policy)) {
	case STANDS_STORED:
		break;
	case STANDS_LOST:
		job->lost |= bit;
		break;
	case STANDS_WANTED:
		job->want |= bit;
		break;
	}
	if (e->attempts > 0)
		job->asked_before = true;
	if (e->requested_at_us != 0 && (job->requested_us == 0 || e->requested_at_us < job->requested_us))
		job->requested_us = e->requested_at_us;
	if (job->completed_at == NULL && e->expires_at_us != 0 &&
	    (job->expires_us == 0 || e->expires_at_us < job->expires_us))
		job->expires_us = e->expires_at_us;
}

static int ask_ledgers(struct plan *p, struct sinkset *sinks, const struct plan_policy *policy, struct err *err)
{
	struct ledger_entry entries[STATES_AT_ONCE];
	struct uuid ids[STATES_AT_ONCE];

	for (size_t from = 0; from < p->n; from += STATES_AT_ONCE) {
		size_t n = p->n - from < STATES_AT_ONCE ? p->n - from : STATES_AT_ONCE;

		for (size_t i = 0; i < n; i++) {
			ids[i] = p->jobs[from + i].id;
			p->jobs[from + i].known_lost = sinkset_count(sinks) > 0;
		}
		for (size_t s = 0; s < sinkset_count(sinks); s++) {
			if (sinkset_states(sinks, s, ids, n, entries, err) != 0)
				return -1;
			for (size_t i = 0; i < n; i++)
				take_entry(&p->jobs[from + i], (sink_mask)1 << s, &entries[i], policy);
		}
	}
	return 0;
}

/* --- the order --- */

/* Never asked for first; then what expires first; then the order of the input. */
static int compare(const void *a, const void *b, void *ctx)
{
	const struct plan *p = ctx;
	size_t i = *(const size_t *)a, k = *(const size_t *)b;
	const struct plan_job *x = &p->jobs[i], *y = &p->jobs[k];
	int64_t ex = x->expires_us != 0 ? x->expires_us : INT64_MAX,
		ey = y->expires_us != 0 ? y->expires_us : INT64_MAX;

	if (x->asked_before != y->asked_before)
		return x->asked_before ? 1 : -1;
	if (ex != ey)
		return ex < ey ? -1 : 1;
	return i < k ? -1 : i > k;
}

int plan_make(struct plan *p, struct sinkset *sinks, const struct plan_policy *policy, struct err *err)
{
	if (ask_ledgers(p, sinks, policy, err) != 0)
		return -1;
	p->order = malloc((p->n > 0 ? p->n : 1) * sizeof(*p->order));
	if (p->order == NULL)
		return err_set(err, ERR_FATAL, "out of memory");
	for (size_t i = 0; i < p->n; i++) {
		struct plan_job *job = &p->jobs[i];

		if (job->want != 0)
			p->order[p->n_order++] = i;
		else
			job->status = job->lost != 0 ? PLAN_ALREADY_LOST : PLAN_ALREADY_STORED;
	}
	qsort_r(p->order, p->n_order, sizeof(*p->order), compare, p);
	return 0;
}

void plan_settle(struct plan_job *job, enum job_state state, const char *error)
{
	job->status = PLAN_SETTLED;
	job->state = (uint8_t)state;
	if (error != NULL && error[0] != '\0') {
		free(job->error);
		job->error = strdup(error);
	}
}
