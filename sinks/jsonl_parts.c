#include "jsonl_parts.h"

#include "jsonl_part.h"
#include "jsonw.h"
#include "manifest.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DATE_LEN     10 /* 2026-11-23 */
#define NAME_MAX_LEN 128
#define PATH_MAX_LEN 256

struct jsonl_parts {
	struct flatdir *dir;
	enum jsonl_codec codec;
	char *run_id;
	unsigned long number;    /* of the open part or the last one */
	char date[DATE_LEN + 1]; /* "": none is open */
	char name[NAME_MAX_LEN];
	struct jsonl_part *table[JSONL_TABLES]; /* NULL: no line came yet */
};

static const char *const tables[JSONL_TABLES] = {
    [JSONL_JOBS] = "jobs",
    [JSONL_ACTIONS] = "actions",
    [JSONL_RESULTS] = "results",
    [JSONL_ROWS] = "result_rows",
};

const char *jsonl_table_name(enum jsonl_table t)
{
	return tables[t];
}

struct jsonl_parts *jsonl_parts_new(struct flatdir *dir, enum jsonl_codec codec, const char *run_id)
{
	struct jsonl_parts *p = calloc(1, sizeof(*p));

	if (!p)
		return NULL;
	p->dir = dir;
	p->codec = codec;
	p->run_id = strdup(run_id);
	if (!p->run_id) {
		free(p);
		return NULL;
	}
	return p;
}

static void close_tables(struct jsonl_parts *p)
{
	for (unsigned t = 0; t < JSONL_TABLES; t++) {
		jsonl_part_free(p->table[t]);
		p->table[t] = NULL;
	}
	p->date[0] = '\0';
}

void jsonl_parts_free(struct jsonl_parts *p)
{
	if (!p)
		return;
	close_tables(p);
	free(p->run_id);
	free(p);
}

void jsonl_parts_taken(struct jsonl_parts *p, const char *name)
{
	const size_t n = strlen(p->run_id);
	unsigned long number;

	if (strncmp(name, p->run_id, n) != 0 || name[n] != '-')
		return;
	number = strtoul(name + n + 1, NULL, 10);
	if (number > p->number)
		p->number = number;
}

static bool is_date(const struct jsonl_parts *p, const struct stamp *now)
{
	return strncmp(p->date, now->text, DATE_LEN) == 0;
}

void jsonl_parts_begin(struct jsonl_parts *p, const struct stamp *now)
{
	if (p->date[0])
		return;
	memcpy(p->date, now->text, DATE_LEN);
	(void)snprintf(p->name, sizeof(p->name), "%.64s-%04lu%s", p->run_id, ++p->number, jsonl_codec_suffix(p->codec));
}

bool jsonl_parts_is_old(const struct jsonl_parts *p, const struct stamp *now)
{
	return p->date[0] && !is_date(p, now);
}

const char *jsonl_parts_name(const struct jsonl_parts *p)
{
	return p->name;
}

static void path_of(const struct jsonl_parts *p, unsigned t, char path[PATH_MAX_LEN])
{
	(void)snprintf(path, PATH_MAX_LEN, "%s/stored_date=%s/%s", tables[t], p->date, p->name);
}

static void new_path_of(unsigned t, char path[PATH_MAX_LEN])
{
	(void)snprintf(path, PATH_MAX_LEN, JSONL_NEW "/%s", tables[t]);
}

static int open_table(struct jsonl_parts *p, unsigned t, struct err *err)
{
	char path[PATH_MAX_LEN];
	int fd;

	new_path_of(t, path);
	if (flatdir_make(p->dir, JSONL_NEW, err) || flatdir_remove(p->dir, path, err))
		return -1;
	fd = flatdir_create(p->dir, path, err);
	if (fd < 0)
		return -1;
	path_of(p, t, path);
	p->table[t] = jsonl_part_new(fd, p->codec, path);
	return p->table[t] ? jsonl_part_digests(p->table[t], err) : err_set(err, ERR_FATAL, "out of memory");
}

struct buf *jsonl_parts_lines(struct jsonl_parts *p, enum jsonl_table t, struct err *err)
{
	if (!p->table[t] && open_table(p, t, err))
		return NULL;
	return jsonl_part_lines(p->table[t]);
}

int jsonl_parts_added(struct jsonl_parts *p, enum jsonl_table t, struct err *err)
{
	return jsonl_part_added(p->table[t], err);
}

int jsonl_parts_places(const struct jsonl_parts *p, struct buf *out)
{
	struct jsonw w;

	jsonw_init(&w, out);
	jsonw_array(&w);
	for (unsigned t = 0; t < JSONL_TABLES; t++) {
		char path[PATH_MAX_LEN];
		if (!p->table[t] || !jsonl_part_has(p->table[t]))
			continue;
		path_of(p, t, path);
		jsonw_cstr(&w, path);
	}
	jsonw_array_end(&w);
	return w.failed ? -1 : 0;
}

int jsonl_parts_digests(struct jsonl_parts *p, struct buf *out)
{
	uint8_t digests[JSONL_TABLES][SHA256_LEN];
	size_t n = 0;

	for (unsigned t = 0; t < JSONL_TABLES; t++)
		if (p->table[t] && jsonl_part_has(p->table[t]))
			jsonl_part_digest(p->table[t], digests[n++]);
	return manifest_digests(out, digests[0], n);
}

int jsonl_parts_keep(struct jsonl_parts *p, struct err *err)
{
	for (unsigned t = 0; t < JSONL_TABLES; t++)
		if (p->table[t] && jsonl_part_keep(p->table[t], err))
			return -1;
	return 0;
}

int jsonl_parts_undo(struct jsonl_parts *p, struct err *err)
{
	for (unsigned t = 0; t < JSONL_TABLES; t++)
		if (p->table[t] && jsonl_part_undo(p->table[t], err))
			return -1;
	return 0;
}

uint64_t jsonl_parts_size(const struct jsonl_parts *p)
{
	uint64_t largest = 0;

	for (unsigned t = 0; t < JSONL_TABLES; t++)
		if (p->table[t] && jsonl_part_size(p->table[t]) > largest)
			largest = jsonl_part_size(p->table[t]);
	return largest;
}

/* A file in which nothing stays would be an empty part: it goes. */
static int drop_table(struct jsonl_parts *p, unsigned t, struct err *err)
{
	char path[PATH_MAX_LEN];

	new_path_of(t, path);
	jsonl_part_free(p->table[t]);
	p->table[t] = NULL;
	return flatdir_remove(p->dir, path, err);
}

int jsonl_parts_finish(struct jsonl_parts *p, struct err *err)
{
	for (unsigned t = 0; t < JSONL_TABLES; t++) {
		if (!p->table[t])
			continue;
		if (jsonl_part_size(p->table[t]) == 0 ? drop_table(p, t, err) : jsonl_part_finish(p->table[t], err))
			return -1;
	}
	return 0;
}

int jsonl_parts_paths(const struct jsonl_parts *p, struct buf *out)
{
	char path[PATH_MAX_LEN];

	for (unsigned t = 0; t < JSONL_TABLES; t++) {
		if (!p->table[t])
			continue;
		path_of(p, t, path);
		if (buf_addf(out, "%s\n", path))
			return -1;
	}
	return 0;
}

static int publish_table(struct jsonl_parts *p, unsigned t, struct err *err)
{
	char folder[PATH_MAX_LEN], from[PATH_MAX_LEN], to[PATH_MAX_LEN];

	(void)snprintf(folder, sizeof(folder), "%s/stored_date=%s", tables[t], p->date);
	new_path_of(t, from);
	path_of(p, t, to);
	if (flatdir_make(p->dir, folder, err) || flatdir_rename(p->dir, from, to, err) ||
	    flatdir_sync(p->dir, folder, err) || flatdir_sync(p->dir, tables[t], err))
		return -1;
	return 0;
}

int jsonl_parts_publish(struct jsonl_parts *p, struct err *err)
{
	bool any = false;

	for (unsigned t = 0; t < JSONL_TABLES; t++) {
		if (!p->table[t])
			continue;
		any = true;
		if (publish_table(p, t, err))
			return -1;
	}
	close_tables(p);
	return any ? flatdir_sync(p->dir, "", err) : 0;
}
