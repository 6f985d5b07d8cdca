/* statusdoc.c: see statusdoc.h. */
#include "statusdoc.h"
#include "jsonw.h"

#include <string.h>

int statusdoc_known(const char *state)
{
	static const char *const states[] = {"QUEUED", "EXECUTING", "DELIVERING", "COMPLETE", "FAILED", "CANCELLED"};
	for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++)
		if (strcmp(states[i], state) == 0)
			return 1;
	return 0;
}

static void field(struct jsonw *w, const char *key, const char *value)
{
	jsonw_key(w, key);
	jsonw_cstr(w, value);
}

static void time_field(struct jsonw *w, const char *key, const struct stamp *completed, int64_t seconds)
{
	struct stamp stamp;
	stamp_add_s(completed, seconds, &stamp);
	field(w, key, stamp.text);
}

int statusdoc_write(const struct statusdoc *d, struct buf *out)
{
	struct jsonw w;
	bool complete = strcmp(d->state, "COMPLETE") == 0;
	bool failed = strcmp(d->state, "FAILED") == 0;
	bool over = complete || failed || strcmp(d->state, "CANCELLED") == 0;
	bool started = strcmp(d->state, "QUEUED") != 0;

	jsonw_init(&w, out);
	jsonw_object(&w);
	if (d->id != NULL)
		field(&w, "id", d->id);
	field(&w, "state", d->state);
	field(&w, "prompt", d->prompt);
	field(&w, "conversationId", "660e8400-e29b-41d4-a716-446655440000");
	field(&w, "modelId", "770e8400-e29b-41d4-a716-446655440000");
	field(&w, "branchId", NULL);
	field(&w, "organizationId", "880e8400-e29b-41d4-a716-446655440000");
	field(&w, "userId", "990e8400-e29b-41d4-a716-446655440000");
	field(&w, "topicName", d->topic);
	time_field(&w, "createdAt", &d->completed_at, -45);
	time_field(&w, "updatedAt", &d->completed_at, 0);
	if (started)
		time_field(&w, "executionStartedAt", &d->completed_at, -42);
	else
		field(&w, "executionStartedAt", NULL);
	field(&w, "completedAt", over ? d->completed_at.text : NULL);
	jsonw_key(&w, "error");
	if (failed) {
		jsonw_object(&w);
		field(&w, "code", "AI_JOB_FAILED");
		field(&w, "message", d->error != NULL ? d->error : "The job could not be completed");
		field(&w, "detail", NULL);
		jsonw_object_end(&w);
	} else {
		jsonw_null(&w);
	}
	field(&w, "resultSummary", NULL);
	field(&w, "omniChatUrl", "https://blobsrus.omniapp.co/chat/660e8400-e29b-41d4-a716-446655440000");
	jsonw_object_end(&w);
	return w.failed ? -1 : 0;
}
