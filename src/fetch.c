#include "fetch.h"

#include "fetch_batch.h"
#include "fetch_fault.h"
#include "url.h"

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BEARER       "Authorization: Bearer "
#define NS_PER_MS    INT64_C(1000000)
#define POLL_MAX_MS  200                /* progress is told this often; --max-time and *stop are looked at */
#define MAX_TEXT     ((size_t)16 << 20) /* a status document */
#define RECEIVE_SIZE (256L << 10)       /* large bodies: fewer calls */

/* One transfer at a time; its easy handle, with all options but the address, is used again and again. */
struct slot {
	struct fetch *fetch;
	CURL *easy;
	char problem[CURL_ERROR_SIZE];
	bool headers_whole; /* the blank line behind those of the final answer came */
	struct fetch_transfer t;
};

struct fetch {
	struct fetch_options options; /* without the strings: they were copied */
	struct url url;
	CURLM *multi;
	struct curl_slist *headers;
	struct slot *slots;
	int n_slots;
	struct fetch_pool pool;
	struct json_doc *doc;
	int64_t deadline_ns;
	bool key_good;
	bool curl_ready;
	struct fetch_batch *batch; /* while fetch_run works */
};

static long http_code(struct slot *slot)
{
	long code = 0;

	curl_easy_getinfo(slot->easy, CURLINFO_RESPONSE_CODE, &code);
	return code;
}

static size_t on_header(char *p, size_t size, size_t n, void *ctx)
{
	struct slot *slot = ctx;

	/* Of the final answer: not of a 1xx, nor a trailer. */
	if (http_code(slot) < 200)
		return n * size;
	if (n * size > 5 && memcmp(p, "HTTP/", 5) == 0)
		fetch_batch_headers(slot->fetch->batch, &slot->t);
	else if (n * size > 0 && (*p == '\r' || *p == '\n'))
		slot->headers_whole = true;
	return n * size;
}

static size_t on_bytes(char *p, size_t size, size_t n, void *ctx)
{
	struct slot *slot = ctx;

	return fetch_batch_bytes(slot->fetch->batch, &slot->t, (int)http_code(slot), p, n * size) ? 0 : n * size;
}

/* The key: only to the API itself, never to a proxy, and nobody is followed. */
static CURLcode set_security(CURL *e, const struct fetch *f, const char *cacert)
{
	const curl_version_info_data *v = curl_version_info(CURLVERSION_NOW);
	const char *system_dir = v->age >= CURLVERSION_SEVENTH && v->capath ? v->capath : "/etc/ssl/certs";
	CURLcode rc;

	if ((rc = curl_easy_setopt(e, CURLOPT_PROTOCOLS_STR, f->url.https ? "https" : "http")) ||
	    (rc = curl_easy_setopt(e, CURLOPT_FOLLOWLOCATION, 0L)) ||
	    (rc = curl_easy_setopt(e, CURLOPT_HTTPHEADER, f->headers)) ||
	    (rc = curl_easy_setopt(e, CURLOPT_HEADEROPT, (long)CURLHEADER_SEPARATE)) ||
	    (rc = curl_easy_setopt(e, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2)))
		return rc;
	if (f->url.loopback &&
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

static CURLcode set_transfer(CURL *e, struct slot *slot, const struct fetch_options *o)
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

static int set_up_slots(struct fetch *f, const struct fetch_options *o, struct err *err)
{
	f->slots = calloc((size_t)f->n_slots, sizeof *f->slots);
	if (!f->slots)
		return err_set(err, ERR_FATAL, "out of memory");
	for (int i = 0; i < f->n_slots; i++) {
		struct slot *slot = &f->slots[i];
		CURLcode rc = CURLE_OUT_OF_MEMORY;

		slot->fetch = f;
		buf_init(&slot->t.text, MAX_TEXT);
		slot->easy = curl_easy_init();
		if (slot->easy)
			rc = set_transfer(slot->easy, slot, o);
		if (!rc)
			rc = set_security(slot->easy, f, o->cacert);
		if (rc)
			return err_set(err, ERR_FATAL, "cannot set up libcurl: %s", curl_easy_strerror(rc));
	}
	return 0;
}

static int set_headers(struct fetch *f, const char *key, struct err *err)
{
	struct curl_slist *more = NULL;
	char *line = NULL;

	if (asprintf(&line, BEARER "%s", key) >= 0) {
		f->headers = curl_slist_append(NULL, line);
		if (f->headers)
			more = curl_slist_append(f->headers, "Accept: application/json");
		explicit_bzero(line, strlen(line));
		free(line);
	}
	return more ? 0 : err_set(err, ERR_FATAL, "out of memory");
}

static int set_up(struct fetch *f, const struct fetch_options *o, struct err *err)
{
	if (url_parse(o->base_url, o->allow_http, &f->url, err) || fetch_check_key(o->api_key, err) ||
	    (o->cacert && fetch_check_cacert(o->cacert, err)))
		return -1;
	f->options = *o;
	f->options.base_url = f->options.api_key = f->options.cacert = f->options.user_agent = NULL;
	f->n_slots = o->concurrency > 0 ? o->concurrency : 1;
	f->deadline_ns = o->max_time_ms < 0 ? INT64_MAX : time_boot_ns() + o->max_time_ms * NS_PER_MS;
	/* It would make libcurl write down what decrypts the traffic, the key included. */
	unsetenv("SSLKEYLOGFILE");
	if (curl_global_init(CURL_GLOBAL_DEFAULT))
		return err_set(err, ERR_FATAL, "cannot set up libcurl");
	f->curl_ready = true;
	f->doc = json_new();
	f->multi = curl_multi_init();
	if (!f->doc || !f->multi || fetch_pool_init(&f->pool, (size_t)f->n_slots + 8, o->max_size))
		return err_set(err, ERR_FATAL, "out of memory");
	(void)curl_multi_setopt(f->multi, CURLMOPT_MAXCONNECTS, (long)f->n_slots);
	if (set_headers(f, o->api_key, err))
		return -1;
	return set_up_slots(f, o, err);
}

struct fetch *fetch_new(const struct fetch_options *o, struct err *err)
{
	struct fetch *f = calloc(1, sizeof *f);

	if (!f) {
		err_set(err, ERR_FATAL, "out of memory");
		return NULL;
	}
	if (set_up(f, o, err)) {
		fetch_free(f);
		return NULL;
	}
	return f;
}

void fetch_free(struct fetch *f)
{
	if (!f)
		return;
	for (int i = 0; f->slots && i < f->n_slots; i++) {
		curl_easy_cleanup(f->slots[i].easy);
		buf_free(&f->slots[i].t.text);
	}
	free(f->slots);
	curl_multi_cleanup(f->multi);
	if (f->headers)
		explicit_bzero(f->headers->data, strlen(f->headers->data));
	curl_slist_free_all(f->headers);
	fetch_pool_destroy(&f->pool);
	json_free(f->doc);
	if (f->curl_ready)
		curl_global_cleanup();
	free(f);
}

const char *fetch_instance(const struct fetch *f)
{
	return f->url.instance;
}

const char *fetch_base(const struct fetch *f)
{
	return f->url.base;
}

void fetch_wake(struct fetch *f)
{
	(void)curl_multi_wakeup(f->multi);
}

void fetch_give_back(struct fetch *f, struct body *body)
{
	fetch_pool_give(&f->pool, body);
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
	case CURLE_OUT_OF_MEMORY: /* also of a header that is longer than it takes: see end_transfer */
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
	const struct fetch *f = slot->fetch;
	curl_off_t got = 0, length = -1, connected = 0;
	long errnum = 0;

	curl_easy_getinfo(slot->easy, CURLINFO_SIZE_DOWNLOAD_T, &got);
	curl_easy_getinfo(slot->easy, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length);
	curl_easy_getinfo(slot->easy, CURLINFO_PRETRANSFER_TIME_T, &connected);
	curl_easy_getinfo(slot->easy, CURLINFO_OS_ERRNO, &errnum);
	fetch_fault_tell(&(struct fetch_fault){.kind = fault_of(rc),
					       .host = f->url.host,
					       .said = *slot->problem ? slot->problem : curl_easy_strerror(rc),
					       .secret = f->batch->key,
					       .got = got,
					       .length = length,
					       .connected = connected,
					       .timeout_s = f->options.timeout_s,
					       .connect_timeout_s = f->options.connect_timeout_s,
					       .errnum = (int)errnum},
			 why);
}

static struct text header(CURL *e, const char *name)
{
	struct curl_header *h;

	return curl_easy_header(e, name, 0, CURLH_HEADER, -1, &h) == CURLHE_OK ? text_of(h->value) : TEXT_NULL;
}

static void end_transfer(struct slot *slot, CURLcode rc)
{
	struct fetch *f = slot->fetch;
	struct fetch_headers headers = {
	    .content_type = header(slot->easy, "Content-Type"),
	    .retry_after = header(slot->easy, "Retry-After"),
	    .date = header(slot->easy, "Date"),
	    .location = header(slot->easy, "Location"),
	};
	struct err why = {0};

	/* Our own doing: no more of the body was wanted. */
	if (rc == CURLE_WRITE_ERROR && (slot->t.text_cut || slot->t.err.kind != ERR_NONE))
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
	slot->t.http = (int)http_code(slot);
	(void)curl_multi_remove_handle(f->multi, slot->easy);
	fetch_batch_end(f->batch, &slot->t, &headers, &why);
}

static void start_transfer(struct slot *slot)
{
	struct fetch *f = slot->fetch;
	char address[URL_MAX + 100];
	struct err why;

	fetch_batch_address(f->batch, &slot->t, f->url.base, address, sizeof address);
	*slot->problem = '\0';
	slot->headers_whole = false;
	if (curl_easy_setopt(slot->easy, CURLOPT_URL, address) || curl_multi_add_handle(f->multi, slot->easy)) {
		err_set(&why, ERR_FATAL, "libcurl takes no request: out of memory");
		fetch_batch_end(f->batch, &slot->t, &(struct fetch_headers){0}, &why);
	}
}

/* Starts what may be started. Returns false when the batch is over. */
static bool fill_slots(struct fetch *f, int64_t *until_ns)
{
	enum fetch_batch_turn turn = BATCH_START;

	*until_ns = INT64_MAX;
	for (int i = 0; i < f->n_slots && turn == BATCH_START; i++) {
		if (f->slots[i].t.job)
			continue;
		turn = fetch_batch_next(f->batch, &f->slots[i].t, until_ns);
		if (turn == BATCH_START)
			start_transfer(&f->slots[i]);
	}
	return turn != BATCH_OVER;
}

static void drop_unwanted(struct fetch *f)
{
	for (int i = 0; i < f->n_slots; i++) {
		struct slot *slot = &f->slots[i];

		if (!slot->t.job || !fetch_batch_unwanted(f->batch, &slot->t))
			continue;
		(void)curl_multi_remove_handle(f->multi, slot->easy);
		fetch_batch_abort(f->batch, &slot->t);
	}
}

/* Moves bytes, and takes what has ended. Returns how many have. */
static int move(struct fetch *f)
{
	int running, left, ended = 0;
	CURLMsg *m;

	(void)curl_multi_perform(f->multi, &running);
	while ((m = curl_multi_info_read(f->multi, &left))) {
		CURLcode rc = m->data.result;
		struct slot *slot;

		curl_easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, &slot);
		end_transfer(slot, rc);
		ended++;
	}
	return ended;
}

static void sleep_until(struct fetch *f, int64_t until_ns)
{
	struct curl_waitfd wake = {.fd = f->options.wake_fd, .events = CURL_WAIT_POLLIN};
	int64_t now_ns = time_boot_ns(), ms = POLL_MAX_MS;

	/* Once it is over, what is under way is only waited for. */
	if (until_ns > f->deadline_ns && f->deadline_ns > now_ns)
		until_ns = f->deadline_ns;
	if (until_ns < now_ns + ms * NS_PER_MS)
		ms = until_ns <= now_ns ? 0 : (until_ns - now_ns + NS_PER_MS - 1) / NS_PER_MS;
	(void)curl_multi_poll(f->multi, &wake, wake.fd >= 0, (int)ms, NULL);
}

enum fetch_end fetch_run(struct fetch *f, const struct fetch_job *jobs, size_t n, const struct fetch_handlers *handlers,
			 void *ctx, struct fetch_counts *counts, struct err *err)
{
	struct fetch_batch batch = {
	    .options = &f->options,
	    .jobs = jobs,
	    .handlers = handlers,
	    .ctx = ctx,
	    .pool = &f->pool,
	    .doc = f->doc,
	    .deadline_ns = f->deadline_ns,
	    .key = f->headers->data + strlen(BEARER),
	};
	enum fetch_end end;
	int64_t until_ns;

	*counts = (struct fetch_counts){0};
	if (fetch_batch_open(&batch, n, f->key_good)) {
		err_set(err, ERR_FATAL, "out of memory");
		return FETCH_FAILED;
	}
	/* It is taken back before this returns: */
	/* cppcheck-suppress autoVariables */
	f->batch = &batch;
	for (;;) {
		if (f->options.stop && *f->options.stop)
			fetch_batch_interrupt(&batch);
		drop_unwanted(f);
		if (!fill_slots(f, &until_ns))
			break;
		/* Now what is waited for is known, and for how long. */
		fetch_batch_tick(&batch);
		if (move(f) == 0)
			sleep_until(f, until_ns);
	}
	fetch_batch_tick(&batch);
	end = fetch_batch_close(&batch, counts, &f->key_good, err);
	f->batch = NULL;
	return end;
}
