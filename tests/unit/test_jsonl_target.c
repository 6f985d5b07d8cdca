#include "jsonl_target.h"

#include "unit.h"

#include <string.h>

static struct err err;

static void good(void **state)
{
	static const struct {
		const char *spec, *dir;
		enum jsonl_codec codec;
	} cases[] = {
	    {"d", "d", JSONL_ZSTD},
	    {"/a b/c", "/a b/c", JSONL_ZSTD},
	    {"d?", "d", JSONL_ZSTD},
	    {"d?compress=zstd", "d", JSONL_ZSTD},
	    {"d?compress=gzip", "d", JSONL_GZIP},
	    {"d?compress=none", "d", JSONL_NONE},
	    {"d?compress=none&compress=gzip", "d", JSONL_GZIP},
	    {"odd?name?compress=gzip", "odd?name", JSONL_GZIP},
	    {"odd?name?", "odd?name", JSONL_ZSTD},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct jsonl_target t;
		assert_int_equal(jsonl_target_parse(cases[i].spec, &t, &err), 0);
		assert_string_equal(t.dir, cases[i].dir);
		assert_int_equal(t.codec, cases[i].codec);
		jsonl_target_free(&t);
	}
}

static void bad(void **state)
{
	static const struct {
		const char *spec, *says;
	} cases[] = {
	    {"", "names no folder"},
	    {"?compress=zstd", "names no folder"},
	    {"d?compress", "unknown option 'compress' of a jsonl sink (there is compress=zstd, gzip or none)"},
	    {"d?formulas=escape", "unknown option 'formulas=escape'"},
	    {"d?compress=", "cannot 'compress='"},
	    {"d?compress=ZSTD", "cannot 'compress=ZSTD'"},
	    {"d?compress=zstd&x=1", "unknown option 'x=1'"},
	    {"d?compress=zstd2", "cannot 'compress=zstd2'"},
	    {"d?&compress=zstd", "unknown option ''"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct jsonl_target t;
		assert_int_equal(jsonl_target_parse(cases[i].spec, &t, &err), -1);
		assert_int_equal(err.kind, ERR_USAGE);
		if (!strstr(err.msg, cases[i].says))
			fail_msg("'%s': %s", cases[i].spec, err.msg);
		jsonl_target_free(&t);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(good), cmocka_unit_test(bad)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
