#include "flatcheck.h"

#include <stdio.h>
#include <string.h>

#define TAIL ".json.zst"

struct bodies {
	const struct manifest *manifest;
	const char *folder;
	bool stored;
	const struct sink_check *check;
};

static int look(void *ctx, const char *name, struct err *err)
{
	const struct bodies *b = ctx;
	struct manifest_held held;
	struct uuid id;

	if (strlen(name) < UUID_TEXT_LEN || strcmp(name + UUID_TEXT_LEN, TAIL) != 0 ||
	    !uuid_parse(name, UUID_TEXT_LEN, &id))
		return 0;
	if (manifest_held(b->manifest, &id, &held) && held.has_body && (held.state == JOB_STORED) == b->stored)
		return 0;
	return sink_tell(b->check, SINK_EXTRA, &id, NULL, err,
			 "a body of it is there, '%s/%s', and no line of the manifest names it", b->folder, name);
}

int flatcheck_bodies(struct flatdir *dir, const struct manifest *m, const char *folder, bool stored,
		     const struct sink_check *check, struct err *err)
{
	struct bodies b = {m, folder, stored, check};

	return flatdir_list(dir, folder, "", look, &b, err);
}
