/*
 * The request window: what it promises, checked against a plain count of everything that was started.
 */
#include "rate_test.h"
#include "timeutil.h"

static void parses_rates(void **state)
{
	static const struct {
		const char *s;
		int64_t n, window; /* n < 0: refused */
	} t[] = {
	    {"60/m", 60, 60 * S},
	    {"500/m", 500, 60 * S},
	    {"1/s", 1, S},
	    {"65536/h", 65536, 3600 * S},
	    {"0", 0, 60 * S},
	    {"0/s", 0, S},
	    {"007/s", 7, S},
	    {"65537/h", -1, 0},
	    {"99999999999999999999999999/s", -1, 0},
	    {"", -1, 0},
	    {"60", -1, 0},
	    {"/m", -1, 0},
	    {"60/", -1, 0},
	    {"60/d", -1, 0},
	    {"60/min", -1, 0},
	    {"60/M", -1, 0},
	    {"-1/s", -1, 0},
	    {"+1/s", -1, 0},
	    {" 1/s", -1, 0},
	    {"1 /s", -1, 0},
	    {"1/s ", -1, 0},
	    {"1.5/s", -1, 0},
	    {"1//s", -1, 0},
	};
	struct rate_limit out;
	struct err err;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		memset(&err, 0, sizeof(err));
		if (t[i].n < 0) {
			assert_int_equal(rate_parse(t[i].s, &out, &err), -1);
			assert_int_equal(err.kind, ERR_FATAL);
			assert_non_null(strstr(err.msg, t[i].s));
			continue;
		}
		assert_int_equal(rate_parse(t[i].s, &out, &err), 0);
		assert_int_equal(out.n, t[i].n);
		assert_int_equal(out.window_ns, t[i].window);
	}
}

static void a_slot_is_free_a_window_after_its_headers(void **state)
{
	const char *const where[] = {NULL, dir};
	size_t i;
	int a, b;

	(void)state;
	for (i = 0; i < 2; i++) {
		struct rate *r = open_boot(where[i], 2, 60 * S, "boot a", T0);

		a = taken(r, T0);
		b = taken(r, T0 + 1 * S);
		assert_int_not_equal(a, b);
		/* both under way: nothing can be free within a window, but somebody may die */
		assert_int_equal(refused(r, T0 + 2 * S), T0 + 3 * S);
		rate_headers(r, b, T0 + 5 * S);
		assert_int_equal(refused(r, T0 + 6 * S), T0 + 65 * S);
		rate_headers(r, b, T0 + 50 * S); /* once for each slot: not counted again */
		rate_headers(r, 99, T0 + 50 * S);
		assert_int_equal(refused(r, T0 + 65 * S - 1), T0 + 65 * S);
		b = taken(r, T0 + 65 * S);
		rate_headers(r, a, T0 + 66 * S); /* an answer that took longer than a window */
		assert_int_equal(refused(r, T0 + 67 * S), T0 + 126 * S);
		rate_headers(r, b, T0 + 68 * S);
		taken(r, T0 + 126 * S);
		assert_int_equal(refused(r, T0 + 126 * S), T0 + 128 * S);
		rate_close(r);
	}
}

static void the_whole_allowance_can_be_used(void **state)
{
	struct rate *r = open_one(60, 60 * S, T0);
	int64_t now = T0, until;
	int granted = 0, slot;

	(void)state;
	while (now < T0 + 600 * S) {
		slot = take(r, now, &until);
		if (slot < 0) {
			now = until;
			continue;
		}
		granted++;
		rate_headers(r, slot, now + 100 * MS);
		now += 100 * MS;
	}
	/* ten windows; the latency of 100 ms costs a six-hundredth */
	assert_in_range(granted, 595, 600);
	rate_close(r);
}

/* ---- random runs of several processes against a count ---- */

#define PROCESSES 4
#define EVENTS    4000

static struct event events[EVENTS];
static size_t n_events;
static int64_t told[PROCESSES]; /* the latest time that each was told: what its end counts as */

static int64_t counted(int64_t now, int64_t window)
{
	int64_t n = 0;
	size_t i;

	for (i = 0; i < n_events; i++)
		n += events[i].headers == 0 || events[i].headers + window > now;
	return n;
}

static void check_take(struct rate *r, int owner, int64_t n, int64_t window, int64_t now)
{
	int64_t before = counted(now, window), until;
	int slot = take(r, now, &until);

	told[owner] = now;
	if (slot >= 0) {
		assert_true(n == 0 || before < n);
		assert_true(n_events < EVENTS);
		events[n_events++] = (struct event){now, 0, owner, slot};
		return;
	}
	/* never refused without need, and the time to ask again is the very first at which there is room */
	assert_true(n > 0 && before >= n);
	if (counted(INT64_MAX - window, window) < n) {
		assert_true(counted(until - 1, window) >= n);
		assert_true(counted(until, window) < n);
	}
}

static void headers_of_one(struct rate *const r[], unsigned which, int64_t now)
{
	size_t i;

	for (i = 0; i < n_events; i++) {
		if (events[i].headers == 0 && which-- % 4 == 0) {
			events[i].headers = now;
			told[events[i].owner] = now;
			rate_headers(r[events[i].owner], events[i].slot, now);
			return;
		}
	}
}

/* What was under way counts from the end of its process, but not before what the file has already. */
static void restart(struct rate **r, int p, int64_t n, int64_t window, int64_t now)
{
	int64_t end = told[p];
	size_t i;

	rate_close(*r);
	for (i = 0; i < n_events; i++)
		end = events[i].headers > end ? events[i].headers : end;
	for (i = 0; i < n_events; i++) {
		if (events[i].owner == p && events[i].headers == 0)
			events[i].headers = end;
	}
	*r = open_one(n, window, now);
	told[p] = now;
}

static void random_run(unsigned seed, const int64_t limits[PROCESSES], int64_t window)
{
	struct rate *r[PROCESSES];
	int64_t now = T0;
	int step, p;

	n_events = 0;
	for (p = 0; p < PROCESSES; p++) {
		r[p] = open_one(limits[p], window, now);
		told[p] = now;
	}
	for (step = 0; step < 1500; step++) {
		p = rand_r(&seed) % PROCESSES;
		now += rand_r(&seed) % 8 ? rand_r(&seed) % (10 * MS) : window / 7;
		if (rand_r(&seed) % 50 == 0)
			restart(&r[p], p, limits[p], window, now);
		else if (rand_r(&seed) % 2)
			headers_of_one(r, (unsigned)rand_r(&seed), now);
		else
			check_take(r[p], p, limits[p], window, now);
	}
	for (p = 0; p < PROCESSES; p++)
		rate_close(r[p]);
	assert_true(n_events > 15);
}

static void no_window_holds_more_than_n(void **state)
{
	static const int64_t limits[][PROCESSES] = {
	    {10, 10, 10, 10},
	    {1, 1, 1, 1},
	    {40, 7, 3, 20},
	    {0, 5, 0, 12},
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
		random_run((unsigned)i + 1, limits[i], S);
		if (limits[i][0]) {
			check_windows(events, n_events, start_of, (size_t)limits[i][0], S);
			check_windows(events, n_events, headers_of, (size_t)limits[i][0], S);
		}
		assert_int_equal(unlink(find_file()), 0);
	}
}

/* ---- restarts, pauses, extremes ---- */

static void a_restart_forgets_nothing(void **state)
{
	struct rate *r = open_one(3, 60 * S, T0);

	(void)state;
	rate_headers(r, taken(r, T0), T0 + 1 * S);
	taken(r, T0 + 2 * S);
	rate_close(r); /* one still under way: released now */
	r = open_one(3, 60 * S, T0 + 3 * S);
	taken(r, T0 + 3 * S);
	assert_int_equal(refused(r, T0 + 4 * S), T0 + 61 * S);
	rate_close(r);
	/* another key is another window */
	r = rate_open_boot(dir, "another key", &(struct rate_limit){1, S}, "boot a", T0 + 4 * S, NULL);
	assert_non_null(r);
	taken(r, T0 + 4 * S);
	rate_close(r);
}

static void a_pause_holds_for_all(void **state)
{
	struct rate *r = open_one(10, S, T0), *s = open_one(0, S, T0), *own = open_boot(NULL, 5, S, "", T0);

	(void)state;
	assert_int_equal(rate_pauses(r), 0);
	rate_pause(r, T0 + 30 * S);
	rate_pause(r, T0 + 20 * S); /* never shortens */
	assert_int_equal(rate_pauses(r), 2);
	assert_int_equal(rate_pauses(s), 0);
	assert_int_equal(paused_until(r, T0 + 1 * S), T0 + 30 * S);
	assert_int_equal(paused_until(s, T0 + 1 * S), T0 + 30 * S);
	rate_pause(s, T0 + 40 * S);
	assert_int_equal(paused_until(r, T0 + 40 * S - 1), T0 + 40 * S);
	rate_success(r);
	assert_int_equal(rate_pauses(r), 0);
	assert_int_equal(rate_pauses(s), 1);
	rate_close(r);
	r = open_one(10, S, T0 + 2 * S);
	assert_int_equal(paused_until(r, T0 + 2 * S), T0 + 40 * S);
	taken(r, T0 + 40 * S);
	taken(s, T0 + 40 * S);

	taken(own, T0 + 2 * S);
	rate_pause(own, T0 + 3 * S);
	assert_int_equal(paused_until(own, T0 + 2 * S), T0 + 3 * S);
	taken(own, T0 + 3 * S);
	/* a day and more is no pause, also one that was meant */
	rate_pause(own, T0 + 90000 * S);
	taken(own, T0 + 3 * S);
	rate_close(r);
	rate_close(s);
	rate_close(own);
}

static void no_limit_still_counts(void **state)
{
	enum { MANY = RATEFILE_SLOTS + 76 };
	static int slot[MANY];
	struct rate *all = open_one(0, S, T0), *r = open_one(RATE_MAX, S, T0), *few = open_one(100, S, T0);
	int64_t at;
	int i;

	(void)state;
	for (i = 0; i < MANY; i++)
		slot[i] = taken(all, T0 + i);
	at = T0 + MANY;
	refused(r, at); /* no room to say that it is under way */
	refused(few, at);
	for (i = 0; i < MANY; i++)
		rate_headers(all, slot[i], at + i);
	at += MANY;
	taken(r, at);
	/* 100 minus one under way: the 99th release from the end decides */
	assert_int_equal(refused(few, at), T0 + MANY + (MANY - 99) + S);
	rate_close(all);
	rate_close(r);
	rate_close(few);
}

static void the_ring_reaches_back_far_enough(void **state)
{
	struct rate *r = open_boot(NULL, RATE_MAX, 3600 * S, "", T0);
	const int64_t n = RATE_MAX + 100;
	int64_t i;

	(void)state;
	for (i = 0; i < n; i++) {
		if (i < RATE_MAX) {
			rate_headers(r, taken(r, T0 + i), T0 + i);
			continue;
		}
		assert_int_equal(refused(r, T0 + 3600 * S + i - RATE_MAX - 1), T0 + 3600 * S + i - RATE_MAX);
		rate_headers(r, taken(r, T0 + 3600 * S + i - RATE_MAX), T0 + 3600 * S + i - RATE_MAX);
	}
	rate_close(r);
}

/* By the real clock and boot id, as the program does it. */
static void works_by_the_real_clock(void **state)
{
	const struct rate_limit limit = {2, 3600 * S};
	int64_t now = time_boot_ns();
	struct rate *r, *s;
	struct err err;

	(void)state;
	r = rate_open(dir, KEY, &limit, now, &err);
	assert_non_null(r);
	assert_int_equal(err.kind, ERR_NONE);
	assert_int_equal(rate_shared(r), 1);
	taken(r, now);
	taken(r, now);
	rate_close(r); /* as of now: not before this */
	s = rate_open(dir, KEY, &limit, time_boot_ns(), NULL);
	assert_true(refused(s, time_boot_ns()) >= now + 3600 * S);
	rate_close(s);
	rate_close(NULL);
}

/* What is told of the time that requests take is when they go. */
static void tells_when_a_request_could_go(void **state)
{
	const char *const where[] = {NULL, dir};

	(void)state;
	for (size_t w = 0; w < 2; w++) {
		struct rate *r = open_boot(where[w], 3, 60 * S, "boot a", T0);
		int64_t now = T0, when[9];
		int under_way;

		assert_int_equal(rate_when(r, now, 1), now);
		assert_int_equal(rate_when(r, now, 3), now);
		assert_int_equal(rate_when(r, now, 4), now + 60 * S);
		assert_int_equal(rate_when(r, now, 7), now + 120 * S);
		assert_int_equal(rate_when(r, now, UINT64_MAX), INT64_MAX);
		rate_headers(r, taken(r, now), now);
		now += 10 * S;
		under_way = taken(r, now);
		/* One may go, the one after it when the first is a window old, then the one that is under way. */
		assert_int_equal(rate_when(r, now, 1), now);
		assert_int_equal(rate_when(r, now, 2), T0 + 60 * S);
		assert_int_equal(rate_when(r, now, 3), now + 60 * S);
		assert_int_equal(rate_when(r, now, 4), now + 60 * S);
		rate_headers(r, under_way, now);
		now += 5 * S;
		for (uint64_t k = 1; k <= 9; k++)
			when[k - 1] = rate_when(r, now, k);
		for (uint64_t k = 1; k <= 9; k++) {
			int64_t until;
			int slot = take(r, now, &until);

			if (slot < 0) {
				assert_int_equal(until, when[k - 1]);
				now = until;
				slot = taken(r, now);
			}
			rate_headers(r, slot, now);
			assert_int_equal(now, when[k - 1]);
		}
		rate_pause(r, now + 500 * S);
		assert_int_equal(rate_when(r, now, 1), now + 500 * S);
		rate_close(r);
	}
	struct rate *none = open_boot(NULL, 0, S, "boot a", T0);

	assert_int_equal(rate_when(none, T0, 1000000), T0);
	rate_close(none);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(parses_rates),
	    RATE_TEST(tells_when_a_request_could_go),
	    RATE_TEST(a_slot_is_free_a_window_after_its_headers),
	    RATE_TEST(the_whole_allowance_can_be_used),
	    RATE_TEST(no_window_holds_more_than_n),
	    RATE_TEST(a_restart_forgets_nothing),
	    RATE_TEST(a_pause_holds_for_all),
	    RATE_TEST(no_limit_still_counts),
	    RATE_TEST(the_ring_reaches_back_far_enough),
	    RATE_TEST(works_by_the_real_clock),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
