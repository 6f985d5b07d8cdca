#include "url.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

struct good {
	const char *address, *base, *instance;
	bool loopback;
};

static void many_forms_of_one_address(void **state)
{
	static const struct good good[] = {
	    {"https://acme.omniapp.co", "https://acme.omniapp.co/api", "https://acme.omniapp.co", false},
	    {"https://acme.omniapp.co/", "https://acme.omniapp.co/api", "https://acme.omniapp.co", false},
	    {"https://acme.omniapp.co/api", "https://acme.omniapp.co/api", "https://acme.omniapp.co", false},
	    {"https://acme.omniapp.co/api/", "https://acme.omniapp.co/api", "https://acme.omniapp.co", false},
	    {" \thttps://acme.omniapp.co//api///\r\n", "https://acme.omniapp.co/api", "https://acme.omniapp.co", false},
	    {"https://acme.omniapp.co/api/v1/", "https://acme.omniapp.co/api", "https://acme.omniapp.co", false},
	    {"HTTPS://Acme.OmniApp.CO:443/api", "https://acme.omniapp.co/api", "https://acme.omniapp.co", false},
	    {"https://acme.omniapp.co:/", "https://acme.omniapp.co/api", "https://acme.omniapp.co", false},
	    {"https://bi.example.com:8443", "https://bi.example.com:8443/api", "https://bi.example.com:8443", false},
	    {"https://gw.example.com/Omni/", "https://gw.example.com/Omni/api", "https://gw.example.com", false},
	    {"https://h/myapi", "https://h/myapi/api", "https://h", false},
	    {"https://h/v1", "https://h/v1/api", "https://h", false},
	    {"https://localhost", "https://localhost/api", "https://localhost", true},
	    {"https://[2001:DB8::1]:8443/", "https://[2001:db8::1]:8443/api", "https://[2001:db8::1]:8443", false},
	    {"http://LOCALHOST:8080/api/", "http://localhost:8080/api", "http://localhost:8080", true},
	    {"http://127.0.0.1:80", "http://127.0.0.1/api", "http://127.0.0.1", true},
	    {"http://127.255.255.254", "http://127.255.255.254/api", "http://127.255.255.254", true},
	    {"http://127.0.0.1:443", "http://127.0.0.1:443/api", "http://127.0.0.1:443", true},
	    {"http://[::1]:8080", "http://[::1]:8080/api", "http://[::1]:8080", true},
	    {"http://[0:0:0:0:0:0:0:1]", "http://[0:0:0:0:0:0:0:1]/api", "http://[0:0:0:0:0:0:0:1]", true},
	};
	struct url url;
	struct err err;

	(void)state;
	for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
		assert_int_equal(url_parse(good[i].address, false, &url, &err), 0);
		assert_string_equal(url.base, good[i].base);
		assert_string_equal(url.instance, good[i].instance);
		assert_int_equal(url.loopback, good[i].loopback);
		assert_int_equal(url.https, strncmp(good[i].base, "https:", 6) == 0);
	}
}

static void refuses_with_a_reason(void **state)
{
	static const struct {
		const char *address, *reason;
	} bad[] = {
	    {NULL, "no address"},
	    {"", "no address"},
	    {" \n", "no address"},
	    {"acme.omniapp.co", "write https://acme.omniapp.co"},
	    {"acme.omniapp.co:8443/api", "write https://"},
	    {"acme.omniapp.co/a://b", "has no scheme"},
	    {"//acme.omniapp.co", "has no scheme"},
	    {"ftp://acme.omniapp.co", "neither https:// nor http://"},
	    {"httpss://acme.omniapp.co", "neither"},
	    {"file:///etc/passwd", "neither"},
	    {"://acme.omniapp.co", "neither"},
	    {"https://", "no good host"},
	    {"https:///api", "no good host"},
	    {"https://:8443", "no good host"},
	    {"https://a..b", "no good host"},
	    {"https://.a", "no good host"},
	    {"https://a%2eb", "no good host"},
	    {"https://a,b", "no good host"},
	    {"https://[::1", "no good host"},
	    {"https://[]", "no good host"},
	    {"https://[fe80::1%25eth0]", "no good host"},
	    {"https://[::1]x", "no good port"},
	    {"https://a:x", "no good port"},
	    {"https://a:0", "no good port"},
	    {"https://a:65536", "no good port"},
	    {"https://a:99999999999999999999999", "no good port"},
	    {"https://a:8 0", "character that no address has"},
	    {"https://a/\nHost: b", "character that no address has"},
	    {"https://a\\b", "character that no address has"},
	    {"https://caf\xc3\xa9.fr", "character that no address has"},
	    {"https://a/\x7f", "character that no address has"},
	    {"https://a/?q=1", "query or a fragment"},
	    {"https://a/#x", "query or a fragment"},
	    {"http://acme.omniapp.co", "--allow-http"},
	    {"http://127.0.0.1.example.com", "--allow-http"},
	    {"http://127.1", "no good host"},
	    {"https://2130706433", "no good host"},
	    {"https://0x7f000001", "no good host"},
	    {"https://a.0x1.", "no good host"},
	    {"http://localhost.example.com", "--allow-http"},
	    {"http://128.0.0.1", "--allow-http"},
	    {"http://[::2]", "--allow-http"},
	    {"http://[::ffff:127.0.0.1]", "--allow-http"},
	};
	struct url url;
	struct err err;

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		err = (struct err){0};
		assert_int_equal(url_parse(bad[i].address, false, &url, &err), -1);
		assert_int_equal(err.kind, ERR_FATAL);
		if (!strstr(err.msg, bad[i].reason))
			fail_msg("'%s': '%s' does not say '%s'", bad[i].address, err.msg, bad[i].reason);
	}
}

static void a_password_is_never_shown(void **state)
{
	static const char *const secrets[] = {
	    "https://me:s3cret@acme.omniapp.co",
	    "me:s3cret@acme.omniapp.co",
	    "ftp://me:s3cret@h",
	    "https://h/?token=s3cret",
	    "https://me:s3cret@a b",
	    "https://s3cret@h",
	    "https://h/#s3cret",
	};
	struct url url;
	struct err err;

	(void)state;
	for (size_t i = 0; i < sizeof secrets / sizeof *secrets; i++) {
		assert_int_equal(url_parse(secrets[i], true, &url, &err), -1);
		assert_null(strstr(err.msg, "s3cret"));
	}
}

static void http_where_it_was_allowed(void **state)
{
	struct url url;
	struct err err;

	(void)state;
	assert_int_equal(url_parse("http://omni.corp:8080", true, &url, &err), 0);
	assert_string_equal(url.base, "http://omni.corp:8080/api");
	assert_string_equal(url.host, "omni.corp");
	assert_false(url.loopback);
	assert_false(url.https);
	assert_int_equal(url_parse("http://omni.corp:80/", true, &url, &err), 0);
	assert_string_equal(url.instance, "http://omni.corp");
}

static void long_ones_are_refused_or_whole(void **state)
{
	char address[3 * URL_MAX];
	struct url url;
	struct err err;

	(void)state;
	for (size_t n = 12; n < sizeof address; n++) {
		memset(address, 'a', n);
		memcpy(address, "https://h/", 10);
		address[n] = '\0';
		if (url_parse(address, false, &url, &err) == 0)
			assert_int_equal(strlen(url.base), n + 4);
		else
			assert_true(n > URL_MAX - 20);
		memcpy(address, "https://hh", 10);
		if (url_parse(address, false, &url, &err) == 0)
			assert_int_equal(strlen(url.instance), n);
		else
			assert_true(n > 250);
	}
}

static void parts_are_escaped(void **state)
{
	struct buf out;

	(void)state;
	buf_init(&out, 40);
	assert_int_equal(url_escape(&out, "aZ09-._~"), 0);
	assert_string_equal(buf_cstr(&out), "aZ09-._~");
	buf_clear(&out);
	assert_int_equal(url_escape(&out, "a/b?c=d&e#%+ \xc3\xa9"), 0);
	assert_string_equal(buf_cstr(&out), "a%2Fb%3Fc%3Dd%26e%23%25%2B%20%C3%A9");
	assert_int_equal(url_escape(&out, "/////"), -1);
	buf_free(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(many_forms_of_one_address),      cmocka_unit_test(refuses_with_a_reason),
	    cmocka_unit_test(a_password_is_never_shown),      cmocka_unit_test(http_where_it_was_allowed),
	    cmocka_unit_test(long_ones_are_refused_or_whole), cmocka_unit_test(parts_are_escaped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
