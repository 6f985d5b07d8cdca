#include "run_state.h"

#include "key.h"
#include "log.h"
#include "outfile.h"
#include "run.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

/* --- signals --- */

volatile sig_atomic_t run_stop_signal;
static int stop_pipe[2] = {-1, -1};

/* The first signal asks for an orderly end, the second one ends at once. */
static void on_signal(int sig)
{
	int saved = errno;

	if (run_stop_signal != 0) {
		log_status_wipe();
		_exit(128 + sig);
	}
	run_stop_signal = sig;
	(void)!write(stop_pipe[1], "", 1);
	errno = saved;
}

int run_catch_signals(struct err *err)
{
	static const int signals[] = {SIGHUP, SIGINT, SIGTERM};
	struct sigaction ignore = {.sa_handler = SIG_IGN}, old, act = {.sa_handler = on_signal, .sa_flags = SA_RESTART};

	if (pipe2(stop_pipe, O_CLOEXEC | O_NONBLOCK) != 0)
		return err_sys(err, ERR_FATAL, errno, "cannot make a pipe");
	(void)sigaction(SIGPIPE, &ignore, NULL);
	(void)sigaction(SIGXFSZ, &ignore, NULL); /* a file that may not grow is an error of that file (EFBIG) */
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
		/* What nohup or a shell's background job has set to be ignored stays so. */
		if (sigaction(signals[i], NULL, &old) == 0 && old.sa_handler != SIG_IGN)
			(void)sigaction(signals[i], &act, NULL);
	}
	return 0;
}

/* --- setting up --- */

/* Sorts by time and is unique: 20261123T170512.123Z without its point, and 32 random bits. */
static void make_run_id(struct run *r)
{
	uint32_t random = 0;
	size_t n = 0;

	/* Without random bits: what two runs that begin in the same millisecond have not in common. */
	if (getrandom(&random, sizeof(random), 0) != (ssize_t)sizeof(random))
		random = (uint32_t)getpid() * 2654435761U ^ (uint32_t)time_boot_ns();
	for (const char *p = r->started_at.text; *p != '\0' && n < 20; p++)
		if (*p != '-' && *p != ':' && *p != '.')
			r->run_id[n++] = *p;
	(void)snprintf(r->run_id + n, sizeof(r->run_id) - n, "-%08x", random);
}

/* A sink that should stand behind --to is not quoted, but for its scheme: the rest may hold a password. */
static int cannot_open(const char *name, struct err *err)
{
	int why = errno;
	size_t n = sink_scheme(name);

	if (n > 0)
		return err_set(err, ERR_FATAL, "cannot open '%.*s...' as a list of jobs: %s; a sink follows '--to'",
			       (int)n, name, strerror(why));
	return err_sys(err, ERR_FATAL, why, "cannot open '%s'", name);
}

static int add_jobs(struct run *r, struct err *err)
{
	for (size_t i = 0; i < r->o->n_jobs; i++)
		if (plan_add(&r->plan, &r->o->jobs[i]) == NULL)
			return err_set(err, ERR_FATAL, "out of memory");
	r->plan.requested = (int64_t)r->o->n_jobs;
	return 0;
}

int run_read_inputs(struct run *r, struct err *err)
{
	static char *const standard_input[] = {"-"};
	char *const *names = r->o->n_operands > 0 ? r->o->operands : standard_input;
	size_t n = r->o->n_operands > 0 ? r->o->n_operands : 1;

	if (r->o->n_jobs > 0)
		return add_jobs(r, err);
	for (size_t i = 0; i < n; i++) {
		bool is_stdin = strcmp(names[i], "-") == 0;
		FILE *f = is_stdin ? stdin : fopen(names[i], "re");
		int result;

		if (f == NULL)
			return cannot_open(names[i], err);
		result = plan_read(&r->plan, f, is_stdin ? "standard input" : names[i], err);
		if (!is_stdin)
			(void)fclose(f);
		if (result != 0)
			return -1;
	}
	return 0;
}

/* The folder of the state that programs keep (contract, --rate). NULL: there is none. The caller frees it. */
static char *state_folder(void)
{
	const char *systemd = getenv("STATE_DIRECTORY"), *xdg = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
	char *folder = NULL;
	int n = -1;

	if (systemd != NULL && systemd[0] == '/')
		n = asprintf(&folder, "%.*s", (int)strcspn(systemd, ":"), systemd);
	else if (xdg != NULL && xdg[0] == '/')
		n = asprintf(&folder, "%s/omni-export", xdg);
	else if (home != NULL && home[0] == '/')
		n = asprintf(&folder, "%s/.local/state/omni-export", home);
	return n < 0 ? NULL : folder;
}

static int open_rate(struct run *r, struct err *err)
{
	char *folder = state_folder();
	struct rate_limit limit;
	struct err why = {0};

	if (rate_parse(r->o->rate, &limit, err) != 0) {
		free(folder);
		return -1;
	}
	r->rate = rate_open(folder, buf_cstr(&r->key), &limit, time_boot_ns(), &why);
	free(folder);
	if (r->rate == NULL)
		return err_set(err, ERR_FATAL, "out of memory");
	if (why.kind != ERR_NONE)
		log_line(LOG_WARNING, NULL, "%s", why.msg);
	return 0;
}

/* Does any sink want good bodies? --no-raw is about databases: a sink of bodies alone has them in any case. */
bool run_keeps_bodies(const struct options *o)
{
	for (size_t i = 0; i < o->to.n; i++) {
		struct err ignored;
		const char *target;
		const struct sink_ops *ops = sink_find(o->to.at[i], &target, &ignored);

		if (ops != NULL && (ops->has & SINK_BODIES) != 0 && (!o->no_raw || (ops->has & SINK_CELLS) == 0))
			return true;
	}
	return false;
}

static int open_fetch(struct run *r, struct err *err)
{
	const struct options *o = r->o;
	const char *base_url = o->base_url != NULL ? o->base_url : getenv("OMNI_BASE_URL");
	struct fetch_options f = {
	    .base_url = base_url,
	    .api_key = o->dry_run ? "unused" : buf_cstr(&r->key), /* a dry run needs no key: it asks nothing */
	    .cacert = o->cacert,
	    .user_agent = PACKAGE_NAME "/" PACKAGE_VERSION,
	    .allow_http = o->allow_http,
	    .rate = r->rate,
	    .retry = {o->retry_wait_ms, o->retry_max_wait_ms, (int)o->retries},
	    .concurrency = (int)o->concurrency,
	    .give_up_ms = o->give_up_after_ms,
	    .max_time_ms = o->max_time_ms,
	    .timeout_s = (o->timeout_ms + 999) / 1000,
	    .connect_timeout_s = (o->connect_timeout_ms + 999) / 1000,
	    .max_size = o->max_size,
	    .keep_bodies = run_keeps_bodies(o),
	    .details = o->details,
	    .stop = &run_stop_signal,
	    .wake_fd = stop_pipe[0],
	};

	if (base_url == NULL || base_url[0] == '\0')
		return err_set(err, ERR_FATAL,
			       "no address: set OMNI_BASE_URL or give --base-url https://NAME.omniapp.co");
	r->fetch = fetch_new(&f, err);
	return r->fetch != NULL ? 0 : -1;
}

struct sink_options run_sink_options(const struct run *r)
{
	return (struct sink_options){.file_mode = (mode_t)r->o->file_mode,
				     .keep_bodies = !r->o->no_raw,
				     .read_only = r->o->dry_run,
				     .pg_schema = r->o->pg_schema,
				     .stop = &run_stop_signal,
				     .run_id = r->run_id,
				     .version = PACKAGE_VERSION,
				     .instance = r->instance};
}

/* Returns an exit code with *err, or -1 to go on. */
static int open_sinks(struct run *r, struct err *err)
{
	struct sink_options s = run_sink_options(r);

	r->sinks = sinkset_open(r->o->to.at, r->o->to.n, &s, err);
	if (r->sinks != NULL)
		return -1;
	return err->kind == ERR_BUSY ? EXIT_BUSY : err->kind == ERR_USAGE ? EXIT_USAGE : EXIT_SINK;
}

/* Returns an exit code with *err, or -1 to go on. */
static int begin(struct run *r, struct err *err)
{
	stamp_from_us(&r->started_at, time_now_us());
	make_run_id(r);
	buf_init(&r->line, 4096);
	if (buf_room(&r->line, 4096) == NULL) {
		(void)err_set(err, ERR_FATAL, "out of memory");
		return EXIT_UNEXPECTED;
	}
	if ((r->o->error_file != NULL && outfile_check(r->o->error_file, err) != 0) ||
	    (r->o->summary != NULL && outfile_check(r->o->summary, err) != 0) ||
	    (r->o->metrics != NULL && outfile_check(r->o->metrics, err) != 0))
		return EXIT_USAGE;
	return run_catch_signals(err) != 0 ? EXIT_UNEXPECTED : -1;
}

const char *run_sink_offer(size_t i, bool *path)
{
	return sink_offer(i, path);
}

int run_set_up(struct run *r, struct err *err)
{
	int code = begin(r, err);

	if (code >= 0)
		return code;
	if (r->o->dry_run)
		key_forget_environment();
	else if (key_load(r->o->api_key_file, &r->key, err) != 0 || open_rate(r, err) != 0)
		return EXIT_USAGE;
	if (open_fetch(r, err) != 0 || run_read_inputs(r, err) != 0)
		return EXIT_USAGE;
	r->instance = fetch_instance(r->fetch);
	return open_sinks(r, err);
}

int run_set_up_load(struct run *r, struct err *err)
{
	int code = begin(r, err);

	key_forget_environment();
	return code >= 0 ? code : open_sinks(r, err);
}

int run_tear_down(struct run *r, int code)
{
	struct err err = {0};

	group_free(r->group);
	if (r->sinks != NULL && sinkset_close(r->sinks, &err) != 0) {
		log_line(LOG_ERROR, NULL, "%s", err.msg);
		if (code == 0 || code == 3 || code == 4 || code == 7)
			code = EXIT_SINK;
	}
	fetch_free(r->fetch);
	rate_close(r->rate);
	plan_free(&r->plan);
	buf_free(&r->line);
	key_free(&r->key);
	return code;
}
