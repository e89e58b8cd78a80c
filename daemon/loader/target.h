/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Programs that are made for one function of the kernel: fentry, fexit, lsm. */
#pragma once

#include <bpf/libbpf.h>

#include "daemon/kernel/hook.h"

/*
 * Sets type, expected attach type and, where the hook has one, the function, before the object is
 * loaded. Both the entry and what is behind it need the same: the kernel lets an entry call only
 * programs for a function of the same prototype. -ESRCH and OUTCOME_REFUSED where the kernel has no
 * such function, or no BTF that tells.
 */
int program_set_target(struct bpf_program *program, const struct hook_type *type,
		       struct failure *reterr_failure);
