#include "fetch_wire.h"

#include "fetch_fault.h"

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BEARER       "Authorization: Bearer "
#define RECEIVE_SIZE (256L << 10) /* large bodies: fewer calls */

/* One request at a time; its easy handle, with all options but what is asked, is used again and again. */
struct slot {
	struct fetch_wire *wire;
	CURL *easy;
	char problem[CURL_ERROR_SIZE];
	bool headers_whole; /* the blank line behind those of the final answer came */
	bool unwanted;      /* bytes() wants no more */
};

/* What a request says of itself. */
enum header_set { HEADERS_JSON, HEADERS_ANY, HEADERS_POST, HEADER_SETS };

struct fetch_wire {
	struct fetch_wire_options options; /* without the strings: they were copied */
	CURLM *multi;
	struct curl_slist *headers[HEADER_SETS]; /* of each the first line is the key's */
	struct slot *slots;
	bool curl_ready;
};

static int number(const struct slot *slot)
{
	return (int)(slot - slot->wire->slots);
}

static int http_code(const struct slot *slot)
{
	long code = 0;

	curl_easy_getinfo(slot->easy, CURLINFO_RESPONSE_CODE, &code);
	return (int)code;
}

static size_t on_header(char *p, size_t size, size_t n, void *ctx)
{
	struct slot *slot = ctx;
	const struct fetch_wire_options *o = &slot->wire->options;

	/* Of the final answer: not of a 1xx, nor a trailer. */
	if (http_code(slot) < 200)
		return n * size;
	if (n * size > 5 && memcmp(p, "HTTP/", 5) == 0)
		o->events->headers(o->ctx, number(slot));
	else if (n * size > 0 && (*p == '\r' || *p == '\n'))
		slot->headers_whole = true;
	return n * size;
}

static size_t on_bytes(char *p, size_t size, size_t n, void *ctx)
{
	struct slot *slot = ctx;
	const struct fetch_wire_options *o = &slot->wire->options;

	slot->unwanted = o->events->bytes(o->ctx, number(slot), http_code(slot), p, n * size) != 0;
	return slot->unwanted ? 0 : n * size;
}

/* The key: only to the API itself, never to a proxy, and nobody is followed. */
static CURLcode set_security(CURL *e, const struct fetch_wire *w, const char *cacert)
{
	const curl_version_info_data *v = curl_version_info(CURLVERSION_NOW);
	const char *system_dir = v->age >= CURLVERSION_SEVENTH && v->capath ? v->capath : "/etc/ssl/certs";
	CURLcode rc;

	if ((rc = curl_easy_setopt(e, CURLOPT_PROTOCOLS_STR, w->options.url->https ? "https" : "http")) ||
	    (rc = curl_easy_setopt(e, CURLOPT_FOLLOWLOCATION, 0L)) ||
	    (rc = curl_easy_setopt(e, CURLOPT_HEADEROPT, (long)CURLHEADER_SEPARATE)) ||
	    (rc = curl_easy_setopt(e, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2)))
		return rc;
	if (w->options.url->loopback &&
	    ((rc = curl_easy_setopt(e, CURLOPT_PROXY, "")) || (rc = curl_easy_setopt(e, CURLOPT_NOPROXY, "*"))))
		return rc;
	/* The file takes the place of the system's bundle, so the system's folder is named too. */
	if (cacert && ((rc = curl_easy_setopt(e, CURLOPT_CAINFO, cacert)) ||
		       (rc = curl_easy_setopt(e, CURLOPT_CAPATH, system_dir)) ||
		       (rc = curl_easy_setopt(e, CURLOPT_PROXY_CAINFO, cacert)) ||
		       (rc = curl_easy_setopt(e, CURLOPT_PROXY_CAPATH, system_dir))))
		return rc;
	return CURLE_OK;
}

static CURLcode set_transfer(CURL *e, struct slot *slot, const struct fetch_wire_options *o)
{
	CURLcode rc;

	if ((rc = curl_easy_setopt(e, CURLOPT_NOSIGNAL, 1L)) ||
	    (rc = curl_easy_setopt(e, CURLOPT_ERRORBUFFER, slot->problem)) ||
	    (rc = curl_easy_setopt(e, CURLOPT_PRIVATE, slot)) ||
	    (rc = curl_easy_setopt(e, CURLOPT_WRITEFUNCTION, on_bytes)) ||
	    (rc = curl_easy_setopt(e, CURLOPT_WRITEDATA, slot)) ||
	    (rc = curl_easy_setopt(e, CURLOPT_HEADERFUNCTION, on_header)) ||
	    (rc = curl_easy_setopt(e, CURLOPT_HEADERDATA, slot)) ||
	    (rc = curl_easy_setopt(e, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L)) ||
	    (rc = curl_easy_setopt(e, CURLOPT_USERAGENT, o->user_agent)) ||
	    /* Not what else libcurl knows: to decode brotli or zstd may take megabytes for each transfer. */
	    (rc = curl_easy_setopt(e, CURLOPT_ACCEPT_ENCODING, "gzip, deflate")) ||
	    (rc = curl_easy_setopt(e, CURLOPT_BUFFERSIZE, RECEIVE_SIZE)) ||
	    (rc = curl_easy_setopt(e, CURLOPT_TCP_KEEPALIVE, 1L)) ||
	    (rc = curl_easy_setopt(e, CURLOPT_CONNECTTIMEOUT, (long)o->connect_timeout_s)) ||
	    /* No byte for so long: also while the headers are waited for. */
	    (rc = curl_easy_setopt(e, CURLOPT_LOW_SPEED_LIMIT, 1L)) ||
	    (rc = curl_easy_setopt(e, CURLOPT_LOW_SPEED_TIME, (long)o->timeout_s)))
		return rc;
	/* HTTP/2 where both ends have it; a libcurl without it is good enough. */
	(void)curl_easy_setopt(e, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_2TLS);
	return CURLE_OK;
}

static int set_up_slots(struct fetch_wire *w, const struct fetch_wire_options *o, struct err *err)
{
	w->slots = calloc((size_t)o->slots, sizeof *w->slots);
	if (!w->slots)
		return err_set(err, ERR_FATAL, "out of memory");
	for (int i = 0; i < o->slots; i++) {
		struct slot *slot = &w->slots[i];
		CURLcode rc = CURLE_OUT_OF_MEMORY;

		slot->wire = w;
		slot->easy = curl_easy_init();
		if (slot->easy)
			rc = set_transfer(slot->easy, slot, o);
		if (!rc)
			rc = set_security(slot->easy, w, o->cacert);
		if (rc)
			return err_set(err, ERR_FATAL, "cannot set up libcurl: %s", curl_easy_strerror(rc));
	}
	return 0;
}

static int add_header(struct curl_slist **list, const char *line)
{
	struct curl_slist *longer = curl_slist_append(*list, line);

	if (longer)
		*list = longer;
	return longer ? 0 : -1;
}

static int set_headers(struct fetch_wire *w, const char *key, struct err *err)
{
	/* An empty Expect: a body is not held back until the server has asked for it. */
	static const char *const more[HEADER_SETS][3] = {
	    [HEADERS_JSON] = {"Accept: application/json"},
	    [HEADERS_ANY] = {"Accept: */*"},
	    [HEADERS_POST] = {"Accept: */*", "Content-Type: application/json", "Expect:"},
	};
	char *line = NULL;
	int bad = asprintf(&line, BEARER "%s", key) < 0;

	for (int i = 0; i < HEADER_SETS && !bad; i++) {
		bad = add_header(&w->headers[i], line);
		for (int k = 0; k < 3 && more[i][k] && !bad; k++)
			bad = add_header(&w->headers[i], more[i][k]);
	}
	if (line) {
		explicit_bzero(line, strlen(line));
		free(line);
	}
	return bad ? err_set(err, ERR_FATAL, "out of memory") : 0;
}

static int set_up(struct fetch_wire *w, const struct fetch_wire_options *o, struct err *err)
{
	w->options = *o;
	w->options.key = w->options.cacert = w->options.user_agent = NULL;
	/* It would make libcurl write down what decrypts the traffic, the key included. */
	unsetenv("SSLKEYLOGFILE");
	if (curl_global_init(CURL_GLOBAL_DEFAULT))
		return err_set(err, ERR_FATAL, "cannot set up libcurl");
	w->curl_ready = true;
	w->multi = curl_multi_init();
	if (!w->multi)
		return err_set(err, ERR_FATAL, "out of memory");
	(void)curl_multi_setopt(w->multi, CURLMOPT_MAXCONNECTS, (long)o->slots);
	if (set_headers(w, o->key, err))
		return -1;
	return set_up_slots(w, o, err);
}

struct fetch_wire *fetch_wire_new(const struct fetch_wire_options *o, struct err *err)
{
	struct fetch_wire *w = calloc(1, sizeof *w);

	if (!w) {
		err_set(err, ERR_FATAL, "out of memory");
		return NULL;
	}
	if (set_up(w, o, err)) {
		fetch_wire_free(w);
		return NULL;
	}
	return w;
}

void fetch_wire_free(struct fetch_wire *w)
{
	if (!w)
		return;
	for (int i = 0; w->slots && i < w->options.slots; i++)
		curl_easy_cleanup(w->slots[i].easy);
	free(w->slots);
	curl_multi_cleanup(w->multi);
	for (int i = 0; i < HEADER_SETS; i++) {
		if (w->headers[i])
			explicit_bzero(w->headers[i]->data, strlen(w->headers[i]->data));
		curl_slist_free_all(w->headers[i]);
	}
	if (w->curl_ready)
		curl_global_cleanup();
	free(w);
}

const char *fetch_wire_key(const struct fetch_wire *w)
{
	return w->headers[HEADERS_JSON]->data + strlen(BEARER);
}

/* What a code of libcurl means: a certificate is no better a second later, the network may be (contract). */
static enum fault_kind fault_of(CURLcode rc)
{
	switch (rc) {
	case CURLE_COULDNT_RESOLVE_PROXY:
	case CURLE_COULDNT_RESOLVE_HOST:
		return FAULT_RESOLVE;
	case CURLE_COULDNT_CONNECT:
		return FAULT_CONNECT;
	case CURLE_OPERATION_TIMEDOUT:
		return FAULT_TIMEOUT;
	case CURLE_WEIRD_SERVER_REPLY:
	case CURLE_UNSUPPORTED_PROTOCOL: /* a first line that is no HTTP */
	case CURLE_PARTIAL_FILE:
	case CURLE_SSL_CONNECT_ERROR:
	case CURLE_GOT_NOTHING:
	case CURLE_SEND_ERROR:
	case CURLE_RECV_ERROR:
	case CURLE_BAD_CONTENT_ENCODING:
	case CURLE_HTTP2:
	case CURLE_HTTP2_STREAM:
	case CURLE_NO_CONNECTION_AVAILABLE:
	case CURLE_PROXY:
	case CURLE_WRITE_ERROR:   /* not ours: see there too */
	case CURLE_OUT_OF_MEMORY: /* also of a header that is longer than it takes: see end_request */
		return FAULT_CUT;
	case CURLE_PEER_FAILED_VERIFICATION:
		return FAULT_TRUST;
	case CURLE_SSL_CACERT_BADFILE:
	case CURLE_FAILED_INIT:
	case CURLE_BAD_FUNCTION_ARGUMENT:
		return FAULT_FATAL;
	default:
		return FAULT_LASTING;
	}
}

static void tell_fault(const struct slot *slot, CURLcode rc, struct err *why)
{
	const struct fetch_wire *w = slot->wire;
	curl_off_t got = 0, length = -1, connected = 0;
	long errnum = 0;

	curl_easy_getinfo(slot->easy, CURLINFO_SIZE_DOWNLOAD_T, &got);
	curl_easy_getinfo(slot->easy, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length);
	curl_easy_getinfo(slot->easy, CURLINFO_PRETRANSFER_TIME_T, &connected);
	curl_easy_getinfo(slot->easy, CURLINFO_OS_ERRNO, &errnum);
	fetch_fault_tell(&(struct fetch_fault){.kind = fault_of(rc),
					       .host = w->options.url->host,
					       .said = *slot->problem ? slot->problem : curl_easy_strerror(rc),
					       .secret = fetch_wire_key(w),
					       .got = got,
					       .length = length,
					       .connected = connected,
					       .timeout_s = w->options.timeout_s,
					       .connect_timeout_s = w->options.connect_timeout_s,
					       .errnum = (int)errnum},
			 why);
}

static struct text header(CURL *e, const char *name)
{
	struct curl_header *h;

	return curl_easy_header(e, name, 0, CURLH_HEADER, -1, &h) == CURLHE_OK ? text_of(h->value) : TEXT_NULL;
}

static void end_request(struct slot *slot, CURLcode rc)
{
	struct fetch_wire *w = slot->wire;
	struct fetch_headers headers = {
	    .content_type = header(slot->easy, "Content-Type"),
	    .retry_after = header(slot->easy, "Retry-After"),
	    .date = header(slot->easy, "Date"),
	    .location = header(slot->easy, "Location"),
	};
	int http = http_code(slot);
	struct err why = {0};

	/* Our own doing: no more of the body was wanted. */
	if (rc == CURLE_WRITE_ERROR && slot->unwanted)
		rc = CURLE_OK;
	/* A connection that ends within the headers is fine with libcurl: an answer without a body. */
	if (rc == CURLE_OK && !slot->headers_whole) {
		rc = CURLE_GOT_NOTHING;
		(void)snprintf(slot->problem, sizeof slot->problem, "the connection ended within the headers");
	}
	/* libcurl has one word for a header beyond its limit and for memory that is short. One answer must not end the
	 * run; memory that is really short ends it elsewhere. */
	if (rc == CURLE_WRITE_ERROR)
		(void)snprintf(slot->problem, sizeof slot->problem, "its compression is broken");
	if (rc == CURLE_OUT_OF_MEMORY)
		(void)snprintf(slot->problem, sizeof slot->problem, "a header is too long, or memory is short");
	if (rc != CURLE_OK)
		tell_fault(slot, rc, &why);
	(void)curl_multi_remove_handle(w->multi, slot->easy);
	w->options.events->end(w->options.ctx, number(slot), http, &headers, &why);
}

static CURLcode set_request(const struct fetch_wire *w, CURL *e, const struct fetch_wire_request *r)
{
	CURLcode rc;

	if ((rc = curl_easy_setopt(e, CURLOPT_URL, r->address)))
		return rc;
	if (!r->post.p) {
		rc = curl_easy_setopt(e, CURLOPT_HTTPGET, 1L);
		return rc ? rc
			  : curl_easy_setopt(e, CURLOPT_HTTPHEADER,
					     w->headers[r->any_type ? HEADERS_ANY : HEADERS_JSON]);
	}
	if ((rc = curl_easy_setopt(e, CURLOPT_POST, 1L)) ||
	    (rc = curl_easy_setopt(e, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)r->post.n)) ||
	    (rc = curl_easy_setopt(e, CURLOPT_POSTFIELDS, r->post.p)))
		return rc;
	return curl_easy_setopt(e, CURLOPT_HTTPHEADER, w->headers[HEADERS_POST]);
}

int fetch_wire_start(struct fetch_wire *w, int i, const struct fetch_wire_request *r)
{
	struct slot *slot = &w->slots[i];

	*slot->problem = '\0';
	slot->headers_whole = slot->unwanted = false;
	return set_request(w, slot->easy, r) || curl_multi_add_handle(w->multi, slot->easy) ? -1 : 0;
}

void fetch_wire_drop(struct fetch_wire *w, int i)
{
	(void)curl_multi_remove_handle(w->multi, w->slots[i].easy);
}

int fetch_wire_move(struct fetch_wire *w)
{
	int running, left, ended = 0;
	CURLMsg *m;

	(void)curl_multi_perform(w->multi, &running);
	while ((m = curl_multi_info_read(w->multi, &left))) {
		CURLcode rc = m->data.result;
		struct slot *slot;

		curl_easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, &slot);
		end_request(slot, rc);
		ended++;
	}
	return ended;
}

void fetch_wire_sleep(struct fetch_wire *w, int ms)
{
	struct curl_waitfd wake = {.fd = w->options.wake_fd, .events = CURL_WAIT_POLLIN};

	(void)curl_multi_poll(w->multi, &wake, wake.fd >= 0, ms, NULL);
}

void fetch_wire_wake(struct fetch_wire *w)
{
	(void)curl_multi_wakeup(w->multi);
}
