/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The kernel has no call that waits for programs that may sleep. But it frees such a program, and
 * lets go of its maps, no sooner than all of them that ran when its last reference went have ended
 * (kernel/bpf/syscall.c, __bpf_prog_put_noref(): call_rcu_tasks_trace()). So a program is made that
 * never runs, with a map that only it holds, and let go of: the map's number is gone when the wait
 * is over.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "daemon/kernel/barrier.h"
#include "daemon/kernel/code.h"
#include "daemon/kernel/wait_gone.h"
#include "lib/cleanup.h"
#include "lib/macro.h"

/* Grace periods of such programs may last while one of them sleeps. */
#define PATIENCE_USEC (60UL * 1000 * 1000)

/* The program names the map, and so holds it. */
static int load(int map, enum bpf_prog_type type, enum bpf_attach_type expected, int function)
{
	const struct bpf_insn code[] = {
		CODE_MAP(BPF_REG_1, BPF_PSEUDO_MAP_FD, map),
		CODE_SET(BPF_REG_0, 0),
		CODE_EXIT,
	};
	LIBBPF_OPTS(bpf_prog_load_opts, options, .prog_flags = BPF_F_SLEEPABLE,
		    .expected_attach_type = expected, .attach_btf_id = (uint32_t)function);

	return bpf_prog_load(type, "ebpfd_barrier", "GPL", code, ARRAY_SIZE(code), &options);
}

/*
 * System-call programs are from Linux 5.14. Before, what may sleep is at LSM hooks, but not at all
 * of them (kernel/bpf/bpf_lsm.c, sleepable_lsm_hooks).
 */
static int load_some(int map)
{
	int program = load(map, BPF_PROG_TYPE_SYSCALL, 0, 0), function;

	if (program >= 0)
		return program;
	function = libbpf_find_vmlinux_btf_id("bprm_committed_creds", BPF_LSM_MAC);
	return function < 0 ? function : load(map, BPF_PROG_TYPE_LSM, BPF_LSM_MAC, function);
}

static uint32_t id_of(int map)
{
	struct bpf_map_info info = {0};
	uint32_t length = sizeof(info);

	return bpf_obj_get_info_by_fd(map, &info, &length) ? 0 : info.id;
}

/* Makes the program with its map, and lets go of both: the map's number. */
static int make_and_forget(uint32_t *ret_id)
{
	cleanup_close int map = bpf_map_create(BPF_MAP_TYPE_ARRAY, "ebpfd_barrier_s",
					       sizeof(uint32_t), sizeof(uint32_t), 1, NULL);
	cleanup_close int program = map < 0 ? map : load_some(map);

	if (program < 0)
		return program;
	*ret_id = id_of(map);
	return 0;
}

int barrier_wait_sleepable(void)
{
	uint32_t id;
	int err = make_and_forget(&id);

	return err ? err : wait_gone(bpf_map_get_next_id, id, PATIENCE_USEC);
}

int barrier_wait_all(const struct barrier *barrier, bool sleepable)
{
	int err = barrier_wait(barrier);

	return err || !sleepable ? err : barrier_wait_sleepable();
}
