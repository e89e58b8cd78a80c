/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One small program for each kind of hook, in two versions: each run leaves its version in a record
 * and in a map, so that a test sees which one ran. The kind_*.bpf.c beside it set
 *
 *	VERSION   1 or 2
 *	SECTION   of the program `on_event`
 *	NEUTRAL   the verdict
 *	HAS_TASK  where a task is behind each run: then only `target_pid` counts, unless that is 0
 *	SYSCALL   for sys_enter as a raw tracepoint: only `target_syscall` counts, unless that is -1
 */
#pragma once

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#include "bpf/ebpfd.bpf.h"

#ifdef HAS_TASK
const volatile __u32 target_pid = 0;
#endif
#ifdef SYSCALL
const volatile __s64 target_syscall = -1;
#endif

struct version_event {
	struct ebpfd_record ebpfd;
#if VERSION == 1
	__u32 version;
	__u32 nth; /* run of this version */
#else
	__u64 nth;
	__u32 version;
#endif
};

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 256 * 1024);
} events SEC(".maps");

/* [0]: the version that ran last; [VERSION]: its runs. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 3);
	__type(key, __u32);
	__type(value, __u64);
} seen SEC(".maps");

static __always_inline __u64 note_version(void)
{
	__u32 last = 0, own = VERSION;
	__u64 *value = bpf_map_lookup_elem(&seen, &last);
	__u64 *runs = bpf_map_lookup_elem(&seen, &own);

	if (!value || !runs)
		return 0;
	*value = VERSION;
	__sync_fetch_and_add(runs, 1);
	return *runs;
}

/* Whether this run is one that the test asked for. */
static __always_inline int is_wanted(void *ctx)
{
	(void)ctx;
#ifdef HAS_TASK
	if (target_pid && bpf_get_current_pid_tgid() >> 32 != target_pid)
		return 0;
#endif
#ifdef SYSCALL
	/* TP_PROTO(struct pt_regs *regs, long id) */
	if (target_syscall != -1 &&
	    (__s64)((struct bpf_raw_tracepoint_args *)ctx)->args[1] != target_syscall)
		return 0;
#endif
	return 1;
}

SEC(SECTION)
int EBPFD_PROG(on_event, void *ctx)
{
	struct version_event *event;
	__u64 nth;

	if (!is_wanted(ctx))
		return NEUTRAL;
	nth = note_version();
	event = EBPFD_RESERVE(&events, struct version_event, 0);
	if (!event)
		return NEUTRAL;
	event->version = VERSION;
	event->nth = nth;
	ebpfd_submit(event);
	return NEUTRAL;
}

char _license[] SEC("license") = "GPL";
