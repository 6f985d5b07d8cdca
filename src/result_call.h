/*
 * result_call.h: a call of a result_visitor, written down. Pure.
 *
 * A struct result_call is followed in memory by copies of the texts that it points to: size of them, as asked for
 * before. Written without them it points to where the visitor's argument did.
 */
#ifndef OMNI_RESULT_CALL_H
#define OMNI_RESULT_CALL_H

#include "model.h"

enum result_call_what { RESULT_CALL_ACTION, RESULT_CALL_RESULT, RESULT_CALL_ROW, RESULT_CALL_END };

struct result_call {
	enum result_call_what what;
	bool awaited; /* for the keeper of the calls: somebody waits until it is made */
	size_t size;  /* likewise: with what stands behind it */
	union {
		struct action action;
		struct query_result result;
		struct row row;
		int64_t row_count; /* of result_end: what it says beyond result */
	} of;
};

/* Bytes of what would stand behind the call. */
size_t result_call_action_size(const struct action *);
size_t result_call_result_size(const struct query_result *);
size_t result_call_row_size(const struct row *);
/* copy: with the texts, for which there is room behind the call. */
void result_call_action(struct result_call *, const struct action *, bool copy);
void result_call_result(struct result_call *, const struct query_result *, bool copy);
void result_call_row(struct result_call *, const struct row *, bool copy);

#endif
