#include "report.h"

#include "amount.h"
#include "log.h"
#include "outfile.h"
#include "run.h"
#include "run_state.h"
#include "since.h"
#include "sink.h"
#include "sys.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PER_PAGE  100
#define ADVISE    2000 /* jobs from which several pages are better */
#define SPOOL_MEM ((size_t)4 << 20)
#define PIECE     ((size_t)256 << 10)
#define MARK      "<meta name=\"generator\" content=\"" PACKAGE_NAME " "
#define MARK_IN   1024 /* bytes at the beginning of a page that have it */

/* --- one file --- */

struct target {
	struct outfile file;
	struct buf piece; /* not written yet */
	uint64_t bytes;
};

static int let_go(struct target *t, struct err *err)
{
	int bad = t->piece.len > 0 ? outfile_add(&t->file, t->piece.data, t->piece.len, err) : 0;

	t->bytes += t->piece.len;
	buf_clear(&t->piece);
	return bad;
}

static int to_file(void *ctx, const void *p, size_t n, struct err *err)
{
	struct target *t = ctx;

	if (run_stop_signal != 0)
		return err_set(err, ERR_FATAL, "interrupted: the report is not written");
	if (t->piece.len + n > PIECE && let_go(t, err) != 0)
		return -1;
	if (n > PIECE) {
		t->bytes += n;
		return outfile_add(&t->file, p, n, err);
	}
	return buf_add(&t->piece, p, n) == 0 ? 0 : err_set(err, ERR_FATAL, "out of memory");
}

/* Page number 0: the first one; with per_page 0 it is all there is. */
static int write_page(struct report *r, const char *path, size_t number, size_t per_page, uint64_t *bytes,
		      struct err *err)
{
	struct target t = {.bytes = 0};
	int bad;

	if (outfile_begin(&t.file, path, err) != 0)
		return -1;
	buf_init(&t.piece, PIECE);
	if (per_page == 0)
		bad = report_page_single(r, to_file, &t, err);
	else if (number == 0)
		bad = report_page_index(r, per_page, to_file, &t, err);
	else
		bad = report_page_part(r, number, per_page, to_file, &t, err);
	if (bad == 0)
		bad = let_go(&t, err);
	if (bad == 0)
		bad = outfile_end(&t.file, (mode_t)r->o->file_mode, err);
	else
		outfile_drop(&t.file);
	buf_free(&t.piece);
	*bytes += t.bytes;
	return bad;
}

/* --- a folder --- */

/* Is there a page that we have made? 1; 0: nothing is there; -1: something else is. */
static int whose(const char *path)
{
	char head[MARK_IN + 1];
	ssize_t n;
	int fd = sys_open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY | O_NOFOLLOW, 0);

	if (fd < 0)
		return errno == ENOENT ? 0 : -1;
	n = sys_read_at(fd, head, MARK_IN, 0);
	(void)sys_close(fd);
	return n > 0 && memmem(head, (size_t)n, MARK, strlen(MARK)) != NULL ? 1 : -1;
}

static char *path_in(const char *dir, const char *name, struct err *err)
{
	char *path = NULL;

	if (asprintf(&path, "%s/%s", dir, name) < 0) {
		(void)err_set(err, ERR_FATAL, "out of memory");
		return NULL;
	}
	return path;
}

/* One page in the folder; what is there and none of ours stays. */
static int write_in(struct report *r, const char *dir, const char *name, size_t number, uint64_t *bytes,
		    struct err *err)
{
	char *path = path_in(dir, name, err);
	int bad = -1;

	if (path != NULL && whose(path) < 0)
		(void)err_set(err, ERR_FATAL, "'%s' is there and no page of a report: nothing was written over it",
			      path);
	else if (path != NULL)
		bad = write_page(r, path, number, PER_PAGE, bytes, err);
	free(path);
	return bad;
}

/* The number of a page by its name; 0: it is no such name. */
static size_t number_of(const char *name)
{
	char again[32];
	size_t number = 0;

	if (strncmp(name, "jobs-", 5) != 0 || !isdigit((unsigned char)name[5]))
		return 0;
	number = strtoul(name + 5, NULL, 10);
	report_page_name(number, again);
	return strcmp(name, again) == 0 ? number : 0;
}

/* Pages that an earlier report had more than this one. What cannot be removed stays, and is linked from nowhere. */
static void remove_rest(const char *dir, size_t pages)
{
	DIR *d = opendir(dir);
	struct dirent *entry;
	struct err ignored;

	while (d != NULL && (entry = readdir(d)) != NULL) {
		char *path = number_of(entry->d_name) > pages ? path_in(dir, entry->d_name, &ignored) : NULL;

		if (path != NULL && whose(path) == 1)
			(void)unlink(path);
		free(path);
	}
	if (d != NULL)
		(void)closedir(d);
}

static int make_folder(const struct options *o, struct err *err)
{
	const mode_t mode = (mode_t)o->file_mode, search = (mode & 0444) >> 2;
	struct stat st;

	if (mkdir(o->out_dir, mode | search) == 0)
		return chmod(o->out_dir, mode | search) == 0
			   ? 0
			   : err_sys(err, ERR_FATAL, errno, "cannot set the mode of '%s'", o->out_dir);
	if (errno != EEXIST)
		return err_sys(err, ERR_FATAL, errno, "cannot create '%s'", o->out_dir);
	if (stat(o->out_dir, &st) == 0 && !S_ISDIR(st.st_mode))
		return err_sys(err, ERR_FATAL, ENOTDIR, "cannot write into '%s'", o->out_dir);
	return 0;
}

/* The pages first and the index last: it leads to nothing that is not there. */
static int write_folder(struct report *r, uint64_t *bytes, struct err *err)
{
	const char *dir = r->o->out_dir;
	const size_t pages = (r->n + PER_PAGE - 1) / PER_PAGE;
	char name[32], *index = path_in(dir, "index.html", err);
	int bad = -1;

	if (index != NULL && make_folder(r->o, err) == 0)
		bad = whose(index) >= 0 ? 0
					: err_set(err, ERR_FATAL,
						  "'%s' is there and no page of a report: nothing was written", index);
	free(index);
	for (size_t i = 1; i <= pages && bad == 0; i++) {
		report_page_name(i, name);
		bad = write_in(r, dir, name, i, bytes, err);
	}
	if (bad != 0 || write_in(r, dir, "index.html", 0, bytes, err) != 0)
		return -1;
	remove_rest(dir, pages);
	return 0;
}

/* --- the command --- */

/* Is it the sink itself, or its folder? */
static bool is_sink(const struct options *o, const char *path)
{
	struct stat a, b;
	const char *target;
	struct err ignored;

	return sink_find(o->operands[0], &target, &ignored) != NULL && stat(target, &a) == 0 && stat(path, &b) == 0 &&
	       a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

static int check(const struct options *o, struct err *err)
{
	const char *path = o->output != NULL ? o->output : o->out_dir;

	if ((o->output == NULL) == (o->out_dir == NULL))
		return err_set(err, ERR_USAGE,
			       o->output == NULL
				   ? "nowhere to write to: '--output FILE' is one page, '--out-dir DIR' many"
				   : "'--output' and '--out-dir' exclude each other");
	if (is_sink(o, path))
		return err_set(err, ERR_USAGE, "'%s' is the sink: a report is written somewhere else", path);
	return o->output != NULL ? outfile_check(o->output, err) : 0;
}

static void tell(const struct report *r, uint64_t bytes)
{
	const struct options *o = r->o;
	const char *where = o->out_dir != NULL ? o->out_dir : o->output;
	char jobs[AMOUNT_MAX], size[AMOUNT_MAX];

	if (o->output == NULL || strcmp(o->output, "-") != 0)
		log_line(LOG_INFO, NULL, "%s job%s, %s, in '%s%s'", amount_count(r->n, jobs),
			 amount_plural((int64_t)r->n), amount_bytes(bytes, size), where,
			 o->out_dir != NULL ? "/index.html" : "");
	if (o->out_dir == NULL && r->n > ADVISE)
		log_line(LOG_INFO, NULL, "one page of so many jobs is slow to open: '--out-dir DIR' makes many of it");
}

static int exit_code(const struct err *err, bool writing)
{
	if (run_stop_signal != 0)
		return 128 + run_stop_signal;
	if (err->kind == ERR_USAGE)
		return EXIT_USAGE;
	return writing ? EXIT_UNEXPECTED : EXIT_SINK;
}

int report(const struct options *o)
{
	struct report r = {.o = o};
	struct err err = {0};
	bool writing = true;
	uint64_t bytes = 0;
	int64_t since_us = 0;
	int bad;

	buf_init(&r.status.sink, (size_t)1 << 20);
	spool_init(&r.spool, SPOOL_MEM);
	stamp_from_us(&r.status.now, time_now_us());
	bad = since_parse(o->since, r.status.now.us, &since_us, &err) != 0 || check(o, &err) != 0 ||
	      run_catch_signals(&err) != 0;
	if (!bad) {
		stamp_from_us(&r.status.since, since_us);
		writing = false;
		bad = report_gather(&r, &err) != 0;
	}
	if (!bad) {
		writing = true;
		bad = (o->out_dir != NULL ? write_folder(&r, &bytes, &err)
					  : write_page(&r, o->output, 0, 0, &bytes, &err)) != 0;
	}
	if (bad)
		log_line(LOG_ERROR, NULL, "%s", err.msg);
	else
		tell(&r, bytes);
	bad = bad ? exit_code(&err, writing) : 0;
	report_free(&r);
	return bad;
}
