// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * An object that knows nothing of ebpfd: a tracepoint, a map that libbpf would pin by its name, a
 * ring of plain records. Calls of getpid(2) by one process.
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

/* Set before load; 0: all processes. */
const volatile int target_pid = 0;

struct call {
	__u32 pid;
	__u32 tid;
	__u64 nth; /* call of this thread */
};

/* Or clang would leave the type, which only a local has, out of the object's BTF. */
const struct call *call_type __attribute__((unused));

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 256);
	__type(key, __u32);
	__type(value, __u64);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
} calls_by_thread SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 64 * 1024);
} calls SEC(".maps");

static __always_inline __u64 count_call(__u32 tid)
{
	__u64 one = 1, *count = bpf_map_lookup_elem(&calls_by_thread, &tid);

	if (!count) {
		bpf_map_update_elem(&calls_by_thread, &tid, &one, BPF_NOEXIST);
		return 1;
	}
	/* Its thread alone writes it. */
	return ++*count;
}

SEC("tracepoint/syscalls/sys_enter_getpid")
int on_getpid(void *ctx)
{
	__u64 pid_tgid = bpf_get_current_pid_tgid();
	struct call *call;
	__u64 nth;

	if (target_pid && pid_tgid >> 32 != target_pid)
		return 0;
	nth = count_call(pid_tgid);
	call = bpf_ringbuf_reserve(&calls, sizeof(*call), 0);
	if (!call)
		return 0;
	call->pid = pid_tgid >> 32;
	call->tid = pid_tgid;
	call->nth = nth;
	bpf_ringbuf_submit(call, 0);
	return 0;
}

char _license[] SEC("license") = "GPL";
