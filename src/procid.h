/*
 * procid.h: which process is this, and is that one still there.
 *
 * A pid alone is not enough: it is given again to other processes, and one that cannot be seen may live in another pid
 * namespace (a container with the same home). So a process is its pid, its start time in clock ticks since boot and its
 * pid namespace. What /proc does not tell is 0.
 */
#ifndef OMNI_PROCID_H
#define OMNI_PROCID_H

#include <stdint.h>

#define PROCID_BOOT_LEN 36 /* the kernel's boot id is a UUID */

struct procid {
	int32_t pid;
	uint32_t ns;    /* inode of /proc/self/ns/pid, cut to 32 bits */
	uint64_t start; /* /proc/PID/stat, field 22 */
};

enum procid_fate {
	PROCID_ALIVE,
	PROCID_GONE,   /* no such process, another one of that pid, or a zombie */
	PROCID_UNKNOWN /* in another pid namespace: cannot be judged from here */
};

void procid_self(struct procid *);
enum procid_fate procid_look(const struct procid *, const struct procid *self);
/* The id of this boot of the kernel. 0, or -1 with errno where it cannot be read. */
int procid_boot(char out[PROCID_BOOT_LEN + 1]);

#endif
