// SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
/*
 * Twelve system calls: how often each ends, how often with an error, and how long it takes, as a
 * histogram of powers of two; and, of each so many, a record. By raw tracepoints: runs of
 * them that the kernel skips are counted by it.
 *
 * A call that sleeps over a reload is measured all the same, since the moment it began is in a kept
 * map.
 */
#include <linux/bpf.h>
#include <asm/unistd.h> /* of the architecture that the object is built for */
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <stdbool.h>
#include <stddef.h>

#include "bpf/ebpfd.bpf.h" /* outside this tree: <ebpfd/ebpfd.bpf.h> */

/* What is counted; 0 and "" stand for all. */
const volatile __u32 target_pid = 0;	     /* a process, with all its threads */
const volatile __u64 target_cgroup = 0;	     /* the inode number of a folder of cgroup v2 */
const volatile char target_command[16] = ""; /* as ps -o comm shows it */

/* A record of one call in so many of its sort on each CPU; 0: no records. */
const volatile __u64 sample_every = 0;

#define CALLS 12

/* Shown by these names. */
enum call {
	openat,
	connect,
	execve,
	mmap,
	sendto,
	recvfrom,
	close,
	brk,
	mprotect,
	clone,
	futex,
	epoll_wait,
};

/* By the call's number: its enum call, counted from 1; 0: none of ours. */
#define NUMBERS 512
static const __u8 calls_by_number[NUMBERS] = {
	[__NR_openat] = openat + 1,	    [__NR_connect] = connect + 1,
	[__NR_execve] = execve + 1,	    [__NR_mmap] = mmap + 1,
	[__NR_sendto] = sendto + 1,	    [__NR_recvfrom] = recvfrom + 1,
	[__NR_close] = close + 1,	    [__NR_brk] = brk + 1,
	[__NR_mprotect] = mprotect + 1,	    [__NR_clone] = clone + 1,
	[__NR_futex] = futex + 1,
#ifdef __NR_epoll_wait
	[__NR_epoll_wait] = epoll_wait + 1,
#else /* where the C library makes it of this one */
	[__NR_epoll_pwait] = epoll_wait + 1,
#endif
};

struct syscall_event {
	struct ebpfd_record ebpfd;
	enum call call;
	__u32 pid;
	__u32 tid;
	char command[16];
	__u64 cgroup;
	__s64 result; /* what the call returned: below 0 an errno */
	__u64 took_ns;
};

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1024 * 1024);
} events SEC(".maps");

#define STEPS 40 /* powers of two of nanoseconds: the last holds all from 9 minutes on */

struct call_counts {
	__u64 calls;
	__u64 errors;
	__u64 took_ns;
	__u64 took[STEPS]; /* took[n]: from 2^n nanoseconds on, below 2^(n+1) */
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, CALLS);
	__type(key, enum call);
	__type(value, struct call_counts);
} calls SEC(".maps");

/*
 * A call that has begun, by task: a thread id may pass to another one in execve(2). Whatever ends a
 * thread ends its call first, and that is seen.
 */
struct begun {
	__u64 time;
	__u32 call;
	__u32 unused;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 32768);
	__type(key, __u64);
	__type(value, struct begun);
} begun_calls SEC(".maps");

/* Calls that begun_calls had no room for. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} unseen SEC(".maps");

/* What is read of the kernel's structures; CO-RE finds where it is. */
struct thread_info {
	__u32 status;
} __attribute__((preserve_access_index));

struct task_struct {
	struct thread_info thread_info;
} __attribute__((preserve_access_index));

/* arch/x86: in a call of the 32-bit sort, whose numbers are others */
#define TS_COMPAT 0x2

static __always_inline bool is_of_other_numbers(const struct task_struct *task)
{
	if (!bpf_core_field_exists(task->thread_info.status))
		return false;
	return BPF_CORE_READ(task, thread_info.status) & TS_COMPAT;
}

static __always_inline bool is_target_command(void)
{
	char command[sizeof(target_command)] = {};

	if (!target_command[0])
		return true;
	bpf_get_current_comm(command, sizeof(command));
	for (int i = 0; i < (int)sizeof(command) && (command[i] || target_command[i]); i++)
		if (command[i] != target_command[i])
			return false;
	return true;
}

static __always_inline bool is_target(void)
{
	if (target_pid && bpf_get_current_pid_tgid() >> 32 != target_pid)
		return false;
	if (target_cgroup && bpf_get_current_cgroup_id() != target_cgroup)
		return false;
	return is_target_command();
}

static __always_inline void count_unseen(void)
{
	__u32 zero = 0;
	__u64 *count = bpf_map_lookup_elem(&unseen, &zero);

	if (count)
		EBPFD_COUNT(count);
}

/* TP_PROTO(struct pt_regs *regs, long id) */
SEC("raw_tp/sys_enter")
int EBPFD_PROG(on_enter, struct bpf_raw_tracepoint_args *ctx)
{
	struct begun begun = {};
	__u64 number = ctx->args[1], task;

	if (number >= NUMBERS || !calls_by_number[number] || !is_target())
		return 0;
	task = bpf_get_current_task();
	if (is_of_other_numbers((const struct task_struct *)task))
		return 0;
	begun.call = calls_by_number[number] - 1;
	begun.time = bpf_ktime_get_ns();
	if (bpf_map_update_elem(&begun_calls, &task, &begun, BPF_ANY))
		count_unseen();
	return 0;
}

/* The power of two that is not above it. */
static __always_inline __u32 step_of(__u64 number)
{
	__u32 step = 0;

	for (int shift = 32; shift; shift /= 2)
		if (number >> shift) {
			number >>= shift;
			step += shift;
		}
	return step < STEPS ? step : STEPS - 1;
}

static __always_inline void report(enum call call, __s64 result, __u64 took, __u16 ebpfd_hook)
{
	struct syscall_event *event = EBPFD_RESERVE(&events, struct syscall_event, 0);
	__u64 pid_tgid = bpf_get_current_pid_tgid();

	if (!event)
		return;
	event->call = call;
	event->pid = pid_tgid >> 32;
	event->tid = pid_tgid;
	bpf_get_current_comm(event->command, sizeof(event->command));
	event->cgroup = bpf_get_current_cgroup_id();
	event->result = result;
	event->took_ns = took;
	ebpfd_submit(event);
}

static __always_inline void count(const struct begun *begun, __s64 result, __u16 ebpfd_hook)
{
	__u64 took = bpf_ktime_get_ns() - begun->time;
	__u32 call = begun->call, step = step_of(took);
	struct call_counts *counts = bpf_map_lookup_elem(&calls, &call);

	if (!counts || step >= STEPS)
		return;
	EBPFD_COUNT(&counts->calls);
	if (result < 0 && result >= -4095) /* include/linux/err.h: mmap(2) returns addresses */
		EBPFD_COUNT(&counts->errors);
	__sync_fetch_and_add(&counts->took_ns, took);
	EBPFD_COUNT(&counts->took[step]);
	if (sample_every && counts->calls % sample_every == 0)
		report(call, result, took, ebpfd_hook);
}

/* TP_PROTO(struct pt_regs *regs, long ret) */
SEC("raw_tp/sys_exit")
int EBPFD_PROG(on_exit, struct bpf_raw_tracepoint_args *ctx)
{
	__u64 task = bpf_get_current_task();
	struct begun *begun = bpf_map_lookup_elem(&begun_calls, &task);

	if (!begun)
		return 0;
	count(begun, ctx->args[1], ebpfd_hook);
	bpf_map_delete_elem(&begun_calls, &task);
	return 0;
}

char _license[] SEC("license") = "GPL";
