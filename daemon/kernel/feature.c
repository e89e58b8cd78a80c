/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/kernel/feature.h"

#include <errno.h>
#include <sched.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daemon/kernel/feature_probes.h"
#include "daemon/kernel/library_log.h"
#include "lib/macro.h"

const struct feature_row feature_rows[FEATURE_MAX_] = {
	[FEATURE_RING_BUFFER] = {"ring buffers", "a ring is made", "no [Events]",
				 probe_ring_buffer},
	[FEATURE_XDP_LINK] = {"xdp links", "a program is attached in a namespace apart",
			      "no hooks of kind xdp", probe_xdp_link},
	[FEATURE_TCX_LINK] = {"tcx links", "a program is attached in a namespace apart",
			      "no hooks of kind tcx", probe_tcx_link},
	[FEATURE_NETKIT_LINK] = {"netkit links", "a link is asked for at no interface",
				 "no hooks of kind netkit", probe_netkit_link},
	[FEATURE_TC_FILTER] = {"tc filters", "one is made in a namespace apart",
			       "no hooks of kind tc", probe_tc_filter},
	[FEATURE_PACKET_SOCKET] = {"packet sockets", "one with a program is opened",
				   "no hooks of kind socket", probe_packet_socket},
	[FEATURE_CGROUP_LINK] = {"cgroup links", "a link is asked for at no cgroup",
				 "no hooks of kind cgroup", probe_cgroup_link},
	[FEATURE_NETNS_LINK] = {"netns links", "a program is attached in a namespace apart",
				"no hooks of kind netns", probe_netns_link},
	[FEATURE_RAW_TP] = {"raw tracepoints", "one that does not exist is asked for",
			    "no hooks of kind raw_tp", probe_raw_tp},
	[FEATURE_PERF_LINK] =
		{"perf links", "a link is asked for at no event",
		 "events of hooks tracepoint, kprobe, uprobe and perf are held by a pinned map: "
		 "they last as links do, but another hand there is not seen",
		 probe_perf_link},
	[FEATURE_KPROBE] = {"kprobes", "one of a function that does not exist is asked for",
			    "no hooks of kinds kprobe and kretprobe", probe_kprobe},
	[FEATURE_UPROBE] = {"uprobes", "one of a file that does not exist is asked for",
			    "no hooks of kinds uprobe and uretprobe", probe_uprobe},
	[FEATURE_BTF] = {"BTF", "the kernel's types are looked up",
			 "no hooks of kinds fentry, fexit, lsm and iter, no objects with CO-RE",
			 probe_btf},
	[FEATURE_FENTRY] = {"fentry", "a program is attached at a function that nothing calls",
			    "no hooks of kinds fentry and fexit", probe_fentry},
	[FEATURE_LSM] = {"BPF LSM", "a program is attached, and heard from",
			 "hooks of kind lsm never run; boot with bpf in lsm=", probe_lsm},
	[FEATURE_ITER] = {"iterators", "a program for tasks is attached", "no hooks of kind iter",
			  probe_iter},
	[FEATURE_SLEEPABLE] = {"sleepable programs", "one is loaded", "no programs that may sleep",
			       probe_sleepable},
	[FEATURE_SLEEPABLE_RING] = {"rings of sleepable programs", "a program with one is loaded",
				    "programs that may sleep have no [Events]",
				    probe_sleepable_ring},
	[FEATURE_SLEEPABLE_TAIL_CALL] =
		{"sleepable tail calls", "a program with one is loaded",
		 "sleepable programs swap by overlap: both run for a moment",
		 probe_sleepable_tail_call},
	[FEATURE_ATOMIC_FETCH] = {"atomic add with result", "a program with one is loaded",
				  "records have no number (EBPFD_NUMBERS)", probe_atomic_fetch},
	[FEATURE_COOKIE] = {"cookies", "a program that asks for one is loaded",
			    "programs cannot tell attachments apart by cookie", probe_cookie},
	[FEATURE_FUNCTION_ADDRESS] = {"function addresses", "a program that asks for one is loaded",
				      "programs at fentry cannot ask where they are",
				      probe_function_address},
	[FEATURE_SKIPPED_RUNS] = {"statistics of skipped runs", "a program's figures are read",
				  "receipts of tracing hooks say unverified", probe_skipped_runs},
	[FEATURE_MEMBARRIER] = {"membarrier", "one is made",
				"the barrier is the update of a map alone", probe_membarrier},
	[FEATURE_LANDLOCK] = {"Landlock", "its version is asked for",
			      "the loader can open files that its unit does not name",
			      probe_landlock},
	[FEATURE_SECCOMP] = {"seccomp filters", "one is given that cannot be read",
			     "the loader can make any system call", probe_seccomp},
};

bool feature_probe(enum feature feature)
{
	return feature_rows[feature].probe();
}

/* Shared by parent and child. */
struct report {
	int error;
	bool has_feature[FEATURE_MAX_];
};

static void probe_in_child(struct report *report)
{
	library_log_to_debug();
	if (unshare(CLONE_NEWNET) < 0) {
		report->error = -errno;
		return;
	}
	for (int i = 0; i < FEATURE_MAX_; i++)
		report->has_feature[i] = feature_probe((enum feature)i);
	report->error = 0;
}

static int run_child(struct report *report)
{
	pid_t child = fork();

	if (child < 0)
		return -errno;
	if (child == 0) {
		probe_in_child(report);
		_exit(0);
	}
	while (waitpid(child, NULL, 0) < 0 && errno == EINTR)
		;
	return report->error;
}

int feature_probe_all(bool ret[FEATURE_MAX_])
{
	struct report *report = mmap(NULL, sizeof(*report), PROT_READ | PROT_WRITE,
				     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int err;

	if (report == MAP_FAILED)
		return -errno;
	report->error = -EIO; /* of a child that ends before it says another thing */
	err = run_child(report);
	if (!err)
		memcpy(ret, report->has_feature, sizeof(report->has_feature));
	munmap(report, sizeof(*report));
	return err;
}

static const struct feature_needs needs[] = {
	[HOOK_XDP] = {{FEATURE_XDP_LINK}, 1},
	[HOOK_TCX] = {{FEATURE_TCX_LINK}, 1},
	[HOOK_NETKIT] = {{FEATURE_NETKIT_LINK}, 1},
	[HOOK_TC] = {{FEATURE_TC_FILTER}, 1},
	[HOOK_SOCKET] = {{FEATURE_PACKET_SOCKET}, 1},
	[HOOK_CGROUP] = {{FEATURE_CGROUP_LINK}, 1},
	[HOOK_NETNS] = {{FEATURE_NETNS_LINK}, 1},
	[HOOK_RAW_TP] = {{FEATURE_RAW_TP, FEATURE_SKIPPED_RUNS}, 2},
	[HOOK_TRACEPOINT] = {{FEATURE_PERF_LINK}, 1},
	[HOOK_PERF] = {{FEATURE_PERF_LINK}, 1},
	[HOOK_KPROBE] = {{FEATURE_PERF_LINK, FEATURE_KPROBE, FEATURE_COOKIE}, 3},
	[HOOK_KRETPROBE] = {{FEATURE_PERF_LINK, FEATURE_KPROBE, FEATURE_COOKIE}, 3},
	[HOOK_UPROBE] = {{FEATURE_PERF_LINK, FEATURE_UPROBE, FEATURE_COOKIE}, 3},
	[HOOK_URETPROBE] = {{FEATURE_PERF_LINK, FEATURE_UPROBE, FEATURE_COOKIE}, 3},
	[HOOK_FENTRY] = {{FEATURE_FENTRY, FEATURE_BTF, FEATURE_SKIPPED_RUNS}, 3},
	[HOOK_FEXIT] = {{FEATURE_FENTRY, FEATURE_BTF, FEATURE_SKIPPED_RUNS}, 3},
	[HOOK_LSM] = {{FEATURE_LSM, FEATURE_BTF}, 2},
	[HOOK_ITER] = {{FEATURE_ITER, FEATURE_BTF}, 2},
};

_Static_assert(ARRAY_SIZE(needs) == HOOK_KIND_MAX_, "a row for each kind of hook");

const struct feature_needs *feature_needs_of(enum hook_kind kind)
{
	return &needs[kind];
}
