/*
 * result_ahead.h: result_decode by a thread of its own, which runs ahead of the caller's visitor: decoding a body and
 * writing it to a sink take about the same time, and so go on side by side.
 *
 * What the visitor is to be told is copied into blocks of 128 KiB, of which four are under way at most: that is how far
 * the thread runs ahead, and what it costs. Of a call with more text than that nothing is copied: the thread waits for
 * the caller instead. The visitor is
 * called by the caller's own thread, with the same arguments and in the same order.
 *
 * A struct result_ahead owns its thread and its blocks, and borrows the decoder. One thread at a time may call.
 */
#ifndef OMNI_RESULT_AHEAD_H
#define OMNI_RESULT_AHEAD_H

#include "result.h"

struct result_ahead;

/* Starts the thread. NULL: there is no memory, or no thread to be had; result_decode does the same then. */
struct result_ahead *result_ahead_new(struct result_decoder *);
void result_ahead_free(struct result_ahead *);
/* As result_decode. The visitor has no call to be NULL. */
int result_ahead_decode(struct result_ahead *, struct body *, struct job *, const struct result_visitor *, void *ctx,
			struct err *);

#endif
