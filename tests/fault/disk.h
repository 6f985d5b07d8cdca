/*
 * disk.h: how forget.c keeps what was synced, for disk.c: in FORGET_DISK a file for each inode, named by its key: of a
 * file its bytes, of a folder a line for each name: 'f' or 'd', the key, the name.
 */
#ifndef OMNI_FAULT_DISK_H
#define OMNI_FAULT_DISK_H

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

#define DISK_KEY 80

/* The key of what is there; name "": of at itself. The time of its birth is in it, since inodes are used again. 'f',
 * 'd', or 0: neither. */
static inline int disk_key(int at, const char *name, char key[DISK_KEY])
{
	struct statx st;

	if (statx(at, name, AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW, STATX_BASIC_STATS | STATX_BTIME, &st) < 0)
		return 0;
	if (!(st.stx_mask & STATX_BTIME))
		st.stx_btime = (struct statx_timestamp){0};
	(void)snprintf(key, DISK_KEY, "%llu-%lld.%09u", (unsigned long long)st.stx_ino, (long long)st.stx_btime.tv_sec,
		       st.stx_btime.tv_nsec);
	return S_ISREG(st.stx_mode) ? 'f' : S_ISDIR(st.stx_mode) ? 'd' : 0;
}

#endif
