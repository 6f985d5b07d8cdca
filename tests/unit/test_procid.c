/*
 * Several processes in one request window: real ones, alive and dead, of this boot and another.
 */
#include "rate_test.h"

#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/wait.h>

#define CHILDREN    3
#define CHILD_TAKES 200
#define CHILD_N     8

struct board {
	_Atomic int64_t clock;
	struct event events[CHILDREN][CHILD_TAKES];
	int count[CHILDREN];
};

static void child_run(struct board *b, int me)
{
	const struct rate_limit limit = {CHILD_N, 200 * MS};
	struct event *own[3] = {NULL};
	struct rate *r = rate_open_boot(dir, KEY, &limit, "boot a", atomic_load(&b->clock), NULL);
	unsigned seed = (unsigned)me;
	int64_t now, until;
	int paused, slot, i;

	while (r && b->count[me] < CHILD_TAKES) {
		i = rand_r(&seed) % 3;
		/* one clock for all, which goes on whenever somebody looks, but for one who finds the lock busy: its
		 * holder may be off the processor */
		now = atomic_fetch_add(&b->clock, 300000) + 300000;
		if (own[i]) {
			own[i]->headers = now;
			rate_headers(r, own[i]->slot, now);
			own[i] = NULL;
			continue;
		}
		while ((slot = rate_take(r, now, &until, &paused)) < 0 && until == now + MS)
			sched_yield();
		if (slot < 0)
			continue;
		own[i] = &b->events[me][b->count[me]++];
		*own[i] = (struct event){now, 0, me, slot};
	}
	i = r && rate_shared(r) ? 0 : 1;
	rate_close(r);
	_exit(i);
}

static void processes_share_the_window(void **state)
{
	struct board *b = mmap(NULL, sizeof(*b), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pid_t pid[CHILDREN];
	int i, status;

	(void)state;
	assert_ptr_not_equal(b, MAP_FAILED);
	atomic_store(&b->clock, T0);
	for (i = 0; i < CHILDREN; i++) {
		pid[i] = fork();
		assert_true(pid[i] >= 0);
		if (pid[i] == 0)
			child_run(b, i);
	}
	for (i = 0; i < CHILDREN; i++) {
		assert_int_equal(waitpid(pid[i], &status, 0), pid[i]);
		assert_int_equal(status, 0);
		assert_int_equal(b->count[i], CHILD_TAKES);
	}
	check_windows(b->events[0], CHILDREN * CHILD_TAKES, start_of, CHILD_N, 200 * MS);
	check_windows(b->events[0], CHILDREN * CHILD_TAKES, headers_of, CHILD_N, 200 * MS);
	munmap(b, sizeof(*b));
}

/* A process that takes n slots, says so, and lives until it is killed (or this one is gone). */
struct other {
	pid_t pid;
	int go;
};

static struct other start_other(const char *boot, int n, int64_t now)
{
	int ready[2], go[2], i;
	struct other o;
	char c = 0;

	assert_int_equal(pipe(ready), 0);
	assert_int_equal(pipe(go), 0);
	o.pid = fork();
	assert_true(o.pid >= 0);
	if (o.pid == 0) {
		const struct rate_limit limit = {0, S};
		struct rate *r = rate_open_boot(dir, KEY, &limit, boot, now, NULL);
		int64_t until;
		int paused;

		close(go[1]);
		for (i = 0; r && i < n; i++)
			c |= rate_take(r, now, &until, &paused) < 0;
		if (!r || write(ready[1], &c, 1) != 1)
			_exit(1);
		_exit(read(go[0], &c, 1) != 0);
	}
	close(ready[1]);
	close(go[0]);
	assert_int_equal(read(ready[0], &c, 1), 1);
	assert_int_equal(c, 0);
	close(ready[0]);
	o.go = go[1];
	return o;
}

static void end_other(struct other o, bool reap)
{
	siginfo_t info;

	assert_int_equal(kill(o.pid, SIGKILL), 0);
	assert_int_equal(waitid(P_PID, (id_t)o.pid, &info, WEXITED | (reap ? 0 : WNOWAIT)), 0);
	assert_int_equal(info.si_code, CLD_KILLED);
	close(o.go);
}

static void the_dead_are_noticed(void **state)
{
	static const bool reaped[] = {true, false};
	size_t i;

	(void)state;
	for (i = 0; i < 2; i++) {
		struct other o = start_other("boot a", 2, T0);
		struct rate *r = open_one(2, 10 * S, T0 + 1 * S);

		/* alive, however long it takes */
		refused(r, T0 + 100 * S);
		end_other(o, reaped[i]); /* a zombie is dead, too */
		assert_int_equal(refused(r, T0 + 150 * S), T0 + 160 * S);
		refused(r, T0 + 160 * S - 1);
		taken(r, T0 + 160 * S);
		taken(r, T0 + 160 * S);
		refused(r, T0 + 160 * S);
		rate_close(r);
		if (!reaped[i])
			assert_int_equal(waitpid(o.pid, NULL, 0), o.pid);
		assert_int_equal(unlink(find_file()), 0);
	}
}

static void owners_are_told_apart(void **state)
{
	static const struct {
		int pid_plus, start_plus, ns_plus; /* against this process */
		bool gone;
	} t[] = {
	    {0, 0, 0, false},       {0, 1, 0, true}, /* the pid was given to another one */
	    {0, 1, 1, false},                        /* another namespace: cannot be judged */
	    {1 << 29, 0, 0, true},                   /* beyond any pid_max */
	    {1 << 29, 0, 1, false}, {-(1 << 29), 0, 0, true},
	};
	const off_t table = sizeof(struct ratefile_head);
	struct ratefile_entry e;
	struct rate *r, *s;
	size_t i;
	int fd;

	(void)state;
	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		r = open_one(1, S, T0);
		taken(r, T0);
		fd = open(find_file(), O_RDONLY);
		assert_int_equal(pread(fd, &e, sizeof(e), table), sizeof(e));
		close(fd);
		assert_int_equal(e.owner.pid, getpid());
		assert_int_not_equal(e.owner.start, 0);
		assert_int_not_equal(e.owner.ns, 0);
		e.owner.pid += t[i].pid_plus;
		e.owner.start += (uint64_t)t[i].start_plus;
		e.owner.ns += (uint32_t)t[i].ns_plus;
		write_at(&e, sizeof(e), table);
		s = open_one(1, S, T0 + 10 * S);
		/* either given up and released now, or under way until it was so for an hour */
		assert_int_equal(refused(s, T0 + 10 * S), T0 + 11 * S);
		if (!t[i].gone) {
			assert_int_equal(refused(s, T0 + 3599 * S), T0 + 3600 * S);
			assert_int_equal(refused(s, T0 + 3600 * S), T0 + 3601 * S);
		}
		taken(s, t[i].gone ? T0 + 11 * S : T0 + 3601 * S);
		rate_close(s);
		rate_close(r);
		assert_int_equal(unlink(find_file()), 0);
	}
}

static void a_reboot_counts_as_of_its_time(void **state)
{
	struct other o = start_other("boot a", 2, T0);
	struct rate *r = open_one(4, 60 * S, T0);
	struct ratefile_head head;

	(void)state;
	rate_headers(r, taken(r, T0), T0 + 1 * S);
	rate_close(r);
	end_other(o, true);
	read_head(&head);
	head.pause_ns = 500 * S; /* of a boot that was as young */
	write_at(&head, sizeof(head), 0);

	r = open_boot(dir, 4, 60 * S, "boot b", 20 * S);
	taken(r, 20 * S);
	assert_int_equal(refused(r, 20 * S), 60 * S);
	rate_headers(r, 0, 21 * S);
	assert_int_equal(refused(r, 60 * S - 1), 60 * S);
	taken(r, 60 * S);
	taken(r, 60 * S);
	taken(r, 60 * S);
	assert_int_equal(refused(r, 60 * S), 81 * S);
	read_head(&head);
	assert_string_equal(head.boot, "boot b");
	rate_close(r);
}

static void another_machine_is_noticed(void **state)
{
	struct rate *r = open_one(2, 60 * S, T0), *s;
	const char *w;

	(void)state;
	taken(r, T0);
	assert_null(rate_warning(r));
	s = open_boot(dir, 2, 60 * S, "boot b", 100 * S);
	taken(s, 100 * S);
	taken(r, T0 + 1 * S); /* its own from here on, with what is under way */
	refused(r, T0 + 2 * S);
	assert_int_equal(rate_shared(r), 0);
	w = rate_warning(r);
	assert_non_null(w);
	assert_non_null(strstr(w, "another machine"));
	assert_null(rate_warning(r));
	taken(s, 101 * S);
	assert_int_equal(rate_shared(s), 1);
	rate_close(r);
	rate_close(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    RATE_TEST(processes_share_the_window), RATE_TEST(the_dead_are_noticed),
	    RATE_TEST(owners_are_told_apart),      RATE_TEST(a_reboot_counts_as_of_its_time),
	    RATE_TEST(another_machine_is_noticed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
