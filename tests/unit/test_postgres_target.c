/* test_postgres_target.c: connection strings, and no password on the way out. */
#include "postgres_target.h"
#include "unit.h"

#include <stdlib.h>
#include <string.h>

static const struct {
	const char *scheme, *target, *conninfo; /* NULL: refused */
} cases[] = {
    {"pg", "", ""},
    {"pg", "service=x", "service=x"},
    {"pg", "host=h password=a@b@c/d", "host=h password=a@b@c/d"},
    {"pg", "postgresql://h/d", "postgresql://h/d"},
    {"pg", "postgres://u:p@q@h/d", NULL},
    {"postgresql", "//h/d", "postgresql://h/d"},
    {"postgresql", "//", "postgresql://"},
    {"postgres", "//u:p@h:5/d?sslmode=require", "postgresql://u:p@h:5/d?sslmode=require"},
    {"postgres", "//u:p%40q@[::1]:5/d", "postgresql://u:p%40q@[::1]:5/d"},
    {"postgresql", "//h1:1,h2:2/d", "postgresql://h1:1,h2:2/d"},
    {"postgresql", "", NULL},
    {"postgresql", "/h/d", NULL},
    {"postgresql", "host=h", NULL},
    {"postgresql", "//u:secret/word@h/d", NULL},
    {"postgresql", "//u:secret?word@h/d", NULL},
    {"postgresql", "//u:secret#word@h/d", NULL},
    {"postgresql", "//u:secret@word@h/d", NULL},
    {"postgresql", "//u:secret@h/d?user=a@word", NULL},
};

static void conninfos(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct err err = {0};
		char *conninfo = postgres_target_conninfo(cases[i].scheme, cases[i].target, &err);
		if (cases[i].conninfo) {
			assert_non_null(conninfo);
			assert_string_equal(conninfo, cases[i].conninfo);
		} else {
			assert_null(conninfo);
			assert_int_equal(err.kind, ERR_USAGE);
			assert_null(strstr(err.msg, "secret"));
			assert_null(strstr(err.msg, "word@"));
		}
		free(conninfo);
	}
}

static void hidden(void **state)
{
	static const struct {
		const char *words, *password, *shown;
	} all[] = {
	    {"no secret here", NULL, "no secret here"},
	    {"no secret here", "", "no secret here"},
	    {"my secret, your secret", "secret", "my ***, your ***"},
	    {"secretsecret", "secret", "******"},
	    {"secre", "secret", "secre"},
	    {"", "secret", ""},
	};
	struct buf b;

	(void)state;
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		buf_init(&b, 100);
		assert_int_equal(postgres_target_hide(all[i].words, all[i].password, &b), 0);
		assert_string_equal(buf_cstr(&b), all[i].shown);
		buf_free(&b);
	}
	buf_init(&b, 5);
	assert_int_equal(postgres_target_hide("a secret", "secret", &b), 0);
	assert_int_equal(postgres_target_hide("x", NULL, &b), -1);
	buf_free(&b);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {cmocka_unit_test(conninfos), cmocka_unit_test(hidden)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
