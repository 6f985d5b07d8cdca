#include "discover.h"

#include "field.h"
#include "utf8.h"

/* The same character as JSON's escape, in halves where it has to be. */
static int add_escape(struct buf *out, uint32_t cp)
{
	if (cp < 0x10000)
		return buf_addf(out, "\\u%04x", (unsigned)cp);
	cp -= 0x10000;
	return buf_addf(out, "\\u%04x\\u%04x", (unsigned)(0xd800 + (cp >> 10)), (unsigned)(0xdc00 + (cp & 0x3ff)));
}

/* Of valid JSON on one line: what is not ASCII stands in strings, and may stand there as an escape too. */
static int add_seen(struct buf *out, struct text json)
{
	size_t run = 0, i = 0;
	int bad = 0;

	while (i < json.n && bad == 0) {
		size_t len = utf8_len(json.p + i, json.n - i);
		uint32_t cp = len > 0 ? utf8_decode(json.p + i, len) : 0;

		len = len > 0 ? len : 1;
		if (cp >= 0x7f && utf8_is_hidden(cp)) {
			bad = buf_add(out, json.p + run, i - run) | add_escape(out, cp);
			run = i + len;
		}
		i += len;
	}
	return bad != 0 ? -1 : buf_add(out, json.p + run, json.n - run);
}

int discover_line(const struct discover_job *job, struct buf *out)
{
	char id[UUID_TEXT_LEN + 1];
	struct jsonw w;
	struct buf line;
	int bad;

	buf_init(&line, (size_t)16 << 20);
	jsonw_init(&w, &line);
	jsonw_object(&w);
	field_text(&w, "job_id", text_of(uuid_format(&job->id, id)));
	field_stamp(&w, "completed_at", &job->completed_at);
	field_text(&w, "conversation_id", job->conversation_id);
	field_text(&w, "conversation", job->name);
	field_text(&w, "prompt", job->prompt);
	jsonw_object_end(&w);
	bad = w.failed || add_seen(out, buf_text(&line)) != 0 || buf_addc(out, '\n') != 0;
	buf_free(&line);
	return bad ? -1 : 0;
}
