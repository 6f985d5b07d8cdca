#include "postgres_target.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* libpq ends the credentials at the first '@' that comes before any '/'. Where there is another '@', a password was
 * not escaped, and its rest would be a host's name. */
static int check_url(const char *url, struct err *err)
{
	const char *authority = strstr(url, "://") + 3;
	const char *at = strchr(authority, '@');

	if (at && ((size_t)(at - authority) > strcspn(authority, "/?#") || strchr(at + 1, '@')))
		return err_set(
		    err, ERR_USAGE,
		    "cannot tell the password of the PostgreSQL URL from the rest: in it '@' is written %%40, "
		    "'/' %%2F, '?' %%3F and '#' %%23, and so is '@' behind the host");
	return 0;
}

char *postgres_target_conninfo(const char *scheme, const char *target, struct err *err)
{
	const bool url = strcmp(scheme, "pg") != 0;
	char *conninfo;

	if (url && strncmp(target, "//", 2) != 0) {
		err_set(err, ERR_USAGE, "a PostgreSQL URL begins with '%s://' ('pg:' takes key=value pairs)", scheme);
		return NULL;
	}
	if (asprintf(&conninfo, "%s%s", url ? "postgresql:" : "", target) < 0) {
		err_set(err, ERR_FATAL, "out of memory");
		return NULL;
	}
	if ((strncmp(conninfo, "postgresql://", 13) == 0 || strncmp(conninfo, "postgres://", 11) == 0) &&
	    check_url(conninfo, err)) {
		free(conninfo);
		return NULL;
	}
	return conninfo;
}

int postgres_target_hide(const char *words, const char *password, struct buf *out)
{
	const char *found;

	while (password && *password && (found = strstr(words, password))) {
		if (buf_add(out, words, (size_t)(found - words)) || buf_adds(out, "***"))
			return -1;
		words = found + strlen(password);
	}
	return buf_adds(out, words);
}
