/*
 * manifest_own.h: what the files of the manifest share: manifest.c (the file), manifest_index.c (what is in memory),
 * manifest_line.c (a line as JSON) and manifest_merge.c (what a job adds). Nobody else includes it.
 */
#ifndef OMNI_MANIFEST_OWN_H
#define OMNI_MANIFEST_OWN_H

#include "json.h"
#include "manifest.h"

#define MANIFEST_SMALL ((size_t)256)

/* A job in memory. */
struct manifest_entry {
	struct uuid id;
	uint8_t body_sha256[SHA256_LEN];
	int64_t attempts, requested_at_us, expires_at_us;
	uint64_t content;
	uint64_t offset; /* of its line in the file; beyond the file's end: in pending */
	uint32_t len;    /* of its line, without the line end */
	uint32_t place;  /* of a shared kind: its number + 1; 0: none */
	uint8_t state;
	bool partial, has_body, has_sha256, same_instance;
};

struct manifest_place {
	char *text;
	size_t jobs;
};

/* The texts of a line that was read. */
enum manifest_text {
	MT_INSTANCE,
	MT_ERROR,
	MT_WARNINGS,
	MT_INPUT,
	MT_DETAILS,
	MT_RUN_ID,
	MT_PLACES,
	MT_DIGESTS,
	MANIFEST_TEXTS
};

struct manifest {
	struct flatdir *dir;
	struct manifest_kind kind;
	char *run_id, *instance; /* NULL: none given */
	int fd;                  /* -1: opened to be read, and not there */
	uint64_t size;           /* of the file, up to the last good line's end */
	size_t lines;            /* of jobs in it */
	struct buf pending;      /* lines that were put and not flushed */
	size_t pending_lines;
	uint64_t next_content;

	struct manifest_entry *entries;
	size_t n, cap, cursor; /* cursor: of manifest_next_job */
	uint32_t *table;       /* entry number + 1, 0: free; 2 * cap of them */

	struct manifest_place *places;
	size_t n_places, cap_places;
	uint32_t *place_table; /* as table */

	struct json_doc *doc;
	struct buf line;  /* one that was read back */
	struct buf small; /* a short string; MANIFEST_SMALL bytes of room */
	struct buf texts[MANIFEST_TEXTS];
};

/* manifest_index.c */
struct manifest_entry *manifest_find(const struct manifest *, const struct uuid *);
/* Remembers a line that begins at offset and has len bytes, in place of an older one. -1 with *err; nothing changed. */
int manifest_remember(struct manifest *, const struct manifest_line *, uint64_t offset, size_t len, struct err *);
void manifest_forget_all(struct manifest *);

/* manifest_line.c: a line as JSON, without its end. */
int manifest_line_write(struct manifest *, const struct manifest_line *, struct buf *out);
/* Texts live in m->texts and text. ERR_JOB: no JSON; ERR_FATAL: JSON that is no line of ours. */
int manifest_line_read(struct manifest *, struct text, struct manifest_line *, struct err *);
int manifest_header_write(const struct manifest *, struct buf *out);
int manifest_header_read(struct manifest *, struct text, struct err *);

#endif
