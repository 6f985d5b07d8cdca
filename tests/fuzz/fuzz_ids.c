/*
 * ids.c and lines.c: input files -> job IDs.
 *
 * - Every ID that comes out is a UUID that stands in the line that is said; lines come in their order, each once.
 * - A line that is nothing but a UUID gives it, unless a header said where IDs stand.
 * - Where the blocks of the reading end changes nothing, nor does LF against CRLF.
 */
#include "fuzz.h"
#include "ids.h"

#include <strings.h>

#define BLOCK 65536 /* what lines.c reads at a time, or a multiple of it */

/* The file's lines, read another way: an end is CRLF, LF or CR. */
struct line {
	const char *p;
	size_t n;
};

static struct line next_line(const char **at, const char *end)
{
	struct line l = {*at, 0};

	while (*at < end && **at != '\n' && **at != '\r')
		++*at;
	l.n = (size_t)(*at - l.p);
	if (end - *at >= 2 && (*at)[0] == '\r' && (*at)[1] == '\n')
		++*at;
	if (*at < end)
		++*at;
	return l;
}

static bool stands_in(const struct line *l, const char *word)
{
	const size_t n = strlen(word);

	for (size_t i = 0; i + n <= l->n; i++)
		if (strncasecmp(l->p + i, word, n) == 0)
			return true;
	return false;
}

static void note_item(struct buf *said, const struct ids_item *item, int64_t lines_before)
{
	char id[UUID_TEXT_LEN + 1];

	note(said, "line", item->line - lines_before);
	note(said, "kind", item->kind);
	note_text(said, "id", text_of(uuid_format(&item->id, id)));
	note_text(said, "time", text_of(item->completed_at.text));
	note_text(said, "json", item->json);
	note_text(said, "problem", text_of(item->problem));
}

/* What is in the file; lines_before: so many are not counted. */
static void read_all(const char *p, size_t n, int64_t lines_before, struct buf *said)
{
	/* fmemopen knows no empty file */
	FILE *f = n > 0 ? fmemopen((void *)(uintptr_t)p, n, "r") : fopen("/dev/null", "r");
	struct ids_reader *r = ids_new(f);
	struct ids_item item;
	struct err err;

	HOLDS(f != NULL && r != NULL);
	buf_clear(said);
	while (ids_next(r, &item, &err) != IDS_END) {
		HOLDS(item.kind == IDS_JOB || item.kind == IDS_INVALID);
		note_item(said, &item, lines_before);
	}
	HOLDS(ids_next(r, &item, &err) == IDS_END);
	ids_free(r);
	(void)fclose(f);
}

static void check_item(const struct ids_item *item, const struct line *l)
{
	char id[UUID_TEXT_LEN + 1];

	HOLDS(item->problem == NULL ? item->kind == IDS_JOB
				    : fuzz_is_text(item->problem, strlen(item->problem)) && *item->problem != '\0');
	if (item->kind == IDS_INVALID) {
		HOLDS(item->json.p == NULL && !stamp_is_set(&item->completed_at));
		return;
	}
	if (item->json.p != NULL) {
		HOLDS(item->json.n >= UUID_TEXT_LEN && item->json.n <= l->n && item->json.p[0] == '{');
		HOLDS(memmem(l->p, l->n, item->json.p, item->json.n) != NULL);
	}
	/* In JSON it may stand in escapes. */
	HOLDS(stands_in(l, uuid_format(&item->id, id)) || (item->json.p != NULL && memchr(l->p, '\\', l->n) != NULL));
}

/* One item for one line, and none for a line that is passed over. */
static void check_items(const char *p, size_t n)
{
	FILE *f = n > 0 ? fmemopen((void *)(uintptr_t)p, n, "r") : fopen("/dev/null", "r");
	struct ids_reader *r = ids_new(f);
	const char *at = p, *end = p + n;
	int64_t number = 0;
	struct ids_item item;
	struct err err;
	bool only_bare = true; /* every line so far was empty, or nothing but a UUID */

	HOLDS(f != NULL && r != NULL);
	while (ids_next(r, &item, &err) != IDS_END) {
		struct line l = {p, 0};
		struct uuid id;

		HOLDS(item.line > number);
		for (; number < item.line; number++) {
			HOLDS(at < end);
			l = next_line(&at, end);
			only_bare = only_bare && (l.n == 0 || (number + 1 == item.line && uuid_parse(l.p, l.n, &id)));
		}
		check_item(&item, &l);
		if (only_bare)
			HOLDS(item.kind == IDS_JOB && uuid_cmp(&item.id, &id) == 0 && item.problem == NULL);
	}
	while (at < end && only_bare) {
		const struct line l = next_line(&at, end);
		struct uuid id;

		HOLDS(!uuid_parse(l.p, l.n, &id));
		only_bare = l.n == 0;
	}
	ids_free(r);
	(void)fclose(f);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct buf first, other, text;
	const char *p = (const char *)data;
	struct dice dice = dice_of(data, size);
	const bool utf16 = size >= 2 && (memcmp(p, "\xff\xfe", 2) == 0 || memcmp(p, "\xfe\xff", 2) == 0);

	if (first.max == 0) {
		buf_init(&first, SIZE_MAX / 2);
		buf_init(&other, SIZE_MAX / 2);
		buf_init(&text, SIZE_MAX / 2);
	}
	check_items(p, size);
	read_all(p, size, 0, &first);

	/* Behind a comment that ends shortly before a block does. */
	if (!utf16 && dice_roll(&dice, 8) == 0) {
		const size_t before = BLOCK - 1 - dice_roll(&dice, size < 1000 ? size + 1 : 1000);

		buf_clear(&text);
		char *room = buf_room(&text, before + 1);
		memset(room, '#', before);
		room[before - 1] = '\n';
		text.len = before;
		add(&text, p, size);
		read_all(text.data, text.len, 1, &other);
		HOLDS(same(&first, &other));
	}
	if (size > 0 && memchr(p, '\r', size) == NULL) {
		buf_clear(&text);
		for (size_t i = 0; i < size; i++)
			add(&text, p[i] == '\n' ? "\r\n" : &p[i], p[i] == '\n' ? 2 : 1);
		read_all(text.data, text.len, 0, &other);
		HOLDS(same(&first, &other));
	}
	return 0;
}
