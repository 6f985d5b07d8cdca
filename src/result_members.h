/*
 * result_members.h: the members of one JSON object, by name. Of those that bear the same name the last one counts.
 *
 * Linear memory and n log n time, whatever the names are. Owns its memory and is used again by the next read; the names
 * live until then.
 */
#ifndef OMNI_RESULT_MEMBERS_H
#define OMNI_RESULT_MEMBERS_H

#include "json.h"
#include "result_warn.h"

struct result_member {
	const char *name; /* unescaped; "…" where it is too long to be compared with others */
	size_t name_len;
	json_ref key, value;
	bool taken;       /* it has its column, or another of the same name counts */
	bool looked_into; /* for the reader of the object: detail was looked for in value */
	json_ref detail;  /* and is this, or -1 */
};

struct result_members {
	struct result_member *at; /* in the order of the document */
	size_t n;
	struct result_member **by_name; /* sorted, each name once */
	size_t n_names, max;
	struct buf names;
};

void result_members_init(struct result_members *);
void result_members_free(struct result_members *);
/* Where it grew large, gives its memory back. What it gave out is then gone. */
void result_members_trim(struct result_members *);

/* Warns about names that stand more than once; of: whose members these are (" of action 3"). 0, or -1 with *err
 * (memory, I/O). */
int result_members_read(struct result_members *, const struct json_doc *, json_ref object, struct result_warn *,
			const char *of, struct err *);
/* Warns about names that stand more than once in any of the objects within value, itself included, of which the members
 * are otherwise not read. What was read before is gone. 0, or -1 with *err. */
int result_members_look(struct result_members *, const struct json_doc *, json_ref value, struct result_warn *,
			const char *of, struct err *);
/* As if value were the one member of an object, under that name; its key is -1. */
int result_members_wrap(struct result_members *, const char *name, json_ref value, struct err *);
/* NULL: there is none. */
struct result_member *result_members_find(const struct result_members *, const char *name, size_t n);

#endif
