#include "sink.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

static const struct sink_ops *const sinks[] = {
    &sqlite_ops,
#ifdef WITH_POSTGRES
    &postgresql_ops, &postgres_ops, &pg_ops,
#endif
    &jsonl_ops,      &csv_ops,      &raw_ops, &null_ops,
};

#define N_SINKS (sizeof(sinks) / sizeof(sinks[0]))

static bool ends_in(const char *s, const char *end)
{
	size_t n = strlen(s), k = strlen(end);

	return n > k && strcmp(s + n - k, end) == 0;
}

/* A path may leave out "sqlite:" when it ends like a database and is no URL. */
static bool is_database_path(const char *spec)
{
	return !strstr(spec, "://") && (ends_in(spec, ".db") || ends_in(spec, ".sqlite") || ends_in(spec, ".sqlite3"));
}

/* Quotes no more than the scheme: what follows may hold a password. */
static void unknown_sink(const char *spec, struct err *err)
{
	char known[128] = "";
	const char *colon = strchr(spec, ':');
	size_t n = colon ? (size_t)(colon - spec) + 1 : strlen(spec);
	size_t len = 0;

	for (size_t i = 0; i < N_SINKS && len < sizeof(known); i++)
		len += (size_t)snprintf(known + len, sizeof(known) - len, "%s%s:", i ? ", " : "", sinks[i]->scheme);
	err_set(err, ERR_USAGE, "unknown sink '%.*s' (there are %s, and paths that end in .db, .sqlite or .sqlite3)",
		n < 200 ? (int)n : 200, spec, known);
}

const struct sink_ops *sink_find(const char *spec, const char **target, struct err *err)
{
	for (size_t i = 0; i < N_SINKS; i++) {
		size_t n = strlen(sinks[i]->scheme);
		if (strncmp(spec, sinks[i]->scheme, n) == 0 && spec[n] == ':') {
			*target = spec + n + 1;
			return sinks[i];
		}
	}
	if (is_database_path(spec)) {
		*target = spec;
		return &sqlite_ops;
	}
	unknown_sink(spec, err);
	return NULL;
}

struct sink *sink_open(const char *spec, const struct sink_options *options, struct err *err)
{
	const char *target;
	const struct sink_ops *ops = sink_find(spec, &target, err);
	struct sink *inner, *outer;

	if (!ops)
		return NULL;
	inner = ops->open(target, options, err);
	if (!inner)
		return NULL;
	outer = guard_new(inner);
	if (!outer) {
		(void)ops->close(inner, err);
		err_set(err, ERR_FATAL, "out of memory");
	}
	return outer;
}

/* Is this the name of a setting whose value nobody should see? An escaped name is not looked into, but hidden. */
static bool is_secret(const char *name, size_t n)
{
	static const char *const ends[] = {"password", "secret", "token"};

	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		size_t k = strlen(ends[i]);
		if (n >= k && strncasecmp(name + n - k, ends[i], k) == 0)
			return true;
	}
	return memchr(name, '%', n) != NULL;
}

/* key=value&key=value after the '?' of a URL. */
static int show_parameters(const char *p, struct buf *out)
{
	while (*p) {
		size_t n = strcspn(p, "&");
		const char *equals = memchr(p, '=', n);
		size_t shown = equals && is_secret(p, (size_t)(equals - p)) ? (size_t)(equals - p) + 1 : n;
		if (buf_add(out, p, shown) || (shown < n && buf_adds(out, "***")))
			return -1;
		p += n;
		if (*p && buf_addc(out, *p++))
			return -1;
	}
	return 0;
}

/* A password that was not escaped may hold any of "/?@": so it is hidden up to the last '@' of all. */
static int show_url(const char *spec, struct buf *out)
{
	const char *authority = strstr(spec, "://") + 3;
	const char *at = strrchr(authority, '@');
	const char *colon = strchr(authority, ':');
	const char *query;

	if (at && colon && colon < at) {
		if (buf_add(out, spec, (size_t)(colon - spec) + 1) || buf_adds(out, "***"))
			return -1;
		spec = at;
	}
	query = strchr(spec, '?');
	if (!query)
		return buf_adds(out, spec);
	return buf_add(out, spec, (size_t)(query - spec) + 1) ? -1 : show_parameters(query + 1, out);
}

/* The end of a value in libpq's "key = value": quoted with '…' or up to a blank, either with backslashes. */
static const char *value_end(const char *p)
{
	bool quoted = *p == '\'';

	for (p += quoted; *p; p++) {
		if (*p == '\\' && p[1])
			p++;
		else if (quoted ? *p == '\'' : strchr(" \t\r\n\f\v", *p) != NULL)
			return p + quoted;
	}
	return p;
}

static int show_conninfo(const char *p, struct buf *out)
{
	static const char blanks[] = " \t\r\n\f\v";

	while (*(p += strspn(p, blanks))) {
		size_t name = strcspn(p, "= \t\r\n\f\v");
		const char *value = p + name + strspn(p + name, blanks);
		const char *end;
		if (*value != '=')
			return buf_adds(out, "***");
		value += 1 + strspn(value + 1, blanks);
		end = value_end(value);
		if (buf_add(out, p, name) || buf_addc(out, '=') ||
		    (is_secret(p, name) ? buf_adds(out, "***") : buf_add(out, value, (size_t)(end - value))))
			return -1;
		p = end;
		if (p[strspn(p, blanks)] && buf_addc(out, ' '))
			return -1;
	}
	return 0;
}

int sink_spec_show(const char *spec, struct buf *out)
{
	if (strstr(spec, "://"))
		return show_url(spec, out);
	if (strncmp(spec, "pg:", 3) == 0)
		return buf_adds(out, "pg:") ? -1 : show_conninfo(spec + 3, out);
	return buf_adds(out, spec);
}
