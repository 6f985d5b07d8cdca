#include "retry.h"

/* min(max_wait, wait * 2^(n - 1)) without overflowing. */
static int64_t backoff_ms(const struct retry_policy *p, int n)
{
	int64_t ms = p->wait_ms;

	while (--n > 0 && ms < p->max_wait_ms && ms > 0)
		ms = ms > p->max_wait_ms / 2 ? p->max_wait_ms : ms * 2;
	return ms < p->max_wait_ms ? ms : p->max_wait_ms;
}

/* What the server asked for is kept, up to the cap; -1 (it asked for nothing) is below every wait. */
static int64_t at_least(const struct retry_policy *p, int64_t wait_ms, int64_t retry_after_ms)
{
	int64_t least = retry_after_ms < p->max_wait_ms ? retry_after_ms : p->max_wait_ms;

	return wait_ms > least ? wait_ms : least;
}

int64_t retry_wait_ms(const struct retry_policy *p, int tries, int64_t retry_after_ms, double random)
{
	if (tries > p->retries)
		return RETRY_STOP;
	return at_least(p, (int64_t)(random * (double)backoff_ms(p, tries)), retry_after_ms);
}

int64_t retry_pause_ms(const struct retry_policy *p, int pauses, int64_t retry_after_ms, double random)
{
	int64_t full = backoff_ms(p, pauses);

	return at_least(p, full - full / 2 + (int64_t)(random * (double)(full / 2)), retry_after_ms);
}
