// SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
/*
 * The second version of traffic-v1.bpf.c: both records have other fields in another order, the exec
 * record knows the parent, and execs are counted by parent.
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
	__u32 version;
	__u32 interface;
	__u16 length;
	__u8 source[ETH_ALEN];
	__u64 sequence;
};

struct exec_event {
	struct ebpfd_record ebpfd;
	__u32 version;
	__u32 parent;
	__u64 cgroup;
	char filename[128];
	char comm[16];
	__u32 tgid;
	__u32 pid;
};

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4 * 1024 * 1024);
} events SEC(".maps");

/* New: execs by the parent's process id. Private to the generation. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 1024);
	__type(key, __u32);
	__type(value, __u64);
} execs SEC(".maps");

/* What is read of the kernel's structures; CO-RE finds where it is. */
struct linux_binprm {
	const char *filename;
} __attribute__((preserve_access_index));

struct task_struct {
	struct task_struct *real_parent;
	int tgid;
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
		event->version = 2;
		event->interface = ctx->ingress_ifindex;
		event->length = ctx->data_end - ctx->data;
		__builtin_memcpy(event->source, ((struct ethhdr *)payload - 1)->h_source, ETH_ALEN);
		event->sequence = payload->sequence;
		ebpfd_submit(event);
	}
	return XDP_DROP;
}

static __always_inline void count_exec(__u32 parent)
{
	__u64 one = 1, *count = bpf_map_lookup_elem(&execs, &parent);

	if (count)
		__sync_fetch_and_add(count, 1);
	else
		bpf_map_update_elem(&execs, &parent, &one, BPF_NOEXIST);
}

/* TP_PROTO(struct task_struct *p, pid_t old_pid, struct linux_binprm *bprm) */
SEC("raw_tp/sched_process_exec")
int EBPFD_PROG(on_exec, struct bpf_raw_tracepoint_args *ctx)
{
	struct task_struct *task = (void *)ctx->args[0];
	struct linux_binprm *binary = (void *)ctx->args[2];
	__u64 pid_tgid = bpf_get_current_pid_tgid(), cgroup = bpf_get_current_cgroup_id();
	__u32 parent;
	struct exec_event *event;

	if (target_cgroup && cgroup != target_cgroup)
		return 0;
	parent = BPF_CORE_READ(task, real_parent, tgid);
	count_exec(parent);
	event = EBPFD_RESERVE(&events, struct exec_event, EXEC_EVENT);
	if (!event)
		return 0;
	event->version = 2;
	event->parent = parent;
	event->cgroup = cgroup;
	bpf_probe_read_kernel_str(event->filename, sizeof(event->filename),
				  BPF_CORE_READ(binary, filename));
	bpf_get_current_comm(event->comm, sizeof(event->comm));
	event->tgid = pid_tgid >> 32;
	event->pid = pid_tgid;
	ebpfd_submit(event);
	return 0;
}

char _license[] SEC("license") = "GPL";
