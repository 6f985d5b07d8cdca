/*
 * discover_read.c and discover_line.c: a page of the list of conversations, or a conversation: whatever JSON the input
 * is, it is read as both.
 *
 * - What is found has its form: IDs that an address can be made of, cursors within their length, times that have come.
 * - Turns are not older than what was asked for, where they say when they were.
 * - A line is one line of JSON that run reads as that job, and a terminal obeys nothing of it.
 */
#include "discover.h"
#include "discover_read.h"
#include "fuzz.h"
#include "ids.h"
#include "utf8.h"

#define NOW_US   (INT64_C(1764000000) * 1000000)
#define SINCE_US (NOW_US - INT64_C(14) * 86400 * 1000000)

static void check_line(const struct discover_job *job)
{
	struct ids_reader *ids;
	struct ids_item item;
	struct buf line;
	struct err err;
	FILE *f;

	buf_init(&line, (size_t)64 << 20);
	HOLDS(discover_line(job, &line) == 0);
	HOLDS(memchr(line.data, '\n', line.len) == line.data + line.len - 1);
	HOLDS(fuzz_is_text(line.data, line.len));
	for (size_t i = 0; i < line.len - 1;) {
		const size_t n = utf8_len(line.data + i, line.len - i);

		HOLDS(!utf8_is_hidden(utf8_decode(line.data + i, n)));
		i += n;
	}
	f = fmemopen(line.data, line.len, "r");
	ids = ids_new(f);
	HOLDS(ids != NULL && ids_next(ids, &item, &err) == IDS_JOB && item.problem == NULL);
	HOLDS(uuid_cmp(&item.id, &job->id) == 0 && item.completed_at.us == job->completed_at.us);
	HOLDS(item.json.n == line.len - 1 && ids_next(ids, &item, &err) == IDS_END);
	ids_free(ids);
	(void)fclose(f);
	buf_free(&line);
}

static void check_page(const struct json_doc *doc)
{
	struct discover_page p;
	struct err err;

	if (discover_page_problem(doc) != NULL)
		return;
	HOLDS(discover_page_read(doc, &p, &err) == 0);
	HOLDS(p.odd >= 0 && !(p.cut && p.cursor != NULL));
	if (p.cursor != NULL)
		HOLDS(*p.cursor != '\0' && strlen(p.cursor) <= DISCOVER_CURSOR_MAX);
	for (size_t i = 0; i < p.n; i++) {
		struct discover_job job = {.conversation_id = text_of(p.at[i].id), .name = text_of(p.at[i].name)};

		HOLDS(*p.at[i].id != '\0' && strlen(p.at[i].id) <= DISCOVER_ID_MAX);
		HOLDS(strcmp(p.at[i].id, ".") != 0 && strcmp(p.at[i].id, "..") != 0);
		HOLDS(p.at[i].name == NULL || strlen(p.at[i].name) <= DISCOVER_TEXT_MAX);
		check_line(&job);
	}
	discover_page_free(&p);
}

static void check_turns(const struct json_doc *doc)
{
	struct discover_turns t;
	struct err err;

	if (discover_turns_problem(doc) != NULL)
		return;
	HOLDS(discover_turns_read(doc, SINCE_US, NOW_US, &t, &err) == 0);
	HOLDS((t.odd > 0) == (t.bad != -1));
	for (size_t i = 0; i < t.n; i++) {
		struct discover_job job = {.id = t.at[i].id, .completed_at = t.at[i].completed_at};
		unsigned flags = 0;
		struct buf prompt;

		HOLDS(!stamp_is_set(&job.completed_at) || job.completed_at.us <= NOW_US);
		buf_init(&prompt, DISCOVER_TEXT_MAX + 4);
		HOLDS(json_string(doc, t.at[i].prompt, DISCOVER_TEXT_MAX, &prompt, &flags, &err) == 0);
		if (t.at[i].prompt != -1)
			job.prompt = buf_text(&prompt);
		check_line(&job);
		buf_free(&prompt);
	}
	discover_turns_free(&t);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct json_doc *doc = json_new();
	struct err err;

	if (json_parse(doc, (const char *)data, size, &err) == 0) {
		check_page(doc);
		check_turns(doc);
	}
	json_free(doc);
	return 0;
}
