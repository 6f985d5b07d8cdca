/* ratelimit.c: --rate in words. */
#include "rate.h"

#define S_NS INT64_C(1000000000)

int rate_parse(const char *s, struct rate_limit *out, struct err *err)
{
	const char *p = s;
	int64_t n = 0, window = 60 * S_NS;

	for (; *p >= '0' && *p <= '9'; p++) {
		if (n <= RATE_MAX)
			n = n * 10 + (*p - '0');
	}
	if (p == s)
		goto bad;
	if (*p == '/') {
		window = p[1] == 's' ? S_NS : p[1] == 'm' ? 60 * S_NS : p[1] == 'h' ? 3600 * S_NS : 0;
		if (!window || p[2])
			goto bad;
	} else if (*p || n != 0) {
		goto bad;
	}
	if (n > RATE_MAX)
		return err_set(err, ERR_FATAL, "rate '%s' is too high: at most %d", s, RATE_MAX);
	out->n = n;
	out->window_ns = window;
	return 0;
bad:
	return err_set(err, ERR_FATAL, "invalid rate '%s': expected N/s, N/m, N/h or 0", s);
}
