// SPDX-License-Identifier: GPL-2.0-or-later
/* Bad input: an object that names a file of its own, which is none of its business. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

SEC("uprobe//etc/passwd:main")
int on_event(void *ctx)
{
	(void)ctx;
	return 0;
}

char _license[] SEC("license") = "GPL";
