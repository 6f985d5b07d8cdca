/*
 * jsonscan.c, json.c, jsonstr.c, jsonnum.c, jsonw.c and body.c's skeleton: is it JSON, and what is in it?
 *
 * - How the bytes are split changes nothing: verdict, place and words of the problem, events.
 * - The verdict is that of a second reader, below, written from the grammar of RFC 8259 alone; and what we accept,
 *   SQLite takes for JSON too.
 * - What was accepted can be walked and written again; read again it is the same, and so is the copy of json_copy, and
 *   the same text read through holes.
 */
#include "body.h"
#include "fuzz.h"
#include "jsonscan.h"
#include "jsonstr.h"
#include "jsonw.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <sqlite3.h>

/* --- a second reader --- */

struct reader {
	const char *p, *end;
	unsigned depth;
};

static void blanks(struct reader *r)
{
	while (r->p < r->end && (*r->p == ' ' || *r->p == '\t' || *r->p == '\n' || *r->p == '\r'))
		r->p++;
}

static bool eat(struct reader *r, const char *word)
{
	size_t n = strlen(word);

	if ((size_t)(r->end - r->p) < n || memcmp(r->p, word, n) != 0)
		return false;
	r->p += n;
	return true;
}

static bool digits(struct reader *r)
{
	const char *from = r->p;

	while (r->p < r->end && *r->p >= '0' && *r->p <= '9')
		r->p++;
	return r->p > from;
}

static bool read_number(struct reader *r)
{
	(void)eat(r, "-");
	if (!eat(r, "0") && !digits(r))
		return false;
	if (eat(r, ".") && !digits(r))
		return false;
	if (!eat(r, "e") && !eat(r, "E"))
		return true;
	if (!eat(r, "+"))
		(void)eat(r, "-");
	return digits(r);
}

static bool read_string(struct reader *r)
{
	const char *from;

	if (!eat(r, "\""))
		return false;
	from = r->p;
	while (r->p < r->end && *r->p != '"') {
		if ((unsigned char)*r->p < 0x20)
			return false;
		if (*r->p++ != '\\')
			continue;
		if (r->p == r->end)
			return false;
		if (*r->p == 'u') {
			for (int i = 1; i <= 4; i++)
				if (r->end - r->p <= i || !isxdigit((unsigned char)r->p[i]))
					return false;
			r->p += 4;
		} else if (*r->p == '\0' || strchr("\"\\/bfnrt", *r->p) == NULL) {
			return false;
		}
		r->p++;
	}
	return fuzz_is_text(from, (size_t)(r->p - from)) && eat(r, "\"");
}

static bool read_value(struct reader *r);

static bool read_items(struct reader *r, bool object, const char *end)
{
	bool more = true;

	if (++r->depth > JSONSCAN_MAX_DEPTH)
		return false;
	r->p++;
	blanks(r);
	if (!eat(r, end)) {
		while (more) {
			blanks(r);
			if (object) {
				if (!read_string(r))
					return false;
				blanks(r);
				if (!eat(r, ":"))
					return false;
			}
			if (!read_value(r))
				return false;
			more = eat(r, ",");
		}
		if (!eat(r, end))
			return false;
	}
	r->depth--;
	return true;
}

static bool read_value(struct reader *r)
{
	bool good;

	blanks(r);
	if (r->p == r->end)
		return false;
	switch (*r->p) {
	case '"':
		good = read_string(r);
		break;
	case '[':
		good = read_items(r, false, "]");
		break;
	case '{':
		good = read_items(r, true, "}");
		break;
	default:
		good = eat(r, "true") || eat(r, "false") || eat(r, "null") || read_number(r);
	}
	blanks(r);
	return good;
}

static bool is_json(const char *p, size_t n)
{
	struct reader r = {p, p + n, 0};

	(void)eat(&r, "\xef\xbb\xbf");
	return read_value(&r) && r.p == r.end;
}

static bool sqlite_takes(struct text t)
{
	static sqlite3_stmt *ask;
	static sqlite3 *db;
	bool taken;

	if (ask == NULL && (sqlite3_open(":memory:", &db) != SQLITE_OK ||
			    sqlite3_prepare_v2(db, "select json_valid(?)", -1, &ask, NULL) != SQLITE_OK))
		abort();
	if (sqlite3_bind_text(ask, 1, t.p, (int)t.n, SQLITE_STATIC) != SQLITE_OK || sqlite3_step(ask) != SQLITE_ROW)
		abort();
	taken = sqlite3_column_int(ask, 0) == 1;
	(void)sqlite3_reset(ask);
	(void)sqlite3_clear_bindings(ask);
	return taken;
}

/* --- the scan --- */

struct scanned {
	struct buf bytes, kinds; /* what the events gave, and of each byte which event */
	struct jsonscan scan;
	char said[200];
};

static int outside(void *ctx, const char *p, size_t n)
{
	struct scanned *s = ctx;

	HOLDS(n > 0);
	add(&s->bytes, p, n);
	for (size_t i = 0; i < n; i++)
		add(&s->kinds, "o", 1);
	return 0;
}

static int inside(void *ctx, const char *p, size_t n)
{
	struct scanned *s = ctx;

	HOLDS(n > 0);
	add(&s->bytes, p, n);
	for (size_t i = 0; i < n; i++)
		add(&s->kinds, "i", 1);
	return 0;
}

static bool scan(struct scanned *s, const char *p, size_t n, enum split how, struct dice dice)
{
	static const struct jsonscan_events events = {outside, inside};
	int rc = 0;

	buf_clear(&s->bytes);
	buf_clear(&s->kinds);
	jsonscan_init(&s->scan, &events, s);
	for (size_t k; n > 0 && rc == 0; p += k, n -= k) {
		k = split_next(how, &dice, n);
		rc = jsonscan_feed(&s->scan, p, k);
	}
	HOLDS((rc != 0) == (s->scan.problem != NULL));
	if (rc == 0)
		rc = jsonscan_finish(&s->scan);
	HOLDS(jsonscan_complete(&s->scan) == (rc == 0));
	jsonscan_say(&s->scan, s->said, sizeof(s->said));
	HOLDS((s->said[0] == '\0') == (rc == 0));
	return rc == 0;
}

/* The verdict, the same however the input is split. */
static bool check_scan(const char *p, size_t n, struct dice dice)
{
	static struct scanned first, other;
	bool valid;
	size_t skipped;

	if (first.bytes.max == 0) {
		buf_init(&first.bytes, SIZE_MAX / 2);
		buf_init(&first.kinds, SIZE_MAX / 2);
		buf_init(&other.bytes, SIZE_MAX / 2);
		buf_init(&other.kinds, SIZE_MAX / 2);
	}
	valid = scan(&first, p, n, SPLIT_NOT, dice);
	skipped = n >= 3 && memcmp(p, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
	HOLDS(first.scan.bom == (skipped == 3));
	/* all that comes before a problem, but for a mark or half of one */
	HOLDS(first.bytes.len > 0 ? first.bytes.len == first.scan.offset - skipped : first.scan.offset <= 3);
	HOLDS(first.bytes.len == 0 || memcmp(first.bytes.data, p + skipped, first.bytes.len) == 0);
	for (int how = SPLIT_NOT + 1; how < SPLITS; how++) {
		HOLDS(scan(&other, p, n, (enum split)how, dice) == valid);
		HOLDS(same(&first.bytes, &other.bytes) && same(&first.kinds, &other.kinds));
		HOLDS(first.scan.offset == other.scan.offset && first.scan.problem == other.scan.problem);
		HOLDS(strcmp(first.said, other.said) == 0);
	}
	return valid;
}

/* --- the walk --- */

#define MANY 64 /* members of an object that are looked up by name */

static int append_piece(void *ctx, const char *p, size_t n, struct err *err)
{
	(void)err;
	HOLDS(n > 0 && fuzz_is_text(p, n));
	add(ctx, p, n);
	return 0;
}

static void walk_string(const struct json_doc *doc, json_ref s, struct buf *out)
{
	static struct buf whole, pieces;
	unsigned flags = 0, again = 0;
	struct err err;
	size_t max;

	if (whole.max == 0) {
		buf_init(&whole, SIZE_MAX / 2);
		buf_init(&pieces, SIZE_MAX / 2);
	}
	buf_clear(&whole);
	buf_clear(&pieces);
	HOLDS(json_string(doc, s, JSON_MAX_STRING, &whole, &flags, &err) == 0);
	HOLDS((flags & JSON_CUT) == 0 && fuzz_is_text(buf_cstr(&whole), whole.len));
	HOLDS(json_string_pieces(doc, s, append_piece, &pieces, &again, &err) == 0);
	HOLDS(flags == again && same(&whole, &pieces));
	HOLDS((flags & JSON_REPLACED) != 0 || whole.len <= json_raw_len(doc, s));
	if ((flags & JSON_REPLACED) == 0)
		HOLDS(json_is(doc, s, buf_cstr(&whole)));

	/* Cut: a whole number of characters, as many as there is room for. */
	max = whole.len / 2;
	buf_clear(&pieces);
	again = 0;
	HOLDS(json_string(doc, s, max, &pieces, &again, &err) == 0);
	HOLDS(pieces.len <= max && pieces.len + 4 > max && fuzz_is_text(buf_cstr(&pieces), pieces.len));
	HOLDS(pieces.len == 0 || memcmp(pieces.data, whole.data, pieces.len) == 0);
	HOLDS(((again & JSON_CUT) != 0) == (pieces.len < whole.len));
	if (jsonw_quote(out, buf_cstr(&whole), whole.len) != 0)
		abort();
}

static void walk_number(const struct json_doc *doc, json_ref n, struct buf *out)
{
	size_t at = out->len;
	struct err err;
	int64_t value;
	char *end;

	HOLDS(json_copy(doc, n, JSON_MAX_STRING, out, NULL, &err) == 0);
	errno = 0;
	const long long whole = strtoll(out->data + at, &end, 10);
	const bool plain = *end == '\0' && errno == 0;
	const long double real = strtold(out->data + at, NULL);
	if (json_int(doc, n, &value)) {
		/* A long double holds every int64; what it rounds has a fraction that it cannot hold. */
		HOLDS(plain ? value == whole : fabsl(real - (long double)value) <= 0.5L);
	} else {
		HOLDS(!plain);
	}
}

/* The value of each key is found by its name, the last one where there are several. */
static void look_up(const struct json_doc *doc, json_ref object)
{
	static struct buf name;
	json_ref last;
	struct err err;
	bool twice;

	if (name.max == 0)
		buf_init(&name, SIZE_MAX / 2);
	for (json_ref key = json_first(doc, object); key >= 0; key = json_next(doc, key)) {
		unsigned flags = 0;

		buf_clear(&name);
		HOLDS(json_string(doc, key, JSON_MAX_STRING, &name, &flags, &err) == 0);
		last = -1;
		twice = false;
		for (json_ref k = json_first(doc, object); k >= 0; k = json_next(doc, k)) {
			if (!json_is(doc, k, buf_cstr(&name)))
				continue;
			twice = twice || last >= 0;
			last = json_value(doc, k);
		}
		bool said = false;
		HOLDS(json_member(doc, object, buf_cstr(&name), &said) == last && said == twice);
		HOLDS(last >= 0);
	}
}

static void walk(const struct json_doc *doc, json_ref v, struct buf *out)
{
	const enum json_type type = json_type_of(doc, v);
	const bool object = type == JSON_OBJECT;
	size_t n = 0;
	struct err err;

	switch (type) {
	case JSON_STRING:
		walk_string(doc, v, out);
		return;
	case JSON_NUMBER:
		walk_number(doc, v, out);
		return;
	case JSON_ARRAY:
	case JSON_OBJECT:
		break;
	default:
		HOLDS(json_copy(doc, v, JSON_MAX_STRING, out, NULL, &err) == 0);
		return;
	}
	add(out, object ? "{" : "[", 1);
	for (json_ref c = json_first(doc, v); c >= 0; c = json_next(doc, c), n++) {
		HOLDS(c > v);
		if (n > 0)
			add(out, ",", 1);
		walk(doc, c, out);
		if (!object) {
			HOLDS(json_value(doc, c) < 0 || json_type_of(doc, c) == JSON_STRING);
			continue;
		}
		HOLDS(json_type_of(doc, c) == JSON_STRING && json_value(doc, c) == c + 1);
		add(out, ":", 1);
		walk(doc, json_value(doc, c), out);
	}
	add(out, object ? "}" : "]", 1);
	HOLDS(json_count(doc, v) == n);
	if (object && n <= MANY)
		look_up(doc, v);
}

static void write_again(struct json_doc *doc, struct text t, struct buf *out)
{
	struct err err;

	HOLDS(json_parse(doc, t.p, t.n, &err) == 0);
	HOLDS(json_root(doc) == 0 && json_next(doc, 0) == -1);
	buf_clear(out);
	walk(doc, 0, out);
}

/* The same by way of a body, where every string of more than a few bytes lies in the spool. */
static void write_holes(struct json_doc *doc, struct text t, struct dice dice, struct buf *out, struct buf *copy)
{
	static struct body *body;
	struct err err;
	size_t k;

	if (body == NULL && (body = body_new(UINT64_MAX)) == NULL)
		abort();
	body_reset(body, false);
	body_spool_beyond(body, dice_roll(&dice, 9));
	for (; t.n > 0; t.p += k, t.n -= k) {
		k = split_next(SPLIT_LARGE, &dice, t.n);
		HOLDS(body_add(body, t.p, k, &err) == 0);
	}
	HOLDS(body_end(body, &err) == 0 && body_problem(body) == NULL && body_parse(body, doc, &err) == 0);
	buf_clear(out);
	walk(doc, 0, out);
	buf_clear(copy);
	HOLDS(json_copy(doc, 0, JSON_MAX_STRING, copy, NULL, &err) == 0);
}

/* What is between the quotes, in slices, and what is left over again with the next one. */
static void check_slices(struct text inner, struct dice dice)
{
	static struct buf whole, slices;

	if (whole.max == 0) {
		buf_init(&whole, SIZE_MAX / 2);
		buf_init(&slices, SIZE_MAX / 2);
	}
	for (int as_json = 0; as_json < 2; as_json++) {
		static struct jsonstr s;
		size_t used, at = 0;

		buf_clear(&whole);
		buf_clear(&slices);
		jsonstr_init(&s, as_json == 1, UINT64_MAX, append_piece, &whole);
		HOLDS(jsonstr_feed(&s, inner.p, inner.n, true, &used, NULL) == 0 && used == inner.n);
		jsonstr_init(&s, as_json == 1, UINT64_MAX, append_piece, &slices);
		while (at < inner.n) {
			size_t n = JSONSTR_LEFT_MAX + 1 + dice_roll(&dice, 20);

			n = n < inner.n - at ? n : inner.n - at;
			HOLDS(jsonstr_feed(&s, inner.p + at, n, at + n == inner.n, &used, NULL) == 0);
			HOLDS(used <= n && n - used <= JSONSTR_LEFT_MAX && used > 0);
			at += used;
		}
		HOLDS(same(&whole, &slices));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct json_doc *doc;
	static struct buf first, again, copy;
	const char *p = (const char *)data;
	struct dice dice = dice_of(data, size);
	bool valid = check_scan(p, size, dice);
	struct err err;

	if (doc == NULL) {
		doc = json_new();
		buf_init(&first, SIZE_MAX / 2);
		buf_init(&again, SIZE_MAX / 2);
		buf_init(&copy, SIZE_MAX / 2);
	}
	HOLDS(is_json(p, size) == valid);
	if (!valid) {
		HOLDS(json_parse(doc, p, size, &err) == -1 && err.kind == ERR_JOB);
		HOLDS(fuzz_is_message(err.msg, sizeof(err.msg)) && json_root(doc) == -1);
		return 0;
	}
	write_again(doc, (struct text){p, size}, &first);
	buf_clear(&copy);
	HOLDS(json_copy(doc, 0, JSON_MAX_STRING, &copy, NULL, &err) == 0);
	HOLDS(sqlite_takes(buf_text(&first)) && sqlite_takes(buf_text(&copy)));
	write_again(doc, buf_text(&first), &again);
	HOLDS(same(&first, &again));
	write_again(doc, buf_text(&copy), &again);
	HOLDS(same(&first, &again));
	write_holes(doc, (struct text){p, size}, dice, &again, &copy);
	HOLDS(same(&first, &again));
	write_again(doc, buf_text(&copy), &again);
	HOLDS(same(&first, &again));
	if (first.len > 2 && first.data[0] == '"')
		check_slices((struct text){first.data + 1, first.len - 2}, dice);
	return 0;
}
