/*
 * discover_read.h: what a page of the list of conversations says, and a conversation (the API's page, "Other endpoints
 * that matter to an exporter"). Pure: parsed JSON in, the parts that matter out; whatever is there, nothing is believed
 * that does not have its form.
 *
 * A struct discover_page and a struct discover_turns own their arrays and texts; json_refs hold until the document's
 * next parse.
 */
#ifndef OMNI_DISCOVER_READ_H
#define OMNI_DISCOVER_READ_H

#include "err.h"
#include "json.h"
#include "timeutil.h"
#include "uuid.h"

#define DISCOVER_ID_MAX     ((size_t)256)      /* bytes of a conversation's ID */
#define DISCOVER_CURSOR_MAX ((size_t)2048)     /* of a cursor */
#define DISCOVER_TEXT_MAX   ((size_t)64 << 10) /* of a prompt or a name: what is longer is cut */

struct discover_conversation {
	char *id;
	char *name;              /* NULL: none */
	struct stamp updated_at; /* no time: it does not say */
};

struct discover_page {
	struct discover_conversation *at; /* in the order of the page */
	size_t n;
	int64_t odd;  /* entries that are no conversation: no ID */
	char *cursor; /* of the next page; NULL: this is the last one … */
	bool cut;     /* … or there are more, and nothing says how to ask for them */
};

/* Is it a page at all? NULL, or what is wrong, in a few words. */
const char *discover_page_problem(const struct json_doc *);
/* 0, or -1 with *err: memory. Free it in both cases. */
int discover_page_read(const struct json_doc *, struct discover_page *, struct err *);
void discover_page_free(struct discover_page *);

/* One message that bears a job. */
struct discover_turn {
	struct uuid id;
	/* Not after the job's completion, as far as the conversation tells: the turn's own time, else that of the last
	 * message before it that has one; never after now. No time: none is known. */
	struct stamp completed_at;
	json_ref prompt; /* what the user had said before it; -1: nothing */
};

struct discover_turns {
	struct discover_turn *at; /* in the order of the conversation: the newest is the last */
	size_t n;
	int64_t odd;  /* jobIds that are no UUID */
	json_ref bad; /* the first of them */
};

const char *discover_turns_problem(const struct json_doc *);
/* Turns whose own time is before since_us are left out. 0, or -1 with *err: memory. Free it in both cases. */
int discover_turns_read(const struct json_doc *, int64_t since_us, int64_t now_us, struct discover_turns *,
			struct err *);
void discover_turns_free(struct discover_turns *);

#endif
