#include "rerun.h"

#include <string.h>
#include <strings.h>

int rerun_request(struct text query, struct json_doc *doc, struct buf *out, struct err *err)
{
	const size_t before = out->len;
	struct err why;

	if (query.p == NULL)
		return err_set(err, ERR_JOB, "the result names no query that could be run again");
	/* What stands in a sink may have been put there by anybody: it must not reach beyond its place. */
	if (json_parse(doc, query.p, query.n, &why) != 0)
		return why.kind == ERR_FATAL ? err_set(err, ERR_FATAL, "%s", why.msg)
					     : err_set(err, ERR_JOB, "the stored query is no JSON: %s", why.msg);
	if (json_type_of(doc, json_root(doc)) != JSON_OBJECT)
		return err_set(err, ERR_JOB, "the stored query is no JSON object, so it cannot be run again");
	if (buf_adds(out, "{\"query\":") == 0 && buf_add(out, query.p, query.n) == 0 &&
	    buf_adds(out, ",\"resultType\":\"csv\"}") == 0)
		return 0;
	buf_cut(out, before);
	return err_set(err, ERR_FATAL, "out of memory");
}

static bool begins(struct text t, const char *word)
{
	const size_t n = strlen(word);

	return t.n >= n && strncasecmp(t.p, word, n) == 0;
}

const char *rerun_problem(struct text head, bool is_json)
{
	if (begins(head, "\xef\xbb\xbf"))
		head = (struct text){head.p + 3, head.n - 3};
	while (head.n > 0 && strchr(" \t\r\n", *head.p) != NULL)
		head = (struct text){head.p + 1, head.n - 1};
	if (head.n == 0)
		return "the answer is empty, where a CSV has at least a header";
	/* A number or a string alone is also a header. */
	if (is_json && (*head.p == '{' || *head.p == '['))
		return "the answer is JSON and no CSV";
	if (begins(head, "<!doctype") || begins(head, "<html"))
		return "the answer is HTML and no CSV";
	return NULL;
}
