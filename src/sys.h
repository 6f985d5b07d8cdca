/*
 * sys.h: system calls done to the end. A signal that comes in between (EINTR) makes no difference to the caller, nor
 * does a call that did a part of what was asked for.
 *
 * All return -1 with errno where they fail. They own nothing.
 */
#ifndef OMNI_SYS_H
#define OMNI_SYS_H

#include <sys/types.h>
#include <sys/uio.h>

/* mode counts where a file is made. */
int sys_open(const char *path, int flags, mode_t mode);
int sys_openat(int at, const char *name, int flags, mode_t mode);
/* The descriptor is closed in any case; -1: what was written may not be there. */
int sys_close(int fd);
int sys_sync(int fd);
int sys_truncate(int fd, off_t n);
int sys_flock(int fd, int op);

/* What the next read gives: up to n bytes, 0 at the end. */
ssize_t sys_read(int fd, void *, size_t n);
/* As many of n bytes as there are from off on. */
ssize_t sys_read_at(int fd, void *, size_t n, off_t off);
/* All n bytes; 0 or -1. Waits where the descriptor does not block and is full. */
int sys_write(int fd, const void *, size_t n);
int sys_write_at(int fd, const void *, size_t n, off_t off);
/* The same with vectors, which are used up. All that can be is one call. */
ssize_t sys_readv_at(int fd, struct iovec *, int n, off_t off);
int sys_writev_at(int fd, struct iovec *, int n, off_t off);

/* Gives descriptors 0, 1 and 2 a place where they were closed by who started us, so that no file that is opened becomes
 * one of them; reading and writing there fails as before. */
int sys_standard_descriptors(void);

#endif
