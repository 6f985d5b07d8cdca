#include "fetch_fault.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void sentences(void **state)
{
	static const struct {
		struct fetch_fault fault;
		enum err_kind kind;
		const char *said;
	} all[] = {
	    {{.kind = FAULT_RESOLVE}, ERR_RETRY, "could not resolve 'h'"},
	    {{.kind = FAULT_CONNECT, .errnum = ECONNREFUSED},
	     ERR_RETRY,
	     "could not connect to 'h': Connection refused"},
	    {{.kind = FAULT_CONNECT}, ERR_RETRY, "could not connect to 'h': words"},
	    {{.kind = FAULT_TIMEOUT}, ERR_RETRY, "could not connect to 'h' within 15 s"},
	    {{.kind = FAULT_TIMEOUT, .connected = 1}, ERR_RETRY, "no byte came from 'h' for 60 s"},
	    {{.kind = FAULT_CUT, .got = 1234, .length = 5678}, ERR_RETRY, "the body was cut short: 1234 of 5678 bytes"},
	    {{.kind = FAULT_CUT, .got = 0, .length = 5678}, ERR_RETRY, "the body was cut short: 0 of 5678 bytes"},
	    {{.kind = FAULT_CUT, .got = 7, .length = -1}, ERR_RETRY, "the body was cut short after 7 bytes: words"},
	    {{.kind = FAULT_CUT, .got = 9, .length = 9}, ERR_RETRY, "the body was cut short after 9 bytes: words"},
	    {{.kind = FAULT_CUT, .got = 0, .length = -1}, ERR_RETRY, "the transfer from 'h' failed: words"},
	    {{.kind = FAULT_TRUST}, ERR_JOB, "the certificate of 'h' is not trusted: words"},
	    {{.kind = FAULT_LASTING}, ERR_JOB, "the transfer from 'h' failed: words"},
	    {{.kind = FAULT_FATAL}, ERR_FATAL, "libcurl cannot go on: words"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
		struct fetch_fault f = all[i].fault;
		struct err err;

		f.host = "h";
		f.said = "words";
		f.timeout_s = 60;
		f.connect_timeout_s = 15;
		fetch_fault_tell(&f, &err);
		assert_int_equal(err.kind, all[i].kind);
		assert_string_equal(err.msg, all[i].said);
	}
}

/* libcurl's words may hold what a server sent: a name in a certificate, a status line. */
static void foreign_words_are_made_visible(void **state)
{
	struct fetch_fault f = {.kind = FAULT_TRUST, .host = "h", .said = "name \x1b[2J\n\xff"};
	char endless[5000];
	struct err err;

	(void)state;
	fetch_fault_tell(&f, &err);
	for (const char *p = err.msg; *p; p++)
		assert_true(*p >= ' ' && *p <= '~');
	assert_non_null(strstr(err.msg, "[2J"));
	memset(endless, 'x', sizeof endless - 1);
	endless[sizeof endless - 1] = '\0';
	f.said = endless;
	fetch_fault_tell(&f, &err);
	assert_in_range(strlen(err.msg), 200, 300);
}

/* A certificate with the key for a name; the address of a proxy as it was given. */
static void secrets_in_foreign_words(void **state)
{
	static const char *const all[][2] = {
	    {"subject name 's3cret-key' does not match", "subject name '**********' does not match"},
	    {"Unsupported proxy scheme for 'foo://me:p'w@1@host:1/'",
	     "Unsupported proxy scheme for '**************@host:1/'"},
	    {"ask me@example.com", "ask me@example.com"},
	};
	struct fetch_fault f = {.kind = FAULT_TRUST, .host = "h", .secret = "s3cret-key"};
	char endless[400];
	struct err err;

	(void)state;
	for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
		f.said = all[i][0];
		fetch_fault_tell(&f, &err);
		assert_non_null(strstr(err.msg, all[i][1]));
	}
	/* One that the sentence would cut. */
	memset(endless, 'x', sizeof endless - 1);
	endless[sizeof endless - 1] = '\0';
	memcpy(endless + 192, "s3cret-key", 10);
	f.said = endless;
	fetch_fault_tell(&f, &err);
	assert_null(strstr(err.msg, "s3"));
}

static void what_a_key_may_hold(void **state)
{
	static const char *const bad[] = {NULL, "", " ", "a b", "a\n", "a\r\nX-Evil: 1", "\ta", "a\x7f", "a\xc3\xa9"};
	struct err err;

	(void)state;
	assert_int_equal(fetch_check_key("omni_osk_AZaz09-._~+/=!\"'", &err), 0);
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		err = (struct err){0};
		assert_int_equal(fetch_check_key(bad[i], &err), -1);
		assert_int_equal(err.kind, ERR_FATAL);
		assert_null(strstr(err.msg, "Evil"));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(sentences),
	    cmocka_unit_test(foreign_words_are_made_visible),
	    cmocka_unit_test(secrets_in_foreign_words),
	    cmocka_unit_test(what_a_key_may_hold),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
