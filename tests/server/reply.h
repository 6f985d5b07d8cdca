/*
 * reply.h: one answer of the API: what is sent, how it is sent, and what goes wrong on the way. Read from the script:
 *
 *     {"status": 200, "headers": {"Name": "value"},
 *      the body, one of:
 *      "body": "text" | "json": value | "file": "path beside the script" | "base64": "bytes" |
 *      "csv_rows": N, "csv_cols": 8, "csv_results": 1 |
 *      "message": "text", "envelope": "published" | "application" | "auth" | "list" |
 *      "redirect": "URL" (no body, 302),
 *      "repeat": N, "before": "text", "after": "text"          (the body N times, between two texts)
 *      "encoding": "gzip" | "deflate",
 *      "transfer": "length" | "chunked" | "close",
 *      "cut_after": N | "reset_after": N | "stall_after": N    (bytes of the body as it is sent)
 *      "reset_in_headers": true | "drop": true,
 *      "wire": true                                            (the body is all that is sent: status line, headers and
 *                                                               framing are its own; then the connection is closed)
 *      "delay_ms": N,
 *      "made": true}                                           (what the server would answer without a script; of lists
 *                                                               and conversations; stands alone)
 *
 * A struct reply owns everything in it and does not change once it is read.
 */
#ifndef OMNI_TEST_REPLY_H
#define OMNI_TEST_REPLY_H

#include "err.h"
#include "json.h"
#include "stream.h"

#include <stdbool.h>
#include <stdint.h>

enum reply_transfer {
	TRANSFER_AUTO, /* with its length where that is known, else chunked */
	TRANSFER_LENGTH,
	TRANSFER_CHUNKED,
	TRANSFER_CLOSE /* neither: the end of the connection ends the body */
};

enum reply_fault {
	FAULT_NONE,
	FAULT_CUT,              /* the connection is closed inside the body */
	FAULT_RESET,            /* the same with a RST */
	FAULT_STALL,            /* silence until the client goes away */
	FAULT_RESET_IN_HEADERS, /* a RST within a header line */
	FAULT_DROP              /* closed without a byte */
};

enum reply_envelope { ENVELOPE_PUBLISHED, ENVELOPE_APPLICATION, ENVELOPE_AUTH, ENVELOPE_LIST };

struct reply_header {
	char *name, *value;
};

struct reply {
	int status;
	struct reply_header *headers;
	size_t n_headers;
	struct content content;
	int64_t length; /* of the body as it is sent; -1: not known */
	enum reply_transfer transfer;
	bool wire, made;
	enum reply_fault fault;
	uint64_t fault_after;
	int64_t delay_ms;
};

/* A sequence of them: the n-th request gets the n-th, the last one repeats. */
struct replies {
	struct reply *at;
	size_t n;
};

/* folder: of the script, for "file". now_us: what relative times count from. On -1 (*err says why) there is nothing to
 * free. */
int reply_read(const struct json_doc *, json_ref answer, const char *folder, int64_t now_us, struct reply *,
	       struct err *);
/* One answer, or an array of them, appended. After -1 the caller frees what is there. */
int replies_read(const struct json_doc *, json_ref, const char *folder, int64_t now_us, struct replies *, struct err *);
void replies_free(struct replies *);
/* Makes room for one more, an empty 200; NULL: out of memory. */
struct reply *replies_add(struct replies *);

/* Made without a script; all return 0, or -1: out of memory. The text is the whole body. */
int reply_text(struct reply *, int status, const char *content_type, struct text body);
int reply_error(struct reply *, int status, enum reply_envelope, const char *message);
int reply_header(struct reply *, const char *name, const char *value);
void reply_init(struct reply *);
void reply_free(struct reply *);

#endif
