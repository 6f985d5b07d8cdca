/* test_postgres_fault.c: what a refusal of PostgreSQL means. */
#include "postgres_fault.h"
#include "unit.h"

#include <string.h>

static const struct {
	const char *sqlstate, *words;
	bool lost;
	enum err_kind kind;
	const char *says;
} cases[] = {
    {"08006", "gone", false, ERR_RETRY, "broke off: gone"},
    {"57P01", "terminating connection due to administrator command", false, ERR_RETRY, "administrator command"},
    {"57P03", "the database system is starting up", false, ERR_RETRY, "starting up"},
    {"57P04", "dropped", false, ERR_FATAL, "dropped"},
    {"57014", "canceling statement due to user request", false, ERR_RETRY, "user request"},
    {"40P01", "deadlock detected", false, ERR_RETRY, "deadlock"},
    {"53300", "too many clients", false, ERR_RETRY, "too many"},
    {"25P03", "idle", false, ERR_RETRY, "idle"},
    {NULL, "server closed the connection unexpectedly\n\tThis probably means\n", true, ERR_RETRY,
     "was lost: server closed the connection unexpectedly; This probably means"},
    {NULL, "", true, ERR_RETRY, "without a word"},
    {"22021", "invalid byte sequence", false, ERR_JOB, "does not take this job: invalid byte sequence"},
    {"22P02", "invalid input syntax for type json", false, ERR_JOB, "json"},
    {"23505", "duplicate key", false, ERR_JOB, "duplicate"},
    {"54000", "too large", false, ERR_JOB, "too large"},
    {"22021", "invalid byte sequence", true, ERR_RETRY, "was lost"},
    {"53100", "could not extend file: No space left on device", false, ERR_FATAL, "no room left"},
    {"53200", "out of memory", false, ERR_FATAL, "out of memory"},
    {"25006", "cannot execute", false, ERR_FATAL, "read-only for role 'me'"},
    {"42501", "permission denied for table jobs", false, ERR_FATAL,
     "role 'me' lacks a right in database 'db' at 'here:1': permission denied for table jobs"},
    {"42P01", "relation does not exist", false, ERR_FATAL, "not laid out"},
    {"42703", "column does not exist", false, ERR_FATAL, "not laid out"},
    {"3F000", "schema does not exist", false, ERR_FATAL, "not laid out"},
    {"55P03", "canceling statement due to lock timeout", false, ERR_FATAL, "another program has kept a table"},
    {"2BP01", "cannot drop view v because other objects depend on it", false, ERR_FATAL,
     "other objects depend on it (database 'db' at 'here:1': cannot drop view v because"},
    {"XX000", "unexpected.", false, ERR_FATAL, "database 'db' at 'here:1': unexpected"},
    {NULL, NULL, false, ERR_FATAL, "an error without words"},
    {"", "", false, ERR_FATAL, "an error without words"},
};

static void kinds(void **state)
{
	const struct postgres_where where = {"'db' at 'here:1'", "me"};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct err err = {0};
		assert_int_equal(postgres_fault_set(&err, &where, cases[i].sqlstate, cases[i].words, cases[i].lost),
				 -1);
		if (err.kind != cases[i].kind || !strstr(err.msg, cases[i].says) || strchr(err.msg, '\n') ||
		    err.msg[strlen(err.msg) - 1] == '.')
			fail_msg("%s: kind %d, '%s'", cases[i].sqlstate ? cases[i].sqlstate : "(none)", (int)err.kind,
				 err.msg);
	}
}

static void long_words(void **state)
{
	const struct postgres_where where = {"'db'", "me"};
	char words[5000];
	struct err err;

	(void)state;
	memset(words, 'x', sizeof(words));
	words[sizeof(words) - 1] = '\0';
	assert_int_equal(postgres_fault_set(&err, &where, "53100", words, false), -1);
	assert_non_null(strstr(err.msg, "no room left"));
	assert_int_equal(postgres_fault_set(NULL, &where, "53100", words, false), -1);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {cmocka_unit_test(kinds), cmocka_unit_test(long_words)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
