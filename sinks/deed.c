#include "deed.h"

struct deed deed_of(const struct deed_held *held, enum job_state answer, bool keep_bodies, int64_t now_us)
{
	bool stored = held->known && held->state == JOB_STORED;
	struct deed deed = {.kind = DEED_VERDICT};

	if (answer == JOB_STORED)
		deed.kind = DEED_REPLACE;
	else if (answer == JOB_UNASKED && held->known)
		deed.kind = DEED_NOTHING;
	else if (stored)
		deed.kind = DEED_ONLY_ERROR;
	deed.take_body = (deed.kind == DEED_REPLACE && keep_bodies) ||
			 (deed.kind == DEED_VERDICT && answer == JOB_UNREADABLE && !held->has_body);
	deed.settles = deed.kind == DEED_ONLY_ERROR && held->partial && state_is_lost(answer) &&
		       (held->expires_at_us == 0 || held->expires_at_us > now_us);
	return deed;
}
