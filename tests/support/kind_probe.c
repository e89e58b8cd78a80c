/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/support/kind_probe.h"

#include <bpf/libbpf.h>

#include "lib/cleanup.h"
#include "tests/support/hook_expect.h"
#include "tests/support/tiny_program.h"

static const char *const names[HOOK_KIND_MAX_] = {
	[HOOK_KPROBE] = "links of kprobes",
	[HOOK_KRETPROBE] = "links of kretprobes",
	[HOOK_UPROBE] = "links of uprobes",
	[HOOK_URETPROBE] = "links of uretprobes",
	[HOOK_FENTRY] = "fentry",
	[HOOK_FEXIT] = "fexit",
	[HOOK_ITER] = "iterators",
	[HOOK_LSM] = "BPF among its active LSMs",
	[HOOK_PERF] = "links of perf events",
};

int kind_program(const struct attach *attach)
{
	struct hook_type type;
	int err = hook_describe(attach, &type, NULL), id;

	if (err)
		return err;
	if (!type.function)
		return tiny_program(type.program_type, type.expected, type.neutral);
	id = libbpf_find_vmlinux_btf_id(type.function, type.expected);
	return id < 0 ? id : tiny_program_for(type.program_type, type.expected, (uint32_t)id);
}

const char *kind_missing(const char *text)
{
	cleanup_close int program = -1, link = -1;
	struct attach attach = hook_expect_parsed(text);

	program = kind_program(&attach);
	if (program >= 0)
		link = hook_attach(&attach, program, NULL);
	return link < 0 ? names[attach.kind] : NULL;
}
