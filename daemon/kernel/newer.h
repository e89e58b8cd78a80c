/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Names of include/uapi/linux/bpf.h for which the header of the build machine may be too old, and
 * the version of Linux that they came with.
 */
#pragma once

#include <linux/bpf.h>

/* 5.15 */
#define HELPER_GET_FUNC_IP	 173
#define HELPER_GET_ATTACH_COOKIE 174

/* 5.18 */
#ifndef BPF_F_XDP_HAS_FRAGS
#define BPF_F_XDP_HAS_FRAGS (1U << 5)
#endif

/* 6.6 */
#define ATTACH_TCX_INGRESS ((enum bpf_attach_type)46)
#define ATTACH_TCX_EGRESS  ((enum bpf_attach_type)47)

/* 6.7 */
#define ATTACH_UNIX_CONNECT	((enum bpf_attach_type)49)
#define ATTACH_UNIX_SENDMSG	((enum bpf_attach_type)50)
#define ATTACH_UNIX_RECVMSG	((enum bpf_attach_type)51)
#define ATTACH_UNIX_GETPEERNAME ((enum bpf_attach_type)52)
#define ATTACH_UNIX_GETSOCKNAME ((enum bpf_attach_type)53)
#define ATTACH_NETKIT_PRIMARY	((enum bpf_attach_type)54)
#define ATTACH_NETKIT_PEER	((enum bpf_attach_type)55)
