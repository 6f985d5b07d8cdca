/*
 * result_obj.h: one JSON object read field by field: the known ones by name, what is left into extra.
 *
 * The rules of the contract ("Tables") that hold for every object of a result live here: a key that stands twice counts
 * the last time, a known field that is null is a null column, a known field of an unexpected type goes to extra as it
 * came, what no column has goes to extra, text that no sink can store or that is too long is mended; each with a
 * warning where something was not as it should be.
 *
 *     open  (text | any | json | boolean | integer | time | node | put)*  close
 *
 * A struct result_obj owns its memory and is used again by the next open; names and extra live until then. The document
 * and the warnings are borrowed. int functions return 0, or -1 with *err (memory, I/O).
 */
#ifndef OMNI_RESULT_OBJ_H
#define OMNI_RESULT_OBJ_H

#include "result_members.h"
#include "timeutil.h"

#define RESULT_OBJ_OF_MAX 96
/* Bytes: the maximum of every buffer here and of those that are passed in. No JSON text of ordinary strings reaches it
 * (JSON_MAX_TEXT); one of very many large strings is left out, with a warning. */
#define RESULT_OBJ_BUF_MAX ((size_t)128 << 20)

struct result_obj {
	const struct json_doc *doc;
	struct result_warn *warn;
	char of[RESULT_OBJ_OF_MAX]; /* whose fields these are: " of action 3"; "" for the job's own */
	struct result_members members;
	struct result_members
	    within; /* of the objects in a value that is kept as JSON: only to warn of names that stand twice */
	struct buf extra;
};

void result_obj_init(struct result_obj *);
void result_obj_free(struct result_obj *);
/* Where it grew large, gives its memory back. What it gave out is then gone. */
void result_obj_trim(struct result_obj *);

int result_obj_open(struct result_obj *, const struct json_doc *, json_ref object, struct result_warn *, const char *of,
		    struct err *);
/* The same for a value that is no object but should be: it is then the one member of that name, so that it is kept. */
int result_obj_wrap(struct result_obj *, const struct json_doc *, const char *name, json_ref value,
		    struct result_warn *, const char *of, struct err *);
/* The value of a member, whatever it is and without taking it from extra; -1: none. */
json_ref result_obj_find(const struct result_obj *, const char *name, size_t n);

/* A string; *out is null text where there is none. Appended to buf, which holds nothing else. */
int result_obj_text(struct result_obj *, const char *name, struct buf *buf, struct text *out, struct err *);
/* A string, or any other value's JSON text. */
int result_obj_any(struct result_obj *, const char *name, struct buf *buf, struct text *out, struct err *);
/* An object's JSON text. */
int result_obj_json(struct result_obj *, const char *name, struct buf *buf, struct text *out, struct err *);
int result_obj_bool(struct result_obj *, const char *name); /* 0, 1; -1: not said */
/* True where there is one. */
bool result_obj_int(struct result_obj *, const char *name, int64_t *out);
/* An ISO 8601 string; *out is empty where there is none that can be read. *no_offset counts up where it had none. */
int result_obj_time(struct result_obj *, const char *name, struct stamp *out, int64_t *no_offset, struct err *);
/* The value where it is of that type, for the caller to read on; -1: none. */
json_ref result_obj_node(struct result_obj *, const char *name, enum json_type);
/* Adds to extra what the caller has left over. json: valid JSON text. */
int result_obj_put(struct result_obj *, const char *name, struct text json, struct err *);
/* All members that were not taken go to extra; *extra is null text where nothing did. */
int result_obj_close(struct result_obj *, struct text *extra, struct err *);

#endif
