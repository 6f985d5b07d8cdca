/* serve.c: see serve.h. */
#include "serve.h"
#include "sha256.h"
#include "timeutil.h"
#include "waits.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/sockios.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#define SERVE_BLOCK      ((size_t)64 << 10)
#define SERVE_MEMORY     ((size_t)128 << 10) /* of one connection: bounds a chunk */
#define SERVE_BACKLOG    511u
#define SERVE_LINGER_NS  2000000 /* how often to look whether the client has taken all bytes before a reset */
#define SERVE_LINGER_MAX 2500    /* looks, before it is reset all the same */
#define SERVE_DIGEST     12      /* hex digits of the Authorization header's digest that are shown */
#define SERVE_STATS_PATH "/__stats"
#define SERVE_POSTED     ((size_t)1 << 20) /* bytes of a request's body that are logged; a longer one is not */

struct serve {
	struct serve_options options;
	struct MHD_Daemon *daemon;
	struct waits *waits;
	struct sha256 *sha;
	unsigned connections;
	uint16_t port;
};

struct request {
	struct serve *serve;
	struct MHD_Connection *connection;
	int64_t arrived_ns;
	const struct reply *reply; /* NULL: not yet decided */
	struct reply *made;        /* the same, where it was made for this request */
	struct buf posted;         /* its body, as far as it is of interest */
	struct stream *stream;
	uint64_t sent; /* bytes of the body that MHD took */
	bool stalled;
	unsigned looks; /* before a reset */
	struct wait wait;
	/* "wire": what of the stream is to be sent next. */
	char *piece;
	size_t piece_at, piece_len;
};

static int request_fd(const struct request *r)
{
	return MHD_get_connection_info(r->connection, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
}

static void request_wake(void *ctx)
{
	struct request *r = ctx;
	MHD_resume_connection(r->connection);
}

/* Sets the connection aside; MHD calls again when it is woken. */
static bool request_wait(struct request *r, int64_t until_ns)
{
	if (waits_stopping(r->serve->waits))
		return false;
	r->wait.until_ns = until_ns;
	r->wait.fd = request_fd(r);
	r->wait.ctx = r;
	MHD_suspend_connection(r->connection);
	if (!waits_add(r->serve->waits, &r->wait))
		MHD_resume_connection(r->connection);
	return true;
}

/* A RST at once: Linux sends one when a connected socket is dissolved. MHD then finds the socket closed. */
static void socket_reset(int fd)
{
	struct sockaddr none = {.sa_family = AF_UNSPEC};
	(void)connect(fd, &none, sizeof(none));
}

/* What happens at the byte of the body where something does. */
static ssize_t request_fault(struct request *r)
{
	int unsent = 0;
	switch (r->reply->fault) {
	case FAULT_CUT:
		return r->reply->transfer == TRANSFER_CLOSE ? MHD_CONTENT_READER_END_OF_STREAM
							    : MHD_CONTENT_READER_END_WITH_ERROR;
	case FAULT_RESET:
		/* A reset throws away what is still under way, and the bytes before it were promised. */
		if (ioctl(request_fd(r), SIOCOUTQ, &unsent) == 0 && unsent > 0 && r->looks++ < SERVE_LINGER_MAX &&
		    request_wait(r, time_boot_ns() + SERVE_LINGER_NS))
			return 0;
		socket_reset(request_fd(r));
		return MHD_CONTENT_READER_END_WITH_ERROR;
	default: /* FAULT_STALL: woken only when the client is gone */
		if (r->stalled || !request_wait(r, INT64_MAX))
			return MHD_CONTENT_READER_END_WITH_ERROR;
		r->stalled = true;
		return 0;
	}
}

static ssize_t on_read(void *ctx, uint64_t position, char *out, size_t max)
{
	(void)position;
	struct request *r = ctx;
	if (r->reply->fault != FAULT_NONE) {
		uint64_t left = r->reply->fault_after - r->sent;
		if (left == 0)
			return request_fault(r);
		if (max > left)
			max = (size_t)left;
	}
	long n = stream_read(r->stream, out, max);
	if (n < 0)
		return MHD_CONTENT_READER_END_WITH_ERROR;
	if (n == 0)
		return MHD_CONTENT_READER_END_OF_STREAM;
	r->sent += (uint64_t)n;
	return n;
}

/* The next bytes of an answer that is sent past MHD. 1; 0: there are none; -1: see request_wire. */
static int wire_piece(struct request *r, enum MHD_Result *rc)
{
	const struct reply *reply = r->reply;
	uint64_t max = SERVE_BLOCK;

	*rc = MHD_NO;
	if (reply->fault != FAULT_NONE && reply->fault_after - r->sent < max)
		max = reply->fault_after - r->sent;
	if (max == 0 && reply->fault != FAULT_CUT) {
		/* It waits, or is at its end. */
		*rc = request_fault(r) == 0 ? MHD_YES : MHD_NO;
		return -1;
	}
	if (r->piece == NULL && (r->piece = malloc(SERVE_BLOCK)) == NULL)
		return -1;
	long n = max > 0 ? stream_read(r->stream, r->piece, (size_t)max) : 0;
	if (n <= 0)
		return (int)n;
	r->piece_at = 0;
	r->piece_len = (size_t)n;
	r->sent += (uint64_t)n;
	return 1;
}

/* Sends as much as the socket takes, and is called again after a wait for the rest. MHD closes the connection of a
 * request that is refused. */
static enum MHD_Result request_wire(struct request *r)
{
	enum MHD_Result rc;

	if (r->stream == NULL && (r->stream = stream_new(&r->reply->content)) == NULL)
		return MHD_NO;
	for (;;) {
		if (r->piece_at == r->piece_len) {
			int more = wire_piece(r, &rc);
			if (more < 0)
				return rc;
			if (more == 0)
				return MHD_NO;
		}
		ssize_t n = send(request_fd(r), r->piece + r->piece_at, r->piece_len - r->piece_at,
				 MSG_NOSIGNAL | MSG_DONTWAIT);
		if (n < 0 && errno == EAGAIN)
			return request_wait(r, time_boot_ns() + SERVE_LINGER_NS) ? MHD_YES : MHD_NO;
		if (n < 0)
			return MHD_NO;
		r->piece_at += (size_t)n;
	}
}

static struct MHD_Response *make_response(struct request *r)
{
	const struct reply *reply = r->reply;
	const struct buf *unit = &reply->content.unit;
	bool declared = reply->length >= 0 && (reply->transfer == TRANSFER_AUTO || reply->transfer == TRANSFER_LENGTH);
	if (declared && reply->fault == FAULT_NONE && !reply->content.generated &&
	    reply->content.coding == STREAM_IDENTITY && (int64_t)unit->len == reply->length)
		return MHD_create_response_from_buffer(unit->len, unit->data, MHD_RESPMEM_PERSISTENT);
	r->stream = stream_new(&reply->content);
	if (r->stream == NULL)
		return NULL;
	uint64_t size = declared ? (uint64_t)reply->length : MHD_SIZE_UNKNOWN;
	struct MHD_Response *response = MHD_create_response_from_callback(size, SERVE_BLOCK, on_read, r, NULL);
	if (response != NULL && reply->transfer == TRANSFER_CLOSE)
		MHD_set_response_options(response, MHD_RF_HTTP_1_0_COMPATIBLE_STRICT, MHD_RO_END);
	return response;
}

static enum MHD_Result request_answer(struct request *r)
{
	static const char torn[] = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Len";
	const struct reply *reply = r->reply;

	if (reply->fault == FAULT_DROP)
		return MHD_NO;
	if (reply->wire)
		return request_wire(r);
	if (reply->fault == FAULT_RESET_IN_HEADERS) {
		if (r->serve->options.tls_cert == NULL)
			(void)send(request_fd(r), torn, sizeof(torn) - 1, MSG_NOSIGNAL);
		socket_reset(request_fd(r));
		return MHD_NO;
	}
	struct MHD_Response *response = make_response(r);
	enum MHD_Result rc = response != NULL ? MHD_YES : MHD_NO;
	for (size_t i = 0; i < reply->n_headers && rc == MHD_YES; i++)
		rc = MHD_add_response_header(response, reply->headers[i].name, reply->headers[i].value);
	if (rc == MHD_YES)
		rc = MHD_queue_response(r->connection, (unsigned)reply->status, response);
	if (response != NULL)
		MHD_destroy_response(response);
	return rc;
}

static enum MHD_Result answer_stats(struct serve *s, struct MHD_Connection *c)
{
	const struct serve_options *o = &s->options;
	struct buf body;
	enum MHD_Result rc = MHD_NO;

	buf_init(&body, (size_t)1 << 30);
	if (journal_totals(o->journal, o->limit, o->script, &body) == 0 && buf_addc(&body, '\n') == 0) {
		struct MHD_Response *response =
		    MHD_create_response_from_buffer(body.len, body.data, MHD_RESPMEM_MUST_COPY);
		if (response != NULL &&
		    MHD_add_response_header(response, "Content-Type", "application/json") == MHD_YES)
			rc = MHD_queue_response(c, 200, response);
		if (response != NULL)
			MHD_destroy_response(response);
	}
	buf_free(&body);
	return rc;
}

static const char *header(struct MHD_Connection *c, const char *name)
{
	return MHD_lookup_connection_value(c, MHD_HEADER_KIND, name);
}

static const char *argument(void *ctx, const char *name)
{
	return MHD_lookup_connection_value(ctx, MHD_GET_ARGUMENT_KIND, name);
}

static void request_decide(struct request *r, const char *method, const char *url, const char *version)
{
	struct serve *s = r->serve;
	const char *authorization = header(r->connection, "Authorization");
	uint8_t digest[SHA256_LEN];
	char hex[SHA256_HEX_LEN + 1] = "";

	if (authorization != NULL) {
		sha256_reset(s->sha);
		sha256_add(s->sha, authorization, strlen(authorization));
		sha256_end(s->sha, digest);
		sha256_hex(digest, hex)[SERVE_DIGEST] = 0;
	}
	struct route_ask ask = {.method = method,
				.path = url,
				.authorization = authorization,
				.key = hex,
				.now_ns = r->arrived_ns,
				.argument = argument,
				.argument_ctx = r->connection};
	struct route_answer a = route_decide(s->options.router, &ask);
	const unsigned *number =
	    MHD_get_connection_info(r->connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT)->socket_context;
	struct journal_line line = {
	    .boot_ns = r->arrived_ns,
	    .connection = number != NULL ? *number : 0,
	    .method = method,
	    .path = url,
	    .http = version,
	    .authorization = authorization != NULL ? hex : NULL,
	    .user_agent = header(r->connection, "User-Agent"),
	    .accept_encoding = header(r->connection, "Accept-Encoding"),
	    .endpoint = a.endpoint,
	    .why = a.why,
	    .job = a.job,
	    .request = a.request,
	    .step = a.step,
	    .posted = r->posted.len > 0 ? buf_cstr(&r->posted) : NULL,
	    .status = a.reply->status,
	};
	journal_add(s->options.journal, &line);
	r->reply = a.reply;
	r->made = a.made;
}

/* MHD calls first with the headers, then for each piece of an upload, then for the answer; and again after a wait. */
static enum MHD_Result on_request(void *ctx, struct MHD_Connection *c, const char *url, const char *method,
				  const char *version, const char *upload, size_t *upload_size, void **request_ctx)
{
	struct serve *s = ctx;
	struct request *r = *request_ctx;
	if (r == NULL) {
		r = calloc(1, sizeof(*r));
		if (r == NULL)
			return MHD_NO;
		r->serve = s;
		r->connection = c;
		r->arrived_ns = time_boot_ns();
		buf_init(&r->posted, SERVE_POSTED);
		*request_ctx = r;
		return MHD_YES;
	}
	if (*upload_size > 0) {
		(void)buf_add(&r->posted, upload, *upload_size);
		*upload_size = 0;
		return MHD_YES;
	}
	if (strcmp(url, SERVE_STATS_PATH) == 0)
		return answer_stats(s, c);
	if (r->reply == NULL) {
		request_decide(r, method, url, version);
		int64_t delay_ms = s->options.latency_ms + r->reply->delay_ms;
		if (delay_ms > 0 && request_wait(r, r->arrived_ns + delay_ms * 1000000))
			return MHD_YES;
	}
	return request_answer(r);
}

static void on_request_end(void *ctx, struct MHD_Connection *c, void **request_ctx,
			   enum MHD_RequestTerminationCode code)
{
	(void)ctx;
	(void)c;
	(void)code;
	struct request *r = *request_ctx;
	if (r != NULL) {
		stream_free(r->stream);
		if (r->made != NULL)
			reply_free(r->made);
		free(r->made);
		buf_free(&r->posted);
		free(r->piece);
	}
	free(r);
	*request_ctx = NULL;
}

static void on_connection(void *ctx, struct MHD_Connection *c, void **socket_ctx,
			  enum MHD_ConnectionNotificationCode code)
{
	struct serve *s = ctx;
	int one = 1;
	if (code == MHD_CONNECTION_NOTIFY_CLOSED) {
		free(*socket_ctx);
		*socket_ctx = NULL;
		return;
	}
	unsigned *number = malloc(sizeof(*number));
	if (number != NULL)
		*number = ++s->connections;
	*socket_ctx = number;
	int fd = MHD_get_connection_info(c, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	journal_connection(s->options.journal);
}

static struct MHD_Daemon *start_daemon(struct serve *s)
{
	const struct serve_options *o = &s->options;
	struct sockaddr_in address = {
	    .sin_family = AF_INET, .sin_port = htons(o->port), .sin_addr = {htonl(INADDR_LOOPBACK)}};
	/* MHD's pointers are not const; it only reads these. */
	struct MHD_OptionItem tls[] = {{MHD_OPTION_HTTPS_MEM_CERT, 0, (void *)(uintptr_t)o->tls_cert},
				       {MHD_OPTION_HTTPS_MEM_KEY, 0, (void *)(uintptr_t)o->tls_key},
				       {MHD_OPTION_END, 0, NULL}};
	unsigned flags = MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME;
	if (o->tls_cert != NULL)
		flags |= MHD_USE_TLS;
	else
		tls[0].option = MHD_OPTION_END;
	return MHD_start_daemon(flags, o->port, NULL, NULL, on_request, s, MHD_OPTION_SOCK_ADDR, &address,
				MHD_OPTION_NOTIFY_COMPLETED, on_request_end, NULL, MHD_OPTION_NOTIFY_CONNECTION,
				on_connection, s, MHD_OPTION_CONNECTION_MEMORY_LIMIT, SERVE_MEMORY,
				MHD_OPTION_LISTEN_BACKLOG_SIZE, SERVE_BACKLOG, MHD_OPTION_ARRAY, tls, MHD_OPTION_END);
}

struct serve *serve_start(const struct serve_options *options, struct err *err)
{
	struct serve *s = calloc(1, sizeof(*s));
	if (s == NULL || (s->sha = sha256_new()) == NULL) {
		err_set(err, ERR_FATAL, "out of memory");
		goto fail;
	}
	s->options = *options;
	s->waits = waits_new(request_wake, err);
	if (s->waits == NULL)
		goto fail;
	errno = 0;
	s->daemon = start_daemon(s);
	if (s->daemon == NULL) {
		err_set(err, ERR_FATAL, "cannot listen on 127.0.0.1 port %u%s%s%s", (unsigned)options->port,
			options->tls_cert != NULL ? " with that certificate and key" : "", errno != 0 ? ": " : "",
			errno != 0 ? strerror(errno) : "");
		goto fail;
	}
	s->port = MHD_get_daemon_info(s->daemon, MHD_DAEMON_INFO_BIND_PORT)->port;
	return s;
fail:
	serve_stop(s);
	return NULL;
}

uint16_t serve_port(const struct serve *s)
{
	return s->port;
}

void serve_stop(struct serve *s)
{
	if (s == NULL)
		return;
	/* MHD must not be stopped while connections are suspended. */
	if (s->waits != NULL)
		waits_stop(s->waits);
	if (s->daemon != NULL)
		MHD_stop_daemon(s->daemon);
	waits_free(s->waits);
	sha256_free(s->sha);
	free(s);
}
