/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * tcx_first INTERFACE PROGRAM LINK: another hand, which attaches a pinned program before all others
 * at the ingress of the interface, and pins the link.
 */
#include <bpf/bpf.h>
#include <errno.h>
#include <net/if.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "lib/cleanup.h"

/* include/uapi/linux/bpf.h of Linux 6.6; libbpf 1.1 does not know them. */
#define FLAG_BEFORE    8
#define ATTACH_INGRESS 46

static int attach_first(int program, const char *interface)
{
	struct {
		uint32_t program, interface, attach_type, flags;
		uint64_t relative, revision;
	} create = {
		(uint32_t)program, if_nametoindex(interface), ATTACH_INGRESS, FLAG_BEFORE, 0, 0};
	char attributes[128] = {0};

	memcpy(attributes, &create, sizeof(create));
	return (int)syscall(SYS_bpf, BPF_LINK_CREATE, attributes, sizeof(attributes));
}

int main(int argc, char **argv)
{
	cleanup_close int program = argc == 4 ? bpf_obj_get(argv[2]) : -1;
	cleanup_close int link = program >= 0 ? attach_first(program, argv[1]) : -1;

	if (link >= 0 && bpf_obj_pin(link, argv[3]) == 0)
		return 0;
	(void)fprintf(stderr, "tcx_first: %s\n", strerror(errno));
	return 1;
}
