#include "log.h"

#include "buf.h"
#include "jsonw.h"
#include "timeutil.h"
#include "utf8.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define LINE_MAX_BYTES 4096
#define CLEAR_LINE     "\r\033[K"

static struct {
	pthread_mutex_t lock;
	enum log_level max;
	bool json;
	char status[256]; /* empty: none is shown */
} log_ = {.lock = PTHREAD_MUTEX_INITIALIZER, .max = LOG_INFO};

static const char *const level_names[] = {"error", "warning", "info", "debug"};

/* What a library prints, in pieces as stdio hands them on: mostly lines. */
static ssize_t take_stray(void *cookie, const char *p, size_t n)
{
	(void)cookie;
	for (size_t at = 0; at < n;) {
		const char *end = memchr(p + at, '\n', n - at);
		size_t k = end != NULL ? (size_t)(end - (p + at)) : n - at;

		if (k > 0)
			log_line(LOG_WARNING, NULL, "%.*s", k < LINE_MAX_BYTES ? (int)k : LINE_MAX_BYTES, p + at);
		at += k + 1;
	}
	return (ssize_t)n;
}

void log_catch_stderr(void)
{
	FILE *f = fopencookie(NULL, "w", (cookie_io_functions_t){.write = take_stray});

	if (f == NULL)
		return;
	(void)setvbuf(f, NULL, _IOLBF, 0);
	/* glibc's is a variable, which every library of the process reads. It stays to the end. */
	stderr = f;
}

void log_setup(enum log_level max, bool json)
{
	log_.max = max;
	log_.json = json;
}

bool log_enabled(enum log_level level)
{
	return level <= log_.max;
}

static void line_as_json(struct buf *line, enum log_level level, const char *id, struct text msg)
{
	struct stamp now;
	struct jsonw w;

	stamp_from_us(&now, time_now_us());
	jsonw_init(&w, line);
	jsonw_object(&w);
	jsonw_key(&w, "time");
	jsonw_cstr(&w, now.text);
	jsonw_key(&w, "level");
	jsonw_cstr(&w, level_names[level]);
	jsonw_key(&w, "msg");
	jsonw_string(&w, msg);
	if (id != NULL) {
		jsonw_key(&w, "job_id");
		jsonw_cstr(&w, id);
	}
	jsonw_object_end(&w);
}

static void line_as_text(struct buf *line, enum log_level level, const char *id, struct text msg)
{
	(void)buf_adds(line, "omni-export: ");
	if (level <= LOG_WARNING)
		(void)buf_addf(line, "%s: ", level_names[level]);
	if (id != NULL)
		(void)buf_addf(line, "%s: ", id);
	(void)buf_add(line, msg.p, msg.n);
}

/* One write a line, so that lines of several processes do not mix. stderr may be gone: nothing can be done about that
 * here. */
static void put(const char *p, size_t n)
{
	while (n > 0) {
		ssize_t k = write(STDERR_FILENO, p, n);

		if (k <= 0)
			break;
		p += k;
		n -= (size_t)k;
	}
}

void log_status(const char *line)
{
	pthread_mutex_lock(&log_.lock);
	if (log_.status[0] != '\0')
		put(CLEAR_LINE, strlen(CLEAR_LINE));
	(void)snprintf(log_.status, sizeof(log_.status), "%s", line != NULL ? line : "");
	put(log_.status, strlen(log_.status));
	pthread_mutex_unlock(&log_.lock);
}

void log_line(enum log_level level, const struct uuid *job, const char *fmt, ...)
{
	char id[UUID_TEXT_LEN + 1], raw[LINE_MAX_BYTES];
	struct buf visible, line;
	va_list ap;
	int n;

	if (!log_enabled(level))
		return;
	va_start(ap, fmt);
	n = vsnprintf(raw, sizeof(raw), fmt, ap);
	va_end(ap);
	if (n < 0)
		return;
	buf_init(&visible, (size_t)16 * LINE_MAX_BYTES);
	buf_init(&line, (size_t)40 * LINE_MAX_BYTES);
	n = n < LINE_MAX_BYTES ? n : LINE_MAX_BYTES - 1;
	if (utf8_visible(&visible, raw, utf8_cut(raw, (size_t)n), 0) == 0) {
		if (job != NULL)
			uuid_format(job, id);
		(log_.json ? line_as_json : line_as_text)(&line, level, job != NULL ? id : NULL, buf_text(&visible));
		(void)buf_addc(&line, '\n');
		pthread_mutex_lock(&log_.lock);
		if (log_.status[0] != '\0')
			put(CLEAR_LINE, strlen(CLEAR_LINE));
		put(line.data, line.len);
		put(log_.status, strlen(log_.status));
		pthread_mutex_unlock(&log_.lock);
	}
	buf_free(&visible);
	buf_free(&line);
}
