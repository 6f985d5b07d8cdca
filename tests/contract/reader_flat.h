/*
 * reader_flat.h: what the readers of raw: and csv: share: whole files, the manifest's lines, values out of JSON. All
 * buffers that are handed out are the caller's to free.
 */
#ifndef OMNI_CONTRACT_READER_FLAT_H
#define OMNI_CONTRACT_READER_FLAT_H

#include "contract.h"
#include "json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* False: it is not there. */
static inline bool flat_file(const char *target, const char *path, struct buf *out)
{
	char name[1024], block[65536];
	size_t n;
	FILE *f;

	(void)snprintf(name, sizeof(name), "%s/%s", target, path);
	f = fopen(name, "rb");
	if (!f)
		return false;
	while ((n = fread(block, 1, sizeof(block), f)) > 0)
		assert_int_equal(buf_add(out, block, n), 0);
	assert_int_equal(ferror(f), 0);
	(void)fclose(f);
	return true;
}

/* A value as SQLite would show it; false for null and what is not there. */
static inline bool flat_value(const struct json_doc *doc, json_ref object, const char *key, struct buf *out)
{
	const json_ref v = json_member(doc, object, key, NULL);
	const enum json_type type = json_type_of(doc, v);
	unsigned flags = 0;
	struct err err;

	if (v < 0 || type == JSON_NULL)
		return false;
	if (type == JSON_TRUE || type == JSON_FALSE)
		return buf_adds(out, type == JSON_TRUE ? "1" : "0") == 0;
	assert_int_equal(type == JSON_STRING ? json_string(doc, v, SIZE_MAX / 2, out, &flags, &err)
					     : json_copy(doc, v, SIZE_MAX / 2, out, &flags, &err),
			 0);
	return true;
}

/* The column, or "column IS NOT NULL". */
static inline bool flat_column(const struct json_doc *doc, json_ref object, const char *column, struct buf *out)
{
	static const char test[] = " IS NOT NULL";
	char name[64];
	char *at;

	(void)snprintf(name, sizeof(name), "%s", column);
	at = strstr(name, test);
	if (!at)
		return flat_value(doc, object, name, out);
	*at = '\0';
	(void)flat_value(doc, object, name, out);
	at = out->len ? "1" : "0";
	buf_clear(out);
	return buf_adds(out, at) == 0;
}

/* The last whole line of a job; false: there is none. text and doc belong together. */
static inline bool flat_line(const char *target, const char *job, struct buf *text, struct json_doc *doc)
{
	struct buf all;
	bool there = false;

	buf_init(&all, SIZE_MAX / 2);
	(void)flat_file(target, "manifest.jsonl", &all);
	for (char *p = all.data, *end; p && (end = strchr(p, '\n')); p = end + 1) {
		*end = '\0';
		if (!strstr(p, job))
			continue;
		buf_clear(text);
		assert_int_equal(buf_adds(text, p), 0);
		there = true;
	}
	buf_free(&all);
	if (there)
		assert_int_equal(json_parse(doc, text->data, text->len, &(struct err){0}), 0);
	return there;
}

/* One value of a job's line. */
static inline bool flat_job(const char *target, const char *job, const char *column, struct buf *out)
{
	struct json_doc *doc = json_new();
	struct buf text;
	bool there;

	assert_non_null(doc);
	buf_init(&text, SIZE_MAX / 2);
	there = flat_line(target, job, &text, doc) && flat_column(doc, json_root(doc), column, out);
	buf_free(&text);
	json_free(doc);
	return there;
}

static inline int64_t flat_number(const char *target, const char *job, const char *column)
{
	struct buf b;
	int64_t n = 0;

	buf_init(&b, 64);
	if (flat_job(target, job, column, &b))
		n = strtoll(buf_cstr(&b), NULL, 10);
	buf_free(&b);
	return n;
}

/* The body at the path that the line names. */
static inline bool flat_body(const char *target, const char *job, struct buf *out)
{
	struct buf files;
	bool there;

	buf_init(&files, 4096);
	there = flat_job(target, job, "files", &files) && strstr(files.data, ".json.zst");
	if (there) {
		*strrchr(files.data, '"') = '\0';
		there = flat_file(target, strchr(files.data, '"') + 1, out);
	}
	buf_free(&files);
	return there;
}

static inline bool flat_is_known(const char *target, const char *job)
{
	struct buf b;
	bool there;

	buf_init(&b, 64);
	there = flat_job(target, job, "state", &b);
	buf_free(&b);
	return there;
}

#endif
