/*
 * fuzz_texts.c: a JSON array of strings, read fast (jsontexts.h), against the same read by json.h: what is one is one
 * to both, and has the same texts. jsontexts.h leaves it to others whether bytes are UTF-8, and takes no U+0000 and no
 * unpaired surrogate for good, which json.h replaces.
 */
#include "fuzz.h"
#include "json.h"
#include "jsontexts.h"
#include "utf8.h"

static bool is_utf8(const char *p, size_t n)
{
	for (size_t k; n > 0; p += k, n -= k)
		if ((k = utf8_len(p, n)) == 0)
			return false;
	return true;
}

/* By json.h: 1 with the texts in *out, each behind its length; 0: it is no such array; -1: something was replaced. */
static int slowly(struct json_doc *doc, struct text json, bool nulls, struct buf *out)
{
	struct err err;
	unsigned flags = 0;

	if (json_parse(doc, json.p, json.n, &err) != 0 || json_type_of(doc, json_root(doc)) != JSON_ARRAY)
		return 0;
	for (json_ref v = json_first(doc, json_root(doc)); v >= 0; v = json_next(doc, v)) {
		const size_t before = out->len;
		struct text t = TEXT_NULL;

		if (json_type_of(doc, v) == JSON_STRING) {
			HOLDS(json_string(doc, v, SIZE_MAX / 2, out, &flags, &err) == 0);
			t.n = out->len - before;
		} else if (json_type_of(doc, v) == JSON_NULL && nulls) {
			t.n = SIZE_MAX;
		} else {
			return 0;
		}
		HOLDS(buf_add(out, &t.n, sizeof(t.n)) == 0);
	}
	return flags != 0 ? -1 : 1;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct text json = {(const char *)data, size};
	struct json_doc *doc = json_new();
	struct jsontexts texts;

	HOLDS(doc != NULL);
	jsontexts_init(&texts);
	for (int nulls = 0; nulls < 2 && is_utf8(json.p, json.n); nulls++) {
		struct err err = {0};
		struct buf expected, got;
		const int fast = jsontexts_read(&texts, json, nulls, &err);
		int slow;

		buf_init(&expected, SIZE_MAX / 2);
		buf_init(&got, SIZE_MAX / 2);
		slow = slowly(doc, json, nulls, &expected);
		HOLDS(fast == 0 || err.kind == ERR_JOB);
		HOLDS(slow < 0 || (fast == 0) == (slow == 1));
		for (size_t i = 0; fast == 0 && i < texts.n; i++) {
			const size_t n = texts.at[i].p != NULL ? texts.at[i].n : SIZE_MAX;

			HOLDS(texts.at[i].p == NULL || buf_add(&got, texts.at[i].p, texts.at[i].n) == 0);
			HOLDS(buf_add(&got, &n, sizeof(n)) == 0);
		}
		HOLDS(fast != 0 || slow < 0 || text_eq(buf_text(&got), buf_text(&expected)));
		buf_free(&expected);
		buf_free(&got);
	}
	jsontexts_free(&texts);
	json_free(doc);
	return 0;
}
