#include "ids.h"

#include "json.h"
#include "lines.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define MAX_LINE  ((size_t)16 << 20)
#define MAX_VALUE ((size_t)256) /* bytes of a string in a JSON line that may be an ID or a time, still escaped */

/* What a CSV header said. Column numbers count from 0; -1: none. */
struct columns {
	char delimiter;
	int id;
	int completed_at;
	bool is_job_id; /* the column is called job_id or jobId, not just id */
};

static const struct columns no_columns = {.id = -1, .completed_at = -1};

struct ids_reader {
	struct lines *lines;
	bool has_begun;  /* a line that is neither blank nor a comment was seen */
	bool ended;      /* there is no use in reading on */
	bool said_local; /* the warning of a time without an offset was given */
	struct columns columns;
	struct json_doc *doc; /* made for the first JSON line */
	struct buf value;     /* a string out of a JSON line */
	char problem[600];    /* one that is made, not constant */
};

static const char no_id[] = "no job ID in this line";
static const char bad_time[] = "completed_at is no time that can be read: it is passed over";
static const char local_time[] = "completed_at has no offset: it is taken as UTC (said once)";

struct ids_reader *ids_new(FILE *file)
{
	struct ids_reader *r = calloc(1, sizeof(*r));

	if (!r)
		return NULL;
	r->columns = no_columns;
	r->lines = lines_new(file, MAX_LINE);
	buf_init(&r->value, MAX_VALUE);
	/* With its room made now, reading a value cannot fail later. */
	if (!r->lines || !buf_room(&r->value, MAX_VALUE)) {
		ids_free(r);
		return NULL;
	}
	return r;
}

void ids_free(struct ids_reader *r)
{
	if (!r)
		return;
	lines_free(r->lines);
	json_free(r->doc);
	buf_free(&r->value);
	free(r);
}

/* --- words -------------------------------------------------------------------------------------------------------- */

static bool is_blank(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r' && c != '\n');
}

static struct text trim(struct text t)
{
	while (t.n > 0 && is_blank(t.p[t.n - 1]))
		t.n--;
	while (t.n > 0 && is_blank(*t.p))
		t.p++, t.n--;
	return t;
}

static bool has(struct text t, char c)
{
	return t.n > 0 && memchr(t.p, c, t.n) != NULL;
}

static bool is_only(struct text t, const char *chars)
{
	for (size_t i = 0; i < t.n; i++) {
		if (t.p[i] == '\0' || !strchr(chars, t.p[i]))
			return false;
	}
	return true;
}

/* A column's name without regard to case, '_', '-' and blanks: name is "jobid" for job_id, jobId and "Job ID". */
static bool is_named(struct text t, const char *name)
{
	for (size_t i = 0; i < t.n; i++) {
		char c = t.p[i];
		if (c == '_' || c == '-' || c == ' ')
			continue;
		if (c >= 'A' && c <= 'Z')
			c = (char)(c - 'A' + 'a');
		if (*name == '\0' || c != *name++)
			return false;
	}
	return *name == '\0';
}

/* A warning where there is one; the job counts in any case. */
static const char *read_time(struct ids_reader *r, struct text t, struct stamp *out)
{
	switch (time_parse_iso(t.p, t.n, out)) {
	case TIME_OK:
		return NULL;
	case TIME_NO_OFFSET:
		if (r->said_local)
			return NULL;
		r->said_local = true;
		return local_time;
	default:
		return bad_time;
	}
}

/* --- CSV and TSV -------------------------------------------------------------------------------------------------- */

static const char delimiters[] = "\t,;";

/* How far a quoted field reaches: to the delimiter behind it, or the end. 0: the quote has no partner, so it is an
 * ordinary character. */
static size_t quoted_len(struct text t, char delimiter)
{
	size_t i = 1;

	while (i < t.n && (t.p[i] != '"' || (i + 1 < t.n && t.p[i + 1] == '"')))
		i += t.p[i] == '"' ? 2 : 1;
	if (i >= t.n)
		return 0;
	for (i++; i < t.n && t.p[i] != delimiter; i++) {
		if (!is_blank(t.p[i]))
			return 0;
	}
	return i;
}

/* Takes the next field off the line, without blanks and quotes around it; false when there is none left (rest->p is
 * then NULL). Doubled quotes inside stay doubled: nothing that we look for has any. */
static bool next_field(struct text *rest, char delimiter, struct text *field)
{
	if (!rest->p)
		return false;

	size_t lead = 0, len = 0;
	while (lead < rest->n && rest->p[lead] != delimiter && is_blank(rest->p[lead]))
		lead++;
	if (lead < rest->n && rest->p[lead] == '"')
		len = quoted_len((struct text){rest->p + lead, rest->n - lead}, delimiter);
	if (len > 0) {
		len += lead;
	} else {
		const char *stop = rest->n > 0 ? memchr(rest->p, delimiter, rest->n) : NULL;
		len = stop ? (size_t)(stop - rest->p) : rest->n;
	}

	struct text t = trim((struct text){rest->p, len});
	if (t.n >= 2 && t.p[0] == '"' && t.p[t.n - 1] == '"')
		t = trim((struct text){t.p + 1, t.n - 2});
	*field = t;
	*rest = len < rest->n ? (struct text){rest->p + len + 1, rest->n - len - 1} : TEXT_NULL;
	return true;
}

/* The job ID of a line that is split as the columns say: the field in the column of the IDs, or the first that is one
 * where no column is known. *time: the field in the column completed_at, else null. */
static bool find_id(struct text line, const struct columns *columns, struct uuid *id, struct text *time)
{
	struct text field;
	bool found = false;

	*time = TEXT_NULL;
	for (int i = 0; next_field(&line, columns->delimiter, &field); i++) {
		if (i == columns->id || (columns->id < 0 && !found))
			found = uuid_parse(field.p, field.n, id);
		if (i == columns->completed_at)
			*time = field;
		if (i >= columns->id && i >= columns->completed_at && (found || columns->id >= 0))
			break;
	}
	return found;
}

/* What a header names, split at this delimiter. Of several columns job_id counts before id. */
static struct columns name_columns(struct text line, char delimiter)
{
	struct columns c = no_columns;
	struct text field;

	c.delimiter = delimiter;
	for (int i = 0; next_field(&line, delimiter, &field); i++) {
		if (!c.is_job_id && is_named(field, "jobid")) {
			c.id = i;
			c.is_job_id = true;
		} else if (c.id < 0 && is_named(field, "id")) {
			c.id = i;
		} else if (c.completed_at < 0 && is_named(field, "completedat")) {
			c.completed_at = i;
		}
	}
	return c;
}

/* Is this line, in which there is no ID, a header? The first line is, when it has columns, whatever they are called; so
 * that files may be joined, so is a later one with a column job_id, or id where it was before. A single word is one by
 * its name alone, and says nothing about the lines below. */
static bool read_header(struct ids_reader *r, struct text line, bool is_first)
{
	struct columns found = no_columns;

	for (const char *d = delimiters; *d && found.id < 0; d++) {
		if (!has(line, *d))
			continue;
		struct columns c = name_columns(line, *d);
		if (!found.delimiter || c.id >= 0)
			found = c;
	}
	if (!found.delimiter) {
		struct text word;
		next_field(&line, '\n', &word);
		return is_named(word, "jobid") || is_named(word, "id") || is_named(word, "uuid");
	}
	bool again = found.id >= 0 && (found.is_job_id || found.id == r->columns.id);
	if (is_first || again)
		r->columns = found;
	return is_first || again;
}

static enum ids_kind read_csv(struct ids_reader *r, struct text line, bool is_first, struct ids_item *item)
{
	struct columns c = r->columns;
	struct text time = TEXT_NULL;
	bool found = c.delimiter && find_id(line, &c, &item->id, &time);

	if (!found && c.id < 0) {
		c.completed_at = -1;
		for (const char *d = delimiters; *d && !found; d++) {
			c.delimiter = *d;
			found = has(line, *d) && find_id(line, &c, &item->id, &time);
		}
	}
	if (found) {
		if (time.n > 0)
			item->problem = read_time(r, time, &item->completed_at);
		return IDS_JOB;
	}
	if (has(line, '\0'))
		item->problem = "no job ID in this line: it holds NUL bytes";
	else if (read_header(r, line, is_first))
		return IDS_END;
	else
		item->problem = c.id >= 0 ? "no job ID in the column that the header names" : no_id;
	return IDS_INVALID;
}

/* --- JSON --------------------------------------------------------------------------------------------------------- */

/* The value of the first of these members that is there; -1: none is. */
static json_ref first_member(const struct json_doc *doc, const char *const *names, size_t n)
{
	json_ref value = -1;

	for (size_t i = 0; i < n && value < 0; i++)
		value = json_member(doc, json_root(doc), names[i], NULL);
	return value;
}

/* A short string; false for anything else. */
static bool short_string(struct ids_reader *r, json_ref ref, struct text *out)
{
	buf_clear(&r->value);
	if (json_type_of(r->doc, ref) != JSON_STRING || json_raw_len(r->doc, ref) > MAX_VALUE)
		return false;
	if (json_string(r->doc, ref, MAX_VALUE, &r->value, &(unsigned){0}, NULL))
		return false;
	*out = trim(buf_text(&r->value));
	return true;
}

static enum ids_kind read_json(struct ids_reader *r, struct text line, struct ids_item *item, struct err *err)
{
	static const char *const id_names[] = {"jobId", "job_id", "id"};
	static const char *const time_names[] = {"completed_at", "completedAt"};
	struct err why = {0};
	struct text value;

	if (!r->doc && !(r->doc = json_new())) {
		err_set(err, ERR_FATAL, "out of memory in line %lld", (long long)lines_number(r->lines));
		return IDS_ERROR;
	}
	if (json_parse(r->doc, line.p, line.n, &why)) {
		if (why.kind == ERR_FATAL) {
			err_set(err, why.kind, "%s", why.msg);
			return IDS_ERROR;
		}
		snprintf(r->problem, sizeof(r->problem), "not valid JSON: %s", why.msg);
		item->problem = r->problem;
		return IDS_INVALID;
	}
	json_ref id = first_member(r->doc, id_names, 3);
	if (id < 0) {
		item->problem = "no jobId in this JSON object";
		return IDS_INVALID;
	}
	if (!short_string(r, id, &value) || !uuid_parse(value.p, value.n, &item->id)) {
		item->problem = "the jobId in this JSON object is no UUID";
		return IDS_INVALID;
	}
	item->json = line;
	json_ref time = first_member(r->doc, time_names, 2);
	if (time >= 0 && json_type_of(r->doc, time) != JSON_NULL)
		item->problem = short_string(r, time, &value) ? read_time(r, value, &item->completed_at) : bad_time;
	return IDS_JOB;
}

/* --- items -------------------------------------------------------------------------------------------------------- */

static bool begins(struct text t, const char *bytes, size_t n)
{
	return t.n >= n && memcmp(t.p, bytes, n) == 0;
}

/* IDS_END for a line that is passed over. */
static enum ids_kind read_line(struct ids_reader *r, struct text line, struct ids_item *item, struct err *err)
{
	if (item->line == 1 && (begins(line, "\xff\xfe", 2) || begins(line, "\xfe\xff", 2))) {
		r->ended = true;
		item->problem = "this looks like UTF-16: save it as UTF-8";
		return IDS_INVALID;
	}
	/* A byte order mark, at the beginning of the file or of one that was joined to it. */
	if (begins(line, "\xef\xbb\xbf", 3))
		line = (struct text){line.p + 3, line.n - 3};

	/* A spreadsheet's empty row is blank too. */
	struct text words = trim(line);
	if (words.n == 0 || *words.p == '#' || is_only(line, "\t,; \""))
		return IDS_END;
	const bool is_first = !r->has_begun;
	r->has_begun = true;
	if (r->columns.id < 0 && uuid_parse(words.p, words.n, &item->id))
		return IDS_JOB;
	if (*words.p == '{')
		return read_json(r, words, item, err);
	if (*words.p == '[') {
		item->problem = "no job ID in this line: JSON is read as one object a line";
		return IDS_INVALID;
	}
	return read_csv(r, line, is_first, item);
}

enum ids_kind ids_next(struct ids_reader *r, struct ids_item *item, struct err *err)
{
	*item = (struct ids_item){.kind = IDS_END};
	while (item->kind == IDS_END && !r->ended) {
		struct text line;
		enum lines_kind kind = lines_next(r->lines, &line, err);

		item->line = lines_number(r->lines);
		switch (kind) {
		case LINES_LINE:
			item->kind = read_line(r, line, item, err);
			break;
		case LINES_TOO_LONG:
			r->has_begun = true;
			item->kind = IDS_INVALID;
			item->problem = "a line of more than 16 MiB";
			break;
		case LINES_END:
			r->ended = true;
			break;
		case LINES_ERROR:
			item->kind = IDS_ERROR;
			break;
		}
	}
	r->ended = r->ended || item->kind == IDS_ERROR;
	return item->kind;
}
