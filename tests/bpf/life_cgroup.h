/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A program for each sort of hook that a cgroup has. The files beside it set VERSION. */
#pragma once

#include "tests/bpf/life.h"

#define ALLOW 1

#define PROTOCOL_OFFSET 9 /* in the IPv4 header */
#define PROTOCOL_UDP	17

LIFE_PROGRAM(on_sock_create, "cgroup/sock_create", 0, ALLOW)
LIFE_PROGRAM(on_sock_release, "cgroup/sock_release", 1, ALLOW)
LIFE_PROGRAM(on_post_bind4, "cgroup/post_bind4", 2, ALLOW)
LIFE_PROGRAM(on_bind4, "cgroup/bind4", 3, ALLOW)
LIFE_PROGRAM(on_connect4, "cgroup/connect4", 4, ALLOW)
LIFE_PROGRAM(on_sendmsg4, "cgroup/sendmsg4", 5, ALLOW)
LIFE_PROGRAM(on_recvmsg4, "cgroup/recvmsg4", 6, ALLOW)
LIFE_PROGRAM(on_getpeername4, "cgroup/getpeername4", 7, ALLOW)
LIFE_PROGRAM(on_getsockname4, "cgroup/getsockname4", 8, ALLOW)
LIFE_PROGRAM(on_getsockopt, "cgroup/getsockopt", 9, ALLOW)
LIFE_PROGRAM(on_setsockopt, "cgroup/setsockopt", 10, ALLOW)
LIFE_PROGRAM(on_dev, "cgroup/dev", 11, ALLOW)
LIFE_PROGRAM(on_sysctl, "cgroup/sysctl", 12, ALLOW)

/* A question to the kernel's security modules. */
LIFE_PROGRAM(on_lsm_socket_bind, "lsm_cgroup/socket_bind", 15, ALLOW)

/* TCP packets come when they like. */
SEC("cgroup_skb/egress")
int EBPFD_PROG(on_skb_egress, struct __sk_buff *ctx)
{
	__u8 protocol = 0;

	if (bpf_skb_load_bytes(ctx, PROTOCOL_OFFSET, &protocol, sizeof(protocol)) == 0 &&
	    protocol == PROTOCOL_UDP)
		note_run(13, ebpfd_hook);
	return ALLOW;
}

/* One of the many states that a connection goes through. */
SEC("sockops")
int EBPFD_PROG(on_sockops, struct bpf_sock_ops *ctx)
{
	if (ctx->op == BPF_SOCK_OPS_TCP_CONNECT_CB)
		note_run(14, ebpfd_hook);
	return ALLOW;
}
