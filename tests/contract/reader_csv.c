/* reader_csv.c: the folders of csv: as a person's script would read them: CSV after RFC 4180, and job.json. */
#include "reader_flat.h"

/* The next cell of a CSV file at *p. The cell goes to out, where that is not NULL. Returns what ends it: ',', '\n' or 0
 * at the end of the file. *null: nothing stood there, not even quotes. */
static int next_cell(const char **p, const char *end, struct buf *out, bool *null)
{
	const bool quoted = *p < end && **p == '"';
	int stop;

	*null = *p == end || **p == ',' || **p == '\n';
	*p += quoted;
	while (*p < end) {
		if (quoted && **p == '"') {
			if (*p + 1 == end || (*p)[1] != '"')
				break;
			(*p)++;
		} else if (!quoted && (**p == ',' || **p == '\n')) {
			break;
		}
		assert_false(!quoted && (**p == '"' || **p == '\r'));
		if (out)
			assert_int_equal(buf_addc(out, **p), 0);
		(*p)++;
	}
	*p += quoted;
	stop = *p < end ? **p : 0;
	assert_true(stop == ',' || stop == '\n' || stop == 0);
	*p += stop != 0;
	return stop;
}

/* The cells of a row, the header's being -1, and the text of one of them. -1: there is no such row. */
static int64_t cells_of(const struct buf *file, int64_t row, int64_t cell, struct buf *out, bool *null)
{
	const char *p = buf_cstr(file), *end = p + file->len;
	bool ignored;

	for (int64_t r = -1; p < end; r++) {
		const bool blank = *p == '\n';
		int64_t n = 0;
		int stop;
		do {
			const bool wanted = r == row && n == cell;
			stop = next_cell(&p, end, wanted ? out : NULL, wanted ? null : &ignored);
			n++;
		} while (stop == ',');
		if (r == row)
			return blank ? 0 : n;
	}
	return -1;
}

static int64_t rows_of(const struct buf *file)
{
	const char *p = buf_cstr(file), *end = p + file->len;
	int64_t n = -1;
	bool ignored;

	while (p < end) {
		if (next_cell(&p, end, NULL, &ignored) != ',')
			n++;
	}
	return n < 0 ? 0 : n;
}

/* A job's folder, where the manifest says that the job is stored. */
static bool read_file(const char *target, const char *job, const char *name, struct buf *out)
{
	char path[256];
	struct buf state;
	bool stored;

	buf_init(&state, 64);
	stored = flat_job(target, job, "state", &state) && strcmp(buf_cstr(&state), "stored") == 0;
	buf_free(&state);
	(void)snprintf(path, sizeof(path), "%s/%s", job, name);
	return stored && flat_file(target, path, out);
}

/* job.json, open. */
struct job_json {
	struct buf text;
	struct json_doc *doc;
	bool there;
};

static struct job_json open_json(const char *target, const char *job)
{
	struct job_json j = {.doc = json_new()};

	assert_non_null(j.doc);
	buf_init(&j.text, SIZE_MAX / 2);
	j.there = read_file(target, job, "job.json", &j.text);
	if (j.there)
		assert_int_equal(json_parse(j.doc, j.text.data, j.text.len, &(struct err){0}), 0);
	return j;
}

static void close_json(struct job_json *j)
{
	buf_free(&j->text);
	json_free(j->doc);
}

static json_ref results_of(const struct job_json *j)
{
	return j->there ? json_member(j->doc, json_root(j->doc), "results", NULL) : -1;
}

static json_ref result_of(const struct job_json *j, int64_t action)
{
	int64_t index = -1;
	json_ref r = json_first(j->doc, results_of(j));

	while (r >= 0 && (!json_int(j->doc, json_member(j->doc, r, "action_index", NULL), &index) || index != action))
		r = json_next(j->doc, r);
	return r;
}

/* The CSV file of a result. */
static bool read_csv(const char *target, const char *job, const struct job_json *j, json_ref result, struct buf *out)
{
	struct buf name;
	bool there;

	buf_init(&name, 256);
	there =
	    result >= 0 && flat_value(j->doc, result, "file", &name) && read_file(target, job, buf_cstr(&name), out);
	buf_free(&name);
	return there;
}

static int64_t count_rows(const char *target, const char *job, const struct job_json *j)
{
	int64_t n = 0;

	for (json_ref r = json_first(j->doc, results_of(j)); r >= 0; r = json_next(j->doc, r)) {
		struct buf file;
		buf_init(&file, SIZE_MAX / 2);
		if (read_csv(target, job, j, r, &file))
			n += rows_of(&file);
		buf_free(&file);
	}
	return n;
}

static int64_t read_count(const char *target, const char *table, const char *job)
{
	struct job_json j = open_json(target, job);
	struct buf file;
	int64_t n = 0;

	buf_init(&file, SIZE_MAX / 2);
	if (strcmp(table, "jobs") == 0)
		n = flat_is_known(target, job);
	else if (strcmp(table, "bodies") == 0)
		n = flat_body(target, job, &file);
	else if (strcmp(table, "actions") == 0)
		n = read_file(target, job, "actions.csv", &file) ? rows_of(&file) : 0;
	else if (strcmp(table, "results") == 0)
		n = (int64_t)json_count(j.doc, results_of(&j));
	else
		n = count_rows(target, job, &j);
	buf_free(&file);
	close_json(&j);
	return n;
}

/* What the manifest says comes first: job.json is of the time when the job was stored. */
static bool read_job(const char *target, const char *job, const char *column, struct buf *out)
{
	static const char *const own[] = {"topic",           "message",        "result_summary", "omni_chat_url",
					  "first_action_at", "last_action_at", "extra"};
	struct job_json j;
	bool there;

	for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++) {
		if (strcmp(column, own[i]) == 0) {
			j = open_json(target, job);
			there = j.there && flat_column(j.doc, json_root(j.doc), column, out);
			close_json(&j);
			return there;
		}
	}
	return flat_job(target, job, column, out);
}

static bool read_action(const char *target, const char *job, int64_t action, const char *column, struct buf *out)
{
	static const char *const names[] = {"job_id",    "action_index", "type",     "message",
					    "timestamp", "status",       "is_error", "extra"};
	struct buf file;
	bool null = true;
	int64_t i = 0;

	buf_init(&file, SIZE_MAX / 2);
	while (strcmp(names[i], column) != 0)
		i++;
	assert_true(read_file(target, job, "actions.csv", &file));
	assert_int_equal(cells_of(&file, action, i, out, &null), 8);
	buf_free(&file);
	if (strcmp(column, "is_error") == 0 && !null) {
		const bool yes = strcmp(buf_cstr(out), "true") == 0;
		buf_clear(out);
		assert_int_equal(buf_adds(out, yes ? "1" : "0"), 0);
	}
	return !null;
}

static bool read_result(const char *target, const char *job, int64_t action, const char *column, struct buf *out)
{
	struct job_json j = open_json(target, job);
	const bool there = flat_column(j.doc, result_of(&j, action), column, out);

	close_json(&j);
	return there;
}

static bool read_section(const char *target, const char *job, int64_t action, int64_t row, struct buf *out)
{
	struct job_json j = open_json(target, job);
	json_ref s = json_first(j.doc, json_member(j.doc, result_of(&j, action), "sections", NULL));
	int64_t from = 0, rows = 0;
	bool there;

	while (s >= 0 && json_int(j.doc, json_member(j.doc, s, "row_index", NULL), &from) &&
	       json_int(j.doc, json_member(j.doc, s, "rows", NULL), &rows) && (row < from || row >= from + rows))
		s = json_next(j.doc, s);
	there = flat_value(j.doc, s, "section", out);
	close_json(&j);
	return there;
}

static int64_t look_at_row(const char *target, const char *job, int64_t action, int64_t row, int64_t cell,
			   struct buf *out)
{
	struct job_json j = open_json(target, job);
	struct buf file;
	bool null;
	int64_t n = -1;

	buf_init(&file, SIZE_MAX / 2);
	if (read_csv(target, job, &j, result_of(&j, action), &file))
		n = cells_of(&file, row, cell, out, &null);
	buf_free(&file);
	close_json(&j);
	return n;
}

static int64_t read_n_cells(const char *target, const char *job, int64_t action, int64_t row)
{
	return look_at_row(target, job, action, row, -1, NULL);
}

static bool read_cell(const char *target, const char *job, int64_t action, int64_t row, int64_t cell, struct buf *out)
{
	return look_at_row(target, job, action, row, cell, out) > cell;
}

const struct contract_reader reader_csv = {
    .count = read_count,
    .job = read_job,
    .action = read_action,
    .result = read_result,
    .section = read_section,
    .n_cells = read_n_cells,
    .cell = read_cell,
    .body = flat_body,
};
