/*
 * verify_diffs.h: what was found to be wrong with one job, in words for a person: kept until its look is over, since it
 * may be taken back (result.h, RESULT_AGAIN). Rows that follow each other are one difference. Beyond VERIFY_DIFFS_MAX
 * they are counted alone.
 *
 * A struct verify_diffs owns its texts. Out of memory sticks in failed.
 */
#ifndef OMNI_VERIFY_DIFFS_H
#define OMNI_VERIFY_DIFFS_H

#include "model.h"
#include "sink.h"

#define VERIFY_DIFFS_MAX 100

struct verify_diff {
	enum sink_fault fault;
	char *what;
};

struct verify_diffs {
	struct verify_diff at[VERIFY_DIFFS_MAX];
	size_t n;
	int64_t more; /* that are counted alone */
	bool failed;

	/* rows of one result that are missing, or too many */
	enum sink_fault rows; /* 0: none */
	int64_t action, from, to;
};

void verify_diffs_clear(struct verify_diffs *);
void verify_diffs_add(struct verify_diffs *, enum sink_fault, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
void verify_diffs_rows(struct verify_diffs *, enum sink_fault, int64_t action, int64_t from, int64_t to);
/* All were added. */
void verify_diffs_end(struct verify_diffs *);

/* Compares what is held with what it should be; name: "row 5 of action 3's result: its section". Values are shortened
 * and safe for a terminal. True: they are the same. */
bool verify_diffs_text(struct verify_diffs *, const char *name, struct text held, struct text wanted);
bool verify_diffs_int(struct verify_diffs *, const char *name, int64_t held, int64_t wanted);
/* instants: the sink keeps no more than the point in time. */
bool verify_diffs_time(struct verify_diffs *, const char *name, bool instants, const struct stamp *held,
		       const struct stamp *wanted);

#endif
