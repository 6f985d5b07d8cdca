/*
 * sinks/manifest*.c: the ledger of a flat sink, damaged in any way.
 *
 * - It is read the same to look and to write; what is refused, or only looked at, is left as it is.
 * - What was read can be asked for job by job, put again, and read again: the ledger is then the same, but for what a
 *   line of that state has no place for; the second time nothing changes at all.
 * - A job that is put is there when it is opened again.
 */
#include "fuzz.h"
#include "manifest.h"

#define MANY 30 /* jobs that are put again */

static const struct manifest_kind kinds[] = {{.sink = "raw", .places = "files", .shared = false},
					     {.sink = "jsonl", .places = "parts", .shared = true}};
static const struct uuid new_id = {{0xff, 0xee, 0xdd}};

struct ledger {
	struct flatdir *dir;
	struct manifest *manifest; /* NULL: it was refused */
	struct err err;
};

static bool ledger_open(struct ledger *l, const struct manifest_kind *kind, bool read_only)
{
	const struct sink_options options = {.file_mode = 0600,
					     .keep_bodies = true,
					     .read_only = read_only,
					     .run_id = "run-1",
					     .version = "1.0",
					     .instance = "https://one.example"};

	l->err = (struct err){.kind = ERR_NONE};
	l->dir = flatdir_open(fuzz_folder(), &options, &l->err);
	HOLDS(l->dir != NULL);
	l->manifest = manifest_open(l->dir, kind, &options, &l->err);
	HOLDS(l->manifest != NULL || (l->err.kind == ERR_FATAL && fuzz_is_message(l->err.msg, sizeof(l->err.msg))));
	return l->manifest != NULL;
}

static void ledger_close(struct ledger *l)
{
	manifest_close(l->manifest);
	flatdir_close(l->dir);
}

/* What a line of any state has a place for; all: the rest too. */
static void note_line(struct buf *said, const struct manifest_line *line, bool all)
{
	const struct job *j = &line->job;
	char hex[SHA256_HEX_LEN + 1], id[UUID_TEXT_LEN + 1];

	note_text(said, "id", text_of(uuid_format(&j->id, id)));
	note(said, "state", j->state);
	note(said, "partial", j->partial);
	note(said, "http", j->http_status);
	note(said, "attempts", j->attempts);
	note(said, "has_body", line->has_body);
	note(said, "content", (int64_t)line->content);
	note(said, "bytes", j->body_bytes);
	note_text(said, "instance", j->instance);
	note_text(said, "error", j->error);
	note_text(said, "run", line->run_id);
	note_text(said, "places", line->places);
	note_text(said, "expires", text_of(j->expires_at.text));
	note_text(said, "requested", text_of(j->requested_at.text));
	note_text(said, "fetched", text_of(j->fetched_at.text));
	note_text(said, "stored", text_of(j->stored_at.text));
	if (j->body_bytes >= 0)
		note_text(said, "sha256", text_of(sha256_hex(j->body_sha256, hex)));
	if (!all)
		return;
	note(said, "actions", j->action_count);
	note(said, "results", j->result_count);
	note(said, "rows", j->row_count);
	note_text(said, "warnings", j->warnings);
	note_text(said, "input", j->input);
	note_text(said, "details", j->details);
}

/* All that it knows; how many jobs. */
static size_t note_ledger(struct ledger *l, struct buf *said, bool all)
{
	struct manifest_line line;
	struct manifest_held held;
	struct ledger_entry entry;
	struct job job;
	struct uuid id;
	size_t n = 0;
	int rc;

	buf_clear(said);
	while ((rc = manifest_next_job(l->manifest, &job, &l->err)) == 1) {
		id = job.id;
		HOLDS(manifest_line_of(l->manifest, &id, &line, &l->err) == 1);
		HOLDS(uuid_cmp(&line.job.id, &id) == 0 && line.job.state > JOB_NONE && line.job.state < JOB_STATES);
		HOLDS(manifest_held(l->manifest, &id, &held) == 1 && held.state == line.job.state);
		HOLDS(held.content == line.content && held.has_body == line.has_body);
		HOLDS(manifest_states(l->manifest, &id, 1, &entry, &l->err) == 0 && entry.state == line.job.state);
		HOLDS(entry.attempts >= 0 && entry.attempts == line.job.attempts);
		HOLDS(line.places.p != NULL && fuzz_is_text(line.places.p, line.places.n));
		note_line(said, &line, all);
		n++;
	}
	HOLDS(rc == 0);
	return n;
}

static void put_again(struct ledger *l)
{
	struct manifest_line line;
	struct uuid id[MANY];
	struct job job;
	size_t n = 0;

	while (n < MANY && manifest_next_job(l->manifest, &job, &l->err) == 1)
		id[n++] = job.id;
	for (size_t i = 0; i < n; i++) {
		HOLDS(manifest_line_of(l->manifest, &id[i], &line, &l->err) == 1);
		HOLDS(manifest_put(l->manifest, &line, &l->err) == 0);
	}
	HOLDS(manifest_flush(l->manifest, &l->err) == 0);
}

static void put_new(struct ledger *l)
{
	struct manifest_line line = {.places = text_of("[\"a/b\"]"), .run_id = text_of("run-1"), .content = 7};

	line.job = (struct job){.id = new_id, .state = JOB_FAILED, .attempts = 3, .body_bytes = -1};
	line.job.error = text_of("HTTP 500");
	HOLDS(manifest_put(l->manifest, &line, &l->err) == 0 && manifest_flush(l->manifest, &l->err) == 0);
}

static void check_kind(const struct manifest_kind *kind, const char *path, const uint8_t *data, size_t size)
{
	static struct buf first, again;
	struct ledger l;
	struct manifest_held held;
	size_t n = 0;
	bool good;

	if (first.max == 0) {
		buf_init(&first, SIZE_MAX / 2);
		buf_init(&again, SIZE_MAX / 2);
	}
	fuzz_write_file(path, data, size);
	good = ledger_open(&l, kind, true);
	if (good)
		n = note_ledger(&l, &first, false);
	ledger_close(&l);
	HOLDS(fuzz_file_is(path, data, size));

	HOLDS(ledger_open(&l, kind, false) == good);
	if (!good) {
		ledger_close(&l);
		HOLDS(fuzz_file_is(path, data, size));
		return;
	}
	HOLDS(note_ledger(&l, &again, false) == n && same(&first, &again));
	put_again(&l);
	ledger_close(&l);
	for (int i = 0; i < 2; i++) {
		HOLDS(ledger_open(&l, kind, false));
		HOLDS(note_ledger(&l, &again, i > 0) == n && (i > 0 || same(&first, &again)));
		if (i == 0)
			(void)note_ledger(&l, &first, true);
		put_again(&l);
		ledger_close(&l);
	}
	HOLDS(same(&first, &again));

	HOLDS(ledger_open(&l, kind, false));
	put_new(&l);
	ledger_close(&l);
	HOLDS(ledger_open(&l, kind, true));
	HOLDS(manifest_held(l.manifest, &new_id, &held) == 1 && held.state == JOB_FAILED && held.content == 7);
	ledger_close(&l);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char path[512];

	if (path[0] == '\0')
		(void)snprintf(path, sizeof(path), "%s/%s", fuzz_folder(), MANIFEST_NAME);
	check_kind(&kinds[size > 0 && memmem(data, size, "jsonl", 5) != NULL], path, data, size);
	return 0;
}
