// SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
/*
 * A unit of two hooks, which a reload flips in one store: packets of an experimental type, taken
 * off an interface, and programs executed, in one cgroup if asked for. Both report into one ring.
 */
#include <linux/bpf.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <stddef.h>

#include "bpf/ebpfd.bpf.h" /* outside this tree: <ebpfd/ebpfd.bpf.h> */
#include "bpf/examples/packet.h"

/* Set by [Set]: the id of the cgroup v2 (inode number of its folder) whose tasks count; 0: all. */
const volatile __u64 target_cgroup = 0;

/* In the order of Record= in traffic.conf. */
enum { PACKET_EVENT, EXEC_EVENT };

struct packet_event {
	struct ebpfd_record ebpfd;
	__u64 sequence;
	__u32 length;
	__u32 version;
};

struct exec_event {
	struct ebpfd_record ebpfd;
	__u32 pid;
	__u32 tgid;
	char comm[16];
	char filename[64];
	__u32 version;
};

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4 * 1024 * 1024);
} events SEC(".maps");

/* What is read of the kernel's structure (include/linux/binfmts.h); CO-RE finds where it is. */
struct linux_binprm {
	const char *filename;
} __attribute__((preserve_access_index));

SEC("xdp")
int EBPFD_PROG(on_packet, struct xdp_md *ctx)
{
	struct packet_payload *payload = packet_payload_of(ctx);
	struct packet_event *event;

	if (!payload)
		return XDP_PASS;
	event = EBPFD_RESERVE(&events, struct packet_event, PACKET_EVENT);
	if (event) {
		event->sequence = payload->sequence;
		event->length = ctx->data_end - ctx->data;
		event->version = 1;
		ebpfd_submit(event);
	}
	return XDP_DROP;
}

/* TP_PROTO(struct task_struct *p, pid_t old_pid, struct linux_binprm *bprm) */
SEC("raw_tp/sched_process_exec")
int EBPFD_PROG(on_exec, struct bpf_raw_tracepoint_args *ctx)
{
	struct linux_binprm *binary = (void *)ctx->args[2];
	__u64 pid_tgid = bpf_get_current_pid_tgid();
	struct exec_event *event;

	if (target_cgroup && bpf_get_current_cgroup_id() != target_cgroup)
		return 0;
	event = EBPFD_RESERVE(&events, struct exec_event, EXEC_EVENT);
	if (!event)
		return 0;
	event->pid = pid_tgid;
	event->tgid = pid_tgid >> 32;
	event->version = 1;
	bpf_get_current_comm(event->comm, sizeof(event->comm));
	bpf_probe_read_kernel_str(event->filename, sizeof(event->filename),
				  BPF_CORE_READ(binary, filename));
	ebpfd_submit(event);
	return 0;
}

char _license[] SEC("license") = "GPL";
