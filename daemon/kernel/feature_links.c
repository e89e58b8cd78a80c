/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>

#include "daemon/kernel/code.h"
#include "daemon/kernel/feature_common.h"
#include "daemon/kernel/feature_probes.h"
#include "daemon/kernel/hooks/perf_event.h"
#include "daemon/kernel/newer.h"
#include "daemon/kernel/packet_socket.h"
#include "daemon/kernel/tc_filter.h"
#include "lib/cleanup.h"
#include "lib/macro.h"

#define NOWHERE (-1)

static int load(enum bpf_prog_type type, enum bpf_attach_type expected)
{
	const struct bpf_insn code[] = {CODE_SET(BPF_REG_0, 1), CODE_EXIT};
	LIBBPF_OPTS(bpf_prog_load_opts, options, .expected_attach_type = expected);

	return bpf_prog_load(type, FEATURE_PROGRAM, "GPL", code, ARRAY_SIZE(code), &options);
}

/* Links a program at `target`; returns the link or a negative errno. */
static int link_at(enum bpf_prog_type type, enum bpf_attach_type expected, int target,
		   enum bpf_attach_type attach)
{
	cleanup_close int program = load(type, expected);

	return program < 0 ? program : bpf_link_create(program, target, attach, NULL);
}

static int loopback(void)
{
	return (int)if_nametoindex("lo");
}

bool probe_xdp_link(void)
{
	return feature_from_fd(link_at(BPF_PROG_TYPE_XDP, BPF_XDP, loopback(), BPF_XDP));
}

bool probe_tcx_link(void)
{
	return feature_from_fd(link_at(BPF_PROG_TYPE_SCHED_CLS, 0, loopback(), ATTACH_TCX_INGRESS));
}

/* Where there is netkit, the interface is looked for first (drivers/net/netkit.c). */
bool probe_netkit_link(void)
{
	return link_at(BPF_PROG_TYPE_SCHED_CLS, 0, 0, ATTACH_NETKIT_PRIMARY) == -ENODEV;
}

/* A qdisc that was there stays. */
bool probe_tc_filter(void)
{
	struct bpf_tc_hook clsact = {.sz = sizeof(clsact),
				     .ifindex = loopback(),
				     .attach_point = BPF_TC_INGRESS | BPF_TC_EGRESS};
	cleanup_close int program = load(BPF_PROG_TYPE_SCHED_CLS, 0);
	struct anchor anchor = {.kind = ANCHOR_FILTER, .interface = (uint32_t)loopback()};
	bool made = bpf_tc_hook_create(&clsact) == 0, has;
	struct bpf_prog_info info = {0};
	uint32_t length = sizeof(info);

	has = program >= 0 && bpf_obj_get_info_by_fd(program, &info, &length) == 0;
	anchor.program = info.id;
	has = has && tc_filter_attach(&anchor, program, NULL) == 0;
	tc_filter_detach(&anchor);
	if (made)
		(void)bpf_tc_hook_destroy(&clsact);
	return has;
}

bool probe_packet_socket(void)
{
	cleanup_close int program = load(BPF_PROG_TYPE_SOCKET_FILTER, 0);
	struct anchor anchor;

	return program >= 0 &&
	       feature_from_fd(packet_socket_open((uint32_t)loopback(), program, &anchor, NULL));
}

bool probe_cgroup_link(void)
{
	return link_at(BPF_PROG_TYPE_CGROUP_SKB, BPF_CGROUP_INET_INGRESS, NOWHERE,
		       BPF_CGROUP_INET_INGRESS) == -EBADF;
}

bool probe_netns_link(void)
{
	cleanup_close int here = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);

	return here >= 0 && feature_from_fd(link_at(BPF_PROG_TYPE_SK_LOOKUP, BPF_SK_LOOKUP, here,
						    BPF_SK_LOOKUP));
}

bool probe_raw_tp(void)
{
	cleanup_close int program = load(BPF_PROG_TYPE_RAW_TRACEPOINT, 0);

	return program >= 0 && bpf_raw_tracepoint_open("ebpfd_none", program) == -ENOENT;
}

/* Before Linux 5.15 the attach type is not known to links, and refused as such. */
bool probe_perf_link(void)
{
	return link_at(BPF_PROG_TYPE_TRACEPOINT, 0, NOWHERE, BPF_PERF_EVENT) == -EBADF;
}

/*
 * Opens an event of perf's source `name` for something that does not exist: ENOENT where there are
 * such events (kernel/trace/trace_kprobe.c and trace_uprobe.c).
 */
static bool probe_source(const char *name, const char *of)
{
	struct perf_event_attr attributes = {.config1 = (uintptr_t)of};
	cleanup_close int event = -1;

	if (perf_event_source(name, &attributes.type) < 0)
		return false;
	event = perf_event_open(&attributes, -1, 0);
	return event == -ENOENT;
}

bool probe_kprobe(void)
{
	return probe_source("kprobe", "ebpfd_no_such_function");
}

bool probe_uprobe(void)
{
	return probe_source("uprobe", "/proc/self/ebpfd-no-such-file");
}
