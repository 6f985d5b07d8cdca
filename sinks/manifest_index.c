/* manifest_index.c: what the manifest holds in memory of each job, found by its ID; and the places that jobs share. */
#include "manifest_own.h"

#include <stdlib.h>
#include <string.h>

#define FIRST_CAP 64

static size_t hash_text(struct text t)
{
	uint64_t h = UINT64_C(0xcbf29ce484222325);

	for (size_t i = 0; i < t.n; i++)
		h = (h ^ (unsigned char)t.p[i]) * UINT64_C(0x100000001b3);
	return (size_t)(h ^ (h >> 32));
}

/* The place of an ID in the table: where it is, or where it would go. */
static size_t slot_of(const struct manifest *m, const struct uuid *id)
{
	const size_t mask = 2 * m->cap - 1;
	size_t at = uuid_hash(id) & mask;

	while (m->table[at] != 0 && uuid_cmp(&m->entries[m->table[at] - 1].id, id) != 0)
		at = (at + 1) & mask;
	return at;
}

static size_t place_slot_of(const struct manifest *m, struct text t)
{
	const size_t mask = 2 * m->cap_places - 1;
	size_t at = hash_text(t) & mask;

	while (m->place_table[at] != 0 && !text_eq(text_of(m->places[m->place_table[at] - 1].text), t))
		at = (at + 1) & mask;
	return at;
}

struct manifest_entry *manifest_find(const struct manifest *m, const struct uuid *id)
{
	const uint32_t number = m->cap ? m->table[slot_of(m, id)] : 0;

	return number ? &m->entries[number - 1] : NULL;
}

/* Twice the room in an array, with an empty table for it. NULL: memory, or more than 32 bits can count. */
static void *grow(void *items, size_t size, size_t *cap, uint32_t **table)
{
	const size_t n = *cap ? *cap * 2 : FIRST_CAP;
	void *more = NULL;
	uint32_t *slots;

	if (n > UINT32_MAX / 4)
		return NULL;
	slots = calloc(2 * n, sizeof(*slots));
	if (slots)
		more = reallocarray(items, n, size);
	if (!more) {
		free(slots);
		return NULL;
	}
	free(*table);
	*table = slots;
	*cap = n;
	return more;
}

static int grow_entries(struct manifest *m)
{
	struct manifest_entry *more;

	if (m->n < m->cap)
		return 0;
	more = grow(m->entries, sizeof(*more), &m->cap, &m->table);
	if (!more)
		return -1;
	m->entries = more;
	for (size_t i = 0; i < m->n; i++)
		m->table[slot_of(m, &m->entries[i].id)] = (uint32_t)(i + 1);
	return 0;
}

static int grow_places(struct manifest *m)
{
	struct manifest_place *more;

	if (m->n_places < m->cap_places)
		return 0;
	more = grow(m->places, sizeof(*more), &m->cap_places, &m->place_table);
	if (!more)
		return -1;
	m->places = more;
	for (size_t i = 0; i < m->n_places; i++)
		m->place_table[place_slot_of(m, text_of(m->places[i].text))] = (uint32_t)(i + 1);
	return 0;
}

/* Its number + 1, 0 for "[]". -1: memory. */
static int intern(struct manifest *m, struct text places, uint32_t *number)
{
	size_t at;

	*number = 0;
	if (!m->kind.shared || text_eq(places, text_of("[]")))
		return 0;
	if (grow_places(m))
		return -1;
	at = place_slot_of(m, places);
	if (m->place_table[at] == 0) {
		char *text = strndup(places.p, places.n);
		if (!text)
			return -1;
		m->places[m->n_places++] = (struct manifest_place){.text = text};
		m->place_table[at] = (uint32_t)m->n_places;
	}
	*number = m->place_table[at];
	return 0;
}

int manifest_remember(struct manifest *m, const struct manifest_line *l, uint64_t offset, size_t len, struct err *err)
{
	struct manifest_entry *e;
	uint32_t place;
	size_t at;

	if (grow_entries(m) || intern(m, l->places, &place))
		return err_set(err, ERR_FATAL, "out of memory");
	at = slot_of(m, &l->job.id);
	if (m->table[at] == 0) {
		m->entries[m->n++].place = 0;
		m->table[at] = (uint32_t)m->n;
	}
	e = &m->entries[m->table[at] - 1];
	if (e->place)
		m->places[e->place - 1].jobs--;
	if (place)
		m->places[place - 1].jobs++;
	*e = (struct manifest_entry){
	    .id = l->job.id,
	    .attempts = l->job.attempts,
	    .requested_at_us = stamp_is_set(&l->job.requested_at) ? l->job.requested_at.us : 0,
	    .expires_at_us = stamp_is_set(&l->job.expires_at) ? l->job.expires_at.us : 0,
	    .content = l->content,
	    .offset = offset,
	    .len = (uint32_t)len,
	    .place = place,
	    .state = (uint8_t)l->job.state,
	    .partial = l->job.partial,
	    .has_body = l->has_body,
	    .has_sha256 = l->job.body_bytes >= 0,
	    .same_instance = m->instance && text_eq(l->job.instance, text_of(m->instance)),
	};
	if (e->has_sha256)
		memcpy(e->body_sha256, l->job.body_sha256, SHA256_LEN);
	return 0;
}

void manifest_forget_all(struct manifest *m)
{
	for (size_t i = 0; i < m->n_places; i++)
		free(m->places[i].text);
	free(m->places);
	free(m->place_table);
	free(m->entries);
	free(m->table);
}

/* what is asked of it */

int manifest_states(struct manifest *m, const struct uuid *ids, size_t n, struct ledger_entry *out, struct err *err)
{
	(void)err;
	for (size_t i = 0; i < n; i++) {
		const struct manifest_entry *e = manifest_find(m, &ids[i]);
		out[i] = (struct ledger_entry){.state = JOB_NONE};
		if (!e)
			continue;
		out[i].state = (enum job_state)e->state;
		out[i].partial = e->partial;
		out[i].same_instance = e->same_instance;
		out[i].attempts = e->attempts;
		out[i].requested_at_us = e->requested_at_us;
		out[i].expires_at_us = e->expires_at_us;
		out[i].has_sha256 = e->has_sha256;
		memcpy(out[i].body_sha256, e->body_sha256, SHA256_LEN);
	}
	return 0;
}

int manifest_next_job(struct manifest *m, struct job *out, struct err *err)
{
	if (m->cursor >= m->n) {
		m->cursor = 0;
		return 0;
	}
	return manifest_read_job(m, &m->entries[m->cursor++].id, out, err);
}

int manifest_held(const struct manifest *m, const struct uuid *id, struct manifest_held *held)
{
	const struct manifest_entry *e = manifest_find(m, id);

	if (!e)
		return 0;
	*held = (struct manifest_held){
	    .state = (enum job_state)e->state,
	    .has_body = e->has_body,
	    .content = e->content,
	    .place = e->place ? e->place - 1 : MANIFEST_NO_PLACE,
	};
	return 1;
}

struct deed manifest_decide(const struct manifest *m, const struct job *job, bool keep_bodies)
{
	const struct manifest_entry *e = manifest_find(m, &job->id);
	struct deed_held held = {0};

	if (e) {
		held.known = true;
		held.state = (enum job_state)e->state;
		held.partial = e->partial;
		held.has_body = e->has_body;
		held.expires_at_us = e->expires_at_us;
	}
	return deed_of(&held, job->state, keep_bodies, time_now_us());
}

size_t manifest_places(const struct manifest *m)
{
	return m->n_places;
}

struct text manifest_place(const struct manifest *m, size_t i, size_t *jobs)
{
	*jobs = m->places[i].jobs;
	return text_of(m->places[i].text);
}
