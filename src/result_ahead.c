#include "result_ahead.h"

#include "result_call.h"

#include <pthread.h>
#include <stdalign.h>
#include <stdlib.h>
#include <string.h>

#define BLOCK_SIZE ((size_t)128 << 10)
#define BLOCKS     4

/* Calls, one after the other, each with copies of its texts; of a call that is too large for that the texts stay in the
 * decoder's memory, and the thread waits until it is made. */
struct block {
	struct block *next;
	size_t used; /* bytes of data */
	alignas(max_align_t) char data[BLOCK_SIZE];
};

struct result_ahead {
	struct result_decoder *decoder;
	pthread_t thread;
	pthread_mutex_t lock; /* guards what follows, up to the blank line */
	pthread_cond_t for_thread, for_caller;
	struct body *body; /* the next to be decoded, or NULL */
	struct job *job;
	bool made; /* the call that the thread waits for */
	bool stop; /* the visitor has failed: nobody wants the rest */
	bool quit;
	bool done; /* with rc and err */
	int rc;
	struct err err;
	struct block *first, **last; /* filled */
	struct block *spare;
	size_t n_blocks; /* filled, being filled, or being read */

	struct block *filling; /* the thread's */
	bool shared;           /* likewise: the texts of the result under way stand in the decoder's memory */
	struct block *held;    /* the caller's: the result under way stands in it */
	struct query_result *result;
};

/* --- the thread: calls into blocks --- */

/* What is filled so far goes to the caller. */
static void hand_over(struct result_ahead *a)
{
	if (a->filling == NULL)
		return;
	a->filling->next = NULL;
	*a->last = a->filling;
	a->last = &a->filling->next;
	a->filling = NULL;
	(void)pthread_cond_signal(&a->for_caller);
}

static int stopped(struct err *err)
{
	return err_set(err, ERR_FATAL, "stopped");
}

/* Another block in place of the one that is full; waits until the caller has read one. 0, or -1 with *err. */
static int next_block(struct result_ahead *a, struct err *err)
{
	struct block *b;
	bool stop;

	(void)pthread_mutex_lock(&a->lock);
	hand_over(a);
	while (a->n_blocks == BLOCKS && !a->stop)
		(void)pthread_cond_wait(&a->for_thread, &a->lock);
	stop = a->stop;
	b = a->spare;
	if (!stop && b != NULL)
		a->spare = b->next;
	a->n_blocks += !stop;
	(void)pthread_mutex_unlock(&a->lock);
	if (stop)
		return stopped(err);
	if (b == NULL && (b = malloc(sizeof(*b))) == NULL) {
		(void)pthread_mutex_lock(&a->lock);
		a->n_blocks--;
		(void)pthread_mutex_unlock(&a->lock);
		return err_set(err, ERR_FATAL, "out of memory for decoding a result");
	}
	b->used = 0;
	a->filling = b;
	return 0;
}

/* Does a call with n bytes behind it fit into a block? */
static bool fits(size_t n)
{
	return n <= BLOCK_SIZE - sizeof(struct result_call) - alignof(max_align_t);
}

/* Room for a call and n bytes behind it. NULL with *err. */
static struct result_call *add_call(struct result_ahead *a, enum result_call_what what, size_t n, struct err *err)
{
	const size_t align = alignof(max_align_t);
	const size_t size = (sizeof(struct result_call) + n + align - 1) / align * align;
	struct result_call *c;

	if ((a->filling == NULL || BLOCK_SIZE - a->filling->used < size) && next_block(a, err) != 0)
		return NULL;
	c = (struct result_call *)(void *)(a->filling->data + a->filling->used);
	a->filling->used += size;
	c->what = what;
	c->awaited = false;
	c->size = size;
	return c;
}

/* Waits until the caller has made this call, which is the last. */
static int await(struct result_ahead *a, struct result_call *c, struct err *err)
{
	bool stop;

	(void)pthread_mutex_lock(&a->lock);
	c->awaited = true;
	a->made = false;
	hand_over(a);
	while (!a->made && !a->stop)
		(void)pthread_cond_wait(&a->for_thread, &a->lock);
	stop = a->stop;
	(void)pthread_mutex_unlock(&a->lock);
	return stop ? stopped(err) : 0;
}

static int add_action(void *ctx, const struct action *action, struct err *err)
{
	const size_t n = result_call_action_size(action);
	struct result_call *c = add_call(ctx, RESULT_CALL_ACTION, fits(n) ? n : 0, err);

	if (c == NULL)
		return -1;
	result_call_action(c, action, fits(n));
	return fits(n) ? 0 : await(ctx, c, err);
}

static int add_result(void *ctx, const struct query_result *result, struct err *err)
{
	struct result_ahead *a = ctx;
	const size_t n = result_call_result_size(result);
	struct result_call *c;

	a->shared = !fits(n);
	c = add_call(a, RESULT_CALL_RESULT, a->shared ? 0 : n, err);
	if (c == NULL)
		return -1;
	result_call_result(c, result, !a->shared);
	return a->shared ? await(a, c, err) : 0;
}

static int add_row(void *ctx, const struct row *row, struct err *err)
{
	const size_t n = result_call_row_size(row);
	struct result_call *c = add_call(ctx, RESULT_CALL_ROW, fits(n) ? n : 0, err);

	if (c == NULL)
		return -1;
	result_call_row(c, row, fits(n));
	return fits(n) ? 0 : await(ctx, c, err);
}

static int add_result_end(void *ctx, const struct query_result *result, struct err *err)
{
	struct result_ahead *a = ctx;
	struct result_call *c = add_call(a, RESULT_CALL_END, 0, err);

	if (c == NULL)
		return -1;
	c->of.row_count = result->row_count;
	return a->shared ? await(a, c, err) : 0;
}

static const struct result_visitor adder = {add_action, add_result, add_row, add_result_end};

static void *ahead_main(void *ctx)
{
	struct result_ahead *a = ctx;

	(void)pthread_mutex_lock(&a->lock);
	for (;;) {
		struct err err = {.kind = ERR_NONE};
		struct body *body;
		int rc;

		while (a->body == NULL && !a->quit)
			(void)pthread_cond_wait(&a->for_thread, &a->lock);
		if (a->quit)
			break;
		body = a->body;
		a->body = NULL;
		(void)pthread_mutex_unlock(&a->lock);
		rc = result_decode(a->decoder, body, a->job, &adder, a, &err);
		(void)pthread_mutex_lock(&a->lock);
		hand_over(a);
		a->rc = rc;
		a->err = err;
		a->done = true;
		(void)pthread_cond_signal(&a->for_caller);
	}
	(void)pthread_mutex_unlock(&a->lock);
	return NULL;
}

/* --- the caller: blocks into calls of the visitor --- */

static void drop(struct result_ahead *a, struct block *b)
{
	(void)pthread_mutex_lock(&a->lock);
	b->next = a->spare;
	a->spare = b;
	a->n_blocks--;
	(void)pthread_cond_signal(&a->for_thread);
	(void)pthread_mutex_unlock(&a->lock);
}

/* The texts of a result live until its end: so does the block. */
static void release(struct result_ahead *a, const struct block *under_way)
{
	if (a->held != NULL && a->held != under_way)
		drop(a, a->held);
	a->held = NULL;
	a->result = NULL;
}

static int make_call(struct result_ahead *a, struct block *b, struct result_call *c, const struct result_visitor *v,
		     void *ctx, struct err *err)
{
	int rc = 0;

	switch (c->what) {
	case RESULT_CALL_ACTION:
		rc = v->action(ctx, &c->of.action, err);
		break;
	case RESULT_CALL_RESULT:
		a->held = b;
		a->result = &c->of.result;
		rc = v->result(ctx, a->result, err);
		break;
	case RESULT_CALL_ROW:
		rc = v->row(ctx, &c->of.row, err);
		break;
	case RESULT_CALL_END:
		a->result->row_count = c->of.row_count;
		rc = v->result_end(ctx, a->result, err);
		release(a, b);
		break;
	}
	return rc;
}

static void made(struct result_ahead *a)
{
	(void)pthread_mutex_lock(&a->lock);
	a->made = true;
	(void)pthread_cond_signal(&a->for_thread);
	(void)pthread_mutex_unlock(&a->lock);
}

static int make_calls(struct result_ahead *a, struct block *b, const struct result_visitor *v, void *ctx,
		      struct err *err)
{
	for (size_t at = 0; at < b->used;) {
		struct result_call *c = (struct result_call *)(void *)(b->data + at);
		int rc = make_call(a, b, c, v, ctx, err);

		if (rc != 0)
			return rc;
		if (c->awaited)
			made(a);
		at += c->size;
	}
	return 0;
}

/* The next block, or NULL: the thread is done, and all was read. */
static struct block *take(struct result_ahead *a)
{
	struct block *b;

	(void)pthread_mutex_lock(&a->lock);
	while (a->first == NULL && !a->done)
		(void)pthread_cond_wait(&a->for_caller, &a->lock);
	b = a->first;
	if (b != NULL) {
		a->first = b->next;
		if (a->first == NULL)
			a->last = &a->first;
	}
	(void)pthread_mutex_unlock(&a->lock);
	return b;
}

static void stop(struct result_ahead *a)
{
	(void)pthread_mutex_lock(&a->lock);
	a->stop = true;
	(void)pthread_cond_signal(&a->for_thread);
	(void)pthread_mutex_unlock(&a->lock);
}

int result_ahead_decode(struct result_ahead *a, struct body *body, struct job *job, const struct result_visitor *v,
			void *ctx, struct err *err)
{
	struct block *b;
	int rc = 0;

	(void)pthread_mutex_lock(&a->lock);
	a->stop = a->done = false;
	a->job = job;
	a->body = body;
	(void)pthread_cond_signal(&a->for_thread);
	(void)pthread_mutex_unlock(&a->lock);
	while ((b = take(a)) != NULL) {
		if (rc == 0) {
			rc = make_calls(a, b, v, ctx, err);
			if (rc != 0)
				stop(a);
		}
		if (b != a->held)
			drop(a, b);
	}
	release(a, NULL);
	if (rc != 0)
		return rc;
	if (a->rc != 0 && err != NULL)
		*err = a->err;
	return a->rc;
}

struct result_ahead *result_ahead_new(struct result_decoder *decoder)
{
	struct result_ahead *a = calloc(1, sizeof(*a));

	if (a == NULL)
		return NULL;
	a->decoder = decoder;
	a->last = &a->first;
	(void)pthread_mutex_init(&a->lock, NULL);
	(void)pthread_cond_init(&a->for_thread, NULL);
	(void)pthread_cond_init(&a->for_caller, NULL);
	if (pthread_create(&a->thread, NULL, ahead_main, a) != 0) {
		free(a);
		return NULL;
	}
	return a;
}

void result_ahead_free(struct result_ahead *a)
{
	if (a == NULL)
		return;
	(void)pthread_mutex_lock(&a->lock);
	a->quit = true;
	(void)pthread_cond_signal(&a->for_thread);
	(void)pthread_mutex_unlock(&a->lock);
	(void)pthread_join(a->thread, NULL);
	while (a->spare != NULL) {
		struct block *b = a->spare;

		a->spare = b->next;
		free(b);
	}
	(void)pthread_cond_destroy(&a->for_thread);
	(void)pthread_cond_destroy(&a->for_caller);
	(void)pthread_mutex_destroy(&a->lock);
	free(a);
}
