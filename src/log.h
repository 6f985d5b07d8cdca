/*
 * log.h: one event, one line, on stderr. Thread-safe. With progress.c and summary.c the only file that prints, besides
 * the commands.
 *
 * Whatever comes from outside must have gone through utf8_visible before it is an argument here, or be passed by
 * log_visible's help: the message itself is made visible once more as a whole, so that nothing can break a line.
 */
#ifndef OMNI_LOG_H
#define OMNI_LOG_H

#include "uuid.h"

#include <stdbool.h>

enum log_level { LOG_ERROR = 0, LOG_WARNING, LOG_INFO, LOG_DEBUG };

/* max: the most talkative level that is printed (-q: LOG_ERROR, default: LOG_INFO, -v: LOG_DEBUG). json: one object a
 * line (time, level, msg, job_id). */
void log_setup(enum log_level max, bool json);
bool log_enabled(enum log_level);
/* job may be NULL. The message without a newline, lower case, the problem first. */
void log_line(enum log_level, const struct uuid *job, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
/* Called around each line while a progress line is on the terminal: before (true) clears it, after (false) draws it
 * again. NULL: none. */
void log_set_around(void (*around)(bool before));

#endif
