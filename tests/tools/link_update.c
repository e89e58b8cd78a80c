/* SPDX-License-Identifier: GPL-2.0-or-later */
/* link_update LINK PROGRAM: another hand, which puts a pinned program into a pinned link. */
#include <bpf/bpf.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/cleanup.h"

int main(int argc, char **argv)
{
	cleanup_close int link = argc == 3 ? bpf_obj_get(argv[1]) : -1;
	cleanup_close int program = argc == 3 ? bpf_obj_get(argv[2]) : -1;

	if (link >= 0 && program >= 0 && bpf_link_update(link, program, NULL) == 0)
		return 0;
	(void)fprintf(stderr, "link_update: %s\n", strerror(errno));
	return 1;
}
