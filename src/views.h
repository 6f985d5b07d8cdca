/*
 * views.h: the command views, and what run and load do with --views: typed SQL views of what a database holds (sink.h,
 * viewset.h). Part of the glue (run.h).
 */
#ifndef OMNI_VIEWS_H
#define OMNI_VIEWS_H

#include "options.h"
#include "sink.h"

/* The command: makes the views of the one sink in options->operands, prints to standard output, returns the exit code.
 */
int views(const struct options *);

/* Makes the views of an open sink, between jobs; what changed and what could not be made is logged. spec: as it may be
 * shown. 0; 1: some could not be made; -1 with *err. */
int views_make(struct sink *, const char *spec, struct err *);

/* Appends a line for a person, or a JSON object; 0 or -1 (buf). */
int views_text(const struct sink_view *, struct buf *out);
int views_json(const struct sink_view *, struct buf *out);

#endif
