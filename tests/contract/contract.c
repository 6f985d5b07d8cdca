#include "contract.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* clang-format off: it takes the condition for an entry */
static const struct contract_sink kinds[] = {
    {"sqlite:", "a.db", &reader_sqlite, NULL, NULL},
#ifdef WITH_POSTGRES
    {"pg:", NULL, &reader_postgres, "OMNI_TEST_PG", postgres_fresh},
#endif
    {"jsonl:", "parts", &reader_jsonl, NULL, NULL},
    {"csv:", "folders", &reader_csv, NULL, NULL},
    {"raw:", "bodies", &reader_raw, NULL, NULL},
    {"null:", NULL, NULL, NULL, NULL},
};
/* clang-format on */

static const struct contract_test *const suites[] = {tests_order,   tests_group,   tests_cells,  tests_ledger, tests_reading,
						     tests_bodies,  tests_content, tests_reruns, tests_views};

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

/* One test on one sink. */
struct entry {
	const struct contract_sink *kind;
	const struct contract_test *test;
	char name[128];
};

static int setup(void **state)
{
	const struct entry *e = *state;
	struct world *w = calloc(1, sizeof(*w));
	const char *tmp = getenv("TMPDIR");
	const struct sink_ops *ops;
	struct err err;

	if (!w)
		return -1;
	w->kind = e->kind;
	w->test = e->test;
	w->options = &world_options;
	(void)snprintf(w->dir, sizeof(w->dir), "%s/contract-XXXXXX", tmp && *tmp ? tmp : "/tmp");
	if (!mkdtemp(w->dir)) {
		free(w);
		return -1;
	}
	(void)snprintf(w->spec, sizeof(w->spec), "%s%s%s%s", e->kind->scheme, e->kind->name ? w->dir : "",
		       e->kind->name ? "/" : "", e->kind->name ? e->kind->name : "");
	if (e->kind->fresh && !e->kind->fresh(w->spec + strlen(w->spec), sizeof(w->spec) - strlen(w->spec))) {
		(void)rmdir(w->dir);
		free(w);
		return -1;
	}
	ops = sink_find(w->spec, &w->target, &err);
	w->has = ops ? ops->has : 0;
	*state = w;
	return ops ? 0 : -1;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *at)
{
	(void)st, (void)type, (void)at;
	return remove(path);
}

static int teardown(void **state)
{
	struct world *w = *state;
	struct err err;

	if (w->sink)
		(void)w->sink->ops->close(w->sink, &err);
	(void)nftw(w->dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
	free(w);
	return 0;
}

static void run(void **state)
{
	struct world *w = *state;

	w->test->run(w);
}

/* Fills in the tests of one sink that apply; returns how many. */
static size_t choose(const struct contract_sink *kind, struct entry *entries, size_t room)
{
	struct err err;
	const char *target;
	const struct sink_ops *ops = sink_find(kind->scheme, &target, &err);
	const unsigned has = ops ? ops->has | (kind->name ? NEEDS_FILES : 0) : 0;
	size_t n = 0;

	if (kind->server && !getenv(kind->server)) {
		(void)printf("# %s is not tested: %s is not set\n", kind->scheme, kind->server);
		return 0;
	}
	for (size_t i = 0; ops && i < LENGTH(suites); i++) {
		for (const struct contract_test *t = suites[i]; t->name; t++) {
			if ((t->needs & has) != t->needs || n == room)
				continue;
			entries[n] = (struct entry){.kind = kind, .test = t};
			(void)snprintf(entries[n].name, sizeof(entries[n].name), "%s %s", kind->scheme, t->name);
			n++;
		}
	}
	return n;
}

int main(void)
{
	static struct entry entries[256];
	static struct CMUnitTest tests[LENGTH(entries)];
	size_t n = 0;

	for (size_t i = 0; i < LENGTH(kinds); i++)
		n += choose(&kinds[i], entries + n, LENGTH(entries) - n);
	for (size_t i = 0; i < n; i++)
		tests[i] = (struct CMUnitTest){entries[i].name, run, setup, teardown, &entries[i]};
	if (n == 0 || n == LENGTH(entries)) {
		(void)fprintf(stderr, "contract: %zu tests: the table is empty or too small\n", n);
		return 1;
	}
	return _cmocka_run_group_tests("contract", tests, n, NULL, NULL);
}
