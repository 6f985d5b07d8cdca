/* script.c: the jobs and their answers, in a table by ID; see script.h. Reading the files: script_read.c. */
#include "script.h"
#include "script_table.h"

#include <stdlib.h>
#include <string.h>

struct script *script_new(int64_t now_us)
{
	struct script *s = calloc(1, sizeof(*s));
	if (s != NULL)
		s->now_us = now_us;
	return s;
}

static void job_free(struct script_job *job)
{
	if (job == NULL)
		return;
	for (int i = 0; i < JOB_ENDPOINTS; i++)
		replies_free(&job->own[i]);
	free(job);
}

void script_free(struct script *s)
{
	if (s == NULL)
		return;
	for (size_t i = 0; i < s->n_slots; i++)
		job_free(s->slots[i]);
	free(s->slots);
	job_free(s->any);
	for (int i = 0; i < OTHER_ENDPOINTS; i++)
		replies_free(&s->others[i]);
	talks_free(&s->talks);
	free(s);
}

/* Where the job is, or the empty slot where it belongs (linear probing; there always is one). */
static size_t slot_of(struct script_job *const *slots, size_t n, const struct uuid *id)
{
	uint64_t h = 14695981039346656037u;
	for (size_t i = 0; i < sizeof(id->b); i++)
		h = (h ^ id->b[i]) * 1099511628211u;
	size_t at = (size_t)h & (n - 1);
	while (slots[at] != NULL && uuid_cmp(&slots[at]->id, id) != 0)
		at = (at + 1) & (n - 1);
	return at;
}

static int table_grow(struct script *s)
{
	size_t n = s->n_slots == 0 ? 256 : 2 * s->n_slots;
	struct script_job **slots = calloc(n, sizeof(struct script_job *));
	if (slots == NULL)
		return -1;
	for (size_t i = 0; i < s->n_slots; i++)
		if (s->slots[i] != NULL)
			slots[slot_of(slots, n, &s->slots[i]->id)] = s->slots[i];
	free(s->slots);
	s->slots = slots;
	s->n_slots = n;
	return 0;
}

struct script_job *script_job(struct script *s, const struct uuid *id)
{
	if (2 * (s->n_jobs + 1) > s->n_slots && table_grow(s) != 0)
		return NULL;
	size_t at = slot_of(s->slots, s->n_slots, id);
	if (s->slots[at] != NULL)
		return s->slots[at];
	struct script_job *job = calloc(1, sizeof(*job));
	if (job == NULL)
		return NULL;
	job->id = *id;
	for (int i = 0; s->any != NULL && i < JOB_ENDPOINTS; i++)
		job->answers[i] = s->any->answers[i];
	s->slots[at] = job;
	s->n_jobs++;
	return job;
}

const struct replies *script_other(const struct script *s, enum other_endpoint endpoint)
{
	return &s->others[endpoint];
}

struct talks *script_talks(struct script *s)
{
	return &s->talks;
}

void script_each(const struct script *s, void (*each)(void *ctx, const struct script_job *), void *ctx)
{
	for (size_t i = 0; i < s->n_slots; i++)
		if (s->slots[i] != NULL)
			each(ctx, s->slots[i]);
}
