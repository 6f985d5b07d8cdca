/* test_jsonl.c: what the contract suite does not see of the jsonl sink: its files, and what a run finds at opening. */
#include "jsonl_settle.h"
#include "jsonl_sift.h"
#include "jsonl_sweep.h"
#include "sink.h"

#include "unit.h"

#include <dirent.h>
#include <ftw.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[256];
static struct err err;

static struct sink_options options = {
    .file_mode = 0600, .keep_bodies = true, .run_id = "run-1", .version = "1.0", .instance = "https://one.example"};

static int set_up(void **state)
{
	const char *tmp = getenv("TMPDIR");

	(void)state;
	options.run_id = "run-1";
	(void)snprintf(folder, sizeof(folder), "%s/test_jsonl.XXXXXX", tmp && *tmp ? tmp : "/tmp");
	return mkdtemp(folder) && chdir(folder) == 0 ? 0 : -1;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *at)
{
	(void)st, (void)type, (void)at;
	return remove(path);
}

static int tear_down(void **state)
{
	(void)state;
	return chdir("/") == 0 ? nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS) : -1;
}

#define SPEC "jsonl:d?compress=none"

static struct sink *open_as(const char *spec)
{
	struct sink *s = sink_open(spec, &options, &err);

	if (!s)
		fail_msg("%s", err.msg);
	return s;
}

static void close_sink(struct sink *s)
{
	assert_int_equal(s->ops->close(s, &err), 0);
}

static void flush(struct sink *s)
{
	if (s->ops->flush(s, &err))
		fail_msg("%s", err.msg);
}

static struct job job_of(unsigned number, enum job_state state)
{
	return (struct job){.id = {{(uint8_t)number, 1}}, .state = state, .attempts = 1, .body_bytes = 3};
}

/* What commit says. */
static int put(struct sink *s, unsigned number, enum job_state state, unsigned rows, const char *cell)
{
	const struct job job = job_of(number, state);
	const struct action action = {.type = text_of("generate_query"), .is_error = -1};
	struct query_result result = {.row_count = -1};
	const struct text text = text_of(cell);

	assert_int_equal(s->ops->begin(s, &job, &err), 0);
	if (state == JOB_STORED) {
		assert_int_equal(s->ops->action(s, &action, &err), 0);
		assert_int_equal(s->ops->result(s, &result, &err), 0);
		for (unsigned i = 0; i < rows; i++) {
			const struct row row = {.row_index = i, .cells = &text, .n = 1};
			assert_int_equal(s->ops->row(s, &row, &err), 0);
		}
		result.row_count = rows;
		assert_int_equal(s->ops->result_end(s, &result, &err), 0);
	} else if (state == JOB_UNREADABLE) {
		assert_int_equal(s->ops->body(s, cell, strlen(cell), &err), 0);
	}
	return s->ops->commit(s, &job, &err);
}

static bool exists(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0;
}

static size_t matches(const char *pattern)
{
	glob_t found;
	size_t n = glob(pattern, 0, NULL, &found) == 0 ? found.gl_pathc : 0;

	globfree(&found);
	return n;
}

/* How often a text stands in all files of a pattern. */
static int times(const char *pattern, const char *text)
{
	glob_t found;
	int n = 0;

	if (glob(pattern, 0, NULL, &found) != 0)
		return 0;
	for (size_t i = 0; i < found.gl_pathc; i++) {
		static char content[1 << 20];
		FILE *f = fopen(found.gl_pathv[i], "re");
		assert_non_null(f);
		content[fread(content, 1, sizeof(content) - 1, f)] = '\0';
		(void)fclose(f);
		for (const char *p = content; (p = strstr(p, text)) != NULL; p++)
			n++;
	}
	globfree(&found);
	return n;
}

static void make_file(const char *path, const char *text)
{
	FILE *f = fopen(path, "we");

	assert_non_null(f);
	(void)fputs(text, f);
	assert_int_equal(fclose(f), 0);
}

#define ROWS "d/result_rows/*/*.jsonl"

static void layout(void **state)
{
	struct sink *s = open_as(SPEC);

	(void)state;
	assert_int_equal(put(s, 1, JOB_STORED, 2, "a"), 0);
	assert_int_equal(put(s, 2, JOB_STORED, 0, "b"), 0);
	assert_int_equal(put(s, 3, JOB_PENDING, 0, ""), 0);
	assert_int_equal(matches("d/jobs/*/*"), 0);
	flush(s);
	assert_int_equal(matches("d/*/stored_date=[0-9]*-[0-9]*-[0-9]*/run-1-0001.jsonl"), 4);
	assert_int_equal(times("d/*/*/*", "\"part\":\"run-1-0001.jsonl\"}\n"), 2 + 2 + 2 + 2);
	assert_int_equal(times("d/manifest.jsonl", "\"parts\":[\"jobs/stored_date="), 2);
	assert_int_equal(times("d/manifest.jsonl", "\"parts\":[]"), 1);
	assert_int_equal(times("d/manifest.jsonl", "\"result_rows/stored_date="), 1); /* job 2 has no rows */
	assert_int_equal(put(s, 4, JOB_PENDING, 0, ""), 0);
	flush(s);
	flush(s);
	assert_int_equal(matches("d/*/*/*"), 4);
	assert_int_equal(put(s, 5, JOB_STORED, 0, ""), 0);
	flush(s);
	assert_int_equal(matches("d/*/*/run-1-0002.jsonl"), 3); /* no rows, no file of rows */
	close_sink(s);
	assert_false(exists("d/.new"));
	/* The same run again, as load might: no name twice. */
	s = open_as(SPEC);
	assert_int_equal(put(s, 6, JOB_STORED, 0, ""), 0);
	flush(s);
	close_sink(s);
	assert_int_equal(matches("d/jobs/*/run-1-0003.jsonl"), 1);
}

/* commit says when the part is full. */
static void full(void **state)
{
	static char large[1 << 20];
	struct sink *s = open_as("jsonl:d");
	int rc = 0, rows = 0;

	(void)state;
	memset(large, 'x', sizeof(large) - 1);
	for (unsigned i = 0; i < 999; i++) {
		struct job job = job_of(0, JOB_STORED);
		job.id.b[2] = (uint8_t)(i >> 8);
		job.id.b[3] = (uint8_t)i;
		assert_int_equal(s->ops->begin(s, &job, &err), 0);
		assert_int_equal(s->ops->commit(s, &job, &err), 0);
	}
	assert_int_equal(put(s, 1, JOB_PENDING, 0, ""), 1);
	flush(s);
	for (unsigned i = 10; i < 80 && rc == 0; i++, rows++)
		rc = put(s, i, JOB_STORED, 1, large);
	assert_int_equal(rc, 1);
	assert_int_equal(rows, 64);
	assert_int_equal(put(s, 1, JOB_PENDING, 0, ""), 1); /* until it is flushed */
	flush(s);
	assert_int_equal(put(s, 1, JOB_PENDING, 0, ""), 0);
	close_sink(s);
}

/* A job that comes twice in one group: the group is closed in between, and it is there once. */
static void twice_in_a_group(void **state)
{
	struct sink *s = open_as(SPEC);

	(void)state;
	assert_int_equal(put(s, 1, JOB_STORED, 2, "first"), 0);
	assert_int_equal(put(s, 2, JOB_STORED, 2, "other"), 0);
	assert_int_equal(put(s, 1, JOB_STORED, 3, "second"), 0);
	assert_int_equal(times(ROWS, "first"), 2);
	flush(s);
	assert_int_equal(times(ROWS, "first"), 0);
	assert_int_equal(times(ROWS, "second"), 3);
	assert_int_equal(times(ROWS, "other"), 2);
	assert_false(exists("d/.unsettled"));
	close_sink(s);
}

/* Every codec's parts are rewritten in their own; a part in which nothing is left goes. */
static void replaced(void **state)
{
	static const char *const specs[] = {"jsonl:d?compress=none", "jsonl:d?compress=zstd", "jsonl:d?compress=gzip"};
	static const char *const parts[] = {"run-1-0001.jsonl", "run-1-0002.jsonl.zst", "run-1-0003.jsonl.gz"};
	char pattern[64];
	struct sink *s;

	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		s = open_as(specs[i]);
		assert_int_equal(put(s, 2 * i, JOB_STORED, 2, "old"), 0);
		assert_int_equal(put(s, 2 * i + 1, JOB_STORED, 2, "other"), 0);
		flush(s);
		close_sink(s);
	}
	s = open_as("jsonl:d?compress=none");
	for (unsigned pass = 0; pass < 2; pass++) {
		for (unsigned i = 0; i < 3; i++)
			assert_int_equal(put(s, 2 * i + pass, JOB_STORED, 1, "new"), 0);
		flush(s);
		for (unsigned i = 0; i < 3; i++) {
			(void)snprintf(pattern, sizeof(pattern), "d/*/*/%s", parts[i]);
			assert_int_equal(matches(pattern), pass == 0 ? 4 : 0);
		}
	}
	assert_int_equal(times(ROWS, "new"), 6);
	assert_int_equal(times(ROWS, "old") + times(ROWS, "other"), 0);
	close_sink(s);
}

/* A crash between the manifest lines and the rewriting: the note that is left is followed. */
static void unsettled(void **state)
{
	struct sink *s = open_as(SPEC);
	char date[64], note[200];
	DIR *dir;

	(void)state;
	assert_int_equal(put(s, 1, JOB_STORED, 2, "one"), 0);
	assert_int_equal(put(s, 2, JOB_STORED, 2, "two"), 0);
	flush(s);
	assert_int_equal(rename("d/manifest.jsonl", "kept"), 0);
	close_sink(s);
	dir = opendir("d/jobs");
	assert_non_null(dir);
	for (struct dirent *e; (e = readdir(dir)) != NULL;)
		if (e->d_name[0] == 's')
			(void)snprintf(date, sizeof(date), "%.60s", e->d_name);
	(void)closedir(dir);
	/* The manifest that a crash in the middle of its lines leaves: the second job's is torn. */
	{
		FILE *from = fopen("kept", "re"), *to = fopen("d/manifest.jsonl", "we");
		char *line = NULL;
		size_t cap = 0;
		assert_true(from && to);
		for (int i = 0; i < 3; i++) {
			ssize_t n = getline(&line, &cap, from);
			assert_true(n > 0);
			(void)fwrite(line, 1, (size_t)(i < 2 ? n : n / 2), to);
		}
		free(line);
		(void)fclose(from);
		assert_int_equal(fclose(to), 0);
	}
	(void)snprintf(note, sizeof(note),
		       "jobs/%s/run-1-0001.jsonl\nresult_rows/%s/run-1-0001.jsonl\nresult_rows/gone\n", date, date);
	make_file("d/.unsettled", note);
	s = open_as(SPEC);
	assert_false(exists("d/.unsettled"));
	assert_int_equal(times("d/jobs/*/*", "job_id"), 1);
	assert_int_equal(times(ROWS, "two"), 0);
	assert_int_equal(times(ROWS, "one"), 2);
	close_sink(s);
}

static void orphans(void **state)
{
	struct sink *s = open_as(SPEC);

	(void)state;
	assert_int_equal(put(s, 1, JOB_STORED, 1, "kept"), 0);
	flush(s);
	close_sink(s);
	assert_int_equal(
	    system("set -e; for t in jobs result_rows; do for p in d/$t/*/; do "
		   "echo x >$p/run-0-0001.jsonl; echo x >$p/run-0-12345.jsonl.zst; echo x >$p/run-0-0001.jsonl.gz; "
		   "echo x >$p/mine.jsonl; echo x >$p/mine-001.jsonl; echo x >$p/README; done; done; "
		   "mkdir d/.new d/jobs/mine d/unreadable; echo x >d/.new/jobs; echo x >d/jobs/mine/a-0001.jsonl; "
		   "echo x >d/unreadable/00000000-0000-0000-0000-000000000000.json.zst; echo x >d/unreadable/mine"),
	    0);
	s = open_as(SPEC);
	assert_int_equal(matches("d/jobs/stored*/*"), 4);
	assert_int_equal(matches("d/result_rows/stored*/*"), 4);
	assert_int_equal(matches("d/*/stored*/run-1-0001.jsonl"), 4);
	assert_int_equal(matches("d/unreadable/*"), 1);
	assert_true(exists("d/jobs/mine/a-0001.jsonl"));
	assert_false(exists("d/.new"));
	close_sink(s);
}

static void unreadable(void **state)
{
	const struct job given_up = job_of(2, JOB_UNREADABLE);
	static const char body[] = "d/unreadable/01010000-0000-0000-0000-000000000000.json.zst";
	struct sink *s;

	(void)state;
	options.keep_bodies = false;
	s = open_as(SPEC);
	options.keep_bodies = true;
	assert_int_equal(put(s, 1, JOB_UNREADABLE, 0, "first"), 0);
	assert_int_equal(s->ops->begin(s, &given_up, &err), 0);
	assert_int_equal(s->ops->body(s, "x", 1, &err), 0);
	s->ops->rollback(s);
	assert_int_equal(put(s, 1, JOB_UNREADABLE, 0, "second"), 0);
	flush(s);
	close_sink(s);
	assert_int_equal(matches("d/unreadable/*"), 1);
	assert_int_equal(times(body, "first"), 1);
	s = open_as(SPEC);
	assert_int_equal(times(body, "first"), 1);
	assert_int_equal(put(s, 1, JOB_EXPIRED, 0, ""), 0);
	flush(s);
	assert_int_equal(times(body, "first"), 1);
	assert_int_equal(put(s, 1, JOB_STORED, 1, "good"), 0);
	assert_true(exists(body));
	flush(s);
	assert_false(exists(body));
	close_sink(s);
}

/* Parts without a manifest are somebody's loss: they are not removed as nobody's. */
static void manifest_lost(void **state)
{
	struct sink *s = open_as(SPEC);

	(void)state;
	assert_int_equal(put(s, 1, JOB_STORED, 1, "x"), 0);
	flush(s);
	close_sink(s);
	assert_int_equal(unlink("d/manifest.jsonl"), 0);
	assert_null(sink_open(SPEC, &options, &err));
	assert_int_equal(err.kind, ERR_FATAL);
	assert_string_equal(err.msg, "'d' has parts, but no manifest.jsonl that says what is in them");
	assert_int_equal(matches("d/jobs/*/*"), 1);
}

/* A damaged part costs its own lines alone: what replaces them is stored. */
static void damaged_part(void **state)
{
	static const char *const damages[] = {"", "not ours\n", "{\"job_id\":\"x", "\n"};
	struct sink *s = open_as(SPEC);

	(void)state;
	for (unsigned i = 0; i < 4; i++) {
		char pattern[64];
		glob_t found;
		assert_int_equal(put(s, i, JOB_STORED, 1, "old"), 0);
		flush(s);
		(void)snprintf(pattern, sizeof(pattern), "d/result_rows/*/run-1-%04u.jsonl", 2 * i + 1);
		assert_int_equal(glob(pattern, 0, NULL, &found), 0);
		make_file(found.gl_pathv[0], damages[i]);
		globfree(&found);
		assert_int_equal(put(s, i, JOB_STORED, 1, "new"), 0);
		flush(s);
		assert_false(exists("d/.unsettled"));
	}
	assert_int_equal(times(ROWS, "new"), 4);
	close_sink(s);
}

/* Nothing is written or removed through a symbolic link. */
static void links(void **state)
{
	static const char *const attacks[] = {
	    "mkdir d/jobs && ln -s ../../away d/jobs/stored_date=$(date -u +%Y-%m-%d)",
	    "ln -s ../away d/jobs",
	    "ln -s ../away/file d/.unsettled",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(attacks) / sizeof(attacks[0]); i++) {
		struct sink *s;
		assert_int_equal(
		    system("rm -rf d away; mkdir d away; echo jobs/x >away/file; echo x >away/a-0001.jsonl"), 0);
		assert_int_equal(system(attacks[i]), 0);
		s = sink_open(SPEC, &options, &err);
		if (s) {
			(void)put(s, 1, JOB_STORED, 1, "x");
			assert_int_equal(s->ops->flush(s, &err), -1);
			(void)s->ops->close(s, &err);
		}
		assert_int_equal(err.kind, ERR_FATAL);
		assert_int_equal(matches("away/*"), 2);
		assert_int_equal(times("away/file", "jobs/x\n"), 1);
	}
}

/* Temporary names that are links: the link goes, not what it points to. */
static void temporary_links(void **state)
{
	struct sink *s;

	(void)state;
	assert_int_equal(system("mkdir d away; echo x >away/file; ln -s ../away d/.new"), 0);
	s = open_as(SPEC);
	assert_int_equal(put(s, 1, JOB_STORED, 1, "x"), 0);
	flush(s);
	close_sink(s);
	assert_int_equal(matches("away/*"), 1);
	assert_int_equal(times(ROWS, "\"x\""), 1);
}

static void only_to_read(void **state)
{
	struct sink_options reading = options;
	struct sink *s = open_as(SPEC);
	struct uuid id;
	struct job job;

	(void)state;
	assert_int_equal(put(s, 1, JOB_STORED, 1, "x"), 0);
	flush(s);
	reading.read_only = true;
	make_file("d/.unsettled", "");
	struct sink *reader = sink_open("jsonl:d", &reading, &err);
	assert_non_null(reader);
	assert_int_equal(reader->ops->next_job(reader, &job, &err), 1);
	id = job.id;
	assert_int_equal(reader->ops->read_job(reader, &id, &job, &err), 1);
	assert_int_equal(job.state, JOB_STORED);
	assert_int_equal(reader->ops->read_body(reader, &id, NULL, NULL, &err), 0);
	assert_int_equal(reader->ops->next_job(reader, &job, &err), 0);
	close_sink(reader);
	assert_true(exists("d/.unsettled"));
	close_sink(s);
}

static struct stamp at(const char *text)
{
	struct stamp t;

	assert_int_equal(time_parse_iso(text, strlen(text), &t), TIME_OK);
	return t;
}

/* The date is of storing: at midnight (UTC) a part is old. */
static void midnight(void **state)
{
	struct flatdir *dir = flatdir_open("d", &options, &err);
	struct jsonl_parts *parts = jsonl_parts_new(dir, JSONL_NONE, "run-9");
	const struct stamp before = at("2026-11-23T23:59:59.999Z"), after = at("2026-11-24T00:00:00.000Z");
	struct buf places;

	(void)state;
	assert_true(dir && parts);
	buf_init(&places, 4096);
	assert_false(jsonl_parts_is_old(parts, &before));
	for (int i = 0; i < 2; i++) {
		struct buf *lines;
		jsonl_parts_begin(parts, i ? &after : &before);
		lines = jsonl_parts_lines(parts, JSONL_JOBS, &err);
		assert_non_null(lines);
		assert_int_equal(buf_adds(lines, "{}\n"), 0);
		assert_int_equal(jsonl_parts_added(parts, JSONL_JOBS, &err), 0);
		assert_int_equal(jsonl_parts_places(parts, &places), 0);
		assert_int_equal(jsonl_parts_keep(parts, &err), 0);
		assert_int_equal(jsonl_parts_is_old(parts, &before), i == 1);
		assert_int_equal(jsonl_parts_is_old(parts, &after), i == 0);
		assert_int_equal(jsonl_parts_finish(parts, &err), 0);
		assert_int_equal(jsonl_parts_publish(parts, &err), 0);
		assert_false(jsonl_parts_is_old(parts, &after));
	}
	assert_string_equal(buf_cstr(&places), "[\"jobs/stored_date=2026-11-23/run-9-0001.jsonl\"]"
					       "[\"jobs/stored_date=2026-11-24/run-9-0002.jsonl\"]");
	assert_true(exists("d/jobs/stored_date=2026-11-23/run-9-0001.jsonl"));
	assert_true(exists("d/jobs/stored_date=2026-11-24/run-9-0002.jsonl"));
	buf_free(&places);
	jsonl_parts_free(parts);
	flatdir_close(dir);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(layout),          TEST(full),         TEST(twice_in_a_group), TEST(replaced),     TEST(unsettled),
	    TEST(orphans),         TEST(unreadable),   TEST(manifest_lost),    TEST(damaged_part), TEST(links),
	    TEST(temporary_links), TEST(only_to_read), TEST(midnight),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
