/*
 * killer.c: killer N TRACE CALL,CALL... COMMAND...: runs COMMAND and kills it, with all of its threads, as it makes the
 * N-th of these system calls, which is not made any more. N 0: it lives. Appends to TRACE a line for each of the calls
 * that it came to: number, name, and the path of the descriptor that is its first argument. Ends as COMMAND did; 137:
 * it was killed; 77: nothing can be traced here.
 *
 * The calls of all threads are counted as they come, in one row. (strace's "when=N" counts for each thread alone, and
 * kills in the first one that comes to its N-th: most calls of the others are never hit.)
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* After sys/ptrace.h, which it would else be at odds with. */
#include <linux/ptrace.h>

#define CANNOT 77
#define MAX    64

/* clang-format off */
static const struct call {
	const char *name;
	int nr;
} known[] = {
#define CALL(name) {#name, SYS_##name}
    CALL(write),
    CALL(pwrite64),
    CALL(writev),
    CALL(pwritev),
    CALL(fsync),
    CALL(fdatasync),
    CALL(sync_file_range),
    CALL(ftruncate),
    CALL(fallocate),
    CALL(fchmod),
    CALL(fchmodat),
    CALL(mkdirat),
    CALL(unlinkat),
    CALL(renameat2),
    CALL(openat),
    CALL(close),
    CALL(flock),
    CALL(fcntl),
    CALL(sendto),
    CALL(sendmsg),
    CALL(recvfrom),
#ifdef SYS_unlink
    CALL(unlink),
    CALL(rmdir),
    CALL(mkdir),
    CALL(rename),
#endif
#ifdef SYS_renameat
    CALL(renameat),
#endif
};
/* clang-format on */

static const char *name_of(int nr)
{
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (known[i].nr == nr)
			return known[i].name;
	return "?";
}

/* The child: stops at each of the calls. Those that this machine does not have, or that are not known, are none. */
static void be_traced(char *list, char **argv)
{
	struct sock_filter filter[2 * MAX + 2];
	struct sock_fprog program = {.filter = filter};
	unsigned short n = 0;

	filter[n++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr));
	for (char *name = strtok(list, ","); name && n < 2 * MAX; name = strtok(NULL, ","))
		for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
			if (strcmp(known[i].name, name) != 0)
				continue;
			filter[n++] =
			    (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)known[i].nr, 0, 1);
			filter[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRACE);
		}
	filter[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	program.len = n;
	if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) < 0)
		_exit(CANNOT);
	(void)raise(SIGSTOP);
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) < 0)
		_exit(CANNOT);
	execv(argv[0], argv);
	_exit(127);
}

static void note(FILE *trace, long n, pid_t thread)
{
	struct ptrace_syscall_info info;
	char link[64], path[512];
	ssize_t len;

	if (ptrace(PTRACE_GET_SYSCALL_INFO, thread, (void *)sizeof(info), &info) < 0)
		memset(&info, 0, sizeof(info));
	(void)snprintf(link, sizeof(link), "/proc/%d/fd/%d", thread, (int)info.seccomp.args[0]);
	len = readlink(link, path, sizeof(path) - 1);
	path[len < 0 ? 0 : len] = '\0';
	(void)fprintf(trace, "%ld %s %s\n", n, name_of((int)info.seccomp.nr), path);
}

static int watch(pid_t child, long kill_at, FILE *trace)
{
	long n = 0;
	int status, end = 0;
	pid_t thread;

	while ((thread = waitpid(-1, &status, __WALL)) > 0) {
		int pass = 0;
		if (!WIFSTOPPED(status)) {
			if (thread == child)
				end = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
			continue;
		}
		if (status >> 8 == (SIGTRAP | PTRACE_EVENT_SECCOMP << 8)) {
			note(trace, ++n, thread);
			if (n == kill_at) {
				(void)kill(child, SIGKILL);
				continue;
			}
		} else if (status >> 16 == 0 && WSTOPSIG(status) != SIGSTOP && WSTOPSIG(status) != SIGTRAP) {
			pass = WSTOPSIG(status);
		}
		(void)ptrace(PTRACE_CONT, thread, NULL, (void *)(long)pass);
	}
	return end;
}

int main(int argc, char **argv)
{
	FILE *trace;
	pid_t child;
	int status, end;

	if (argc < 5)
		return 2;
	trace = fopen(argv[2], "we");
	child = trace ? fork() : -1;
	if (child < 0)
		return 99;
	if (child == 0)
		be_traced(argv[3], argv + 4);
	if (waitpid(child, &status, 0) != child || !WIFSTOPPED(status))
		return CANNOT;
	if (ptrace(PTRACE_SETOPTIONS, child, NULL,
		   (void *)(PTRACE_O_TRACESECCOMP | PTRACE_O_TRACECLONE | PTRACE_O_EXITKILL)) < 0 ||
	    ptrace(PTRACE_CONT, child, NULL, NULL) < 0)
		return CANNOT;
	end = watch(child, strtol(argv[1], NULL, 10), trace);
	(void)fclose(trace);
	return end;
}
