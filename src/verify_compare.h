/*
 * verify_compare.h: what a body says (calls of a result_visitor) beside what a sink gives back of its job
 * (sink.h, next_item): the two walk side by side in the order of (action, its result, its rows), and what one has and
 * the other has not is told as missing or as too much.
 */
#ifndef OMNI_VERIFY_COMPARE_H
#define OMNI_VERIFY_COMPARE_H

#include "result.h"
#include "sink.h"
#include "verify_diffs.h"

#include <signal.h>

struct verify_compare {
	struct sink *sink;
	struct verify_diffs *diffs;
	const volatile sig_atomic_t *stop;
	struct err lost; /* ERR_FATAL: the sink is */
	bool instants;

	struct sink_item held; /* the next item of the sink, where there is one */
	bool any;
	bool over;              /* it gives no more, since what comes cannot be read */
	int64_t missing_result; /* of this action: what its rows would be is not asked; -1: none */
	int64_t row_count;      /* that the sink notes of the result under way */
	int64_t rows_until_look;
};

/* After read_content of that sink. 0, or -1: see lost. */
int verify_compare_begin(struct verify_compare *, struct sink *, struct verify_diffs *,
			 const volatile sig_atomic_t *stop);
/* The visitor, whose ctx is the struct. Its calls fail with ERR_RETRY when *stop is set, and when the sink is lost. */
extern const struct result_visitor verify_compare_visitor;
/* After the last call: what the sink has beyond that. */
int verify_compare_end(struct verify_compare *);
/* The columns of jobs that a body decides. */
void verify_compare_job(struct verify_diffs *, bool instants, const struct job *held, const struct job *wanted);

/* Without a body: does what is held agree with itself? 0, or -1: see lost. */
int verify_compare_alone(struct verify_compare *, const struct job *held);

#endif
