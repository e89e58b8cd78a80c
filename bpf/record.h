/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * What a program that includes ebpfd.bpf.h leaves for the daemon: the header of each record, and
 * the counters of a generation. The includer brings __u16, __u32 and __u64.
 */
#pragma once

#define EBPFD_HOOKS_MAX 32 /* hooks of a unit */

/* The head of each record, 24 bytes. */
struct ebpfd_record {
	__u16 type;   /* index in the unit's Record= list */
	__u16 hook;   /* number of the hook; it keeps it over reloads */
	__u32 cpu;    /* where the record was reserved */
	__u64 number; /* per CPU and hook, from 1; 0 where the object was built without numbers */
	__u64 time;   /* CLOCK_MONOTONIC, nanoseconds */
};

/* The per-CPU array of a generation's counts: one struct ebpfd_counts per hook. */
#define EBPFD_COUNTS_MAP "ebpfd_counts"

#define EBPFD_VERDICTS 8

struct ebpfd_counts {
	__u64 attempted; /* reserves tried, without those whose record was discarded */
	__u64 failed;	 /* reserves that the ring had no room for */
	__u64 number;	 /* last number given */
	__u64 runs;	 /* by EBPFD_PROG: runs of the program */
	__u64 sampled;	 /* runs whose time was taken */
	__u64 sampled_ns;
	__u64 verdict[EBPFD_VERDICTS]; /* runs by return value; the last holds all others */
};
