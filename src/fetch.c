#include "fetch.h"

#include "fetch_batch.h"
#include "fetch_fault.h"
#include "fetch_wire.h"
#include "hide.h"
#include "url.h"

#include <stdlib.h>
#include <string.h>

#define NS_PER_MS   INT64_C(1000000)
#define POLL_MAX_MS 200                /* progress is told this often; --max-time and *stop are looked at */
#define MAX_TEXT    ((size_t)16 << 20) /* a status document */

struct fetch {
	struct fetch_options options; /* without the strings: they were copied */
	struct url url;
	struct fetch_wire *wire;
	struct fetch_transfer *transfers; /* one a slot of the wire */
	int slots;
	struct fetch_pool pool;
	struct json_doc *doc;
	int64_t deadline_ns;
	bool key_good;
	struct fetch_batch *batch; /* while fetch_run or fetch_ask works */
};

/* --- what the wire tells --- */

static void on_headers(void *ctx, int slot)
{
	struct fetch *f = ctx;

	fetch_batch_headers(f->batch, &f->transfers[slot]);
}

static int on_bytes(void *ctx, int slot, int http, const char *p, size_t n)
{
	struct fetch *f = ctx;

	return fetch_batch_bytes(f->batch, &f->transfers[slot], http, p, n);
}

static void on_end(void *ctx, int slot, int http, const struct fetch_headers *headers, const struct err *why)
{
	struct fetch *f = ctx;

	f->transfers[slot].http = http;
	fetch_batch_end(f->batch, &f->transfers[slot], headers, why);
}

/* --- life --- */

static int set_up_wire(struct fetch *f, const struct fetch_options *o, struct err *err)
{
	static const struct fetch_wire_events events = {on_headers, on_bytes, on_end};
	struct fetch_wire_options w = {
	    .url = &f->url,
	    .key = o->api_key,
	    .cacert = o->cacert,
	    .user_agent = o->user_agent,
	    .slots = f->slots,
	    .timeout_s = o->timeout_s,
	    .connect_timeout_s = o->connect_timeout_s,
	    .wake_fd = o->wake_fd,
	    .events = &events,
	    .ctx = f,
	};

	f->wire = fetch_wire_new(&w, err);
	return f->wire ? 0 : -1;
}

static int set_up(struct fetch *f, const struct fetch_options *o, struct err *err)
{
	if (url_parse(o->base_url, o->allow_http, &f->url, err) || fetch_check_key(o->api_key, err) ||
	    (o->cacert && fetch_check_cacert(o->cacert, err)))
		return -1;
	f->options = *o;
	f->options.base_url = f->options.api_key = f->options.cacert = f->options.user_agent = NULL;
	f->slots = o->concurrency > 0 ? o->concurrency : 1;
	f->deadline_ns = o->max_time_ms < 0 ? INT64_MAX : time_boot_ns() + o->max_time_ms * NS_PER_MS;
	f->doc = json_new();
	f->transfers = calloc((size_t)f->slots, sizeof *f->transfers);
	if (!f->doc || !f->transfers || fetch_pool_init(&f->pool, (size_t)f->slots + 8, o->max_size))
		return err_set(err, ERR_FATAL, "out of memory");
	for (int i = 0; i < f->slots; i++)
		buf_init(&f->transfers[i].text, MAX_TEXT);
	return set_up_wire(f, o, err);
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
	fetch_wire_free(f->wire);
	for (int i = 0; f->transfers && i < f->slots; i++)
		buf_free(&f->transfers[i].text);
	free(f->transfers);
	fetch_pool_destroy(&f->pool);
	json_free(f->doc);
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

void fetch_counts_add(struct fetch_counts *c, const struct fetch_counts *more)
{
	c->requests += more->requests;
	c->retries += more->retries;
	c->rate_limited += more->rate_limited;
	c->bytes += more->bytes;
}

void fetch_hide(const struct fetch *f, char *p, size_t n)
{
	hide_secret(p, n, fetch_wire_key(f->wire));
}

void fetch_wake(struct fetch *f)
{
	fetch_wire_wake(f->wire);
}

void fetch_give_back(struct fetch *f, struct body *body)
{
	fetch_pool_give(&f->pool, body);
}

/* --- at work --- */

static void start_transfer(struct fetch *f, int slot)
{
	char address[URL_MAX + FETCH_PATH_MAX];
	struct fetch_wire_request request = {.address = address};
	struct err why;

	fetch_batch_request(f->batch, &f->transfers[slot], f->url.base, address, sizeof address, &request);
	if (fetch_wire_start(f->wire, slot, &request)) {
		err_set(&why, ERR_FATAL, "libcurl takes no request: out of memory");
		fetch_batch_end(f->batch, &f->transfers[slot], &(struct fetch_headers){0}, &why);
	}
}

/* Starts what may be started. Returns false when the batch is over. */
static bool fill_slots(struct fetch *f, int64_t *until_ns)
{
	enum fetch_batch_turn turn = BATCH_START;

	*until_ns = INT64_MAX;
	for (int i = 0; i < f->slots && turn == BATCH_START; i++) {
		if (f->transfers[i].job)
			continue;
		turn = fetch_batch_next(f->batch, &f->transfers[i], until_ns);
		if (turn == BATCH_START)
			start_transfer(f, i);
	}
	return turn != BATCH_OVER;
}

static void drop_unwanted(struct fetch *f)
{
	for (int i = 0; i < f->slots; i++) {
		struct fetch_transfer *t = &f->transfers[i];

		if (!t->job || !fetch_batch_unwanted(f->batch, t))
			continue;
		fetch_wire_drop(f->wire, i);
		fetch_batch_abort(f->batch, t);
	}
}

static void sleep_until(struct fetch *f, int64_t until_ns)
{
	int64_t now_ns = time_boot_ns(), ms = POLL_MAX_MS;

	/* Once it is over, what is under way is only waited for. */
	if (until_ns > f->deadline_ns && f->deadline_ns > now_ns)
		until_ns = f->deadline_ns;
	if (until_ns < now_ns + ms * NS_PER_MS)
		ms = until_ns <= now_ns ? 0 : (until_ns - now_ns + NS_PER_MS - 1) / NS_PER_MS;
	fetch_wire_sleep(f->wire, (int)ms);
}

static enum fetch_end work(struct fetch *f, struct fetch_batch *batch, size_t n, struct fetch_counts *counts,
			   struct err *err)
{
	enum fetch_end end;
	int64_t until_ns;

	batch->options = &f->options;
	batch->pool = &f->pool;
	batch->doc = f->doc;
	batch->deadline_ns = f->deadline_ns;
	batch->key = fetch_wire_key(f->wire);
	*counts = (struct fetch_counts){0};
	if (fetch_batch_open(batch, n, f->key_good)) {
		err_set(err, ERR_FATAL, "out of memory");
		return FETCH_FAILED;
	}
	/* It is taken back before this returns: */
	/* cppcheck-suppress autoVariables */
	f->batch = batch;
	for (;;) {
		if (f->options.stop && *f->options.stop)
			fetch_batch_interrupt(batch);
		drop_unwanted(f);
		if (!fill_slots(f, &until_ns))
			break;
		/* Now what is waited for is known, and for how long. */
		fetch_batch_tick(batch);
		if (fetch_wire_move(f->wire) == 0)
			sleep_until(f, until_ns);
	}
	fetch_batch_tick(batch);
	end = fetch_batch_close(batch, counts, &f->key_good, err);
	f->batch = NULL;
	return end;
}

enum fetch_end fetch_run(struct fetch *f, const struct fetch_job *jobs, size_t n, const struct fetch_handlers *handlers,
			 void *ctx, struct fetch_counts *counts, struct err *err)
{
	struct fetch_batch batch = {.jobs = jobs, .handlers = handlers, .ctx = ctx};

	return work(f, &batch, n, counts, err);
}

enum fetch_end fetch_ask(struct fetch *f, const struct fetch_question *questions, size_t n,
			 const struct fetch_handlers *handlers, void *ctx, struct fetch_counts *counts, struct err *err)
{
	struct fetch_batch batch = {.questions = questions, .handlers = handlers, .ctx = ctx};

	return work(f, &batch, n, counts, err);
}
