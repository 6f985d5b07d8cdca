/*
 * canned_server.h: a server on loopback that answers with the very bytes it was given, for the tests of fetch.h. It
 * knows no HTTP beyond the end of a request's headers and the length of its body, so it can answer wrongly in every
 * way.
 *
 * It answers one request on each connection and closes it. Script: lines of a path's end and up to 8 answers, given one
 * after the other; the last one is repeated. Answers are whole responses, or one of the CANNED_ words.
 */
#ifndef OMNI_TEST_CANNED_SERVER_H
#define OMNI_TEST_CANNED_SERVER_H

#include <stdbool.h>
#include <stddef.h>

#define CANNED_ANSWERS   8

#define CANNED_SILENCE   "silence"   /* the connection stays open, nothing comes */
#define CANNED_HANG_UP   "hang up"   /* it is closed without an answer */
#define CANNED_LARGE     "large"     /* 200, JSON of 3 MiB */
#define CANNED_LARGE_404 "large 404" /* the same with another code */

struct canned_script {
	const char *path; /* of the request: how it ends */
	const char *answers[CANNED_ANSWERS];
};

struct canned_server;

/* The script is borrowed, and ends with a NULL path. Asserts (cmocka) that all goes well. */
struct canned_server *canned_start(const struct canned_script *);
void canned_stop(struct canned_server *);
int canned_port(const struct canned_server *);
/* How many requests came; the one with that number, from 0, with its body. After the run, not during it. */
size_t canned_requests(const struct canned_server *);
const char *canned_request(const struct canned_server *, size_t i);

#endif
