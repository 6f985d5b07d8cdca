/*
 * contract.h: one suite that every sink must pass (sink.h; contract, "Sinks"). What a sink holds is read back by a
 * reader of the suite's own, with the means of a stranger: no code of the sink.
 *
 * To add a sink: a line in the table in contract.c, and a reader_*.c where it keeps anything. The tests that apply are
 * chosen by what the sink declares to have.
 */
#ifndef OMNI_CONTRACT_H
#define OMNI_CONTRACT_H

#include "sink.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* Reads committed data, while the sink is open or not. target is what follows the scheme. Texts are appended to out;
 * false: there is none, or it is null. */
struct contract_reader {
	/* Rows of "jobs", "bodies", "actions", "results", "result_rows" that belong to a job. */
	int64_t (*count)(const char *target, const char *table, const char *job);
	bool (*job)(const char *target, const char *job, const char *column, struct buf *out);
	bool (*action)(const char *target, const char *job, int64_t action, const char *column, struct buf *out);
	bool (*result)(const char *target, const char *job, int64_t action, const char *column, struct buf *out);
	bool (*run)(const char *target, const char *run_id, const char *column, struct buf *out);
	bool (*section)(const char *target, const char *job, int64_t action, int64_t row, struct buf *out);
	int64_t (*n_cells)(const char *target, const char *job, int64_t action, int64_t row);
	bool (*cell)(const char *target, const char *job, int64_t action, int64_t row, int64_t cell, struct buf *out);
	bool (*body)(const char *target, const char *job, struct buf *out); /* the zstd frame */
	/* SINK_RERUNS: count knows "reruns" and "rerun_rows" too, 0 where they are not there */
	bool (*rerun)(const char *target, const char *job, int64_t action, const char *column, struct buf *out);
	bool (*rerun_cell)(const char *target, const char *job, int64_t action, int64_t row, int64_t cell,
			   struct buf *out);
	bool instants; /* times are kept as points in time, not as the text that came */
};

extern const struct contract_reader reader_sqlite, reader_postgres, reader_jsonl, reader_csv, reader_raw;

/* Writes the target of an empty sink, which needs a server: the one of OMNI_TEST_PG. False: it cannot. */
bool postgres_fresh(char *target, size_t room);

struct contract_sink {
	const char *scheme;                   /* with its colon */
	const char *name;                     /* of what it makes in the test's folder; NULL: nothing */
	const struct contract_reader *reader; /* NULL where it keeps nothing */
	const char *server; /* the variable that names it, without which nothing is tested; NULL: none */
	bool (*fresh)(char *target, size_t room); /* with server */
};

struct contract_test;

/* The world of one test: an empty folder, and a sink in it. */
struct world {
	const struct contract_test *test;
	const struct contract_sink *kind;
	char dir[256], spec[512];
	const char *target;
	const struct sink_options *options;
	struct sink *sink; /* NULL: not open */
	unsigned has;
};

extern const struct sink_options world_options;       /* mode 0600, bodies kept, run-1, https://one.example */
struct sink *world_try(struct world *, struct err *); /* a further sink of the same spec */
void world_open(struct world *);
void world_close(struct world *);
void world_reopen(struct world *);
void world_flush(struct world *);
void world_with(struct world *, const struct sink_options *); /* reopened with these options */

/* Does this abort? In a process of its own, which opens the sink itself and says nothing. */
bool world_aborts(struct world *, void (*what)(struct world *));

/* A job of the suite's: its number makes its ID. */
struct job sample_job(unsigned number, enum job_state);
const char *sample_id(unsigned number); /* the text; valid until the next call */
/* One stored job with this many results and rows in each, three columns; tag stands in every cell. Not flushed. */
void put_result(struct world *, unsigned number, int64_t results, int64_t rows, const char *tag);
/* begin, body where there is one, commit. Not flushed. */
void put_job(struct world *, const struct job *, const char *body);
/* The calls of a job between begin and commit, for tests that do not commit. */
void put_begin(struct world *, const struct job *);
void put_action(struct world *, int64_t action);
void put_rows(struct world *, int64_t action, int64_t rows, const char *tag);
void put_commit(struct world *, const struct job *);

/* What the reader says; expected NULL: null, or not there. */
void expect_count(struct world *, const char *table, unsigned number, int64_t expected);
void expect_job(struct world *, unsigned number, const char *column, const char *expected);
void expect_action(struct world *, unsigned number, int64_t action, const char *column, const char *expected);
void expect_result(struct world *, unsigned number, int64_t action, const char *column, const char *expected);
void expect_cell(struct world *, unsigned number, int64_t action, int64_t row, int64_t cell, struct text expected);
void expect_body(struct world *, unsigned number, const char *expected);
/* After a flush: the sink's own check finds nothing, and there is nothing to mend. The last: it is open to be read
 * then. */
void expect_sound(struct world *);
struct ledger_entry ledger_of(struct world *, unsigned number);

/* A call that returned 0, or the test fails with what it said. */
#define CALLED(call)                                                                                                   \
	do {                                                                                                           \
		struct err err = {0};                                                                                  \
		if (call)                                                                                              \
			fail_msg("%s: %s", #call, err.msg);                                                            \
	} while (0)

#define NEEDS_FILES 0x10000u /* the sink makes files in the test's folder */

/* Tests, and what a sink must have for them. */
struct contract_test {
	const char *name;
	unsigned needs; /* SINK_…, NEEDS_… */
	void (*run)(struct world *);
};

extern const struct contract_test tests_order[], tests_group[], tests_cells[], tests_ledger[], tests_reading[],
    tests_bodies[], tests_content[], tests_reruns[], tests_views[];

/* Cells that somebody may stumble over; NULL ends them. */
extern const char *const contract_hostile[];

#endif
