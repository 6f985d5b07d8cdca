#include "sink.h"

#include "nearest.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

/* In the order in which they are offered. Of a sink with several names one is, by what its target begins with. */
static const struct {
	const struct sink_ops *ops;
	const char *start; /* NULL: not offered */
	bool path;         /* a path follows */
} sinks[] = {
    {&sqlite_ops, "sqlite:", true},
#ifdef WITH_POSTGRES
    {&postgresql_ops, "postgresql://", false},
    {&postgres_ops, NULL, false},
    {&pg_ops, NULL, false},
#endif
    {&jsonl_ops, "jsonl:", true},
    {&csv_ops, "csv:", true},
    {&raw_ops, "raw:", true},
    {&null_ops, "null:", false},
};

#define N_SINKS (sizeof(sinks) / sizeof(sinks[0]))

const char *sink_offer(size_t i, bool *path)
{
	for (size_t k = 0; k < N_SINKS; k++)
		if (sinks[k].start != NULL && i-- == 0) {
			*path = sinks[k].path;
			return sinks[k].start;
		}
	return NULL;
}

static bool ends_in(const char *s, const char *end)
{
	size_t n = strlen(s), k = strlen(end);

	return n > k && strcmp(s + n - k, end) == 0;
}

/* The scheme that these n bytes may have been meant to be. */
static bool find_near(const char *said, size_t n, struct nearest *near)
{
	nearest_begin(near, said, n);
	for (size_t i = 0; i < N_SINKS; i++)
		nearest_offer(near, sinks[i].ops->scheme, strlen(sinks[i].ops->scheme));
	return near->best != NULL;
}

/* A path may leave out "sqlite:" when it ends like a database, is no URL, and does not begin like a scheme in which a
 * letter is wrong ("sqlit:x.db"): such a file is "./sqlit:x.db". */
static bool is_database_path(const char *spec)
{
	struct nearest near;

	if (strstr(spec, "://") || !(ends_in(spec, ".db") || ends_in(spec, ".sqlite") || ends_in(spec, ".sqlite3")))
		return false;
	return spec[strcspn(spec, ":/")] != ':' || !find_near(spec, strcspn(spec, ":"), &near);
}

/* Quotes no more than the scheme: what follows may hold a password. Where there is none, a setting's value may be one.
 */
static void unknown_sink(const char *spec, struct err *err)
{
	char known[128] = "", hint[100];
	size_t n = strcspn(spec, ":= \t@"), quoted = n + (spec[n] == ':'), len = 0;
	struct nearest near;

	for (size_t i = 0; i < N_SINKS && len < sizeof(known); i++)
		len += (size_t)snprintf(known + len, sizeof(known) - len, "%s%s:", i ? ", " : "", sinks[i].ops->scheme);
	(void)find_near(spec, n, &near);
	nearest_hint(&near, "", ":", hint, sizeof(hint));
	err_set(err, ERR_USAGE, "unknown sink '%.*s'%s (there are %s, and paths that end in .db, .sqlite or .sqlite3)",
		quoted < 200 ? (int)quoted : 200, spec, hint, known);
}

static size_t begins_with(const char *spec, const char *scheme)
{
	size_t n = strlen(scheme);

	return strncmp(spec, scheme, n) == 0 && spec[n] == ':' ? n + 1 : 0;
}

size_t sink_scheme(const char *spec)
{
	size_t n = 0;

	for (size_t i = 0; i < N_SINKS && n == 0; i++)
		n = begins_with(spec, sinks[i].ops->scheme);
	return n;
}

const struct sink_ops *sink_find(const char *spec, const char **target, struct err *err)
{
	for (size_t i = 0; i < N_SINKS; i++) {
		size_t n = begins_with(spec, sinks[i].ops->scheme);
		if (n > 0) {
			*target = spec + n;
			return sinks[i].ops;
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

int sink_without_content(struct sink *s, const struct uuid *id, struct job *job, struct err *err)
{
	(void)s, (void)id, (void)job, (void)err;
	return 0;
}

int sink_without_items(struct sink *s, struct sink_item *item, struct err *err)
{
	(void)s, (void)item, (void)err;
	return 0;
}

void sink_without_end(struct sink *s)
{
	(void)s;
}

int sink_without_check(struct sink *s, const struct sink_check *check, struct err *err)
{
	(void)s, (void)check, (void)err;
	return 0;
}

int sink_without_mend(struct sink *s, char removed[SINK_MEND_MAX], struct err *err)
{
	(void)s, (void)err;
	removed[0] = '\0';
	return 0;
}

int sink_tell(const struct sink_check *check, enum sink_fault fault, const struct uuid *id, const char *where,
	      struct err *err, const char *fmt, ...)
{
	char what[800];
	va_list args;

	va_start(args, fmt);
	(void)vsnprintf(what, sizeof(what), fmt, args);
	va_end(args);
	return check->fault(check->ctx, fault, id, where, what, err);
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
