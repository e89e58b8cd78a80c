// SPDX-License-Identifier: GPL-2.0-or-later
/* Bad input: a program that may sleep, which no entry can call. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

SEC("uprobe.s")
int on_event(void *ctx)
{
	(void)ctx;
	return 0;
}

char _license[] SEC("license") = "GPL";
