/* RFC 8259, rule by rule, at the level of the program's reading: body.c, however the bytes are split, and what comes
 * out again (json_copy) of what is valid. The cases stand in tests/data/json/cases.txt, one a line. */
#include "body.h"
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_CASE 4096

/* One line of the file: "y TEXT" (valid), "n TEXT" (not); in TEXT \xHH is that byte, and \xHH*N that byte N times. */
struct line {
	bool valid;
	char text[MAX_CASE];
	size_t n;
};

static bool read_line(FILE *f, struct line *line)
{
	static char raw[MAX_CASE];

	do {
		if (fgets(raw, sizeof(raw), f) == NULL)
			return false;
	} while (raw[0] == '#' || raw[0] == '\n');
	raw[strcspn(raw, "\n")] = '\0';
	assert_true((raw[0] == 'y' || raw[0] == 'n') && raw[1] == ' ');
	line->valid = raw[0] == 'y';
	line->n = 0;
	for (const char *p = raw + 2; *p != '\0';) {
		unsigned c, times;
		int used = 0;

		if (sscanf(p, "\\x%2x*%u%n", &c, &times, &used) == 2 && used > 0) {
			p += used;
		} else if (sscanf(p, "\\x%2x%n", &c, &used) == 1 && used > 0) {
			times = 1;
			p += used;
		} else {
			c = (unsigned char)*p++;
			times = 1;
		}
		assert_true(line->n + times < sizeof(line->text));
		memset(line->text + line->n, (int)c, times);
		line->n += times;
	}
	return true;
}

/* Reads it in pieces: up to first, then by step. NULL: it is valid, and *out is what comes out again. */
static const char *reading(struct body *b, struct json_doc *doc, const struct line *line, size_t first, size_t step,
			   struct buf *out)
{
	struct err err;
	unsigned flags = 0;

	body_reset(b, false);
	for (size_t at = 0; at < line->n;) {
		size_t n = at == 0 && first > 0 ? first : step;

		if (n > line->n - at)
			n = line->n - at;
		assert_int_equal(body_add(b, line->text + at, n, &err), 0);
		at += n;
	}
	assert_int_equal(body_end(b, &err), 0);
	if (body_problem(b) != NULL)
		return body_problem(b);
	buf_clear(out);
	assert_int_equal(body_parse(b, doc, &err), 0);
	assert_int_equal(json_copy(doc, json_root(doc), SIZE_MAX, out, &flags, &err), 0);
	return NULL;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* What is valid comes out as it came in: every digit, escape and key in its place. But for the mark and the blanks
 * around the document, and for what no sink can store; then the case says nothing of it. */
static void same(const struct line *line, const struct buf *out)
{
	const char *p = line->text, *end = p + line->n;

	if (line->n >= 3 && memcmp(p, "\xef\xbb\xbf", 3) == 0)
		p += 3;
	while (p < end && is_blank(*p))
		p++;
	while (end > p && is_blank(end[-1]))
		end--;
	if (memmem(out->data, out->len, "\\ufffd", 6) != NULL)
		return;
	assert_int_equal(out->len, end - p);
	assert_memory_equal(out->data, p, out->len);
}

static void every_rule_in_every_split(void **state)
{
	const char *dir = getenv("srcdir");
	char path[4096];
	struct body *b = body_new(UINT64_MAX);
	struct json_doc *doc = json_new();
	static struct line line;
	struct buf out;
	size_t cases = 0;
	FILE *f;

	(void)state;
	(void)snprintf(path, sizeof(path), "%s/tests/data/json/cases.txt", dir != NULL ? dir : ".");
	f = fopen(path, "re");
	if (f == NULL)
		fail_msg("cannot open '%s'", path);
	assert_non_null(b);
	assert_non_null(doc);
	buf_init(&out, SIZE_MAX - 1);
	while (read_line(f, &line)) {
		cases++;
		for (size_t first = 0; first < line.n || first == 0; first += unit_light() ? 7 : 1) {
			/* 0: byte by byte; else two pieces. */
			const char *problem = reading(b, doc, &line, first, first == 0 ? 1 : line.n, &out);

			if ((problem == NULL) != line.valid)
				fail_msg("case %zu, split at %zu: '%.*s' is %s: %s", cases, first, (int)line.n,
					 line.text, line.valid ? "valid" : "not valid",
					 problem != NULL ? problem : "no problem");
			if (problem == NULL)
				same(&line, &out);
		}
	}
	assert_true(cases > 250);
	(void)fclose(f);
	buf_free(&out);
	json_free(doc);
	body_free(b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(every_rule_in_every_split)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
