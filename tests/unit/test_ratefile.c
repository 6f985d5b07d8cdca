/*
 * What may happen to the file of the request window: locked, damaged, removed, replaced, or never to be had.
 */
#include "rate_test.h"

#include <signal.h>
#include <sys/file.h>
#include <sys/resource.h>

static void a_busy_lock_is_never_waited_for(void **state)
{
	struct rate *r = open_one(3, 60 * S, T0), *s;
	int fd = open(find_file(), O_RDONLY);
	int a;

	(void)state;
	a = taken(r, T0);
	assert_int_equal(flock(fd, LOCK_EX), 0);
	assert_int_equal(refused(r, T0 + 1 * S), T0 + 1 * S + MS);
	/* what cannot be written now is written later */
	rate_headers(r, a, T0 + 2 * S);
	rate_pause(r, T0 + 10 * S);
	rate_pause(r, T0 + 5 * S);
	assert_int_equal(flock(fd, LOCK_UN), 0);
	assert_int_equal(paused_until(r, T0 + 3 * S), T0 + 10 * S);
	s = open_one(3, 60 * S, T0 + 4 * S);
	assert_int_equal(paused_until(s, T0 + 4 * S), T0 + 10 * S);
	taken(s, T0 + 11 * S);
	taken(s, T0 + 11 * S);
	assert_int_equal(refused(s, T0 + 11 * S), T0 + 62 * S);
	/* one who is locked out when it opens and when it ends */
	assert_int_equal(flock(fd, LOCK_EX), 0);
	rate_close(s);
	s = open_one(3, 60 * S, T0 + 12 * S);
	refused(s, T0 + 12 * S);
	assert_int_equal(flock(fd, LOCK_UN), 0);
	refused(s, T0 + 12 * S);
	rate_close(s);
	rate_close(r);
	close(fd);
}

static void a_stopped_holder_stops_nobody(void **state)
{
	struct rate *r = open_one(3, 60 * S, T0), *s = open_one(3, 60 * S, T0);
	const char *w;
	int64_t now;
	int fd, a, i;

	(void)state;
	rate_headers(r, taken(r, T0), T0);
	a = taken(r, T0);
	taken(s, T0);
	fd = open(find_file(), O_RDONLY);
	assert_int_equal(flock(fd, LOCK_EX), 0);
	/* two attempts that are far apart say nothing */
	refused(r, T0 + 10 * S);
	refused(r, T0 + 20 * S);
	assert_int_equal(rate_shared(r), 1);
	now = T0 + 21 * S;
	for (i = 0; i < 5000 && rate_shared(r); i++, now += MS)
		refused(r, now);
	assert_int_equal(rate_shared(r), 0);
	assert_in_range(now, T0 + 21 * S, T0 + 24 * S);
	w = rate_warning(r);
	assert_non_null(w);
	assert_non_null(strstr(w, "locked"));
	assert_null(rate_warning(r));
	/* what was known is not forgotten; the others' requests count as released when we lost sight of them */
	assert_int_equal(refused(r, now), T0 + 60 * S);
	taken(r, T0 + 60 * S);
	refused(r, T0 + 60 * S);
	rate_headers(r, a, T0 + 60 * S);
	taken(r, now + 60 * S);
	refused(r, now + 60 * S);
	rate_close(r);
	close(fd);
	rate_close(s);
}

static void a_file_of_rubbish_is_made_anew(void **state)
{
	struct ratefile_head good, bad;
	struct rate *r;
	struct stat st;
	struct err err;
	off_t full;
	int i, fd;

	(void)state;
	rate_close(open_one(1, S, T0));
	read_head(&good);
	assert_int_equal(stat(path, &st), 0);
	full = st.st_size;
	for (i = 0; i < 11; i++) {
		fd = open(path, O_RDWR | O_TRUNC);
		assert_true(fd >= 0);
		bad = good;
		bad.version += i == 0;
		bad.magic[7] ^= i == 1;
		bad.high = i == 2 ? RATEFILE_SLOTS + 1 : i == 3 ? UINT32_MAX : 0;
		bad.generation *= i != 4;
		bad.epoch += i == 5;
		if (i < 9)
			assert_int_equal(write(fd, &bad, i == 6 ? 1 : sizeof(bad)), i == 6 ? 1 : sizeof(bad));
		/* too short, too long, nothing but NUL */
		assert_int_equal(ftruncate(fd, i == 6 ? 1 : i == 7 ? full - 1 : i == 8 ? full + 1 : full), 0);
		if (i == 10)
			assert_int_equal(pwrite(fd, "what is this?\n", 14, 0), 14);
		close(fd);
		r = rate_open_boot(dir, KEY, &(struct rate_limit){1, S}, "boot a", T0, &err);
		assert_non_null(r);
		assert_int_equal(err.kind, ERR_JOB);
		assert_non_null(strstr(err.msg, path));
		assert_null(rate_warning(r));
		assert_int_equal(rate_shared(r), 1);
		taken(r, T0);
		refused(r, T0);
		rate_close(r);
		rate_close(open_one(1, S, T0));
	}
	/* made by a process that then died: nothing to say about it */
	assert_int_equal(truncate(path, 0), 0);
	rate_close(open_one(1, S, T0));
}

static void absurd_times_do_not_block_for_ever(void **state)
{
	static const int64_t absurd[] = {INT64_MAX, INT64_MAX - 1, T0 + 2 * 86400 * S, INT64_MIN, -1};
	const off_t table = sizeof(struct ratefile_head);
	const off_t ring = table + RATEFILE_SLOTS * (off_t)sizeof(struct ratefile_entry);
	struct ratefile_head h;
	struct rate *r, *s;
	size_t i;
	int what;

	(void)state;
	for (i = 0; i < sizeof(absurd) / sizeof(absurd[0]); i++) {
		for (what = 0; what < 6; what++) {
			r = open_one(1, S, T0);
			rate_headers(r, taken(r, T0), T0);
			if (what == 3)
				taken(r, T0 + 1 * S);
			read_head(&h);
			if (what == 0 || what == 5)
				h.newest_ns = absurd[i];
			if (what == 1)
				h.pause_ns = absurd[i];
			if (what == 2 || what == 5)
				write_at(&absurd[i], sizeof(absurd[i]), ring);
			if (what == 3)
				write_at(&absurd[i], sizeof(absurd[i]),
					 table + (off_t)offsetof(struct ratefile_entry, taken_ns));
			if (what == 4) {
				h.epoch = h.released;
				h.epoch_ns = absurd[i];
			}
			write_at(&h, sizeof(h), 0);
			s = open_one(1, S, T0 + 2 * S);
			taken(s, T0 + 3 * S);
			refused(s, T0 + 3 * S);
			rate_close(s);
			rate_close(r);
			assert_int_equal(unlink(path), 0);
		}
	}
}

static void damage_in_mid_run_keeps_what_is_under_way(void **state)
{
	static const off_t size[] = {0, 1, 5000};
	struct rate *r, *s;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(size) / sizeof(size[0]); i++) {
		r = open_one(3, 60 * S, T0);
		s = open_one(3, 60 * S, T0);
		taken(r, T0);
		taken(s, T0);
		assert_int_equal(truncate(find_file(), size[i]), 0);
		taken(r, T0 + 1 * S);
		assert_int_equal(rate_warning(r) != NULL, size[i] != 0);
		/* the other one finds the new file and adds what it has under way */
		refused(s, T0 + 1 * S);
		assert_null(rate_warning(s));
		refused(r, T0 + 1 * S);
		rate_close(r);
		rate_close(s);
		assert_int_equal(unlink(path), 0);
	}
}

static void a_removed_file_comes_back(void **state)
{
	struct rate *r = open_one(3, 60 * S, T0), *s = open_one(3, 60 * S, T0), *later;

	(void)state;
	rate_headers(r, taken(r, T0), T0 + 1 * S);
	taken(r, T0 + 1 * S);
	assert_int_equal(unlink(find_file()), 0);
	taken(s, T0 + 2 * S);
	refused(r, T0 + 3 * S);
	later = open_one(3, 60 * S, T0 + 4 * S);
	assert_int_equal(refused(later, T0 + 4 * S), T0 + 61 * S);
	assert_int_equal(rate_shared(r) && rate_shared(s) && rate_shared(later), 1);
	/* with its folder, too: nothing can be put there, but what was known is */
	assert_int_equal(unlink(find_file()), 0);
	assert_int_equal(rmdir(dir), 0);
	refused(r, T0 + 5 * S);
	assert_int_equal(rate_shared(r), 0);
	assert_non_null(rate_warning(r));
	rate_close(r);
	rate_close(s);
	rate_close(later);
}

static void only_a_file_of_ours_is_used(void **state)
{
	const struct rate_limit limit = {1, S};
	char victim[512], text[16] = "";
	struct stat st;
	struct rate *r;
	struct err err;
	int i, fd;

	(void)state;
	rate_close(open_one(1, S, T0));
	find_file();
	assert_int_equal(stat(dir, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0700);
	snprintf(victim, sizeof(victim), "%s/victim", top);
	fd = open(victim, O_WRONLY | O_CREAT, 0644);
	assert_int_equal(write(fd, "not yours", 9), 9);
	close(fd);
	for (i = 0; i < 4; i++) {
		assert_int_equal(unlink(path), 0);
		if (i == 0)
			assert_int_equal(symlink(victim, path), 0);
		else if (i == 1)
			assert_int_equal(symlink("nowhere", path), 0);
		else if (i == 2)
			assert_int_equal(mkfifo(path, 0600), 0);
		else if (geteuid() == 0)
			assert_int_equal(link(victim, path) || chown(path, 12345, 12345), 0);
		else
			break;
		r = rate_open_boot(dir, KEY, &limit, "boot a", T0, &err);
		assert_int_equal(err.kind, ERR_JOB);
		assert_int_equal(rate_shared(r), 1);
		taken(r, T0);
		rate_close(r);
		assert_int_equal(lstat(path, &st), 0);
		assert_true(S_ISREG(st.st_mode) && st.st_uid == geteuid());
		assert_int_equal(st.st_mode & 07777, 0600);
	}
	fd = open(victim, O_RDONLY);
	assert_int_equal(read(fd, text, sizeof(text)), 9);
	assert_string_equal(text, "not yours");
	close(fd);
	/* one that others could read is closed to them */
	unlink(path);
	rate_close(open_one(1, S, T0));
	assert_int_equal(chmod(path, 0666), 0);
	rate_close(open_one(1, S, T0));
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
}

static void without_a_file_the_window_is_our_own(void **state)
{
	const struct rate_limit limit = {2, S};
	char file[512], below[600];
	const char *where[] = {"", "/proc/nowhere", file, below, dir, dir};
	struct rate *r;
	struct err err;
	size_t i;
	int fd;

	(void)state;
	rate_close(open_one(1, S, T0));
	find_file();
	snprintf(file, sizeof(file), "%s/file", top);
	snprintf(below, sizeof(below), "%s/state", file);
	fd = open(file, O_WRONLY | O_CREAT, 0600);
	close(fd);
	for (i = 0; i < sizeof(where) / sizeof(where[0]); i++) {
		if (i == 4) { /* a folder where the file should be */
			assert_int_equal(unlink(path) || mkdir(path, 0700), 0);
		} else if (i == 5) { /* a folder in which nothing can be made */
			assert_int_equal(rmdir(path) || chmod(dir, 0500), 0);
			if (geteuid() == 0)
				break;
		}
		r = rate_open_boot(where[i], KEY, &limit, "boot a", T0, &err);
		assert_non_null(r);
		assert_int_equal(rate_shared(r), 0);
		assert_int_equal(err.kind, ERR_JOB);
		assert_non_null(strstr(err.msg, "this process's own: cannot "));
		assert_null(rate_warning(r));
		taken(r, T0);
		rate_headers(r, taken(r, T0), T0 + 1);
		refused(r, T0 + S);
		taken(r, T0 + S + 1);
		rate_close(r);
	}
	chmod(dir, 0700);
}

static void a_full_disk_loses_nothing(void **state)
{
	struct rlimit was, full;
	struct rate *r = open_one(3, 60 * S, T0), *s;
	struct err err;
	int a;

	(void)state;
	a = taken(r, T0);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &was), 0);
	full = was;
	full.rlim_cur = 64;
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &full), 0);
	s = rate_open_boot(dir, "another key", &(struct rate_limit){1, S}, "boot a", T0, &err);
	taken(r, T0 + 1 * S);
	rate_headers(r, a, T0 + 2 * S);
	taken(r, T0 + 3 * S);
	assert_int_equal(refused(r, T0 + 4 * S), T0 + 62 * S);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &was), 0);
	signal(SIGXFSZ, SIG_DFL);

	assert_int_equal(rate_shared(r), 0);
	assert_non_null(rate_warning(r));
	assert_non_null(s);
	assert_int_equal(rate_shared(s), 0);
	assert_int_equal(err.kind, ERR_JOB);
	taken(s, T0);
	refused(s, T0);
	rate_close(r);
	rate_close(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    RATE_TEST(a_busy_lock_is_never_waited_for),
	    RATE_TEST(a_stopped_holder_stops_nobody),
	    RATE_TEST(a_file_of_rubbish_is_made_anew),
	    RATE_TEST(absurd_times_do_not_block_for_ever),
	    RATE_TEST(damage_in_mid_run_keeps_what_is_under_way),
	    RATE_TEST(a_removed_file_comes_back),
	    RATE_TEST(only_a_file_of_ours_is_used),
	    RATE_TEST(without_a_file_the_window_is_our_own),
	    RATE_TEST(a_full_disk_loses_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
