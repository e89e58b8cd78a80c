/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/btf.h>
#include <unistd.h>

#include "daemon/kernel/code.h"
#include "daemon/kernel/feature_common.h"
#include "daemon/kernel/feature_probes.h"
#include "daemon/kernel/newer.h"
#include "lib/cleanup.h"
#include "lib/macro.h"

/* A function for the kernel's own tests (net/bpf/test_run.c). */
#define UNCALLED "bpf_fentry_test1"
/* Asked by getpgid(2) alone. */
#define LSM_HOOK "task_getpgid"
/* A hook that may sleep, the one of 5.10. */
#define LSM_SLEEPING_HOOK "bprm_committed_creds"

struct code {
	const struct bpf_insn *instructions;
	size_t count;
};

static const struct bpf_insn pass[] = {CODE_SET(BPF_REG_0, 0), CODE_EXIT};
#define PASS ((struct code){pass, ARRAY_SIZE(pass)})

static int load(enum bpf_prog_type type, enum bpf_attach_type expected, const char *at,
		uint32_t flags, struct code code)
{
	int id = libbpf_find_vmlinux_btf_id(at, expected);
	LIBBPF_OPTS(bpf_prog_load_opts, options, .expected_attach_type = expected,
		    .attach_btf_id = (uint32_t)id, .prog_flags = flags);

	if (id < 0)
		return id;
	return bpf_prog_load(type, FEATURE_PROGRAM, "GPL", code.instructions, code.count, &options);
}

bool probe_btf(void)
{
	return libbpf_find_vmlinux_btf_id(UNCALLED, BPF_TRACE_FENTRY) > 0;
}

bool probe_fentry(void)
{
	cleanup_close int program =
		load(BPF_PROG_TYPE_TRACING, BPF_TRACE_FENTRY, UNCALLED, 0, PASS);

	return program >= 0 && feature_from_fd(bpf_raw_tracepoint_open(NULL, program));
}

bool probe_function_address(void)
{
	const struct bpf_insn code[] = {CODE_CALL(HELPER_GET_FUNC_IP), CODE_SET(BPF_REG_0, 0),
					CODE_EXIT};

	return feature_from_fd(load(BPF_PROG_TYPE_TRACING, BPF_TRACE_FENTRY, UNCALLED, 0,
				    (struct code){code, ARRAY_SIZE(code)}));
}

/* A program that writes 1 into the map's first value, and permits. */
static int load_teller(int map)
{
	const struct bpf_insn code[] = {
		CODE_MAP(BPF_REG_1, BPF_PSEUDO_MAP_VALUE, map),
		{.code = BPF_ST | BPF_MEM | BPF_W, .dst_reg = BPF_REG_1, .imm = 1},
		CODE_SET(BPF_REG_0, 0),
		CODE_EXIT,
	};

	return load(BPF_PROG_TYPE_LSM, BPF_LSM_MAC, LSM_HOOK, 0,
		    (struct code){code, ARRAY_SIZE(code)});
}

/* Attached is not enough: without "bpf" among the security modules that are on, nobody calls it. */
bool probe_lsm(void)
{
	cleanup_close int map = bpf_map_create(BPF_MAP_TYPE_ARRAY, FEATURE_PROGRAM,
					       sizeof(uint32_t), sizeof(uint32_t), 1, NULL);
	cleanup_close int program = map < 0 ? map : load_teller(map), link = -1;
	uint32_t zero = 0, told = 0;

	if (program < 0)
		return false;
	link = bpf_raw_tracepoint_open(NULL, program);
	(void)getpgid(getppid());
	return link >= 0 && bpf_map_lookup_elem(map, &zero, &told) == 0 && told;
}

bool probe_iter(void)
{
	cleanup_close int program = load(BPF_PROG_TYPE_TRACING, BPF_TRACE_ITER, "task", 0, PASS);

	return program >= 0 && feature_from_fd(bpf_link_create(program, 0, BPF_TRACE_ITER, NULL));
}

/* As a program of the one kind that may sleep on 5.10, or of one that needs no hook (5.14). */
static int load_sleeper(struct code code)
{
	LIBBPF_OPTS(bpf_prog_load_opts, options, .prog_flags = BPF_F_SLEEPABLE);
	int program =
		load(BPF_PROG_TYPE_LSM, BPF_LSM_MAC, LSM_SLEEPING_HOOK, BPF_F_SLEEPABLE, code);

	if (program >= 0)
		return program;
	return bpf_prog_load(BPF_PROG_TYPE_SYSCALL, FEATURE_PROGRAM, "GPL", code.instructions,
			     code.count, &options);
}

bool probe_sleepable(void)
{
	return feature_from_fd(load_sleeper(PASS));
}

bool probe_sleepable_ring(void)
{
	cleanup_close int ring = bpf_map_create(BPF_MAP_TYPE_RINGBUF, FEATURE_PROGRAM, 0, 0,
						(uint32_t)sysconf(_SC_PAGESIZE), NULL);
	const struct bpf_insn code[] = {
		CODE_MAP(BPF_REG_1, BPF_PSEUDO_MAP_FD, ring),
		CODE_SET(BPF_REG_0, 0),
		CODE_EXIT,
	};

	return ring >= 0 && feature_from_fd(load_sleeper((struct code){code, ARRAY_SIZE(code)}));
}

bool probe_sleepable_tail_call(void)
{
	cleanup_close int map = bpf_map_create(BPF_MAP_TYPE_PROG_ARRAY, FEATURE_PROGRAM,
					       sizeof(uint32_t), sizeof(uint32_t), 1, NULL);
	const struct bpf_insn code[] = {
		CODE_MAP(BPF_REG_2, BPF_PSEUDO_MAP_FD, map),
		CODE_SET(BPF_REG_3, 0),
		CODE_CALL(BPF_FUNC_tail_call),
		CODE_SET(BPF_REG_0, 0),
		CODE_EXIT,
	};

	return map >= 0 && feature_from_fd(load_sleeper((struct code){code, ARRAY_SIZE(code)}));
}
