#include "postgres_wait.h"

#include "timeutil.h"

#include <errno.h>
#include <poll.h>

#define MOMENT_MS  100 /* also for bytes that TLS has taken off the socket already */
#define SILENCE_NS INT64_C(3000000000)

int postgres_wait(struct postgres_wait *w, int fd, bool writing)
{
	struct pollfd p = {.fd = fd, .events = (short)(POLLIN | (writing ? POLLOUT : 0))};
	const int n = poll(&p, 1, MOMENT_MS);

	if (n < 0)
		return errno == EINTR ? 0 : -1;
	if (n > 0)
		w->until_ns = 0;
	if (n > 0 || !w->stop || *w->stop == 0)
		return 0;
	if (w->until_ns == 0)
		w->until_ns = time_boot_ns() + SILENCE_NS;
	if (time_boot_ns() < w->until_ns)
		return 0;
	errno = ETIMEDOUT;
	return -1;
}
