#include "log.h"

#include "buf.h"
#include "jsonw.h"
#include "sys.h"
#include "timeutil.h"
#include "utf8.h"

#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#define PROGRAM        "omni-export: "
#define LINE_MAX_BYTES 4096
#define STATUS_BYTES   512
#define NO_WRAP        "\033[?7l" /* it may be narrower already than it says */
#define WRAP           "\033[?7h"
#define CLEAR          "\033[J" /* to the end of the screen: also what the terminal wrapped */

static struct {
	pthread_mutex_t lock;
	enum log_level max;
	bool json;
	bool looked, journal;                 /* whether stderr is the journal's, once it was looked at */
	char status[STATUS_BYTES];            /* empty: none is shown */
	volatile sig_atomic_t status_visible; /* for the signal handler */
	struct buf visible,
	    line; /* of one message; had from the beginning, so that it can be told when memory is short */
} log_ = {.lock = PTHREAD_MUTEX_INITIALIZER,
	  .max = LOG_INFO,
	  .visible = {.max = (size_t)16 * LINE_MAX_BYTES},
	  .line = {.max = (size_t)40 * LINE_MAX_BYTES}};

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

bool log_enabled(enum log_level level)
{
	return level <= log_.max;
}

/* "DEVICE:INODE" of the journal's stream, as systemd sets it for what it starts; a child that writes elsewhere still
 * has the variable. */
static bool is_journal(void)
{
	const char *stream = getenv("JOURNAL_STREAM");
	unsigned long long dev, inode;
	struct stat st;
	int end = 0;

	return stream != NULL && sscanf(stream, "%llu:%llu%n", &dev, &inode, &end) == 2 && stream[end] == '\0' &&
	       fstat(STDERR_FILENO, &st) == 0 && st.st_dev == dev && st.st_ino == inode;
}

/* The priority of a line for the journal, else nothing. With the lock. */
static const char *prefix(enum log_level level)
{
	static const char *const priorities[] = {"<3>", "<4>", "<6>", "<7>"};

	if (!log_.looked)
		log_.journal = is_journal();
	log_.looked = true;
	return log_.journal ? priorities[level] : "";
}

void log_setup(enum log_level max, bool json)
{
	log_.max = max;
	log_.json = json;
	(void)prefix(max); /* before there are threads: it looks at the environment */
	(void)buf_room(&log_.visible, log_.visible.max);
	(void)buf_room(&log_.line, log_.line.max);
}

/* Both: false when memory is short. */
static bool line_as_json(struct buf *line, enum log_level level, const char *id, struct text msg)
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
	return !w.failed;
}

static bool line_as_text(struct buf *line, enum log_level level, const char *id, struct text msg)
{
	int bad = log_.journal ? 0 : buf_adds(line, PROGRAM);

	if (level <= LOG_WARNING)
		bad |= buf_addf(line, "%s: ", level_names[level]);
	if (id != NULL)
		bad |= buf_addf(line, "%s: ", id);
	return (bad | buf_add(line, msg.p, msg.n)) == 0;
}

/* One write a line, so that lines of several processes do not mix. stderr may be gone: nothing can be done about that
 * here. */
static void put(const char *p, size_t n)
{
	(void)sys_write(STDERR_FILENO, p, n);
}

/* Without memory: as it is, but for what a terminal would obey. */
static void put_plain(enum log_level level, const char *id, char *msg, size_t n)
{
	static const char out_of_memory[] = " (and out of memory)\n";

	for (size_t i = 0; i < n; i++)
		if ((unsigned char)msg[i] < ' ' || (unsigned char)msg[i] >= 0x7f)
			msg[i] = '?';
	put(prefix(level), strlen(prefix(level)));
	put(PROGRAM, strlen(PROGRAM));
	put(level_names[level], strlen(level_names[level]));
	put(": ", 2);
	if (id != NULL) {
		put(id, strlen(id));
		put(": ", 2);
	}
	put(msg, n);
	put(out_of_memory, sizeof(out_of_memory) - 1);
}

size_t log_columns(void)
{
	struct winsize size;

	return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

/* The status over what stands there, the cursor back on its first column; or over nothing. With the lock. */
static void put_status(void)
{
	char out[STATUS_BYTES + 32];
	size_t columns = log_columns(), n = strlen(log_.status);

	if (n > columns - 1)
		n = columns - 1;
	(void)snprintf(out, sizeof(out), "\r" NO_WRAP "%.*s" CLEAR "\r" WRAP, (int)n, log_.status);
	log_.status_visible = n > 0;
	put(out, strlen(out));
}

void log_status(const char *line)
{
	bool shown;

	pthread_mutex_lock(&log_.lock);
	shown = log_.status[0] != '\0';
	(void)snprintf(log_.status, sizeof(log_.status), "%s", line != NULL ? line : "");
	if (shown || log_.status[0] != '\0')
		put_status();
	pthread_mutex_unlock(&log_.lock);
}

void log_status_forget(void)
{
	pthread_mutex_lock(&log_.lock);
	log_.status[0] = '\0';
	log_.status_visible = 0;
	pthread_mutex_unlock(&log_.lock);
}

void log_status_wipe(void)
{
	if (log_.status_visible)
		(void)!write(STDERR_FILENO, "\r" CLEAR, strlen("\r" CLEAR));
}

static void __attribute__((format(printf, 3, 0)))
say(enum log_level level, const struct uuid *job, const char *fmt, va_list ap)
{
	char id[UUID_TEXT_LEN + 1], raw[LINE_MAX_BYTES];
	bool whole, status;
	int n = vsnprintf(raw, sizeof(raw), fmt, ap);

	if (n < 0)
		return;
	n = n < LINE_MAX_BYTES ? n : LINE_MAX_BYTES - 1;
	if (job != NULL)
		uuid_format(job, id);
	pthread_mutex_lock(&log_.lock);
	status = log_.status[0] != '\0';
	buf_clear(&log_.visible);
	buf_clear(&log_.line);
	whole = utf8_visible(&log_.visible, raw, utf8_cut(raw, (size_t)n), 0) == 0 &&
		buf_adds(&log_.line, status ? "\r" CLEAR : "") == 0 && buf_adds(&log_.line, prefix(level)) == 0 &&
		(log_.json ? line_as_json : line_as_text)(&log_.line, level, job != NULL ? id : NULL,
							  buf_text(&log_.visible)) &&
		buf_addc(&log_.line, '\n') == 0;
	if (whole)
		put(log_.line.data, log_.line.len);
	else if (status)
		put("\r" CLEAR, strlen("\r" CLEAR));
	if (!whole)
		put_plain(level, job != NULL ? id : NULL, raw, (size_t)n);
	if (status)
		put_status();
	pthread_mutex_unlock(&log_.lock);
}

void log_line(enum log_level level, const struct uuid *job, const char *fmt, ...)
{
	va_list ap;

	if (!log_enabled(level))
		return;
	va_start(ap, fmt);
	say(level, job, fmt, ap);
	va_end(ap);
}

void log_always(enum log_level level, const struct uuid *job, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say(level, job, fmt, ap);
	va_end(ap);
}
