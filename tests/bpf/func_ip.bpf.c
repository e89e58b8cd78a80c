// SPDX-License-Identifier: GPL-2.0-or-later
/* At fentry, where it is: the address of the function, asked for behind an entry. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#include "bpf/ebpfd.bpf.h"

struct place_event {
	struct ebpfd_record ebpfd;
	__u64 address;
};

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 256 * 1024);
} events SEC(".maps");

const volatile __u32 target_pid = 0;

SEC("fentry")
int EBPFD_PROG(at_fentry, void *context)
{
	struct place_event *event;

	if (bpf_get_current_pid_tgid() >> 32 != target_pid)
		return 0;
	event = EBPFD_RESERVE(&events, struct place_event, 0);
	if (!event)
		return 0;
	event->address = bpf_get_func_ip(context);
	ebpfd_submit(event);
	return 0;
}

char _license[] SEC("license") = "GPL";
