// SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
/*
 * Executions of programs, counted by command and CPU. The counts are kept maps: they live on over
 * reloads, and who wants to know reads them (docs/units.md).
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include <stddef.h>

#include "bpf/ebpfd.bpf.h" /* outside this tree: <ebpfd/ebpfd.bpf.h> */

/* The inode number of a folder of cgroup v2: only tasks in it count, none below it; 0: all. */
const volatile __u64 target_cgroup = 0;

struct command {
	char name[16]; /* as ps -o comm shows it */
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_HASH);
	__uint(max_entries, 4096);
	__type(key, struct command);
	__type(value, __u64);
} executions SEC(".maps");

struct total {
	__u64 executions;
	__u64 unlisted; /* of commands that the full hash had no room for */
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct total);
} total SEC(".maps");

/* The count of the command on this CPU, or NULL where there is no room for another one. */
static __always_inline __u64 *count_of(const struct command *command)
{
	__u64 none = 0, *count = bpf_map_lookup_elem(&executions, command);

	if (count)
		return count;
	/* That another CPU was faster is as good. */
	bpf_map_update_elem(&executions, command, &none, BPF_NOEXIST);
	return bpf_map_lookup_elem(&executions, command);
}

/* TP_PROTO(struct task_struct *p, pid_t old_pid, struct linux_binprm *bprm): the call succeeded. */
SEC("raw_tp/sched_process_exec")
int EBPFD_PROG(on_exec, struct bpf_raw_tracepoint_args *ctx)
{
	struct command command = {};
	__u32 zero = 0;
	struct total *sum = bpf_map_lookup_elem(&total, &zero);
	__u64 *count;

	if (!sum || (target_cgroup && bpf_get_current_cgroup_id() != target_cgroup))
		return 0;
	bpf_get_current_comm(command.name, sizeof(command.name));
	count = count_of(&command);
	if (count)
		EBPFD_COUNT(count);
	else
		EBPFD_COUNT(&sum->unlisted);
	EBPFD_COUNT(&sum->executions);
	return 0;
}

char _license[] SEC("license") = "GPL";
