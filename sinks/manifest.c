#include "manifest_own.h"

#include "sys.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#define READ_BLOCK ((size_t)256 << 10)

static int no_memory(struct err *err)
{
	return err_set(err, ERR_FATAL, "out of memory");
}

static int fail(const struct manifest *m, const char *what, struct err *err)
{
	return err_sys(err, ERR_FATAL, errno, "cannot %s '%s/" MANIFEST_NAME "'", what, flatdir_path(m->dir));
}

/* reading it whole */

struct reading {
	struct buf data;
	size_t at;       /* the line under way begins here in data */
	uint64_t offset; /* and here in the file */
	uint64_t number; /* of it, from 1 */
	bool bad;        /* the last line was no JSON: an error, unless it is the last one of all */
	struct err why;
};

/* More of the file behind data. 1, 0 at its end, -1. */
static int read_more(struct manifest *m, struct reading *r, struct err *err)
{
	ssize_t n;
	char *room;

	if (r->at > 0) {
		memmove(r->data.data, r->data.data + r->at, r->data.len - r->at);
		buf_cut(&r->data, r->data.len - r->at);
		r->at = 0;
	}
	room = buf_room(&r->data, READ_BLOCK);
	if (!room && r->data.len >= MANIFEST_LINE_MAX)
		return err_set(err, ERR_FATAL, "'%s/" MANIFEST_NAME "': line %llu is too long", flatdir_path(m->dir),
			       (unsigned long long)r->number);
	if (!room)
		return no_memory(err);
	n = sys_read_at(m->fd, room, READ_BLOCK, (off_t)(r->offset + r->data.len));
	if (n < 0)
		return fail(m, "read", err);
	r->data.len += (size_t)n;
	r->data.data[r->data.len] = '\0';
	return n > 0;
}

static int bad_line(const struct manifest *m, const struct reading *r, uint64_t number, struct err *err)
{
	return err_set(err, ERR_FATAL, "'%s/" MANIFEST_NAME "': line %llu cannot be read: %s", flatdir_path(m->dir),
		       (unsigned long long)number, r->why.msg);
}

static int take_line(struct manifest *m, struct reading *r, struct text line, struct err *err)
{
	struct manifest_line l;

	if (r->bad)
		return bad_line(m, r, r->number - 1, err);
	if (r->number == 1)
		return manifest_header_read(m, line, err);
	if (manifest_line_read(m, line, &l, &r->why)) {
		r->bad = r->why.kind == ERR_JOB;
		return r->bad ? 0 : bad_line(m, r, r->number, err);
	}
	m->lines++;
	return manifest_remember(m, &l, r->offset, line.n, err);
}

/* Sets m->size to the end of the last good line. */
static int read_lines(struct manifest *m, struct reading *r, struct err *err)
{
	size_t seen = 0; /* of the line under way, without a line end in it */

	for (r->number = 1;; r->number++) {
		const char *end = NULL;
		size_t n;
		while (r->data.len == r->at + seen ||
		       !(end = memchr(r->data.data + r->at + seen, '\n', r->data.len - r->at - seen))) {
			int rc;
			seen = r->data.len - r->at;
			rc = read_more(m, r, err);
			if (rc < 0)
				return -1;
			if (rc == 0)
				return r->bad && seen > 0 ? bad_line(m, r, r->number - 1, err) : 0;
		}
		n = (size_t)(end - (r->data.data + r->at));
		if (take_line(m, r, (struct text){r->data.data + r->at, n}, err))
			return -1;
		r->at += n + 1;
		r->offset += n + 1;
		seen = 0;
		if (!r->bad)
			m->size = r->offset;
	}
}

static int read_all(struct manifest *m, struct err *err)
{
	struct reading r = {0};
	int rc;

	buf_init(&r.data, MANIFEST_LINE_MAX + READ_BLOCK);
	rc = read_lines(m, &r, err);
	buf_free(&r.data);
	if (rc == 0 && m->size == 0)
		rc = err_set(err, ERR_FATAL, "'%s/" MANIFEST_NAME "' is no manifest of ours", flatdir_path(m->dir));
	return rc;
}

/* writing it whole */

static int read_at(struct manifest *m, uint64_t offset, size_t len, struct err *err)
{
	ssize_t n;

	buf_clear(&m->line);
	if (!buf_room(&m->line, len))
		return no_memory(err);
	n = sys_read_at(m->fd, m->line.data, len, (off_t)offset);
	if (n >= 0 && (size_t)n < len)
		errno = EIO; /* it was cut short under our hands */
	if (n < 0 || (size_t)n < len)
		return fail(m, "read", err);
	m->line.len = len;
	m->line.data[len] = '\0';
	return 0;
}

static int write_live(struct manifest *m, struct flatfile *f, struct err *err)
{
	struct buf header;
	int rc;

	buf_init(&header, 256);
	rc = manifest_header_write(m, &header) ? no_memory(err) : flatfile_add(f, header.data, header.len, err);
	buf_free(&header);
	for (size_t i = 0; i < m->n && rc == 0; i++) {
		struct manifest_entry *e = &m->entries[i];
		rc = read_at(m, e->offset, e->len, err);
		e->offset = (uint64_t)f->size;
		if (rc == 0)
			rc = flatfile_add(f, m->line.data, e->len, err) || flatfile_add(f, "\n", 1, err) ? -1 : 0;
	}
	return rc;
}

/* A new file of the header and the lines that count. */
static int rewrite(struct manifest *m, struct err *err)
{
	struct flatfile f;

	if (flatdir_remove(m->dir, MANIFEST_NEW, err) || flatfile_begin(&f, m->dir, MANIFEST_NEW, err))
		return -1;
	if (write_live(m, &f, err)) {
		struct err ignored;
		flatfile_drop(&f);
		(void)flatdir_remove(m->dir, MANIFEST_NEW, &ignored);
		return -1;
	}
	m->size = (uint64_t)f.size;
	m->lines = m->n;
	if (flatfile_end(&f, err) || flatdir_rename(m->dir, MANIFEST_NEW, MANIFEST_NAME, err) ||
	    flatdir_sync(m->dir, "", err))
		return -1;
	if (m->fd >= 0)
		close(m->fd);
	m->fd = flatdir_read(m->dir, MANIFEST_NAME, true, err);
	if (m->fd == FLATDIR_NONE)
		return err_set(err, ERR_FATAL, "'%s/" MANIFEST_NAME "' was taken away", flatdir_path(m->dir));
	return m->fd < 0 ? -1 : 0;
}

static int cut_tail(struct manifest *m, struct err *err)
{
	const off_t end = lseek(m->fd, 0, SEEK_END);

	if (end == (off_t)m->size)
		return 0;
	return end < 0 || sys_truncate(m->fd, (off_t)m->size) < 0 || sys_sync(m->fd) < 0 ? fail(m, "mend", err) : 0;
}

/* A run that was killed may have left lines, and the name of the file, that only the page cache has. What is done from
 * here on, and what is told of the jobs in them, relies on them. */
static int make_durable(struct manifest *m, struct err *err)
{
	return sys_sync(m->fd) < 0 ? fail(m, "sync", err) : flatdir_sync(m->dir, "", err);
}

/* opening and closing */

static int open_file(struct manifest *m, bool read_only, bool must_exist, struct err *err)
{
	m->fd = flatdir_read(m->dir, MANIFEST_NAME, !read_only, err);
	if (m->fd == FLATDIR_NONE) {
		m->fd = -1;
		if (must_exist)
			return err_set(err, ERR_FATAL, "there is no '%s/" MANIFEST_NAME "': nothing was exported to it",
				       flatdir_path(m->dir));
		return read_only ? 0 : rewrite(m, err);
	}
	if (m->fd < 0 || read_all(m, err))
		return -1;
	if (read_only)
		return 0;
	if (m->lines - m->n > m->lines / 2)
		return rewrite(m, err);
	return flatdir_remove(m->dir, MANIFEST_NEW, err) || cut_tail(m, err) ? -1 : make_durable(m, err);
}

struct manifest *manifest_open(struct flatdir *dir, const struct manifest_kind *kind,
			       const struct sink_options *options, struct err *err)
{
	struct manifest *m = calloc(1, sizeof(*m));

	if (!m) {
		no_memory(err);
		return NULL;
	}
	m->dir = dir;
	m->kind = *kind;
	m->fd = -1;
	buf_init(&m->pending, SIZE_MAX / 2);
	buf_init(&m->line, MANIFEST_LINE_MAX);
	buf_init(&m->small, MANIFEST_SMALL);
	for (size_t i = 0; i < MANIFEST_TEXTS; i++)
		buf_init(&m->texts[i], MANIFEST_LINE_MAX);
	m->doc = json_new();
	m->run_id = options->run_id ? strdup(options->run_id) : NULL;
	m->instance = options->instance ? strdup(options->instance) : NULL;
	if (!m->doc || !buf_room(&m->small, MANIFEST_SMALL) || (options->run_id && !m->run_id) ||
	    (options->instance && !m->instance)) {
		no_memory(err);
		goto fail;
	}
	if (getrandom(&m->next_content, sizeof(m->next_content), 0) != sizeof(m->next_content) || m->next_content == 0)
		m->next_content = (uint64_t)time_now_us();
	if (open_file(m, options->read_only, options->must_exist, err))
		goto fail;
	return m;
fail:
	manifest_close(m);
	return NULL;
}

void manifest_close(struct manifest *m)
{
	if (!m)
		return;
	if (m->fd >= 0)
		close(m->fd);
	for (size_t i = 0; i < MANIFEST_TEXTS; i++)
		buf_free(&m->texts[i]);
	buf_free(&m->line);
	buf_free(&m->small);
	buf_free(&m->pending);
	manifest_forget_all(m);
	json_free(m->doc);
	free(m->run_id);
	free(m->instance);
	free(m);
}

/* one line */

int manifest_line_of(struct manifest *m, const struct uuid *id, struct manifest_line *out, struct err *err)
{
	const struct manifest_entry *e = manifest_find(m, id);
	struct text line;

	if (!e)
		return 0;
	if (e->offset >= m->size) {
		line = (struct text){m->pending.data + (e->offset - m->size), e->len};
	} else {
		if (read_at(m, e->offset, e->len, err))
			return -1;
		line = buf_text(&m->line);
	}
	if (manifest_line_read(m, line, out, err)) {
		err->kind = ERR_FATAL; /* it could be read when it was opened */
		return -1;
	}
	return 1;
}

int manifest_read_job(struct manifest *m, const struct uuid *id, struct job *job, struct err *err)
{
	struct manifest_line line;
	const int rc = manifest_line_of(m, id, &line, err);

	if (rc == 1)
		*job = line.job;
	return rc;
}

int manifest_put(struct manifest *m, const struct manifest_line *line, struct err *err)
{
	const size_t before = m->pending.len;
	size_t len;
	int rc = 0;

	if (manifest_line_write(m, line, &m->pending) || buf_addc(&m->pending, '\n'))
		rc = no_memory(err);
	len = m->pending.len - before - 1;
	if (rc == 0 && len > MANIFEST_LINE_MAX)
		rc =
		    err_set(err, ERR_JOB, "its line in '%s/" MANIFEST_NAME "' would be too long", flatdir_path(m->dir));
	if (rc == 0)
		rc = manifest_remember(m, line, m->size + before, len, err);
	if (rc == 0)
		m->pending_lines++;
	else
		buf_cut(&m->pending, before);
	return rc;
}

int manifest_flush(struct manifest *m, struct err *err)
{
	if (m->pending.len == 0)
		return 0;
	if (sys_write_at(m->fd, m->pending.data, m->pending.len, (off_t)m->size) < 0 || sys_sync(m->fd) < 0) {
		fail(m, "write", err);
		/* A line that is there is a promise: better none than half of them. */
		if (sys_truncate(m->fd, (off_t)m->size) == 0)
			(void)sys_sync(m->fd);
		return -1;
	}
	m->size += m->pending.len;
	m->lines += m->pending_lines;
	m->pending_lines = 0;
	buf_free(&m->pending);
	return 0;
}
