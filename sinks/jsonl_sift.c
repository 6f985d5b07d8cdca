#include "jsonl_sift.h"

#include "jsonl_lines.h"
#include "jsonl_part.h"
#include "jsonl_parts.h"
#include "sys.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SIFTED   JSONL_NEW "/sifted"
#define IN_BLOCK ((size_t)64 << 10)

struct sift {
	const char *path;
	jsonl_counts counts;
	void *ctx;
	struct jsonl_part *out;
	char head[JSONL_LINES_HEAD]; /* the beginning of the line under way: enough to decide */
	size_t head_len;
	bool known; /* id and keep are of the last line */
	struct uuid id;
	bool keep;
	uint64_t kept, dropped; /* lines */
};

static int pass(struct sift *s, const char *p, size_t n, struct err *err)
{
	if (!s->keep)
		return 0;
	if (buf_add(jsonl_part_lines(s->out), p, n))
		return err_set(err, ERR_FATAL, "out of memory");
	return jsonl_part_added(s->out, err);
}

static int decide(struct sift *s, struct err *err)
{
	struct uuid id;

	if (!jsonl_lines_id(s->head, &id))
		return err_set(err, ERR_JOB, "'%s' is damaged: it has a line that does not begin with a job's ID",
			       s->path);
	if (!s->known || uuid_cmp(&id, &s->id) != 0)
		s->keep = s->counts(s->ctx, &id);
	s->known = true;
	s->id = id;
	*(s->keep ? &s->kept : &s->dropped) += 1;
	return pass(s, s->head, sizeof(s->head), err);
}

static int take(void *ctx, const void *piece, size_t n, struct err *err)
{
	struct sift *s = ctx;
	const char *p = piece;

	while (n > 0) {
		size_t k = sizeof(s->head) - s->head_len;
		const char *line_end;

		if (k > 0) {
			k = n < k ? n : k;
			memcpy(s->head + s->head_len, p, k);
			s->head_len += k;
			if (s->head_len == sizeof(s->head) && decide(s, err))
				return -1;
		} else {
			line_end = memchr(p, '\n', n);
			k = line_end ? (size_t)(line_end - p) + 1 : n;
			if (line_end)
				s->head_len = 0;
			if (pass(s, p, k, err))
				return -1;
		}
		p += k;
		n -= k;
	}
	return 0;
}

static int read_through(struct sift *s, int fd, struct jsonl_dec *dec, struct err *err)
{
	char *block = malloc(IN_BLOCK);
	int rc = block ? 0 : err_set(err, ERR_FATAL, "out of memory");

	while (rc == 0) {
		ssize_t n = sys_read(fd, block, IN_BLOCK);
		if (n < 0)
			rc = err_sys(err, ERR_FATAL, errno, "cannot read '%s'", s->path);
		if (n <= 0)
			break;
		rc = jsonl_dec_add(dec, block, (size_t)n, take, s, err);
	}
	free(block);
	if (rc == 0)
		rc = jsonl_dec_end(dec, err);
	if (rc == 0 && s->head_len > 0)
		rc = err_set(err, ERR_JOB, "'%s' is damaged: its last line is cut", s->path);
	return rc;
}

/* What was sifted takes the part's place. */
static int replace(struct flatdir *dir, struct sift *s, struct err *err)
{
	const char *slash = strrchr(s->path, '/');
	char *folder;
	int rc;

	if (s->dropped == 0)
		return 0;
	folder = strndup(s->path, slash ? (size_t)(slash - s->path) : 0);
	if (!folder)
		return err_set(err, ERR_FATAL, "out of memory");
	if (s->kept == 0)
		rc = flatdir_remove(dir, s->path, err);
	else
		rc = jsonl_part_keep(s->out, err) || jsonl_part_finish(s->out, err) ||
			     flatdir_rename(dir, SIFTED, s->path, err)
			 ? -1
			 : 0;
	if (rc == 0)
		rc = flatdir_sync(dir, folder, err);
	free(folder);
	return rc;
}

static int open_out(struct flatdir *dir, struct sift *s, enum jsonl_codec codec, struct err *err)
{
	int fd;

	if (flatdir_make(dir, JSONL_NEW, err) || flatdir_remove(dir, SIFTED, err))
		return -1;
	fd = flatdir_create(dir, SIFTED, err);
	if (fd < 0)
		return -1;
	s->out = jsonl_part_new(fd, codec, s->path);
	return s->out ? 0 : err_set(err, ERR_FATAL, "out of memory");
}

int jsonl_sift(struct flatdir *dir, const char *path, jsonl_counts counts, void *ctx, struct err *err)
{
	const enum jsonl_codec codec = jsonl_codec_of_file(path);
	struct sift s = {.path = path, .counts = counts, .ctx = ctx};
	struct jsonl_dec *dec = NULL;
	struct err second;
	int fd, rc = -1;

	if (codec == JSONL_CODECS)
		return err_set(err, ERR_JOB, "'%s' is not the name of a part", path);
	fd = flatdir_read(dir, path, false, err);
	if (fd < 0)
		return fd == FLATDIR_NONE ? 0 : -1;
	dec = jsonl_dec_new(codec);
	if (!dec)
		err_set(err, ERR_FATAL, "out of memory");
	else if (open_out(dir, &s, codec, err) == 0)
		rc = read_through(&s, fd, dec, err);
	if (rc == 0)
		rc = replace(dir, &s, err);
	close(fd);
	jsonl_part_free(s.out);
	jsonl_dec_free(dec);
	if (flatdir_remove(dir, SIFTED, &second) && rc == 0) {
		*err = second;
		rc = -1;
	}
	return rc;
}
