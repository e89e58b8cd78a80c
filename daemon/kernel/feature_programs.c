/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <bpf/bpf.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/kernel/barrier.h"
#include "daemon/kernel/code.h"
#include "daemon/kernel/feature_common.h"
#include "daemon/kernel/feature_probes.h"
#include "daemon/kernel/newer.h"
#include "lib/cleanup.h"
#include "lib/macro.h"

bool probe_ring_buffer(void)
{
	return feature_from_fd(bpf_map_create(BPF_MAP_TYPE_RINGBUF, FEATURE_PROGRAM, 0, 0,
					      (uint32_t)sysconf(_SC_PAGESIZE), NULL));
}

bool probe_atomic_fetch(void)
{
	const struct bpf_insn code[] = {
		CODE_SET(BPF_REG_0, 0),
		{.code = BPF_STX | BPF_MEM | BPF_DW, .dst_reg = BPF_REG_10, .off = -8},
		{.code = BPF_STX | BPF_ATOMIC | BPF_DW,
		 .dst_reg = BPF_REG_10,
		 .src_reg = BPF_REG_0,
		 .off = -8,
		 .imm = BPF_ADD | BPF_FETCH},
		CODE_EXIT,
	};

	return feature_from_fd(bpf_prog_load(BPF_PROG_TYPE_SOCKET_FILTER, FEATURE_PROGRAM, "GPL",
					     code, ARRAY_SIZE(code), NULL));
}

bool probe_cookie(void)
{
	const struct bpf_insn code[] = {CODE_CALL(HELPER_GET_ATTACH_COOKIE), CODE_SET(BPF_REG_0, 0),
					CODE_EXIT};

	return feature_from_fd(bpf_prog_load(BPF_PROG_TYPE_TRACEPOINT, FEATURE_PROGRAM, "GPL", code,
					     ARRAY_SIZE(code), NULL));
}

/* The kernel says how much of the structure it knows. */
bool probe_skipped_runs(void)
{
	const struct bpf_insn code[] = {CODE_SET(BPF_REG_0, 0), CODE_EXIT};
	cleanup_close int program = bpf_prog_load(BPF_PROG_TYPE_RAW_TRACEPOINT, FEATURE_PROGRAM,
						  "GPL", code, ARRAY_SIZE(code), NULL);
	struct bpf_prog_info info = {0};
	uint32_t length = sizeof(info);

	return program >= 0 && bpf_obj_get_info_by_fd(program, &info, &length) == 0 &&
	       length >= offsetof(struct bpf_prog_info, recursion_misses) +
				 sizeof(info.recursion_misses);
}

bool probe_membarrier(void)
{
	return barrier_wait_membarrier() == 0;
}
