/*
 * flatstage.h: how what a job brings gets into a flat sink, all or nothing, whenever the program dies (raw:, csv:).
 *
 * It is written under a name of its own, DIR/.new-<job_id>-<content>, a file or a folder, and made durable there. The
 * manifest's line that bears this content is the commit. What takes nothing's place is moved there before the line, so
 * that whatever a line names is there; what takes the place of an older one only after it, so that the older one is
 * there as long as its line counts. So there are, for whoever opens the folder after a crash, two cases, which the
 * content in the name tells apart: the line is there, and the move is made up for; or it is not, and what is staged
 * goes. (What was moved and has no line is nobody's: the next export of its job takes its place.) A reader looks for
 * the staged name first.
 *
 * Bodies lie in DIR/unreadable/<job_id>.json.zst until a result comes, also in a sink that keeps no others.
 *
 * Errors are ERR_FATAL. A struct flatstage owns the list of what is staged, and borrows the rest.
 */
#ifndef OMNI_FLATSTAGE_H
#define OMNI_FLATSTAGE_H

#include "flatdir.h"
#include "manifest.h"

#define FLATSTAGE_UNREADABLE "unreadable"

/* Long enough for every path made here, and those of raw:. */
#define FLATSTAGE_PATH 96

struct flatstage_item {
	struct uuid id;
	uint64_t content;
	bool fresh; /* nothing was there of this job before */
};

struct flatstage {
	struct flatdir *dir;
	struct manifest *manifest;
	/* Moves the staged name of a stored job to its place, whatever is there, and leaves nothing at that name. Also
	 * after a crash in the midst of that. What was moved into another folder is durable there on return: the next
	 * sync of DIR makes it durable that the staged name is gone. has_body: of the manifest's line. */
	int (*place)(void *ctx, const struct uuid *, const char *staged, bool has_body, struct err *);
	void *ctx;
	struct flatstage_item *items;
	size_t n, cap;
	bool lost; /* a flush failed: the next opening decides */
};

char *flatstage_name(const struct uuid *, uint64_t content, char out[FLATSTAGE_PATH]);
char *flatstage_unreadable(const struct uuid *, char out[FLATSTAGE_PATH]);

/* After opening to write: moves what is committed to its place, removes what is nobody's. */
int flatstage_recover(struct flatstage *, struct err *);
/* Whether the manifest names nothing of this job; to be asked before the job is put into it. */
bool flatstage_fresh(const struct flatstage *, const struct uuid *);
/* The job that was put into the manifest last has something staged (or nothing more to keep). */
int flatstage_add(struct flatstage *, const struct uuid *, uint64_t content, bool fresh, struct err *);
/* Commits all that was added. */
int flatstage_flush(struct flatstage *, struct err *);
/* Removes what was not flushed, unless a flush failed; frees the list. */
void flatstage_close(struct flatstage *);

/* Is the file there that the manifest says holds the body of this job? path as below. 1: it is, or the manifest says
 * that none is kept; 0; -1 with *err. */
int flatstage_has_body(struct flatstage *, const struct uuid *, const char *path, struct err *);
/* The kept body of a job: staged, unreadable, or at the path given (NULL: none there). As sink_ops.read_body. */
int flatstage_read_body(struct flatstage *, const struct uuid *, const char *path, sink_piece_fn, void *ctx,
			struct err *);

#endif
