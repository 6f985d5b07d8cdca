#include "progress.h"

#include "buf.h"
#include "log.h"
#include "timeutil.h"
#include "utf8.h"

#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define REDRAW_NS  200000000
#define LINE_BYTES 255 /* log_status */

static bool on;
static int64_t drawn_ns; /* 0: not yet */

void progress_start(const char *mode, bool quiet)
{
	on = strcmp(mode, "always") == 0 || (strcmp(mode, "auto") == 0 && !quiet && isatty(STDERR_FILENO));
}

static size_t terminal_width(void)
{
	struct winsize size;

	if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 10)
		return size.ws_col;
	return 80;
}

void progress_show(const struct progress_state *s)
{
	int64_t now = time_boot_ns();
	size_t width;
	struct buf line;

	if (!on || (drawn_ns != 0 && now - drawn_ns < REDRAW_NS))
		return;
	width = terminal_width();
	buf_init(&line, LINE_BYTES);
	(void)buf_addf(&line, "%zu/%zu jobs, %lld stored, %.1f MiB", s->done, s->total, (long long)s->stored,
		       (double)s->bytes / (1 << 20));
	if (s->under_way > 0)
		(void)buf_addf(&line, ", %d under way", s->under_way);
	if (s->waiting_for != NULL)
		(void)buf_addf(&line, ", %s: next request in %lld s", s->waiting_for,
			       (long long)(s->waiting_ms + 999) / 1000);
	if (line.len >= width)
		buf_cut(&line, utf8_cut(line.data, width - 1));
	log_status(buf_cstr(&line));
	drawn_ns = now;
	buf_free(&line);
}

void progress_end(void)
{
	if (on && drawn_ns != 0)
		log_status(NULL);
	on = false;
}
