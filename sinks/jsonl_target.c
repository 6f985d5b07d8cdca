#include "jsonl_target.h"

#include <stdlib.h>
#include <string.h>

#define KNOWN "there is compress=zstd, gzip or none"

static int parse_option(const char *p, size_t n, struct jsonl_target *t, struct err *err)
{
	static const char name[] = "compress=";
	const size_t k = sizeof(name) - 1;

	if (n < k || memcmp(p, name, k) != 0)
		return err_set(err, ERR_USAGE, "unknown option '%.*s' of a jsonl sink (" KNOWN ")",
			       (int)(n < 100 ? n : 100), p);
	t->codec = jsonl_codec_of_name((struct text){p + k, n - k});
	if (t->codec == JSONL_CODECS)
		return err_set(err, ERR_USAGE, "a jsonl sink cannot '%.*s' (" KNOWN ")", (int)(n < 100 ? n : 100), p);
	return 0;
}

int jsonl_target_parse(const char *target, struct jsonl_target *t, struct err *err)
{
	const char *mark = strrchr(target, '?');
	const size_t dir = mark ? (size_t)(mark - target) : strlen(target);

	*t = (struct jsonl_target){.codec = JSONL_ZSTD};
	if (dir == 0)
		return err_set(err, ERR_USAGE, "'jsonl:' names no folder");
	for (const char *p = mark; p && *p && p[1];) {
		size_t n = strcspn(++p, "&");
		if (parse_option(p, n, t, err))
			return -1;
		p += n;
	}
	t->dir = strndup(target, dir);
	return t->dir ? 0 : err_set(err, ERR_FATAL, "out of memory");
}

void jsonl_target_free(struct jsonl_target *t)
{
	free(t->dir);
	t->dir = NULL;
}
