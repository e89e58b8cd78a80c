/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * pin_watch LINK: opens a pinned link again and again, as fast as it can, until SIGTERM. Then it
 * prints "opened=N missed=N detached=N ids=N": how often it was there, was not, was there and
 * attached to nothing, and how many links it was, one after the other.
 */
#include <bpf/bpf.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "lib/cleanup.h"

static volatile sig_atomic_t stopped;

struct watch {
	unsigned long opened, missed, detached, ids;
	unsigned int id; /* the last one seen */
};

static void stop(int number)
{
	(void)number;
	stopped = 1;
}

static void look(struct watch *watch, const char *path)
{
	cleanup_close int fd = bpf_obj_get(path);
	struct bpf_link_info info;
	unsigned int length = sizeof(info);

	memset(&info, 0, sizeof(info));
	if (fd < 0 || bpf_obj_get_info_by_fd(fd, &info, &length) < 0) {
		watch->missed++;
		return;
	}
	watch->opened++;
	watch->detached += info.type == BPF_LINK_TYPE_XDP && info.xdp.ifindex == 0;
	watch->ids += info.id != watch->id;
	watch->id = info.id;
}

int main(int argc, char **argv)
{
	const struct sigaction action = {.sa_handler = stop};
	struct watch watch = {};

	if (argc != 2 || sigaction(SIGTERM, &action, NULL) < 0) {
		(void)fprintf(stderr, "usage: pin_watch LINK\n");
		return 2;
	}
	while (!stopped)
		look(&watch, argv[1]);
	printf("opened=%lu missed=%lu detached=%lu ids=%lu\n", watch.opened, watch.missed,
	       watch.detached, watch.ids);
	return 0;
}
