/*
 * url.h: the address of an instance, as people paste it, made one. Pure string work; names are not resolved.
 *
 * With or without /api, slashes at the end, blanks around it; also a custom domain, a port, a folder before /api (API
 * page, "Request"). A struct url is plain memory.
 */
#ifndef OMNI_URL_H
#define OMNI_URL_H

#include "buf.h"
#include "err.h"

#include <stdbool.h>

#define URL_MAX      1024
#define URL_HOST_MAX 256 /* longer is no name (RFC 1035: 253) */

struct url {
	char base[URL_MAX]; /* "https://acme.omniapp.co/api": what comes before "/v1/…" */
	char
	    instance[URL_MAX]; /* "https://acme.omniapp.co": lower case, a port only where it is not the scheme's own */
	char host[URL_HOST_MAX]; /* "acme.omniapp.co", for messages; an IPv6 address in its brackets */
	bool https;
	bool loopback; /* localhost, 127.0.0.0/8 or [::1] */
};

/* 0, or -1 with *err (ERR_FATAL): no address, no scheme or another one than http and https, a user name or password, a
 * query or fragment, no good host (a number that is no dotted quad is none) or port. http:// is refused off loopback
 * unless allow_http. Messages never show a password. */
int url_parse(const char *address, bool allow_http, struct url *out, struct err *);
/* Appends text as one part of a path or a value of a query: all but letters, digits and -._~ as %XX. 0 or -1 (buf). */
int url_escape(struct buf *out, const char *);

#endif
