// SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
/*
 * TCP connections that are opened from here, in all network namespaces: a record when the
 * connection is there or has failed, with its five-tuple, who asked for it and how long it took.
 *
 * The kernel knows the process where the socket leaves TCP_CLOSE, in connect(2), and the local port
 * only later; it knows both ends where the socket leaves TCP_SYN_SENT, or TCP_SYN_RECV where both
 * ends opened at once, in whatever task the answer interrupts. So what is known of the first moment
 * waits in a map, which is kept: a connection that is begun before a reload is reported after it.
 */
#include <linux/bpf.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <stddef.h>

#include "bpf/ebpfd.bpf.h" /* outside this tree: <ebpfd/ebpfd.bpf.h> */
#include "bpf/units/address.h"

#define AF_INET6	10
#define IPPROTO_TCP	6
#define TCP_ESTABLISHED 1
#define TCP_SYN_SENT	2
#define TCP_SYN_RECV	3
#define TCP_CLOSE	7

/* The inode number of a folder of cgroup v2: only tasks in it count, none below it; 0: all. */
const volatile __u64 target_cgroup = 0;

enum tcp_result { CONNECTED, FAILED };

struct tcp_connect {
	struct ebpfd_record ebpfd;
	enum tcp_result result;
	__u32 pid;
	char command[16];
	__u64 cgroup;
	__u8 source[16];
	__u8 destination[16];
	__u16 source_port;
	__u16 destination_port;
	__u64 began; /* CLOCK_MONOTONIC, nanoseconds; the record's own time is the end */
	__u64 took_ns;
};

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1024 * 1024);
} events SEC(".maps");

/* Of a connection that is being opened. */
struct opening {
	__u64 began;
	__u64 cgroup;
	__u32 pid;
	char command[16];
};

/* By socket. LRU: a socket that goes some other way leaves nothing behind for ever. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 16384);
	__type(key, __u64);
	__type(value, struct opening);
} openings SEC(".maps");

/* What is read of the kernel's structures; CO-RE finds where it is. */
struct in6_addr {
	__u8 bytes[16];
} __attribute__((preserve_access_index));

struct sock_common {
	__be32 skc_daddr;
	__be32 skc_rcv_saddr;
	__be16 skc_dport;
	unsigned short skc_family;
	struct in6_addr skc_v6_daddr;
	struct in6_addr skc_v6_rcv_saddr;
} __attribute__((preserve_access_index));

struct sock {
	struct sock_common __sk_common;
	__u16 sk_protocol;
} __attribute__((preserve_access_index));

struct inet_sock {
	__be16 inet_sport; /* still there when the socket has given its port back */
} __attribute__((preserve_access_index));

static __always_inline void begin(const struct sock *sk)
{
	struct opening opening = {};
	__u64 key = (__u64)sk;

	opening.cgroup = bpf_get_current_cgroup_id();
	if (target_cgroup && opening.cgroup != target_cgroup)
		return;
	opening.began = bpf_ktime_get_ns();
	opening.pid = bpf_get_current_pid_tgid() >> 32;
	bpf_get_current_comm(opening.command, sizeof(opening.command));
	bpf_map_update_elem(&openings, &key, &opening, BPF_ANY);
}

static __always_inline void fill_addresses(struct tcp_connect *event, const struct sock *sk)
{
	__be32 ip4;

	event->source_port = BPF_CORE_READ((const struct inet_sock *)sk, inet_sport);
	event->destination_port = BPF_CORE_READ(sk, __sk_common.skc_dport);
	if (BPF_CORE_READ(sk, __sk_common.skc_family) == AF_INET6) {
		BPF_CORE_READ_INTO(&event->source, sk, __sk_common.skc_v6_rcv_saddr);
		BPF_CORE_READ_INTO(&event->destination, sk, __sk_common.skc_v6_daddr);
		return;
	}
	ip4 = BPF_CORE_READ(sk, __sk_common.skc_rcv_saddr);
	address_from_ip4(event->source, &ip4);
	ip4 = BPF_CORE_READ(sk, __sk_common.skc_daddr);
	address_from_ip4(event->destination, &ip4);
}

static __always_inline void end(const struct sock *sk, enum tcp_result result, __u16 ebpfd_hook)
{
	__u64 key = (__u64)sk;
	struct opening *opening = bpf_map_lookup_elem(&openings, &key);
	struct tcp_connect *event;

	if (!opening)
		return;
	event = EBPFD_RESERVE(&events, struct tcp_connect, 0);
	if (event) {
		event->result = result;
		event->pid = opening->pid;
		__builtin_memcpy(event->command, opening->command, sizeof(event->command));
		event->cgroup = opening->cgroup;
		event->began = opening->began;
		event->took_ns = event->ebpfd.time - opening->began;
		fill_addresses(event, sk);
		ebpfd_submit(event);
	}
	bpf_map_delete_elem(&openings, &key);
}

/* TP_PROTO(const struct sock *sk, const int oldstate, const int newstate) */
SEC("raw_tp/inet_sock_set_state")
int EBPFD_PROG(on_state, struct bpf_raw_tracepoint_args *ctx)
{
	const struct sock *sk = (const void *)ctx->args[0];
	int from = ctx->args[1], to = ctx->args[2];

	if (from != TCP_SYN_SENT && from != TCP_SYN_RECV && to != TCP_SYN_SENT)
		return 0;
	if (BPF_CORE_READ(sk, sk_protocol) != IPPROTO_TCP)
		return 0;
	if (to == TCP_SYN_SENT)
		begin(sk);
	else if (to == TCP_ESTABLISHED)
		end(sk, CONNECTED, ebpfd_hook);
	else if (to == TCP_CLOSE)
		end(sk, FAILED, ebpfd_hook);
	return 0;
}

char _license[] SEC("license") = "GPL";
