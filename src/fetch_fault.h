/*
 * fetch_fault.h: what is wrong, said to a person: with a transfer that failed, with a key or a CA file that cannot be
 * used. Pure but for reading the CA file.
 */
#ifndef OMNI_FETCH_FAULT_H
#define OMNI_FETCH_FAULT_H

#include "err.h"

#include <stdint.h>

enum fault_kind {
	FAULT_RESOLVE, /* worth another try … */
	FAULT_CONNECT,
	FAULT_TIMEOUT,
	FAULT_CUT,   /* the connection broke, or what came over it was no HTTP */
	FAULT_TRUST, /* … not: a certificate */
	FAULT_LASTING,
	FAULT_FATAL /* the run cannot go on: memory, a CA file, a bug */
};

/* A transfer that failed. */
struct fetch_fault {
	enum fault_kind kind;
	const char *host;
	const char *said;    /* the library's words; may hold anything */
	const char *secret;  /* what is not shown of them; NULL: none */
	int64_t got, length; /* bytes of the body; length -1: not announced */
	int64_t connected;   /* not 0: a connection stood */
	int64_t timeout_s, connect_timeout_s;
	int errnum; /* why there is no connection; 0: not known */
};

/* The sentence in err->msg; err->kind is ERR_RETRY, ERR_JOB or ERR_FATAL. */
void fetch_fault_tell(const struct fetch_fault *, struct err *);

/* 0, or -1 with *err (ERR_FATAL). A key goes into a header and must not break out of it; it is never shown. */
int fetch_check_key(const char *key, struct err *);
/* The file can be read and has a PEM certificate. libcurl would find out at the first connection, and say less. */
int fetch_check_cacert(const char *path, struct err *);

#endif
