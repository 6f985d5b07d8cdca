/*
 * flatcheck.h: what the sinks made of files have in common when they look at themselves (sink.h, check).
 */
#ifndef OMNI_FLATCHECK_H
#define OMNI_FLATCHECK_H

#include "flatdir.h"
#include "manifest.h"

/* Bodies in a folder ("unreadable", "3f") that no line of the manifest names, by their names: <job_id>.json.zst.
 * stored: those of jobs that are stored lie there, else those that cannot be read. 0, or -1 with *err. */
int flatcheck_bodies(struct flatdir *, const struct manifest *, const char *folder, bool stored,
		     const struct sink_check *, struct err *);

#endif
