/*
 * postgres_relay.h: a relay on the loopback interface between a PostgreSQL client and its server, for
 * test_postgres_lost.c: it cuts the line at a COMMIT when it is told to.
 */
#ifndef OMNI_TEST_POSTGRES_RELAY_H
#define OMNI_TEST_POSTGRES_RELAY_H

#include <arpa/inet.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* The COMMIT does not arrive; its answer does not come back; it does not arrive, and the server does not see the cut.
 */
enum cut { CUT_NEVER, CUT_COMMIT, CUT_ANSWER, CUT_HALF };

static _Atomic enum cut relay_cut; /* done once, then it is CUT_NEVER again */
static int listener;
static _Atomic int relay_left = -1;
static uint16_t server_port;
static pthread_t relay_thread;

static int dial(uint16_t port)
{
	const struct sockaddr_in to = {
	    .sin_family = AF_INET, .sin_port = htons(port), .sin_addr = {htonl(INADDR_LOOPBACK)}};
	const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	return connect(fd, (const struct sockaddr *)&to, sizeof(to)) ? -1 : fd;
}

static bool pass(int from, int to, bool is_client)
{
	static char bytes[65536];
	const ssize_t n = read(from, bytes, sizeof(bytes));

	if (n <= 0)
		return false;
	if (is_client && relay_cut != CUT_NEVER && memmem(bytes, (size_t)n, "COMMIT", 7)) {
		const enum cut cut = atomic_exchange(&relay_cut, CUT_NEVER);
		if (cut == CUT_HALF)
			relay_left = to;
		if (cut != CUT_ANSWER)
			return false;
		/* The server's answer is read here, and goes no further. */
		return send(to, bytes, (size_t)n, MSG_NOSIGNAL) == n && read(to, bytes, sizeof(bytes)) < 0;
	}
	for (ssize_t at = 0, k; at < n; at += k) {
		k = send(to, bytes + at, (size_t)(n - at), MSG_NOSIGNAL);
		if (k <= 0)
			return false;
	}
	return true;
}

/* One connection after the other: a sink has no more. */
static void *relay_main(void *ctx)
{
	(void)ctx;
	for (;;) {
		const int client = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
		int server;
		if (client < 0)
			return NULL;
		server = dial(server_port);
		for (;;) {
			struct pollfd fds[2] = {{client, POLLIN, 0}, {server, POLLIN, 0}};
			if (poll(fds, 2, -1) < 0 || (fds[0].revents && !pass(client, server, true)) ||
			    (fds[1].revents && !pass(server, client, false)))
				break;
		}
		(void)close(client);
		if (server != relay_left)
			(void)close(server);
	}
}

/* Listens, and passes on to a port of this machine. Returns its own port, or 0. */
static uint16_t relay_start(uint16_t to)
{
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
	socklen_t n = sizeof(at);

	server_port = to;
	listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (bind(listener, (struct sockaddr *)&at, sizeof(at)) || listen(listener, 8) ||
	    getsockname(listener, (struct sockaddr *)&at, &n) || pthread_create(&relay_thread, NULL, relay_main, NULL))
		return 0;
	return ntohs(at.sin_port);
}

/* After the last connection is closed. */
static void relay_stop(void)
{
	(void)shutdown(listener, SHUT_RDWR);
	(void)pthread_join(relay_thread, NULL);
	(void)close(listener);
}

#endif
