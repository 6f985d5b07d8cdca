/* csv_check.c: the folders compared with what the manifest and their job.json say of them (sink.h, check). */
#include "csv_sink.h"
#include "flatcheck.h"
#include "json.h"
#include "jsontexts.h"
#include "sha256.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define JOB_JSON_MAX JSON_MAX_TEXT

struct checking {
	struct csv *s;
	const struct sink_check *check;
	struct sha256 *sha;
	struct json_doc *doc;
	struct jsontexts places, digests;
	struct buf job_json;
	int64_t *rows; /* records in each file of the job */
	size_t cap;

	/* the job under way */
	struct uuid id;
	char id_text[UUID_TEXT_LEN + 1];
	const char *folder; /* the job's, or the staged one */
	bool bad;           /* something was told of it */

	/* the file under way */
	bool keep, quoted, open;
	int64_t records;
};

static int tell(struct checking *c, enum sink_fault fault, struct err *err, const char *what, struct text file)
{
	c->bad = true;
	return sink_tell(c->check, fault, &c->id, NULL, err, "'%.*s' %s", (int)file.n, file.p, what);
}

/* Lines that end outside of quotes. */
static void count(struct checking *c, const char *p, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (p[i] == '"')
			c->quoted = !c->quoted;
		else if (p[i] == '\n' && !c->quoted)
			c->records++;
	}
	c->open = n > 0 ? p[n - 1] != '\n' || c->quoted : c->open;
}

static int take(void *ctx, const void *piece, size_t n, struct err *err)
{
	struct checking *c = ctx;

	sha256_add(c->sha, piece, n);
	if (!c->keep)
		count(c, piece, n);
	else if (c->job_json.len + n <= JOB_JSON_MAX && buf_add(&c->job_json, piece, n))
		return err_set(err, ERR_FATAL, "out of memory");
	return 0;
}

/* The last step of a file's path, which begins with the job's ID; NULL: it does not. */
static const char *name_of(const struct checking *c, struct text path)
{
	return path.n > UUID_TEXT_LEN + 1 && path.p[UUID_TEXT_LEN + 1] != '.' &&
		       memcmp(path.p, c->id_text, UUID_TEXT_LEN) == 0 && path.p[UUID_TEXT_LEN] == '/' &&
		       !memchr(path.p + UUID_TEXT_LEN + 1, '/', path.n - UUID_TEXT_LEN - 1)
		   ? path.p + UUID_TEXT_LEN + 1
		   : NULL;
}

static int look_at_file(struct checking *c, size_t i, const uint8_t *expected, struct err *err)
{
	const struct text file = c->places.at[i];
	const char *name = name_of(c, file);
	char path[FLATSTAGE_PATH + CSV_SLUG_MAX + 64];
	uint8_t digest[SHA256_LEN];
	int rc;

	if (!name || snprintf(path, sizeof(path), "%s/%.*s", c->folder, (int)(file.p + file.n - name), name) >=
			 (int)sizeof(path))
		return tell(c, SINK_DIFFERS, err, "in its manifest line is no file of its folder", file);
	c->keep = strcmp(path + strlen(c->folder), "/job.json") == 0;
	c->quoted = c->open = false;
	c->records = 0;
	sha256_reset(c->sha);
	rc = flatfile_read(c->s->dir, path, take, c, err);
	if (rc < 0) {
		/* A disk error, a link in its place: others may be good. */
		c->bad = true;
		return sink_tell(c->check, SINK_ERROR, &c->id, NULL, &(struct err){0}, "%s", err->msg);
	}
	if (rc == 0)
		return tell(c, SINK_MISSING, err, "is not there", file);
	c->rows[i] = c->records + c->open;
	sha256_end(c->sha, digest);
	if (expected && memcmp(expected, digest, SHA256_LEN) != 0)
		return tell(c, SINK_DIFFERS, err, "is not what was written", file);
	return 0;
}

/* The number of a file of the job by its name, or -1. */
static int64_t file_of(const struct checking *c, const char *name)
{
	for (size_t i = 0; i < c->places.n; i++) {
		const char *at = name_of(c, c->places.at[i]);
		const size_t n = at ? (size_t)(c->places.at[i].p + c->places.at[i].n - at) : 0;
		if (at && strlen(name) == n && memcmp(at, name, n) == 0)
			return (int64_t)i;
	}
	return -1;
}

static int miscounted(struct checking *c, const char *what, int64_t here, const char *where, int64_t there,
		      struct err *err)
{
	c->bad = true;
	return sink_tell(c->check, SINK_DIFFERS, &c->id, NULL, err, "%s is %lld, and %s %lld", what, (long long)here,
			 where, (long long)there);
}

/* One result of job.json; its rows are added to *rows. */
static int look_at_result(struct checking *c, json_ref result, int64_t *rows, struct err *err)
{
	const json_ref columns = json_member(c->doc, result, "columns", NULL);
	char name[CSV_SLUG_MAX + 64];
	struct buf file;
	unsigned flags = 0;
	int64_t n = 0, at, lines;

	(void)json_int(c->doc, json_member(c->doc, result, "row_count", NULL), &n);
	*rows += n;
	buf_init(&file, sizeof(name) - 1);
	if (json_string(c->doc, json_member(c->doc, result, "file", NULL), sizeof(name), &file, &flags, err)) {
		buf_free(&file);
		return err->kind == ERR_JOB ? 0 : -1;
	}
	(void)snprintf(name, sizeof(name), "%s", buf_cstr(&file));
	buf_free(&file);
	if (!name[0])
		return 0;
	at = file_of(c, name);
	if (at < 0) {
		c->bad = true;
		return sink_tell(c->check, SINK_DIFFERS, &c->id, NULL, err,
				 "job.json names '%s', and its manifest line does not", name);
	}
	lines = c->rows[at] - (json_count(c->doc, columns) > 0);
	return lines == n ? 0 : miscounted(c, "row_count in job.json", n, "the rows of its CSV are", lines, err);
}

static int count_all(struct checking *c, const struct job *job, struct err *err)
{
	const int64_t actions = file_of(c, "actions.csv");
	int64_t results = 0, rows = 0;
	json_ref list;

	if (actions >= 0 && c->rows[actions] - 1 != job->action_count)
		return miscounted(c, "action_count in the manifest", job->action_count, "the rows of actions.csv are",
				  c->rows[actions] - 1, err);
	if (c->job_json.len == 0 || json_parse(c->doc, c->job_json.data, c->job_json.len, err))
		return err->kind == ERR_FATAL ? -1 : tell(c, SINK_DIFFERS, err, "cannot be read", text_of("job.json"));
	list = json_member(c->doc, json_root(c->doc), "results", NULL);
	for (json_ref v = json_first(c->doc, list); v >= 0; v = json_next(c->doc, v), results++)
		if (look_at_result(c, v, &rows, err))
			return -1;
	if (results != job->result_count)
		return miscounted(c, "result_count in the manifest", job->result_count, "the results of job.json are",
				  results, err);
	return rows == job->row_count
		   ? 0
		   : miscounted(c, "row_count in the manifest", job->row_count, "the rows of job.json are", rows, err);
}

static int look_at_name(void *ctx, const char *name, struct err *err)
{
	struct checking *c = ctx;

	if (file_of(c, name) >= 0)
		return 0;
	c->bad = true;
	return sink_tell(c->check, SINK_EXTRA, &c->id, NULL, err,
			 "'%s' is in its folder, and its manifest line does not name it", name);
}

/* The checksums of the files; 1, 0: there are none, -1 with *err (ERR_JOB: they are damaged). */
static int read_digests(struct checking *c, struct text json, uint8_t *out, struct err *err)
{
	if (!json.p)
		return 0;
	if (jsontexts_read(&c->digests, json, false, err))
		return -1;
	if (c->digests.n != c->places.n)
		return err_set(err, ERR_JOB, "they are not as many as its files");
	for (size_t i = 0; i < c->digests.n; i++)
		if (!sha256_parse(c->digests.at[i].p, c->digests.at[i].n, out + i * SHA256_LEN))
			return err_set(err, ERR_JOB, "one is none");
	return 1;
}

static int look_at_files(struct checking *c, const struct manifest_line *line, struct err *err)
{
	uint8_t *digests;
	int known, rc = 0;

	if (jsontexts_read(&c->places, line->places, false, err))
		return err->kind != ERR_JOB
			   ? -1
			   : tell(c, SINK_DIFFERS, err, "in its manifest line is damaged", text_of("files"));
	if (c->places.n + 1 > c->cap) {
		free(c->rows);
		c->cap = 2 * c->places.n + 16;
		c->rows = calloc(c->cap, sizeof(*c->rows));
	}
	digests = malloc((c->places.n + 1) * SHA256_LEN);
	if (!c->rows || !digests) {
		c->cap = 0;
		free(digests);
		return err_set(err, ERR_FATAL, "out of memory");
	}
	known = read_digests(c, line->digests, digests, err);
	if (known < 0)
		rc = err->kind != ERR_JOB
			 ? -1
			 : tell(c, SINK_DIFFERS, err, "in its manifest line are damaged", text_of("digests"));
	buf_clear(&c->job_json);
	for (size_t i = 0; i < c->places.n && rc == 0; i++)
		rc = look_at_file(c, i, known == 1 ? digests + i * SHA256_LEN : NULL, err);
	free(digests);
	if (rc == 0 && !c->bad)
		rc = count_all(c, &line->job, err);
	if (rc == 0 && known == 0 && !c->bad)
		rc =
		    sink_tell(c->check, SINK_UNPROVED, &c->id, NULL, err, "the manifest has no checksums of its files");
	return rc ? rc : flatdir_list(c->s->dir, c->folder, "", look_at_name, c, err);
}

static int look_at_job(struct checking *c, const struct uuid *id, struct err *err)
{
	struct manifest_line line;
	char staged[FLATSTAGE_PATH];
	enum flatdir_kind kind;

	if (manifest_line_of(c->s->manifest, id, &line, err) < 0 ||
	    flatdir_look(c->s->dir, flatstage_name(id, line.content, staged), &kind, err))
		return -1;
	c->id = *id;
	c->bad = false;
	uuid_format(id, c->id_text);
	c->folder = kind == FLATDIR_FOLDER ? staged : c->id_text;
	if (flatdir_look(c->s->dir, c->folder, &kind, err))
		return -1;
	return kind == FLATDIR_FOLDER ? look_at_files(c, &line, err)
				      : sink_tell(c->check, SINK_MISSING, id, NULL, err, "its folder is not there");
}

static int look_at_jobs(struct checking *c, struct err *err)
{
	struct job job;
	int more;

	while ((more = manifest_next_job(c->s->manifest, &job, err)) == 1) {
		if (c->check->stop && *c->check->stop)
			return 0;
		if (job.state == JOB_STORED && c->check->wanted(c->check->ctx, &job.id) && look_at_job(c, &job.id, err))
			return -1;
	}
	return more;
}

static int look_at_folder(void *ctx, const char *name, struct err *err)
{
	const struct checking *c = ctx;
	struct manifest_held held;
	struct uuid id;

	if (!uuid_parse(name, strlen(name), &id) ||
	    (manifest_held(c->s->manifest, &id, &held) && held.state == JOB_STORED))
		return 0;
	return sink_tell(c->check, SINK_EXTRA, &id, NULL, err,
			 "its folder is there, and no line of the manifest names it");
}

int csv_check(struct sink *sink, const struct sink_check *check, struct err *err)
{
	struct csv *s = csv_of(sink);
	struct checking c = {.s = s, .check = check, .sha = sha256_new(), .doc = json_new()};
	int rc;

	jsontexts_init(&c.places);
	jsontexts_init(&c.digests);
	buf_init(&c.job_json, JOB_JSON_MAX);
	rc = c.sha && c.doc ? 0 : err_set(err, ERR_FATAL, "out of memory");
	if (rc == 0 && (look_at_jobs(&c, err) || flatdir_list(s->dir, "", "", look_at_folder, &c, err) ||
			flatcheck_bodies(s->dir, s->manifest, FLATSTAGE_UNREADABLE, false, check, err)))
		rc = -1;
	jsontexts_free(&c.places);
	jsontexts_free(&c.digests);
	buf_free(&c.job_json);
	free(c.rows);
	json_free(c.doc);
	sha256_free(c.sha);
	return rc;
}
