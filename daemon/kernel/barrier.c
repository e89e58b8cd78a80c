/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/kernel/barrier.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <linux/membarrier.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "lib/cleanup.h"

int barrier_init(struct barrier *barrier)
{
	cleanup_close int inner = -1;
	int outer;

	inner = bpf_map_create(BPF_MAP_TYPE_ARRAY, "ebpfd_barrier_i", sizeof(uint32_t),
			       sizeof(uint32_t), 1, NULL);
	if (inner < 0)
		return inner;
	LIBBPF_OPTS(bpf_map_create_opts, options, .inner_map_fd = (uint32_t)inner);
	outer = bpf_map_create(BPF_MAP_TYPE_ARRAY_OF_MAPS, "ebpfd_barrier", sizeof(uint32_t),
			       sizeof(uint32_t), 1, &options);
	if (outer < 0)
		return outer;
	barrier->outer_fd = outer;
	barrier->inner_fd = TAKE_FD(inner);
	return 0;
}

void barrier_deinit(struct barrier *barrier)
{
	close_and_forget(&barrier->outer_fd);
	close_and_forget(&barrier->inner_fd);
}

int barrier_wait_map(const struct barrier *barrier)
{
	uint32_t zero = 0;

	return bpf_map_update_elem(barrier->outer_fd, &zero, &barrier->inner_fd, BPF_ANY);
}

int barrier_wait_membarrier(void)
{
	if (syscall(SYS_membarrier, MEMBARRIER_CMD_GLOBAL, 0, 0) < 0)
		return -errno;
	return 0;
}

int barrier_wait(const struct barrier *barrier)
{
	int err = barrier_wait_map(barrier);

	if (err)
		return err;
	(void)barrier_wait_membarrier();
	return 0;
}
