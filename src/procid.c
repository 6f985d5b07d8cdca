#include "procid.h"

#include "sys.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Reads a small file of /proc whole. Returns its length, or -1 with errno. */
static ssize_t read_small(const char *path, char *out, size_t size)
{
	int fd = sys_open(path, O_RDONLY | O_CLOEXEC, 0);
	ssize_t n;
	int saved;

	if (fd < 0)
		return -1;
	n = sys_read_at(fd, out, size - 1, 0);
	saved = errno;
	(void)sys_close(fd);
	errno = saved;
	if (n >= 0)
		out[n] = 0;
	return n;
}

/* State letter and start time of a process; false where /proc does not say. */
static bool read_stat(int32_t pid, char *state, uint64_t *start)
{
	char path[64], line[1024];
	const char *p;
	int field;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	if (read_small(path, line, sizeof(line)) <= 0)
		return false;
	/* the second field is the program's name in parentheses, which may hold anything, also blanks and ')' */
	p = strrchr(line, ')');
	if (!p || p[1] != ' ' || !p[2])
		return false;
	*state = p[2];
	p += 2;
	for (field = 3; field < 22; field++) {
		p = strchr(p, ' ');
		if (!p)
			return false;
		p++;
	}
	*start = strtoull(p, NULL, 10);
	return true;
}

void procid_self(struct procid *self)
{
	struct stat st;
	char state;

	memset(self, 0, sizeof(*self));
	self->pid = (int32_t)getpid();
	if (stat("/proc/self/ns/pid", &st) == 0)
		self->ns = (uint32_t)st.st_ino;
	if (!read_stat(self->pid, &state, &self->start))
		self->start = 0;
}

enum procid_fate procid_look(const struct procid *p, const struct procid *self)
{
	uint64_t start;
	char state;

	if (p->ns != self->ns)
		return PROCID_UNKNOWN;
	/* 0 and below would ask about whole process groups */
	if (p->pid <= 0 || (kill(p->pid, 0) != 0 && errno == ESRCH))
		return PROCID_GONE;
	if (!read_stat(p->pid, &state, &start))
		return PROCID_ALIVE;
	if (state == 'Z' || state == 'X' || (p->start && start != p->start))
		return PROCID_GONE;
	return PROCID_ALIVE;
}

int procid_boot(char out[PROCID_BOOT_LEN + 1])
{
	char line[PROCID_BOOT_LEN + 2];
	ssize_t n = read_small("/proc/sys/kernel/random/boot_id", line, sizeof(line));

	if (n < 0)
		return -1;
	if (n < PROCID_BOOT_LEN) {
		errno = ENODATA;
		return -1;
	}
	memcpy(out, line, PROCID_BOOT_LEN);
	out[PROCID_BOOT_LEN] = 0;
	return 0;
}
