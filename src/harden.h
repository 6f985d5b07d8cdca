/*
 * harden.h: what the process gives up at its start, before it has seen a key or a byte from outside: SECURITY.md tells
 * what for. Everything here is one more wall: where the kernel lacks it, nothing is said and the work is done.
 *
 * A sanitizer build keeps all of it, since its leak check traces the process and its reports run a symbolizer.
 */
#ifndef OMNI_HARDEN_H
#define OMNI_HARDEN_H

/* No core dumps; memory, environment and descriptors are closed to other processes of the user; no program is ever
 * started. Before any thread is made. */
void harden_process(void);

#endif
