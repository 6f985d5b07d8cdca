#include "result_ahead.h"

#include <pthread.h>
#include <stdalign.h>
#include <stdlib.h>
#include <string.h>

#define BLOCK_SIZE ((size_t)128 << 10)
#define BLOCKS     4

/* Calls, one after the other. */
struct block {
	struct block *next;
	size_t size, used; /* bytes of data */
	max_align_t data[];
};

enum what { ACTION, RESULT, ROW, RESULT_END };

/* One call; what it points to stands behind it. */
struct call {
	enum what what;
	size_t size; /* with all that */
	union {
		struct action action;
		struct query_result result;
		struct row row;
		int64_t row_count;
	} of;
};

struct result_ahead {
	struct result_decoder *decoder;
	pthread_t thread;
	pthread_mutex_t lock; /* guards what follows, up to the blank line */
	pthread_cond_t for_thread, for_caller;
	struct body *body; /* the next to be decoded, or NULL */
	struct job *job;
	bool stop; /* the visitor has failed: nobody wants the rest */
	bool quit;
	bool done; /* with rc and err */
	int rc;
	struct err err;
	struct block *first, **last; /* filled */
	struct block *spare;
	size_t n_blocks; /* filled, being filled, or being read */

	struct block *filling; /* the thread's */
	struct block *held;    /* the caller's: the result under way stands in it */
	struct query_result *result;
};

static int no_memory(struct err *err)
{
	return err_set(err, ERR_FATAL, "out of memory for decoding a result");
}

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

/* A block with room for size bytes, in place of the one that is full; waits until the caller has read one. 0, or -1
 * with *err. */
static int next_block(struct result_ahead *a, size_t size, struct err *err)
{
	struct block *b = NULL;
	bool stop;

	(void)pthread_mutex_lock(&a->lock);
	hand_over(a);
	while (a->n_blocks == BLOCKS && !a->stop)
		(void)pthread_cond_wait(&a->for_thread, &a->lock);
	stop = a->stop;
	if (!stop && size <= BLOCK_SIZE && a->spare != NULL) {
		b = a->spare;
		a->spare = b->next;
	}
	a->n_blocks += !stop;
	(void)pthread_mutex_unlock(&a->lock);
	if (stop)
		return err_set(err, ERR_FATAL, "stopped");
	if (b == NULL) {
		size = size > BLOCK_SIZE ? size : BLOCK_SIZE;
		b = malloc(sizeof(*b) + size);
		if (b != NULL)
			b->size = size;
	}
	if (b == NULL) {
		(void)pthread_mutex_lock(&a->lock);
		a->n_blocks--;
		(void)pthread_mutex_unlock(&a->lock);
		return no_memory(err);
	}
	b->used = 0;
	a->filling = b;
	return 0;
}

/* Room for a call and n bytes behind it. NULL with *err. */
static struct call *add_call(struct result_ahead *a, enum what what, size_t n, struct err *err)
{
	const size_t align = alignof(max_align_t);
	const size_t size = (sizeof(struct call) + n + align - 1) / align * align;
	struct call *c;

	if ((a->filling == NULL || a->filling->size - a->filling->used < size) && next_block(a, size, err) != 0)
		return NULL;
	c = (struct call *)(void *)((char *)a->filling->data + a->filling->used);
	a->filling->used += size;
	c->what = what;
	c->size = size;
	return c;
}

static struct text copy_text(char **at, struct text t)
{
	struct text copy = {t.p != NULL ? *at : NULL, t.n};

	if (t.n > 0)
		memcpy(*at, t.p, t.n);
	*at += t.n;
	return copy;
}

static size_t size_of(const struct text *texts, size_t n)
{
	size_t size = n * sizeof(struct text);

	for (size_t i = 0; i < n; i++)
		size += texts[i].n;
	return size;
}

/* The list at the beginning of what is at *at (so it is aligned), its texts behind *to. */
static const struct text *copy_list(struct text **at, char **to, const struct text *texts, size_t n)
{
	struct text *list = *at;

	*at += n;
	for (size_t i = 0; i < n; i++)
		list[i] = copy_text(to, texts[i]);
	return list;
}

static int add_action(void *ctx, const struct action *in, struct err *err)
{
	struct call *c = add_call(ctx, ACTION, in->type.n + in->message.n + in->status.n + in->extra.n, err);
	char *at;

	if (c == NULL)
		return -1;
	at = (char *)(c + 1);
	c->of.action = *in;
	c->of.action.type = copy_text(&at, in->type);
	c->of.action.message = copy_text(&at, in->message);
	c->of.action.status = copy_text(&at, in->status);
	c->of.action.extra = copy_text(&at, in->extra);
	return 0;
}

static int add_result(void *ctx, const struct query_result *in, struct err *err)
{
	const size_t n = in->n_columns, lists = (size_t)(in->columns != NULL) + (in->column_types != NULL);
	struct call *c =
	    add_call(ctx, RESULT,
		     in->result_id.n + in->query_name.n + in->status.n + in->query.n + in->error_message.n +
			 in->error_detail.n + in->extra.n + (in->columns != NULL ? size_of(in->columns, n) : 0) +
			 (in->column_types != NULL ? size_of(in->column_types, n) : 0),
		     err);
	struct query_result *out;
	struct text *list;
	char *at;

	if (c == NULL)
		return -1;
	out = &c->of.result;
	list = (struct text *)(void *)(c + 1);
	at = (char *)(list + lists * n);
	*out = *in;
	out->result_id = copy_text(&at, in->result_id);
	out->query_name = copy_text(&at, in->query_name);
	out->status = copy_text(&at, in->status);
	out->query = copy_text(&at, in->query);
	out->error_message = copy_text(&at, in->error_message);
	out->error_detail = copy_text(&at, in->error_detail);
	out->extra = copy_text(&at, in->extra);
	if (in->columns != NULL)
		out->columns = copy_list(&list, &at, in->columns, n);
	if (in->column_types != NULL)
		out->column_types = copy_list(&list, &at, in->column_types, n);
	return 0;
}

static int add_row(void *ctx, const struct row *in, struct err *err)
{
	struct call *c = add_call(ctx, ROW, size_of(in->cells, in->n), err);
	struct text *list;
	char *at;

	if (c == NULL)
		return -1;
	list = (struct text *)(void *)(c + 1);
	at = (char *)(list + in->n);
	c->of.row = *in;
	c->of.row.cells = copy_list(&list, &at, in->cells, in->n);
	return 0;
}

/* It is the same result: what is new is how many rows it has. */
static int add_result_end(void *ctx, const struct query_result *in, struct err *err)
{
	struct call *c = add_call(ctx, RESULT_END, 0, err);

	if (c == NULL)
		return -1;
	c->of.row_count = in->row_count;
	return 0;
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

static void drop_locked(struct result_ahead *a, struct block *b)
{
	a->n_blocks--;
	(void)pthread_cond_signal(&a->for_thread);
	if (b->size > BLOCK_SIZE) {
		free(b);
		return;
	}
	b->next = a->spare;
	a->spare = b;
}

static void drop(struct result_ahead *a, struct block *b)
{
	(void)pthread_mutex_lock(&a->lock);
	drop_locked(a, b);
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

static int make_call(struct result_ahead *a, struct block *b, struct call *c, const struct result_visitor *v, void *ctx,
		     struct err *err)
{
	int rc = 0;

	switch (c->what) {
	case ACTION:
		rc = v->action(ctx, &c->of.action, err);
		break;
	case RESULT:
		a->held = b;
		a->result = &c->of.result;
		rc = v->result(ctx, a->result, err);
		break;
	case ROW:
		rc = v->row(ctx, &c->of.row, err);
		break;
	case RESULT_END:
		a->result->row_count = c->of.row_count;
		rc = v->result_end(ctx, a->result, err);
		release(a, b);
		break;
	}
	return rc;
}

static int make_calls(struct result_ahead *a, struct block *b, const struct result_visitor *v, void *ctx,
		      struct err *err)
{
	for (size_t at = 0; at < b->used;) {
		struct call *c = (struct call *)(void *)((char *)b->data + at);
		int rc = make_call(a, b, c, v, ctx, err);

		if (rc != 0)
			return rc;
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
