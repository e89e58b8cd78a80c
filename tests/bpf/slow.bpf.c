// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * An old program that is still in the middle of a run when the new one is in force, and shows it:
 * it writes all the while. Its type is set when it is loaded.
 *
 * Long runs need neither a tail-call chain nor bpf_loop(), which kernels before 5.17 have not: the
 * verifier walks a global function once, whoever calls it, so that loops multiply at no cost.
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

/* Iterations of each of the two loops: more than any hold_ns needs. */
#define STEPS 8000

/* How long a run lasts. Set before load. */
const volatile __u64 hold_ns = 0;

struct {
	__u64 started;	/* runs of `slow` that began */
	__u64 writes;	/* that it made until now */
	__u64 finished; /* runs of it that are past their last write */
	__u64 quick;	/* runs of `quick` */
} volatile progress;

__noinline int write_until(__u64 deadline)
{
	for (int i = 0; i < STEPS; i++) {
		progress.writes++;
		if (bpf_ktime_get_ns() >= deadline)
			return 1;
	}
	return 0;
}

SEC("xdp")
int slow(void *ctx)
{
	__u64 deadline = bpf_ktime_get_ns() + hold_ns;

	(void)ctx;
	progress.started++;
	for (int i = 0; i < STEPS; i++)
		if (write_until(deadline))
			break;
	progress.finished++;
	return 1;
}

SEC("xdp")
int quick(void *ctx)
{
	(void)ctx;
	progress.quick++;
	return 1;
}

char _license[] SEC("license") = "GPL";
