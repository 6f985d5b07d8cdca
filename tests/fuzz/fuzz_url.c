/*
 * url.c: the address of the instance.
 *
 * - What is accepted, libcurl reads as the same scheme, host and port, and sends the key nowhere else; it has no user,
 *   query or fragment, and off loopback no http.
 * - The address that was made, given again, makes the same.
 * - A message never shows what stands before an @.
 */
#include "fuzz.h"
#include "url.h"

#include <arpa/inet.h>
#include <curl/curl.h>

static char *part(CURLU *u, CURLUPart which)
{
	char *text = NULL;

	return curl_url_get(u, which, &text, 0) == CURLUE_OK ? text : NULL;
}

/* The same host; an IPv6 address may be written in more than one way. */
static bool same_host(const char *a, const char *b)
{
	char inner[2][URL_HOST_MAX];
	struct in6_addr v6[2];
	const char *host[2] = {a, b};

	if (strcmp(a, b) == 0)
		return true;
	for (int i = 0; i < 2; i++) {
		(void)snprintf(inner[i], URL_HOST_MAX, "%.*s", (int)(strlen(host[i]) - 2), host[i] + 1);
		if (host[i][0] != '[' || inet_pton(AF_INET6, inner[i], &v6[i]) != 1)
			return false;
	}
	return memcmp(&v6[0], &v6[1], sizeof(v6[0])) == 0;
}

static void check_curl(const struct url *url)
{
	CURLU *u = curl_url();
	char *scheme, *host, *port, instance[URL_MAX];

	HOLDS(u != NULL && curl_url_set(u, CURLUPART_URL, url->base, 0) == CURLUE_OK);
	scheme = part(u, CURLUPART_SCHEME);
	host = part(u, CURLUPART_HOST);
	port = part(u, CURLUPART_PORT);
	HOLDS(scheme != NULL && host != NULL && strcmp(scheme, url->https ? "https" : "http") == 0);
	HOLDS(same_host(host, url->host));
	(void)snprintf(instance, sizeof(instance), "%s://%s%s%s", scheme, url->host, port != NULL ? ":" : "",
		       port != NULL ? port : "");
	HOLDS(strcmp(instance, url->instance) == 0);
	HOLDS(part(u, CURLUPART_USER) == NULL && part(u, CURLUPART_QUERY) == NULL &&
	      part(u, CURLUPART_FRAGMENT) == NULL);
	curl_free(scheme);
	curl_free(host);
	curl_free(port);
	curl_url_cleanup(u);
}

static void check_address(const char *address, bool allow_http)
{
	struct url url, again;
	struct err err;
	const char *at = strchr(address, '@');
	size_t n;

	if (url_parse(address, allow_http, &url, &err) != 0) {
		HOLDS(err.kind == ERR_FATAL && fuzz_is_message(err.msg, sizeof(err.msg)));
		/* '@' or the piece before it: nothing of the address at all */
		HOLDS(at == NULL || at - address < 4 || strstr(err.msg, at - 4) == NULL);
		return;
	}
	HOLDS(at == NULL && (url.https || url.loopback || allow_http));
	n = strnlen(url.base, URL_MAX);
	HOLDS(n < URL_MAX && n > 4 && strcmp(url.base + n - 4, "/api") == 0);
	HOLDS(strncmp(url.base, url.instance, strlen(url.instance)) == 0 && url.base[strlen(url.instance)] == '/');
	check_curl(&url);
	HOLDS(url_parse(url.base, allow_http, &again, &err) == 0);
	HOLDS(strcmp(url.base, again.base) == 0 && strcmp(url.instance, again.instance) == 0 &&
	      strcmp(url.host, again.host) == 0 && url.https == again.https && url.loopback == again.loopback);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *address = malloc(size + 1);

	HOLDS(address != NULL);
	memcpy(address, data, size);
	address[size] = '\0';
	check_address(address, false);
	check_address(address, true);
	free(address);
	return 0;
}
