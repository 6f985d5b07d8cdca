#include "url.h"

#include <arpa/inet.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

/* The parts of an address, borrowed. */
struct parts {
	struct text scheme, host, port, path;
};

static bool is_blank(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static struct text trimmed(const char *s)
{
	struct text t = {s, strlen(s)};

	while (t.n > 0 && is_blank(*t.p)) {
		t.p++;
		t.n--;
	}
	while (t.n > 0 && is_blank(t.p[t.n - 1]))
		t.n--;
	return t;
}

/* The first byte at or after from that is one of set; t.n where there is none. */
static size_t find_any(struct text t, size_t from, const char *set)
{
	while (from < t.n && !strchr(set, t.p[from]))
		from++;
	return from;
}

static struct text part(struct text t, size_t from, size_t to)
{
	return (struct text){t.p + from, to - from};
}

/* What no address has. Before anything is quoted in a message: so that no password is, nor what a terminal obeys. */
static int check_bytes(struct text t, struct err *err)
{
	if (t.n == 0)
		return err_set(err, ERR_FATAL, "no address of the instance: give --base-url https://…");
	if (t.n >= URL_MAX - sizeof "https:///api")
		return err_set(err, ERR_FATAL, "the address of the instance is too long");
	for (size_t i = 0; i < t.n; i++)
		if (t.p[i] <= ' ' || t.p[i] > '~' || strchr("\\\"<>^`{|}", t.p[i]))
			return err_set(err, ERR_FATAL,
				       "the address of the instance has a character that no address has (byte %zu)",
				       i + 1);
	if (memchr(t.p, '@', t.n))
		return err_set(err, ERR_FATAL,
			       "a user name or password in the address: leave it out, the key is all that is needed");
	if (find_any(t, 0, "?#") < t.n)
		return err_set(err, ERR_FATAL, "the address of the instance has a query or a fragment (? or #)");
	return 0;
}

static int split(struct text t, struct parts *out, struct err *err)
{
	const char *sep = memmem(t.p, t.n, "://", 3);
	size_t authority, path, port;

	if (!sep || find_any(t, 0, "/") < (size_t)(sep - t.p))
		return err_set(err, ERR_FATAL, "the address '%.*s' has no scheme: write https://%.*s", (int)t.n, t.p,
			       (int)t.n, t.p);
	out->scheme = part(t, 0, (size_t)(sep - t.p));
	authority = out->scheme.n + 3;
	path = find_any(t, authority, "/");
	port = find_any(t, authority, t.p[authority] == '[' ? "]" : ":");
	if (t.p[authority] == '[' && port < path)
		port++;
	if (port > path)
		port = path;
	out->host = part(t, authority, port);
	out->port = part(t, port, path);
	out->path = part(t, path, t.n);
	return 0;
}

/* Lower case, in ASCII whatever the locale. */
static void lower(struct text t, char *out)
{
	for (size_t i = 0; i < t.n; i++)
		out[i] = t.p[i] >= 'A' && t.p[i] <= 'Z' ? (char)(t.p[i] - 'A' + 'a') : t.p[i];
	out[t.n] = '\0';
}

/* Does the name end in a number? Such a name is an IPv4 address to libcurl, however it is written (127.1, 0x7f000001,
 * 2130706433): we take the usual way of writing it alone, so that what we judge is where the key goes. */
static bool is_number(const char *host, size_t n)
{
	size_t label;

	n -= n > 0 && host[n - 1] == '.';
	for (label = n; label > 0 && host[label - 1] != '.'; label--)
		;
	host += label;
	n -= label;
	return n > 0 && (strspn(host, "0123456789") >= n ||
			 (strncmp(host, "0x", 2) == 0 && strspn(host + 2, "0123456789abcdef") + 2 >= n));
}

static int set_host(struct text t, struct url *out, struct err *err)
{
	char inner[URL_HOST_MAX];
	struct in6_addr v6;
	struct in_addr v4;
	bool good;

	if (t.n >= URL_HOST_MAX)
		return err_set(err, ERR_FATAL, "the host in the address is too long");
	lower(t, out->host);
	if (out->host[0] == '[' && t.n > 2 && out->host[t.n - 1] == ']') {
		lower(part(t, 1, t.n - 1), inner);
		good = inet_pton(AF_INET6, inner, &v6) == 1;
		out->loopback = good && IN6_IS_ADDR_LOOPBACK(&v6);
	} else {
		const bool is_v4 = inet_pton(AF_INET, out->host, &v4) == 1;

		good = t.n > 0 && (is_v4 || !is_number(out->host, t.n)) &&
		       strspn(out->host, "abcdefghijklmnopqrstuvwxyz0123456789-._") == t.n && out->host[0] != '.' &&
		       !strstr(out->host, "..");
		out->loopback = strcmp(out->host, "localhost") == 0 || (is_v4 && ntohl(v4.s_addr) >> 24 == 127);
	}
	if (!good)
		return err_set(err, ERR_FATAL, "the address has no good host: '%s'", out->host);
	return 0;
}

/* t: empty, or ":" and a number. *port is 0 where it is the scheme's own. */
static int read_port(struct text t, bool https, unsigned *port, struct err *err)
{
	unsigned long n = 0;

	*port = 0;
	if (t.n == 0 || (t.n == 1 && *t.p == ':'))
		return 0;
	for (size_t i = 1; *t.p == ':' && i < t.n && n <= 65535; i++)
		n = t.p[i] >= '0' && t.p[i] <= '9' ? n * 10 + (unsigned long)(t.p[i] - '0') : ULONG_MAX;
	if (n == 0 || n > 65535)
		return err_set(err, ERR_FATAL, "the address has no good port: '%.*s'", (int)t.n, t.p);
	*port = n == (https ? 443 : 80) ? 0 : (unsigned)n;
	return 0;
}

static bool ends_with(const char *s, size_t n, const char *end)
{
	size_t m = strlen(end);

	return n >= m && memcmp(s + n - m, end, m) == 0;
}

/* Single slashes, none at the end, /api at the end exactly once. "/api/v1" is what the vendor's pages show. */
static void clean_path(struct text t, char out[URL_MAX])
{
	size_t n = 0;

	for (size_t i = 0; i < t.n; i++)
		if (t.p[i] != '/' || (i + 1 < t.n && t.p[i + 1] != '/'))
			out[n++] = t.p[i];
	if (ends_with(out, n, "/api/v1"))
		n -= strlen("/v1");
	if (!ends_with(out, n, "/api")) {
		memcpy(out + n, "/api", 4);
		n += 4;
	}
	out[n] = '\0';
}

int url_parse(const char *address, bool allow_http, struct url *out, struct err *err)
{
	struct text t = trimmed(address ? address : "");
	struct parts parts = {TEXT_NULL, TEXT_NULL, TEXT_NULL, TEXT_NULL};
	char path[URL_MAX], port_text[16] = "";
	unsigned port;

	if (check_bytes(t, err) || split(t, &parts, err))
		return -1;
	out->https = parts.scheme.n == 5 && strncasecmp(parts.scheme.p, "https", 5) == 0;
	if (!out->https && !(parts.scheme.n == 4 && strncasecmp(parts.scheme.p, "http", 4) == 0))
		return err_set(err, ERR_FATAL, "the address '%.*s' is neither https:// nor http://", (int)t.n, t.p);
	if (set_host(parts.host, out, err) || read_port(parts.port, out->https, &port, err))
		return -1;
	if (!out->https && !out->loopback && !allow_http)
		return err_set(
		    err, ERR_FATAL,
		    "http:// would send the key to '%s' for all to read: write https://, or give --allow-http",
		    out->host);
	if (port)
		(void)snprintf(port_text, sizeof port_text, ":%u", port);
	clean_path(parts.path, path);
	/* The length was checked already, in a way that compilers do not see. */
	if (snprintf(out->instance, URL_MAX, "http%s://%s%s", out->https ? "s" : "", out->host, port_text) >= URL_MAX ||
	    snprintf(out->base, URL_MAX, "%s%s", out->instance, path) >= URL_MAX)
		return err_set(err, ERR_FATAL, "the address of the instance is too long");
	return 0;
}

int url_escape(struct buf *out, const char *s)
{
	static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
	int bad = 0;

	for (; *s && !bad; s++)
		bad = strchr(plain, *s) ? buf_addc(out, *s) : buf_addf(out, "%%%02X", (unsigned)(unsigned char)*s);
	return bad;
}
