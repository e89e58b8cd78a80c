/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/loader/target.h"

#include <errno.h>
#include <unistd.h>

/* From libbpf, which looks for the types of modules there too. */
#define KERNEL_BTF "/sys/kernel/btf/vmlinux"

static int refuse(const struct hook_type *type, int err, struct failure *reterr_failure)
{
	if (access(KERNEL_BTF, R_OK) < 0)
		return failure_set(reterr_failure, OUTCOME_REFUSED, err,
				   "this kernel has no types of its own (" KERNEL_BTF
				   "), by which fentry, fexit and lsm find their function; use a "
				   "kprobe, or a kernel with CONFIG_DEBUG_INFO_BTF");
	if (err != -ESRCH && err != -ENOENT)
		return failure_set_errno(reterr_failure, OUTCOME_REFUSED, err,
					 "cannot look for function \"%s\" among the kernel's types",
					 type->function);
	if (type->expected == BPF_TRACE_ITER)
		return failure_set(
			reterr_failure, OUTCOME_REFUSED, err,
			"no iterator \"%s\" in this kernel; they are the functions bpf_iter_... "
			"among the kernel's types, without that prefix "
			"(bpftool btf dump file " KERNEL_BTF " lists them)",
			type->function);
	if (type->program_type == BPF_PROG_TYPE_LSM)
		return failure_set(
			reterr_failure, OUTCOME_REFUSED, err,
			"no LSM hook \"%s\" in this kernel; they are the functions bpf_lsm_... "
			"in /proc/kallsyms, without that prefix, and without CONFIG_BPF_LSM "
			"there are none",
			type->function);
	return failure_set(reterr_failure, OUTCOME_REFUSED, err,
			   "no function \"%s\" among the kernel's types; it has another name, is "
			   "inlined everywhere, or is of a module that is not loaded "
			   "(bpftool btf dump file " KERNEL_BTF " lists them)",
			   type->function);
}

int program_set_target(struct bpf_program *program, const struct hook_type *type,
		       struct failure *reterr_failure)
{
	int err;

	bpf_program__set_type(program, type->program_type);
	bpf_program__set_expected_attach_type(program, type->expected);
	if (!type->function)
		return 0;
	err = bpf_program__set_attach_target(program, 0, type->function);
	return err ? refuse(type, err, reterr_failure) : 0;
}
