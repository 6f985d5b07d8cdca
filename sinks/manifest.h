/*
 * manifest.h: DIR/manifest.jsonl: the ledger of a flat sink (contract, "Flat files"; sink.h for what it adds up).
 *
 * The first line says what it is: {"format":"omni-export manifest","version":1,"sink":"raw"}. Then one line a job, and
 * the last line of a job counts:
 *
 *     job_id · instance · state · partial · http_status · error · expires_at · attempts · requested_at · fetched_at ·
 *     stored_at · body_bytes · body_sha256 · action_count · result_count · row_count · truncated_count · warnings ·
 *     input · details · run_id · has_body · content · files (jsonl: parts) · digests
 *
 * Booleans and numbers are JSON's; warnings, input and details are JSON values. content names the version of what is
 * kept, a result or an unreadable body (16 hex digits, other ones each time), so that a sink can tell after a crash
 * whether what it finds under a temporary name is what the line speaks of.
 *
 * A line is the commit: what it names must be durable before manifest_flush. Lines are collected until then, appended
 * in one go and synced. A torn last line (no line end, or no JSON) is dropped, and cut off when opened to write; any
 * other line that cannot be read is an error, since to go on would lose what it says. When more than half of the lines
 * are superseded, opening to write rewrites the file (beside it, fsync, rename).
 *
 * There is no place for runs: record_run of a flat sink does nothing.
 *
 * In memory are some 110 bytes for each job; texts are read back from the file when they are asked for. Errors are
 * ERR_FATAL unless said otherwise. Not for two threads at a time.
 */
#ifndef OMNI_MANIFEST_H
#define OMNI_MANIFEST_H

#include "deed.h"
#include "flatdir.h"
#include "sink.h"

#define MANIFEST_NAME    "manifest.jsonl"
#define MANIFEST_NEW     ".new-manifest.jsonl" /* while it is rewritten; an orphan is removed at opening */
#define MANIFEST_VERSION 1

/* What differs between the sinks. */
struct manifest_kind {
	const char *sink;   /* in the first line; another sink's manifest is refused */
	const char *places; /* the last field's name: "files" or "parts" */
	/* Many jobs lie in the same places: those in use are held in memory, each once, and counted (manifest_place…).
	 */
	bool shared;
};

struct manifest;

/* What a line says. Texts are borrowed. */
struct manifest_line {
	struct job job;     /* without topic, message, result_summary, omni_chat_url, first_action_at, last_action_at,
			       extra;     counts are 0 where the job is not stored; body_bytes -1: none known */
	bool has_body;      /* its body is kept in this sink */
	uint64_t content;   /* version of what is kept; 0: nothing is */
	struct text run_id; /* of the run that wrote it */
	struct text places; /* JSON array of strings, paths under DIR; "[]": none */
	/* JSON array of the SHA-256 (hex) of what is the job's in each of the places, in their order: of a file of its
	 * own (csv:), of its lines in a part (jsonl:). Null text: they are not known, as in lines of old. */
	struct text digests;
};

/* Appends n digests as such an array: 0, or -1 (buf). */
int manifest_digests(struct buf *out, const uint8_t *digests, size_t n);

/* Reads the manifest of the folder; makes one where none is there. The folder is borrowed and must outlive it. With
 * options->read_only nothing is made or mended, and a manifest that is not there is an empty one. NULL with *err. */
struct manifest *manifest_open(struct flatdir *, const struct manifest_kind *, const struct sink_options *,
			       struct err *);
void manifest_close(struct manifest *); /* what was not flushed is gone */

/* struct sink_ops. What was put and is not flushed counts already. */
int manifest_states(struct manifest *, const struct uuid *ids, size_t n, struct ledger_entry *out, struct err *);
int manifest_next_job(struct manifest *, struct job *, struct err *);
int manifest_read_job(struct manifest *, const struct uuid *, struct job *, struct err *);

/* What becomes of a job at hand (deed.h). keep_bodies: whether this sink keeps the body of a result. */
struct deed manifest_decide(const struct manifest *, const struct job *, bool keep_bodies);

/*
 * The line that this job will have. What the ledger adds up is added up, stored_at is set where a result is stored, and
 * content where that or an unreadable body is to be kept; where only the error changes, the line is the old one but for
 * that. Of a DEED_REPLACE the texts that have no place in a line (topic, message …) are those of the job. has_body and
 * places: as they were, or false and "[]" for DEED_REPLACE: the sink sets them. Not for DEED_NOTHING. Texts live until
 * the next manifest_merge, manifest_line_of or manifest_read_job, and as long as the job's. */
int manifest_merge(struct manifest *, const struct job *, const struct deed *, struct manifest_line *, struct err *);
/* A content that no line has yet, for a sink that needs it before it merges. */
uint64_t manifest_new_content(struct manifest *);
/* Is this text a JSON object or array? */
bool manifest_is_json(struct manifest *, struct text);
/* Takes the line of a job. Texts are copied. -1: ERR_JOB when it would be beyond MANIFEST_LINE_MAX; nothing changed. */
int manifest_put(struct manifest *, const struct manifest_line *, struct err *);
#define MANIFEST_LINE_MAX ((size_t)64 << 20)
/* Appends the lines that were put, and syncs. After -1 the sink is lost: what the lines speak of stays where it is,
 * since the next opening decides by what is in the file. Nothing was put: does nothing. */
int manifest_flush(struct manifest *, struct err *);

/* What the ledger holds of a job, from memory. 1, or 0 when it is not known. */
struct manifest_held {
	enum job_state state;
	bool has_body;
	uint64_t content;
	size_t place; /* of a shared kind: its number, MANIFEST_NO_PLACE for "[]" */
};
#define MANIFEST_NO_PLACE SIZE_MAX
int manifest_held(const struct manifest *, const struct uuid *, struct manifest_held *);
/* The whole line, from the file. 1, 0, -1. Texts live as those of manifest_merge. */
int manifest_line_of(struct manifest *, const struct uuid *, struct manifest_line *, struct err *);

/* Of a shared kind: the places that lines name or named since opening, numbered from 0. The text is the JSON array as
 * it was put, valid until manifest_close; jobs: how many jobs lie there by what was put so far (0: nobody's). */
size_t manifest_places(const struct manifest *);
struct text manifest_place(const struct manifest *, size_t i, size_t *jobs);

#endif
