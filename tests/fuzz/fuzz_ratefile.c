/*
 * rate.c, ratewin.c, ratefile.c: the file of the request window, damaged in any way. The input is a head and the first
 * eight entries of the table; what follows are the newest release times.
 *
 * - However it looks, no more than N requests of ours fall into a window.
 * - However it looks, it does not stop us: what lies far ahead is taken for damage, what is under way is given up.
 */
#include "fuzz.h"
#include "rate.h"
#include "ratefile.h"

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#define ENTRIES   8
#define N         3
#define WINDOW_NS INT64_C(1000000000)
#define DAY_NS    (INT64_C(86400) * 1000000000)
#define NOW_NS    (INT64_C(100) * DAY_NS)
#define STEPS     40

static const struct rate_limit limit = {N, WINDOW_NS};
static const char boot[] = "11111111-2222-3333-4444-555555555555";
static char path[600];

static struct rate *open_rate(int64_t now_ns)
{
	struct err err;
	struct rate *r = rate_open_boot(fuzz_folder(), "key", &limit, boot, now_ns, &err);

	HOLDS(r != NULL && rate_shared(r) == 1);
	HOLDS(err.kind == ERR_NONE || (err.kind == ERR_JOB && fuzz_is_message(err.msg, sizeof(err.msg))));
	return r;
}

/* The file is named by a hash of the key: whatever it is, it is the one that is there. */
static void find_path(void)
{
	struct dirent *entry;
	DIR *dir;

	rate_close(open_rate(NOW_NS));
	dir = opendir(fuzz_folder());
	HOLDS(dir != NULL);
	while ((entry = readdir(dir)) != NULL)
		if (strncmp(entry->d_name, "rate-", 5) == 0)
			(void)snprintf(path, sizeof(path), "%s/%s", fuzz_folder(), entry->d_name);
	(void)closedir(dir);
	HOLDS(path[0] != '\0');
}

static void write_file(const uint8_t *p, size_t n)
{
	const off_t ring_at = sizeof(struct ratefile_head) + RATEFILE_SLOTS * sizeof(struct ratefile_entry);
	const size_t front = sizeof(struct ratefile_head) + ENTRIES * sizeof(struct ratefile_entry);
	const int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	struct ratefile_head head;

	HOLDS(fd >= 0 && pwrite(fd, p, n < front ? n : front, 0) == (ssize_t)(n < front ? n : front));
	/* less than a head is left so short */
	if (n >= sizeof(head)) {
		memcpy(&head, p, sizeof(head));
		HOLDS(ftruncate(fd, ring_at + (off_t)(RATEFILE_RING * sizeof(int64_t))) == 0);
		for (size_t i = 0; front + (i + 1) * sizeof(int64_t) <= n && i < N + 1; i++) {
			const off_t at = (off_t)((head.released - 1 - i) % RATEFILE_RING * sizeof(int64_t));

			HOLDS(pwrite(fd, p + front + i * sizeof(int64_t), sizeof(int64_t), ring_at + at) ==
			      sizeof(int64_t));
		}
	}
	(void)close(fd);
}

/* Requests and answers at any time: those that began, or were answered, within a window before each are N at most. */
static int64_t use(struct rate *r, struct dice *dice)
{
	int64_t now = NOW_NS, until, ended[STEPS];
	int slot[STEPS], n = 0, paused;

	for (int step = 0; step < STEPS; step++) {
		int busy = 0, i = (int)dice_roll(dice, STEPS);

		now += (int64_t)dice_roll(dice, (size_t)(WINDOW_NS / 4));
		if (i < n && slot[i] >= 0) {
			rate_headers(r, slot[i], now);
			slot[i] = -1;
			ended[i] = now;
			continue;
		}
		slot[n] = rate_take(r, now, &until, &paused);
		if (slot[n] < 0) {
			HOLDS(until > now && until <= now + DAY_NS + WINDOW_NS);
			continue;
		}
		for (int k = 0; k < n; k++)
			busy += slot[k] >= 0 || ended[k] > now - WINDOW_NS;
		HOLDS(busy < N);
		n++;
	}
	for (int k = 0; k < n; k++)
		rate_headers(r, slot[k], now);
	return now;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct dice dice = dice_of(data, size);
	int64_t now, until;
	struct rate *r;
	int paused, slot;

	if (path[0] == '\0')
		find_path();
	write_file(data, size);
	r = open_rate(NOW_NS);
	now = use(r, &dice);
	/* At the latest after a day and the hour in which a request is under way, and the window behind that. */
	now += 2 * DAY_NS;
	slot = rate_take(r, now, &until, &paused);
	if (slot < 0)
		slot = rate_take(r, now + 2 * WINDOW_NS, &until, &paused);
	HOLDS(slot >= 0);
	rate_close(r);
	return 0;
}
