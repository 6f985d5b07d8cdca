/*
 * progress.h: how far the run is, while it runs. On a terminal one line below all others, redrawn a few times a second
 * and gone when the run ends; anywhere else, and on a terminal that cannot (TERM is not set, or "dumb"), a line of the
 * log every minute and no control character ever.
 *
 * For one thread at a time.
 */
#ifndef OMNI_PROGRESS_H
#define OMNI_PROGRESS_H

#include "progress_text.h"

/* mode: "auto" (not with -q), "always" (with -q too) or "never". */
void progress_start(const char *mode, bool quiet);
/* To be called a few times a second, and cheap: so many jobs are done, the request window is full or not. True: it is
 * time to tell; call progress_show. */
bool progress_note(size_t done, bool window_full);
/* Tells. Speed and time left are filled in here. */
void progress_show(struct progress_state *);
/* Clears the line. */
void progress_end(void);

#endif
