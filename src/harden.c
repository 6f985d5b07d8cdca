#include "harden.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#if defined(__SANITIZE_ADDRESS__)
#define INSTRUMENTED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(undefined_behavior_sanitizer)
#define INSTRUMENTED 1
#endif
#endif

#ifndef INSTRUMENTED

#if defined(__x86_64__) && !defined(__ILP32__)
#define ARCH AUDIT_ARCH_X86_64
#elif defined(__aarch64__) && defined(__AARCH64EL__)
#define ARCH AUDIT_ARCH_AARCH64
#elif defined(__riscv) && __riscv_xlen == 64
#define ARCH AUDIT_ARCH_RISCV64
#endif

#ifdef ARCH

#define DATA(field) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (uint32_t)offsetof(struct seccomp_data, field))
/* clang-format off */
#define REFUSE      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM)
#define DENY(call)  BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_##call, 0, 1), REFUSE
/* clang-format on */

/*
 * A list of what is denied, not of what is allowed: libcurl, libpq, SQLite and the resolver's plug-ins may come to need
 * another system call tomorrow, but none of them starts a program, looks into another process or moves a mount.
 */
static void deny_calls(void)
{
	static struct sock_filter filter[] = {
	    DATA(arch),
	    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ARCH, 1, 0),
	    REFUSE,
	    DATA(nr),
#ifdef __x86_64__
	    /* x32: the same calls by other numbers */
	    BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, 0x40000000, 0, 1),
	    REFUSE,
#endif
	    DENY(execve),
	    DENY(execveat),
	    DENY(ptrace),
	    DENY(process_vm_readv),
	    DENY(process_vm_writev),
	    DENY(kexec_load),
	    DENY(init_module),
	    DENY(finit_module),
	    DENY(bpf),
	    DENY(perf_event_open),
	    DENY(mount),
	    DENY(umount2),
	    DENY(pivot_root),
	    DENY(chroot),
	    DENY(setns),
	    DENY(unshare),
	    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	const struct sock_fprog program = {.len = sizeof(filter) / sizeof(filter[0]), .filter = filter};

	/* prctl and not seccomp(), which valgrind does not know. */
	(void)prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
}
#else
static void deny_calls(void)
{
}
#endif

void harden_process(void)
{
	const struct rlimit none = {0, 0};

	/* The limit holds for files, the flag also where core_pattern is a pipe. The flag moreover closes
	 * /proc/PID/environ, mem and fd, and ptrace, to the user's other processes. */
	(void)setrlimit(RLIMIT_CORE, &none);
	(void)prctl(PR_SET_DUMPABLE, 0);
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0)
		deny_calls();
}

#else
void harden_process(void)
{
}
#endif
