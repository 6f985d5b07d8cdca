/* test_sqlite_file.c: which files a SQLite sink takes, and that it leaves all others as they are. */
#include "sqlite_test.h"

#include <sys/wait.h>

static void expect_refused_by(const struct sink_options *o, const char *path, const char *words)
{
	char spec[128];

	(void)snprintf(spec, sizeof(spec), "sqlite:%s", path);
	assert_null(sink_open(spec, o, &err));
	assert_int_equal(err.kind, ERR_FATAL);
	if (!strstr(err.msg, words))
		fail_msg("'%s' does not say '%s'", err.msg, words);
}

static void expect_refused(const char *path, const char *words)
{
	expect_refused_by(&options, path, words);
}

static const struct sink_options read_only = {.read_only = true};

static void test_paths(void **state)
{
	(void)state;
	assert_int_equal(mkdir("folder", 0700), 0);
	assert_int_equal(mkfifo("pipe", 0600), 0);
	assert_int_equal(symlink("nothing/there", "dangling"), 0);
	assert_int_equal(symlink("self", "self"), 0);
	expect_refused("", "names no file");
	expect_refused("folder", "'folder' is not a file");
	expect_refused("pipe", "'pipe' is not a file");
	expect_refused("/dev/null", "'/dev/null' is not a file");
	expect_refused("missing/a.db", "cannot create 'missing/a.db': No such file or directory");
	expect_refused("dangling", "'dangling'");
	expect_refused("self", "cannot open 'self': Too many levels");
	assert_false(exists("nothing"));
}

static void refused_without_permission(void)
{
	close_sink(open_sink("sqlite:a.db"));
	assert_int_equal(chmod("a.db", 0400), 0);
	expect_refused("a.db", "cannot open 'a.db': Permission denied");
	assert_int_equal(mkdir("folder", 0500), 0);
	expect_refused("folder/a.db", "cannot create 'folder/a.db': Permission denied");
}

/* Root may do everything: so it becomes somebody else first, in a process of its own. */
static void test_without_permission(void **state)
{
	pid_t pid;
	int status;

	(void)state;
	if (geteuid() != 0) {
		refused_without_permission();
		return;
	}
	assert_int_equal(chmod(".", 0777), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		if (setgid(65534) || setuid(65534))
			_exit(2);
		refused_without_permission();
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

/* Names that mean something else to SQLite are names of files. */
static void test_names(void **state)
{
	static const char *const names[] = {":memory:", "file:a.db?mode=memory", "a b%20'\"", "-x"};

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		char spec[64];
		struct stat st;
		(void)snprintf(spec, sizeof(spec), "sqlite:%s", names[i]);
		close_sink(open_sink(spec));
		assert_int_equal(stat(names[i], &st), 0);
		assert_true(st.st_size > 0);
	}
}

static void write_file(const char *path, const void *p, size_t n)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	assert_int_equal(fwrite(p, 1, n, f), n);
	assert_int_equal(fclose(f), 0);
}

/* The file as it is, freshly allocated. */
static char *read_file(const char *path, size_t *n)
{
	struct stat st;
	FILE *f = fopen(path, "r");
	char *p;

	assert_non_null(f);
	assert_int_equal(fstat(fileno(f), &st), 0);
	p = malloc((size_t)st.st_size + 1);
	assert_non_null(p);
	*n = fread(p, 1, (size_t)st.st_size + 1, f);
	assert_int_equal(fclose(f), 0);
	return p;
}

static void expect_refused_untouched(const char *path, const char *words)
{
	size_t n_before, n_after;
	char *before = read_file(path, &n_before), *after;

	expect_refused(path, words);
	expect_refused_by(&read_only, path, words);
	after = read_file(path, &n_after);
	assert_int_equal(n_before, n_after);
	assert_memory_equal(before, after, n_before);
	free(before);
	free(after);
	assert_false(exists("a.db-wal"));
	assert_false(exists("a.db-journal"));
}

static void test_no_database(void **state)
{
	static char junk[8192] = "job_id,topic\n";
	static const size_t sizes[] = {1, 13, 99, 100, 512, 4096, 8192};

	(void)state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		write_file("a.db", junk, sizes[i]);
		expect_refused_untouched("a.db", "'a.db' is not an SQLite database");
	}
	write_file("a.db", "", 0);
	close_sink(open_sink("sqlite:a.db")); /* an empty file is an empty database */
}

/* What is only to be read and holds nothing of ours knows no job, and stays as it is. */
static void test_nothing_to_read(void **state)
{
	static const char *const names[] = {"missing/a.db", "a.db", "empty.db", "foreign.db"};

	(void)state;
	write_file("empty.db", "", 0);
	run_sql_in("foreign.db", "CREATE TABLE mine (x)");
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const struct uuid id = {{1}};
		struct ledger_entry entry = {.state = JOB_STORED};
		struct sink *s = sink_open(names[i], &read_only, &err);
		assert_non_null(s);
		assert_int_equal(s->ops->states(s, &id, 1, &entry, &err), 0);
		assert_int_equal(entry.state, JOB_NONE);
		close_sink(s);
	}
	assert_false(exists("a.db"));
	assert_string_equal(ask("foreign.db", "SELECT count(*) FROM sqlite_master", 0), "1 ");
	assert_int_equal(mkdir("folder", 0700), 0);
	assert_int_equal(mkfifo("pipe", 0600), 0);
	expect_refused_by(&read_only, "folder", "'folder' is not a file");
	expect_refused_by(&read_only, "pipe", "'pipe' is not a file");
}

/* Databases that are not ours, or not ours yet. */
static void test_strange_schemas(void **state)
{
	static const struct {
		const char *sql, *words;
	} cases[] = {
	    {"UPDATE schema_version SET version = 2",
	     "'a.db' has schema version 2, and this program knows none above 1"},
	    {"UPDATE schema_version SET version = 999999999999", "schema version 999999999999"},
	    {"UPDATE schema_version SET version = 0", "that is not this program's"},
	    {"UPDATE schema_version SET version = 'one'", "that is not this program's"},
	    {"INSERT INTO schema_version VALUES (1)", "that is not this program's"},
	    {"DELETE FROM schema_version", "that is not this program's"},
	    {"ALTER TABLE schema_version RENAME COLUMN version TO rank", "that is not this program's"},
	    {"ALTER TABLE schema_version RENAME TO x", "has a table 'actions' but no 'schema_version'"},
	    {"DROP VIEW result_rows; DROP TABLE bodies",
	     "'a.db' is not laid out as its schema version says: no such table: bodies"},
	    {"ALTER TABLE jobs DROP COLUMN topic", "is not laid out as its schema version says"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		close_sink(open_sink("sqlite:a.db"));
		run_sql_in("a.db", cases[i].sql);
		expect_refused_untouched("a.db", cases[i].words);
		assert_int_equal(remove("a.db"), 0);
	}
	run_sql_in("a.db", "CREATE VIEW Jobs AS SELECT 1");
	expect_refused_untouched("a.db", "has a table 'jobs' but no 'schema_version'");
	assert_int_equal(remove("a.db"), 0);
	run_sql_in("a.db", "CREATE TABLE schema_version (installed_rank INT, version TEXT)");
	expect_refused_untouched("a.db", "that is not this program's");
}

static void test_beside_other_tables(void **state)
{
	(void)state;
	run_sql_in("a.db", "CREATE TABLE mine (x); INSERT INTO mine VALUES (42)");
	close_sink(open_sink("sqlite:a.db"));
	close_sink(open_sink("sqlite:a.db"));
	assert_string_equal(ask("a.db", "SELECT x FROM mine", 0), "42 ");
	assert_string_equal(ask("a.db", "SELECT version FROM schema_version", 0), "1 ");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    TEST(test_paths),
	    TEST(test_without_permission),
	    TEST(test_names),
	    TEST(test_no_database),
	    TEST(test_nothing_to_read),
	    TEST(test_strange_schemas),
	    TEST(test_beside_other_tables),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
