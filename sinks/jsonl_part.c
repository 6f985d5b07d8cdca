#include "jsonl_part.h"

#include "sys.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define GATHERED ((size_t)256 << 10) /* bytes of lines before they go to the file */
#define BUF_KEPT ((size_t)4 << 20)   /* what the buffer may keep from one line to the next */

/* csv.h ends a row at 64 MiB, and escaping makes at most six bytes of one; the texts of a job are some of 16 MiB. */
#define LINE_MAX_BYTES ((size_t)768 << 20)

struct jsonl_part {
	int fd;
	char *path;
	struct jsonl_enc *enc;
	bool frame;       /* the encoder is within one */
	uint64_t at;      /* bytes written to the file */
	struct buf lines; /* of jobs that stay, up to kept, then of the job under way */
	size_t kept;
	bool early; /* lines of the job under way are in the file, from mark on */
	uint64_t mark;
	uint64_t plain;     /* bytes of lines that stay */
	uint64_t job;       /* bytes of lines of the job under way that are in the file */
	struct sha256 *sha; /* of the lines of the job under way, but for those in the buffer; NULL: not wanted */
};

struct jsonl_part *jsonl_part_new(int fd, enum jsonl_codec codec, const char *path)
{
	struct jsonl_part *p = calloc(1, sizeof(*p));

	if (!p) {
		close(fd);
		return NULL;
	}
	p->fd = fd;
	buf_init(&p->lines, LINE_MAX_BYTES);
	p->enc = jsonl_enc_new(codec);
	p->path = strdup(path);
	if (!p->enc || !p->path) {
		jsonl_part_free(p);
		return NULL;
	}
	return p;
}

void jsonl_part_free(struct jsonl_part *p)
{
	if (!p)
		return;
	close(p->fd);
	jsonl_enc_free(p->enc);
	sha256_free(p->sha);
	buf_free(&p->lines);
	free(p->path);
	free(p);
}

struct buf *jsonl_part_lines(struct jsonl_part *p)
{
	return &p->lines;
}

uint64_t jsonl_part_size(const struct jsonl_part *p)
{
	return p->plain;
}

bool jsonl_part_has(const struct jsonl_part *p)
{
	return p->early || p->lines.len > p->kept;
}

static int write_out(void *ctx, const void *piece, size_t n, struct err *err)
{
	struct jsonl_part *p = ctx;

	if (sys_write_at(p->fd, piece, n, (off_t)p->at) != 0)
		return err_sys(err, ERR_FATAL, errno, "cannot write '%s'", p->path);
	p->at += n;
	return 0;
}

/* The codecs' own errors concern the file as a whole. */
static int fatal(int rc, struct err *err)
{
	if (rc)
		err->kind = ERR_FATAL;
	return rc;
}

static int encode(struct jsonl_part *p, const char *from, size_t n, struct err *err)
{
	if (n == 0)
		return 0;
	p->frame = true;
	return fatal(jsonl_enc_add(p->enc, from, n, write_out, p, err), err);
}

static int end_frame(struct jsonl_part *p, struct err *err)
{
	if (!p->frame)
		return 0;
	p->frame = false;
	return fatal(jsonl_enc_end(p->enc, write_out, p, err), err);
}

static void empty_lines(struct jsonl_part *p)
{
	buf_clear(&p->lines);
	if (p->lines.cap > BUF_KEPT)
		buf_free(&p->lines);
	p->kept = 0;
}

int jsonl_part_added(struct jsonl_part *p, struct err *err)
{
	const size_t n = p->lines.len - p->kept;

	if (n < GATHERED)
		return 0;
	if (!p->early) {
		if (encode(p, p->lines.data, p->kept, err) || end_frame(p, err))
			return -1;
		p->early = true;
		p->mark = p->at;
	}
	if (p->sha)
		sha256_add(p->sha, p->lines.data + p->kept, n);
	if (encode(p, p->lines.data + p->kept, n, err))
		return -1;
	p->job += n;
	empty_lines(p);
	return 0;
}

int jsonl_part_digests(struct jsonl_part *p, struct err *err)
{
	p->sha = sha256_new();
	return p->sha ? 0 : err_set(err, ERR_FATAL, "out of memory");
}

void jsonl_part_digest(struct jsonl_part *p, uint8_t out[SHA256_LEN])
{
	if (p->lines.len > p->kept)
		sha256_add(p->sha, p->lines.data + p->kept, p->lines.len - p->kept);
	sha256_end(p->sha, out);
	sha256_reset(p->sha);
}

int jsonl_part_keep(struct jsonl_part *p, struct err *err)
{
	p->plain += p->job + (p->lines.len - p->kept);
	p->job = 0;
	p->early = false;
	p->kept = p->lines.len;
	if (p->kept < GATHERED)
		return 0;
	if (encode(p, p->lines.data, p->kept, err))
		return -1;
	empty_lines(p);
	return 0;
}

int jsonl_part_undo(struct jsonl_part *p, struct err *err)
{
	buf_cut(&p->lines, p->kept);
	if (!p->early)
		return 0;
	p->early = false;
	p->job = 0;
	if (p->sha)
		sha256_reset(p->sha);
	jsonl_enc_reset(p->enc);
	p->frame = false;
	p->at = p->mark;
	if (sys_truncate(p->fd, (off_t)p->at) < 0)
		return err_sys(err, ERR_FATAL, errno, "cannot write '%s'", p->path);
	return 0;
}

int jsonl_part_finish(struct jsonl_part *p, struct err *err)
{
	if (encode(p, p->lines.data, p->kept, err) || end_frame(p, err))
		return -1;
	empty_lines(p);
	if (sys_sync(p->fd) < 0)
		return err_sys(err, ERR_FATAL, errno, "cannot write '%s'", p->path);
	return 0;
}
