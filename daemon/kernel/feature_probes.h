/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The probes of feature.h, each as feature_probe() returns it. */
#pragma once

#include <stdbool.h>

/* feature_links.c */
bool probe_xdp_link(void);
bool probe_tcx_link(void);
bool probe_netkit_link(void);
bool probe_tc_filter(void);
bool probe_packet_socket(void);
bool probe_cgroup_link(void);
bool probe_netns_link(void);
bool probe_raw_tp(void);
bool probe_perf_link(void);
bool probe_kprobe(void);
bool probe_uprobe(void);

/* feature_tracing.c */
bool probe_btf(void);
bool probe_fentry(void);
bool probe_lsm(void);
bool probe_function_address(void);
bool probe_iter(void);
bool probe_sleepable(void);
bool probe_sleepable_ring(void);
bool probe_sleepable_tail_call(void);

/* feature_programs.c */
bool probe_ring_buffer(void);
bool probe_atomic_fetch(void);
bool probe_cookie(void);
bool probe_skipped_runs(void);
bool probe_membarrier(void);

/* feature_limits.c */
bool probe_landlock(void);
bool probe_seccomp(void);
