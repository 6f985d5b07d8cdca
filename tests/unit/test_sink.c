/* test_sink.c: which sink a spec names, and that no message shows a password. */
#include "sink.h"

#include "unit.h"

#include <string.h>

static void test_find(void **state)
{
	static const struct {
		const char *spec, *scheme, *target;
	} cases[] = {
	    {"sqlite:a.db", "sqlite", "a.db"},
	    {"sqlite:", "sqlite", ""},
	    {"sqlite:/x/y z", "sqlite", "/x/y z"},
	    {"sqlite::memory:", "sqlite", ":memory:"},
	    {"null:", "null", ""},
	    {"null:x.db", "null", "x.db"},
	    {"a.db", "sqlite", "a.db"},
	    {"./x/a.sqlite", "sqlite", "./x/a.sqlite"},
	    {"a.sqlite3", "sqlite", "a.sqlite3"},
	    {"2025-01-01T10:00.db", "sqlite", "2025-01-01T10:00.db"},
	    {"./sqlit:a.db", "sqlite", "./sqlit:a.db"},
	    {"db:a.db", "sqlite", "db:a.db"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *target = NULL;
		struct err err;
		const struct sink_ops *ops = sink_find(cases[i].spec, &target, &err);
		assert_non_null(ops);
		assert_string_equal(ops->scheme, cases[i].scheme);
		assert_string_equal(target, cases[i].target);
	}
}

static void test_unknown(void **state)
{
	static const struct {
		const char *spec, *quoted;
	} cases[] = {
	    {"", "unknown sink '' (there are"},
	    {".db", "unknown sink '.db' (there are"},
	    {"results", "unknown sink 'results' (there are"},
	    {"sqlite", "unknown sink 'sqlite'; did you mean 'sqlite:'? (there are"},
	    {"sqlit:a.db", "unknown sink 'sqlit:'; did you mean 'sqlite:'? (there are"},
	    {"SQLITE:a.csv", "unknown sink 'SQLITE:'; did you mean 'sqlite:'? (there are"},
	    {"jsonl/x", "unknown sink 'jsonl/x'"},
	    {"josnl:x", "'josnl:'; did you mean 'jsonl:'?"},
	    {"nul:", "'nul:'; did you mean 'null:'?"},
	    {"x:secret.db://", "unknown sink 'x:' (there are"},
	    {"me:secret@host", "unknown sink 'me:' (there are"},
	    {"me@secret", "unknown sink 'me' (there are"},
	    {"host=h password=secret", "unknown sink 'host' (there are"},
#ifdef WITH_POSTGRES
	    {"postgre://me:secret@host/x.db", "unknown sink 'postgre:'; did you mean 'postgresql:'? (there are"},
#else
	    {"postgre://me:secret@host/x.db", "unknown sink 'postgre:' (there are"},
#endif
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *target;
		struct err err;
		assert_null(sink_find(cases[i].spec, &target, &err));
		assert_int_equal(err.kind, ERR_USAGE);
		assert_non_null(strstr(err.msg, cases[i].quoted));
		assert_non_null(strstr(err.msg, "sqlite:, "));
		assert_non_null(strstr(err.msg, ", null:"));
		assert_null(strstr(err.msg, "secret"));
	}
}

/* Each kind of sink is offered once, by what its specs begin with. */
static void test_offer(void **state)
{
	static const struct {
		const char *start;
		bool path;
	} offers[] = {{"sqlite:", true},
#ifdef WITH_POSTGRES
		      {"postgresql://", false},
#endif
		      {"jsonl:", true},         {"csv:", true}, {"raw:", true}, {"null:", false}, {NULL, false}};

	(void)state;
	for (size_t i = 0; i < sizeof(offers) / sizeof(offers[0]); i++) {
		const char *target;
		struct err err;
		bool path = false;
		const char *start = sink_offer(i, &path);

		if (!offers[i].start) {
			assert_null(start);
			continue;
		}
		assert_string_equal(start, offers[i].start);
		assert_int_equal(path, offers[i].path);
		assert_non_null(sink_find(start, &target, &err));
		assert_int_equal(sink_scheme(start), strcspn(start, ":") + 1);
	}
	assert_int_equal(sink_scheme("sqlite"), 0);
	assert_int_equal(sink_scheme("jobs.txt"), 0);
	assert_int_equal(sink_scheme("what:x"), 0);
}

static void test_show(void **state)
{
	static const struct {
		const char *spec, *shown;
	} cases[] = {
	    {"sqlite:a.db", "sqlite:a.db"},
	    {"jsonl:x?compress=zstd", "jsonl:x?compress=zstd"},
	    {"null:", "null:"},
	    {"", ""},
	    {"postgresql://host/db", "postgresql://host/db"},
	    {"postgresql://host:5432/db", "postgresql://host:5432/db"},
	    {"postgresql://me@host:5432/db", "postgresql://me@host:5432/db"},
	    {"postgres://me:secret@host:5432/db", "postgres://me:***@host:5432/db"},
	    {"postgres://me:@host/db", "postgres://me:***@host/db"},
	    {"postgres://:secret@/db", "postgres://:***@/db"},
	    {"postgres://me:se:cr@et@host/db", "postgres://me:***@host/db"},
	    {"postgres://me:s/ec?r#et@host/db", "postgres://me:***@host/db"},
	    {"postgres://me@corp:secret@host/db", "postgres://me@corp:***@host/db"},
	    {"postgres://[::1]:5432/db", "postgres://[::1]:5432/db"},
	    {"postgres://h/db?user=me&password=secret", "postgres://h/db?user=me&password=***"},
	    {"postgres://h/db?password=secret&x=1", "postgres://h/db?password=***&x=1"},
	    {"postgres://h/db?sslpassword=secret", "postgres://h/db?sslpassword=***"},
	    {"postgres://h/db?PASSWORD=secret&", "postgres://h/db?PASSWORD=***&"},
	    {"postgres://h/db?p%61ssword=secret", "postgres://h/db?p%61ssword=***"},
	    {"postgres://h/db?password", "postgres://h/db?password"},
	    {"postgres://me:a@h/db?password=secret", "postgres://me:***@h/db?password=***"},
	    {"pg:postgresql://me:secret@host/db", "pg:postgresql://me:***@host/db"},
	    {"pg:", "pg:"},
	    {"pg:dbname=x", "pg:dbname=x"},
	    {"pg:host=h password=secret user=me", "pg:host=h password=*** user=me"},
	    {"pg:  host = h  password = secret ", "pg:host=h password=***"},
	    {"pg:password='se cr\\' et' user=me", "pg:password=*** user=me"},
	    {"pg:password=se\\ cret user=me", "pg:password=*** user=me"},
	    {"pg:user='a b' password=''", "pg:user='a b' password=***"},
	    {"pg:password='never closed user=me", "pg:password=***"},
	    {"pg:password=secret\\", "pg:password=***"},
	    {"pg:oauth_client_secret=secret", "pg:oauth_client_secret=***"},
	    {"pg:user=me secret", "pg:user=me ***"},
	    {"pg:password secret", "pg:***"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct buf out;
		buf_init(&out, 1000);
		assert_int_equal(sink_spec_show(cases[i].spec, &out), 0);
		assert_string_equal(buf_cstr(&out), cases[i].shown);
		buf_free(&out);
	}
}

static void test_show_without_room(void **state)
{
	(void)state;
	for (size_t max = 0; max < 30; max++) {
		struct buf out;
		buf_init(&out, max);
		assert_int_equal(sink_spec_show("pg:host=h password=s user=me x=1", &out), -1);
		assert_int_equal(sink_spec_show("postgres://me:s@host/d?password=s", &out), -1);
		assert_null(strstr(buf_cstr(&out), "=s"));
		buf_free(&out);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_find), cmocka_unit_test(test_unknown),           cmocka_unit_test(test_offer),
	    cmocka_unit_test(test_show), cmocka_unit_test(test_show_without_room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
