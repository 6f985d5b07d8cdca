#include "rate.h"

#include "ratewin.h"
#include "sha256.h"
#include "timeutil.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define MS_NS       ((int64_t)1000000)
#define S_NS        ((int64_t)1000000000)
#define HOUR_NS     (3600 * S_NS)
#define DAY_NS      (24 * HOUR_NS)

#define BUSY_NS     MS_NS   /* how soon to try a busy lock again */
#define LOOK_NS     S_NS    /* how often to look for processes that died */
#define GIVE_UP_NS  HOUR_NS /* a request that was under way for so long is none */
#define ABSURD_NS   DAY_NS  /* a time that lies further ahead is damage, or of another clock */
#define CLOSE_TRIES 50
#define FIRST_SLOTS 16

_Static_assert(RATE_MAX <= RATEFILE_RING, "the ring must reach back N releases");

/* A request of ours. One that is released but not yet in the file waits for the next time that we are in. */
struct slot {
	enum { SLOT_FREE, SLOT_TAKEN, SLOT_RELEASED } state;
	int index; /* of its entry in the file's table; -1: it has none */
	int64_t at_ns;
};

struct rate {
	struct rate_limit limit;
	struct procid self;
	uint64_t generation; /* of the file that our entries stand in; 0: not yet in */
	int64_t now_ns;      /* the latest time that we were told */
	int64_t look_ns;     /* when to look for the dead again */
	int64_t pause_ns;    /* the longest pause that this process was told of */
	int pauses;
	struct slot *slots;
	size_t n_slots;
	uint64_t mine[RATEFILE_SLOTS]; /* serial of our entry at this index; 0: not ours */
	struct ratefile file;
};

/* Enters a request of ours. Returns its index in the table, or -1: it is full. */
static int add_entry(struct rate *r, int64_t taken_ns)
{
	int i = ratewin_add(&r->file, &r->self, taken_ns);

	if (i >= 0)
		r->mine[i] = r->file.head.serial;
	return i;
}

static bool is_mine(const struct rate *r, uint32_t i)
{
	return r->file.table[i].serial && r->file.table[i].serial == r->mine[i];
}

/* The file was written in another boot, or by another machine that shares this folder: times of the two cannot be
 * compared. */
static void other_boot(struct rate *r)
{
	if (!r->generation) {
		ratewin_reboot(&r->file);
		return;
	}
	/* we were in since we booted, so it is no reboot */
	ratefile_detach(&r->file, "is used by another machine, too");
	ratefile_renew(&r->file);
}

/* The file is new to us, or was made anew: what we have under way must stand in it. */
static void join(struct rate *r)
{
	size_t i;

	r->generation = r->file.head.generation;
	memset(r->mine, 0, sizeof(r->mine));
	for (i = 0; i < r->n_slots; i++)
		r->slots[i].index = r->slots[i].state == SLOT_TAKEN ? add_entry(r, r->slots[i].at_ns) : -1;
}

/* Writes down what was released, and what pause was called for, while the lock was busy. */
static void settle(struct rate *r)
{
	struct ratefile_head *h = &r->file.head;
	size_t i;

	for (i = 0; i < r->n_slots; i++) {
		struct slot *s = &r->slots[i];

		if (s->state != SLOT_RELEASED)
			continue;
		/* an entry that is not there was given up by another process, or was none from the beginning */
		if (s->index >= 0 && is_mine(r, (uint32_t)s->index))
			ratewin_remove(&r->file, (uint32_t)s->index, s->at_ns);
		else
			ratewin_release(&r->file, s->at_ns);
		s->state = SLOT_FREE;
	}
	if (r->pause_ns > h->pause_ns) {
		h->pause_ns = r->pause_ns;
		r->file.changed = true;
	}
}

/* Gives up the requests of processes that are no more. */
static void bury(struct rate *r, int64_t now_ns)
{
	bool shared = r->file.fd >= 0;
	struct procid last = {0, 0, 0};
	enum procid_fate fate = PROCID_GONE;
	uint32_t i;

	if (shared && now_ns < r->look_ns)
		return;
	r->look_ns = now_ns + LOOK_NS;
	for (i = 0; i < r->file.head.high; i++) {
		const struct ratefile_entry *e = &r->file.table[i];

		if (!e->serial || is_mine(r, i))
			continue;
		if (memcmp(&e->owner, &last, sizeof(last)) != 0) {
			last = e->owner;
			fate = procid_look(&last, &r->self);
		}
		/* in a window of our own nobody else will ever release what was copied with it */
		if (!shared || fate == PROCID_GONE || e->taken_ns <= now_ns - GIVE_UP_NS ||
		    e->taken_ns > now_ns + ABSURD_NS)
			ratewin_remove(&r->file, i, now_ns);
	}
}

/* True: we are in, the file is up to date and makes sense. False: the lock is busy. */
static bool enter(struct rate *r, int64_t now_ns)
{
	struct ratefile_head *h = &r->file.head;

	if (now_ns > r->now_ns)
		r->now_ns = now_ns;
	if (!ratefile_enter(&r->file, now_ns))
		return false;
	if (memcmp(h->boot, r->file.boot, sizeof(h->boot)) != 0)
		other_boot(r);
	if (h->newest_ns > now_ns + ABSURD_NS)
		ratewin_begin_epoch(&r->file, now_ns);
	if (h->pause_ns > now_ns + ABSURD_NS) {
		h->pause_ns = 0;
		r->file.changed = true;
	}
	if (r->pause_ns > now_ns + ABSURD_NS)
		r->pause_ns = 0;
	if (r->generation != h->generation)
		join(r);
	settle(r);
	bury(r, now_ns);
	return true;
}

/* When the next request may go; not after now_ns: now. */
static int64_t next_at(struct rate *r, int64_t now_ns, int *paused)
{
	int64_t window = r->limit.window_ns, at;

	if (r->file.head.pause_ns > now_ns) {
		*paused = 1;
		return r->file.head.pause_ns;
	}
	if (r->limit.n == 0)
		return now_ns;
	at = ratewin_room(&r->file, r->limit.n, window);
	if (at == INT64_MAX)
		at = now_ns + (window < LOOK_NS ? window : LOOK_NS);
	return at;
}

/* Room for twice as many slots as there are, or the first of them. -1 when memory is short. */
static int grow(struct rate *r)
{
	size_t n = r->n_slots ? r->n_slots * 2 : FIRST_SLOTS;
	struct slot *grown = realloc(r->slots, n * sizeof(grown[0]));

	if (!grown)
		return -1;
	memset(grown + r->n_slots, 0, (n - r->n_slots) * sizeof(grown[0]));
	r->slots = grown;
	r->n_slots = n;
	return 0;
}

/* A free slot of ours; -1: all are taken, and memory is short. Then there is something to wait for. */
static int free_slot(struct rate *r)
{
	size_t i;

	for (i = 0; i < r->n_slots; i++) {
		if (r->slots[i].state == SLOT_FREE)
			return (int)i;
	}
	return grow(r) ? -1 : (int)i;
}

int rate_take(struct rate *r, int64_t now_ns, int64_t *until_ns, int *paused)
{
	int slot = -1, index = -1;

	*paused = 0;
	*until_ns = now_ns + BUSY_NS;
	if (!enter(r, now_ns))
		return -1;
	slot = free_slot(r);
	if (slot >= 0) {
		*until_ns = next_at(r, now_ns, paused);
		if (*until_ns <= now_ns) {
			index = add_entry(r, now_ns);
			/* a full table is a limit too, but for who has none: that one counts when it is released */
			if (index < 0 && r->limit.n > 0)
				*until_ns = now_ns + LOOK_NS;
		}
	}
	ratefile_leave(&r->file);
	if (*until_ns > now_ns)
		return -1;
	r->slots[slot] = (struct slot){SLOT_TAKEN, index, now_ns};
	return slot;
}

int64_t rate_when(struct rate *r, int64_t now_ns, uint64_t k)
{
	int64_t at;

	if (r->limit.n == 0 || !enter(r, now_ns))
		return now_ns;
	at = ratewin_when(&r->file, r->limit.n, r->limit.window_ns, k, now_ns);
	if (at < r->file.head.pause_ns)
		at = r->file.head.pause_ns;
	ratefile_leave(&r->file);
	return at;
}

/* Writes down what there is to write. False: the lock is busy, a later call will do it. */
static bool touch(struct rate *r, int64_t now_ns)
{
	if (!enter(r, now_ns))
		return false;
	ratefile_leave(&r->file);
	return true;
}

void rate_headers(struct rate *r, int slot, int64_t now_ns)
{
	if (slot < 0 || (size_t)slot >= r->n_slots || r->slots[slot].state != SLOT_TAKEN)
		return;
	r->slots[slot].state = SLOT_RELEASED;
	r->slots[slot].at_ns = now_ns;
	touch(r, now_ns);
}

void rate_pause(struct rate *r, int64_t until_ns)
{
	r->pauses++;
	if (until_ns > r->pause_ns)
		r->pause_ns = until_ns;
	touch(r, r->now_ns);
}

int rate_pauses(const struct rate *r)
{
	return r->pauses;
}

void rate_success(struct rate *r)
{
	r->pauses = 0;
}

int rate_shared(const struct rate *r)
{
	return r->file.fd >= 0;
}

const char *rate_warning(struct rate *r)
{
	if (r->file.warning.kind == ERR_NONE)
		return NULL;
	r->file.warning.kind = ERR_NONE;
	return r->file.warning.msg;
}

/* "rate-" and half of a SHA-256: which key it is does not show, and two keys do not meet. */
static int file_name(const char *key, char out[5 + SHA256_LEN + 1])
{
	static const char purpose[] = "omni-export request window\n";
	struct sha256 *sha = sha256_new();
	uint8_t digest[SHA256_LEN];
	char hex[SHA256_HEX_LEN + 1];

	if (!sha)
		return -1;
	sha256_add(sha, purpose, sizeof(purpose) - 1);
	sha256_add(sha, key, strlen(key));
	sha256_end(sha, digest);
	sha256_free(sha);
	snprintf(out, 5 + SHA256_LEN + 1, "rate-%.*s", SHA256_LEN, sha256_hex(digest, hex));
	return 0;
}

struct rate *rate_open_boot(const char *dir, const char *key, const struct rate_limit *limit, const char *boot,
			    int64_t now_ns, struct err *err)
{
	char name[5 + SHA256_LEN + 1];
	struct rate *r = calloc(1, sizeof(*r));

	if (r)
		r->file.fd = -1; /* what is not open is not closed */
	if (!r || grow(r) != 0 || file_name(key, name) != 0 || ratefile_open(&r->file, dir, name, boot) != 0) {
		err_set(err, ERR_FATAL, "out of memory");
		if (r) {
			ratefile_close(&r->file);
			free(r->slots);
		}
		free(r);
		return NULL;
	}
	r->limit = *limit;
	r->now_ns = now_ns;
	procid_self(&r->self);
	touch(r, now_ns); /* so that a bad file shows now */
	if (err) {
		*err = r->file.warning;
		r->file.warning.kind = ERR_NONE;
	}
	return r;
}

struct rate *rate_open(const char *dir, const char *key, const struct rate_limit *limit, int64_t now_ns,
		       struct err *err)
{
	char boot[PROCID_BOOT_LEN + 1] = "";
	int unknown = dir && procid_boot(boot) != 0 ? errno : 0;
	struct rate *r = rate_open_boot(unknown ? NULL : dir, key, limit, boot, now_ns, err);

	if (r && unknown)
		err_sys(err, ERR_JOB, unknown, "the request window is this process's own: cannot read the boot id");
	return r;
}

void rate_close(struct rate *r)
{
	const struct timespec wait = {0, MS_NS};
	bool pending = false;
	int64_t now_ns;
	size_t i;
	int tries;

	if (!r)
		return;
	now_ns = time_boot_ns();
	if (now_ns < r->now_ns)
		now_ns = r->now_ns;
	for (i = 0; i < r->n_slots; i++) {
		if (r->slots[i].state == SLOT_TAKEN) {
			r->slots[i].state = SLOT_RELEASED;
			r->slots[i].at_ns = now_ns;
		}
		pending |= r->slots[i].state == SLOT_RELEASED;
	}
	/* there is no later call to leave it to; should it fail, our entries are those of a dead process */
	for (tries = 0; pending && tries < CLOSE_TRIES && !touch(r, r->now_ns); tries++)
		nanosleep(&wait, NULL);
	ratefile_close(&r->file);
	free(r->slots);
	free(r);
}
