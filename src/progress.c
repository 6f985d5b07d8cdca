#include "progress.h"

#include "log.h"
#include "timeutil.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define REDRAW_NS INT64_C(100000000)
#define LINES_NS  INT64_C(60000000000)

static struct {
	enum { SHOW_NOTHING, SHOW_LINE, SHOW_LINES } how;
	bool always;  /* with -q too */
	bool catches; /* SIGTSTP */
	int64_t next_ns;
	struct progress_meter meter;
} progress;

static bool on_terminal(void)
{
	const char *term = getenv("TERM");

	return isatty(STDERR_FILENO) && term != NULL && term[0] != '\0' && strcmp(term, "dumb") != 0;
}

/* Ctrl-Z: what the shell says then does not stand in the line; it is drawn again when the process goes on. The handler
 * was reset to the default as it was called. */
static void on_stop(int sig);

static void catch_stop(void)
{
	struct sigaction act = {.sa_handler = on_stop, .sa_flags = (int)(SA_RESTART | SA_RESETHAND | SA_NODEFER)};

	(void)sigaction(SIGTSTP, &act, NULL);
}

static void on_stop(int sig)
{
	int saved = errno;

	log_status_wipe();
	(void)raise(sig);
	catch_stop();
	errno = saved;
}

void progress_start(const char *mode, bool quiet)
{
	struct sigaction old;

	memset(&progress, 0, sizeof(progress));
	progress.always = strcmp(mode, "always") == 0;
	if (strcmp(mode, "never") == 0 || (quiet && !progress.always))
		return;
	progress.how = on_terminal() ? SHOW_LINE : SHOW_LINES;
	progress.next_ns = time_boot_ns() + (progress.how == SHOW_LINES ? LINES_NS : 0);
	if (progress.how == SHOW_LINE && sigaction(SIGTSTP, NULL, &old) == 0 && old.sa_handler == SIG_DFL) {
		catch_stop();
		progress.catches = true;
	}
}

bool progress_note(size_t done, bool window_full)
{
	int64_t now_ns;

	if (progress.how == SHOW_NOTHING)
		return false;
	now_ns = time_boot_ns();
	progress_meter_add(&progress.meter, now_ns, done, window_full);
	return now_ns >= progress.next_ns;
}

/* Whether a line may be drawn: not into what another process does with the terminal, while this one is in the
 * background, and not where nothing is taken (Ctrl-S): the run is not to wait for that. */
static bool may_draw(void)
{
	pid_t foreground = tcgetpgrp(STDERR_FILENO);
	struct pollfd p = {.fd = STDERR_FILENO, .events = POLLOUT};

	if (foreground >= 0 && foreground != getpgrp()) {
		log_status_forget();
		return false;
	}
	return poll(&p, 1, 0) == 1 && (p.revents & POLLOUT) != 0;
}

void progress_show(struct progress_state *s)
{
	struct buf text;

	progress.next_ns = time_boot_ns() + (progress.how == SHOW_LINES ? LINES_NS : REDRAW_NS);
	if (progress.how == SHOW_NOTHING || (progress.how == SHOW_LINE && !may_draw()))
		return;
	s->per_hour = progress_meter_per_hour(&progress.meter);
	s->left_s =
	    progress_left_s(&progress.meter, s->total > s->done ? s->total - s->done : 0, s->window_ms, s->wait_ms);
	buf_init(&text, PROGRESS_TEXT_MAX);
	if (progress.how == SHOW_LINE) {
		if (progress_line(s, log_columns(), &text) == 0)
			log_status(buf_cstr(&text));
	} else if (progress_sentence(s, &text) == 0) {
		(progress.always ? log_always : log_line)(LOG_INFO, NULL, "%s", buf_cstr(&text));
	}
	buf_free(&text);
}

void progress_end(void)
{
	if (progress.how == SHOW_LINE)
		log_status(NULL);
	if (progress.catches)
		(void)signal(SIGTSTP, SIG_DFL);
	progress.catches = false;
	progress.how = SHOW_NOTHING;
}
