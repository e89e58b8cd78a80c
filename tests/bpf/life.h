/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * For objects of several small programs, in two versions: each run of each program leaves a record
 * with its number among the runs of that program in that generation, so that a test can tell
 * whether any was lost or came twice. The life_*.bpf.c beside it set VERSION, 1 or 2; the layout of
 * the record changes from one to the other.
 */
#pragma once

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#include "bpf/ebpfd.bpf.h"

struct life_event {
	struct ebpfd_record ebpfd;
#if VERSION == 1
	__u32 version;
	__u32 place; /* which program, counted from 0 */
	__u64 nth;   /* run of this program, counted from 1 */
#else
	__u64 nth;
	__u32 place;
	__u32 version;
#endif
};

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4 * 1024 * 1024);
} events SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, EBPFD_HOOKS_MAX);
	__type(key, __u32);
	__type(value, __u64);
} runs SEC(".maps");

/* The test makes the program run on one CPU at a time. */
static __always_inline void note_run(__u32 place, __u16 ebpfd_hook)
{
	__u64 *value = bpf_map_lookup_elem(&runs, &place);
	struct life_event *event;

	if (!value)
		return;
	*value += 1;
	event = EBPFD_RESERVE(&events, struct life_event, 0);
	if (!event)
		return;
	event->version = VERSION;
	event->place = place;
	event->nth = *value;
	ebpfd_submit(event);
}

/* A program that notes all its runs. */
#define LIFE_PROGRAM(name, section, place, verdict) \
	SEC(section)                                \
	int EBPFD_PROG(name, void *ctx)             \
	{                                           \
		(void)ctx;                          \
		note_run(place, ebpfd_hook);        \
		return verdict;                     \
	}

char _license[] SEC("license") = "GPL";
