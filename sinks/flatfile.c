/* flatfile.c: a file of a flat sink while it is written (flatdir.h). */
#include "flatdir.h"

#include "sys.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int fail(const struct flatfile *f, struct err *err)
{
	return err_sys(err, ERR_FATAL, errno, "cannot write '%s/%s'", flatdir_path(f->dir), f->path);
}

int flatfile_begin(struct flatfile *f, struct flatdir *d, const char *path, struct err *err)
{
	*f = (struct flatfile){.dir = d, .fd = -1, .path = strdup(path), .block = malloc(FLATFILE_BLOCK)};
	if (!f->path || !f->block)
		err_set(err, ERR_FATAL, "out of memory");
	else
		f->fd = flatdir_create(d, path, err);
	if (f->fd >= 0)
		return 0;
	flatfile_drop(f);
	return -1;
}

int flatfile_begin_summed(struct flatfile *f, struct flatdir *d, const char *path, struct err *err)
{
	struct sha256 *sha = sha256_new();

	if (!sha)
		return err_set(err, ERR_FATAL, "out of memory");
	if (flatfile_begin(f, d, path, err)) {
		sha256_free(sha);
		return -1;
	}
	f->sha = sha;
	return 0;
}

static int write_out(struct flatfile *f, const void *p, size_t n, struct err *err)
{
	if (f->sha)
		sha256_add(f->sha, p, n);
	return sys_write(f->fd, p, n) ? fail(f, err) : 0;
}

int flatfile_drain(struct flatfile *f, struct err *err)
{
	const size_t n = f->used;

	f->used = 0;
	return write_out(f, f->block, n, err);
}

int flatfile_sum(struct flatfile *f, uint8_t out[SHA256_LEN], struct err *err)
{
	if (flatfile_drain(f, err))
		return -1;
	sha256_end(f->sha, out);
	return 0;
}

int flatfile_add(struct flatfile *f, const void *data, size_t n, struct err *err)
{
	const char *p = data;

	f->size += (int64_t)n;
	while (n > 0) {
		size_t room = FLATFILE_BLOCK - f->used;
		const size_t k = n < room ? n : room;
		if (f->used == 0 && n >= FLATFILE_BLOCK)
			return write_out(f, p, n, err);
		memcpy(f->block + f->used, p, k);
		f->used += k;
		p += k;
		n -= k;
		if (f->used == FLATFILE_BLOCK && flatfile_drain(f, err))
			return -1;
	}
	return 0;
}

int flatfile_end(struct flatfile *f, struct err *err)
{
	int rc = flatfile_drain(f, err);

	if (rc == 0 && sys_sync(f->fd) < 0)
		rc = fail(f, err);
	if (sys_close(f->fd) < 0 && rc == 0)
		rc = fail(f, err);
	f->fd = -1;
	flatfile_drop(f);
	return rc;
}

void flatfile_drop(struct flatfile *f)
{
	if (f->fd >= 0)
		(void)sys_close(f->fd);
	sha256_free(f->sha);
	f->sha = NULL;
	free(f->path);
	free(f->block);
	f->path = f->block = NULL;
	f->fd = -1;
	f->used = 0;
}

int flatfile_read(struct flatdir *d, const char *path, sink_piece_fn piece, void *ctx, struct err *err)
{
	const int fd = flatdir_read(d, path, false, err);
	char *block;
	ssize_t n = 0;
	int rc;

	if (fd < 0)
		return fd == FLATDIR_NONE ? 0 : -1;
	block = malloc(FLATFILE_BLOCK);
	rc = block ? 0 : err_set(err, ERR_FATAL, "out of memory");
	while (rc == 0 && (n = sys_read(fd, block, FLATFILE_BLOCK)) > 0)
		rc = piece(ctx, block, (size_t)n, err);
	if (rc == 0 && n < 0)
		rc = err_sys(err, ERR_FATAL, errno, "cannot read '%s/%s'", flatdir_path(d), path);
	free(block);
	close(fd);
	return rc ? -1 : 1;
}
