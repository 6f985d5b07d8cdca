#include "canned_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#define MAX_REQUESTS 512
#define MAX_REQUEST  4096
#define MAX_SCRIPT   64

struct canned_server {
	const struct canned_script *script;
	size_t given[MAX_SCRIPT]; /* answers of each line of the script so far */
	int fd, port;
	pthread_t thread;
	int silent[MAX_REQUESTS];
	size_t n_silent, n;
	char *requests[MAX_REQUESTS];
};

static void send_all(int fd, const char *p, size_t n)
{
	while (n > 0) {
		ssize_t k = send(fd, p, n, MSG_NOSIGNAL);

		if (k <= 0)
			return;
		p += k;
		n -= (size_t)k;
	}
}

static void send_large(int fd, const char *head)
{
	static char piece[64 << 10];

	memset(piece, 'a', sizeof piece);
	send_all(fd, head, strlen(head));
	send_all(fd, "{\"topic\":\"", 10);
	for (int i = 0; i < 48; i++)
		send_all(fd, piece, sizeof piece);
	send_all(fd, "\"}", 2);
}

static const char *next_answer(struct canned_server *s, const char *request)
{
	const char *end = strstr(request, " HTTP/1.");
	size_t i, n;

	for (i = 0; s->script[i].path; i++) {
		n = strlen(s->script[i].path);
		if (end && (size_t)(end - request) >= n && memcmp(end - n, s->script[i].path, n) == 0)
			break;
	}
	if (!s->script[i].path)
		return "HTTP/1.1 418 not in the script\r\n\r\n";
	n = s->given[i];
	if (n + 1 < CANNED_ANSWERS && s->script[i].answers[n + 1])
		s->given[i]++;
	return s->script[i].answers[n];
}

/* Its headers, and the body that they announce. */
static bool is_whole(const char *request, size_t n)
{
	const char *end = strstr(request, "\r\n\r\n"), *length = strstr(request, "\r\nContent-Length: ");

	if (!end)
		return false;
	return !length || length > end || n >= (size_t)(end + 4 - request) + strtoul(length + 18, NULL, 10);
}

static void serve(struct canned_server *s, int fd)
{
	char *request = calloc(1, MAX_REQUEST);
	const char *answer;
	size_t n = 0;
	ssize_t k = 1;

	while (n < MAX_REQUEST - 1 && k > 0 && !is_whole(request, n)) {
		k = recv(fd, request + n, MAX_REQUEST - 1 - n, 0);
		n += k > 0 ? (size_t)k : 0;
	}
	if (k <= 0 || s->n == MAX_REQUESTS) {
		free(request);
		close(fd);
		return;
	}
	s->requests[s->n++] = request;
	answer = next_answer(s, request);
	if (strcmp(answer, CANNED_SILENCE) == 0) {
		s->silent[s->n_silent++] = fd;
		return;
	}
	if (strcmp(answer, CANNED_LARGE) == 0)
		send_large(fd, "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n");
	else if (strcmp(answer, CANNED_LARGE_404) == 0)
		send_large(fd, "HTTP/1.1 404 Not Found\r\nConnection: close\r\n\r\n");
	else if (strcmp(answer, CANNED_HANG_UP) != 0)
		send_all(fd, answer, strlen(answer));
	close(fd);
}

static void *serve_all(void *arg)
{
	struct canned_server *s = arg;
	int fd;

	while ((fd = accept(s->fd, NULL, NULL)) >= 0)
		serve(s, fd);
	return NULL;
}

struct canned_server *canned_start(const struct canned_script *script)
{
	struct canned_server *s = calloc(1, sizeof *s);
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t n = sizeof a;

	assert_non_null(s);
	s->script = script;
	s->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_true(s->fd >= 0);
	assert_int_equal(bind(s->fd, (struct sockaddr *)&a, sizeof a), 0);
	assert_int_equal(listen(s->fd, 64), 0);
	assert_int_equal(getsockname(s->fd, (struct sockaddr *)&a, &n), 0);
	s->port = ntohs(a.sin_port);
	assert_int_equal(pthread_create(&s->thread, NULL, serve_all, s), 0);
	return s;
}

void canned_stop(struct canned_server *s)
{
	shutdown(s->fd, SHUT_RDWR);
	pthread_join(s->thread, NULL);
	close(s->fd);
	for (size_t i = 0; i < s->n_silent; i++)
		close(s->silent[i]);
	for (size_t i = 0; i < s->n; i++)
		free(s->requests[i]);
	free(s);
}

int canned_port(const struct canned_server *s)
{
	return s->port;
}

size_t canned_requests(const struct canned_server *s)
{
	return s->n;
}

const char *canned_request(const struct canned_server *s, size_t i)
{
	assert_true(i < s->n);
	return s->requests[i];
}
