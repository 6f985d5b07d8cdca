/*
 * result_warn.h: the warnings of one body, for jobs.warnings: a JSON array of sentences for a person.
 *
 * After RESULT_MAX_WARNINGS of them the rest is counted only: "and 17 more". Names from the body are made visible
 * (utf8.h) by whoever quotes them: result_warn_name. A struct result_warn owns its buffer.
 */
#ifndef OMNI_RESULT_WARN_H
#define OMNI_RESULT_WARN_H

#include "jsonw.h"

#include <stdint.h>

#define RESULT_MAX_WARNINGS 100

struct result_warn {
	struct buf json;
	struct jsonw w;
	int64_t n;   /* all of them, those that are only counted too */
	bool failed; /* memory was short: result_warn_end says so */
};

void result_warn_init(struct result_warn *);
void result_warn_free(struct result_warn *);
void result_warn_reset(struct result_warn *);
void result_warn(struct result_warn *, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Closes the array. *out: null where there was no warning; it lives until the next reset. 0, or -1: memory is short. */
int result_warn_end(struct result_warn *, struct text *out);

/* A name from the body as a message may quote it: visible, 60 characters at most. Returns out. */
#define RESULT_NAME_MAX 512
const char *result_warn_name(const char *p, size_t n, char out[RESULT_NAME_MAX]);

#endif
