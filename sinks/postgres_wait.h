/*
 * postgres_wait.h: how long a server may be silent. While the run goes on: for ever, since a statement takes what it
 * takes, and a connection that is dead shows itself (keepalives). Once the run is interrupted: for three seconds more.
 */
#ifndef OMNI_POSTGRES_WAIT_H
#define OMNI_POSTGRES_WAIT_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

/* One wait for the server, of several calls; all zero but stop at its begin. */
struct postgres_wait {
	const volatile sig_atomic_t *stop; /* not 0: interrupted; NULL: never */
	int64_t until_ns;                  /* boot time; 0: not interrupted yet */
};

/* Waits a moment, and no longer than until fd can be read or, where writing, written. 0: look again, whether there is
 * something or not; -1 with errno, ETIMEDOUT where the server was silent for too long. */
int postgres_wait(struct postgres_wait *, int fd, bool writing);

#endif
