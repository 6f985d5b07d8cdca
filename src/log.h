/*
 * log.h: one event, one line, on stderr. Thread-safe. With progress.c and summary.c the only file that prints, besides
 * the commands.
 *
 * Each message is made visible as a whole (utf8_visible), so that nothing from outside can break a line or command a
 * terminal.
 *
 * Where stderr is the journal's ($JOURNAL_STREAM names it, systemd.exec(5)), each line begins with its priority
 * (sd-daemon(3): <3> error to <7> debug), and the text form leaves out the program's name, which the journal has.
 */
#ifndef OMNI_LOG_H
#define OMNI_LOG_H

#include "uuid.h"

#include <stdbool.h>
#include <stddef.h>

/* Error: somebody must do something, or data is at risk. Warning: data is safe, but something is off, or is lost for
 * good. Info: as it should be. Debug: each request. */
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
/* The same, whatever the level that is printed. */
void log_always(enum log_level, const struct uuid *job, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* The line that stands below all others on a terminal, until the next call replaces it; NULL takes it away. ASCII, at
 * most 511 bytes; what is wider than the terminal is cut. The cursor stands on its first column: however the terminal
 * wraps it when it becomes narrower, all of it is what lies behind the cursor. */
void log_status(const char *line);
/* The terminal is another process's now: nothing of the line is to be touched any more. */
void log_status_forget(void);
/* Takes it away where the process ends at once. Async-signal-safe. */
void log_status_wipe(void);
/* How wide the terminal is; 80 where it does not say. */
size_t log_columns(void);

#endif
