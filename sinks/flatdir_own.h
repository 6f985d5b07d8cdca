/*
 * flatdir_own.h: what flatdir.c (opening, names) and flatdir_tree.c (listing, removing) share. Nobody else includes it.
 */
#ifndef OMNI_FLATDIR_OWN_H
#define OMNI_FLATDIR_OWN_H

#include "flatdir.h"

struct flatdir {
	int fd; /* -1: opened to be read, and not there */
	char *path;
	mode_t file_mode;
};

/* The folder that the last step of a path is in. */
struct flatdir_at {
	int fd;           /* FLATDIR_NONE: it is not there; -1: failed */
	const char *name; /* the last step, in path */
	bool borrowed;    /* fd is the sink's own */
};

struct flatdir_at flatdir_walk(const struct flatdir *, const char *path, struct err *);
void flatdir_walked(struct flatdir_at *);
/* A folder to read, a descriptor that the caller closes; "" is the sink's own. FLATDIR_NONE, -1 with *err. */
int flatdir_folder(const struct flatdir *, const char *path, struct err *);
/* -1, with "cannot <what> 'DIR/<path>': <errno>". */
int flatdir_fail(const struct flatdir *, const char *what, const char *path, struct err *);

#endif
