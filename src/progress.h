/*
 * progress.h: one line on a terminal that says how far the run is and what it waits for; gone when the run ends. Not on
 * anything but a terminal, unless asked for.
 */
#ifndef OMNI_PROGRESS_H
#define OMNI_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct progress_state {
	size_t done, total; /* jobs */
	int64_t stored;
	int under_way; /* transfers */
	uint64_t bytes;
	int64_t waiting_ms;      /* 0: not waiting */
	const char *waiting_for; /* "rate limit" …; NULL: nothing */
};

/* mode: "auto", "always" or "never". */
void progress_start(const char *mode, bool quiet);
/* Draws, at most a few times a second. */
void progress_show(const struct progress_state *);
/* Clears the line. */
void progress_end(void);

#endif
