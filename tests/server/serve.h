/*
 * serve.h: the HTTP side: connections, answers, and what goes wrong on the way. The only file that includes
 * libmicrohttpd.
 *
 * One thread serves all connections (epoll); another wakes those that wait (waits.h). The options' pointers are
 * borrowed until serve_stop.
 */
#ifndef OMNI_TEST_SERVE_H
#define OMNI_TEST_SERVE_H

#include "journal.h"
#include "route.h"

struct serve_options {
	uint16_t port;                  /* 0: a free one */
	const char *tls_cert, *tls_key; /* PEM texts; both NULL: no TLS */
	int64_t latency_ms;             /* before every answer */
	struct router *router;
	struct journal *journal;
	const struct limit *limit;
	const struct script *script;
};

struct serve;

/* Listens on 127.0.0.1. NULL with *err. */
struct serve *serve_start(const struct serve_options *, struct err *);
uint16_t serve_port(const struct serve *);
/* Ends every connection; then the journal is the caller's again. */
void serve_stop(struct serve *);

#endif
