/*
 * flatdir.h: the folder of a flat sink (raw:DIR, csv:DIR, jsonl:DIR; contract, "Flat files"): opened once and held
 * against other runs; everything below it is named by a path relative to it.
 *
 * A name below the folder is never followed through a symbolic link, at no step of its path; the folder that the user
 * names may be a link. A path is "a/b/c": no step of it is empty, "." or "..", it is not absolute: what is (out of a
 * damaged manifest) is refused. Files are made with exactly the sink's file mode, folders with the same and the search
 * bits where there is a read bit, whatever the umask.
 *
 * The hold is a lock (flock) on the folder itself: it dies with its holder, however that dies, and leaves nothing
 * behind. Readers (read_only) take none, and make nothing.
 *
 * All int functions return 0, or -1 with *err of kind ERR_FATAL whose message names the path, unless said otherwise.
 * Nothing is durable before it was synced: a file by flatfile_end, a name by flatdir_sync of the folder that it is in.
 * Not for two threads at a time.
 */
#ifndef OMNI_FLATDIR_H
#define OMNI_FLATDIR_H

#include "buf.h"
#include "err.h"
#include "sha256.h"
#include "sink.h"

#include <stdbool.h>
#include <sys/types.h>

struct flatdir;

/* Opens the folder, or makes it (its parent must be there), and takes the hold. NULL with *err: ERR_BUSY when another
 * run holds it, ERR_FATAL. With read_only: a folder that is not there gives one in which nothing is ever found. Of the
 * options file_mode and read_only count. */
struct flatdir *flatdir_open(const char *path, const struct sink_options *, struct err *);
void flatdir_close(struct flatdir *); /* lets go of the hold */
const char *flatdir_path(const struct flatdir *);

/* Makes a folder, and those above it. One that is there stays as it is. */
int flatdir_make(struct flatdir *, const char *path, struct err *);
/* The descriptor of a new file to write; EEXIST is a failure. The caller closes it. -1 with *err. */
int flatdir_create(struct flatdir *, const char *path, struct err *);
/* The descriptor of a regular file to read (write: and to write). The caller closes it. FLATDIR_NONE: there is no such
 * name. -1 with *err, also when it is no regular file. */
#define FLATDIR_NONE (-2)
int flatdir_read(struct flatdir *, const char *path, bool write, struct err *);
/* What is there? */
enum flatdir_kind { FLATDIR_NOTHING, FLATDIR_FILE, FLATDIR_FOLDER, FLATDIR_OTHER };
int flatdir_look(struct flatdir *, const char *path, enum flatdir_kind *, struct err *);
/* Renames; a file (a link too, never what it points to) that is there is replaced. */
int flatdir_rename(struct flatdir *, const char *from, const char *to, struct err *);
/* Puts folder (or file) from in the place of to in one step (RENAME_EXCHANGE): what was to is from after that, for the
 * caller to remove. Where nothing is there, a plain rename. Where the file system cannot exchange: to is renamed to
 * aside, from to to, aside to from; who finds aside after a crash and no to renames it back. */
int flatdir_swap(struct flatdir *, const char *from, const char *to, const char *aside, struct err *);
/* Removes a file, a link, or a folder with all that is in it. Nothing there: fine. */
int flatdir_remove(struct flatdir *, const char *path, struct err *);
/* Makes the names in a folder durable; "": the sink's own folder. */
int flatdir_sync(struct flatdir *, const char *path, struct err *);
/* Calls each with every name in a folder that begins so ("": all) but "." and "..", in no order, after reading all of
 * them: it may remove and rename. Stops at what is not 0 and returns it. path "": the sink's own folder. A folder that
 * is not there is empty. */
typedef int (*flatdir_each)(void *ctx, const char *name, struct err *);
int flatdir_list(struct flatdir *, const char *path, const char *prefix, flatdir_each, void *ctx, struct err *);

/* A file that is being written, through a buffer of 64 KiB. Owned by the caller; {.fd = -1} is one that is not open. */
struct flatfile {
	struct flatdir *dir;
	int fd;
	int64_t size; /* bytes so far */
	char *path;   /* for messages, under dir */
	char *block;
	size_t used;        /* of the block; flatfile_room and flatfile_used for those in a hurry */
	struct sha256 *sha; /* of what left the block; NULL: no digest is wanted */
};

#define FLATFILE_BLOCK ((size_t)64 << 10)

int flatfile_begin(struct flatfile *, struct flatdir *, const char *path, struct err *); /* creates it */
/* The same, and its bytes are digested while they are written: flatfile_sum gives the SHA-256 once all were added. */
int flatfile_begin_summed(struct flatfile *, struct flatdir *, const char *path, struct err *);
int flatfile_sum(struct flatfile *, uint8_t out[SHA256_LEN], struct err *);
int flatfile_add(struct flatfile *, const void *, size_t n, struct err *);
/* Writes out what the block holds. */
int flatfile_drain(struct flatfile *, struct err *);
/* Drains, syncs and closes: the bytes are durable, the name is when its folder was synced. Closed also after -1. */
int flatfile_end(struct flatfile *, struct err *);
/* Hands on a file in pieces. 1, 0: it is not there, -1 with *err: also what piece said. */
int flatfile_read(struct flatdir *, const char *path, sink_piece_fn piece, void *ctx, struct err *err);
/* Closes without a word; the caller removes the file. Fine for one that is not open. */
void flatfile_drop(struct flatfile *);

#endif
