/*
 * main.c: omni-test-api, a small Omni API for tests, demonstrations and measurements: what it answers is written in a
 * script (script.h, reply.h).
 */
#include "bytes.h"
#include "serve.h"
#include "timeutil.h"

#include <errno.h>
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#define MAX_TOKENS     16
#define MAX_LATENCY_MS 3600000
#define DEFAULT_TOKEN  "omni_osk_testtesttesttesttesttesttesttesttesttesttesttesttesttest"

static const char usage[] =
    "usage: omni-test-api [OPTION]... SCRIPT...\n"
    "\n"
    "Answers on 127.0.0.1 like the Omni API, as the SCRIPTs say (their form: tests/server/script.h and reply.h).\n"
    "\n"
    "      --port N           listen there; 0, the default: on a free port\n"
    "      --port-file FILE   write the port to FILE once it listens\n"
    "      --token TOKEN      a key that is good (repeatable; default: " DEFAULT_TOKEN ")\n"
    "      --tls-cert FILE    serve https with this certificate (PEM)\n"
    "      --tls-key FILE     and its key\n"
    "      --log FILE         one JSON object for each request, and at the end one with totals\n"
    "      --latency MS       wait before every answer\n"
    "      --prefix PATH      where the API begins (default: /api)\n"
    "      --limit N/UNIT     refuse more requests in any window of that length (s, m, h) for each key\n"
    "      --watch-stdin      end when standard input does\n"
    "      --help             print this\n"
    "\n"
    "GET /__stats gives the totals so far. SIGTERM and SIGINT end it.\n";

struct options {
	uint16_t port;
	int64_t latency_ms;
	const char *port_file, *tls_cert, *tls_key, *log;
	const char *tokens[MAX_TOKENS];
	size_t n_tokens;
	char *prefix;
	struct limit *limit;
	bool watch_stdin, help;
};

/* Everything that is there to be released at the end. */
struct api {
	struct script *script;
	struct router *router;
	struct journal *journal;
	struct buf cert, key;
	struct serve *serve;
};

static int number(const char *s, int64_t max, int64_t *out, struct err *err)
{
	char *end;
	errno = 0;
	long long n = strtoll(s, &end, 10);
	if (errno != 0 || end == s || *end != 0 || n < 0 || n > max)
		return err_set(err, ERR_FATAL, "not a number from 0 to %lld: '%s'", (long long)max, s);
	*out = n;
	return 0;
}

static int set_prefix(struct options *o, const char *s, struct err *err)
{
	size_t n = strlen(s);
	while (n > 0 && s[n - 1] == '/')
		n--;
	if (n > 0 && s[0] != '/')
		return err_set(err, ERR_FATAL, "not a path: '%s'", s);
	free(o->prefix);
	o->prefix = strndup(s, n);
	return o->prefix != NULL ? 0 : err_set(err, ERR_FATAL, "out of memory");
}

static int set_option(struct options *o, int c, struct err *err)
{
	int64_t n = 0;
	switch (c) {
	case 'p':
		if (number(optarg, UINT16_MAX, &n, err) != 0)
			return -1;
		o->port = (uint16_t)n;
		return 0;
	case 'f':
		o->port_file = optarg;
		return 0;
	case 't':
		if (o->n_tokens == MAX_TOKENS)
			return err_set(err, ERR_FATAL, "more than %d tokens", MAX_TOKENS);
		o->tokens[o->n_tokens++] = optarg;
		return 0;
	case 'c':
		o->tls_cert = optarg;
		return 0;
	case 'k':
		o->tls_key = optarg;
		return 0;
	case 'l':
		o->log = optarg;
		return 0;
	case 'y':
		return number(optarg, MAX_LATENCY_MS, &o->latency_ms, err);
	case 'x':
		return set_prefix(o, optarg, err);
	case 'L':
		limit_free(o->limit);
		o->limit = limit_new(optarg, err);
		return o->limit != NULL ? 0 : -1;
	case 'w':
		o->watch_stdin = true;
		return 0;
	case 'h':
		o->help = true;
		return 0;
	default: /* getopt has said what is wrong */
		return err_set(err, ERR_FATAL, "see --help");
	}
}

static int read_options(struct options *o, int argc, char **argv, struct err *err)
{
	static const struct option names[] = {
	    {"port", required_argument, NULL, 'p'},    {"port-file", required_argument, NULL, 'f'},
	    {"token", required_argument, NULL, 't'},   {"tls-cert", required_argument, NULL, 'c'},
	    {"tls-key", required_argument, NULL, 'k'}, {"log", required_argument, NULL, 'l'},
	    {"latency", required_argument, NULL, 'y'}, {"prefix", required_argument, NULL, 'x'},
	    {"limit", required_argument, NULL, 'L'},   {"watch-stdin", no_argument, NULL, 'w'},
	    {"help", no_argument, NULL, 'h'},          {NULL, 0, NULL, 0}};
	int c;
	if (set_prefix(o, "/api", err) != 0)
		return -1;
	while ((c = getopt_long(argc, argv, "", names, NULL)) != -1)
		if (set_option(o, c, err) != 0)
			return -1;
	if (o->help)
		return 0;
	if (o->n_tokens == 0)
		o->tokens[o->n_tokens++] = DEFAULT_TOKEN;
	if ((o->tls_cert == NULL) != (o->tls_key == NULL))
		return err_set(err, ERR_FATAL, "--tls-cert and --tls-key go together");
	if (optind == argc)
		return err_set(err, ERR_FATAL, "no SCRIPT was given, see --help");
	return 0;
}

static int api_start(struct api *a, const struct options *o, char **scripts, struct err *err)
{
	a->script = script_new(time_now_us());
	if (a->script == NULL)
		return err_set(err, ERR_FATAL, "out of memory");
	for (; *scripts != NULL; scripts++)
		if (script_read(a->script, *scripts, err) != 0)
			return -1;
	if (o->tls_cert != NULL &&
	    (bytes_of_file(o->tls_cert, &a->cert, err) != 0 || bytes_of_file(o->tls_key, &a->key, err) != 0))
		return -1;
	struct route_options route = {
	    .prefix = o->prefix, .tokens = o->tokens, .n_tokens = o->n_tokens, .script = a->script, .limit = o->limit};
	a->router = route_new(&route, err);
	if (a->router == NULL)
		return -1;
	a->journal = journal_new(o->log, err);
	if (a->journal == NULL)
		return -1;
	struct serve_options serve = {.port = o->port,
				      .tls_cert = o->tls_cert != NULL ? buf_cstr(&a->cert) : NULL,
				      .tls_key = o->tls_cert != NULL ? buf_cstr(&a->key) : NULL,
				      .latency_ms = o->latency_ms,
				      .router = a->router,
				      .journal = a->journal,
				      .limit = o->limit,
				      .script = a->script};
	a->serve = serve_start(&serve, err);
	return a->serve != NULL ? 0 : -1;
}

/* By rename, so that whoever sees the file sees all of it. */
static int write_port(const char *path, unsigned port, struct err *err)
{
	struct buf temporary;
	int rc = -1;

	buf_init(&temporary, 8192);
	FILE *f = buf_addf(&temporary, "%s.tmp", path) == 0 ? fopen(temporary.data, "we") : NULL;
	if (f == NULL) {
		err_sys(err, ERR_FATAL, errno, "cannot create '%s.tmp'", path);
	} else {
		int bad = fprintf(f, "%u\n", port) < 0;
		bad |= fclose(f) != 0;
		rc = bad || rename(temporary.data, path) != 0
			 ? err_sys(err, ERR_FATAL, errno, "cannot write '%s'", path)
			 : 0;
	}
	buf_free(&temporary);
	return rc;
}

static int announce(const struct api *a, const struct options *o, struct err *err)
{
	unsigned port = serve_port(a->serve);
	if (o->port_file != NULL && write_port(o->port_file, port, err) != 0)
		return -1;
	printf("listening on %s://127.0.0.1:%u\n", o->tls_cert != NULL ? "https" : "http", port);
	return fflush(stdout) == 0 ? 0 : err_sys(err, ERR_FATAL, errno, "cannot write to standard output");
}

/* Until a signal, or the end of standard input where that is watched. */
static void wait_for_end(int signals, bool watch_stdin)
{
	struct pollfd fds[2] = {{.fd = signals, .events = POLLIN}, {.fd = STDIN_FILENO, .events = POLLIN}};
	char drop[512];
	for (;;) {
		if (poll(fds, watch_stdin ? 2 : 1, -1) < 0 && errno != EINTR)
			return;
		if (fds[0].revents != 0)
			return;
		if (watch_stdin && fds[1].revents != 0 && read(STDIN_FILENO, drop, sizeof(drop)) <= 0)
			return;
	}
}

int main(int argc, char **argv)
{
	struct options o = {.port = 0};
	struct api a = {.script = NULL};
	struct err err = {ERR_NONE, ""};
	sigset_t set;
	int signals = -1;
	int code = 2;

	buf_init(&a.cert, (size_t)1 << 20);
	buf_init(&a.key, (size_t)1 << 20);
	/* Before any thread is there, so that all inherit it. */
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);

	if (read_options(&o, argc, argv, &err) != 0)
		goto out;
	if (o.help) {
		code = fputs(usage, stdout) >= 0 && fflush(stdout) == 0 ? 0 : 1;
		goto out;
	}
	if (api_start(&a, &o, argv + optind, &err) != 0)
		goto out;
	code = 1;
	signals = signalfd(-1, &set, SFD_CLOEXEC);
	if (signals < 0) {
		err_sys(&err, ERR_FATAL, errno, "cannot wait for signals");
		goto out;
	}
	if (announce(&a, &o, &err) != 0)
		goto out;
	wait_for_end(signals, o.watch_stdin);
	serve_stop(a.serve);
	a.serve = NULL;
	if (journal_end(a.journal, o.limit, a.script, &err) == 0)
		code = 0;
out:
	if (err.kind != ERR_NONE)
		fprintf(stderr, "omni-test-api: %s\n", err.msg);
	if (signals >= 0)
		close(signals);
	serve_stop(a.serve);
	route_free(a.router);
	journal_free(a.journal);
	script_free(a.script);
	limit_free(o.limit);
	free(o.prefix);
	buf_free(&a.cert);
	buf_free(&a.key);
	return code;
}
