/*
 * log.h: one event, one line, on stderr. Thread-safe. With progress.c and summary.c the only file that prints, besides
 * the commands.
 *
 * Each message is made visible as a whole (utf8_visible), so that nothing from outside can break a line or command a
 * terminal.
 */
#ifndef OMNI_LOG_H
#define OMNI_LOG_H

#include "uuid.h"

#include <stdbool.h>

enum log_level { LOG_ERROR = 0, LOG_WARNING, LOG_INFO, LOG_DEBUG };

/* max: the most talkative level that is printed (-q: LOG_ERROR, default: LOG_INFO, -v: LOG_DEBUG). json: one object a
 * line (time, level, msg, job_id). */
void log_setup(enum log_level max, bool json);
/* From now on what libraries print on stderr by way of stdio (libpq does, of what a server says while it connects) goes
 * through log_line. */
void log_catch_stderr(void);
bool log_enabled(enum log_level);
/* job may be NULL. The message without a newline, lower case, the problem first. */
void log_line(enum log_level, const struct uuid *job, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
/* The line that stands below all others on a terminal, until the next call replaces it; NULL takes it away. At most 255
 * bytes. */
void log_status(const char *line);

#endif
