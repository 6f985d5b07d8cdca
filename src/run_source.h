/*
 * run_source.h: what became of a job, read back from a sink instead of asked of the API: its ledger's word and its kept
 * body.
 *
 * Part of the glue (run.c): a result read here is loaded just as a fetched one (run_group.h). A struct source owns its
 * decoder.
 */
#ifndef OMNI_RUN_SOURCE_H
#define OMNI_RUN_SOURCE_H

#include "fetch.h"
#include "sink.h"

struct source;

/* keep: bodies are to be kept by a sink that they are loaded into. NULL: out of memory. */
struct source *source_new(bool keep);
void source_free(struct source *);

/*
 * Reads one job. 1: *out is filled in (index is 0) and its body and details are the caller's (body_free, free): STORED
 * or UNREADABLE with a body that was decompressed, compared with its SHA-256 and judged; any other state without one.
 * instance and input (either may be NULL) are replaced. 0: the sink does not know the job, or holds it as stored
 * without a body. -1 with *err: ERR_JOB: what is kept is damaged; ERR_FATAL: the sink is lost (source_lost), or memory
 * or the disk for spool files are short.
 */
int source_read(struct source *, struct sink *, const struct uuid *, struct fetch_outcome *out, struct buf *instance,
		struct buf *input, struct err *);
/* The kept body of a job, compared with the size and the digest in *job: 1, *body is the caller's (body_free); 0: none
 * is kept; -1 as source_read. keep: its bytes are to be had again (body.h). */
int source_body(struct source *, struct sink *, const struct job *, bool keep, struct body **body, struct err *);
/* After -1: nothing but close may be called in that sink any more (sink.h). */
bool source_lost(const struct source *);

#endif
