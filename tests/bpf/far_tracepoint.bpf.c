// SPDX-License-Identifier: GPL-2.0-or-later
/* Bad input: reads the first argument of a system call that has none, behind its event's record. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

/* Of system calls with arguments: /sys/kernel/tracing/events/syscalls/sys_enter_NAME/format */
struct enter {
	__u64 common;
	__u64 number;
	__u64 first;
};

SEC("tracepoint/syscalls/sys_enter_getpid")
int on_event(struct enter *enter)
{
	return enter->first != 0;
}

char _license[] SEC("license") = "GPL";
